"""The rival pitch tracker of the bench: autocorrelation of the regenerated envelope (measures.md 0.3).

The Hilbert envelope of 300-3400 Hz beats at the fundamental; band-passed to 50-800 Hz it goes through a normalised
autocorrelation (Boersma 1993) and the cheapest path over its candidates, twice: first from 60 to 600 Hz, then from 0.75
of the lower quartile to 1.5 of the upper one. Costs as measures.md 1.1 sets them: octave 0, octave jump 1.0; the others
are Praat's defaults. Two passes need the whole voice at once, so blocks of one call don't agree with each other: this
is for comparison (`tests/bench/voice/pitch.py` prints both rows), not for the pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.band import WORK_RATE_HZ, fft_filter, to_band
from audio.pitch import PitchTrack

STEP_S = 0.016
_RATE_HZ = WORK_RATE_HZ // 2
_LOW_HZ, _HIGH_HZ = 50.0, 800.0
_TAPS = 967
_N_CANDIDATES = 5
_FRAMES_AT_ONCE = 2000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PathCosts:
    """Boersma's costs, per 10 ms; octave jump as in measures.md 1.1."""

    silence: float = 0.03
    voicing: float = 0.45
    octave_jump: float = 1.0
    voiced_unvoiced: float = 0.14


class EnvelopeTracker:
    """`models.protocols.PitchTracker` by autocorrelation of the regenerated envelope. Give it the whole voice."""

    name = "envelope autocorrelation"

    def __init__(self, costs: PathCosts | None = None) -> None:
        self.costs = costs or PathCosts()

    def track(self, samples: NDArray[np.float32], rate_hz: int, *, first_s: float = 0.0) -> PitchTrack:
        """F0 in Hz, NaN where unvoiced; step 16 ms, the first frame centred on `first_s`. 8000 or 16000 Hz in.

        No frame is surer than another: the path has weighed them already.
        """
        envelope = np.abs(to_band(samples, rate_hz)).astype(np.float32)
        sound = fft_filter(envelope, _band_pass())[::2].astype(np.float64) if len(envelope) else np.zeros(0)
        n_frames = int(len(sound) / _RATE_HZ / STEP_S) + 1 if len(sound) else 0
        f0 = self._pass(sound, n_frames, 60.0, 600.0)
        if np.isfinite(f0).any():
            low, high = np.nanpercentile(f0, (25, 75))
            f0 = self._pass(sound, n_frames, max(50.0, 0.75 * low), min(700.0, 1.5 * high))
        return PitchTrack(f0, first_s - STEP_S / 2, STEP_S, "Hz", np.zeros(n_frames))

    def _pass(self, sound: Floats, n_frames: int, floor_hz: float, ceiling_hz: float) -> Floats:
        if n_frames == 0 or np.abs(sound).max() <= 0:
            return np.full(n_frames, np.nan)
        hz, strength = _candidates(sound, n_frames, floor_hz, ceiling_hz, self.costs)
        return _cheapest_path(hz, strength, self.costs)


def _band_pass() -> NDArray[np.float32]:
    t = (np.arange(_TAPS) - _TAPS // 2) / WORK_RATE_HZ
    high, low = (2 * hz / WORK_RATE_HZ * np.sinc(2 * hz * t) for hz in (_HIGH_HZ, _LOW_HZ))
    return np.asarray((high - low) * np.kaiser(_TAPS, 5.65), dtype=np.float32)


def _candidates(
    sound: Floats, n_frames: int, floor_hz: float, ceiling_hz: float, costs: PathCosts
) -> tuple[Floats, Floats]:
    """Per frame up to four periods and their strengths, and `unvoiced` (0 Hz) in the last column."""
    hz, strength = np.zeros((n_frames, _N_CANDIDATES)), np.full((n_frames, _N_CANDIDATES), -np.inf)
    half = int(1.5 * _RATE_HZ / floor_hz)
    padded = np.concatenate((np.zeros(half), sound, np.zeros(half + int(STEP_S * _RATE_HZ) + 1)))
    loudest = float(np.percentile(np.abs(sound), 99.9))
    for first in range(0, n_frames, _FRAMES_AT_ONCE):
        at = np.arange(first, min(first + _FRAMES_AT_ONCE, n_frames))
        starts = np.round(at * STEP_S * _RATE_HZ).astype(int)
        frames = padded[starts[:, None] + np.arange(2 * half)]
        lags, r = _peaks(frames - frames.mean(axis=1, keepdims=True), floor_hz, ceiling_hz)
        hz[at, :-1], strength[at, :-1] = np.where(lags > 0, _RATE_HZ / np.maximum(lags, 1e-9), 0.0), r
        peak = np.abs(frames).max(axis=1) / loudest
        quiet = 2 - peak / (costs.silence / (1 + costs.voicing))
        strength[at, -1] = costs.voicing + np.maximum(0, quiet)
    return hz, strength


def _peaks(frames: Floats, floor_hz: float, ceiling_hz: float) -> tuple[Floats, Floats]:
    """The four highest peaks of each frame's normalised autocorrelation: lags in samples, and heights."""
    size = 1 << (2 * frames.shape[1] - 1).bit_length()
    window = np.hanning(frames.shape[1])
    r = np.fft.irfft(np.abs(np.fft.rfft(frames * window, size)) ** 2, size)
    of_window = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2, size)
    longest, shortest = int(_RATE_HZ / floor_hz), max(2, int(_RATE_HZ / ceiling_hz))
    r = r[:, : longest + 2] / np.maximum(r[:, :1], 1e-12) / (of_window[: longest + 2] / of_window[0])
    before, here, after = r[:, :-2], r[:, 1:-1], r[:, 2:]
    is_peak = (here > before) & (here >= after)
    is_peak[:, : shortest - 1] = False
    heights = np.where(is_peak, here, -np.inf)
    best = np.argsort(-heights, axis=1)[:, : _N_CANDIDATES - 1]
    a, b, c = (np.take_along_axis(v, best, axis=1) for v in (before, here, after))
    offset = 0.5 * (a - c) / np.where(np.abs(a - 2 * b + c) < 1e-12, 1e-12, a - 2 * b + c)
    found = np.isfinite(np.take_along_axis(heights, best, axis=1))
    height = np.where(found, np.minimum(b - 0.25 * (a - c) * offset, 1.0), -np.inf)
    return np.where(found, best + 1 + offset, 0.0), height


def _cheapest_path(hz: Floats, strength: Floats, costs: PathCosts) -> Floats:
    """Viterbi: the candidates that are strong and do not jump; NaN where `unvoiced` wins."""
    scale = 0.01 / STEP_S
    n = len(hz)
    came_from = np.zeros((n, hz.shape[1]), dtype=np.int64)
    total = strength[0]
    octaves = np.log2(np.maximum(hz, 1.0))
    voiced = hz > 0
    for i in range(1, n):
        jump = costs.octave_jump * np.abs(octaves[i - 1][:, None] - octaves[i][None, :])
        change = np.where(voiced[i - 1][:, None] & voiced[i][None, :], jump, costs.voiced_unvoiced)
        change = np.where(~voiced[i - 1][:, None] & ~voiced[i][None, :], 0.0, change)
        along = total[:, None] - scale * change
        came_from[i] = np.argmax(along, axis=0)
        total = along[came_from[i], np.arange(hz.shape[1])] + strength[i]
    state = int(np.argmax(total))
    path = np.zeros(n, dtype=np.int64)
    for i in range(n - 1, -1, -1):
        path[i] = state
        state = int(came_from[i, state])
    found = hz[np.arange(n), path]
    return np.where(found > 0, found, np.nan)
