"""Conditions across turns: what is said before or after a match, how often, and what is not said in a window.

`lines.py` says what comes before what.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from audio.timeline import Party, Span
from service.words.rules.lines import lines_of, n_after, n_before
from service.words.rules.pack import Absent, Limits, Reach, Said, Side
from service.words.rules.scene import SPEAKERS, Scene, Stretch
from service.words.rules.vocabulary import party_of


def is_said(said: Said, side: Side, reach: Reach, at: Stretch, scene: Scene) -> bool | None:
    """Whether it is said on that side of a match, within reach. None: it takes times, and there are none."""
    if _needs_times(reach, scene):
        return None
    return n_said(said, side, reach, at, scene) > 0


def is_as_often(said: Said, side: Side, reach: Reach, limits: Limits, at: Stretch, scene: Scene) -> bool | None:
    """Whether it is said as many times as the limits ask, in the call or on one side of a match."""
    if _needs_times(reach, scene):
        return None
    return is_between(n_said(said, side, reach, at, scene), limits)


def is_between(value: float, limits: Limits) -> bool:
    """Both limits are included."""
    low = limits.at_least is None or value >= limits.at_least
    return low and (limits.at_most is None or value <= limits.at_most)


def _needs_times(reach: Reach, scene: Scene) -> bool:
    return reach.seconds is not None and not scene.script.has_times


def n_said(said: Said, side: Side, reach: Reach, at: Stretch, scene: Scene) -> int:
    """How many times it is said on that side of a match, within reach; in the whole call, wherever the match is."""
    lines = lines_of(said, scene)
    if side == "call":
        return sum(len(line.firsts) for line in lines)
    count = n_after if side == "after" else n_before
    return sum(count(line, reach, at, scene) for line in lines)


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
    """Every window of the rule, with the words it leads to or follows. None where nothing could be said."""
    if not _parties(absent.said, scene) or _needs_times(absent.reach, scene):
        return
    if absent.anchor is not None:
        for at in scene.places(absent.anchor):
            window = _beside(absent, at, scene)
            if window.duration_s > 0 or not scene.script.has_times:
                yield at, window
    elif scene.script.has_times or (absent.first_s is None and absent.last_s is None):
        yield None, _of_call(absent, scene)


def is_absent(absent: Absent, at: Stretch | None, window: Span, scene: Scene) -> bool:
    """Whether nothing of it is said in the window."""
    if at is not None:
        return n_said(absent.said, absent.side, absent.reach, at, scene) == 0
    places = scene.places(absent.said)
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
    first = scene.owner(at) if party == at.party else scene.turns_begun(party, at)
    return turns[max(0, first - n)].turn.span.start_s


def _turn_end(party: Party, at: Stretch, n: int, scene: Scene) -> float:
    turns = scene.script.texts[party].turns
    if party != at.party and n == 0:
        return scene.span(at).end_s
    last = scene.owner(at) if party == at.party else scene.turns_over(party, at) - 1
    return turns[min(len(turns) - 1, last + n)].turn.span.end_s


def _of_call(absent: Absent, scene: Scene) -> Span:
    end_s = scene.script.end_s
    if absent.first_s is not None:
        return Span(0.0, min(absent.first_s, end_s))
    return Span(0.0 if absent.last_s is None else max(0.0, end_s - absent.last_s), end_s)
