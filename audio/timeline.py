"""Time: spans, tracks, turns, words. Seconds everywhere; the only seconds <-> samples <-> frames arithmetic.

Conventions
    Times are seconds from the start of the call, half-open [start_s, end_s).
    Lists of spans are sorted and disjoint unless a docstring says otherwise (`merge` makes them so).
    An unmeasured frame is NaN, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

HAIR_S = 1e-9
"""Float times that should be equal differ by less, even after hours; no sound is this short."""

Party = Literal["agent", "customer", "unknown"]
FloatArray = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of time, seconds. Refuses an end before its start, and NaN."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.end_s - self.start_s < math.inf:  # false for NaN and infinities too
            raise ValueError(f"a span needs start_s <= end_s, got {self.start_s} and {self.end_s}")

    @property
    def duration_s(self) -> float:
        """Length, seconds."""
        return self.end_s - self.start_s

    def overlap(self, other: Span) -> Span | None:
        """The shared stretch, or None when there is none."""
        start_s = self.start_s if self.start_s >= other.start_s else other.start_s
        end_s = self.end_s if self.end_s <= other.end_s else other.end_s
        if start_s >= end_s:
            return None
        if start_s == self.start_s and end_s == self.end_s:
            return self
        return Span(start_s, end_s)

    def shifted(self, by_s: float) -> Span:
        """The same stretch, later by `by_s` seconds."""
        return Span(self.start_s + by_s, self.end_s + by_s)

    def contains(self, time_s: float) -> bool:
        """Whether the time lies in [start_s, end_s)."""
        return self.start_s <= time_s < self.end_s


def _edges(span: Span) -> tuple[float, float]:
    """What spans are sorted by; much quicker than comparing them."""
    return span.start_s, span.end_s


def merge(spans: Iterable[Span], *, max_gap_s: float = 0.0) -> list[Span]:
    """Sorted, disjoint spans; neighbours at most `max_gap_s` (and a hair) apart become one."""
    merged: list[Span] = []
    for span in sorted(spans, key=_edges):
        if merged and span.start_s <= merged[-1].end_s + max_gap_s + HAIR_S:
            merged[-1] = Span(merged[-1].start_s, max(merged[-1].end_s, span.end_s))
        else:
            merged.append(span)
    return merged


def intersect(a: Sequence[Span], b: Sequence[Span]) -> list[Span]:
    """Stretches that lie in both lists; each list sorted and disjoint."""
    shared: list[Span] = []
    i = j = 0
    while i < len(a) and j < len(b):
        both = a[i].overlap(b[j])
        if both is not None:
            shared.append(both)
        if a[i].end_s <= b[j].end_s:
            i += 1
        else:
            j += 1
    return shared


def complement(spans: Sequence[Span], within: Span) -> list[Span]:
    """What `within` holds outside the (sorted, disjoint) spans."""
    rest: list[Span] = []
    cursor_s = within.start_s
    for span in spans:
        if span.start_s > cursor_s:
            rest.append(Span(cursor_s, min(span.start_s, within.end_s)))
        cursor_s = max(cursor_s, span.end_s)
        if cursor_s >= within.end_s:
            return [r for r in rest if r.duration_s > 0]
    rest.append(Span(cursor_s, within.end_s))
    return [r for r in rest if r.duration_s > 0]


def subtract(a: Sequence[Span], b: Sequence[Span]) -> list[Span]:
    """Stretches of `a` outside `b`; each list sorted and disjoint."""
    if not a:
        return []
    return intersect(a, complement(b, Span(a[0].start_s, max(s.end_s for s in a))))


def total_s(spans: Iterable[Span]) -> float:
    """Summed duration, seconds."""
    return math.fsum(s.duration_s for s in spans)


def to_samples(time_s: float, rate_hz: int) -> int:
    """Nearest sample index of a time."""
    return round(time_s * rate_hz)


def runs(mask: NDArray[np.bool_], *, first_s: float, step_s: float) -> list[Span]:
    """Spans of the True runs of a frame mask, shape (n_frames,); frame i covers [first_s + i*step_s, + step_s)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [Span(first_s + a * step_s, first_s + b * step_s) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def frame_mask(spans: Iterable[Span], n_frames: int, *, first_s: float, step_s: float) -> NDArray[np.bool_]:
    """True for frames whose centre lies in a span, shape (n_frames,).

    A centre that a hair separates from an edge lies on it: where the call starts on the clock decides nothing.
    """
    mask = np.zeros(n_frames, dtype=np.bool_)
    for span in spans:
        start, end = ((t - HAIR_S - first_s) / step_s - 0.5 for t in (span.start_s, span.end_s))
        mask[max(0, math.ceil(start)) : max(0, math.ceil(end))] = True
    return mask


@dataclass(frozen=True, eq=False)
class FrameTrack:
    """An array and its clock: `values` shape (n_frames,), frame i covers [first_s + i*step_s, + step_s)."""

    values: FloatArray
    first_s: float
    step_s: float
    unit: str

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Centres of the frames, shape (n_frames,)."""
        return np.asarray(self.first_s + (np.arange(len(self.values)) + 0.5) * self.step_s, dtype=np.float64)

    def mask(self, spans: Iterable[Span]) -> NDArray[np.bool_]:
        """True for frames whose centre lies in a span, shape (n_frames,)."""
        return frame_mask(spans, len(self.values), first_s=self.first_s, step_s=self.step_s)

    def within(self, spans: Iterable[Span]) -> FloatArray:
        """Values of the frames whose centre lies in the spans, NaN kept, shape (n,)."""
        return self.values[self.mask(spans)]


@dataclass(frozen=True)
class Word:
    """A word with its time, and the recogniser's confidence in [0, 1] when it gives one.

    `time_is_estimated`: the transcript gave no word times and this one was spread over its line.
    """

    text: str
    span: Span
    confidence: float | None = None
    time_is_estimated: bool = False


@dataclass(frozen=True)
class Turn:
    """A stretch where one party holds the floor: its IPUs (speech between silences of 200 ms or more)."""

    party: Party
    span: Span
    ipus: tuple[Span, ...]
