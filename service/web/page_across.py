"""One gesture beside the same agent's earlier calls, as one line of context."""

from __future__ import annotations

from service.labels import Labels
from service.scoring.evidence import AcrossCalls, Repeat
from service.scoring.judgement import Occurrence

FEWEST_COMPARED = 5
"""Sayings that must be compared before how they were said is spoken of: single pairs scatter."""


def repeat_sentence(across: AcrossCalls | None, one: Occurrence, labels: Labels) -> str:
    """What comes back in earlier calls, with its numbers; empty where nothing does."""
    found = next((r for r in across.repeats if r.turn == one.turn and r.span == one.span), None) if across else None
    if found is None:
        return ""
    text = labels.say.text
    said = [text("across.same_words", n=found.same_words, calls=found.calls)]
    if found.compared is not None and found.compared >= FEWEST_COMPARED:
        said += [text("across.said_alike", **_own(found)), _others(found, labels)]
    return " ".join(part for part in said if part)


def _own(found: Repeat) -> dict[str, float | int]:
    return {
        "n": found.alike or 0,
        "compared": found.compared or 0,
        "apart_st": found.apart_st or 0.0,
        "percent": 100.0 * (found.apart_gaps or 0.0),
    }


def _others(found: Repeat, labels: Labels) -> str:
    """How far others' readings of the same words lie: without them it may be the text's doing."""
    if found.others_differ_more is None:
        return labels.say.text("across.others_few")
    kind = "more" if found.others_differ_more else "as_much"
    numbers = {"apart_st": found.others_st or 0.0, "percent": 100.0 * (found.others_gaps or 0.0)}
    return labels.say.text(f"across.others_{kind}", n=found.others or 0, **numbers)
