"""Signature of a phrase: how its pitch, its timing and its loudness go, syllable by syllable, small enough to keep.

Kept to compare the same phrase across calls (`audio.repetition`), and nothing else can be had from it: no sound, no
timbre, no absolute pitch, no absolute level. Contours are relative to the phrase's own median, so two people who say a
phrase alike have like signatures: it tells phrases apart, never voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio import pitch
from audio.timeline import FloatArray, FrameTrack, Span, intersect
from audio.voice import VoiceTracks

LEAST_SYLLABLES = 5
MOST_SYLLABLES = 60
"""More is no phrase; bounds what is kept (about 600 bytes)."""
NUCLEUS_S = 0.06
"""Pitch of a syllable: the median this much on both sides of its nucleus, no further than half way to the next."""
_ST_DECIMALS, _LN_DECIMALS, _DB_DECIMALS = 1, 2, 1


@dataclass(frozen=True)
class Signature:
    """One saying of a phrase.

    key      which phrase it is: the same key for the same words, empty when there are no words
    st       pitch of each syllable, semitones re their median, rounded to 0.1
    ln_gaps  natural logarithm of the seconds from each nucleus to the next, rounded to 0.01; one fewer than `st`
    db       level of each syllable, dB re their median, rounded to 0.1; empty where it was not kept
    """

    key: str
    st: tuple[float, ...]
    ln_gaps: tuple[float, ...]
    db: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.ln_gaps) != max(0, len(self.st) - 1):
            raise ValueError(f"{len(self.st)} syllables have {len(self.st) - 1} gaps, got {len(self.ln_gaps)}")
        if self.db and len(self.db) != len(self.st):
            raise ValueError(f"{len(self.st)} syllables have as many levels, got {len(self.db)}")

    @property
    def syllables(self) -> int:
        """How many nuclei were heard."""
        return len(self.st)


def sign_phrase(tracks: VoiceTracks, span: Span, *, key: str = "") -> Signature | None:
    """The signature of a span where its speaker speaks alone; None under 5 syllables, over 60, or 3 with a pitch.

    A syllable whose pitch can't be read takes that between its neighbours'.
    """
    nuclei_s = _inside(tracks.nuclei_s, intersect(tracks.speech, [span]))
    if not LEAST_SYLLABLES <= len(nuclei_s) <= MOST_SYLLABLES:
        return None
    hz = _nucleus_hz(tracks.pitch, nuclei_s)
    read = np.isfinite(hz)
    if read.sum() < 3:
        return None
    hz = np.interp(np.arange(len(hz)), np.flatnonzero(read), hz[read])
    return Signature(
        key=key,
        st=_rounded(pitch.semitones(hz), _ST_DECIMALS),
        ln_gaps=_rounded(np.log(np.diff(nuclei_s)), _LN_DECIMALS),
        db=_levels_db(tracks.loudness, nuclei_s),
    )


def _levels_db(track: FrameTrack, nuclei_s: NDArray[np.float64]) -> tuple[float, ...]:
    """The loudest frame around each nucleus, re the median of all; empty when one of them has none."""
    around = _around(track, nuclei_s)
    if not all(np.isfinite(v).any() for v in around):
        return ()
    db = np.array([np.nanmax(v) for v in around], dtype=np.float64)
    return _rounded(db - np.median(db), _DB_DECIMALS)


def _inside(nuclei_s: NDArray[np.float64], spans: Sequence[Span]) -> NDArray[np.float64]:
    found = [nuclei_s[(nuclei_s >= s.start_s) & (nuclei_s < s.end_s)] for s in spans]
    return np.concatenate(found) if found else np.zeros(0)


def _nucleus_hz(track: FrameTrack, nuclei_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median F0 around each nucleus, NaN where nothing is voiced."""
    voiced = [v[np.isfinite(v)] for v in _around(track, nuclei_s)]
    return np.array([np.median(v) if len(v) else np.nan for v in voiced])


def _around(track: FrameTrack, nuclei_s: NDArray[np.float64]) -> list[FloatArray]:
    """The frames around each nucleus, no further than half way to the next."""
    half_way = (nuclei_s[1:] + nuclei_s[:-1]) / 2
    first = np.maximum(nuclei_s - NUCLEUS_S, np.concatenate(([-np.inf], half_way)))
    last = np.minimum(nuclei_s + NUCLEUS_S, np.concatenate((half_way, [np.inf])))
    edges = (np.ceil((t - track.first_s) / track.step_s - 0.5).clip(0, len(track.values)) for t in (first, last))
    return [track.values[a:b] for a, b in zip(*(e.astype(int).tolist() for e in edges), strict=True)]


def _rounded(values: NDArray[np.float64], decimals: int) -> tuple[float, ...]:
    return tuple((np.round(values, decimals) + 0.0).tolist())
