"""How much a scorecard rests on, in one word, with what would raise it.

The share of the weight that rests on firm ground: floor and room on two channels; words over the confidence
limit (or from a transcript that covers the speech); delivery on a baseline of earlier calls. Half of the share is
the script's, half the intention's. Cuts are the rubric's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from audio.notes import Note
from service.scoring.evidence import Evidence
from service.scoring.judgement import Confidence
from service.scoring.rubric import Rubric
from service.scoring.scores import Line


def confidence_of(evidence: Evidence, rubric: Rubric, script: Sequence[Line], intention: Sequence[Line]) -> Confidence:
    """Solid, fair or thin."""
    words, apart = _words_firm(evidence, rubric), evidence.source == "two channels"
    baseline = _has_baseline(evidence)
    firm = {"words": words, "floor": apart, "room": apart and words, "delivery": baseline}
    share = 0.5 * _share(script, firm) + 0.5 * _share(intention, firm)
    limits = rubric.limits
    word = "solid" if share >= limits.solid else "fair" if share >= limits.fair else "thin"
    wants_baseline = not baseline and any(x.group == "delivery" for x in intention)
    raise_it = _would_raise(evidence, words=words, apart=apart, wants_baseline=wants_baseline)
    return Confidence(word=word, share=share, would_raise=raise_it)


def _words_firm(evidence: Evidence, rubric: Rubric) -> bool:
    words = evidence.words
    sure = words.median_confidence is None or words.median_confidence >= rubric.limits.min_word_confidence
    covered = words.speech_covered is None or words.speech_covered >= rubric.limits.min_covered
    return words.available and sure and covered


def _has_baseline(evidence: Evidence) -> bool:
    """The agent's voice was read against earlier calls of their own."""
    found = evidence.metallic.get("agent")
    return found is not None and found.compared.baseline != ""


def _share(lines: Sequence[Line], firm: dict[str, bool]) -> float:
    planned = math.fsum(x.planned for x in lines)
    resting = math.fsum(x.planned for x in lines if x.score is not None and firm[x.group])
    return resting / planned if planned else 0.0


def _would_raise(evidence: Evidence, *, words: bool, apart: bool, wants_baseline: bool) -> tuple[Note, ...]:
    notes = []
    if not evidence.words.available:
        notes.append(Note("scoring.raise.transcript"))
    elif not words:
        notes.append(Note("scoring.raise.better_words"))
    elif evidence.words.median_confidence is None:
        notes.append(Note("scoring.raise.word_confidence"))
    if not apart:
        notes.append(Note("scoring.raise.two_channels"))
    if wants_baseline:
        notes.append(Note("scoring.raise.baseline"))
    return tuple(notes)
