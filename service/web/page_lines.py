"""Gestures by verdict, criteria of conduct, and moments: every line with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audio.timeline import Span
from service.labels import VERDICTS, Labels, plain
from service.scoring.judgement import Criterion, Family, GestureLine, Moment, Occurrence, Verdict

LEVEL_CUTS = (0.25, 0.5, 0.8)
"""Cuts of a criterion's score into the four words of a reading; proposal, to be calibrated."""


@dataclass(frozen=True)
class Place:
    """A second one can listen to."""

    time_s: float
    text: str
    end_s: float | None = None


@dataclass(frozen=True)
class FamilyRow:
    """One family of evidence."""

    name: str
    state: str
    state_label: str
    why: str
    quote: str
    place: Place | None


@dataclass(frozen=True)
class OccurrenceRow:
    """One time the gesture was made."""

    quote: str
    place: Place
    families: tuple[FamilyRow, ...]


@dataclass(frozen=True)
class GestureRow:
    """One gesture; `would_count` is said where something was not found; `notes`: on how many occasions."""

    name: str
    verdict: Verdict
    why: str
    notes: tuple[str, ...]
    would_count: str
    occurrences: tuple[OccurrenceRow, ...]


@dataclass(frozen=True)
class GestureGroup:
    """Gestures of one verdict."""

    verdict: Verdict
    label: str
    help: str
    rows: tuple[GestureRow, ...]


@dataclass(frozen=True)
class CriterionRow:
    """One criterion: value with unit, and its reading in four steps (0: not assessable)."""

    name: str
    idea: str
    value: str
    level: int
    reading: str
    why: str
    counts: bool
    assessed: bool
    places: tuple[Place, ...]


@dataclass(frozen=True)
class MomentCard:
    """One moment: `when` it happens, and the `place` to listen from and to."""

    number: int
    name: str
    situation: str
    when: str
    party: str
    good: bool
    why: str
    hint: str
    quote: str
    place: Place


def place_of(span: Span, labels: Labels) -> Place:
    """Where a link goes and what it says."""
    return Place(round(span.start_s, 2), labels.stretch(span))


def gesture_groups(gestures: Sequence[GestureLine], labels: Labels) -> list[GestureGroup]:
    """One group per verdict that occurs, in reading order."""
    by_verdict = {v: [g for g in gestures if g.verdict == v] for v in VERDICTS}
    return [
        GestureGroup(
            verdict,
            labels.verdict(verdict, len(lines)),
            labels.of("verdict_help", verdict),
            tuple(_gesture(line, labels) for line in lines),
        )
        for verdict, lines in by_verdict.items()
        if lines
    ]


def _gesture(line: GestureLine, labels: Labels) -> GestureRow:
    wanted = line.verdict in {"missing", "mechanical"} and labels.say.has(f"expected.{line.id}")
    return GestureRow(
        name=labels.gesture(line.id),
        verdict=line.verdict,
        why=labels.note(line.why),
        notes=tuple(labels.note(n) for n in line.notes),
        would_count=labels.say.text(f"expected.{line.id}") if wanted else "",
        occurrences=occurrence_rows(line.occurrences, labels),
    )


def occurrence_rows(occurrences: Sequence[Occurrence], labels: Labels) -> tuple[OccurrenceRow, ...]:
    """Quotes with their second and their families; a family that does not apply is left out."""
    return tuple(
        OccurrenceRow(
            plain(o.quote),
            place_of(o.span, labels),
            tuple(_family(f, labels) for f in o.families if f.state != "not_applicable"),
        )
        for o in occurrences
    )


def _family(family: Family, labels: Labels) -> FamilyRow:
    return FamilyRow(
        name=labels.of("family", family.name),
        state=family.state,
        state_label=labels.of("state", family.state),
        why=labels.note(family.why),
        quote=plain(family.quote),
        place=place_of(family.span, labels) if family.span else None,
    )


def level(score: float | None) -> int:
    """0 when not assessable, else 1 to 4."""
    return 0 if score is None else 1 + sum(score >= cut for cut in LEVEL_CUTS)


def reading(line: Criterion) -> str:
    """Which words read a criterion: a gift only adds, a guard that found nothing has nothing to report."""
    if line.score is None:
        return "level_none" if line.applies else "reading_idle"
    if line.kind == "gift":
        return "reading_gift" if line.score > 0 else "reading_no_gift"
    if line.kind == "guard" and line.score >= 1.0:
        return "reading_clear"
    return f"level_{level(line.score)}"


def criterion_rows(criteria: Sequence[Criterion], labels: Labels) -> list[CriterionRow]:
    """Criteria in the rubric's order."""
    return [_criterion(c, labels) for c in criteria]


def _criterion(line: Criterion, labels: Labels) -> CriterionRow:
    words = reading(line)
    step = level(line.score) if words.startswith("level_") else 0
    return CriterionRow(
        name=labels.of("criterion measure act", line.id),
        idea=labels.of("idea", line.idea) if line.idea else "",
        value="" if line.value is None else labels.quantity(line.value, line.unit),
        level=step,
        reading=labels.say.text(f"page.{words}"),
        why=" ".join(labels.note(n) for n in (line.why, *line.notes)),
        counts=line.weight > 0 and line.kind != "context",
        assessed=line.score is not None,
        places=tuple(place_of(s, labels) for s in line.spans[:8]),
    )


def moment_cards(moments: Sequence[Moment], labels: Labels) -> list[MomentCard]:
    """Cards in the judgement's order; the number is the one on the timeline."""
    return [
        MomentCard(
            number=number,
            name=labels.of("moment gesture act criterion", m.kind),
            situation=labels.of("situation", m.situation) if m.situation else "",
            when=labels.clock(m.span.start_s),
            party=labels.of("party", m.party),
            good=m.good,
            why=labels.note(m.why),
            hint=labels.note(m.hint),
            quote=plain(m.quote),
            place=Place(round(m.listen.start_s, 2), labels.stretch(m.listen), round(m.listen.end_s, 2)),
        )
        for number, m in enumerate(moments, start=1)
    ]
