"""Spans, runs and tracks: the arithmetic everything else stands on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audio.timeline import FrameTrack, Span, complement, frame_mask, intersect, merge, runs, subtract, total_s


@pytest.mark.parametrize(("start_s", "end_s"), [(2.0, 1.0), (math.nan, 1.0), (0.0, math.inf)])
def test_a_span_refuses_what_is_no_stretch_of_time(start_s, end_s):
    with pytest.raises(ValueError, match="start_s <= end_s"):
        Span(start_s, end_s)


def test_an_empty_overlap_is_none():
    assert Span(0, 1).overlap(Span(1, 2)) is None
    assert Span(0, 2).overlap(Span(1, 3)) == Span(1, 2)


def test_merge_joins_neighbours_up_to_the_gap_and_keeps_the_longer_end():
    assert merge([Span(3, 4), Span(0, 5), Span(5.2, 6)], max_gap_s=0.2) == [Span(0, 6)]
    assert merge([Span(0, 1), Span(1.3, 2)], max_gap_s=0.2) == [Span(0, 1), Span(1.3, 2)]


def test_complement_and_subtract():
    assert complement([Span(1, 2), Span(3, 4)], Span(0, 5)) == [Span(0, 1), Span(2, 3), Span(4, 5)]
    assert subtract([Span(0, 2), Span(3, 6)], [Span(1, 4)]) == [Span(0, 1), Span(4, 6)]
    assert subtract([], [Span(0, 1)]) == []


def test_intersect_takes_every_shared_stretch():
    assert intersect([Span(0, 3), Span(5, 9)], [Span(1, 2), Span(2.5, 6)]) == [Span(1, 2), Span(2.5, 3), Span(5, 6)]


def test_runs_and_frame_mask_are_inverse():
    mask = np.array([False, True, True, False, True])
    spans = runs(mask, first_s=10.0, step_s=0.5)
    assert spans == [Span(10.5, 11.5), Span(12.0, 12.5)]
    np.testing.assert_array_equal(frame_mask(spans, 5, first_s=10.0, step_s=0.5), mask)


def test_a_track_gives_the_frames_whose_centre_lies_in_the_spans():
    track = FrameTrack(np.array([1.0, 2.0, np.nan, 4.0]), first_s=0.0, step_s=1.0, unit="Hz")
    np.testing.assert_array_equal(track.within([Span(0.6, 3.5)]), [2.0, np.nan])
    np.testing.assert_array_equal(track.times_s, [0.5, 1.5, 2.5, 3.5])


def test_total_counts_each_span():
    assert total_s([Span(0, 1.5), Span(2, 2.5)]) == pytest.approx(2.0)
