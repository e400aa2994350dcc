"""Quick ways to look something up, against the plain ones."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.timeline import Span, intersect, merge, total_s
from service.scoring.carried import surely_rounded
from service.scoring.facts import Sums
from service.scoring.once import per_rubric
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric

_SECONDS = st.integers(0, 60_000).map(lambda ms: ms / 1000)
_SPANS = st.builds(lambda a, b: Span(min(a, b), max(a, b)), _SECONDS, _SECONDS)
_LOOKS_UNROUNDED = re.compile(rb"\.\d{4}|[eE]-\d")


@given(st.lists(_SPANS, max_size=12), _SPANS)
def test_sums_are_those_of_the_shared_stretches(spans: list[Span], window: Span) -> None:
    disjoint = merge(spans)
    assert Sums(disjoint).within_s(window) == pytest.approx(total_s(intersect(disjoint, [window])), abs=1e-9)


@given(st.text(alphabet=".-eE019/: ", max_size=12))
def test_a_file_is_surely_rounded_when_no_number_in_it_can_be_finer(text: str) -> None:
    content = text.encode()
    assert surely_rounded(content) == (_LOOKS_UNROUNDED.search(content) is None)


def test_what_is_remembered_of_a_rubric_is_never_given_for_another() -> None:
    asked: list[Rubric] = []

    @per_rubric
    def version(rubric: Rubric) -> str:
        asked.append(rubric)
        return rubric.version

    first = load_rubric("inbound_service")
    other = first.model_copy(update={"version": "99"})
    assert [version(first), version(other), version(first), version(other)] == [first.version, "99"] * 2
    assert len(asked) == 2
