"""Legal hold: on a call, an agent, a campaign; nothing under one goes, whoever asks; who and why stays."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service.archive.errors import ArchiveError, NotThere
from service.archive.forgetting import delete_calls, delete_person
from service.archive.holds import add_hold, open_holds, release_hold
from service.archive.persons import subject_named
from service.archive.retention import DAY_S, purge
from service.archive.tables import AuditRow
from service.archive.tables_calls import Call
from service.archive.tables_holds import Hold
from tests.service.archive.fixtures import add

NOW = 1.8e9


def old(archive, blobs, cast, **changes):
    return add(archive, blobs, cast, content=str(changes).encode(), started_at=NOW - 400 * DAY_S, **changes)[0]


def hold(archive, kind, target):
    with archive.writing() as session:
        return add_hold(session, kind, target, " a  suit ", "admin").id


def there(archive):
    with archive.reading() as session:
        return set(session.scalars(sa.select(Call.id)))


@pytest.mark.parametrize("kind", ["call", "agent", "campaign"])
def test_what_is_held_outlives_its_days_and_every_deletion(archive, blobs, cast, kind):
    mine, other = old(archive, blobs, cast), old(archive, blobs, cast, campaign_id=cast.other_campaign.id,
                                                 agent_id=cast.other_agent.id)  # fmt: skip
    held = hold(archive, kind, {"call": mine.id, "agent": cast.agent.id, "campaign": cast.campaign.id}[kind])
    tried = purge(archive, blobs, now=NOW, dry_run=True)
    assert (tried.calls, tried.held) == (1, 1)
    gone = purge(archive, blobs, now=NOW)
    assert (gone.calls, gone.held) == (1, 1) and there(archive) == {mine.id} and other.id not in there(archive)
    with pytest.raises(ArchiveError, match="legal_hold"):
        delete_calls(archive, blobs, [mine.id])
    with archive.reading() as session:
        subject = subject_named(session, "agent")
    with pytest.raises(ArchiveError, match=r"keeping\.held"):
        delete_person(archive, blobs, subject, by="cli", now=NOW)
    with archive.writing() as session:
        release_hold(session, held, "admin")
    assert purge(archive, blobs, now=NOW).calls == 1 and there(archive) == set()


def test_who_and_why_stays(archive, blobs, cast):
    held = hold(archive, "agent", cast.agent.id)
    with archive.writing() as session:
        assert [h.reason for h in open_holds(session)] == ["a suit"]
        release_hold(session, held, "other")
    with archive.reading() as session:
        row = session.get_one(Hold, held)
        assert (row.by, row.released_by) == ("admin", "other") and row.released_at and open_holds(session) == []
        assert list(session.scalars(sa.select(AuditRow.action))) == ["hold", "hold_released"]


def test_what_is_no_hold(archive, blobs, cast):
    with archive.writing() as session:
        for target, reason, error in (("nobodys", "x", NotThere), (cast.agent.id, "  ", ArchiveError)):
            with pytest.raises(error):
                add_hold(session, "agent", target, reason, "admin")
        with pytest.raises(NotThere):
            release_hold(session, "nobodys", "admin")


def test_a_call_that_comes_later_is_held_too(archive, blobs, cast):
    hold(archive, "campaign", cast.campaign.id)
    call = old(archive, blobs, cast)
    purge(archive, blobs, now=NOW)
    assert there(archive) == {call.id}
