"""Guards against invented text: what a recogniser writes where nobody said it, taken away and counted.

Loops       the same one to eight words again and again: kept once (a single word counts as a loop from eight times on,
            a phrase from four). What still compresses too well afterwards is dropped whole.
Silence     a window that the model itself takes for silence, with words it is unsure of.
Credits     lines that Whisper learnt from subtitles of films and writes into silence, when they are all it wrote.
Everything dropped is told in a note with its count. Thresholds of compression and silence: the Whisper authors'.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from audio.notes import Note

LONGEST_LOOP_WORDS = 8
LEAST_TIMES = 4
LEAST_TIMES_ONE_WORD = 8
_CREDITS = re.compile(
    r"(?:sous-?titr\w* .{0,60}|.{0,30}amara\.?org.{0,20}|merci d'avoir regard\w* .{0,30}"
    r"|thanks? (?:you )?for watching.{0,20}|.{0,20}subtitles by .{0,40}|please subscribe.{0,30}"
    r"|abonnez-vous.{0,30}|❤️ .{0,40})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class GuardOptions:
    """Thresholds: text that compresses more than `max_compression_ratio` is a loop; silence needs both others."""

    max_compression_ratio: float = 2.4
    max_no_speech: float = 0.6
    min_mean_logprob: float = -1.0


@dataclass
class Guards:
    """Counts what was taken away, so that the reader is told."""

    options: GuardOptions = field(default_factory=GuardOptions)
    loops: int = 0
    silent: int = 0
    credits: int = 0
    outside: int = 0

    def words_of(self, segment: Any) -> list[Any]:
        """The words of a faster-whisper segment that may be believed."""
        words = list(segment.words or ())
        if segment.no_speech_prob > self.options.max_no_speech and segment.avg_logprob < self.options.min_mean_logprob:
            self.silent += 1
            return []
        if _CREDITS.fullmatch(segment.text.strip()):
            self.credits += 1
            return []
        kept = without_loops([w.word for w in words])
        self.loops += len(kept) < len(words)
        left = [words[i] for i in kept]
        if compression_ratio("".join(w.word for w in left)) > self.options.max_compression_ratio:
            self.loops += len(kept) == len(words)
            return []
        return left

    def notes(self) -> tuple[Note, ...]:
        """One note for each kind that happened."""
        counts = {
            "store.loops_dropped": self.loops,
            "store.silent_dropped": self.silent,
            "store.credits_dropped": self.credits,
            "store.words_outside_speech": self.outside,
        }
        return tuple(Note(code, {"count": count}) for code, count in counts.items() if count)


def without_loops(words: Sequence[str]) -> list[int]:
    """Indexes of the words that stay when phrases said over and over are kept once. Linear in the words."""
    said = [re.sub(r"\W", "", w).lower() for w in words]
    kept: list[int] = []
    at = 0
    while at < len(said):
        length, times = _loop_at(said, at)
        kept += range(at, at + length)
        at += length * times
    return kept


def _loop_at(said: Sequence[str], at: int) -> tuple[int, int]:
    """(words of the phrase, how often it is said) at a place; (1, 1) when nothing repeats."""
    for length in range(1, LONGEST_LOOP_WORDS + 1):
        phrase, times = said[at : at + length], 1
        while said[at + times * length : at + (times + 1) * length] == phrase:
            times += 1
        if times >= (LEAST_TIMES_ONE_WORD if length == 1 else LEAST_TIMES) and any(phrase):
            return length, times
    return 1, 1


def compression_ratio(text: str) -> float:
    """Bytes before over bytes after zlib: ordinary speech stays under 2.4, a loop does not. 0 for nothing."""
    data = text.encode("utf-8")
    return len(data) / len(zlib.compress(data)) if data else 0.0
