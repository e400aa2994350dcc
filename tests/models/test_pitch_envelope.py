"""The rival tracker finds known pitch, so that the bench compares two trackers that work."""

from __future__ import annotations

import numpy as np
import pytest

from audio import pitch
from models.pitch_envelope import EnvelopeTracker
from tests.audio.signals import RATE_HZ, VoicePlan, telephone, voice


@pytest.mark.parametrize(("median_hz", "spread_st"), [(105, 2.5), (210, 0.5)])
def test_the_missing_fundamental_comes_back(median_hz: float, spread_st: float) -> None:
    known = voice(VoicePlan(duration_s=8, median_hz=median_hz, spread_st=spread_st, seed=3))
    track = EnvelopeTracker().track(telephone(known.samples), RATE_HZ // 2)
    f0 = pitch.voiced_hz(pitch.fold_octaves(track), known.speech)
    assert np.median(f0) == pytest.approx(np.nanmedian(known.f0_hz), rel=0.01)  # nothing of it is left under 300 Hz
    assert pitch.pitch_spread_st(f0) == pytest.approx(known.spread_st, abs=0.2)  # st
    assert track.step_s == 0.016 and track.unit == "Hz"


def test_times_are_those_of_the_sound() -> None:
    known = voice(VoicePlan(duration_s=4, seed=5))
    track = EnvelopeTracker().track(known.samples, RATE_HZ, first_s=7.0)
    at = np.round((track.times_s - 7.0) * RATE_HZ).astype(int)
    inside = (at >= 0) & (at < len(known.f0_hz)) & np.isfinite(track.values)
    truth = known.f0_hz[at[inside]]
    off_st = 12 * np.log2(np.asarray(track.values)[inside][np.isfinite(truth)] / truth[np.isfinite(truth)])
    assert np.median(np.abs(off_st)) < 0.1  # st: a shift by one frame of 16 ms would give more


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(1), np.zeros(8000)], ids=["empty", "one", "silent"])
def test_no_sound_is_no_pitch(samples: np.ndarray) -> None:
    track = EnvelopeTracker().track(samples.astype(np.float32), 8000)
    assert not np.isfinite(track.values).any()
