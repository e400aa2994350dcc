"""Room after the agent's questions, as a measure of the evidence: it needs acts, so it comes last."""

from __future__ import annotations

from audio.notes import Measure, Note
from service.scoring.catalog import QUESTION_ACTS, GestureRule
from service.scoring.evidence import Evidence
from service.scoring.facts import Facts
from service.scoring.rooms import room_of

MIN_QUESTIONS = 3
_QUESTION = GestureRule((), "after_question")


def measure_room(evidence: Evidence) -> Measure:
    """Share of the agent's questions after which the customer had room.

    Two questions in one breath: the first left none. A question whose room can't be told does not count.

    `room_after_question` (%): How often the customer had room after a question of the agent. Formula: questions
    followed by 1 s of the agent's silence or by a customer who takes the floor and is not cut off / questions whose
    aftermath can be told; the first of two questions in one breath left no room. Needs: 3 questions. Withheld
    without: words that cover the speech; in mono a silence of 500 ms or less says nothing. Source: Roberts & Francis
    2013 for what a silence after a request says; limits of time our own. Published figures: none. Limits: Questions
    are found by rules, spoken ones without a question form are often missed.
    """
    facts = Facts(evidence)
    states = [room_of(facts, act, _QUESTION).state for act in facts.acts(QUESTION_ACTS)]
    told = [state for state in states if state in ("present", "absent", "contrary")]
    source, n = f"{evidence.source}, {evidence.words.source}".rstrip(", "), len(told)
    reason = _why_not(evidence, n)
    value = None if reason else 100.0 * sum(state == "present" for state in told) / n
    return Measure("room_after_question", value, "%", source, n, "n", reason)


def _why_not(evidence: Evidence, n: int) -> Note | None:
    if not evidence.words.available:
        return evidence.words.reason or Note("scoring.no_transcript")
    return None if n >= MIN_QUESTIONS else Note("floor.too_few_questions", {"n": n, "minimum": MIN_QUESTIONS})
