"""The lines of a judgement as rows, and the weeks they fall in."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from service.archive.errors import ArchiveError
from service.archive.results import keep_evidence, keep_judgement, stored_result
from service.archive.tables_calls import Call, LineRow, Series
from service.archive.tables_reviews import Dispute
from service.archive.weeks import monday, read_week, starts_at, week_of, written
from service.scoring.documents import Result
from tests import sample_result
from tests.service.archive.fixtures import add


@pytest.fixture
def scored(archive, blobs, cast) -> tuple[str, Result]:
    call, _ = add(archive, blobs, cast)
    result = Result(evidence=sample_result.evidence(), judgement=sample_result.judgement())
    with archive.writing() as session:
        keep_evidence(session, call.id, result.evidence)
        keep_judgement(session, call.id, result.judgement)
    return call.id, result


def lines(archive, call_id):
    with archive.reading() as session:
        return {row.line: row for row in session.scalars(sa.select(LineRow).where(LineRow.call_id == call_id))}


def test_every_line_that_counts_is_a_row_of_its_call(archive, scored, cast):
    call_id, result = scored
    found = lines(archive, call_id)
    gestures = {f"gesture:{g.id}": g.verdict for g in result.judgement.gestures}
    criteria = {f"criterion:{c.id}": c.score for c in result.judgement.criteria if c.kind != "context"}
    assert {k: row.verdict for k, row in found.items() if row.verdict} == gestures
    assert {k: row.score for k, row in found.items() if k.startswith("criterion:")} == criteria
    assert {(row.team_id, row.agent_id, row.week) for row in found.values()} == {(cast.team.id, cast.agent.id, 0)}


def test_scoring_again_replaces_them_and_an_open_dispute_still_stands(archive, scored, cast):
    call_id, result = scored
    target = f"gesture:{result.judgement.gestures[0].id}"
    with archive.writing() as session:
        session.add(Dispute(call_id=call_id, person_id=cast.agent.id, target=target, reason="no", deadline_at=9.0))
    before = lines(archive, call_id)
    with archive.writing() as session:
        keep_judgement(session, call_id, result.judgement)
    after = lines(archive, call_id)
    assert after.keys() == before.keys() and [k for k, row in after.items() if row.disputed] == [target]


def test_another_rubric_is_another_series_and_the_same_is_the_same(archive, scored):
    call_id, result = scored

    def series():
        with archive.reading() as session:
            return session.get_one(Call, call_id).series, session.scalar(sa.select(sa.func.count(Series.id)))

    first, n = series()
    assert n == 1
    for rubric, more in ((result.judgement.rubric, 1), ("another 2.0", 2)):
        with archive.writing() as session:
            keep_judgement(session, call_id, result.judgement.model_copy(update={"rubric": rubric}))
        now, n = series()
        assert n == more and (now == first) == (more == 1)


def test_no_conversation_has_no_lines(archive, scored):
    call_id, _ = scored
    with archive.writing() as session:
        keep_judgement(session, call_id, None)
        assert stored_result(session, call_id).evidence
    assert lines(archive, call_id) == {}


def test_lines_go_with_their_call(archive, scored):
    call_id, _ = scored
    with archive.writing() as session:
        session.execute(sa.delete(Call).where(Call.id == call_id))
    assert lines(archive, call_id) == {}


@given(st.dates(date(1970, 1, 1), date(2200, 1, 1)))
def test_weeks_are_those_of_the_calendar(day):
    at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC).timestamp()
    week = week_of(at)
    year, number, _ = day.isocalendar()
    assert written(week) == f"{year:04d}-W{number:02d}" and read_week(written(week)) == week
    assert monday(week) <= day and starts_at(week) <= at < starts_at(week + 1)


@pytest.mark.parametrize("text", ["", "2026-W54", "2026-W00", "2026W10", "-001-W01", "2026-W1٣", "9" * 50])
def test_what_is_no_week_is_said(text):
    with pytest.raises(ArchiveError) as found:
        read_week(text)
    assert found.value.note.code == "archive.no_week"
