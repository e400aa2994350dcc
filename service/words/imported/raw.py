"""What format readers hand on: lines as the file has them, nothing checked yet. `assemble` checks them once.

Times are seconds, or None; a speaker is the file's own label.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from audio.notes import Note

SAME_LINE_GAP_S = 1.0
"""Formats that list words only: a longer silence of that speaker starts a new line."""
MAX_LINE_WORDS = 60


@dataclass(frozen=True)
class RawWord:
    """A word; `confidence` 0 to 1 when the file has one."""

    text: object
    start_s: float | None = None
    end_s: float | None = None
    confidence: float | None = None
    speaker: str = ""


@dataclass(frozen=True)
class RawLine:
    """A line; with `text` empty, its words make the text."""

    text: object = ""
    speaker: object = ""
    channel: int | None = None
    start_s: float | None = None
    end_s: float | None = None
    words: tuple[RawWord, ...] = ()


@dataclass(frozen=True)
class RawTranscript:
    """`lines` may be lazy. `keeps_empty`: every line counts, said or not (one turn per row)."""

    lines: Iterable[RawLine]
    language: object = None
    keeps_empty: bool = False
    notes: tuple[Note, ...] = ()


def lines_of_words(words: Iterable[RawWord], *, channel: int | None = None) -> Iterator[RawLine]:
    """Words in time order as lines: one speaker, no silence over SAME_LINE_GAP_S, at most MAX_LINE_WORDS."""
    line: list[RawWord] = []
    for word in words:
        if line and (len(line) >= MAX_LINE_WORDS or _breaks(line[-1], word)):
            yield _line(line, channel)
            line = []
        line.append(word)
    if line:
        yield _line(line, channel)


def _breaks(before: RawWord, after: RawWord) -> bool:
    if before.speaker != after.speaker:
        return True
    if before.end_s is None or after.start_s is None:
        return False
    return after.start_s - before.end_s > SAME_LINE_GAP_S


def _line(words: Sequence[RawWord], channel: int | None) -> RawLine:
    return RawLine("", words[0].speaker, channel, *extent_s(words), tuple(words))


def extent_s(words: Sequence[RawWord]) -> tuple[float | None, float | None]:
    """First start and last end of the words that have such times."""
    starts_s = [w.start_s for w in words if w.start_s is not None and math.isfinite(w.start_s)]
    ends_s = [w.end_s for w in words if w.end_s is not None and math.isfinite(w.end_s)]
    return min(starts_s, default=None), max(ends_s, default=None)


def by_start(lines: Iterable[RawLine]) -> list[RawLine]:
    """Lines of several tracks in one time order; lines without start keep their place at the end."""
    return sorted(lines, key=lambda line: float("inf") if line.start_s is None else line.start_s)
