"""Voices of another make than `tests.audio.signals`: pulses through resonances, along contours of three shapes.

What holds on one synthesiser may be that synthesiser's. Here the source is a train of pulses placed between samples,
the filter is five vowels' resonances that change from syllable to syllable, and the contour is a wave, a step per
syllable, or a slow random line, so that the truth has other extremes than a phrase with a declination.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from audio.timeline import Span
from tests.audio.signals import RATE_HZ, VOWELS_HZ, Sound, smooth

Shape = Literal["wave", "steps", "line"]
SHAPES: tuple[Shape, ...] = ("wave", "steps", "line")
_WIDTHS_HZ = (80, 100, 140)
_HOP = 128


@dataclass(frozen=True, eq=False)
class DrivenVoice:
    """`f0_hz` per sample, NaN where unvoiced; `speech`: phrases."""

    samples: NDArray[np.float32]
    f0_hz: Sound
    speech: tuple[Span, ...]

    @property
    def spread_st(self) -> float:
        """The spread that was driven, st."""
        voiced = self.f0_hz[np.isfinite(self.f0_hz)]
        return float(np.std(12 * np.log2(voiced / np.median(voiced))))


def driven_voice(
    shape: Shape, *, median_hz: float, spread_st: float, duration_s: float = 20.0, seed: int = 1
) -> DrivenVoice:
    """Phrases of 1.5 to 3 s with 0.4 s between, syllables of 140 to 250 ms, a third of them begun unvoiced."""
    rng = np.random.default_rng(seed)
    n = int(duration_s * RATE_HZ)
    voiced, level, vowels, speech = np.zeros(n, bool), np.zeros(n), np.zeros(n, int), []
    contour, start_s = np.zeros(n), 0.3
    while start_s < duration_s - 1.5:
        end_s = min(start_s + rng.uniform(1.5, 3.0), duration_s - 0.3)
        speech.append(Span(start_s, end_s))
        for a, b in _syllables(speech[-1], rng):
            vowel = a + int(0.3 * (b - a))
            voiced[a:b], vowels[a:b] = True, rng.integers(len(VOWELS_HZ))
            voiced[a:vowel] &= rng.uniform() > 1 / 3
            level[a:vowel], level[vowel:b] = 0.25, 10 ** (rng.normal(0, 2) / 20)
            contour[a:b] = rng.normal()
        start_s = end_s + 0.4
    st = contour if shape == "steps" else _movement(shape, n, rng)
    st = st - np.median(st[voiced])
    f0_hz = median_hz * 2 ** (spread_st * st / np.std(st[voiced]) / 12)
    sound = _filtered(_pulses(f0_hz), vowels) * smooth(level * voiced, 0.025)
    sound *= 0.1 / np.sqrt(np.mean(sound[voiced] ** 2))
    sound += 1e-4 * rng.normal(size=n)
    return DrivenVoice(sound.astype(np.float32), np.where(voiced, f0_hz, np.nan), tuple(speech))


def _syllables(phrase: Span, rng: np.random.Generator) -> list[tuple[int, int]]:
    first, last = int(phrase.start_s * RATE_HZ), int(phrase.end_s * RATE_HZ)
    edges = [first]
    while edges[-1] < last:
        edges.append(min(last, edges[-1] + int(RATE_HZ * rng.uniform(0.14, 0.25))))
    return list(itertools.pairwise(edges))


def _movement(shape: Shape, n: int, rng: np.random.Generator) -> Sound:
    t_s = np.arange(n) / RATE_HZ
    if shape == "wave":
        return np.sin(2 * np.pi * (rng.uniform(0.4, 1.0) * t_s + rng.uniform()))
    knots = rng.normal(size=int(5 * n / RATE_HZ) + 2)
    return smooth(np.interp(t_s, np.arange(len(knots)) / 5, knots), 0.2)


def _pulses(f0_hz: Sound) -> Sound:
    """One pulse per turn of the phase, shared between the two samples around it, -6 dB per octave."""
    turns = np.cumsum(f0_hz) / RATE_HZ
    at = np.flatnonzero(np.diff(np.floor(turns)) > 0)
    late = (np.floor(turns[at + 1]) - turns[at]) / (turns[at + 1] - turns[at])
    pulses = np.zeros(len(f0_hz))
    height = np.sqrt(RATE_HZ / f0_hz[at])
    np.add.at(pulses, at, (1 - late) * height)
    np.add.at(pulses, at + 1, late * height)
    return np.asarray(lfilter([1.0], [1.0, -0.95], pulses))


def _filtered(source: Sound, vowels: NDArray[np.int64]) -> Sound:
    """Overlapping frames of 16 ms, each through the resonances of its vowel."""
    out, window = np.zeros(len(source) + 2048), np.hanning(2 * _HOP + 1)[:-1]
    for a in range(0, len(source) - 2 * _HOP, _HOP):
        frame = np.pad(source[a : a + 2 * _HOP] * window, (0, 800))
        for hz, width_hz in zip(VOWELS_HZ[vowels[a + _HOP]], _WIDTHS_HZ, strict=True):
            r, angle = np.exp(-np.pi * width_hz / RATE_HZ), 2 * np.pi * hz / RATE_HZ
            poles = [1.0, -2 * r * np.cos(angle), r * r]
            frame = lfilter([sum(poles)], poles, frame)
        out[a : a + len(frame)] += frame
    return out[: len(source)]
