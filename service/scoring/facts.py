"""The evidence, indexed: who spoke before whom, which words the customer said first, where proposals lie.

Everything here is a view of one evidence document; nothing is measured and nothing is judged.
"""

from __future__ import annotations

import bisect
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Generic, TypeVar

from audio.notes import Note
from audio.room import Rooms
from audio.timeline import Party, Span, intersect, merge
from service.scoring.evidence import Act, Evidence, GestureDelivery, SpokenTurn
from service.scoring.findings import Finding
from service.words.tokens import content_stems, is_content, norms_of, stem

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
    if not quotes:
        return stems_of(text, language)
    norms = norms_of(text, language)
    hidden: set[int] = set()
    for quote in quotes:
        formula = norms_of(quote, language)[:formula_words]
        starts = [i for i in range(len(norms)) if formula and norms[i : i + len(formula)] == formula]
        hidden.update(i for start in starts for i in range(start, start + len(formula)))
    return frozenset(stem(n, language) for i, n in enumerate(norms) if i not in hidden and is_content(n, language))


class Sums:
    """Sorted, disjoint spans whose seconds inside a window are a few look-ups, however many there are."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._starts_s = [s.start_s for s in spans]
        self._ends_s = [s.end_s for s in spans]
        self._until_s = list(accumulate((s.duration_s for s in spans), initial=0.0))

    def within_s(self, window: Span) -> float:
        """Seconds of the spans that lie in the window."""
        first = bisect.bisect_right(self._ends_s, window.start_s)
        stop = bisect.bisect_left(self._starts_s, window.end_s)
        if first >= stop:
            return 0.0
        before_s = max(0.0, window.start_s - self._starts_s[first])
        after_s = max(0.0, self._ends_s[stop - 1] - window.end_s)
        return self._until_s[stop] - self._until_s[first] - before_s - after_s


_Item = TypeVar("_Item")
_Names = tuple[str, ...] | frozenset[str]


class Near(Generic[_Item]):
    """Things with a time, in the order of their starts, made quick to ask for those near a span."""

    def __init__(self, items: Sequence[_Item], spans: Sequence[Span]) -> None:
        self._items = items
        self._starts_s = [s.start_s for s in spans]
        self._ends_s = list(accumulate((s.end_s for s in spans), max))

    def touching(self, within: Span) -> Sequence[_Item]:
        """Those that may share time with a span: none that does is left out."""
        first = bisect.bisect_right(self._ends_s, within.start_s)
        return self._items[first : bisect.bisect_left(self._starts_s, within.end_s)]


def _in_time(act: Act) -> tuple[float, float, str, str]:
    return act.span.start_s, act.span.end_s, act.id, act.rule


@dataclass(frozen=True, eq=False)
class Facts:
    """One evidence document with its indexes. Positions are places in `turns`, which are in time order."""

    evidence: Evidence
    hotwords: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def unreliable(self) -> dict[tuple[Span, float, float], Note | None]:
        """Why windows can't be relied on, as `occasions.uncovered` found."""
        return {}

    @cached_property
    def known_rooms(self) -> dict[tuple[int, str], Finding]:
        """Room after acts, as `rooms.room_of` found it."""
        return {}

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
    def agent_speech(self) -> Sums:
        """The agent's tight speech."""
        return Sums(self.evidence.speech.get("agent", ()))

    @cached_property
    def agent_speech_with_words(self) -> Sums:
        """What of it lies in turns that have words."""
        worded = merge(t.span for t in self.turns if t.party == "agent" and t.text.strip())
        return Sums(intersect(self.evidence.speech.get("agent", ()), worded))

    @cached_property
    def has_confidence(self) -> bool:
        """Whether the words of any turn come with a confidence."""
        return any(t.confidence is not None for t in self.turns)

    @cached_property
    def _position(self) -> dict[int, int]:
        return {turn.index: position for position, turn in enumerate(self.turns)}

    @cached_property
    def act_at(self) -> dict[Span, Act]:
        """The first act of each stretch, as the evidence lists them."""
        return {act.span: act for act in reversed(self.evidence.acts)}

    @cached_property
    def _acts(self) -> dict[tuple[str, Party], list[Act]]:
        # An act found by its echo is left out: the scorecard counts the echo itself, once, as evidence. So is one whose
        # rule compares the voice: delivery alone changes no verdict.
        found: dict[tuple[str, Party], list[Act]] = {}
        for act in self.evidence.acts:
            if act.turn in self._position and not act.by_echo and not act.by_voice:
                found.setdefault((act.id, act.party), []).append(act)
        return found

    @cached_property
    def _deliveries(self) -> dict[tuple[int, str, float, float], GestureDelivery]:
        acts = self.evidence.acts
        known = ((acts[held.act], held) for held in self.evidence.deliveries if held.act < len(acts))
        return {(act.turn, act.id, act.span.start_s, act.span.end_s): held for act, held in known}

    def delivery_of(self, act: Act) -> GestureDelivery | None:
        """How an act was said; None where that was not measured."""
        return self._deliveries.get((act.turn, act.id, act.span.start_s, act.span.end_s))

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

    def place(self, turn: int) -> int:
        """Place in `turns` of the turn with an index."""
        return self._position[turn]

    def turn_of(self, act: Act) -> SpokenTurn:
        """The turn an act was said in."""
        return self.turns[self._position[act.turn]]

    def acts(self, ids: Iterable[str], party: Party = "agent", within: Span | None = None) -> list[Act]:
        """Acts of a party in time order; `within`: those that start inside the span."""
        found, starts_s = self._in_order(ids if isinstance(ids, tuple | frozenset) else frozenset(ids), party)
        if within is None:
            return list(found)
        return found[bisect.bisect_left(starts_s, within.start_s) : bisect.bisect_right(starts_s, within.end_s)]

    def acts_in(self, ids: _Names, positions: Collection[int], party: Party = "agent") -> list[Act]:
        """Acts of a party in the turns at some positions, in time order."""
        known = self._by_turn.get((ids, party))
        if known is None:
            known = self._by_turn[ids, party] = {}
            for act in self._in_order(ids, party)[0]:
                known.setdefault(self._position[act.turn], []).append(act)
        found = [act for position in positions for act in known.get(position, ())]
        return sorted(found, key=_in_time) if len(positions) > 1 else found

    def _in_order(self, ids: _Names, party: Party) -> tuple[list[Act], list[float]]:
        """Acts of some names with their starts, sorted once."""
        known = self._sorted.get((ids, party))
        if known is None:
            found = [a for name in frozenset(ids) for a in self._acts.get((name, party), [])]
            found.sort(key=_in_time)
            known = self._sorted[ids, party] = found, [a.span.start_s for a in found]
        return known

    @cached_property
    def _sorted(self) -> dict[tuple[_Names, Party], tuple[list[Act], list[float]]]:
        return {}

    @cached_property
    def _by_turn(self) -> dict[tuple[_Names, Party], dict[int, list[Act]]]:
        return {}

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
        at = bisect.bisect_left(self._starts_s[party], time_s - SAME_BREATH_S)
        return places[at] if at < len(places) else None

    def turns_around(self, reach: Span) -> tuple[SpokenTurn, ...]:
        """The turns that start up to the end of a span and end from its start on."""
        first = bisect.bisect_left(self._last_ends_s, reach.start_s)
        near = self.turns[first : bisect.bisect_right(self._all_starts_s, reach.end_s)]
        return tuple(t for t in near if t.span.end_s >= reach.start_s)

    @cached_property
    def _all_starts_s(self) -> list[float]:
        return [t.span.start_s for t in self.turns]

    @cached_property
    def _last_ends_s(self) -> list[float]:
        return list(accumulate((t.span.end_s for t in self.turns), max))

    def beginning_in(self, party: Party, within: Span) -> list[int]:
        """Positions of a party's turns that start in [start_s, end_s) of a span."""
        starts_s = self._starts_s[party]
        first, stop = bisect.bisect_left(starts_s, within.start_s), bisect.bisect_left(starts_s, within.end_s)
        return self._party_positions[party][first:stop]

    @cached_property
    def _starts_s(self) -> dict[Party, list[float]]:
        return {p: [self.turns[i].span.start_s for i in places] for p, places in self._party_positions.items()}

    @cached_property
    def cuts(self) -> list[tuple[int, float]]:
        """The agent's interruptions: index of the floor event, and when it began."""
        return self._cuts_by("agent")

    @cached_property
    def customer_cuts(self) -> list[tuple[int, float]]:
        """The customer's."""
        return self._cuts_by("customer")

    def _cuts_by(self, party: Party) -> list[tuple[int, float]]:
        events = enumerate(self.evidence.floor)
        return [(i, e.span.start_s) for i, e in events if e.kind == "interruption" and e.by == party]

    def stems(self, position: int) -> frozenset[str]:
        """Content stems of a turn without the rubric's hotwords."""
        known = self._stems.get(position)
        if known is None:
            known = self._stems[position] = stems_of(self.turns[position].text, self.language) - self.hotwords
        return known

    @cached_property
    def _stems(self) -> dict[int, frozenset[str]]:
        return {}

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
        cut = (s.overlap(within) for s in self._speech_near(party).touching(within))
        return [s for s in cut if s is not None]

    def turns_in(self, party: Party, within: Span) -> list[SpokenTurn]:
        """Turns of a party that share time with a span."""
        return [t for t in self._turns_near(party).touching(within) if t.span.overlap(within)]

    def _speech_near(self, party: Party) -> Near[Span]:
        if party not in self._near_speech:
            spans = self.evidence.speech.get(party, ())
            self._near_speech[party] = Near(spans, spans)
        return self._near_speech[party]

    def _turns_near(self, party: Party) -> Near[SpokenTurn]:
        if party not in self._near_turns:
            turns = [self.turns[p] for p in self._party_positions[party]]
            self._near_turns[party] = Near(turns, [t.span for t in turns])
        return self._near_turns[party]

    @cached_property
    def _near_speech(self) -> dict[Party, Near[Span]]:
        return {}

    @cached_property
    def _near_turns(self) -> dict[Party, Near[SpokenTurn]]:
        return {}
