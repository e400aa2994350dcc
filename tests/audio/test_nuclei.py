"""Syllable nuclei of the signal."""

from __future__ import annotations

import numpy as np
import pytest

from audio.band import band_blocks
from audio.nuclei import block_sonority_db, find_nuclei
from audio.timeline import FrameTrack, Span
from tests.audio.signals import RATE_HZ, as_channel

VOICED = FrameTrack(np.full(2000, 120.0), 0.0, 0.016, "Hz")


def _bumps(times_s: list[float], *, depth_db: float = 10.0, duration_s: float = 4.0) -> FrameTrack:
    t_s = (np.arange(round(duration_s / 0.01)) + 0.5) * 0.01
    near = np.min([np.abs(t_s - t) for t in times_s], axis=0)
    return FrameTrack(-np.minimum(near / 0.08, 1.0) * depth_db, 0.0, 0.01, "dB")


def test_nuclei_sit_on_the_peaks() -> None:
    times_s = [0.3, 0.5, 0.72, 1.0, 1.3]
    found = find_nuclei(_bumps(times_s), VOICED)
    np.testing.assert_allclose(found, times_s, atol=0.011)  # one frame


def test_shallow_dips_and_quiet_peaks_are_no_syllables() -> None:
    assert len(find_nuclei(_bumps([0.3, 0.5, 0.7], depth_db=1.5), VOICED)) <= 1
    quiet = _bumps([0.3, 0.5])
    assert len(find_nuclei(FrameTrack(quiet.values - 30, 0.0, 0.01, "dB"), VOICED)) == 0


def test_unvoiced_peaks_are_no_syllables() -> None:
    f0 = VOICED.values.copy()
    f0[: round(0.6 / 0.016)] = np.nan
    found = find_nuclei(_bumps([0.3, 0.9]), FrameTrack(f0, 0.0, 0.016, "Hz"))
    np.testing.assert_allclose(found, [0.9], atol=0.011)


def test_no_frames_no_nuclei() -> None:
    empty = FrameTrack(np.zeros(0), 0.0, 0.01, "dB")
    assert len(find_nuclei(empty, FrameTrack(np.zeros(0), 0.0, 0.016, "Hz"))) == 0


def _sonority_db(hz: float, amplitude: float) -> float:
    t_s = np.arange(2 * RATE_HZ) / RATE_HZ
    channel = as_channel(amplitude * np.sin(2 * np.pi * hz * t_s))
    (block,) = band_blocks(channel, [Span(0.48, 1.52)])
    values = block_sonority_db(block)
    assert len(values) == 104  # 10 ms frames
    return float(np.median(values))


@pytest.mark.parametrize("hz", [450.0, 1000.0, 1800.0])
def test_sonority_is_the_level_below_2_khz(hz: float) -> None:
    assert _sonority_db(hz, 0.1) == pytest.approx(-23.0, abs=0.5)  # dB of a sine of amplitude 0.1
    assert _sonority_db(hz, 0.05) == pytest.approx(_sonority_db(hz, 0.1) - 6.02, abs=0.01)


def test_the_energy_of_fricatives_is_out_of_it() -> None:
    assert _sonority_db(2800.0, 0.1) < _sonority_db(1000.0, 0.1) - 25  # dB
