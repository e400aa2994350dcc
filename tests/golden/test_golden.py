"""The shipped calls give what they gave when their golden files were written."""

from __future__ import annotations

import json

import pytest

from tests.golden.regenerate import FOLDER
from tests.golden.summary import recordings, summary

ONSET_TOLERANCE_S = 0.05  # a detector frame is 0.032 s
MEASURE_TOLERANCE = {"rel": 0.02, "abs": 0.05}
SCORE_TOLERANCE_POINTS = 1.0


@pytest.fixture(scope="module", params=recordings(), ids=lambda r: r.stem)
def pair(request):
    golden = json.loads((FOLDER / f"{request.param.stem}.json").read_text(encoding="utf-8"))
    return json.loads(json.dumps(summary(request.param))), golden


@pytest.mark.parametrize("part", ["acts", "verdicts", "delivery", "quadrant", "moments"])
def test_words_and_verdicts_are_exact(pair, part):
    found, golden = pair
    assert found[part] == golden[part]


def test_floor_events_keep_their_kind_party_and_onset(pair):
    found, golden = pair
    assert [e[0] for e in found["floor"]] == [e[0] for e in golden["floor"]]
    for now, then in zip(found["floor"], golden["floor"], strict=True):
        assert now[1:] == pytest.approx(then[1:], abs=ONSET_TOLERANCE_S)


def test_measures_stay_within_their_tolerance(pair):
    found, golden = pair
    assert found["measures"].keys() == golden["measures"].keys()
    for name, then in golden["measures"].items():
        expected = None if then is None else pytest.approx(then, **MEASURE_TOLERANCE)
        assert found["measures"][name] == expected, name


def test_scores_stay_within_a_point(pair):
    found, golden = pair
    for name in ("script", "intention"):
        assert found[name] == pytest.approx(golden[name], abs=SCORE_TOLERANCE_POINTS)
    assert found["criteria"] == pytest.approx(golden["criteria"], abs=SCORE_TOLERANCE_POINTS / 100)
