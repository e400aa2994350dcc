"""What the agent usually does in this call: one sentence that sets a moment against it, with how many others there are.

The others are the same agent's in the same call: questions, gestures, cuts, phrases of the kind. With fewer than three
of them there is no usual: where the policy lets the voice count, pace and pitch spread of the turn are held against
the agent's other turns instead; else the sentence says how many there were and that they are too few. Only the
metallic components are kept across calls: their moment is set against the earlier calls when the evidence holds the
ten that make a baseline. Formulas: docs/gestures.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from audio.notes import Note, Param
from audio.timeline import Party, Span, total_s
from service.scoring.candidate import Candidate
from service.scoring.catalog import ASKING_ACTS, GESTURES, GestureRule
from service.scoring.conduct_floor import RATE_BASE_S
from service.scoring.evidence import Act, SpokenTurn
from service.scoring.findings import Finding
from service.scoring.gestures import MADE, Court
from service.scoring.judgement import Baseline, Criterion, FamilyState, GestureLine, Occurrence
from service.scoring.rooms import room_of

LEAST_OTHERS = 3
"""Of fewer than three values a median is one of them or half-way between two: no usual."""
_MEASURED: tuple[FamilyState, ...] = ("present", "absent", "contrary")
_QUESTION = GestureRule((), "after_question")
_OF_ROOM = frozenset({"no_room", "cut", "room"})
_SILENT = frozenset({"missing", "dead_air", "questions_answered", "metallic"})
"""Moments that are no words of the agent's in one turn."""


@dataclass(frozen=True)
class Scored:
    """The lines of a scorecard that moments are taken from."""

    gestures: Sequence[GestureLine]
    criteria: Sequence[Criterion]
    free: Sequence[Occurrence]


@dataclass(frozen=True)
class Compared:
    """The sentence, and what it rests on; `none`: the sentence is the reason."""

    note: Note
    baseline: Baseline = "none"


@dataclass(frozen=True)
class _Others:
    """How many others there are, and what would be said of them. `reason`: why they can't be counted at all."""

    n: int
    note: Note | None = None
    reason: Note | None = None


def sentence(variant: str, **params: Param) -> Note:
    """A comparison as a note."""
    return Note(f"scoring.compared.{variant}", params)


@dataclass(frozen=True, eq=False)
class Usual:
    """Comparisons of one call's moments."""

    court: Court
    lines: Scored

    def compared(self, moment: Candidate) -> Compared:
        """What a moment is set against."""
        if moment.kind == "metallic":
            return self._metallic()
        others = self._others(moment)
        if others.n >= LEAST_OTHERS and others.note is not None:
            return Compared(others.note, "call")
        if (voice := self._voice(moment)) is not None:
            return Compared(voice, "call")
        return Compared(others.reason or sentence("too_few", n=others.n, least=LEAST_OTHERS))

    def _others(self, moment: Candidate) -> _Others:
        of_criterion: Mapping[str, Callable[[Candidate], _Others]] = {
            "listened_first": self._cuts,
            "interruptions": self._cuts,
            "dead_air": self._waits,
            "room_after_question": self._questions,
            "pressure": self._phrases,
            "plain_speech": self._phrases,
            "promises": self._phrases,
            "pulse": self._proposals,
            "questions_answered": self._answers,
            "free_care": self._gifts,
            "missing": self._made,
        }
        return of_criterion.get(moment.kind, self._gesture)(moment)

    def _gesture(self, moment: Candidate) -> _Others:
        rule = GESTURES[moment.rule]
        if moment.situation == "cut" and rule.room == "not_cut":
            return self._cuts(moment)
        of_room = moment.situation in _OF_ROOM or rule.follow == "none"
        return self._questions(moment) if of_room else self._followed(moment)

    def _questions(self, moment: Candidate) -> _Others:
        """Time until somebody spoke after the agent's other questions, and how many of them left room."""
        if self.court.facts.mono:
            return _Others(0, reason=sentence("mono"))
        rooms = [f for act, f in self._rooms if not _is_of(moment, act, f)]
        if not rooms:
            return _Others(0)
        given, silence_s = sum(f.state == "present" for f in rooms), moment.value("silence_after_s")
        if silence_s is None:
            return _Others(len(rooms), sentence("questions_share", n=len(rooms), given=given))
        usual_s = median(float(f.params.get("silence_s", 0.0)) for f in rooms)  # none: asked on in the same breath
        params: dict[str, Param] = {"n": len(rooms), "given": given, "median_s": usual_s, "silence_s": silence_s}
        return _Others(len(rooms), sentence("questions", **params))

    @cached_property
    def _rooms(self) -> list[tuple[Act, Finding]]:
        """Every question of the agent's whose room could be told, once per opening."""
        facts, found = self.court.facts, dict[str, tuple[Act, Finding]]()
        for act in facts.acts(ASKING_ACTS):
            finding = room_of(facts, act, _QUESTION)
            if finding.state in _MEASURED:
                found.setdefault(finding.events[0], (act, finding))
        return list(found.values())

    def room_at(self, span: Span) -> Finding | None:
        """The question whose room lies there."""
        return next((f for _, f in self._rooms if f.span == span), None)

    def _followed(self, moment: Candidate) -> _Others:
        """How many of the agent's other gestures had their follow-through."""
        made = (o for line in self.lines.gestures for o in line.occurrences if o is not moment.one)
        states = [f.state for o in made for f in o.families if f.name == "follow_through" and f.state in _MEASURED]
        return _Others(len(states), sentence("followed", n=len(states), given=states.count("present")))

    def _made(self, moment: Candidate) -> _Others:
        """How many of the other gestures expected were made."""
        others = [g for g in self.lines.gestures if g.expected and g.verdict != "not_assessable"]
        verdicts = [g.verdict for g in others if g.id != moment.rule]
        return _Others(len(verdicts), sentence("made", n=len(verdicts), made=sum(v in MADE for v in verdicts)))

    def _cuts(self, moment: Candidate) -> _Others:
        """The agent's other cuts: their rate over the customer's speech, and how long the voices overlap."""
        facts = self.court.facts
        own = {key for f in moment.one.families for key in f.counted} if moment.one else set()
        events = [(f"floor:{i}", facts.evidence.floor[i].span) for i, _ in facts.cuts]
        lengths_s = [span.duration_s for key, span in events if key not in own and span != moment.span]
        if not lengths_s:
            return _Others(0)
        n, rate = len(lengths_s), self._per_10_min(len(lengths_s), "customer")
        return _Others(n, sentence("cuts", n=n, rate=rate, median_s=median(lengths_s)))

    def _per_10_min(self, n: int, party: Party) -> float:
        return 600.0 * n / max(self._speech_s[party], RATE_BASE_S)

    @cached_property
    def _speech_s(self) -> dict[Party, float]:
        speech = self.court.facts.evidence.speech
        return {party: total_s(speech.get(party, ())) for party in ("agent", "customer")}

    def _waits(self, moment: Candidate) -> _Others:
        """How soon the agent takes the floor elsewhere."""
        if self.court.facts.mono:
            return _Others(0, reason=sentence("mono"))
        gaps = (e for e in self.court.facts.evidence.floor if e.kind == "gap" and e.by == "agent")
        waits_s = [max(0.0, e.value_s) for e in gaps if e.span.overlap(moment.span) is None]
        note = sentence("waits", n=len(waits_s), median_s=median(waits_s)) if waits_s else None
        return _Others(len(waits_s), note)

    def _phrases(self, moment: Candidate) -> _Others:
        n = sum(span != moment.span for span in self._criterion(moment.rule).spans)
        return _Others(n, sentence("phrases", n=n, rate=self._per_10_min(n, "agent")))

    def _proposals(self, moment: Candidate) -> _Others:
        n = sum(act.span != moment.span for act in self.court.facts.proposals)
        red = sum(span != moment.span for span in self._criterion(moment.rule).spans)
        return _Others(n, sentence("proposals", n=n, red=red))

    def _answers(self, moment: Candidate) -> _Others:
        """The customer's other questions; those left open are the criterion's stretches."""
        line = self._criterion(moment.rule)
        still_open = sum(span != moment.span for span in line.spans)
        n = len(line.counted) - 1
        return _Others(n, sentence("answers", n=n, given=n - still_open))

    def _gifts(self, moment: Candidate) -> _Others:
        n = len(self.lines.free) - 1
        return _Others(n, sentence("gifts", n=n))

    def _criterion(self, name: str) -> Criterion:
        return next(c for c in self.lines.criteria if c.id == name)

    def _voice(self, moment: Candidate) -> Note | None:
        """Pace and pitch spread of the moment's turn against the agent's other turns that have the same of the two."""
        if self.court.policy != "combined" or moment.party != "agent" or not says_something(moment.kind):
            return None
        turn = turn_of(self.court, moment.span, moment.one)
        held = _voice_of(turn) if turn is not None else {}
        for names, variant in _VOICE_SENTENCES:
            others = [v for t, v in self._voices if t is not turn and all(n in v for n in names)]
            if all(n in held for n in names) and len(others) >= LEAST_OTHERS:
                usual: dict[str, Param] = {f"usual_{n}": median(v[n] for v in others) for n in names}
                return sentence(variant, n=len(others), **{n: held[n] for n in names}, **usual)
        return None

    @cached_property
    def _voices(self) -> list[tuple[SpokenTurn, dict[str, float]]]:
        return [(t, _voice_of(t)) for t in self.court.facts.turns if t.party == "agent"]

    def _metallic(self) -> Compared:
        """The call's components: against earlier calls where the evidence has them, else the call's own medians."""
        found = self.court.facts.evidence.metallic["agent"]
        against: dict[str, Param] = {
            c.name: c.z for c in found.components if c.z is not None and c.against == "earlier calls"
        }
        if against:
            return Compared(sentence("metallic_earlier", n=found.compared.calls, **against), "earlier_calls")
        n = max((c.windows_read for c in found.components), default=0)
        if n < LEAST_OTHERS:
            return Compared(sentence("too_few", n=n, least=LEAST_OTHERS))
        usual: dict[str, Param] = {c.name: c.value for c in found.components if c.value is not None}
        return Compared(sentence("metallic", n=n, **usual), "call")


_VOICE_SENTENCES = (
    (("pace_per_s", "spread_st"), "voice"),
    (("pace_per_s",), "voice_pace"),
    (("spread_st",), "voice_pitch"),
)


def _is_of(moment: Candidate, act: Act, room: Finding) -> bool:
    """Whether a question is the one the moment is about."""
    if moment.one is None:
        return room.span == moment.span or act.span.overlap(moment.span) is not None
    own = {key for f in moment.one.families for key in f.counted}
    return room.events[0] in own or act.span.overlap(moment.one.span) is not None


def says_something(kind: str) -> bool:
    """Whether the agent's own words make a moment of this kind, one turn of them."""
    return kind not in _SILENT


def turn_of(court: Court, span: Span, one: Occurrence | None = None, party: Party = "agent") -> SpokenTurn | None:
    """The turn of a party a moment lies in; the gesture's own where it has one."""
    within = one.span if one is not None else span
    turns = court.facts.turns_in(party, within)
    return next((t for t in turns if one is not None and t.index == one.turn), turns[-1] if turns else None)


def _voice_of(turn: SpokenTurn) -> dict[str, float]:
    voice = turn.voice
    known = (
        {"pace_per_s": voice.articulation_rate_per_s, "spread_st": voice.pitch_spread_st} if voice is not None else {}
    )
    return {name: value for name, value in known.items() if value is not None}
