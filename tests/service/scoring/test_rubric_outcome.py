"""Lines that fail a call, and lines without an occasion, as a rubric asks."""

from __future__ import annotations

import pytest

from audio.notes import Note
from service.labels import Labels
from service.say import LANGS
from service.scoring.judgement import Judgement
from service.scoring.overrides import Override
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import parse_rubric
from service.scoring.scorecard import judge
from tests.service.scoring.builder import FLAT, CallBuilder, robot_call

RUBRIC = """\
id: strict
version: "1"
gestures:
  - {{id: greeting, expected: always, weight: 1, within: {{first_s: 20}}{greeting}}}
  - {{id: hold_notice, expected: on_hold, weight: 3, families: {{follow_through: 1}}{hold_notice}}}
  - {{id: closing, expected: always, weight: 2, within: {{last_s: 30}}}}
criteria:
  - {{id: pressure, idea: I3, weight: 2, curve: [[0, 1], [1, 0.4], [3, 0]]{pressure}}}
  - {{id: honest_limit, idea: I5, weight: 2{honest_limit}}}
  - {{id: talk_share, idea: I5, weight: 2, curve: [[1, 0], [35, 1], [55, 1], [99, 0]]}}
lines:
  - {{id: form, by: person, title: {{en: Form}}, weight: 3{form}}}
limits: {{min_assessed: 0.1}}
"""
PUSHED = "{pressure:vous risquez gros} {pressure:il ne reste qu'aujourd'hui} {pressure:tout le monde signe}"


def rubric(**changes: str) -> Rubric:
    keys = ("greeting", "hold_notice", "pressure", "honest_limit", "form")
    given = {key: f", {changes[key]}" if key in changes else "" for key in keys}
    return parse_rubric(RUBRIC.format(**given).encode(), file="strict.yaml")


def call(first: str = "{greeting:bonjour} je vous écoute") -> CallBuilder:
    said = CallBuilder().agent(first).customer("ma box est en panne depuis lundi", gap_s=0.5)
    return said.agent("d'accord je regarde {closing:au revoir}", gap_s=0.5)


def outcome(judgement: Judgement) -> tuple[str, tuple[str, ...]]:
    assert judgement.outcome_of_rubric is not None
    for lang in LANGS:
        assert Labels(lang).note(judgement.outcome_of_rubric.why)
    return judgement.outcome_of_rubric.kind, judgement.outcome_of_rubric.lines


def test_without_auto_fail_there_is_no_outcome() -> None:
    assert outcome(judge(call().build(), rubric())) == ("none", ())


def test_zero_sets_the_script_to_0_and_says_which_line() -> None:
    strict = rubric(greeting="auto_fail: zero")
    judgement = judge(call("je vous écoute").build(), strict)
    assert judgement.script.value == judgement.script.low == judgement.script.high == 0.0
    assert judgement.script.why == Note("scoring.script.auto_fail", {"line": "greeting"})
    assert judgement.intention.value == judge(call("je vous écoute").build(), rubric()).intention.value
    assert outcome(judgement) == ("fail", ("greeting",))
    assert outcome(judge(call().build(), strict)) == ("pass", ())


def test_zero_on_a_criterion_sets_the_intention_to_0() -> None:
    judgement = judge(call(PUSHED).build(), rubric(pressure="auto_fail: zero"))
    assert judgement.intention.value == 0.0 and judgement.script.value != 0.0
    assert outcome(judgement) == ("fail", ("pressure",))


def test_outcome_keeps_both_scores() -> None:
    without = judge(call(PUSHED).build(), rubric())
    judgement = judge(call(PUSHED).build(), rubric(pressure="auto_fail: outcome"))
    assert (judgement.script, judgement.intention) == (without.script, without.intention)
    assert outcome(judgement) == ("fail", ("pressure",))


def test_a_line_can_fail_above_zero() -> None:
    once = call("{pressure:vous risquez gros}").build()
    assert outcome(judge(once, rubric(pressure="auto_fail: outcome"))) == ("pass", ())
    assert outcome(judge(once, rubric(pressure="auto_fail: outcome, fails_at: 0.5"))) == ("fail", ("pressure",))


def test_a_line_without_an_occasion_can_not_fail_a_call() -> None:
    judgement = judge(call().build(), rubric(hold_notice="auto_fail: zero", honest_limit="auto_fail: zero"))
    assert outcome(judgement) == ("pass", ())


def test_what_was_not_heard_or_waits_for_a_person_leaves_the_outcome_open() -> None:
    silent = judge(CallBuilder(words=False).agent("a").customer("b").build(), rubric(greeting="auto_fail: outcome"))
    assert outcome(silent) == ("none", ("greeting",))
    strict = rubric(form="auto_fail: outcome")
    assert outcome(judge(call().build(), strict)) == ("none", ("form",))
    for score, kind in ((0.0, "fail"), (1.0, "pass")):
        decided = Override(line="form", reason="lu dans le dossier", by="M.", score=score)
        assert outcome(judge(call().build(), strict, overrides=[decided]))[0] == kind


@pytest.mark.parametrize(("na", "planned"), [("leave_out", 3.0), ("count_full", 6.0)])
def test_a_gesture_without_an_occasion_is_left_out_or_counted_in_full(na: str, planned: float) -> None:
    judgement = judge(call("je vous écoute").build(), rubric(hold_notice=f"na: {na}"))
    made = 2.0 + (3.0 if na == "count_full" else 0.0)
    assert judgement.script.value == pytest.approx(100 * made / planned, abs=0.001)
    line = next(g for g in judgement.gestures if g.id == "hold_notice")
    assert line.counted_full is (na == "count_full") and line.verdict == "not_expected"
    assert line.evidence == ()  # nothing surrounded what was never due


def test_a_criterion_without_an_occasion_is_left_out_or_counted_in_full() -> None:
    left, full = (judge(call().build(), rubric(honest_limit=f"na: {na}")) for na in ("leave_out", "count_full"))
    assert left.intention.value is not None and full.intention.value is not None
    assert full.intention.value >= left.intention.value
    assert next(c for c in full.criteria if c.id == "honest_limit").counted_full


def test_na_in_full_gives_nothing_to_what_was_due_and_not_made() -> None:
    with_na = judge(robot_call().build(), rubric(greeting="na: count_full"))
    assert with_na.script == judge(robot_call().build(), rubric()).script


@pytest.mark.parametrize("policy", ["combined", "words_and_turns", "no_voice"])
def test_the_voice_alone_fails_no_call(policy: str) -> None:
    text = RUBRIC.replace("{{id: pressure, idea: I3,", "{{id: out_of_the_metal, idea: I2, auto_fail: zero,")
    given = dict.fromkeys(("greeting", "hold_notice", "pressure", "honest_limit", "form"), "")
    strict = parse_rubric(text.format(**given).encode(), file="strict.yaml")
    flat = CallBuilder(voice=FLAT).agent("{greeting:bonjour} oui").customer("ma box est en panne", gap_s=0.5)
    judgement = judge(flat.agent("d'accord", gap_s=0.5).build(), strict, policy=policy)  # type: ignore[arg-type]  # given
    assert outcome(judgement) == ("none", ())
