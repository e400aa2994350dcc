"""A call being searched: its script, what was found in it so far, and who spoke when."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from audio.timeline import Party, Span
from service.words.rules.mending import Mend
from service.words.rules.merging import Found, merged, settled
from service.words.rules.pack import Rule, Said
from service.words.rules.script import Script, ScriptTurn, stems
from service.words.rules.sound import NO_SOUND, Sound

SPEAKERS: tuple[Party, ...] = ("agent", "customer")
Key = tuple[Party, int]
"""A turn: its party, and its place among that party's turns."""


@dataclass(frozen=True, order=True)
class Stretch:
    """Pieces first..last (inclusive) of a party's text."""

    party: Party
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Scene:
    """`found`: matches of the rounds before, each as its rule found it. `lines`: what `lines.py` worked out of it."""

    script: Script
    found: Sequence[Found] = ()
    sound: Sound = NO_SOUND
    mends: Mapping[Party, Mapping[str, Sequence[Mend]]] = field(default_factory=dict)
    _stems: dict[Key, frozenset[str]] = field(default_factory=dict)
    _said: dict[tuple[int, Party, int], bool] = field(default_factory=dict)
    _places: dict[int, tuple[Said, list[Stretch]]] = field(default_factory=dict)
    lines: dict[int, tuple[Said, Any]] = field(default_factory=dict)

    @cached_property
    def acts(self) -> Mapping[Key, frozenset[str]]:
        """The acts of each turn."""
        acts: dict[Key, set[str]] = {}
        for f in self.settled:
            acts.setdefault((f.rule.party, f.owner), set()).add(f.rule.act)
        return {key: frozenset(names) for key, names in acts.items()}

    @cached_property
    def settled(self) -> list[Found]:
        """Those that stand, one for the same words of an act."""
        return settled(self.found)

    @cached_property
    def counted(self) -> list[Found]:
        """The acts they come to, neighbours as one."""
        return merged(self.settled, self.script)

    @cached_property
    def place(self) -> Mapping[Key, int]:
        """Where in the call each turn stands."""
        return {key: i for i, key in enumerate(self.script.order)}

    def others(self, party: Party, owner: int, step: int) -> Iterator[Key]:
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

    @cached_property
    def own_places(self) -> Mapping[Party, list[int]]:
        """For each party, where its turns are."""
        return {party: [self.place[key] for key in keys] for party, keys in self._keys}

    def mends_of(self, rule: Rule) -> Sequence[Mend]:
        """Words of the rule's party that may be mended for it."""
        return self.mends.get(rule.party, {}).get(rule.label, ())

    def says(self, forms: Any, key: Key) -> bool:
        """Whether a pattern of the pack stands in a turn, searched once."""
        place = (id(forms), *key)
        if place not in self._said:
            self._said[place] = forms.search(self.script.texts[key[0]].lines[key[1]]) is not None
        return self._said[place]

    def turn(self, key: Key) -> ScriptTurn:
        """A turn by its party and place."""
        return self.script.texts[key[0]].turns[key[1]]

    def stems_of(self, key: Key) -> frozenset[str]:
        """Its content stems, worked out once."""
        if key not in self._stems:
            self._stems[key] = stems(self.turn(key).words, self.script.language)
        return self._stems[key]

    @cached_property
    def first_said(self) -> Mapping[Party, Mapping[str, int]]:
        """For each party and content stem, the place in the call of the turn in which the party first said it."""
        first: dict[Party, dict[str, int]] = {party: {} for party in self.script.texts}
        for place, key in enumerate(self.script.order):
            for stem in self.stems_of(key):
                first[key[0]].setdefault(stem, place)
        return first

    def owner(self, at: Stretch) -> int:
        """The turn of a stretch, among its party's."""
        return self.script.texts[at.party].owners[at.first]

    def span(self, at: Stretch) -> Span:
        """When the words of a stretch were said."""
        text, owner = self.script.texts[at.party], self.owner(at)
        low = text.firsts[owner]
        return text.turns[owner].span(at.first - low, at.last - low)

    def quote(self, at: Stretch) -> str:
        """Its words as they came."""
        text, owner = self.script.texts[at.party], self.owner(at)
        low = text.firsts[owner]
        return text.turns[owner].quote(at.first - low, at.last - low)

    def stems(self, at: Stretch) -> frozenset[str]:
        """Content stems of its words."""
        text, owner = self.script.texts[at.party], self.owner(at)
        low = text.firsts[owner]
        return stems(text.turns[owner].said(at.first - low, at.last - low), self.script.language)

    def index(self, at: Stretch) -> int:
        """The number of its turn in the call."""
        return self.turn((at.party, self.owner(at))).turn.index

    def places(self, said: Said) -> list[Stretch]:
        """Everywhere in the call that something is said, looked up once."""
        if id(said) not in self._places:
            parties = SPEAKERS if said.party is None else (said.party,)
            places = [p for party in parties for p in self._forms_in(said.forms, party)]
            places += [
                Stretch(f.rule.party, f.match.first, f.match.last)
                for f in self.counted
                if f.rule.act in said.acts and f.rule.party in parties
            ]
            self._places[id(said)] = (said, sorted(set(places)))  # `said` beside it keeps its id its own
        return self._places[id(said)][1]

    def _forms_in(self, forms: Any | None, party: Party) -> Iterator[Stretch]:
        text = self.script.texts[party]
        for hit in forms.finditer(text.text) if forms is not None else ():
            first, last = text.pieces_of(*hit.span())
            if hit.start() < hit.end() and text.owners[first] == text.owners[last]:
                yield Stretch(party, first, last)

    @cached_property
    def starts(self) -> Mapping[Party, list[tuple[float, int]]]:
        """Per party, when its turns start and their places in the call, in order; without times the places alone."""
        return {p: [(self.time(self.turn(k).turn.span.start_s), self.place[k]) for k in keys] for p, keys in self._keys}

    @cached_property
    def ends(self) -> Mapping[Party, list[tuple[float, int]]]:
        """The same of their ends."""
        return {p: [(self.time(self.turn(k).turn.span.end_s), self.place[k]) for k in keys] for p, keys in self._keys}

    @cached_property
    def _keys(self) -> list[tuple[Party, list[Key]]]:
        return [(party, [(party, i) for i in range(len(text.turns))]) for party, text in self.script.texts.items()]

    def time(self, time_s: float) -> float:
        """A time to order by: 0 where the transcript has none."""
        return time_s if self.script.has_times else 0.0

    def start(self, at: Stretch) -> tuple[float, int]:
        """When a stretch starts, and the place of its turn in the call: what stands earlier has the lesser pair."""
        return self.time(self.span(at).start_s), self.place[(at.party, self.owner(at))]

    def end(self, at: Stretch) -> tuple[float, int]:
        """The same of its end."""
        return self.time(self.span(at).end_s), self.place[(at.party, self.owner(at))]

    def turns_begun(self, party: Party, at: Stretch) -> int:
        """How many of the other party's turns start before some words."""
        return bisect_left(self.starts[party], self.start(at))

    def turns_over(self, party: Party, at: Stretch) -> int:
        """How many of the other party's turns end before some words do."""
        return bisect_right(self.ends[party], self.end(at))
