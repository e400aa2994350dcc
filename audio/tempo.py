"""Tempo: syllables per second of speech, evenness of rhythm, pauses.

Syllables are counted in one of two ways, never mixed in one number: from the words (`audio.syllables`), or from
the signal (`audio.nuclei`). On people the two differ by an amount that depends on the talker, so the source is part of
the value.

Phonation is speech with pauses of 250 ms or more taken out. A *stretch* is one piece of it; rates are taken over
stretches of ten syllables or more, because short answers are slower by their length alone (Yuan et al. 2006).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.notes import Note
from audio.nuclei import Times
from audio.timeline import Span, complement, intersect, merge

PAUSE_S, LONGEST_PAUSE_S = 0.25, 2.0
STRETCH_SYLLABLES = 10
LAST_SHARE = 0.2
LONGEST_INTERVAL_S = 0.5
USUAL_RATE_PER_S: Mapping[str, tuple[float, float]] = {"fr": (4.0, 7.5), "en": (3.3, 6.8)}
UNUSUAL_FROM_S = 30.0


@dataclass(frozen=True)
class Stretch:
    """A piece of phonation and the syllables counted over `duration_s` of it."""

    start_s: float
    duration_s: float
    syllables: float

    @property
    def rate_per_s(self) -> float:
        """Syllables per second."""
        return self.syllables / self.duration_s


def phonation(speech: Sequence[Span]) -> list[Span]:
    """Speech with gaps under 250 ms closed: what articulation is divided by."""
    return merge(speech, max_gap_s=PAUSE_S)


def count_inside(times_s: Times, spans: Sequence[Span]) -> list[int]:
    """How many of the sorted times fall in each span."""
    edges = np.array([(s.start_s, s.end_s) for s in spans]).reshape(-1, 2)
    counts = np.searchsorted(times_s, edges[:, 1]) - np.searchsorted(times_s, edges[:, 0])
    return [int(c) for c in counts]


def stretches(speech: Sequence[Span], nuclei_s: Times) -> list[Stretch]:
    """Each piece of phonation with its nuclei."""
    pieces = phonation(speech)
    return [Stretch(s.start_s, s.duration_s, n) for s, n in zip(pieces, count_inside(nuclei_s, pieces), strict=True)]


def long_enough(pieces: Sequence[Stretch]) -> list[Stretch]:
    """Stretches of ten syllables or more: the ones whose rates compare."""
    return [p for p in pieces if p.syllables >= STRETCH_SYLLABLES]


def articulation_rate_per_s(pieces: Sequence[Stretch]) -> float | None:
    """Syllables / phonation time. Unit syll/s.

    `articulation_rate` (syll/s): Syllables per second of speech, pauses taken out. Formula: syllables / phonation
    time (pauses of 0.25 s or more removed), over stretches of 10 syllables or more. From the words: syllables as
    they are spoken, numbers and initials as they are read; the time of missing words is left out. From the signal:
    peaks of loudness under 2 kHz with a dip on both sides and voicing near by. Needs: 10 s in such stretches.
    Withheld without: nothing else; the source says whether syllables come from the words or from the signal, never
    mixed. Words that cover too little of the speech, or hold far fewer syllables than the sound, are not used.
    Source: de Jong & Wempe 2009 for the idea of nuclei of the signal. Published figures: Parisian conversation,
    upper middle class: 5.73 (Malécot et al. 1972). English spontaneous speech: about 5.1 (recalled). Limits: From
    the words and over 30 s or more, a value outside 4 to 7.5 in French, 3.3 to 6.8 in English is marked as outside
    the usual: a proposal around those figures, checked on no service calls, never a fault by itself. Counts from the
    signal differ from counts from words by an amount that depends on the speaker, and are not marked. Age, region
    and a second language matter.
    """
    counted_s = sum(p.duration_s for p in pieces)
    return sum(p.syllables for p in pieces) / counted_s if counted_s > 0 else None


def unusual_rate(rate_per_s: float | None, rated_s: float, language: str | None) -> Note | None:
    """What to say beside a rate from words outside its language's band, over 30 s of phonation or more; else None.

    French 4.0 to 7.5, English 3.3 to 6.8 syll/s: our proposal around the figures of `articulation_rate_per_s`, checked
    on no service calls; age, region and a second language move people out of it. Never from the signal, whose counts
    differ by an amount that depends on the talker.
    """
    band = USUAL_RATE_PER_S.get(language or "")
    if rate_per_s is None or band is None or rated_s < UNUSUAL_FROM_S or band[0] <= rate_per_s <= band[1]:
        return None
    return Note("voice.rate_outside", {"low": band[0], "high": band[1]})


def rate_cv(pieces: Sequence[Stretch]) -> float | None:
    """SD / mean of the stretches' articulation rates. No unit. Our own; no published norm (0.15-0.25 expected).

    `rate_cv` (no unit): Whether every stretch goes at the same speed (0) or the speed varies. Formula: SD / mean of
    the articulation rate of stretches of 10 syllables or more. Needs: 8 such stretches. Withheld without: nothing
    else. Source: our own. Published figures: none; 0.15 to 0.25 expected. Limits: From words the figure also holds
    their timing errors.
    """
    rates = np.array([p.rate_per_s for p in pieces])
    return float(rates.std() / rates.mean()) if len(rates) > 1 else None


def rush_ratio(pieces: Sequence[Stretch]) -> float | None:
    """Median rate of the stretches in the last fifth of the speaker's time, over that of all. No unit; 1 = same.

    `rush` (no unit): Whether the end of the call goes faster than the rest; 1 is the same speed. Formula: median
    rate of the stretches in the last 20 % of the speaker's time / median rate of all. Needs: 10 stretches of 10
    syllables or more. Withheld without: nothing else. Source: a public specification. Published figures: none.
    Limits: Closing formulas are often spoken faster by themselves.
    """
    if not pieces:
        return None
    first_s, end_s = pieces[0].start_s, pieces[-1].start_s + pieces[-1].duration_s
    from_s = end_s - LAST_SHARE * (end_s - first_s)
    last = [p.rate_per_s for p in pieces if p.start_s >= from_s]
    return float(np.median(last) / np.median([p.rate_per_s for p in pieces])) if last else None


def nucleus_intervals_s(speech: Sequence[Span], nuclei_s: Times) -> list[NDArray[np.float64]]:
    """Per stretch, the intervals between its nuclei."""
    pieces = phonation(speech)
    first = np.searchsorted(nuclei_s, [s.start_s for s in pieces])
    last = np.searchsorted(nuclei_s, [s.end_s for s in pieces])
    return [np.diff(nuclei_s[a:b]) for a, b in zip(first.tolist(), last.tolist(), strict=True)]


def npvi(intervals_s: Sequence[NDArray[np.float64]]) -> float | None:
    """Normalised pairwise variability of neighbouring intervals under 0.5 s: 100 * mean |a - b| / ((a + b) / 2).

    `syllable_npvi` (no unit): Whether syllables follow each other like a clock (low) or with long and short ones
    side by side. Formula: 100 x mean of |a - b| / ((a + b) / 2) over neighbouring intervals between nuclei, both
    under 0.5 s. Needs: 60 s of phonation. Withheld without: nothing else. Source: Grabe & Low. Published figures: On
    vowels: French 43.5, British English 57.2 (recalled); between nuclei 42 (7 speakers). Limits: Within one language
    only.
    """
    ratios = [_pair_ratios(d) for d in intervals_s if len(d) > 1]
    pooled = np.concatenate(ratios) if ratios else np.zeros(0)
    return 100 * float(pooled.mean()) if len(pooled) else None


def _pair_ratios(d: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = d[:-1], d[1:]
    short = (a < LONGEST_INTERVAL_S) & (b < LONGEST_INTERVAL_S)
    return np.asarray(2 * np.abs(a - b)[short] / (a + b)[short])


def internal_pauses_s(speech: Sequence[Span], others: Sequence[Span]) -> Times:
    """Lengths of the silences of 0.25 to 2 s inside one speaker's talk, shape (n,).

    A silence in which anybody else speaks (`others`, sorted, disjoint) is no pause of this speaker.

    `pause_median`, `pause_sd` (s): Usual length of the speaker's own pauses, and how much it varies. Formula: median
    and standard deviation of silences of 0.25 to 2 s inside one's own talk. Needs: 10 pauses. Withheld without: it
    is known when anybody else speaks. Source: Gaps of 0.25 s: fluency research. Published figures: French pauses:
    0.2 to 2 s. Limits: A silence in which somebody else speaks is no pause. Even pauses are frequent in read speech,
    not proof of it.

    `pause_share` (%): How much of one's talk is pauses. Formula: own pauses / (own pauses + phonation). Needs: 20 s
    of phonation. Withheld without: it is known when anybody else speaks. Source: press figure for French. Published
    figures: 20 to 25 % of talk in conversation, up to 40 % in speeches. Limits: Hardly stable from call to call
    (Mundt et al. 2007).
    """
    pieces = phonation(speech)
    if len(pieces) < 2:
        return np.zeros(0)
    gaps = complement(pieces, Span(pieces[0].start_s, pieces[-1].end_s))
    own = [g for g in gaps if g.duration_s <= LONGEST_PAUSE_S and not intersect([g], others)]
    return np.array([g.duration_s for g in own])
