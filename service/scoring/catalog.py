"""What each gesture and each criterion is made of: the part of the rules that is code, not rubric.

A rubric chooses gestures and criteria from here and gives them windows, weights and curves; what counts as the
form of a gesture, how its room and its follow-through are looked for, and the formula of a criterion stand here
and in `service.scoring.follow_through`, `.rooms`, `.conduct`. `docs/gestures.md` publishes the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

RoomMode = Literal["none", "after_question", "after_turn", "to_correct", "not_cut"]
FollowKind = Literal[
    "none",
    "answer_taken_up",
    "related_or_echo",
    "echo",
    "act_or_question",
    "linked_reason",
    "refusal_respected",
    "by_when",
    "back_in_time",
]
Group = Literal["room", "floor", "delivery", "words"]
CriterionKind = Literal["line", "guard", "gift", "context"]

QUESTION_ACTS = frozenset({"open_question", "closed_question", "check_in"})
ASKING_ACTS = QUESTION_ACTS | {"courtesy_question", "offer_help", "check_understanding", "anything_else"}
RESPONSE_ACTS = QUESTION_ACTS | {"action_commitment", "proposal", "explanation_why", "answer_returned", "reformulation"}


@dataclass(frozen=True)
class GestureRule:
    """How one gesture is recognised and what may surround it.

    `acts`      its form: any of these acts of the agent
    `room`      where room is looked for: after the question; after the whole turn; after the turn unless another
                question ends it (then the customer answers that one); or only "not cut off", which can speak
                against a gesture and never for it
    `follow`    how follow-through is looked for
    `free`      evidence without the form counts as a free gesture
    """

    acts: tuple[str, ...]
    room: RoomMode = "none"
    follow: FollowKind = "none"
    free: bool = False


GESTURES: Mapping[str, GestureRule] = {
    "greeting": GestureRule(("greeting",)),
    "self_intro": GestureRule(("self_intro",)),
    "courtesy_question": GestureRule(("courtesy_question",), "after_question", "answer_taken_up"),
    "offer_help": GestureRule(("offer_help",), "after_question", "related_or_echo"),
    "open_question": GestureRule(("open_question",), "after_question", "related_or_echo"),
    "reformulation": GestureRule(("reformulation",), "to_correct", "echo", free=True),
    "empathy_phrase": GestureRule(("empathy_phrase",), "not_cut", "act_or_question", free=True),
    "reassurance": GestureRule(("reassurance",), "not_cut", "act_or_question", free=True),
    "explanation_why": GestureRule(("explanation_why",), "none", "linked_reason", free=True),
    "offer_choice": GestureRule(("offer_choice", "freedom_phrase"), "after_turn", "refusal_respected"),
    "check_in": GestureRule(("check_in",), "after_question"),
    "action_commitment": GestureRule(("action_commitment",), "none", "by_when"),
    "hold_notice": GestureRule(("hold_notice",), "none", "back_in_time"),
    "hold_thanks": GestureRule(("hold_thanks",)),
    "check_understanding": GestureRule(("check_understanding",), "after_question", "none", free=True),
    "anything_else": GestureRule(("anything_else",), "after_question"),
    "thanks": GestureRule(("thanks",)),
    "closing": GestureRule(("closing",), "not_cut"),
}


def never_applies(gesture: str, family: str) -> bool:
    """True when a family has nothing to look for around a gesture, or never scores: delivery only supports."""
    rule = GESTURES[gesture]
    return {"room": rule.room == "none", "follow_through": rule.follow == "none", "delivery": True}[family]


@dataclass(frozen=True)
class CriterionRule:
    """Which family a criterion rests on, and how it enters the intention score.

    line     score x weight
    guard    harm only counts against: score 0 with weight x (1 - score); a clear guard weighs nothing
    gift     adds and never takes away: score 1 with weight x score
    context  shown, weight 0
    """

    unit: str
    group: Group
    kind: CriterionKind = "line"
    needs_words: bool = False


CRITERIA: Mapping[str, CriterionRule] = {
    "interruptions": CriterionRule("/10 min", "floor"),
    "listened_first": CriterionRule("0-1", "floor", needs_words=True),
    "room_after_question": CriterionRule("%", "room", needs_words=True),
    "longest_monologue": CriterionRule("s", "floor", "guard"),
    "talk_share": CriterionRule("%", "floor", "guard"),
    "dead_air": CriterionRule("%", "floor", "guard"),
    "pulse": CriterionRule("%", "floor", "guard", needs_words=True),
    "out_of_the_metal": CriterionRule("0-1", "delivery"),
    "questions_answered": CriterionRule("%", "words", needs_words=True),
    "honest_limit": CriterionRule("%", "words", needs_words=True),
    "pressure": CriterionRule("n", "words", "guard", needs_words=True),
    "plain_speech": CriterionRule("n", "words", "guard", needs_words=True),
    "promises": CriterionRule("n", "words", "guard", needs_words=True),
    "taught_and_learnt": CriterionRule("n", "words", "gift", needs_words=True),
    "free_care": CriterionRule("n", "words", "gift", needs_words=True),
    "choice_and_reason": CriterionRule("%", "words", "context", needs_words=True),
    "accommodation": CriterionRule("r", "delivery", "context"),
    "automatism": CriterionRule("r", "delivery", "context"),
}


LEVEL_CUTS = (0.25, 0.5, 0.8)
"""Cuts of a criterion's score into the four words of a reading; proposal, to be calibrated."""


def level_of(score: float) -> int:
    """Which of the four words a score reads as, 1 to 4."""
    return 1 + sum(score >= cut for cut in LEVEL_CUTS)
