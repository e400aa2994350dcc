"""What must surround a match: place in the call, words near it, the other party's turns before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
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

    @classmethod
    def of(cls, script: Script, acts: ActsByTurn) -> Scene:
        """A scene with the places of its turns looked up."""
        return cls(script, acts, {key: i for i, key in enumerate(script.order)})

    def others(self, party: Party, owner: int, step: int) -> Iterator[tuple[Party, int]]:
        """The other party's turns going back (step -1) or on (+1) from a turn, nearest first."""
        i = self.place[(party, owner)] + step
        while 0 <= i < len(self.script.order):
            if self.script.order[i][0] not in (party, "unknown"):
                yield self.script.order[i]
            i += step

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
        ("echo", lambda: _echoes(conditions, match, (party, owner), scene)),
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
    first, end = match.first, match.last + 1
    while first > low and text.norms[first - 1] not in ("Q", "P"):
        first -= 1
    while end < stop and text.norms[end] not in ("Q", "P"):
        end += 1
    return first, end


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
    low, stop = text.bounds(text.owners[match.first])
    reach = stop if near.within_words is None else near.within_words
    offset = text.starts[low]
    for hit in near.forms.finditer(text.piece_text(low, stop)):
        first, last = text.pieces_of(offset + hit.start(), offset + hit.end())
        if near.at_start and first <= match.first <= last + 1:
            return True
        if not near.at_start and first <= match.last + reach and last >= match.first - reach:
            return True
    return False


def _neighbours(neighbour: Neighbour | None, key: tuple[Party, int], step: int, scene: Scene) -> bool:
    if neighbour is None:
        return True
    near = [turn for turn, _ in zip(scene.others(*key, step), range(neighbour.turns), strict=False)]
    return any(_holds(neighbour.forms, neighbour.acts, other, scene) for other in near)


def _holds(forms: Any | None, acts: frozenset[str], key: tuple[Party, int], scene: Scene) -> bool:
    if acts & scene.acts.get(key, frozenset()):
        return True
    return forms is not None and forms.search(scene.turn(key).text.encode()) is not None


def _echoes(conditions: Conditions, match: Match, key: tuple[Party, int], scene: Scene) -> bool:
    """How many of the match's content stems the other party said in its last turns, and how many not: in the limits."""
    if conditions.echo == 0 and conditions.echo_max is None and conditions.new_max is None:
        return True
    low, _ = scene.script.texts[key[0]].bounds(key[1])
    said = content_stems(scene.turn(key).quote(match.first - low, match.last - low), scene.script.language)
    heard: set[str] = set()
    for other, _ in zip(scene.others(*key, -1), range(conditions.echo_turns), strict=False):
        heard |= scene.stems_of(other)
    n_echoed, n_new = len(said & heard), len(said - heard)
    return (
        conditions.echo <= n_echoed and _at_most(n_echoed, conditions.echo_max) and _at_most(n_new, conditions.new_max)
    )


def _at_most(count: int, limit: int | None) -> bool:
    return limit is None or count <= limit
