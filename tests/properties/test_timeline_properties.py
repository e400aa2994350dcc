"""Whatever the spans: sorted, disjoint, and no second lost or doubled."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.timeline import Span, complement, intersect, merge, subtract, total_s

SUM_TOLERANCE_S = 1e-6  # float sums of a hundred times under 1000 s

times = st.floats(min_value=0, max_value=1000, allow_nan=False)
spans = st.builds(lambda a, b: Span(min(a, b), max(a, b)), times, times)
lists = st.lists(spans, max_size=12).map(merge)


@given(st.lists(spans, max_size=12))
def test_merge_is_sorted_disjoint_and_idempotent(some):
    merged = merge(some)
    assert all(a.end_s < b.start_s for a, b in pairwise(merged))
    assert merge(merged) == merged


@given(lists)
def test_a_list_and_its_complement_fill_the_whole(some):
    within = Span(0, 1000)
    assert total_s(some) + total_s(complement(some, within)) == pytest.approx(1000, abs=SUM_TOLERANCE_S)


@given(lists, lists)
def test_what_is_shared_and_what_is_left_make_the_first(a, b):
    both = total_s(intersect(a, b)) + total_s(subtract(a, b))
    assert both == pytest.approx(total_s(a), abs=SUM_TOLERANCE_S)


@given(lists, lists)
def test_intersection_does_not_depend_on_the_order(a, b):
    assert intersect(a, b) == intersect(b, a)
