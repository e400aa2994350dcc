"""Cross-talk: one party heard faintly on the other party's channel.

measures.md section 5, Reliability: activity more than 20 dB below the other channel and correlated with it is not
that channel's own. Correlation is measured on the waveform, through the best short filter: speech of two people is
never linearly predictable from one another, however quiet one of them is, while a leak is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audio.levels import STEP_S, Levels, measure_levels
from audio.notes import Note
from audio.recording import Channel
from audio.timeline import Span, merge, subtract, total_s


@dataclass(frozen=True)
class LeakOptions:
    """below_db: how far under the other channel; predicted_share: of a cell's energy, by the other channel."""

    below_db: float = 20.0
    predicted_share: float = 0.6
    cell_s: float = 0.2
    context_s: float = 0.1
    earliest_s: float = -0.05
    latest_s: float = 0.3
    taps: int = 48
    fragment_s: float = 0.3
    fragment_db: float = 3.0


DEFAULT_OPTIONS = LeakOptions()


def remove_leak(
    a: Channel,
    b: Channel,
    speech_a: Sequence[Span],
    speech_b: Sequence[Span],
    options: LeakOptions = DEFAULT_OPTIONS,
) -> tuple[list[Span], list[Span], tuple[Note, ...]]:
    """The speech regions of both channels without what only leaks in from the other; with a note per channel.

    Each list sorted and disjoint. Speech of one's own stays, however quiet: it is not predictable from the other
    channel. Not decided (kept): own speech under the leak by 2 dB or more at the same instant is dropped with it.
    """
    levels_a, levels_b = measure_levels(a), measure_levels(b)
    leaks_a = find_leaks(_Side(a, levels_a), _Side(b, levels_b), speech_a, options)
    leaks_b = find_leaks(_Side(b, levels_b), _Side(a, levels_a), speech_b, options)
    notes = [_note(a, leaks_a)] if leaks_a else []
    notes += [_note(b, leaks_b)] if leaks_b else []
    return subtract(speech_a, leaks_a), subtract(speech_b, leaks_b), tuple(notes)


def _note(channel: Channel, leaks: Sequence[Span]) -> Note:
    return Note("sound.leak_removed", {"channel": channel.index + 1, "removed_s": total_s(leaks)})


@dataclass(frozen=True, eq=False)
class _Side:
    channel: Channel
    levels: Levels

    def high_db(self, span: Span) -> float:
        """90th percentile of the levels in a span."""
        first = max(0, round((span.start_s - self.levels.start_s) / STEP_S))
        last = max(first + 1, round((span.end_s - self.levels.start_s) / STEP_S))
        inside = self.levels.level_db[first:last]
        return _percentile(inside, 0.9) if len(inside) else -200.0


def _percentile(values: NDArray[np.float64], share: float) -> float:
    """As `np.percentile`, whose checks cost more than the twenty numbers asked for here."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    return float(ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]))


def find_leaks(own: _Side, other: _Side, speech: Sequence[Span], options: LeakOptions) -> list[Span]:
    """Stretches of `speech` on `own` that are the other channel, faint and late."""
    leaks: list[Span] = []
    for span in speech:
        cells = list(_cells(span, options.cell_s))
        leaking = [_is_leak(own, other, cell, options) for cell in cells]
        if any(leaking):
            leaks += _with_fragments(own, cells, leaking, options)
    own.channel.release()
    other.channel.release()
    return merge(leaks, max_gap_s=1e-6)


def _cells(span: Span, cell_s: float) -> Iterator[Span]:
    n = max(1, round(span.duration_s / cell_s))
    edges = np.linspace(span.start_s, span.end_s, n + 1)
    for first_s, last_s in pairwise(edges.tolist()):
        yield Span(first_s, last_s)


def _is_leak(own: _Side, other: _Side, cell: Span, options: LeakOptions) -> bool:
    window = Span(cell.start_s - options.context_s, cell.end_s + options.context_s)
    reach = Span(window.start_s - options.latest_s, window.end_s - options.earliest_s)
    if other.high_db(reach) - own.high_db(window) <= options.below_db:
        return False
    return _predicted_share(own.channel, other.channel, window, options) >= options.predicted_share


def _predicted_share(own: Channel, other: Channel, window: Span, options: LeakOptions) -> float:
    """Share of the window's energy on `own` that the other channel predicts at the best lag through `taps` taps."""
    rate_hz = min(own.rate_hz, other.rate_hz)
    y = _read(own, window.start_s, window.end_s, rate_hz)
    x = _read(other, window.start_s - options.latest_s, window.end_s - options.earliest_s, rate_hz)
    if len(y) <= 2 * options.taps or len(x) <= len(y) or not y.any() or not x.any():
        return 0.0
    lag = _best_lag(x, y)
    first = max(0, min(lag - options.taps // 2, len(x) - len(y) - options.taps))
    delayed = np.lib.stride_tricks.sliding_window_view(x[first : first + len(y) + options.taps - 1], options.taps)
    return _explained(np.ascontiguousarray(delayed[: len(y)]), y)


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


def _with_fragments(own: _Side, cells: Sequence[Span], leaking: Sequence[bool], options: LeakOptions) -> list[Span]:
    """The leaking cells, and the scraps between them that are no louder: dips where noise hides the likeness."""
    leaks = [c for c, leak in zip(cells, leaking, strict=True) if leak]
    loudest_db = max(own.high_db(c) for c in leaks)
    whole = Span(cells[0].start_s, cells[-1].end_s)
    for scrap in subtract([whole], merge(leaks, max_gap_s=1e-6)):
        if scrap.duration_s <= options.fragment_s and own.high_db(scrap) <= loudest_db + options.fragment_db:
            leaks.append(scrap)
    return leaks
