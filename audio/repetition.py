"""Repetition: whether one phrase sounds the same each time it is said. Pure functions over signatures.

Two sayings are laid over each other by the *times* of their syllables alone, never by pitch, so that the alignment
can't make contours alike: a syllable that only one of them has is left out. Telephone codecs add or lose a nucleus in
every second phrase; with pitch resampled to the shorter one instead, the same recording through AMR-NB disagrees with
itself (r 0.89 in the median, against 1.00 by times), and warping by pitch (DTW) makes different phrases agree (r 0.66).

Noise floor. The same 68 natural phrases (6 talkers), wideband against mu-law / AMR-NB 12.2k / AMR-NB 4.75k / Opus 12k
/ 20 dB noise: contour r 0.99 or more in the median for all, 0.99 / 0.90 / 0.76 / 0.96 / 0.98 for the lowest tenth; RMSE
0.1 / 0.2 / 0.3 / 0.2 / 0.2 st, rhythm r 0.99. By luck, different phrases of one talker: r 0.3, RMSE 3.0 st; their
rhythm r is 0.6, because only phrases whose syllables fall together can be laid over each other (one pair in eleven).
Single pairs scatter: all results are medians over ten or more.
The same text makes contours alike whoever says it; that is what other speakers' signatures are for.
`tests/bench/voice/repetition.py` prints these.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.notes import Measure, Note
from audio.sheet import Sheet, short_of
from audio.signature import LEAST_SYLLABLES, Signature

LEAST_PAIRS = 10
LEAST_SAYINGS = 5
"""Five sayings make ten pairs; template shortening asks for as many."""
MOST_PAIRS = 500
"""More are thinned out evenly: the median stands long before, and a pair takes 5 ms."""
UNMATCHED_SHARE = 0.2
"""Of the longer one's syllables: with more left out, two sayings are not laid over each other."""
APART_S = 0.15
"""Syllables further apart than this are not the same one: most of a syllable of ordinary talk."""
MOVES_ST = 0.2
"""A contour that moves less than this (SD) has no shape to correlate; its RMSE still counts."""
NEAR_R, NEAR_ST, NEAR_GAPS = 0.9, 1.0, 0.1
"""What counts as nearly the same: r of the melodies and st between them as measures.md 8 proposes, and 10 % of the
times between syllables, which tells most. `python -m tests.bench automatism` prints both sides. [P]"""
_ROUNDS = 3
_SLOWEST, _FASTEST = 0.7, 1.4

Times = NDArray[np.float64]
Pairs = NDArray[np.int64]


@dataclass(frozen=True)
class Likeness:
    """How alike two sayings of a phrase are.

    contour_r  Pearson r of the semitones; None where one of them hardly moves
    rmse_st    root mean square difference of the semitones, each about its own median
    rhythm_r   Pearson r of the logarithms of the times between syllables; None where these are all the same
    gaps_rms   root mean square difference of these logarithms: 0.1 is 10 % of a time
    mean_st    mean absolute difference of the semitones: one syllable the pitch tracker got wrong moves it little
    levels_db  root mean square difference of the levels, each about its own median; None where one of them kept none
    """

    contour_r: float | None
    rmse_st: float
    rhythm_r: float | None
    gaps_rms: float = 0.0
    mean_st: float = 0.0
    levels_db: float | None = None

    @property
    def near(self) -> bool:
        """Nearly the same melody and timing; never where a contour hardly moves, for a flat voice is always close."""
        moved = self.contour_r is not None and self.contour_r >= NEAR_R
        return moved and self.rmse_st <= NEAR_ST and self.gaps_rms <= NEAR_GAPS

    @property
    def apart(self) -> float:
        """How far apart two sayings are in one figure, 0 the same: melody and timing, each by what is near in it."""
        return math.hypot(self.mean_st / NEAR_ST, self.gaps_rms / NEAR_GAPS)


def likeness(a: Signature, b: Signature) -> Likeness | None:
    """Two sayings compared; None when they are not the same phrase, or too many syllables have no partner."""
    if not a.key or a.key != b.key:
        return None
    a, b = sorted((a, b), key=lambda s: (s.st, s.ln_gaps))  # one order, so that both ways give the same figures
    pairs = matched(a, b)
    left_out = max(a.syllables, b.syllables) - len(pairs)
    if len(pairs) < LEAST_SYLLABLES or left_out > UNMATCHED_SHARE * max(a.syllables, b.syllables):
        return None
    st = [_centred(np.array(s.st)[pairs[:, i]]) for i, s in enumerate((a, b))]
    gaps = [np.log(np.diff(_times_s(s)[pairs[:, i]])) for i, s in enumerate((a, b))]
    return Likeness(
        contour_r=_pearson(*st, least_sd=MOVES_ST),
        rmse_st=_rms(st[0] - st[1]),
        rhythm_r=_pearson(*gaps, least_sd=1e-6),
        gaps_rms=_rms(gaps[0] - gaps[1]),
        mean_st=float(np.mean(np.abs(st[0] - st[1]))),
        levels_db=_levels_apart_db(a, b, pairs),
    )


def _levels_apart_db(a: Signature, b: Signature, pairs: Pairs) -> float | None:
    if not (a.db and b.db):
        return None
    return _rms(_centred(np.array(a.db)[pairs[:, 0]]) - _centred(np.array(b.db)[pairs[:, 1]]))


def _rms(difference: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(difference**2)))


def matched(a: Signature, b: Signature) -> Pairs:
    """Which syllable of `a` is which of `b`, by their times alone: shape (n, 2), rising in both columns.

    The later one is stretched and moved to fit, from three starts (ends on ends, first on first, last on last), and the
    best fit is kept.
    """
    x, y = _times_s(a), _times_s(b)
    if len(x) < 2 or len(y) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    speed = float(np.clip(x[-1] / y[-1], _SLOWEST, _FASTEST))
    starts = ((speed, 0.0), (1.0, 0.0), (1.0, float(x[-1] - y[-1])))
    return min((_fitted(x, y, *start) for start in starts), key=lambda found: found[0])[1]


def _fitted(x: Times, y: Times, scale: float, shift_s: float) -> tuple[float, Pairs]:
    cost, pairs = _paired(x, scale * y + shift_s)
    for _ in range(_ROUNDS):
        if len(pairs) < 3:
            break
        u, v = y[pairs[:, 1]], x[pairs[:, 0]]
        spread = u - u.mean()
        scale = float(np.clip(spread @ v / (spread @ spread), _SLOWEST, _FASTEST))
        cost, pairs = _paired(x, scale * y + float(np.mean(v - scale * u)))
    return cost, pairs


def _paired(x: Times, y: Times) -> tuple[float, Pairs]:
    """Cheapest monotone pairing: a pair costs its distance, a syllable without partner `APART_S / 2`."""
    apart = (np.abs(x[:, None] - y[None, :]) / APART_S).tolist()  # lists: numpy takes ten times as long per number
    rows = [[j / 2 for j in range(len(y) + 1)]]
    for i, distances in enumerate(apart):
        above, here = rows[-1], [(i + 1) / 2]
        for j, distance in enumerate(distances):
            here.append(min(above[j] + distance, above[j + 1] + 0.5, here[j] + 0.5))
        rows.append(here)
    return rows[-1][-1], _walked_back(rows, apart)


def _walked_back(cost: Sequence[Sequence[float]], apart: Sequence[Sequence[float]]) -> Pairs:
    pairs: list[tuple[int, int]] = []
    i, j = len(cost) - 1, len(cost[0]) - 1
    while i and j:
        if cost[i][j] == cost[i - 1][j - 1] + apart[i - 1][j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif cost[i][j] == cost[i - 1][j] + 0.5:
            i -= 1
        else:
            j -= 1
    return np.array(pairs[::-1], dtype=np.int64).reshape(-1, 2)


def _times_s(signature: Signature) -> Times:
    return np.concatenate(([0.0], np.cumsum(np.exp(signature.ln_gaps))))


def _centred(st: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(st - np.median(st))


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64], *, least_sd: float) -> float | None:
    if len(x) < 3 or min(x.std(), y.std()) < least_sd:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def contour_repetition(
    own: Sequence[Signature], others: Sequence[Signature] = (), *, rate_ratios: Sequence[float] = (), source: str
) -> list[Measure]:
    """Measures over one speaker's sayings of one phrase, one per call, all with the same key.

    contour_repetition        median r of the contours over all pairs of `own`. Unit r.
    contour_repetition_rmse   median RMSE of the same pairs. Unit st.
    rhythm_repetition         median r of the times between syllables. Unit r.
    contour_repetition_index  contour_repetition less the median r between `own` and `others` (the same phrase by other
                              speakers): what is the speaker's rather than the text's. Unit r.
    template_shortening       median of `rate_ratios`, the phrase's rate over the speaker's other speech
                              (`audio.phrase`), one per call. No unit; 1 = as the rest.

    10 pairs each (5 sayings), 5 rate ratios. No norm exists. Greetings and legal texts are meant to be stable: it says
    that a phrase sounds alike, not that it should not. Proposed in measures.md 8 after Lam & Watson 2010 (repeated
    words are shorter) and arXiv 2404.10440 (imitated contours); no listener has checked it.

    `contour_repetition`, `rhythm_repetition` (r): Whether the melody, or the rhythm, of one phrase is the same each
    time the speaker says it; 1 is the same. Formula: median over all pairs of sayings of Pearson r between the
    pitches of the syllables (semitones re the phrase's own median), or between the logarithms of the times from one
    syllable to the next. Syllables are laid over each other by their times alone; those without partner are left
    out, up to 20 % of them. Needs: 10 pairs (5 calls with the same words). Withheld without: as for each saying.
    Source: our own proposal after Lam & Watson 2010 and a study of 2024 on imitated contours (arXiv). Published
    figures: The same recording through telephone codecs: 1.0 in the median. Different phrases of one speaker, by
    luck: 0.3 for the melody, 0.6 for the rhythm. Limits: The same words have much of their melody from the language,
    whoever says them. Greetings and legal texts are meant to be stable. No listener has checked it.

    `contour_repetition_rmse` (st): How far apart the melodies of one phrase are from one saying to the next; 0 is
    the same. Formula: median over all pairs of the root mean square difference of the syllables' pitches, each
    saying about its own median. Needs: 10 pairs (5 calls with the same words). Withheld without: as for each saying.
    Source: our own proposal. Published figures: The same recording through telephone codecs: 0.1 to 0.3 in the
    median. Different phrases of one speaker: 3.0. Limits: A flat voice is always close to itself; read it beside the
    pitch spread.

    `contour_repetition_index` (r): How much more alike a speaker's own sayings of a phrase are than theirs and other
    people's. Formula: contour repetition less the median r between this speaker's sayings and the same phrase by
    others. Needs: 10 pairs of own sayings, 10 with others. Withheld without: as for each saying. Source: our own
    proposal. Published figures: none. Limits: Takes the text out, not the training that a team shares.

    `template_shortening` (no unit): Whether a phrase that comes back is said faster than the speaker's other speech;
    1 is as fast. Formula: median over calls of the phrase's pace against the rest (`phrase_rate_ratio`). Needs: 5
    calls. Withheld without: nothing else. Source: Lam & Watson 2010; Baker & Bradlow 2009 (repeated words are
    shorter). Published figures: none on the telephone; 1.25 is proposed as noticeable. Limits: Short known words are
    fast in anyone's mouth.
    """
    among = _compared(list(itertools.combinations(own, 2)))
    across = _compared(list(itertools.product(own, others)))
    own_r, cross_r = _known(x.contour_r for x in among), _known(x.contour_r for x in across)
    rhythm = _known(x.rhythm_r for x in among)
    sheet = Sheet(source, gates=True, spoken=bool(own))
    _add(sheet, "contour_repetition", own_r, "r")
    _add(sheet, "contour_repetition_rmse", [x.rmse_st for x in among], "st")
    _add(sheet, "rhythm_repetition", rhythm, "r")
    less = float(np.median(own_r) - np.median(cross_r)) if own_r and cross_r else None
    alone = short_of("voice.repetition_few_others", len(cross_r), LEAST_PAIRS)
    sheet.on(len(cross_r), "n").add("contour_repetition_index", less, "r", _few(own_r), alone)
    few = short_of("voice.repetition_few_rates", len(rate_ratios), LEAST_SAYINGS)
    sheet.on(len(rate_ratios), "n").add("template_shortening", _median(rate_ratios), "", few)
    return sheet.measures


def _add(sheet: Sheet, name: str, values: Sequence[float], unit: str) -> None:
    sheet.on(len(values), "n").add(name, _median(values), unit, _few(values))


def _few(values: Sequence[float]) -> Note | None:
    return short_of("voice.repetition_few_pairs", len(values), LEAST_PAIRS)


def _compared(pairs: Sequence[tuple[Signature, Signature]]) -> list[Likeness]:
    every = max(1, math.ceil(len(pairs) / MOST_PAIRS))
    return [found for a, b in pairs[::every] if (found := likeness(a, b)) is not None]


def _known(values: Iterable[float | None]) -> list[float]:
    return [v for v in values if v is not None]


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None
