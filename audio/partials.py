"""Held partials: how much of the sound stands still in pitch, the mark of music and of tones.

A note or a tone is a set of horizontal lines in the spectrogram; the harmonics of a voice bend all the time. Windows
of 64 ms every 16 ms; a peak of the spectrum (150 to 3800 Hz, at most 30 dB under the frame's highest) is *held* when
a peak of the next frame lies within 0.5 % of it, and so on over 16 frames (0.3 s of sound). The share of a frame's
energy in held peaks is near 1 in music of steady pitch, under 0.1 in speech.

Source: the continuity of peaks is the idea of Seyerlehner et al. 2007 (music in broadcasts), the formula is ours;
validated in tests/bench/voice/floor.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.recording import Channel

STEP_S = 0.016
WINDOW_S = 0.064
HELD_FRAMES = 16
_BAND_HZ = (150.0, 3800.0)
_DRIFT = 0.005
_LEAST_DRIFT_HZ = 1.0
_WANDER = 0.02
_UNDER_PEAK = 1e-3
_BLOCK_FRAMES = 2000
_TINY = 1e-14
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Partials:
    """Per frame of STEP_S, shape (n_frames,); frame i is centred on `first_s` + i * STEP_S.

    power         of the band, samples squared times window
    held_share    of that power in held peaks, 0 to 1
    held_frame, held_hz, held_power   one entry per held peak, in the order of the frames, shape (n_peaks,)
    """

    first_s: float
    power: Floats
    held_share: Floats
    held_frame: Ints
    held_hz: Floats
    held_power: Floats


def find_partials(channel: Channel) -> Partials:
    """Held partials of a whole channel, in blocks that overlap by the frames a partial must be held for."""
    parts = list(_blocks(channel))
    power, share, frame, hz, held = (np.concatenate([p[i] for p in parts]) for i in range(5)) if parts else _nothing()
    first_s = channel.start_s + WINDOW_S / 2
    return Partials(first_s, power, share, frame.astype(np.int64), hz, held)


def _nothing() -> tuple[Floats, ...]:
    return tuple(np.zeros(0) for _ in range(5))


def _blocks(channel: Channel) -> Iterator[tuple[Floats, Floats, Ints, Floats, Floats]]:
    size, step = round(WINDOW_S * channel.rate_hz), round(STEP_S * channel.rate_hz)
    n_frames = max(0, (len(channel.samples) - size) // step + 1)
    for first in range(0, n_frames, _BLOCK_FRAMES):
        last = min(n_frames, first + _BLOCK_FRAMES)
        start, stop = max(0, first - HELD_FRAMES), min(n_frames, last + HELD_FRAMES)
        samples = np.array(channel.samples[start * step : (stop - 1) * step + size], dtype=np.float32)
        channel.release()
        spectra = _spectra(samples, size, step)
        yield _held_of(spectra, channel.rate_hz / size, start, first, last)


def _spectra(samples: NDArray[np.float32], size: int, step: int) -> Floats:
    """Power spectra, shape (n_frames, size // 2 + 1)."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    return np.asarray(np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32), axis=1)) ** 2, dtype=np.float64)


def _held_of(
    spectra: Floats, bin_hz: float, start: int, first: int, last: int
) -> tuple[Floats, Floats, Ints, Floats, Floats]:
    """Power, held share and held peaks of the frames [first, last) of a block that begins at frame `start`."""
    low, high = (round(hz / bin_hz) for hz in _BAND_HZ)
    spectra = spectra[:, : high + 2] + _TINY
    at, k = _peaks(spectra, low, high)
    hz = bin_hz * _refined(spectra, at, k)
    power = spectra[at, k - 1] + spectra[at, k] + spectra[at, k + 1]
    inside = _is_held(at, k, hz, spectra.shape) & (at + start >= first) & (at + start < last)
    at, hz, power = at[inside] + start - first, hz[inside], power[inside]
    total = spectra[first - start : last - start, low : high + 1].sum(axis=1)
    held = np.bincount(at, weights=power, minlength=last - first)
    return total, np.minimum(1.0, held / total), at + first, hz, power


def _peaks(spectra: Floats, low: int, high: int) -> tuple[Ints, Ints]:
    """Frames and bins of the local maxima of the bins [low, high] near their highest."""
    band = spectra[:, low : high + 1]
    highest = band.max(axis=1, keepdims=True)
    is_peak = (band > spectra[:, low - 1 : high]) & (band >= spectra[:, low + 1 : high + 2])
    is_peak &= (band > _UNDER_PEAK * highest) & (highest > 1e3 * _TINY)
    at, k = np.nonzero(is_peak)
    return at, k + low


def _refined(spectra: Floats, at: Ints, k: Ints) -> Floats:
    """Place of each peak between the bins: the top of the parabola through the logs of three."""
    a, b, c = (np.log(spectra[at, k + i]) for i in (-1, 0, 1))
    curve = a - 2 * b + c
    return k.astype(np.float64) + np.where(curve < -1e-9, 0.5 * (a - c) / np.where(curve < -1e-9, curve, -1.0), 0.0)


def _is_held(at: Ints, k: Ints, hz: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether each peak belongs to a line of HELD_FRAMES peaks or more."""
    following = _following(at, k, hz, shape)
    ahead, low, high = np.arange(len(at)), hz.copy(), hz.copy()
    for _ in range(HELD_FRAMES - 1):
        ahead = np.where(ahead >= 0, following[ahead], -1)
        there = hz[ahead]
        low, high = np.minimum(low, there), np.maximum(high, there)
    held = (ahead >= 0) & (high <= low * (1 + _WANDER))
    member = held.copy()
    ahead = np.where(held, np.arange(len(at)), -1)
    for _ in range(HELD_FRAMES - 1):
        ahead = np.where(ahead >= 0, following[ahead], -1)
        member[ahead[ahead >= 0]] = True
    return member


def _following(at: Ints, k: Ints, hz: Floats, shape: tuple[int, ...]) -> Ints:
    """Index of the peak of the next frame that carries each peak on; -1 without one."""
    index = np.full((shape[0] + 1, shape[1] + 1), -1, dtype=np.int64)
    index[at, k] = np.arange(len(at))
    best, nearest = np.full(len(at), -1), np.maximum(_LEAST_DRIFT_HZ, _DRIFT * hz)
    for shift in (-1, 0, 1):
        other = index[at + 1, k + shift]
        away = np.where(other >= 0, np.abs(hz[other] - hz), np.inf)
        closer = away <= nearest
        best, nearest = np.where(closer, other, best), np.where(closer, away, nearest)
    return best
