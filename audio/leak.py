"""Cross-talk: one party heard faintly on the other party's channel.

measures.md section 5, Reliability: activity more than 20 dB below the other channel and correlated with it is not
that channel's own. Correlation is measured on the waveform, through the best short filter (`audio.leak_path`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audio.leak_path import DEFAULT_PATH, PathOptions, predict
from audio.levels import STEP_S, Levels, measure_levels
from audio.notes import Note
from audio.recording import Channel
from audio.timeline import Span, merge, subtract, total_s


@dataclass(frozen=True)
class LeakOptions:
    """below_db: how far under the other channel; predicted_share: of a cell's energy, by the other channel."""

    below_db: float = 20.0
    predicted_share: float = 0.4
    cell_s: float = 0.2
    context_s: float = 0.1
    fragment_s: float = 0.3
    fragment_db: float = 3.0
    path: PathOptions = DEFAULT_PATH


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
    reach = Span(window.start_s - options.path.latest_s, window.end_s - options.path.earliest_s)
    if other.high_db(reach) - own.high_db(window) <= options.below_db:
        return False
    return predict(own.channel, other.channel, window, options.path).share >= options.predicted_share


def _with_fragments(own: _Side, cells: Sequence[Span], leaking: Sequence[bool], options: LeakOptions) -> list[Span]:
    """The leaking cells, and the scraps between them that are no louder: dips where noise hides the likeness."""
    leaks = [c for c, leak in zip(cells, leaking, strict=True) if leak]
    loudest_db = max(own.high_db(c) for c in leaks)
    whole = Span(cells[0].start_s, cells[-1].end_s)
    for scrap in subtract([whole], merge(leaks, max_gap_s=1e-6)):
        if scrap.duration_s <= options.fragment_s and own.high_db(scrap) <= loudest_db + options.fragment_db:
            leaks.append(scrap)
    return leaks
