"""Call outcome, which comes first: a conversation or not, and why not.

Deliberately careful: as soon as two voices take the floor from each other a few times it is a conversation.
Our own rule, on speech alone (words may tell more later); checked on synthetic dialogues in tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from audio.notes import Note
from audio.overlaps import find_ipus
from audio.timeline import Span, merge, total_s


@dataclass(frozen=True)
class OutcomeLimits:
    """Under these there is no conversation.

    min_call_s      a shorter recording holds none
    min_speech_s    ... nor does one with less speech in all
    min_voice_s     a label that speaks less than this in all is not a party (a beep, a stray word)
    min_transfers   changes of speaker: one alone is a greeting and a message
    """

    min_call_s: float = 5.0
    min_speech_s: float = 2.0
    min_voice_s: float = 0.5
    min_transfers: int = 2


@dataclass(frozen=True)
class CallOutcome:
    """`reason` says why there is no conversation."""

    conversation: bool
    reason: Note | None = None


def decide_outcome(
    speech: Mapping[str, Sequence[Span]], *, duration_s: float, limits: OutcomeLimits | None = None
) -> CallOutcome:
    """Whether two people talked. `speech`: tight regions per label (`channel_0`, `speaker_1`, or a party)."""
    reason = _no_conversation(speech, duration_s, limits or OutcomeLimits())
    return CallOutcome(reason is None, reason)


def _no_conversation(speech: Mapping[str, Sequence[Span]], duration_s: float, limits: OutcomeLimits) -> Note | None:
    merged = {label: merge(spans) for label, spans in speech.items()}
    spoken_s = sum(total_s(spans) for spans in merged.values())
    voices = {label: spans for label, spans in merged.items() if total_s(spans) >= limits.min_voice_s}
    if spoken_s <= 0:
        return Note("floor.outcome_no_speech", {"duration_s": duration_s})
    if duration_s < limits.min_call_s:
        return Note("floor.outcome_short_call", {"duration_s": duration_s, "minimum_s": limits.min_call_s})
    if spoken_s < limits.min_speech_s:
        return Note("floor.outcome_little_speech", {"speech_s": spoken_s, "minimum_s": limits.min_speech_s})
    if len(voices) < 2:
        return Note("floor.outcome_one_voice", {"speech_s": spoken_s})
    changes = count_transfers(voices)
    if changes < limits.min_transfers:
        return Note("floor.outcome_no_exchange", {"changes": changes, "minimum": limits.min_transfers})
    return None


def count_transfers(speech: Mapping[str, Sequence[Span]]) -> int:
    """Changes of speaker in the order in which IPUs start."""
    onsets = sorted((ipu.start_s, ipu.end_s, label) for label, spans in speech.items() for ipu in find_ipus(spans))
    labels = [label for _, _, label in onsets]
    return sum(a != b for a, b in pairwise(labels))
