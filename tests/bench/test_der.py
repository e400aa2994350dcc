"""The scorer against cases worked out by hand."""

from __future__ import annotations

import pytest

from audio.timeline import Span
from tests.bench.der import diarization_error

REFERENCE = {"a": [Span(0, 4), Span(6, 8)], "b": [Span(4, 6)]}


def test_labels_do_not_matter() -> None:
    found = {"x": [Span(4, 6)], "y": [Span(0, 4), Span(6, 8)]}
    assert diarization_error(REFERENCE, found).rate == 0


def test_each_kind_of_error_is_counted_once() -> None:
    found = {"x": [Span(0, 3)], "y": [Span(3, 6), Span(8, 9)]}
    error = diarization_error(REFERENCE, found)
    assert (error.confusion_s, error.missed_s, error.false_alarm_s) == pytest.approx((1, 2, 1))
    assert error.rate == pytest.approx(4 / 8)


def test_overlap_counts_for_each_speaker() -> None:
    reference = {"a": [Span(0, 4)], "b": [Span(2, 4)]}
    error = diarization_error(reference, {"x": [Span(0, 4)]})
    assert error.missed_s == pytest.approx(2)
    assert error.reference_s == pytest.approx(6)


def test_one_label_for_all_is_confused_about_the_smaller_party() -> None:
    assert diarization_error(REFERENCE, {"x": [Span(0, 8)]}).confusion_s == pytest.approx(2)


def test_the_collar_forgives_an_edge_and_shortens_the_reference() -> None:
    found = {"x": [Span(0, 4.2), Span(6, 8)], "y": [Span(4.2, 6)]}
    assert diarization_error(REFERENCE, found).confusion_s == pytest.approx(0.2)
    forgiven = diarization_error(REFERENCE, found, collar_s=0.25)
    assert forgiven.rate == 0
    assert forgiven.reference_s == pytest.approx(8 - 0.25 - 0.5 - 0.5 - 0.25)


def test_nothing_found_is_all_missed() -> None:
    assert diarization_error(REFERENCE, {}).rate == 1


def test_only_the_wanted_stretch_is_scored() -> None:
    error = diarization_error(REFERENCE, {"x": [Span(0, 4)]}, only=[Span(0, 5)])
    assert (error.reference_s, error.missed_s) == pytest.approx((5, 1))
