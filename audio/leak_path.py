"""The path from one channel into another: how much of a stretch of sound the other channel predicts.

Measured on the waveform, through the best short filter at the best lag: speech of two people is never linearly
predictable from one another, however quiet one of them is, while a leak or an echo is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.recording import Channel
from audio.timeline import Span


@dataclass(frozen=True)
class PathOptions:
    """earliest_s, latest_s: how late the leak may be, seconds; taps: length of the filter, samples."""

    earliest_s: float = -0.05
    latest_s: float = 0.3
    taps: int = 48


DEFAULT_PATH = PathOptions()


@dataclass(frozen=True)
class Predicted:
    """`share`: of the window's energy, 0 to 1; `gain_db`: the predicted sound re its source, None without sound."""

    share: float
    gain_db: float | None = None


def predict(own: Channel, other: Channel, window: Span, options: PathOptions) -> Predicted:
    """What of `window` on `own` the other channel predicts through `taps` taps at the best lag."""
    rate_hz = min(own.rate_hz, other.rate_hz)
    y = _read(own, window.start_s, window.end_s, rate_hz)
    x = _read(other, window.start_s - options.latest_s, window.end_s - options.earliest_s, rate_hz)
    if len(y) <= 2 * options.taps or len(x) <= len(y) or not y.any() or not x.any():
        return Predicted(0.0)
    lag = _best_lag(x, y)
    first = max(0, min(lag - options.taps // 2, len(x) - len(y) - options.taps))
    delayed = np.lib.stride_tricks.sliding_window_view(x[first : first + len(y) + options.taps - 1], options.taps)
    share = _explained(np.ascontiguousarray(delayed[: len(y)]), y)
    source = float(np.dot(x[lag : lag + len(y)], x[lag : lag + len(y)]))
    heard = max(share, 0.0) * float(np.dot(y, y))
    return Predicted(share, 10 * float(np.log10(heard / source)) if heard > 0 and source > 0 else None)


def _explained(delayed: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    gram = delayed.T @ delayed
    gram[np.diag_indices_from(gram)] += 1e-6 * np.trace(gram) / len(gram) + 1e-20
    taps = np.linalg.solve(gram, delayed.T @ y)
    residual = y - delayed @ taps
    return 1.0 - float(np.dot(residual, residual) / np.dot(y, y))


def _best_lag(x: NDArray[np.float64], y: NDArray[np.float64]) -> int:
    """Where y fits best inside the longer x, samples. Normalised: else a louder syllable of like pitch would win."""
    size = 1 << (len(x) + len(y)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(x, size) * np.conj(np.fft.rfft(y, size)), size)
    energy = np.cumsum(np.concatenate(([0.0], x**2)))
    under = energy[len(y) :] - energy[: len(x) - len(y) + 1]
    return int(np.argmax(cross[: len(under)] ** 2 / (under + 1e-3 * under.max() + 1e-20)))


def _read(channel: Channel, start_s: float, end_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Samples of exactly [start_s, end_s) at `rate_hz`, silence where the channel has none, mean removed."""
    first = round((start_s - channel.start_s) * channel.rate_hz)
    last = first + round((end_s - start_s) * channel.rate_hz)
    inside = np.asarray(channel.samples[max(0, first) : max(0, last)], dtype=np.float64)
    samples = np.pad(inside, (max(0, -first), max(0, last - max(0, first) - len(inside))))[: last - first]
    if channel.rate_hz != rate_hz:
        from scipy.signal import resample_poly  # only for legs of different rates

        samples = resample_poly(samples, rate_hz, channel.rate_hz)
    return samples - samples.mean() if len(samples) else samples
