"""An act taken out of the evidence changes the lines that rest on it, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from service.refinding import rested
from service.scoring.catalog import ASKING_ACTS, GESTURES, QUESTION_ACTS, RESPONSE_ACTS
from service.scoring.conduct_words import ANSWERS
from service.scoring.diff import difference
from service.scoring.evidence import Act
from service.scoring.judgement import Criterion, GestureLine, Judgement
from service.scoring.rounding import rounded
from service.scoring.rubric import GestureAsked, Rubric
from service.scoring.scorecard import judge
from tests.properties.test_scoring_properties import RUBRICS, TURNS, Said, call_of, counted_by_line
from tests.service.scoring.builder import robot_call

Line = GestureLine | Criterion
PROMISE = ("action_commitment", "time_commitment")
SIGNS = ("c_distress", "c_confusion", "c_repeat_unheard", "check_in")
FOLLOWED_BY: Mapping[str, Iterable[str]] = {
    "answer_taken_up": ASKING_ACTS,
    "related_or_echo": ASKING_ACTS | QUESTION_ACTS,
    "echo": ("c_consent",),
    "act_or_question": RESPONSE_ACTS | {"dismissal", "time_commitment"},
    "linked_reason": ("mutual_benefit",),
    "refusal_respected": ("c_refusal", "proposal", "pressure"),
    "by_when": ("time_commitment", "answer_returned"),
}
"""The acts each kind of follow-through looks for (docs/gestures.md)."""
CONDUCT: Mapping[str, Iterable[str]] = {
    "listened_first": QUESTION_ACTS | {"proposal", "reformulation"},
    "room_after_question": ASKING_ACTS,
    "dead_air": ("hold_notice",),
    "pulse": ("proposal", *SIGNS),
    "questions_answered": ("c_question", *ANSWERS),
    "honest_limit": ("admits_limit", "hedged_bluff", "answer_returned", *PROMISE),
    "pressure": ("pressure",),
    "plain_speech": ("condescension", "dismissal", "jargon", "explanation_why"),
    "promises": ("vague_promise", *PROMISE),
    "free_care": ("offer_choice", "freedom_phrase", "explanation_why", "proposal"),
    "choice_and_reason": ("offer_choice", "freedom_phrase", "explanation_why", "proposal"),
}
"""The acts each conduct line looks for."""


def looked_for(line: str, rubric: Rubric) -> set[str]:
    """Every act that a line's rules ask about."""
    asked = next((g for g in rubric.gestures if g.id == line), None)
    found = set(CONDUCT.get(line, ())) if asked is None else _of_gesture(asked)
    begins = "proposal" in found or (asked is not None and asked.within.from_customer)
    # who says nothing of substance first shows by a problem or a question where the exposition begins
    return found | {"c_problem", "c_question"} if begins else found


def _of_gesture(asked: GestureAsked) -> set[str]:
    rule = GESTURES[asked.id]
    found = {*rule.acts, *FOLLOWED_BY.get(rule.follow, ())}
    found |= set(ASKING_ACTS) if rule.room != "none" else set()
    found |= set(asked.signals) if asked.expected == "on_signal" else set()
    found |= {"proposal"} if asked.expected == "with_proposal" else set()
    found |= {asked.within.before} if asked.within.before else set()
    return found


def lines_of(judgement: Judgement) -> dict[str, Line]:
    return {line.id: line for line in (*judgement.gestures, *judgement.criteria)}


def taken_over(line: str, one: Judgement, other: Judgement) -> bool:
    """Whether the line counts an event that another line counts in the other judgement: each event feeds one."""
    own = {event(key) for key in counted_by_line(one)[line]}
    return any(own & {event(key) for key in keys} for name, keys in counted_by_line(other).items() if name != line)


def event(key: str) -> str:
    """An act in a turn is one event, counted by its place (`turn:5:dismissal`) or itself (`act:5:dismissal:61.20`)."""
    kind, _, rest = key.partition(":")
    return "turn:" + rest.rpartition(":")[0] if kind == "act" else key


def changed_without(evidence_acts: tuple[Act, ...], act: Act, said: Said, rubric: Rubric) -> tuple[set[str], set[str]]:
    """Lines that changed when an act was taken away, and those of them that do not rest on it."""
    evidence = rounded(call_of(said).build())
    before = judge(rested(evidence, evidence_acts), rubric)
    after = judge(rested(evidence, [a for a in evidence_acts if a is not act]), rubric)
    old, new = lines_of(before), lines_of(after)
    changed = {name for name in old if old[name] != new[name]}
    stray = {
        name
        for name in changed
        if act.id not in looked_for(name, rubric)
        and not taken_over(name, before, after)
        and not taken_over(name, after, before)
    }
    assert changed == {c.id for c in difference(before, after).lines if c.kind in ("gesture", "criterion")}
    return changed, stray


@settings(max_examples=80, deadline=None)
@given(said=TURNS, at=st.integers(0, 40), rubric=st.sampled_from(RUBRICS))
def test_an_act_taken_away_changes_only_lines_that_rest_on_it(said: Said, at: int, rubric: Rubric) -> None:
    acts = rounded(call_of(said).build()).acts
    if acts:
        _, stray = changed_without(acts, acts[at % len(acts)], said, rubric)
        assert not stray


def test_what_a_line_counts_once_goes_with_its_act() -> None:
    evidence = rounded(robot_call().agent("{pressure:sinon vous perdez tout}", gap_s=0.4).build())
    act = next(a for a in evidence.acts if a.id == "pressure")
    before = judge(evidence, RUBRICS[0])
    after = judge(rested(evidence, [a for a in evidence.acts if a is not act]), RUBRICS[0])
    old, new = lines_of(before), lines_of(after)
    assert {name for name in old if old[name] != new[name]} == {"pressure"}


def test_the_rule_can_fail() -> None:
    """The table above is no wildcard: most lines do not look for most acts."""
    acts = {a for rule in GESTURES.values() for a in rule.acts}
    pairs = [(g.id, act) for g in RUBRICS[0].gestures for act in acts]
    asked_about = sum(act in looked_for(line, RUBRICS[0]) for line, act in pairs)
    assert asked_about < len(pairs) / 2
    assert "thanks" not in looked_for("reformulation", RUBRICS[0])
