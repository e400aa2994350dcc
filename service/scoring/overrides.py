"""Decisions of a person on single lines, put over what the rules said, which is kept beside.

A gesture takes a verdict, a criterion or a line `by: person` a score from 0 to 1. What the families of a gesture add
follows its verdict: lived and free keep what was found (all present when nothing was), mechanical is none, done and
missing have none to count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from audio.notes import Note, Param
from service.scoring.catalog import never_applies
from service.scoring.judgement import Criterion, EvidenceLine, GestureLine, Overridden, PersonLine, Verdict
from service.scoring.rubric import GestureAsked, Rubric


@dataclass(frozen=True)
class Override:
    """One decision. `reason` is required: a line is changed by an argument, not by a click."""

    line: str
    reason: str
    by: str
    verdict: Verdict | None = None
    score: float | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("an override needs a reason")
        if (self.verdict is None) == (self.score is None):
            raise ValueError("an override has a verdict or a score")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError("a score lies from 0 to 1")


@dataclass(frozen=True)
class Lines:
    """The lines of a scorecard, and what to tell of decisions that fit none of them."""

    gestures: tuple[GestureLine, ...]
    criteria: tuple[Criterion, ...]
    people: tuple[PersonLine, ...]
    notes: tuple[Note, ...] = ()


def person_lines(rubric: Rubric) -> tuple[PersonLine, ...]:
    """The rubric's lines `by: person`, waiting."""
    return tuple(
        PersonLine(id=x.id, title={str(k): v for k, v in x.title.items()}, weight=x.weight) for x in rubric.lines
    )


def apply_overrides(lines: Lines, overrides: Sequence[Override], rubric: Rubric) -> Lines:
    """The lines as decided; of two decisions on one line the later stands."""
    decided = {o.line: o for o in overrides}
    asked = {g.id: g for g in rubric.gestures}
    gestures = tuple(_gesture(g, decided.get(g.id), asked[g.id]) for g in lines.gestures)
    criteria = tuple(_criterion(c, decided.get(c.id)) for c in lines.criteria)
    people = tuple(_person(p, decided.get(p.id)) for p in lines.people)
    notes = tuple(n for o in decided.values() if (n := _unfit(o, lines)) is not None)
    return replace(lines, gestures=gestures, criteria=criteria, people=people, notes=(*lines.notes, *notes))


def _unfit(decision: Override, lines: Lines) -> Note | None:
    """What to say of a decision on a line that is not there, or of the wrong kind."""
    takes = {
        **{g.id: "verdict" for g in lines.gestures},
        **{c.id: "score" for c in lines.criteria},
        **{p.id: "score" for p in lines.people},
    }
    given = "score" if decision.verdict is None else "verdict"
    wanted = takes.get(decision.line)
    if wanted == given:
        return None
    code = "scoring.override_no_line" if wanted is None else f"scoring.override_takes_{wanted}"
    return Note(code, {"line": decision.line[:64]})


def _gesture(line: GestureLine, decision: Override | None, asked: GestureAsked) -> GestureLine:
    if decision is None or decision.verdict is None:
        return line
    verdict = decision.verdict
    kept = Overridden(by=decision.by, reason=decision.reason, verdict=line.verdict, why=line.why)
    return line.model_copy(
        update={
            "verdict": verdict,
            "expected": verdict != "not_expected",
            "counted_full": False,
            "evidence": _families(line, verdict, asked),
            "why": Note(f"scoring.overridden.{line.verdict}", {"by": decision.by, "reason": decision.reason}),
            "notes": (line.why, *line.notes),
            "overridden": kept,
        }
    )


def _families(line: GestureLine, verdict: Verdict, asked: GestureAsked) -> tuple[EvidenceLine, ...]:
    if verdict in ("done", "missing", "not_expected"):
        return ()
    found = line.evidence or tuple(
        EvidenceLine(family=f, score=None, weight=w)
        for f, w in sorted(asked.families.items())
        if not never_applies(asked.id, f)
    )
    if verdict == "not_assessable":
        return tuple(x.model_copy(update={"score": None}) for x in found)
    if verdict == "mechanical":
        return tuple(x.model_copy(update={"score": 0.0}) for x in found)
    return found if any(x.score for x in found) else tuple(x.model_copy(update={"score": 1.0}) for x in found)


def _criterion(line: Criterion, decision: Override | None) -> Criterion:
    if decision is None or decision.score is None:
        return line
    known = line.score is not None
    params: dict[str, Param] = {"by": decision.by, "reason": decision.reason, "percent": 100.0 * (line.score or 0.0)}
    return line.model_copy(
        update={
            "score": decision.score,
            "applies": True,
            "counted_full": False,
            "why": Note("scoring.overridden_score" if known else "scoring.overridden_no_score", params),
            "notes": (line.why, *line.notes),
            "overridden": Overridden(by=decision.by, reason=decision.reason, score=line.score, why=line.why),
        }
    )


def _person(line: PersonLine, decision: Override | None) -> PersonLine:
    if decision is None or decision.score is None:
        return line
    return line.model_copy(update={"score": decision.score, "by": decision.by, "reason": decision.reason})
