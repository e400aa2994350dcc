"""Overlaps told apart: backchannel, terminal overlap, dual start, interruption, failed interruption.

Conventions
    An IPU is the speech of one party bounded by silences of 200 ms or more. An overlap is the onset of an IPU of
    one party (B, the later one) while an IPU of another (A) is active. Where two speak at once, a silence of one of
    them under 400 ms parts nothing: the edges of a detector are uncertain by 50 to 100 ms each, more in noise, and
    whoever starts within 200 ms of a silence has not heard an end.

The rule (measures.md 5, our own operational rule after Gravano & Hirschberg and Yuan, Liberman & Cieri; no
published validation; needs two clean channels), in this order:
    1. overlap under 250 ms                                               ignored
       (not when B's IPU meets 2 and lasts 120 ms: one that A talks on after is no blurred edge; "oui" lasts 150 ms
       and more, and noise takes some of its edges)
    2. B's IPU lasts at most 1.0 s, A goes on at least 0.5 s after it     backchannel
    3. B starts in the last 500 ms of A's IPU                             terminal overlap
    4. A had begun at most 300 ms before B, out of silence                dual start
    5. A stops within 2.0 s, A's speech was at least 1.0 s long,
       B goes on for at least 1.0 s and longer than A                     interruption
    6. otherwise                                                          failed interruption

How long a party "goes on" or "was speaking" bridges its own pauses under 0.5 s in which nobody else starts: a
breath at a comma must not turn an interruption into something else.
What invalidates it: mono (one speaker per frame hides overlaps), cross-talk, half-duplex lines. Cooperative
completions and urgent corrections look like interruptions: to be heard before they are used.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import Literal

from audio.timeline import Party, Span, merge

OverlapKind = Literal["backchannel", "terminal_overlap", "dual_start", "interruption", "failed_interruption"]
_KINDS: tuple[OverlapKind, ...] = (
    "backchannel",
    "terminal_overlap",
    "dual_start",
    "interruption",
    "failed_interruption",
)
_HAIR_S = 1e-6  # float times: 1.2 - 1.0 is a hair under 0.2


@dataclass(frozen=True)
class OverlapRule:
    """The limits of the rule above, seconds."""

    ipu_silence_s: float = 0.2
    ignored_s: float = 0.25
    shortest_backchannel_s: float = 0.12
    backchannel_s: float = 1.0
    goes_on_s: float = 0.5
    terminal_s: float = 0.5
    dual_start_s: float = 0.3
    yields_within_s: float = 2.0
    floor_s: float = 1.0
    own_pause_s: float = 0.5
    spoken_over_s: float = 0.4


RULE = OverlapRule()


@dataclass(frozen=True)
class Overlap:
    """`by` (B) started while `over` (A) spoke; None for both when they started together, to the sample.

    `span`: the overlap; `ipu`: the whole IPU of B, over silences that part nothing; `ipus`: those it is made of.
    """

    kind: OverlapKind
    by: Party | None
    over: Party | None
    span: Span
    ipu: Span
    ipus: tuple[Span, ...]


def find_ipus(speech: Sequence[Span]) -> list[Span]:
    """IPUs of one party's speech: regions less than 200 ms apart become one."""
    return merge((s for s in speech if s.duration_s > 0), max_gap_s=RULE.ipu_silence_s - _HAIR_S)


def find_overlaps(ipus: Mapping[Party, Sequence[Span]]) -> list[Overlap]:
    """All overlaps that count, sorted by time. `ipus`: from `find_ipus`, per party."""
    lines = {party: _Line(spans) for party, spans in ipus.items()}
    joined = {(own, other): _over_silences(lines[own], lines[other]) for own, other in permutations(ipus, 2)}
    found: list[Overlap] = []
    for by, over in joined:
        later, earlier = joined[by, over], joined[over, by]
        for index, ipu in enumerate(later.spans):
            active = earlier.active_at(ipu.start_s)
            if active is not None:
                onset = _Onset(by, over, later, index, earlier, active)
                if onset.counts:
                    found.append(Overlap(onset.kind, by, over, onset.overlap, ipu, lines[by].inside(ipu)))
    return sorted(_joined_ties(found), key=lambda o: (o.span, _KINDS.index(o.kind)))


@dataclass(frozen=True, eq=False)
class _Line:
    """One party's IPUs, in time order, with what finds them quickly."""

    spans: Sequence[Span]

    @cached_property
    def starts_s(self) -> list[float]:
        return [span.start_s for span in self.spans]

    def active_at(self, time_s: float) -> int | None:
        """Index of the IPU that holds `time_s`, or None."""
        index = bisect_right(self.starts_s, time_s) - 1
        return index if index >= 0 and self.spans[index].contains(time_s) else None

    def inside(self, whole: Span) -> tuple[Span, ...]:
        """The IPUs that share time with a span."""
        first = max(0, bisect_right(self.starts_s, whole.start_s) - 1)
        return tuple(s for s in self.spans[first : bisect_left(self.starts_s, whole.end_s)] if s.overlap(whole))

    def starts_in(self, start_s: float, end_s: float) -> bool:
        """Whether an IPU starts in [start_s, end_s)."""
        return bisect_left(self.starts_s, start_s) != bisect_left(self.starts_s, end_s)


def _over_silences(ipus: _Line, others: _Line) -> _Line:
    """IPUs joined over silences that part nothing: short, spoken over at their end, by one who heard no end."""
    joined: list[Span] = []
    for ipu in ipus.spans:
        if joined and _spoken_over(joined[-1].end_s, ipu.start_s, others):
            joined[-1] = Span(joined[-1].start_s, ipu.end_s)
        else:
            joined.append(ipu)
    return _Line(joined)


def _spoken_over(end_s: float, start_s: float, others: _Line) -> bool:
    if start_s - end_s >= RULE.spoken_over_s - _HAIR_S:
        return False
    active = others.active_at(start_s)
    return active is not None and others.spans[active].start_s < end_s + RULE.ipu_silence_s - _HAIR_S


def _stretch_end_s(ipus: _Line, index: int, others: _Line) -> float:
    """End of the speech that goes on from IPU `index`: over own pauses under 0.5 s in which no other starts."""
    end_s = ipus.spans[index].end_s
    for at in range(index + 1, len(ipus.spans)):
        if not _bridged(end_s, ipus.spans[at].start_s, others):
            break
        end_s = ipus.spans[at].end_s
    return end_s


def _stretch_start_s(ipus: _Line, index: int, others: _Line) -> float:
    """Start of the speech that IPU `index` carries on, bridging as `_stretch_end_s` does."""
    start_s = ipus.spans[index].start_s
    for at in range(index - 1, -1, -1):
        if not _bridged(ipus.spans[at].end_s, start_s, others):
            break
        start_s = ipus.spans[at].start_s
    return start_s


def _bridged(end_s: float, start_s: float, others: _Line) -> bool:
    """A pause that belongs to the speaker: short, and nobody else starts in it."""
    return start_s - end_s < RULE.own_pause_s and not others.starts_in(end_s, start_s)


@dataclass(frozen=True, eq=False)
class _Onset:
    """One onset of B (IPU `b_index`) while A (IPU `a_index`) is active."""

    by: Party
    over: Party
    b_ipus: _Line
    b_index: int
    a_ipus: _Line
    a_index: int

    @property
    def a(self) -> Span:
        return self.a_ipus.spans[self.a_index]

    @property
    def b(self) -> Span:
        return self.b_ipus.spans[self.b_index]

    @property
    def overlap(self) -> Span:
        return Span(self.b.start_s, min(self.a.end_s, self.b.end_s))

    @property
    def counts(self) -> bool:
        """Rule 1."""
        if self.kind == "backchannel":
            return self.b.duration_s >= RULE.shortest_backchannel_s - _HAIR_S
        return self.overlap.duration_s >= RULE.ignored_s - _HAIR_S

    @cached_property
    def kind(self) -> OverlapKind:
        """Rules 2 to 6, in order."""
        if self._is_backchannel():
            return "backchannel"
        if self.b.start_s >= self.a.end_s - RULE.terminal_s - _HAIR_S:
            return "terminal_overlap"
        if self._is_dual_start():
            return "dual_start"
        return "interruption" if self._takes_floor() else "failed_interruption"

    @cached_property
    def _a_start_s(self) -> float:
        """Since when A has been speaking: a breath of A's own is no silence to start out of."""
        return _stretch_start_s(self.a_ipus, self.a_index, self.b_ipus)

    def _is_backchannel(self) -> bool:
        short = self.b.duration_s <= RULE.backchannel_s + _HAIR_S
        goes_on_s = _stretch_end_s(self.a_ipus, self.a_index, self.b_ipus) - self.b.end_s
        return short and goes_on_s >= RULE.goes_on_s - _HAIR_S

    def _is_dual_start(self) -> bool:
        together = self.b.start_s - self._a_start_s <= RULE.dual_start_s + _HAIR_S
        b_was_silent = self.b_index == 0 or self.b_ipus.spans[self.b_index - 1].end_s <= self._a_start_s
        return together and b_was_silent

    def _takes_floor(self) -> bool:
        a_length_s = self.a.end_s - self._a_start_s
        b_end_s = _stretch_end_s(self.b_ipus, self.b_index, self.a_ipus)
        return (
            self.a.end_s - self.b.start_s <= RULE.yields_within_s + _HAIR_S
            and a_length_s >= RULE.floor_s - _HAIR_S
            and b_end_s - self.b.start_s >= RULE.floor_s - _HAIR_S
            and b_end_s > self.a.end_s
        )


def _joined_ties(found: Sequence[Overlap]) -> list[Overlap]:
    """Parties who started on the same instant see each other's onset: one overlap of the two stays.

    The kind that comes first in the rule wins; when both say the same, nobody caused it (`by` None).
    """
    kept: dict[tuple[float, frozenset[Party | None]], Overlap] = {}
    for overlap in found:
        key = overlap.span.start_s, frozenset((overlap.by, overlap.over))
        twin = kept.get(key)
        if twin is None or _KINDS.index(overlap.kind) < _KINDS.index(twin.kind):
            kept[key] = overlap
        elif overlap.kind == twin.kind:
            kept[key] = replace(max(overlap, twin, key=lambda o: o.ipu), by=None, over=None, span=overlap.span)
    return list(kept.values())
