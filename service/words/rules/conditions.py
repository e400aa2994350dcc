"""What must surround a match: place in the call, words near it, the other party's turns before and after."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from audio.timeline import Party
from service.words.rules.matching import Match
from service.words.rules.pack import Conditions, Near, Neighbour, Where
from service.words.rules.script import Script, ScriptText, ScriptTurn
from service.words.tokens import content_stems

ActsByTurn = Mapping[tuple[Party, int], frozenset[str]]
"""Acts found so far, by party and place among that party's turns."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A call being searched, and the acts already found in it."""

    script: Script
    acts: ActsByTurn
    place: Mapping[tuple[Party, int], int] = field(default_factory=dict)
    stems: dict[tuple[Party, int], frozenset[str]] = field(default_factory=dict)
    _said: dict[tuple[int, Party, int], bool] = field(default_factory=dict)

    @classmethod
    def of(cls, script: Script, acts: ActsByTurn) -> Scene:
        """A scene with the places of its turns looked up."""
        return cls(script, acts, {key: i for i, key in enumerate(script.order)})

    def others(self, party: Party, owner: int, step: int) -> Iterator[tuple[Party, int]]:
        """The other party's turns going back (step -1) or on (+1) from a turn, nearest first."""
        places = self._places_of_others[party]
        i = bisect_left(places, self.place[(party, owner)]) - (step < 0)
        while 0 <= i < len(places):
            yield self.script.order[places[i]]
            i += step

    @cached_property
    def _places_of_others(self) -> dict[Party, list[int]]:
        """For each party, where the turns of the other one are."""
        order = [party for party, _ in self.script.order]
        return {own: [i for i, p in enumerate(order) if p not in (own, "unknown")] for own in self.script.texts}

    def says(self, forms: Any, key: tuple[Party, int]) -> bool:
        """Whether a pattern of the pack stands in a turn, searched once."""
        place = (id(forms), *key)
        if place not in self._said:
            self._said[place] = forms.search(self.turn(key).text.encode()) is not None
        return self._said[place]

    def turn(self, key: tuple[Party, int]) -> ScriptTurn:
        """A turn by its party and place."""
        return self.script.texts[key[0]].turns[key[1]]

    def stems_of(self, key: tuple[Party, int]) -> frozenset[str]:
        """Its content stems, worked out once."""
        if key not in self.stems:
            self.stems[key] = frozenset(content_stems(" ".join(self.turn(key).words), self.script.language))
        return self.stems[key]


def failed(conditions: Conditions, match: Match, party: Party, scene: Scene) -> str | None:
    """The name of the first condition that does not hold, None when all do."""
    text = scene.script.texts[party]
    owner = text.owners[match.first]
    checks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("where", lambda: _is_there(conditions.where, text.turns[owner], owner, len(text.turns), scene.script)),
        ("max_words", lambda: _is_short(conditions.max_words, match, text)),
        ("asks", lambda: _asks_as_wanted(conditions.asks, match, text, scene.script)),
        ("unless", lambda: conditions.unless is None or not _stands_near(conditions.unless, match, text)),
        ("needs", lambda: conditions.needs is None or _stands_near(conditions.needs, match, text)),
        ("previous", lambda: _neighbours(conditions.previous, (party, owner), -1, scene)),
        ("next", lambda: _neighbours(conditions.next, (party, owner), +1, scene)),
        ("unless_previous", lambda: _none_before(conditions.unless_previous, (party, owner), scene)),
        ("echo", lambda: _echoes(conditions, match, (party, owner), scene)),
        ("again", lambda: _says_again(conditions, match, (party, owner), scene)),
    )
    return next((name for name, holds in checks if not holds()), None)


def _is_there(where: Where | None, turn: ScriptTurn, rank: int, n_turns: int, script: Script) -> bool:
    if where is None:
        return True
    span = turn.turn.span
    limits = (
        where.first_turns is not None and rank < where.first_turns,
        where.last_turns is not None and rank >= n_turns - where.last_turns,
        where.first_s is not None and script.has_times and span.start_s <= where.first_s,
        where.last_s is not None and script.has_times and span.end_s >= script.end_s - where.last_s,
    )
    return any(limits)


def sentence(match: Match, text: ScriptText) -> tuple[int, int]:
    """The pieces [first, stop) of the match's sentence: up to the marks around it, or the turn's ends."""
    low, stop = text.bounds(text.owners[match.first])
    before, after = bisect_left(text.marks, match.first), bisect_right(text.marks, match.last)
    first = text.marks[before - 1] + 1 if before else low
    end = text.marks[after] if after < len(text.marks) else stop
    return max(low, first), min(stop, end)


def _is_short(max_words: int | None, match: Match, text: ScriptText) -> bool:
    if max_words is None:
        return True
    first, stop = sentence(match, text)
    return stop - first <= max_words


def _asks_as_wanted(wanted: bool | None, match: Match, text: ScriptText, script: Script) -> bool:
    """True: the sentence ends in a question mark, where the transcript has marks. False: it does not."""
    if wanted is None or (wanted and not script.punctuated):
        return True
    _, stop = sentence(match, text)
    marked = stop < text.bounds(text.owners[match.first])[1] and text.norms[stop] == "Q"
    return marked is wanted


def _stands_near(near: Near, match: Match, text: ScriptText) -> bool:
    """The first place that does not end too early is the one to look at: places are in order and never overlap."""
    firsts, lasts = text.hits(near.forms, text.owners[match.first])
    if near.at_start:
        low, high = match.first - 1, match.first
    else:
        reach = len(text.norms) if near.within_words is None else near.within_words
        low, high = match.first - reach, match.last + reach
    at = bisect_left(lasts, low)
    return at < len(firsts) and firsts[at] <= high


def _neighbours(neighbour: Neighbour | None, key: tuple[Party, int], step: int, scene: Scene) -> bool:
    if neighbour is None:
        return True
    near = [turn for turn, _ in zip(scene.others(*key, step), range(neighbour.turns), strict=False)]
    return any(_holds(neighbour.forms, neighbour.acts, other, scene) for other in near)


def _none_before(neighbour: Neighbour | None, key: tuple[Party, int], scene: Scene) -> bool:
    return neighbour is None or not _neighbours(neighbour, key, -1, scene)


def _holds(forms: Any | None, acts: frozenset[str], key: tuple[Party, int], scene: Scene) -> bool:
    if acts & scene.acts.get(key, frozenset()):
        return True
    return forms is not None and scene.says(forms, key)


def _echoes(conditions: Conditions, match: Match, key: tuple[Party, int], scene: Scene) -> bool:
    """How many of the match's content stems the other party said in its last turns, and how many not: in the limits."""
    if conditions.echo == 0 and conditions.echo_max is None and conditions.new_max is None:
        return True
    said = _stems(match, key, scene)
    heard = [scene.stems_of(o) for o, _ in zip(scene.others(*key, -1), range(conditions.echo_turns), strict=False)]
    n_echoed = sum(any(stem in turn for turn in heard) for stem in said)
    n_new = len(said) - n_echoed
    return (
        conditions.echo <= n_echoed and _at_most(n_echoed, conditions.echo_max) and _at_most(n_new, conditions.new_max)
    )


def _says_again(conditions: Conditions, match: Match, key: tuple[Party, int], scene: Scene) -> bool:
    """At least so many content stems of the match the speaker had said in the last turns before the other party's
    last turn, which holds none of them: nobody asked, and it is said once more. At most so many others.
    """
    if conditions.again == 0:
        return True
    last = next(scene.others(*key, -1), None)
    if last is None:
        return False
    own = [owner for party, owner in scene.script.order[: scene.place[last]] if party == key[0]]
    before = set().union(*(scene.stems_of((key[0], owner)) for owner in own[-conditions.again_turns :]))
    said = _stems(match, key, scene)
    n_again = len(said & before - scene.stems_of(last))
    return n_again >= conditions.again and _at_most(len(said) - n_again, conditions.again_new_max)


def _stems(match: Match, key: tuple[Party, int], scene: Scene) -> set[str]:
    """The content stems of the match's words."""
    low, _ = scene.script.texts[key[0]].bounds(key[1])
    return content_stems(scene.turn(key).quote(match.first - low, match.last - low), scene.script.language)


def _at_most(count: int, limit: int | None) -> bool:
    return limit is None or count <= limit
