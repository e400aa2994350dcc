"""Tempo from words: syllables of the transcript over the speech it covers.

Whole stretches of phonation are compared with the words whose centre lies in them. A *hole* is a gap between words
with sound and a nucleus of the signal in it: its time is left out, so a lost word costs its own time as well. Words are
refused, and the caller falls back to the signal, where they cover too little of the speech, or where they are thin:
they hold clearly fewer syllables than there are nuclei in the same time (a lost word whose time its neighbours took
leaves no hole). The nuclei decide what to leave out and nothing else; they are never added to a count of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from audio.notes import Note
from audio.nuclei import Times
from audio.syllables import LANGUAGES, count_syllables, is_filled_pause
from audio.tempo import Stretch, count_inside, phonation, stretches
from audio.timeline import Span, Word, complement, intersect, merge, total_s

HALF_SHARE = 0.5
LEAST_COVERED = 0.6
LEAST_OF_NUCLEI = 0.88
HOLE_S = 0.12
"""Sound without a word, from this on: shorter gaps are the slack of word times."""

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
    said = word_stretches(speech, nuclei_s, words, language)
    return Counted(tuple(heard), "nuclei", said) if isinstance(said, Note) else Counted(tuple(said), "words")


def word_stretches(
    speech: Sequence[Span], nuclei_s: Times, words: Sequence[Word] | None, language: str | None
) -> list[Stretch] | Note:
    """Each piece of phonation with the syllables of its words, or why the words can't be used.

    speech: sorted, disjoint; nuclei_s: syllable nuclei of the signal over it.
    """
    if not words:
        return Note("voice.no_words")
    if language not in LANGUAGES:
        return Note("voice.language_not_counted")
    pieces = phonation(speech)
    grouped = zip(pieces, _words_of(pieces, words), _sound_of(pieces, speech), strict=True)
    kept = [(p, said, _without_holes(p, said, sound, nuclei_s)) for p, said, sound in grouped if said]
    kept = [(p, said, spans) for p, said, spans in kept if total_s(spans) >= HALF_SHARE * p.duration_s]
    found = [Stretch(p.start_s, total_s(spans), _syllables(said, language)) for p, said, spans in kept]
    share = sum(f.duration_s for f in found) / max(total_s(pieces), 1e-9)
    if share < LEAST_COVERED:
        return Note("voice.words_missing", {"covered_percent": 100 * share})
    said_n = sum(f.syllables for f in found)
    heard_n = sum(count_inside(nuclei_s, [span for _, _, spans in kept for span in spans]))
    if said_n < LEAST_OF_NUCLEI * heard_n:
        return Note("voice.words_thin", {"share_percent": 100 * said_n / heard_n})
    return found


def _syllables(words: Sequence[Word], language: str) -> float:
    return float(sum(count_syllables(w.text, language) for w in words))


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


def _sound_of(pieces: Sequence[Span], speech: Sequence[Span]) -> list[Sequence[Span]]:
    """Per piece, the speech it was merged from."""
    starts_s = [s.start_s for s in speech]
    first = np.searchsorted(starts_s, [p.start_s for p in pieces]).tolist()
    last = np.searchsorted(starts_s, [p.end_s for p in pieces]).tolist()
    return [speech[a:b] for a, b in zip(first, last, strict=True)]


def _without_holes(piece: Span, words: Sequence[Word], sound: Sequence[Span], nuclei_s: Times) -> list[Span]:
    """The piece but its holes: gaps between words with sound and a nucleus in them (a pause or slack is no hole).

    Estimated times show no holes.
    """
    if any(w.time_is_estimated for w in words):
        return [piece]
    gaps = complement(intersect(merge(w.span for w in words), [piece]), piece)
    sounding = [g for g in gaps if total_s(intersect([g], sound)) >= HOLE_S]
    holes = [g for g, n in zip(sounding, count_inside(nuclei_s, sounding), strict=True) if n]
    return complement(holes, piece)


def count_words(speech: Sequence[Span], words: Sequence[Word], language: str | None) -> tuple[int, int]:
    """(words inside the speech, how many of them are hesitations such as `euh` or `um`).

    `wpm` (words/min): Words per minute of talk, the speaker's own pauses included. Formula: words / minutes of
    speech and internal pauses. Needs: 50 words. Withheld without: words that cover the speech. Source: display only.
    Published figures: French conversation around 200 (teaching handbooks, no study). Limits: Words of one language
    are longer than those of another. The articulation rate is the measure.

    `filled_pauses` (/100 words): Hesitations such as `um` among the words; `mm` and `mhm`, signs of listening, are
    none. Formula: 100 x hesitations / words. Needs: 50 words. Withheld without: words that cover the speech. Source:
    Bortfeld et al. 2001 (recalled). Published figures: English conversation, all disfluencies: about 6. Limits:
    Recognisers leave many out. Context, no limit.
    """
    inside = [w for piece in _words_of(phonation(speech), words) for w in piece]
    return len(inside), sum(is_filled_pause(w.text, language) for w in inside)
