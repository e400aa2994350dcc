"""Natural speech made flatter and more even by a known factor: its own voice, its own words.

Overlap-add of the voice's own periods, as `tests.audio.signals.repitched`, along a time that pulls the intervals
between syllable nuclei towards their mean. Pauses keep their length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audio import tempo
from audio.timeline import Span
from audio.voice import VoiceTracks
from tests.audio.signals import RATE_HZ, _add_grain, _period_marks

_UNVOICED_S = 0.01
Samples = NDArray[np.float32]


def evened(samples: Samples, tracks: VoiceTracks, speech: Sequence[Span], *, pitch: float, time: float) -> Samples:
    """A copy at 16 kHz: pitch excursions (semitones) times `pitch`, deviations of the intervals times `time`."""
    f0_hz, step_s = np.asarray(tracks.pitch.values, float), tracks.pitch.step_s
    marks = _period_marks(samples, f0_hz, step_s)
    track = f0_hz[np.clip((marks / RATE_HZ / step_s).round().astype(int), 0, len(f0_hz) - 1)]
    median = float(np.nanmedian(f0_hz))
    wanted = np.where(np.isfinite(track), median * (track / median) ** pitch, 1 / _UNVOICED_S)
    source_s, target_s = _warp(speech, tracks.nuclei_s, len(samples) / RATE_HZ, time)
    n = int(target_s[-1] * RATE_HZ)
    out, weight = np.zeros(n + RATE_HZ), np.zeros(n + RATE_HZ)
    middles, at = (marks[1:] + marks[:-1]) / 2, 0.0
    while at < n:
        i = int(np.searchsorted(middles, np.interp(at / RATE_HZ, target_s, source_s) * RATE_HZ))
        half = RATE_HZ / track[i] if np.isfinite(track[i]) else _UNVOICED_S * RATE_HZ
        _add_grain(out, weight, samples, int(marks[i]), int(at), int(half))
        at += RATE_HZ / wanted[i]
    return (out / np.maximum(weight, 0.2)).astype(np.float32)[:n]


def _warp(
    speech: Sequence[Span], nuclei_s: NDArray[np.float64], end_s: float, factor: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Knots of the map from the old time to the new, both from 0."""
    old_s = _knots_s(speech, nuclei_s, end_s)
    lengths_s = np.diff(old_s)
    between = np.isin(old_s[:-1], nuclei_s) & np.isin(old_s[1:], nuclei_s) & (lengths_s < tempo.LONGEST_INTERVAL_S)
    mean_s = lengths_s[between].mean() if between.any() else 0.0
    new_s = np.where(between, mean_s + factor * (lengths_s - mean_s), lengths_s)
    return old_s, np.concatenate(([0.0], np.cumsum(new_s)))


def _knots_s(speech: Sequence[Span], nuclei_s: NDArray[np.float64], end_s: float) -> NDArray[np.float64]:
    """Nuclei, and the edges of phonation between which alone they move."""
    edges = [t for piece in tempo.phonation(speech) for t in (piece.start_s, piece.end_s)]
    return np.unique(np.concatenate(([0.0], edges, nuclei_s, [end_s])))
