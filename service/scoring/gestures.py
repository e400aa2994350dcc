"""Verdicts: for every gesture the rubric asks for, was it made, and what surrounded it?

lived            form, and at least one applicable family (room, follow-through) present, none contrary
mechanical       form, every applicable family measured, none present; or one contrary
done             form, and no family applies or could be measured
free             evidence without the form (gestures whose rule allows it)
missing          expected, its window reliably heard, neither form nor evidence
not_expected     the call gave no occasion, or the rubric does not ask for it
not_assessable   its window was not reliably heard

Delivery is shown beside the others and never enters a verdict. Each event feeds one line (`ledger`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from audio.notes import Note, Param
from audio.timeline import Span
from service.scoring.catalog import GESTURES, GestureRule
from service.scoring.delivery import delivery_of
from service.scoring.evidence import Act, Policy
from service.scoring.facts import Facts
from service.scoring.findings import Finding, counted_elsewhere, not_applicable
from service.scoring.follow_through import Scene, follow_through
from service.scoring.judgement import EvidenceLine, FamilyName, GestureLine, Occurrence, Verdict
from service.scoring.ledger import Ledger
from service.scoring.occasions import Occasion, not_heard, occasions
from service.scoring.rooms import room_at, room_of
from service.scoring.rubric import GestureAsked, Rubric

MADE: frozenset[Verdict] = frozenset({"lived", "mechanical", "done"})
_BEST_FIRST: tuple[Verdict, ...] = ("lived", "free", "mechanical", "done", "missing", "not_assessable")
_SCORED = {"present": 1.0, "absent": 0.0, "contrary": 0.0}


@dataclass(frozen=True)
class Judged:
    """One occasion with its verdict. `reason`: why it is not assessable."""

    verdict: Verdict
    occasion: Occasion
    findings: tuple[Finding, ...] = ()
    act: Act | None = None
    reason: Note | None = None

    def family(self, name: FamilyName) -> Finding:
        """One family's finding; `na` when it was not looked for."""
        return next((f for f in self.findings if f.name == name), None) or not_applicable(name)


@dataclass(frozen=True, eq=False)
class Court:
    """What every verdict needs."""

    facts: Facts
    rubric: Rubric
    policy: Policy
    ledger: Ledger


def judge_gestures(court: Court) -> list[GestureLine]:
    """All lines, in the rubric's order. Evidence is given out in the rubric's `claims_first` order."""
    lines = {asked.id: judge_gesture(asked, court) for asked in court.rubric.in_claim_order()}
    return [lines[asked.id] for asked in court.rubric.gestures]


def judge_gesture(asked: GestureAsked, court: Court) -> GestureLine:
    """One gesture over all its occasions."""
    if not court.facts.evidence.words.available and _asked_here(asked, court):
        return _without_words(asked, court)
    found = occasions(asked, court.facts, court.rubric)
    if not found:
        return _not_expected(asked)
    judged: list[Judged] = []
    for occasion in found:
        used = [j.act for j in judged if j.act is not None]
        judged.append(_judge(asked, occasion, court, used))
    return _line(asked, judged, court)


def _judge(asked: GestureAsked, occasion: Occasion, court: Court, used: Sequence[Act]) -> Judged:
    rule, facts = GESTURES[asked.id], court.facts
    acts = [a for a in facts.acts(rule.acts, within=occasion.window) if not any(a is u for u in used)]
    if acts:
        tried = [_made(asked, occasion, court, act) for act in acts]
        best = min(tried, key=_rank)
    else:
        best = _not_made(asked, occasion, court)
    for finding in best.findings:
        court.ledger.claim(finding.events, asked.id)
    return best


def _rank(judged: Judged) -> tuple[int, int]:
    """Best verdict first, then the occurrence with most families present: saying more never lowers a line.

    Delivery has no say: which occurrence is taken decides what is left for other lines.
    """
    present = sum(f.state == "present" for f in judged.findings if f.name != "delivery")
    return _BEST_FIRST.index(judged.verdict), -present


def _made(asked: GestureAsked, occasion: Occasion, court: Court, act: Act) -> Judged:
    findings = [_settled(f, asked, court) for f in _findings(asked, occasion, court, act)]
    return Judged(verdict_of(findings), occasion, tuple(findings), act)


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The verdict of a form that was made, from room and follow-through; delivery never decides."""
    states = [f.state for f in findings if f.name != "delivery" and f.state != "not_applicable"]
    if "contrary" in states:
        return "mechanical"
    if "present" in states:
        return "lived"
    return "mechanical" if states and all(s == "absent" for s in states) else "done"


def _findings(asked: GestureAsked, occasion: Occasion, court: Court, act: Act) -> list[Finding]:
    rule, found = GESTURES[asked.id], []
    if "room" in asked.families:
        found.append(room_of(court.facts, act, rule))
    if "follow_through" in asked.families:
        found.append(follow_through(rule.follow, Scene(court.facts, court.rubric, occasion, rule.acts, act)))
    if "delivery" in asked.families and court.policy != "no_voice":
        found.append(delivery_of(court.facts, act))
    return found


def _settled(finding: Finding, asked: GestureAsked, court: Court) -> Finding:
    owner = court.ledger.owner(finding.events, other_than=asked.id)
    return counted_elsewhere(finding, owner) if owner is not None else finding


def _not_made(asked: GestureAsked, occasion: Occasion, court: Court) -> Judged:
    """Free, missing or not assessable."""
    rule = GESTURES[asked.id]
    unheard = not_heard(occasion.window, court.facts, court.rubric.limits)
    surrounded = rule.free or (rule.follow == "refusal_respected" and "follow_through" in asked.families)
    alone = [_settled(_evidence_alone(rule, occasion, court), asked, court)] if surrounded else []
    if rule.free and any(f.state == "present" for f in alone):
        return Judged("free", occasion, tuple(alone))
    if unheard is not None:
        return Judged("not_assessable", occasion, reason=unheard)
    return Judged("missing", occasion, tuple(alone))


def _evidence_alone(rule: GestureRule, occasion: Occasion, court: Court) -> Finding:
    if rule.follow == "none":
        if not occasion.about:
            return not_applicable("room")
        return room_at(court.facts, court.facts.turns[occasion.about[0]].span.end_s)
    return follow_through(rule.follow, Scene(court.facts, court.rubric, occasion, rule.acts))


def _line(asked: GestureAsked, judged: Sequence[Judged], court: Court) -> GestureLine:
    verdict = _overall([j.verdict for j in judged])
    shown = next(j for j in judged if j.verdict == verdict)
    return GestureLine(
        id=asked.id,
        verdict=verdict,
        why=_why(asked, shown, court),
        expected=True,
        weight=asked.weight,
        occurrences=tuple(o for j in judged if (o := _occurrence(j, court)) is not None),
        window=shown.occasion.window,
        evidence=_evidence_lines(asked, judged),
        notes=_extra(judged),
    )


def _overall(verdicts: Sequence[Verdict]) -> Verdict:
    """Made when at least half of the assessed occasions were; then the most frequent verdict, the better on a tie."""
    assessed = [v for v in verdicts if v != "not_assessable"]
    if not assessed:
        return "not_assessable"
    made = [v for v in assessed if v in MADE]
    pool = made if 2 * len(made) >= len(assessed) else [v for v in assessed if v not in MADE]
    counts = Counter(pool)
    return max(sorted(counts, key=_BEST_FIRST.index), key=lambda v: counts[v])


def _extra(judged: Sequence[Judged]) -> tuple[Note, ...]:
    if len(judged) == 1:
        return ()
    made = sum(j.verdict in MADE for j in judged)
    lived = sum(j.verdict in ("lived", "free") for j in judged)
    return (Note("scoring.occasions", {"n": len(judged), "made": made, "lived": lived}),)


def _occurrence(judged: Judged, court: Court) -> Occurrence | None:
    families = tuple(f.as_family() for f in judged.findings)
    if judged.act is not None:
        act = judged.act
        return Occurrence(turn=act.turn, span=act.span, quote=act.quote, rule=act.rule, families=families)
    if not any(f.events for f in judged.findings):  # nothing was found, with or without the form
        return None
    finding = judged.findings[0]
    span = finding.span or judged.occasion.window
    position = court.facts.next_after(span.start_s, "agent")
    turn = court.facts.turns[position].index if position is not None else 0
    return Occurrence(turn=turn, span=span, quote=finding.quote, rule="", families=families)


def _evidence_lines(asked: GestureAsked, judged: Sequence[Judged]) -> tuple[EvidenceLine, ...]:
    """Per family the mean over occasions: present 1, absent or contrary 0. Families that never apply have no line."""
    lines = []
    for name, weight in sorted(asked.families.items()):
        if name == "delivery":
            continue
        states = [_state(j, name) for j in judged]
        scores = [_SCORED[s] for s in states if s in _SCORED]
        if scores:
            lines.append(EvidenceLine(family=name, score=sum(scores) / len(scores), weight=weight))
        elif "not_assessable" in states:
            lines.append(EvidenceLine(family=name, score=None, weight=weight))
    return tuple(lines)


def _state(judged: Judged, name: FamilyName) -> str:
    return "not_assessable" if judged.verdict == "not_assessable" else judged.family(name).state


def _asked_here(asked: GestureAsked, court: Court) -> bool:
    other = {"inbound": "outbound", "outbound": "inbound"}[court.facts.evidence.call.direction]
    return asked.expected not in ("not_asked", "if_made", other)


def _without_words(asked: GestureAsked, court: Court) -> GestureLine:
    reason = court.facts.evidence.words.reason or Note("scoring.no_transcript")
    lines = [EvidenceLine(family=n, score=None, weight=w) for n, w in sorted(asked.families.items()) if n != "delivery"]
    return GestureLine(
        id=asked.id, verdict="not_assessable", why=reason, expected=True, weight=asked.weight, evidence=tuple(lines)
    )


def _not_expected(asked: GestureAsked) -> GestureLine:
    why = Note(f"scoring.not_expected.{asked.expected}")
    full = asked.na == "count_full" and asked.expected not in ("not_asked", "if_made")
    return GestureLine(
        id=asked.id,
        verdict="not_expected",
        why=why,
        expected=False,
        weight=asked.weight,
        notes=(Note("scoring.na_counted_full"),) if full else (),
        counted_full=full,
    )


def _why(asked: GestureAsked, judged: Judged, court: Court) -> Note:
    """One sentence with numbers."""
    if judged.reason is not None:
        return judged.reason
    if judged.act is not None:
        return _why_made(judged, judged.act)
    if judged.verdict == "free":
        finding = judged.findings[0]
        at_s = finding.span.start_s if finding.span else 0.0
        return Note(f"scoring.free.{finding.variant}", {"at_s": at_s, "n": 0, "silence_s": 0.0, **finding.params})
    return _why_missing(asked, judged.occasion.window, court)


def _why_made(judged: Judged, act: Act) -> Note:
    room, follow = judged.family("room"), judged.family("follow_through")
    params: dict[str, Param] = {"said_s": act.span.start_s, "length_s": act.span.duration_s}
    params |= dict(room.params) | dict(follow.params)
    return Note(f"scoring.why.{_said(room)}.{_said(follow)}", params)


def _said(finding: Finding) -> str:
    return "na" if finding.variant == "elsewhere" else finding.variant


def _why_missing(asked: GestureAsked, window: Span, court: Court) -> Note:
    params: dict[str, Param] = {"start_s": window.start_s, "end_s": window.end_s}
    outside = court.facts.acts(GESTURES[asked.id].acts)
    if outside:
        return Note("scoring.missing_elsewhere", {**params, "at_s": outside[0].span.start_s})
    return Note("scoring.missing", params)
