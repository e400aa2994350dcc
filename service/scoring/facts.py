"""The evidence, indexed: who spoke before whom, which words the customer said first, where proposals lie.

Everything here is a view of one evidence document; nothing is measured and nothing is judged.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from audio.room import Rooms
from audio.timeline import Party, Span
from service.scoring.evidence import Act, Evidence, GestureDelivery, SpokenTurn
from service.words.tokens import content_stems, is_content, stem, tokenise

SAME_BREATH_S = 0.3
"""A turn that starts this little before a time still counts as following it: edges are good to 0.1-0.3 s."""

SUBSTANCE_STEMS = 3
"""A turn with fewer words of content is an answer word, not an exposition."""


@lru_cache(maxsize=16384)
def stems_of(text: str, language: str | None) -> frozenset[str]:
    """Content stems of a text, remembered: the same turns are read many times."""
    return frozenset(content_stems(text, language))


@lru_cache(maxsize=4096)
def stems_outside(text: str, quotes: tuple[str, ...], formula_words: int, language: str | None) -> frozenset[str]:
    """Content stems of a turn without the formula: the first `formula_words` words of each quote never count."""
    tokens = tokenise(text, language)
    norms = [t.norm for t in tokens]
    hidden: set[int] = set()
    for quote in quotes:
        formula = [t.norm for t in tokenise(quote, language)][:formula_words]
        starts = [i for i in range(len(norms)) if formula and norms[i : i + len(formula)] == formula]
        hidden.update(i for start in starts for i in range(start, start + len(formula)))
    return frozenset(stem(n, language) for i, n in enumerate(norms) if i not in hidden and is_content(n, language))


@dataclass(frozen=True, eq=False)
class Facts:
    """One evidence document with its indexes. Positions are places in `turns`, which are in time order."""

    evidence: Evidence
    hotwords: frozenset[str] = field(default_factory=frozenset)

    @property
    def language(self) -> str | None:
        """The call's language, as its words decided."""
        return self.evidence.words.language

    @property
    def mono(self) -> bool:
        """True when parties come from a diarizer: cuts and short silences are withheld."""
        return self.evidence.source == "diarized mono"

    @cached_property
    def turns(self) -> tuple[SpokenTurn, ...]:
        """Turns in time order."""
        return tuple(sorted(self.evidence.turns, key=lambda t: (t.span.start_s, t.index)))

    @cached_property
    def call(self) -> Span:
        """From the first to the last sound of speech: windows count from here, not from the ringing."""
        spans = [t.span for t in self.turns] or [s for spans in self.evidence.speech.values() for s in spans]
        if not spans:
            return Span(0.0, self.evidence.call.duration_s)
        return Span(min(s.start_s for s in spans), max(s.end_s for s in spans))

    @cached_property
    def rooms(self) -> Rooms:
        """Room after any moment at which the agent stops."""
        evidence = self.evidence
        return Rooms(evidence.speech, "agent", self.mono, evidence.call.duration_s)

    @cached_property
    def _position(self) -> dict[int, int]:
        return {turn.index: position for position, turn in enumerate(self.turns)}

    @cached_property
    def _acts(self) -> dict[tuple[str, Party], list[Act]]:
        # An act found by its echo is left out: the scorecard counts the echo itself, once, as evidence. So is one whose
        # rule compares the voice: delivery alone changes no verdict.
        found: dict[tuple[str, Party], list[Act]] = {}
        for act in sorted(self.evidence.acts, key=lambda a: (a.span, a.id, a.rule)):
            if act.turn in self._position and not act.by_echo and not act.by_voice:
                found.setdefault((act.id, act.party), []).append(act)
        return found

    @cached_property
    def act_index(self) -> dict[Act, int]:
        """The place of each act in the evidence."""
        return {act: i for i, act in reversed(list(enumerate(self.evidence.acts)))}

    @cached_property
    def _deliveries(self) -> dict[int, GestureDelivery]:
        return {held.act: held for held in self.evidence.deliveries}

    def delivery_of(self, act: Act) -> GestureDelivery | None:
        """How an act was said; None where that was not measured."""
        return self._deliveries.get(self.act_index[act])

    @cached_property
    def _first_said(self) -> dict[Party, dict[str, int]]:
        first: dict[Party, dict[str, int]] = {"agent": {}, "customer": {}, "unknown": {}}
        for position, turn in enumerate(self.turns):
            for word in stems_of(turn.text, self.language):
                first[turn.party].setdefault(word, position)
        return first

    def position(self, act: Act) -> int:
        """Place of an act's turn in `turns`."""
        return self._position[act.turn]

    def turn_of(self, act: Act) -> SpokenTurn:
        """The turn an act was said in."""
        return self.turns[self._position[act.turn]]

    def acts(self, ids: Iterable[str], party: Party = "agent", within: Span | None = None) -> list[Act]:
        """Acts of a party in time order; `within`: those that start inside the span."""
        found = [a for name in sorted(set(ids)) for a in self._acts.get((name, party), [])]
        kept = [a for a in found if within is None or within.start_s <= a.span.start_s <= within.end_s]
        return sorted(kept, key=lambda a: (a.span, a.id, a.rule))

    @cached_property
    def _party_positions(self) -> dict[Party, list[int]]:
        parties: dict[Party, list[int]] = {"agent": [], "customer": [], "unknown": []}
        for position, turn in enumerate(self.turns):
            parties[turn.party].append(position)
        return parties

    def after(self, position: int, party: Party, n: int = 1) -> list[int]:
        """Positions of the next `n` turns of a party after a position."""
        places = self._party_positions[party]
        at = bisect.bisect_right(places, position)
        return places[at : at + n]

    def before(self, position: int, party: Party, n: int = 1) -> list[int]:
        """Positions of the last `n` turns of a party before a position, nearest first."""
        places = self._party_positions[party]
        return places[: bisect.bisect_left(places, position)][-n:][::-1]

    def next_after(self, time_s: float, party: Party) -> int | None:
        """Position of the party's first turn that starts at (or a breath before) a time."""
        places = self._party_positions[party]
        return next((p for p in places if self.turns[p].span.start_s >= time_s - SAME_BREATH_S), None)

    def stems(self, position: int) -> frozenset[str]:
        """Content stems of a turn without the rubric's hotwords."""
        return stems_of(self.turns[position].text, self.language) - self.hotwords

    def stems_without(self, position: int, acts: Sequence[Act], formula_words: int) -> frozenset[str]:
        """Content stems of a turn outside the formulas of `acts`, without hotwords."""
        quotes = tuple(a.quote for a in acts if self.position(a) == position)
        return stems_outside(self.turns[position].text, quotes, formula_words, self.language) - self.hotwords

    def stems_since(self, act: Act, forms: Sequence[Act], formula_words: int) -> frozenset[str]:
        """The same from the words of `act` on: what its turn said before them is left out."""
        text = self.turn_of(act).text
        quotes = tuple(a.quote for a in forms if a.turn == act.turn)
        rest = text[max(text.find(act.quote), 0) :]
        return stems_outside(rest, quotes, formula_words, self.language) - self.hotwords

    def customer_first(self, stems: Iterable[str], position: int) -> set[str]:
        """Those stems that the customer said before `position`, before the agent ever used them."""
        customer, agent = self._first_said["customer"], self._first_said["agent"]
        return {s for s in stems if customer.get(s, position) < position <= agent.get(s, position)}

    def first_said_s(self, word: str) -> float:
        """When the customer first said a stem, seconds."""
        return self.turns[self._first_said["customer"][word]].span.start_s

    @cached_property
    def proposals(self) -> list[Act]:
        """The agent's proposals once the customer has said something of substance."""
        start_s = self.first_substance_s
        return [a for a in self.acts(("proposal",)) if start_s is not None and a.span.start_s >= start_s]

    @cached_property
    def first_substance_s(self) -> float | None:
        """Start of the first customer turn that is more than an answer word; None without one."""
        for position in self._party_positions["customer"]:
            if len(stems_of(self.turns[position].text, self.language)) >= SUBSTANCE_STEMS:
                return self.turns[position].span.start_s
        first = self.acts(("c_problem", "c_question"), "customer")
        return self.turn_of(first[0]).span.start_s if first else None

    def speech(self, party: Party, within: Span) -> list[Span]:
        """Tight speech of a party inside a span."""
        cut = (s.overlap(within) for s in self.evidence.speech.get(party, ()))
        return [s for s in cut if s is not None]
