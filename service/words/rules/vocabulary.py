"""The acts a rule may name, and who says them (docs/gestures.md)."""

from __future__ import annotations

from audio.timeline import Party

AGENT_ACTS = frozenset(
    [
        "greeting",
        "self_intro",
        "courtesy_question",
        "offer_help",
        "open_question",
        "closed_question",
        "reformulation",
        "empathy_phrase",
        "reassurance",
        "hold_notice",
        "hold_thanks",
        "explanation_why",
        "offer_choice",
        "freedom_phrase",
        "mutual_benefit",
        "proposal",
        "check_in",
        "action_commitment",
        "time_commitment",
        "vague_promise",
        "answer_returned",
        "check_understanding",
        "anything_else",
        "admits_limit",
        "hedged_bluff",
        "thanks",
        "closing",
        "pressure",
        "condescension",
        "dismissal",
        "jargon",
    ]
)
CUSTOMER_ACTS = frozenset(
    ["c_question", "c_problem", "c_distress", "c_repeat_unheard", "c_confusion", "c_refusal", "c_consent", "c_thanks"]
)
FORMULAS = frozenset(
    [
        "greeting",
        "self_intro",
        "courtesy_question",
        "offer_help",
        "anything_else",
        "hold_thanks",
        "thanks",
        "closing",
        "c_thanks",
        "c_consent",
    ]
)
"""Acts made of set phrases: said twice in a row, even in two sentences, they are made once."""
FAULTS = frozenset(["pressure", "condescension", "dismissal", "jargon", "hedged_bluff", "vague_promise"])
"""Acts the script asks nobody for. Only these may be found by what is not said: a gesture's form is words."""
ACTS = AGENT_ACTS | CUSTOMER_ACTS


def party_of(act: str) -> Party:
    """The party that makes an act."""
    return "customer" if act in CUSTOMER_ACTS else "agent"
