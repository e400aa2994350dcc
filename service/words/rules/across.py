"""Conditions across turns: what is said before or after a match, how often, and what is not said in a window.

Order. In one party's text words come in order. Between parties time decides where the transcript has times: words come
after a match when they end after it, before it when they start before it, so that an answer that overlaps the last word
of a question still follows it; turns of the same time, and transcripts without times, stand as written.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator

from audio.timeline import Party, Span
from service.words.rules.pack import Absent, Limits, Reach, Said, Side
from service.words.rules.scene import SPEAKERS, Scene, Stretch
from service.words.rules.vocabulary import party_of

_HAIR_S = 1e-6


def is_said(said: Said, side: Side, reach: Reach, at: Stretch, scene: Scene) -> bool | None:
    """Whether it is said on that side of a match, within reach. None: it takes times, and there are none."""
    if _needs_times(reach, scene):
        return None
    return any(is_near(place, side, reach, at, scene) for place in scene.places(said))


def is_as_often(said: Said, side: Side, reach: Reach, limits: Limits, at: Stretch, scene: Scene) -> bool | None:
    """Whether it is said as many times as the limits ask, in the call or on one side of a match."""
    if _needs_times(reach, scene):
        return None
    places = scene.places(said)
    count = len(places) if side == "call" else sum(is_near(p, side, reach, at, scene) for p in places)
    return is_between(count, limits)


def is_between(value: float, limits: Limits) -> bool:
    """Both limits are included."""
    low = limits.at_least is None or value >= limits.at_least
    return low and (limits.at_most is None or value <= limits.at_most)


def _needs_times(reach: Reach, scene: Scene) -> bool:
    return reach.seconds is not None and not scene.script.has_times


def is_near(place: Stretch, side: Side, reach: Reach, at: Stretch, scene: Scene) -> bool:
    """Whether words stand on that side of a match, within reach of it."""
    return _is_after(place, reach, at, scene) if side == "after" else _is_before(place, reach, at, scene)


def _is_after(place: Stretch, reach: Reach, at: Stretch, scene: Scene) -> bool:
    later = place.first > at.last if place.party == at.party else _end(place, scene) > _end(at, scene)
    return later and _is_within(
        reach,
        lambda: scene.n_turns_on(at, place),
        lambda: scene.span(place).start_s - scene.span(at).end_s,
    )


def _is_before(place: Stretch, reach: Reach, at: Stretch, scene: Scene) -> bool:
    earlier = place.last < at.first if place.party == at.party else _start(place, scene) < _start(at, scene)
    return earlier and _is_within(
        reach,
        lambda: scene.n_turns_back(at, place),
        lambda: scene.span(at).start_s - scene.span(place).end_s,
    )


def _is_within(reach: Reach, turns: Callable[[], int], seconds: Callable[[], float]) -> bool:
    near = reach.turns is None or turns() <= reach.turns
    return near and (reach.seconds is None or seconds() <= reach.seconds + _HAIR_S)


def _start(at: Stretch, scene: Scene) -> tuple[float, int]:
    return scene.time(scene.span(at).start_s), scene.place[(at.party, scene.owner(at))]


def _end(at: Stretch, scene: Scene) -> tuple[float, int]:
    return scene.time(scene.span(at).end_s), scene.place[(at.party, scene.owner(at))]


def is_answered(at: Stretch, scene: Scene) -> bool:
    """Whether the other party has a turn that goes on after the match's turn and starts before the party's next one.

    Words are needed: a turn without any is none here. An "mm" inside the match's turn is no answer.
    """
    owner, turns = scene.owner(at), scene.script.texts[at.party].turns
    own_end = (scene.time(turns[owner].turn.span.end_s), scene.place[(at.party, owner)])
    others = [(party, bisect_right(scene.ends[party], own_end)) for party in SPEAKERS if party != at.party]
    replies = [scene.place[(party, i)] for party, i in others if i < len(scene.script.texts[party].turns)]
    again = scene.place[(at.party, owner + 1)] if owner + 1 < len(turns) else len(scene.script.order)
    return any(reply < again for reply in replies)


def windows(absent: Absent, scene: Scene) -> Iterator[tuple[Stretch | None, Span]]:
    """Every window of the rule, with the words it leads to or follows. None where it takes times there are not."""
    if not _parties(absent.said, scene) or _needs_times(absent.reach, scene):
        return
    if absent.anchor is not None:
        for at in scene.places(absent.anchor):
            yield at, _beside(absent, at, scene)
    elif scene.script.has_times or (absent.first_s is None and absent.last_s is None):
        yield None, _of_call(absent, scene)


def is_absent(absent: Absent, at: Stretch | None, window: Span, scene: Scene) -> bool:
    """Whether nothing of it is said in the window."""
    places = scene.places(absent.said)
    if at is not None:
        return not any(is_near(p, absent.side, absent.reach, at, scene) for p in places)
    if absent.first_s is None and absent.last_s is None:
        return not places
    spans = [scene.span(p) for p in places]
    return not any(s.start_s < window.end_s and s.end_s > window.start_s for s in spans)


def _parties(said: Said, scene: Scene) -> list[Party]:
    """Who might have said it; empty when one of them has no words at all: then nothing is known to be missing."""
    of_acts = {party_of(act) for act in said.acts}
    named: Iterable[Party] = of_acts if said.acts and said.forms is None else SPEAKERS
    parties = [said.party] if said.party is not None else sorted(named)
    return parties if all(scene.script.texts[p].turns for p in parties) else []


def _beside(absent: Absent, at: Stretch, scene: Scene) -> Span:
    """The window before or after some words: up to the nearer limit, inside the recording and the last words."""
    words, reach, script = scene.span(at), absent.reach, scene.script
    if absent.side == "before":
        starts_s = [0.0] if reach.seconds is None else [0.0, words.start_s - reach.seconds]
        if reach.turns is not None:
            starts_s.append(min(_turn_start(p, at, reach.turns, scene) for p in _parties(absent.said, scene)))
        return Span(min(max(starts_s), words.start_s), words.start_s)
    ends_s = [script.end_s] if reach.seconds is None else [script.end_s, words.end_s + reach.seconds]
    if reach.turns is not None:
        ends_s.append(max(_turn_end(p, at, reach.turns, scene) for p in _parties(absent.said, scene)))
    return Span(words.end_s, max(min(ends_s), words.end_s))


def _turn_start(party: Party, at: Stretch, n: int, scene: Scene) -> float:
    """Start of the party's n-th turn before some words (0: the turn that holds them)."""
    turns = scene.script.texts[party].turns
    if party != at.party and n == 0:
        return scene.span(at).start_s
    first = scene.owner(at) if party == at.party else bisect_left(scene.starts[party], _start(at, scene))
    return turns[max(0, first - n)].turn.span.start_s


def _turn_end(party: Party, at: Stretch, n: int, scene: Scene) -> float:
    turns = scene.script.texts[party].turns
    if party != at.party and n == 0:
        return scene.span(at).end_s
    last = scene.owner(at) if party == at.party else bisect_right(scene.ends[party], _end(at, scene)) - 1
    return turns[min(len(turns) - 1, last + n)].turn.span.end_s


def _of_call(absent: Absent, scene: Scene) -> Span:
    end_s = scene.script.end_s
    if absent.first_s is not None:
        return Span(0.0, min(absent.first_s, end_s))
    return Span(0.0 if absent.last_s is None else max(0.0, end_s - absent.last_s), end_s)
