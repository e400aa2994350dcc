"""Auto-fail: lines on which a rubric lets nothing pass.

`zero`     sets the score the line feeds to 0: the script for a gesture, the intention for a criterion
`outcome`  leaves both scores, and the call fails the rubric
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audio.notes import Note
from service.scoring.catalog import CRITERIA
from service.scoring.judgement import Criterion, GestureLine, PersonLine, RubricOutcome, Score
from service.scoring.rubric import AutoFail, CriterionAsked, GestureAsked, PersonAsked, Rubric, ScoreName

_Judged = GestureLine | Criterion | PersonLine


@dataclass(frozen=True)
class Failing:
    """One `auto_fail` line in one call. `failed` None: it can't be told; lines without an occasion are not here."""

    line: str
    act: AutoFail
    feeds: ScoreName | None
    failed: bool | None


def failing_lines(
    rubric: Rubric, gestures: Sequence[GestureLine], criteria: Sequence[Criterion], people: Sequence[PersonLine]
) -> list[Failing]:
    """What became of every `auto_fail` line that had its occasion."""
    lines: tuple[_Judged, ...] = (*gestures, *criteria, *people)
    judged = {x.id: x for x in lines}
    found = []
    for asked in rubric.asked:
        line = judged.get(asked.id)
        if asked.auto_fail is None or line is None or not can_fail(asked) or not _had_occasion(line):
            continue
        feeds: ScoreName | None = "script" if isinstance(asked, GestureAsked) else "intention"
        if isinstance(asked, PersonAsked):
            feeds = None
        fails_at = 0.0 if isinstance(asked, GestureAsked) else asked.fails_at
        found.append(Failing(asked.id, asked.auto_fail, feeds, _failed(line, fails_at)))
    return found


def can_fail(asked: GestureAsked | CriterionAsked | PersonAsked) -> bool:
    """False where `auto_fail` does nothing: a gesture that is never missing, a context line, a curve that stays above
    `fails_at`, and whatever rests on the voice, which alone fails no call."""
    if isinstance(asked, GestureAsked):
        return asked.expected not in ("not_asked", "if_made")
    if isinstance(asked, PersonAsked):
        return True
    rule = CRITERIA[asked.id]
    return rule.kind != "context" and rule.group != "delivery" and min(y for _, y in asked.curve) <= asked.fails_at


def _had_occasion(line: _Judged) -> bool:
    if isinstance(line, GestureLine):
        return line.expected
    return not isinstance(line, Criterion) or line.applies


def _failed(line: _Judged, fails_at: float) -> bool | None:
    if isinstance(line, GestureLine):
        return None if line.verdict == "not_assessable" else line.verdict == "missing"
    return None if line.score is None else line.score <= fails_at


def zeroed(name: ScoreName, score: Score, lines: Sequence[Failing]) -> Score:
    """The score, or 0 with the line that makes it so."""
    hit = next((x for x in lines if x.feeds == name and x.act == "zero" and x.failed), None)
    if hit is None:
        return score
    why = Note(f"scoring.{name}.auto_fail", {"line": hit.line})
    return score.model_copy(update={"value": 0.0, "low": 0.0, "high": 0.0, "why": why})


def outcome_of(lines: Sequence[Failing], rubric: Rubric) -> RubricOutcome:
    """Fail by one line is enough; pass only when every line can be told."""
    failed = tuple(x.line for x in lines if x.failed)
    if failed:
        return RubricOutcome(kind="fail", why=_why("fail", failed), lines=failed)
    if not any(x.auto_fail and can_fail(x) for x in rubric.asked):
        return RubricOutcome(kind="none", why=Note("scoring.outcome_of_rubric.no_line"))
    untold = tuple(x.line for x in lines if x.failed is None)
    if untold:
        return RubricOutcome(kind="none", why=_why("untold", untold), lines=untold)
    return RubricOutcome(kind="pass", why=Note("scoring.outcome_of_rubric.pass", {"n": len(lines)}))


def _why(kind: str, lines: Sequence[str]) -> Note:
    return Note(f"scoring.outcome_of_rubric.{kind}", {"n": len(lines), "line": lines[0]})
