"""The adapter: clock, voicing, and what a block sees."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from models.pitch_swiftf0 import STEP_S, SwiftF0Tracker
from models.protocols import PitchTracker
from tests.audio.signals import RATE_HZ, VoicePlan, voice


@cache
def tracker() -> SwiftF0Tracker:
    return SwiftF0Tracker()


def test_it_is_a_tracker_with_a_revision() -> None:
    checked: PitchTracker = tracker()
    assert checked.name.startswith("swift-f0 ")


def test_pitch_and_clock_of_a_known_contour() -> None:
    spoken = voice(VoicePlan(duration_s=8, median_hz=150, spread_st=3))
    track = tracker().track(spoken.samples, RATE_HZ, first_s=10.0)
    truth = spoken.f0_hz[np.clip(((track.times_s - 10.0) * RATE_HZ).round().astype(int), 0, len(spoken.f0_hz) - 1)]
    both = np.isfinite(track.values) & np.isfinite(truth)
    assert both.sum() >= 0.9 * np.isfinite(truth).sum()  # frames at the edges of voicing may go
    off_st = 12 * np.log2(track.values[both] / truth[both])
    assert np.median(np.abs(off_st)) < 0.1
    late = 12 * np.log2(track.values[both][1:] / truth[both][:-1])
    assert np.abs(off_st).mean() < np.abs(late).mean()  # a frame late would be worse: the clock is right


def test_silence_and_noise_are_unvoiced_and_nothing_is_nothing() -> None:
    noise = np.random.default_rng(0).normal(size=2 * RATE_HZ).astype(np.float32) * 0.1
    assert np.isnan(tracker().track(np.zeros(RATE_HZ, np.float32), RATE_HZ).values).all()
    assert np.isnan(tracker().track(noise, RATE_HZ).values).mean() > 0.95
    assert len(tracker().track(np.zeros(0, np.float32), RATE_HZ).values) == 0


def test_a_block_with_context_sees_what_the_whole_shows() -> None:
    spoken = voice(VoicePlan(duration_s=12))
    whole = tracker().track(spoken.samples, RATE_HZ)
    first, last = 4.0, 6.0  # whole frames; 0.192 s of context on both sides
    a, b = round((first - 0.192) * RATE_HZ), round((last + 0.192) * RATE_HZ)
    part = tracker().track(spoken.samples[a:b], RATE_HZ, first_s=first - 0.192)
    at = round((first - part.first_s) / STEP_S - 0.5), round((first - whole.first_s) / STEP_S - 0.5)
    n = round((last - first) / STEP_S)
    np.testing.assert_allclose(part.values[at[0] : at[0] + n], whole.values[at[1] : at[1] + n], rtol=1e-3)


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_both_rates(rate_hz: int) -> None:
    t_s = np.arange(rate_hz) / rate_hz
    tone = sum(np.sin(2 * np.pi * 140 * k * t_s) / k for k in range(1, 12)).astype(np.float32) * 0.1
    assert np.nanmedian(tracker().track(tone, rate_hz).values) == pytest.approx(140, rel=0.01)
