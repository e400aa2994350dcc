"""The places where something is said, one party's in a line, ready to be counted on one side of a match.

Order. In one party's text words come in order. Between parties time decides where the transcript has times: words come
after a match when they end after it, before it when they start before it, so that an answer that overlaps the last word
of a question still follows it; turns of the same time, and transcripts without times, stand as written.

Each count is a few look-ups in sorted lists: a long turn may hold thousands of matches and as many places.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from audio.timeline import Party
from service.words.rules.pack import Reach, Said
from service.words.rules.scene import SPEAKERS, Scene, Stretch

_HAIR_S = 1e-6  # float times: a limit of 10 s includes what is 10 s away


@dataclass(frozen=True, eq=False)
class Line:
    """One party's places: by their first words, for what follows a match, and by their last, for what precedes it.

    firsts, lasts          pieces
    owners_on, owners_back    their turns, in either order
    starts_s, ends_s       when they start, by first words; when they end, by last words
    ends, starts           `Scene.end` by first words; `Scene.start` by last words
    """

    party: Party
    firsts: Sequence[int]
    owners_on: Sequence[int]
    starts_s: Sequence[float]
    ends: Sequence[tuple[float, int]]
    lasts: Sequence[int]
    owners_back: Sequence[int]
    ends_s: Sequence[float]
    starts: Sequence[tuple[float, int]]


def lines_of(said: Said, scene: Scene) -> list[Line]:
    """The places of each party that says it, worked out once."""
    if id(said) not in scene.lines:
        places = scene.places(said)
        by_party = ((party, [p for p in places if p.party == party]) for party in SPEAKERS)
        scene.lines[id(said)] = (said, [_line(party, own, scene) for party, own in by_party if own])
    found: list[Line] = scene.lines[id(said)][1]
    return found


def _line(party: Party, places: Sequence[Stretch], scene: Scene) -> Line:
    """Times are made to grow: a recogniser may let words overlap by a hair."""
    on, back = sorted(places), sorted(places, key=lambda p: (p.last, p.first))
    return Line(
        party,
        firsts=[p.first for p in on],
        owners_on=[scene.owner(p) for p in on],
        starts_s=list(accumulate((scene.span(p).start_s for p in on), max)),
        ends=list(accumulate((scene.end(p) for p in on), max)),
        lasts=[p.last for p in back],
        owners_back=[scene.owner(p) for p in back],
        ends_s=list(accumulate((scene.span(p).end_s for p in back), max)),
        starts=list(accumulate((scene.start(p) for p in back), max)),
    )


def n_after(line: Line, reach: Reach, at: Stretch, scene: Scene) -> int:
    """How many of the line's places come after a match, within reach."""
    is_own = line.party == at.party
    low = bisect_right(line.firsts, at.last) if is_own else bisect_right(line.ends, scene.end(at))
    high = len(line.firsts)
    if reach.turns is not None:
        last = scene.owner(at) if is_own else scene.turns_over(line.party, at) - 1
        high = bisect_right(line.owners_on, last + reach.turns)
    if reach.seconds is not None:
        high = min(high, bisect_right(line.starts_s, scene.span(at).end_s + reach.seconds + _HAIR_S))
    return max(0, high - low)


def n_before(line: Line, reach: Reach, at: Stretch, scene: Scene) -> int:
    """How many of the line's places come before a match, within reach."""
    is_own = line.party == at.party
    high = bisect_left(line.lasts, at.first) if is_own else bisect_left(line.starts, scene.start(at))
    low = 0
    if reach.turns is not None:
        first = scene.owner(at) if is_own else scene.turns_begun(line.party, at)
        low = bisect_left(line.owners_back, first - reach.turns)
    if reach.seconds is not None:
        low = max(low, bisect_left(line.ends_s, scene.span(at).start_s - reach.seconds - _HAIR_S))
    return max(0, high - low)
