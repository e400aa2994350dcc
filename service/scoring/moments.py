"""Moments: the few stretches worth a coach's ear, best first.

At most twelve, ranked by severity and by how sure the evidence is, merged when they overlap, good ones among them
when there are any. Which of two that overlap stays does not depend on a rubric's weights: they change the order. `id`
is a hash of kind, rule and times to 0.1 s: it survives re-scoring and re-ordering. Each has its values
(`moment_values`) and is set against the agent's usual (`usual`).
Delivery makes one moment at most, a voice that is metallic for two minutes, and only where the policy lets it count:
under the others order and choice are what they would be without a voice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from audio.notes import Note, Param
from audio.timeline import Span
from service.scoring import moment_values
from service.scoring.candidate import Candidate
from service.scoring.clips import listening
from service.scoring.conduct_floor import PULSE_S, signs_before
from service.scoring.conduct_words import learnt_in
from service.scoring.evidence import Act, SpokenTurn
from service.scoring.facts import Facts
from service.scoring.gestures import Court
from service.scoring.hints import conduct_hint, gesture_hint, gift_of, situation_of
from service.scoring.judgement import Criterion, GestureLine, Moment, MomentMeasure, Occurrence
from service.scoring.moment_values import count, seconds
from service.scoring.usual import Scored, Usual, says_something, turn_of

MAX_MOMENTS = 12
MIN_GOOD = 3
MONO_SURENESS = 0.7
CLIP_S = 20.0
"""A longer stretch is shown by its beginning: nobody listens to two minutes to check one line."""
EVIDENCE_WITHIN_S = 15.0
MISSING_WINDOW_S = 30.0
QUOTED = 200
PER_WEIGHT, MOST_WEIGHT = 0.05, 2.0
"""What a gesture's weight in the rubric adds to its severity."""
_OVER_SPEECH = frozenset({"interruptions", "listened_first"})
_LENGTHS = {**dict.fromkeys(_OVER_SPEECH, "overlap_s"), "dead_air": "silence_s"}
_VERDICTS = frozenset({"lived", "mechanical", "free", "missing"})

_SEVERITY = {
    **{"pressure": 0.95, "plain_speech": 0.85, "listened_first": 0.8, "interruptions": 0.8, "promises": 0.75},
    **{"pulse": 0.7, "questions_answered": 0.6, "room_after_question": 0.5, "dead_air": 0.45},
    **{"lived": 0.65, "free": 0.65, "mechanical": 0.65, "missing": 0.55},
    "metallic": 0.5,
    **{"honest_limit": 0.7, "free_care": 0.7, "taught_and_learnt": 0.7},
}


def find_moments(court: Court, lines: Scored) -> list[Moment]:
    """The moments of a judged call."""
    finder = _Finder(court, lines, Usual(court, lines))
    # a voice runs under everything else: its stretch is not the same event as what happens in it
    heard = list(finder.of_the_voice()) if court.policy == "combined" else []
    kept = merged(sorted(finder.candidates(), key=lambda c: c.rank_unweighted))
    chosen = choose(sorted(kept, key=lambda c: c.rank), always=heard)
    return [finder.moment(c) for c in chosen]


@dataclass(frozen=True, eq=False)
class _Finder:
    court: Court
    lines: Scored
    usual: Usual

    @property
    def facts(self) -> Facts:
        return self.court.facts

    def candidates(self) -> Iterator[Candidate]:
        """Everything that could be a moment but the voice."""
        for gesture in self.lines.gestures:
            yield from self._of_gesture_line(gesture)
        for criterion in self.lines.criteria:
            yield from self._of_criterion_line(criterion)
        for one in self.lines.free:
            yield self._of_free(one)

    def _of_gesture_line(self, line: GestureLine) -> Iterator[Candidate]:
        if line.verdict in ("lived", "mechanical", "free"):
            for one in telling(line):
                yield self._of_gesture(line, _with_families(one), one)
        elif line.verdict == "missing" and line.evidence and (window := _short_window(line)):
            yield self._of_gesture(line, window, None)

    def _of_gesture(self, line: GestureLine, span: Span, one: Occurrence | None) -> Candidate:
        situation = situation_of(line.id, line.verdict, one)
        measures = moment_values.around(one) if one else (seconds("window_s", span.duration_s),)
        return Candidate(
            kind=line.verdict,
            rule=line.id,
            span=span,
            severity=_SEVERITY[line.verdict],
            good=line.verdict in ("lived", "free"),
            why=_rules_sentence(line),
            hint=gesture_hint(line.id, line.verdict, situation),
            measures=measures,
            quote=one.quote if one else "",
            situation=situation,
            sureness=self._sureness(span, one),
            bonus=PER_WEIGHT * min(line.weight, MOST_WEIGHT) if one else 0.0,
            one=one,
        )

    def _of_criterion_line(self, line: Criterion) -> Iterator[Candidate]:
        if line.id not in _SEVERITY or line.score is None or line.score >= 1.0 or line.kind == "gift":
            return
        if line.id == "honest_limit":  # kept limits come as free gestures
            return
        spans = line.spans[1:] if line.id == "listened_first" else line.spans
        for nth, span in enumerate(spans[:4], start=1):
            yield self._of_criterion(line.id, span, {"nth": nth, "n": len(spans)})

    def _of_criterion(self, criterion: str, span: Span, place: dict[str, Param]) -> Candidate:
        act = self.facts.act_at.get(span)
        measures = tuple(self._measured(criterion, span, act))
        params = {"at_s": span.start_s, "length_s": span.duration_s, **place, **moment_values.as_params(measures)}
        words = criterion not in _LENGTHS
        return Candidate(
            kind=criterion,
            rule=criterion,
            span=span,
            severity=_SEVERITY[criterion],
            good=False,
            why=Note(f"scoring.moment.{criterion}{self._variant(criterion, span)}", params),
            hint=conduct_hint(criterion, act.id if act else ""),
            measures=measures,
            quote=_quote_at(self.facts, criterion, span, act),
            party=act.party if act else "agent",
            sureness=self._sureness(span) if words else self._of_the_floor,
        )

    def _measured(self, criterion: str, span: Span, act: Act | None) -> Iterator[MomentMeasure]:
        if criterion == "room_after_question":
            room = self.usual.room_at(span)
            silence_s = room.params.get("silence_s", 0.0) if room else 0.0  # none: asked on in the same breath
            yield seconds("silence_after_s", float(silence_s))
            return
        yield seconds(_LENGTHS.get(criterion, "said_s"), span.duration_s)
        if criterion == "pulse" and act is not None:
            yield count("signs", signs_before(self.facts, act, voice=self.court.policy == "combined"))
            yield seconds("window_s", PULSE_S)

    def _variant(self, criterion: str, span: Span) -> str:
        room = self.usual.room_at(span) if criterion == "room_after_question" else None
        return ".cut" if room is not None and room.state == "contrary" else ""

    def _of_free(self, one: Occurrence) -> Candidate:
        gift = gift_of(one.rule)
        measures = (seconds("said_s", one.span.duration_s), *(self._learnt(one) if gift == "learnt" else ()))
        params: dict[str, Param] = {"at_s": one.span.start_s, **moment_values.as_params(measures)}
        return Candidate(
            kind="free_care",
            rule=one.rule,
            span=one.span,
            severity=_SEVERITY["free_care"],
            good=True,
            why=Note(f"scoring.moment.free_care.{gift}" if gift else "scoring.moment.free_care", params),
            hint=conduct_hint("free_care", gift),
            measures=measures,
            quote=one.quote,
            sureness=self._sureness(one.span, one),
            one=one,
        )

    def _learnt(self, one: Occurrence) -> tuple[MomentMeasure, ...]:
        """Words taken up again, and how long before the customer said the first of them."""
        words = learnt_in(self.facts, self.facts.place(one.turn))
        since_s = (one.span.start_s - self.facts.first_said_s(w) for w in words)
        return count("words_taken_up", len(words)), seconds("first_said_before_s", max(since_s, default=0.0))

    def of_the_voice(self) -> Iterator[Candidate]:
        """The worst 20 s of an agent's voice that is metallic for two minutes or more."""
        found = self.facts.evidence.metallic.get("agent")
        if found is None or not found.flagged or found.worst is None:
            return
        five = found.worst.components
        measures = (*moment_values.of_components(five), seconds("run_s", found.longest_s))
        low, read = sum(c.low is True for c in five), sum(c.low is not None for c in five)
        params: dict[str, Param] = {"at_s": found.worst.span.start_s, "low": low, "read": read}
        yield Candidate(
            kind="metallic",
            rule="metallic",
            span=found.worst.span,
            severity=_SEVERITY["metallic"],
            good=False,
            why=Note("scoring.moment.metallic", {**params, **moment_values.as_params(measures)}),
            hint=conduct_hint("metallic", ""),
            measures=measures,
            sureness=self._of_the_floor,
        )

    @property
    def _of_the_floor(self) -> float:
        return MONO_SURENESS if self.facts.mono else 1.0

    def _sureness(self, span: Span, one: Occurrence | None = None) -> float:
        """Less on one track, for words under the rubric's limit of confidence, and for a phrase matched in part."""
        act = self.facts.act_at.get(one.span if one else span)
        party, limit = act.party if act is not None else "agent", self.court.rubric.limits.min_word_confidence
        turn = turn_of(self.court, span, one, party)
        heard = turn.confidence if turn is not None else None
        words = 1.0 if heard is None or heard >= limit else heard / limit
        return self._of_the_floor * words * (act.score if act is not None else 1.0)

    def moment(self, candidate: Candidate) -> Moment:
        """The candidate as the judgement keeps it."""
        span = Span(candidate.span.start_s, min(candidate.span.end_s, candidate.span.start_s + CLIP_S))
        compared = self.usual.compared(candidate)
        return Moment(
            id=candidate.id,
            kind=candidate.rule if candidate.kind in _VERDICTS else candidate.kind,
            party=candidate.party,
            span=span,
            listen=listening(self.facts, span, candidate.party),
            severity=round(candidate.worth, 3),
            good=candidate.good,
            why=candidate.why,
            hint=candidate.hint,
            quote=candidate.quote,
            situation=candidate.situation,
            measures=(*candidate.measures, *moment_values.of_voice(self._heard(candidate))),
            compared=compared.note,
            baseline=compared.baseline,
        )

    def _heard(self, candidate: Candidate) -> SpokenTurn | None:
        """The turn whose voice may be told."""
        told = self.court.policy == "combined" and candidate.party == "agent" and says_something(candidate.kind)
        return turn_of(self.court, candidate.span, candidate.one) if told else None


def _rules_sentence(line: GestureLine) -> Note:
    """What was measured, also where a person decided otherwise about it."""
    return line.overridden.why if line.overridden is not None and line.overridden.why is not None else line.why


def _short_window(line: GestureLine) -> Span | None:
    """Where a missing gesture was expected, when that is short enough to be listened to."""
    return line.window if line.window and line.window.duration_s <= MISSING_WINDOW_S else None


def telling(line: GestureLine) -> list[Occurrence]:
    """The occurrence the line's sentence is about, if its room or follow-through was found or refuted; else the first
    of which that is so."""
    wanted = {"present"} if line.verdict in ("lived", "free") else {"absent", "contrary"}
    found = [o for o in line.occurrences if any(f.state in wanted and f.name != "delivery" for f in o.families)]
    said_s = _rules_sentence(line).params.get("said_s")
    return [*(o for o in found if o.span.start_s == said_s), *found][:1]


def _with_families(one: Occurrence) -> Span:
    """From the gesture to the evidence that made its verdict, when that is near."""
    ends = [f.span.end_s for f in one.families if f.span is not None and f.name != "delivery"]
    near = [e for e in ends if one.span.end_s <= e <= one.span.end_s + EVIDENCE_WITHIN_S]
    return Span(one.span.start_s, max([one.span.end_s, *near]))


def _quote_at(facts: Facts, criterion: str, span: Span, act: Act | None) -> str:
    """The act's words; where the agent spoke over the customer, the agent's turn there."""
    if act is not None:
        return act.quote
    if criterion not in _OVER_SPEECH:
        return ""
    turns = [t for t in facts.turns if t.party == "agent" and t.span.overlap(span)]
    return turns[-1].text[:QUOTED] if turns else ""


def merged(ranked: Iterable[Candidate]) -> list[Candidate]:
    """Of overlapping candidates of one sign, the first in rank."""
    kept: list[Candidate] = []
    for candidate in ranked:
        if not any(candidate.good == k.good and _overlap(candidate.span, k.span) for k in kept):
            kept.append(candidate)
    return kept


def _overlap(a: Span, b: Span) -> bool:
    return a.start_s <= b.end_s and b.start_s <= a.end_s


def choose(ranked: Sequence[Candidate], always: Sequence[Candidate] = ()) -> list[Candidate]:
    """At most twelve, `always` and three good ones among them when there are as many."""
    good = [c for c in ranked if c.good]
    reserved = [*always, *good[:MIN_GOOD]]
    others = [c for c in ranked if c not in reserved][: MAX_MOMENTS - len(reserved)]
    return sorted([*reserved, *others], key=lambda c: c.rank)
