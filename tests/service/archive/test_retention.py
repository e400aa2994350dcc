"""Nothing is kept longer than promised, and nothing goes before."""

from __future__ import annotations

import time

import sqlalchemy as sa

from service.archive.retention import BATCH, DAY_S, Purged, purge
from service.archive.tables import AuditRow
from service.archive.tables_calls import Call, RecordingFile
from tests.service.archive.fixtures import add

NOW = 1.8e9


def aged(archive, blobs, cast, days, **changes):
    return add(archive, blobs, cast, content=str(days).encode(), started_at=NOW - days * DAY_S, **changes)[0]


def kept(archive):
    with archive.reading() as session:
        calls = set(session.scalars(sa.select(Call.id)))
        return calls, set(session.scalars(sa.select(RecordingFile.call_id)))


def test_recordings_go_first_and_the_analysis_later(archive, blobs, cast):
    young, old, oldest = (aged(archive, blobs, cast, days) for days in (182, 184, 366))
    assert purge(archive, blobs, now=NOW, dry_run=True) == Purged(recordings=1, calls=1)
    assert kept(archive)[0] == {young.id, old.id, oldest.id}
    assert purge(archive, blobs, now=NOW) == Purged(recordings=1, calls=1)
    assert kept(archive) == ({young.id, old.id}, {young.id})
    assert len(list(blobs.places())) == 1
    assert purge(archive, blobs, now=NOW) == Purged()


def test_a_campaign_has_days_of_its_own(archive, blobs, cast):
    call = aged(archive, blobs, cast, 20)
    with archive.writing() as session:
        campaign = session.merge(cast.campaign)
        campaign.audio_days, campaign.analysis_days = 10, 30
    assert purge(archive, blobs, now=NOW) == Purged(recordings=1)
    assert kept(archive) == ({call.id}, set())


def test_legal_hold_keeps_everything(archive, blobs, cast):
    call = aged(archive, blobs, cast, 1000)
    with archive.writing() as session:
        session.get_one(Call, call.id).legal_hold = True
    assert purge(archive, blobs, now=NOW) == Purged(held=1)
    assert kept(archive) == ({call.id}, {call.id})


def test_a_recording_two_calls_share_stays_until_the_last_goes(archive, blobs, cast):
    add(archive, blobs, cast, started_at=NOW - 400 * DAY_S)
    add(archive, blobs, cast, started_at=NOW - 1 * DAY_S)
    purge(archive, blobs, now=NOW)
    assert len(list(blobs.places())) == 1


def test_more_calls_than_one_transaction_takes(archive, blobs, cast):
    for n in range(BATCH + 3):
        add(archive, blobs, cast, started_at=NOW - (400 + n) * DAY_S)
    assert purge(archive, blobs, now=NOW, dry_run=True).calls == BATCH + 3
    assert purge(archive, blobs, now=NOW).calls == BATCH + 3
    assert kept(archive)[0] == set() and list(blobs.places()) == []


def test_the_audit_says_how_many_and_not_which(archive, blobs, cast):
    aged(archive, blobs, cast, 400)
    purge(archive, blobs, now=NOW, dry_run=True)
    purge(archive, blobs, now=NOW)
    with archive.reading() as session:
        rows = [(r.action, r.call_id, r.detail["calls"]) for r in session.scalars(sa.select(AuditRow))]
    assert rows == [("purge", None, 1)]


def test_now_is_not_asked_of_the_calls(archive, blobs, cast):
    add(archive, blobs, cast, started_at=time.time())
    assert purge(archive, blobs, now=time.time()) == Purged()
