from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.notes import Measure, Note
from audio.timeline import Span
from service.scoring.evidence import Evidence
from service.scoring.rounding import rounded, rounded_number
from tests.properties.test_scoring_properties import TURNS, Said, call_of
from tests.service.scoring.builder import robot_call

FLOATS = st.floats(-1e6, 1e6)


@given(value=FLOATS)
def test_a_number_is_rounded_once(value: float) -> None:
    once = rounded_number(value)
    assert once == round(value, 3) and rounded_number(once) is once
    assert math.copysign(1.0, once) > 0 or once < 0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        rounded(Measure("pitch_spread", value, "st", "test"))


@settings(max_examples=20, deadline=None)
@given(said=TURNS, shake=st.floats(-4e-4, 4e-4))
def test_a_document_is_what_it_is_when_written_and_read(said: Said, shake: float) -> None:
    evidence = call_of(said).build()
    duration_s = evidence.call.duration_s + shake
    evidence = evidence.model_copy(update={"call": evidence.call.model_copy(update={"duration_s": duration_s})})
    assert rounded(evidence) == Evidence.model_validate(by_hand(evidence.model_dump()))


def by_hand(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) + 0.0
    if isinstance(value, dict):
        return {key: by_hand(v) for key, v in value.items()}
    return [by_hand(v) for v in value] if isinstance(value, list | tuple) else value


def test_what_needs_no_rounding_is_the_same_object() -> None:
    evidence = rounded(robot_call().build())
    assert rounded(evidence) is evidence


def test_whole_numbers_become_floats_where_floats_are_meant() -> None:
    done = rounded((Span(1, 2), Measure("turns", 3, "n", "test", 4, reason=Note("x", {"n": 2, "s": 0.12345}))))
    span, measure = done
    assert [type(x) for x in (span.start_s, measure.value, measure.material)] == [float] * 3
    assert measure.reason.params == {"n": 2, "s": 0.123} and type(measure.reason.params["n"]) is int
