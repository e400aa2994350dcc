"""Moments: the few stretches worth a coach's ear, best first.

At most twelve, ranked by severity and by how sure the evidence is, merged when they overlap, good ones among them
when there are any. `id` is a hash of kind, rule and times to 0.1 s: it survives re-scoring and re-ordering.
Delivery makes one moment at most, a voice that is metallic for two minutes, and only where the policy lets it count:
under the others order and choice are what they would be without a voice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from audio.notes import Note, Param
from audio.timeline import Party, Span
from service.scoring.clips import listening
from service.scoring.conduct_floor import five_numbers
from service.scoring.evidence import Act
from service.scoring.facts import Facts
from service.scoring.gestures import Court
from service.scoring.hints import conduct_hint, gesture_hint, gift_of, situation_of
from service.scoring.judgement import Criterion, GestureLine, Moment, Occurrence

MAX_MOMENTS = 12
MIN_GOOD = 3
MONO_SURENESS = 0.7
CLIP_S = 20.0
"""A longer stretch is shown by its beginning: nobody listens to two minutes to check one line."""
EVIDENCE_WITHIN_S = 15.0
MISSING_WINDOW_S = 30.0
QUOTED = 200
_OVER_SPEECH = frozenset({"interruptions", "listened_first"})

_SEVERITY = {
    **{"pressure": 0.95, "plain_speech": 0.85, "listened_first": 0.8, "interruptions": 0.8, "promises": 0.75},
    **{"pulse": 0.7, "questions_answered": 0.6, "room_after_question": 0.5, "dead_air": 0.45},
    **{"lived": 0.65, "free": 0.65, "mechanical": 0.65, "missing": 0.55},
    "metallic": 0.5,
    **{"honest_limit": 0.7, "free_care": 0.7, "taught_and_learnt": 0.7},
}


@dataclass(frozen=True)
class Judged:
    """The lines of a scorecard that moments are taken from."""

    gestures: Sequence[GestureLine]
    criteria: Sequence[Criterion]
    free: Sequence[Occurrence]


@dataclass(frozen=True)
class _Candidate:
    kind: str
    rule: str
    span: Span
    severity: float
    good: bool
    why: Note
    hint: Note
    quote: str = ""
    situation: str = ""
    party: Party = "agent"

    @cached_property
    def id(self) -> str:
        name = f"{self.kind}|{self.rule}|{self.span.start_s:.1f}|{self.span.end_s:.1f}"
        return hashlib.sha256(name.encode()).hexdigest()[:12]

    @cached_property
    def rank(self) -> tuple[float, float, float, str]:
        return (-self.severity, self.span.start_s, self.span.end_s, self.id)


def find_moments(court: Court, lines: Judged) -> list[Moment]:
    """The moments of a judged call."""
    facts = court.facts
    found = [*_of_gestures(lines.gestures), *_of_criteria(facts, lines.criteria), *_of_free(lines.free)]
    # a voice runs under everything else: its stretch is not the same event as what happens in it
    heard = list(_of_the_voice(facts)) if court.policy == "combined" else []
    chosen = choose(merged(sorted(found, key=lambda c: c.rank)), always=heard)
    sureness = MONO_SURENESS if facts.mono else 1.0
    return [_moment(c, facts, sureness) for c in chosen]


def _of_gestures(gestures: Sequence[GestureLine]) -> Iterator[_Candidate]:
    for line in gestures:
        if line.verdict in ("lived", "mechanical", "free"):
            good = line.verdict != "mechanical"
            for one in _telling(line):
                severity = _SEVERITY[line.verdict] + 0.05 * min(line.weight, 2.0)
                yield _of_gesture(line, _with_families(one), severity, good, one)
        elif line.verdict == "missing" and line.evidence and (window := _short_window(line)):
            yield _of_gesture(line, window, _SEVERITY["missing"], False, None)


def _short_window(line: GestureLine) -> Span | None:
    """Where a missing gesture was expected, when that is short enough to be listened to."""
    return line.window if line.window and line.window.duration_s <= MISSING_WINDOW_S else None


def _of_gesture(line: GestureLine, span: Span, severity: float, good: bool, one: Occurrence | None) -> _Candidate:
    situation = situation_of(line.id, line.verdict, one)
    hint, quote = gesture_hint(line.id, line.verdict, situation), one.quote if one else ""
    return _Candidate(line.verdict, line.id, span, severity, good, line.why, hint, quote, situation)


def _telling(line: GestureLine) -> list[Occurrence]:
    """The occurrence the line's sentence is about: the first whose room or follow-through was found or refuted."""
    wanted = {"present"} if line.verdict in ("lived", "free") else {"absent", "contrary"}
    found = [o for o in line.occurrences if any(f.state in wanted and f.name != "delivery" for f in o.families)]
    return found[:1]


def _with_families(one: Occurrence) -> Span:
    """From the gesture to the evidence that made its verdict, when that is near."""
    ends = [f.span.end_s for f in one.families if f.span is not None and f.name != "delivery"]
    near = [e for e in ends if one.span.end_s <= e <= one.span.end_s + EVIDENCE_WITHIN_S]
    return Span(one.span.start_s, max([one.span.end_s, *near]))


def _of_criteria(facts: Facts, criteria: Sequence[Criterion]) -> Iterator[_Candidate]:
    for line in criteria:
        if line.id not in _SEVERITY or line.score is None or line.score >= 1.0 or line.kind == "gift":
            continue
        if line.id == "honest_limit":  # kept limits come as free gestures
            continue
        spans = line.spans[1:] if line.id == "listened_first" else line.spans
        for span in spans[:4]:
            yield _of_criterion(facts, line.id, span)


def _of_criterion(facts: Facts, criterion: str, span: Span) -> _Candidate:
    act = facts.act_at.get(span)
    params: dict[str, Param] = {"at_s": span.start_s, "length_s": span.duration_s}
    why, hint = Note(f"scoring.moment.{criterion}", params), conduct_hint(criterion, act.id if act else "")
    quote, party = _quote_at(facts, criterion, span, act), act.party if act else "agent"
    return _Candidate(criterion, criterion, span, _SEVERITY[criterion], False, why, hint, quote, party=party)


def _quote_at(facts: Facts, criterion: str, span: Span, act: Act | None) -> str:
    """The act's words; where the agent spoke over the customer, the agent's turn there."""
    if act is not None:
        return act.quote
    if criterion not in _OVER_SPEECH:
        return ""
    turns = [t for t in facts.turns if t.party == "agent" and t.span.overlap(span)]
    return turns[-1].text[:QUOTED] if turns else ""


def _of_free(free: Sequence[Occurrence]) -> Iterator[_Candidate]:
    for one in free:
        gift = gift_of(one.rule)
        code = f"scoring.moment.free_care.{gift}" if gift else "scoring.moment.free_care"
        why, hint = Note(code, {"at_s": one.span.start_s}), conduct_hint("free_care", gift)
        yield _Candidate("free_care", one.rule, one.span, _SEVERITY["free_care"], True, why, hint, one.quote)


def _of_the_voice(facts: Facts) -> Iterator[_Candidate]:
    """The worst 20 s of an agent's voice that is metallic for two minutes or more."""
    found = facts.evidence.metallic.get("agent")
    if found is None or not found.flagged or found.worst is None:
        return
    five = found.worst.components
    params: dict[str, Param] = {
        "at_s": found.worst.span.start_s,
        "low": sum(c.low is True for c in five),
        "read": sum(c.low is not None for c in five),
        "run_s": found.longest_s,
    }
    why, hint = Note("scoring.moment.metallic", {**params, **five_numbers(five)}), conduct_hint("metallic", "")
    yield _Candidate("metallic", "metallic", found.worst.span, _SEVERITY["metallic"], False, why, hint)


def merged(ranked: Iterable[_Candidate]) -> list[_Candidate]:
    """Of overlapping candidates of one sign, the first in rank."""
    kept: list[_Candidate] = []
    for candidate in ranked:
        if not any(candidate.good == k.good and _overlap(candidate.span, k.span) for k in kept):
            kept.append(candidate)
    return kept


def _overlap(a: Span, b: Span) -> bool:
    return a.start_s <= b.end_s and b.start_s <= a.end_s


def choose(ranked: Sequence[_Candidate], always: Sequence[_Candidate] = ()) -> list[_Candidate]:
    """At most twelve, `always` and three good ones among them when there are as many."""
    good = [c for c in ranked if c.good]
    reserved = [*always, *good[:MIN_GOOD]]
    others = [c for c in ranked if c not in reserved][: MAX_MOMENTS - len(reserved)]
    return sorted([*reserved, *others], key=lambda c: c.rank)


def _moment(candidate: _Candidate, facts: Facts, sureness: float) -> Moment:
    span = Span(candidate.span.start_s, min(candidate.span.end_s, candidate.span.start_s + CLIP_S))
    return Moment(
        id=candidate.id,
        kind=candidate.kind if candidate.kind not in ("lived", "mechanical", "free", "missing") else candidate.rule,
        party=candidate.party,
        span=span,
        listen=listening(facts, span, candidate.party),
        severity=round(candidate.severity * sureness, 3),
        good=candidate.good,
        why=candidate.why,
        hint=candidate.hint,
        quote=candidate.quote,
        situation=candidate.situation,
    )
