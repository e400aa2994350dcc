from __future__ import annotations

import pytest

from audio.notes import Note
from service.labels import Labels
from service.say import LANGS
from service.scoring.judgement import GestureLine, Judgement, Verdict
from service.scoring.overrides import Override
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests.service.scoring.builder import robot_call, warm_call

INBOUND = load_rubric("inbound_service")


def decided(line: str, verdict: Verdict | None = None, score: float | None = None) -> Override:
    return Override(line=line, reason="écouté deux fois", by="C. Martin", verdict=verdict, score=score)


def gesture(judgement: Judgement, name: str) -> GestureLine:
    return next(g for g in judgement.gestures if g.id == name)


def test_a_decision_changes_its_line_and_keeps_what_the_rules_said() -> None:
    evidence = robot_call().build()
    before, after = judge(evidence, INBOUND), judge(evidence, INBOUND, overrides=[decided("explanation_why", "lived")])
    was, line = gesture(before, "explanation_why"), gesture(after, "explanation_why")
    assert (was.verdict, line.verdict) == ("mechanical", "lived")
    assert line.overridden is not None and line.overridden.verdict == "mechanical" and line.overridden.why == was.why
    assert (line.overridden.by, line.overridden.reason) == ("C. Martin", "écouté deux fois")
    assert [e.score for e in line.evidence] == [1.0] * len(was.evidence)
    assert before.intention.value is not None and after.intention.value is not None
    assert after.intention.value > before.intention.value and after.script == before.script
    others = [g for g in after.gestures if g.id != "explanation_why"]
    assert others == [g for g in before.gestures if g.id != "explanation_why"] and after.criteria == before.criteria
    for lang in LANGS:
        assert "C. Martin" in Labels(lang).note(line.why)


@pytest.mark.parametrize(
    ("verdict", "scores"),
    [("mechanical", {0.0}), ("done", set()), ("missing", set()), ("not_expected", set()), ("not_assessable", {None})],
)
def test_what_surrounds_a_gesture_follows_the_verdict(verdict: Verdict, scores: set[float | None]) -> None:
    line = gesture(judge(warm_call().build(), INBOUND, overrides=[decided("reformulation", verdict)]), "reformulation")
    assert {e.score for e in line.evidence} == scores
    assert line.expected is (verdict != "not_expected")


def test_the_headline_counts_the_decision() -> None:
    evidence = robot_call().build()
    before, after = judge(evidence, INBOUND), judge(evidence, INBOUND, overrides=[decided("greeting", "missing")])
    assert after.headline.made == before.headline.made - 1
    assert after.script.value is not None and before.script.value is not None
    assert after.script.value < before.script.value


def test_a_criterion_takes_a_score_and_a_person_line_too() -> None:
    judgement = judge(
        robot_call().build(), INBOUND, overrides=[decided("pressure", score=0.25), decided("right_answer", score=1.0)]
    )
    criterion = next(c for c in judgement.criteria if c.id == "pressure")
    assert criterion.score == 0.25 and criterion.overridden is not None and criterion.overridden.score == 1.0
    answer = next(p for p in judgement.person_lines if p.id == "right_answer")
    assert (answer.score, answer.by) == (1.0, "C. Martin")
    assert judgement.person is not None and judgement.person.value == 100.0 and judgement.person.assessed == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (decided("greeting", score=1.0), "override_takes_verdict"),
        (decided("pressure", "lived"), "override_takes_score"),
        (decided("right_answer", "lived"), "override_takes_score"),
        (decided("smile", "lived"), "override_no_line"),
    ],
)
def test_a_decision_that_fits_no_line_changes_nothing_and_is_told(given: Override, code: str) -> None:
    evidence = robot_call().build()
    before, after = judge(evidence, INBOUND), judge(evidence, INBOUND, overrides=[given])
    assert after.model_copy(update={"notes": before.notes}) == before
    assert after.notes[-1] == Note(f"scoring.{code}", {"line": given.line})


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " ", "verdict": "lived"},
        {"reason": "because"},
        {"reason": "because", "verdict": "lived", "score": 1.0},
        {"reason": "because", "score": 1.5},
    ],
)
def test_a_decision_needs_a_reason_and_one_value(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"reason|verdict|score"):
        Override(line="greeting", by="x", **wrong)  # type: ignore[arg-type]  # wrong on purpose
