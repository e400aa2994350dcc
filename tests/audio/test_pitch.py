"""Pitch measures on tracks made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audio import pitch
from audio.timeline import FrameTrack, Span


def _track(st: np.ndarray, *, median_hz: float = 120.0) -> FrameTrack:
    return FrameTrack(median_hz * 2 ** (np.asarray(st, float) / 12), 0.0, pitch.PITCH_STEP_S, "Hz")


def _all(track: FrameTrack) -> list[Span]:
    return [Span(0.0, len(track.values) * track.step_s)]


def test_spread_and_range_of_a_normal_contour() -> None:
    st = np.random.default_rng(3).normal(0, 2.0, 20_000)
    f0 = pitch.voiced_hz(_track(st), _all(_track(st)))
    assert pitch.pitch_spread_st(f0) == pytest.approx(2.0, abs=0.03)  # sampling error of 20 000 frames
    assert pitch.pitch_range_st(f0) == pytest.approx(2 * 1.2816 * 2.0, abs=0.1)


def test_high_and_low_voice_read_the_same() -> None:
    st = np.random.default_rng(3).normal(0, 2.0, 5000)
    low, high = (pitch.voiced_hz(t, _all(t)) for t in (_track(st, median_hz=100), _track(st, median_hz=250)))
    assert pitch.pitch_spread_st(low) == pytest.approx(pitch.pitch_spread_st(high), abs=1e-9)


@pytest.mark.parametrize(("length", "folded"), [(5, True), (9, True), (12, False)])
def test_only_short_octave_runs_are_folded(length: int, folded: bool) -> None:
    st = np.zeros(400)
    st[100 : 100 + length] = 12.0
    st[200 : 200 + length] = -12.0
    values = pitch.fold_octaves(_track(st)).values
    assert bool(np.ptp(values) < 1e-6) is folded


def test_what_the_tracker_is_sure_of_is_not_folded() -> None:
    st, sure = np.zeros(400), np.full(400, 0.95)
    st[100:105], st[200:205] = -12.0, -12.0  # a dip of a lively voice, and a slip
    sure[200:205] = 0.6
    values = pitch.semitones(pitch.fold_octaves(_track(st), sure).values)
    assert np.allclose(values[100:105], -12.0) and np.allclose(values[200:205], 0.0)


def test_folding_keeps_movement_under_nine_semitones() -> None:
    st = np.zeros(200)
    st[50:55] = 8.5
    np.testing.assert_allclose(pitch.fold_octaves(_track(st)).values, _track(st).values)


def test_a_glide_to_the_height_is_no_octave_slip() -> None:
    st = np.concatenate((np.zeros(300), np.linspace(0, 11, 60), np.linspace(11, 0, 60), np.zeros(300)))
    np.testing.assert_allclose(pitch.fold_octaves(_track(st)).values, _track(st).values)


def test_slips_beside_slips_are_folded_too() -> None:
    st = np.zeros(200)
    st[100:103], st[103], st[104:107] = -24.0, np.nan, -12.0
    values = pitch.fold_octaves(_track(st)).values
    assert np.nanmax(values) - np.nanmin(values) < 1e-6


def test_unvoiced_everywhere_is_none_not_zero() -> None:
    track = FrameTrack(np.full(2000, np.nan), 0.0, pitch.PITCH_STEP_S, "Hz")
    f0 = pitch.voiced_hz(track, _all(track))
    assert pitch.pitch_spread_st(f0) is None
    assert pitch.pitch_range_st(f0) is None
    assert pitch.pitch_dynamism(pitch.speech_windows(track, _all(track))) is None
    assert pitch.movement_st_per_s(track, _all(track)) is None
    assert pitch.final_contours(track, _all(track)) == []
    assert pitch.contour_entropy_bits([]) is None
    np.testing.assert_array_equal(pitch.fold_octaves(track).values, track.values)


def test_flat_windows_run_over_speech_not_over_the_clock() -> None:
    rng = np.random.default_rng(1)
    flat, lively = rng.normal(0, 0.5, 625), rng.normal(0, 3, 625)  # 10 s each
    track = _track(np.concatenate((flat, lively, flat, lively)))
    assert pitch.flat_windows_percent(pitch.speech_windows(track, _all(track))) == 50.0
    gap = np.full(300, np.nan)
    later = _track(np.concatenate((gap, flat, gap, lively, gap, flat, lively)))
    spans = [Span(4.8, 14.8), Span(19.6, 29.6), Span(34.4, 54.4)]
    assert pitch.flat_windows_percent(pitch.speech_windows(later, spans)) == 50.0


def test_windows_with_little_voicing_are_left_out() -> None:
    st = np.full(625, np.nan)
    st[:150] = 0.0  # 2.4 s of 10 s
    assert pitch.speech_windows(_track(st), [Span(0, 10)]) == []


def test_dynamism_is_hincks_quotient() -> None:
    hz = np.tile([90.0, 110.0], 625)
    track = FrameTrack(hz, 0.0, pitch.PITCH_STEP_S, "Hz")
    assert pitch.pitch_dynamism(pitch.speech_windows(track, _all(track))) == pytest.approx(0.1, rel=1e-4)


@pytest.mark.parametrize(("slope_st", "expected"), [(3.0, "rise"), (-3.0, "fall"), (0.3, "level"), (-0.3, "level")])
def test_final_contour(slope_st: float, expected: str) -> None:
    st = np.zeros(125)
    st[-25:] = np.linspace(0, slope_st, 25)  # the last 0.4 s; 0.8 st is the threshold there
    assert pitch.final_contours(_track(st), [Span(0.0, 2.0)]) == [expected]


def test_an_ending_without_voice_says_nothing() -> None:
    st = np.zeros(125)
    st[-30:] = np.nan
    assert pitch.final_contours(_track(st), [Span(0.0, 2.0)]) == []


def test_entropy_of_endings() -> None:
    assert pitch.contour_entropy_bits(["fall"] * 20) == 0.0
    assert pitch.contour_entropy_bits(["fall", "rise", "level"] * 5) == pytest.approx(math.log2(3))


def test_movement_of_a_steady_glide() -> None:
    track = _track(np.arange(1000) * 0.016 * 5)  # 5 st per second
    assert pitch.movement_st_per_s(track, _all(track)) == pytest.approx(5.0, rel=1e-6)
