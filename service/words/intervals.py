"""Speech of one label, made quick to ask: what of it lies in a span, how far away is it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from audio.timeline import Span, merge


class SpeechIndex:
    """Sorted, disjoint speech of one label."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.spans = merge(spans)
        self._starts_s = [s.start_s for s in self.spans]
        self._ends_s = [s.end_s for s in self.spans]

    def within(self, span: Span) -> list[Span]:
        """The stretches of speech inside `span`."""
        first = bisect_right(self._ends_s, span.start_s)
        last = bisect_left(self._starts_s, span.end_s)
        return [both for s in self.spans[first:last] if (both := s.overlap(span)) is not None]

    def overlap_s(self, span: Span) -> float:
        """Seconds of speech inside `span`."""
        return sum(s.duration_s for s in self.within(span))

    def distance_s(self, time_s: float) -> float:
        """Seconds from `time_s` to the nearest speech; infinite without any."""
        at = bisect_right(self._starts_s, time_s)
        near = self.spans[max(0, at - 1) : at + 1]
        return min((max(s.start_s - time_s, time_s - s.end_s, 0.0) for s in near), default=float("inf"))
