"""Tempo from words: syllables of the transcript over the speech it covers.

Whole stretches of phonation are compared with the words whose centre lies in them. Where words are missing
(a hole in a stretch), only the time that has words is counted, so a lost word costs its own time as well; where they
cover too little of the speech, the count is refused and the caller falls back to the signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from audio.notes import Note
from audio.syllables import FILLED_PAUSES, LANGUAGES, bare, count_syllables
from audio.tempo import Stretch, Times, phonation, stretches
from audio.timeline import Span, Word, intersect, merge, total_s

WHOLE_SHARE = 0.9
HALF_SHARE = 0.5
LEAST_COVERED = 0.6
LEAST_OF_NUCLEI = 0.6
HOLE_S = 0.12


SyllableSource = Literal["words", "nuclei"]


@dataclass(frozen=True)
class Counted:
    """Pieces of phonation with their syllables, and where these come from; `missing`: why not from the words."""

    pieces: tuple[Stretch, ...]
    how: SyllableSource
    missing: Note | None = None


def count_stretches(
    speech: Sequence[Span], nuclei_s: Times, words: Sequence[Word] | None, language: str | None
) -> Counted:
    """Syllables of each piece of phonation: from the words where they cover it, else all of them from the signal."""
    heard = stretches(speech, nuclei_s)
    said = word_stretches(speech, words, language, nuclei=sum(p.syllables for p in heard))
    return Counted(tuple(heard), "nuclei", said) if isinstance(said, Note) else Counted(tuple(said), "words")


def word_stretches(
    speech: Sequence[Span], words: Sequence[Word] | None, language: str | None, *, nuclei: float
) -> list[Stretch] | Note:
    """Each piece of phonation with the syllables of its words, or why the words can't be used.

    nuclei: syllables counted in the signal over the same speech; far fewer in the words means words are missing.
    """
    if not words:
        return Note("voice.no_words")
    if language not in LANGUAGES:
        return Note("voice.language_not_counted")
    pieces = phonation(speech)
    counted = [s for p, w in zip(pieces, _words_of(pieces, words), strict=True) if (s := _stretch(p, w, language))]
    share = sum(s.duration_s for s in counted) / max(total_s(pieces), 1e-9)
    enough = sum(s.syllables for s in counted) >= LEAST_OF_NUCLEI * nuclei
    if share < LEAST_COVERED or not enough:
        return Note("voice.words_missing", {"covered_percent": 100 * share})
    return counted


def _words_of(pieces: Sequence[Span], words: Sequence[Word]) -> list[list[Word]]:
    """Per piece (sorted, disjoint), the words whose centre lies in it."""
    found: list[list[Word]] = [[] for _ in pieces]
    starts_s = np.array([p.start_s for p in pieces])
    for word in words:
        centre_s = (word.span.start_s + word.span.end_s) / 2
        i = int(np.searchsorted(starts_s, centre_s, side="right")) - 1
        if i >= 0 and centre_s < pieces[i].end_s:
            found[i].append(word)
    return found


def _stretch(piece: Span, words: Sequence[Word], language: str) -> Stretch | None:
    if not words:
        return None
    syllables = float(sum(count_syllables(w.text, language) for w in words))
    covered_s = total_s(intersect(merge((w.span for w in words), max_gap_s=HOLE_S), [piece]))
    share = covered_s / piece.duration_s
    if share >= WHOLE_SHARE or any(w.time_is_estimated for w in words):
        return Stretch(piece.start_s, piece.duration_s, syllables)
    return Stretch(piece.start_s, covered_s, syllables) if share >= HALF_SHARE else None


def count_words(speech: Sequence[Span], words: Sequence[Word]) -> tuple[int, int]:
    """(words inside the speech, how many of them are hesitations such as `euh` or `um`)."""
    inside = [w for piece in _words_of(phonation(speech), words) for w in piece]
    return len(inside), sum(bare(w.text) in FILLED_PAUSES for w in inside)
