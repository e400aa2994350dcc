"""Pitch: its track in the common band, and how widely it moves.

Track. The fundamental of most men and many women lies below the telephone's 300 Hz. The tracker is therefore given
the band with its low end regenerated (`audio.band.with_low_end`). Which sound it is given, and the rival of measures.md
0.3 (autocorrelation of the envelope in two passes, `models.pitch_envelope`), stand beside each other in the table of
`tests/bench/voice/pitch.py`.

Units. Semitones against the speaker's own median in the call, so that a high and a low voice with the same movement
read the same (Nolan 2003; measures.md 9). Absolute pitch is never a measure here.

What invalidates all of it: other voices or music in the spans, noise above -20 dB, under 20 s of voiced speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audio.band import BandBlock
from audio.timeline import FloatArray, FrameTrack, Span, merge

PITCH_STEP_S = 0.016
FOLD_FROM_ST = 9.0
FOLD_LONGEST_S = 0.15
SURE = 0.9
NEIGHBOUR_S = 0.1
IPU_SILENCE_S = 0.2
WINDOW_S = 10.0
WINDOW_VOICED_S = 3.0
FLAT_ST = 1.2
GLISSANDO = 0.32
LARGEST_STEP_ST = 4.0
Contour = Literal["rise", "level", "fall"]
ENDING_S, ENDING_SHORTEST_S, ENDING_GAP_S = 0.4, 0.12, 0.3


@dataclass(frozen=True, eq=False)
class PitchTrack(FrameTrack):
    """F0, Hz, NaN where unvoiced; `confidence`: how sure the tracker is of each frame, 0 to 1, the same shape."""

    confidence: FloatArray


def block_frames(found: FrameTrack, block: BandBlock) -> slice:
    """The frames of `found` (tracked over a whole block) whose centre lies in the part to keep."""
    first = round((block.keep.start_s - found.first_s) / found.step_s - 0.5)
    return slice(first, first + round(block.keep.duration_s / found.step_s))


def fold_octaves(track: FrameTrack, confidence: FloatArray | None = None) -> FrameTrack:
    """Short runs (150 ms or less) at least 9 st off the median, moved by whole octaves (measures.md 1.1).

    Only where that brings them nearer to the voiced frames beside them (within 0.1 s), or where there are none: a voice
    that glides up there stays. Longer runs stay: who is there for a whole syllable is no slip of the tracker. So do
    runs of a median `confidence` (per frame; None: unknown) of 0.9 or more: of the frames 9 st off, three quarters are
    that sure where a lively voice really goes there, one in fourteen where people's voices slip.
    """
    st = semitones(track.values)
    folded = np.array(track.values, dtype=np.float64)
    reach = round(NEIGHBOUR_S / track.step_s)
    for sign in (1.0, -1.0):
        for a, b in _true_runs(sign * st >= FOLD_FROM_ST):
            octaves = np.round(np.median(st[a:b]) / 12)
            if confidence is not None and np.median(confidence[a:b]) >= SURE:
                continue
            if (b - a) * track.step_s <= FOLD_LONGEST_S and _is_nearer(st, a, b, -12 * octaves, reach):
                folded[a:b] *= 2.0**-octaves
    return FrameTrack(folded, track.first_s, track.step_s, track.unit)


def _is_nearer(st: NDArray[np.float64], a: int, b: int, move_st: float, reach: int) -> bool:
    """Would the run [a, b), moved by `move_st`, jump less to its neighbours within 9 st? True when it has none."""
    before, after = st[max(0, a - reach) : a], st[b : b + reach]
    before, after = before[np.abs(before) < FOLD_FROM_ST], after[np.abs(after) < FOLD_FROM_ST]
    pairs = [(st[a], v) for v in before[-1:]] + [(st[b - 1], v) for v in after[:1]]
    return sum(abs(x + move_st - v) for x, v in pairs) < sum(abs(x - v) for x, v in pairs) if pairs else True


def _true_runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def semitones(f0_hz: FloatArray) -> NDArray[np.float64]:
    """12 log2(f / median f), NaN kept; all NaN when nothing is voiced."""
    if not np.isfinite(f0_hz).any():
        return np.full(len(f0_hz), np.nan)
    return np.asarray(12 * np.log2(f0_hz / np.nanmedian(f0_hz)), dtype=np.float64)


def voiced_hz(track: FrameTrack, spans: Sequence[Span]) -> NDArray[np.float64]:
    """F0 of the voiced frames inside the spans, shape (n_voiced,)."""
    inside = track.within(spans)
    return np.asarray(inside[np.isfinite(inside)], dtype=np.float64)


def pitch_spread_st(f0_hz: FloatArray) -> float | None:
    """Standard deviation of the semitones of voiced frames.

    `pitch_spread` (st): How widely the pitch moves around the speaker's own median in the call. Formula: standard
    deviation of 12 log2(F0 / median F0) over voiced frames of 16 ms, where nobody else speaks. Needs: 20 s of voiced
    speech. Withheld without: signal-to-noise ratio of 20 dB. Source: Traunmüller & Eriksson 1995; Nolan 2003 for
    semitones. Published figures: 8 extracts of ordinary English meeting and telephone talk: 1.7 to 3.2, median 2.5.
    No French telephone norm exists. Limits: Read speech may move more than spontaneous speech. Language, age and
    health move it too. A wide spread is never a fault; a tracker's slip looks the same.
    """
    return float(np.std(semitones(f0_hz))) if len(f0_hz) > 1 else None


def pitch_range_st(f0_hz: FloatArray) -> float | None:
    """90th minus 10th percentile of the semitones of voiced frames (Mennen et al. 2007). Unit st.

    `pitch_range` (st): The stretch of pitch in which the voice stays for eight tenths of the time. Formula: 90th
    minus 10th percentile of the semitones of voiced frames. Needs: 20 s of voiced speech. Withheld without:
    signal-to-noise ratio of 20 dB. Source: Mennen et al. 2007. Published figures: 9 extracts of ordinary talk: 4.3
    to 8.0, median 6.3. Mennen: read English and German, women. Limits: As for the pitch spread; differs between
    languages.
    """
    if len(f0_hz) < 2:
        return None
    low, high = np.percentile(semitones(f0_hz), (10, 90))
    return float(high - low)


def speech_windows(track: FrameTrack, spans: Sequence[Span]) -> list[NDArray[np.float64]]:
    """Voiced F0 of each 10 s of the speaker's own speech (pauses and the other party left out), 3 s voiced at least.

    Windows run over speech, not over the clock, so that silence before or between turns moves nothing.
    """
    inside = np.asarray(track.within(spans), dtype=np.float64)
    size = round(WINDOW_S / track.step_s)
    windows = (inside[i : i + size] for i in range(0, len(inside), size))
    voiced = (w[np.isfinite(w)] for w in windows)
    return [w for w in voiced if len(w) * track.step_s >= WINDOW_VOICED_S]


def pitch_dynamism(windows: Sequence[NDArray[np.float64]]) -> float | None:
    """SD / mean of F0 in Hz per 10 s window, averaged over windows (PDQ, Hincks 2004). No unit.

    `pdq` (no unit): Pitch dynamism quotient, the published cousin of the pitch spread. Formula: SD / mean of F0 in
    Hz per 10 s of speech, averaged over windows with 3 s voiced. Needs: 20 s of voiced speech. Withheld without:
    signal-to-noise ratio of 20 dB. Source: Hincks 2004. Published figures: Swedish students presenting in English,
    room microphone: 0.11 to 0.235 per speaker. Limits: Her boundary of 0.15 would call half of ordinary telephone
    talk flat. Shown, never a limit.
    """
    return float(np.mean([np.std(w) / np.mean(w) for w in windows])) if windows else None


def flat_windows_percent(windows: Sequence[NDArray[np.float64]]) -> float | None:
    """Share of 10 s windows whose spread is under 1.2 st. Unit %. Our own; no published norm.

    `flat_windows` (%): How much of the speech is spoken nearly on one note. Formula: share of windows of 10 s of
    speech whose pitch spread is under 1.2 st. Needs: 20 s of voiced speech and 5 windows with 3 s voiced. Withheld
    without: signal-to-noise ratio of 20 dB. Source: our own. Published figures: none. Limits: Windows run over the
    speaker's own speech, so a window may join two turns.
    """
    if not windows:
        return None
    return 100 * float(np.mean([np.std(semitones(w)) < FLAT_ST for w in windows]))


def movement_st_per_s(track: FrameTrack, spans: Sequence[Span]) -> float | None:
    """Mean absolute change of pitch per second inside voiced runs, steps over 4 st left out. Unit st/s.

    `pitch_movement` (st/s): How fast the pitch moves inside voiced stretches. Formula: mean absolute change of
    semitones between neighbouring voiced frames, per second; steps over 4 st left out. Needs: 20 s of voiced speech.
    Withheld without: signal-to-noise ratio of 20 dB. Source: our own choice, after public prosody code. Published
    figures: none. Limits: For one agent over time only.
    """
    steps = np.abs(np.diff(semitones(np.where(track.mask(spans), track.values, np.nan))))
    steps = steps[np.isfinite(steps) & (steps <= LARGEST_STEP_ST)]
    return float(steps.mean() / track.step_s) if len(steps) else None


@dataclass(frozen=True)
class Ending:
    """How the voice moves where an inter-pausal unit ends at `end_s`: `rise`, `level` or `fall`."""

    end_s: float
    contour: Contour


def final_contours(track: FrameTrack, spans: Sequence[Span]) -> list[str]:
    """The contours of `endings`, in order."""
    return [ending.contour for ending in endings(track, spans)]


def endings(track: FrameTrack, spans: Sequence[Span]) -> list[Ending]:
    """`rise`, `level` or `fall` for the end of each inter-pausal unit that ends near voicing.

    Least-squares line through the voiced frames of the last 0.4 s up to the last voiced one; level while it moves less
    than 0.32 / T st over its T seconds (Mertens' glissando threshold). Endings with under 0.12 s voiced, or whose last
    voiced frame lies over 0.3 s before the end, say nothing.
    """
    ipus = merge(spans, max_gap_s=IPU_SILENCE_S)
    return [Ending(ipu.end_s, contour) for ipu in ipus if (contour := _ending(track, ipu)) is not None]


def _ending(track: FrameTrack, ipu: Span) -> Contour | None:
    tail = track.within([Span(max(ipu.start_s, ipu.end_s - ENDING_S - ENDING_GAP_S), ipu.end_s)])
    voiced = np.flatnonzero(np.isfinite(tail))
    if not len(voiced) or (len(tail) - voiced[-1]) * track.step_s > ENDING_GAP_S:
        return None
    voiced = voiced[voiced > voiced[-1] - ENDING_S / track.step_s]
    if len(voiced) * track.step_s < ENDING_SHORTEST_S:
        return None
    return _contour(np.asarray(voiced * track.step_s, dtype=np.float64), semitones(tail[voiced]))


def _contour(times_s: NDArray[np.float64], st: NDArray[np.float64]) -> Contour:
    length_s = float(times_s[-1] - times_s[0])
    moved_st = float(np.polynomial.polynomial.polyfit(times_s - times_s[0], st, 1)[1]) * length_s
    if abs(moved_st) < GLISSANDO / length_s:
        return "level"
    return "rise" if moved_st > 0 else "fall"


def contour_entropy_bits(contours: Sequence[str]) -> float | None:
    """Entropy over rise, level, fall: 0 when every unit ends the same way, 1.58 when all three are as frequent.

    `final_contour_entropy` (bit): Whether phrases all end alike (0) or rise, stay and fall as often (1.58). Formula:
    entropy of rise, level, fall over the ends of inter-pausal units; least-squares slope of the last 0.4 s, level
    while it moves less than 0.32 / T st in T seconds. Needs: 15 ends whose pitch can be read. Withheld without:
    signal-to-noise ratio of 20 dB. Source: entropy, our own; threshold of audible movement, Mertens. Published
    figures: none. Limits: Says that endings are alike, not that they are wrong.
    """
    if not contours:
        return None
    shares = np.array([contours.count(kind) / len(contours) for kind in set(contours)])
    return float(abs(-(shares * np.log2(shares)).sum()))
