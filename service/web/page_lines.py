"""Gestures by verdict, criteria of conduct, and moments: every line with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audio.timeline import Span
from service.labels import VERDICTS, Labels, plain
from service.scoring.catalog import LEVEL_CUTS, level_of
from service.scoring.evidence import AcrossCalls
from service.scoring.hints import gift_of
from service.scoring.judgement import Criterion, Family, GestureLine, Moment, Occurrence, Overridden, Verdict
from service.web.page_across import repeat_sentence

TOP_LEVEL = len(LEVEL_CUTS) + 1
AROUND_S = 1.0
"""Played before and after the evidence: half a second of overlap alone can't be told by ear."""
MAX_PLACES = 8


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
    """One time the gesture was made. `beside`: what the agent's earlier calls say of it; context, no evidence."""

    quote: str
    place: Place
    families: tuple[FamilyRow, ...]
    beside: str = ""


@dataclass(frozen=True)
class Decision:
    """A person's decision on a line, with what the rules had read kept beside it."""

    by: str
    reason: str
    before: str


@dataclass(frozen=True)
class GestureRow:
    """One gesture; `would_count` is said where something was not found; `notes`: on how many occasions.

    `window`: where one that was not heard was expected, to listen for oneself.
    """

    anchor: str
    name: str
    verdict: Verdict
    why: str
    notes: tuple[str, ...]
    would_count: str
    occurrences: tuple[OccurrenceRow, ...]
    decision: Decision | None = None
    window: Place | None = None
    line: str = ""


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
    formula: str
    value: str
    level: int
    reading: str
    why: str
    counts: bool
    assessed: bool
    places: tuple[Place, ...]
    would_count: str = ""
    decision: Decision | None = None
    line: str = ""

    @property
    def quiet(self) -> bool:
        """Nothing to report, to hear or to argue with: on paper its name and value are enough."""
        return self.assessed and not (self.level or self.decision or self.places)


@dataclass(frozen=True)
class FreeRow:
    """Something given that no script asked for."""

    name: str
    quote: str
    place: Place
    families: tuple[FamilyRow, ...]


@dataclass(frozen=True)
class MomentCard:
    """One moment: `when` it happens, and the `place` to listen from and to.

    `compared` sets it against what the agent usually does; `is_compared` False: it says why nothing can, or is empty.
    """

    number: int
    name: str
    situation: str
    when: str
    party: str
    good: bool
    why: str
    compared: str
    is_compared: bool
    hint: str
    quote: str
    place: Place
    id: str = ""

    @property
    def line(self) -> str:
        """How a review names it."""
        return f"moment:{self.id}"


def place_of(span: Span, labels: Labels) -> Place:
    """A link that plays these seconds, and says which they are."""
    start_s = max(0.0, span.start_s - AROUND_S)
    return Place(round(start_s, 2), labels.stretch(span), round(span.end_s + AROUND_S, 2))


def gesture_groups(
    gestures: Sequence[GestureLine], labels: Labels, across: AcrossCalls | None = None
) -> list[GestureGroup]:
    """One group per verdict that occurs, in reading order. `across`: the agent's earlier calls, as the reader may."""
    rows = [_gesture(number, line, labels, across) for number, line in enumerate(gestures, start=1)]
    by_verdict = {v: tuple(row for row in rows if row.verdict == v) for v in VERDICTS}
    return [
        GestureGroup(verdict, labels.verdict(verdict, len(held)), labels.of("verdict_help", verdict), held)
        for verdict, held in by_verdict.items()
        if held
    ]


def _gesture(number: int, line: GestureLine, labels: Labels, across: AcrossCalls | None) -> GestureRow:
    # a decided line's own sentence is the decision, and its first note what the rules had said
    said = (*line.notes,) if line.overridden else (line.why, *line.notes)
    why, *notes = [labels.note(n) for n in said] or [""]
    return GestureRow(
        anchor=f"gesture-{number}",
        name=labels.gesture(line.id),
        verdict=line.verdict,
        why=why,
        notes=tuple(notes),
        would_count=_would_count(line.id, labels) if line.verdict in {"missing", "mechanical"} else "",
        occurrences=occurrence_rows(line.occurrences, labels, across),
        decision=_decision(line.overridden, labels, _verdict_before(line.overridden, labels)),
        window=place_of(line.window, labels) if line.window and line.verdict == "missing" else None,
        line=f"gesture:{line.id}",
    )


def _would_count(identifier: str, labels: Labels) -> str:
    return labels.say.text(f"expected.{identifier}") if labels.say.has(f"expected.{identifier}") else ""


def _verdict_before(found: Overridden | None, labels: Labels) -> str:
    return labels.verdict(found.verdict) if found and found.verdict else ""


def _decision(found: Overridden | None, labels: Labels, before: str) -> Decision | None:
    if found is None:
        return None
    return Decision(
        by=labels.say.text("page.decided_by", by=plain(found.by)),
        reason=plain(found.reason),
        before=labels.say.text("page.rules_read", what=before),
    )


def free_rows(found: Sequence[Occurrence], labels: Labels) -> tuple[FreeRow, ...]:
    """What was given outside the script, in order of time."""
    return tuple(
        FreeRow(labels.of("gift", gift) if (gift := gift_of(one.rule)) else "", row.quote, row.place, row.families)
        for one, row in zip(found, occurrence_rows(found, labels), strict=True)
    )


def occurrence_rows(
    occurrences: Sequence[Occurrence], labels: Labels, across: AcrossCalls | None = None
) -> tuple[OccurrenceRow, ...]:
    """Quotes with their second and their families; a family that does not apply is left out."""
    return tuple(
        OccurrenceRow(
            plain(o.quote),
            place_of(o.span, labels),
            tuple(_family(f, labels) for f in o.families if f.state != "not_applicable"),
            repeat_sentence(across, o, labels),
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
    return 0 if score is None else level_of(score)


def reading(line: Criterion) -> str:
    """Which words read a criterion: a gift only adds, a guard that found nothing has nothing to report."""
    if line.score is None:
        return "level_none" if line.applies else "reading_idle"
    return _reading_of(line.score, line.kind)


def _reading_of(score: float, kind: str) -> str:
    if kind == "gift":
        return "reading_gift" if score > 0 else "reading_no_gift"
    if kind == "guard" and score >= 1.0:
        return "reading_clear"
    return f"level_{level(score)}"


def criterion_rows(criteria: Sequence[Criterion], labels: Labels) -> list[CriterionRow]:
    """Criteria in the rubric's order."""
    return [_criterion(c, labels) for c in criteria]


def _criterion(line: Criterion, labels: Labels) -> CriterionRow:
    words = reading(line)
    step = level(line.score) if words.startswith("level_") else 0
    said = line.notes if line.overridden else (line.why, *line.notes)
    return CriterionRow(
        name=labels.of("criterion measure act", line.id),
        idea=labels.of("idea", line.idea) if line.idea else "",
        formula=labels.say.text(f"formula.{line.id}") if labels.say.has(f"formula.{line.id}") else "",
        value="" if line.value is None else labels.quantity(line.value, line.unit),
        level=step,
        reading=labels.say.text(f"page.{words}"),
        why=" ".join(labels.note(n) for n in said),
        counts=line.weight > 0 and line.kind != "context",
        assessed=line.score is not None,
        places=tuple(place_of(s, labels) for s in line.spans[:MAX_PLACES]),
        would_count=_would_count(line.id, labels) if _falls_short(line) else "",
        decision=_decision(line.overridden, labels, _reading_before(line, labels)),
        line=f"criterion:{line.id}",
    )


def _falls_short(line: Criterion) -> bool:
    """A gift that gave something has nothing to answer for."""
    if line.score is None or line.kind == "context":
        return False
    return level(line.score) < TOP_LEVEL if line.kind != "gift" else line.score == 0.0


def _reading_before(line: Criterion, labels: Labels) -> str:
    found = line.overridden
    if found is None:
        return ""
    return labels.say.text("page.level_none" if found.score is None else f"page.{_reading_of(found.score, line.kind)}")


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
            compared=labels.note(m.compared) if m.compared else "",
            is_compared=m.baseline != "none",
            hint=labels.note(m.hint),
            quote=plain(m.quote),
            place=Place(round(m.listen.start_s, 2), labels.stretch(m.listen), round(m.listen.end_s, 2)),
            id=m.id,
        )
        for number, m in enumerate(moments, start=1)
    ]
