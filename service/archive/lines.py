"""The lines of a judgement as rows: what trends, goals and agreement are counted from, without opening a document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.archive.tables_calls import Call, LineRow, Series
from service.archive.tables_reviews import Dispute
from service.archive.weeks import week_of
from service.scoring.evidence import Evidence
from service.scoring.judgement import Criterion, GestureLine, Judgement

GESTURE, CRITERION = "gesture:", "criterion:"


def keep_lines(session: Session, call: Call, evidence: Evidence, judgement: Judgement | None) -> None:
    """Replaces the call's lines, and says to which series they belong. None: nothing was judged."""
    session.execute(delete(LineRow).where(LineRow.call_id == call.id))
    call.series = _series(session, evidence, judgement) if judgement else None
    if judgement is None:
        return
    open_ = select(Dispute.target).where(Dispute.call_id == call.id, Dispute.state == "open")
    disputed = set(session.scalars(open_))
    for row in rows_of(judgement):
        row.call_id, row.team_id, row.agent_id = call.id, call.team_id, call.agent_id
        row.week, row.series, row.disputed = week_of(call.started_at), call.series, row.line in disputed
        session.add(row)


def rows_of(judgement: Judgement) -> Iterator[LineRow]:
    """One row per line that counts; a criterion that is shown as context only is none."""
    yield from (_of_gesture(gesture) for gesture in judgement.gestures)
    yield from (_of_criterion(criterion) for criterion in judgement.criteria if criterion.kind != "context")


def _of_gesture(gesture: GestureLine) -> LineRow:
    span = gesture.occurrences[0].span if gesture.occurrences else gesture.window
    start_s, end_s = (span.start_s, span.end_s) if span else (None, None)
    return LineRow(
        line=GESTURE + gesture.id,
        verdict=gesture.verdict,
        machine_verdict=gesture.overridden.verdict if gesture.overridden else gesture.verdict,
        person_verdict=gesture.verdict if gesture.overridden else None,
        expected=gesture.expected,
        start_s=start_s,
        end_s=end_s,
    )


def _of_criterion(criterion: Criterion) -> LineRow:
    span = criterion.spans[0] if criterion.spans else None
    start_s, end_s = (span.start_s, span.end_s) if span else (None, None)
    return LineRow(
        line=CRITERION + criterion.id, score=criterion.score, expected=criterion.applies, start_s=start_s, end_s=end_s
    )


def _series(session: Session, evidence: Evidence, judgement: Judgement) -> str:
    """Rubric, packs, model and policy decide what a verdict means; calls of different ones are not one line."""
    detail = {
        "rubric": judgement.rubric,
        "rubric_hash": judgement.rubric_hash,
        "packs": sorted(evidence.words.packs),
        "words": evidence.words.source,
        "policy": judgement.policy,
        "timbre": judgement.timbre_version,
    }
    key = hashlib.sha256(json.dumps(detail, sort_keys=True).encode()).hexdigest()[:16]
    if session.get(Series, key) is None:
        _add(session, Series(id=key, rubric=judgement.rubric[:100], policy=judgement.policy, detail=detail))
    return key


def _add(session: Session, series: Series) -> None:
    try:
        with session.begin_nested():
            session.add(series)
    except IntegrityError:  # another worker met it in the same moment
        return
