"""Sound that is voiced: a second witness beside the speech detector, for what is too short for it to believe.

A detector with a memory gives a lone "oui" of 0.2 s, and the first syllable after a long silence, a low probability.
Where a sound is as loud as the channel's speech *and* repeats itself at the period of a voice, it is one.
Noise, breath and clicks do not repeat; tones and music do, and are told apart before (`audio.tones`, `audio.music`).

Periodicity: highest normalised autocorrelation of 40 ms of sound, in the common band, at lags of 2.5 to 14 ms (71 to
400 Hz). The harmonics a telephone keeps repeat at the period of the fundamental it cuts off.
Our own; validated in tests/bench/voice/floor.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audio.band import WORK_RATE_HZ, band_sound
from audio.recording import Channel
from audio.timeline import Span

STEP_S = 0.008
WINDOW_S = 0.04
LAGS_S = (0.0025, 0.014)
PERIODIC = 0.55


def voiced_s(channel: Channel, span: Span) -> float:
    """Seconds of voiced sound in a span of the channel."""
    return float(np.count_nonzero(periodicity(channel, span) >= PERIODIC) * STEP_S)


def periodicity(channel: Channel, span: Span) -> NDArray[np.float64]:
    """Periodicity, 0 to 1, of the frames of 8 ms of a span; shape (n_frames,)."""
    size, step = round(WINDOW_S * WORK_RATE_HZ), round(STEP_S * WORK_RATE_HZ)
    low, high = (round(lag * WORK_RATE_HZ) for lag in LAGS_S)
    first, last = (round((t - channel.start_s) * WORK_RATE_HZ) for t in (span.start_s, span.end_s))
    half = (size + high) // 2
    sound = band_sound(channel, first - half, last + half).astype(np.float64)
    if len(sound) < size + high:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(sound, size + high)[::step]
    frames = frames - frames.mean(axis=1, keepdims=True)
    n = 1 << (size + high).bit_length()
    head = np.fft.rfft(frames[:, :size], n)
    cross = np.fft.irfft(np.conj(head) * np.fft.rfft(frames, n), n)[:, low : high + 1]
    energy = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    under = energy[:, size + low : size + high + 1] - energy[:, low : high + 1]
    return np.asarray((cross / np.sqrt(energy[:, size : size + 1] * under + 1e-20)).max(axis=1))


def missed(channel: Channel, sounding: Sequence[Span], *, least_s: float, least_share: float) -> list[Span]:
    """The stretches of `sounding` that are voiced for `least_s` and for `least_share` of their length."""
    kept = []
    for span in sounding:
        length_s = voiced_s(channel, span)
        if length_s >= least_s and length_s >= least_share * span.duration_s:
            kept.append(span)
    return kept
