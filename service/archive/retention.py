"""Keeping no longer than was promised: recordings first, then the whole analysis, by the days of each campaign.

Days count from when a call began. A call under legal hold keeps everything. What is gone leaves one row in the audit
per run and campaign, with how many; never which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from service.archive.audit import note_down
from service.archive.blobs import Blobs
from service.archive.engine import Archive
from service.archive.holds import held
from service.archive.removal import remove_call, remove_orphans, sweep_orphans
from service.archive.tables import Campaign
from service.archive.tables_calls import Call, RecordingFile

DAY_S = 86400.0
BATCH = 200
"""Calls in one transaction: others get their turn in between."""
NIGHTLY = "nightly"
"""Who the audit names when no person asked."""


@dataclass(frozen=True)
class Purged:
    """What went, or would go: calls without recordings from now on, and calls that are gone.

    `held`: calls whose days are over and that stay, because of a legal hold. `orphans`: blobs no call named any more.
    """

    recordings: int = 0
    calls: int = 0
    held: int = 0
    orphans: int = 0


def purge(archive: Archive, blobs: Blobs, *, now: float, dry_run: bool = False) -> Purged:
    """Everything whose days are over. A dry run counts, and touches nothing."""
    with archive.reading() as session:
        campaigns = list(session.scalars(select(Campaign)))
    found = [_purge(archive, blobs, campaign, now, dry_run=dry_run) for campaign in campaigns]
    orphans = 0 if dry_run else sweep_orphans(archive, blobs, now=now)
    return Purged(
        recordings=sum(p.recordings for p in found),
        calls=sum(p.calls for p in found),
        held=sum(p.held for p in found),
        orphans=orphans,
    )


def _purge(archive: Archive, blobs: Blobs, campaign: Campaign, now: float, *, dry_run: bool) -> Purged:
    calls = sum(1 for _ in _gone(archive, blobs, campaign, now, dry_run=dry_run))
    recordings = sum(1 for _ in _silenced(archive, blobs, campaign, now, dry_run=dry_run))
    if (calls or recordings) and not dry_run:
        with archive.writing() as session:
            note_down(session, NIGHTLY, "purge", campaign=campaign.id, calls=calls, recordings=recordings)
    return Purged(recordings, calls, _held(archive, campaign, now))


def _held(archive: Archive, campaign: Campaign, now: float) -> int:
    before = now - min(campaign.audio_days, campaign.analysis_days) * DAY_S
    over = (Call.campaign_id == campaign.id) & (Call.started_at < before)
    with archive.reading() as session:
        return session.scalar(select(func.count()).select_from(Call).where(over, held())) or 0


def _due(session: Session, campaign: Campaign, before: float, *, after: str = "", sounding: bool = False) -> list[Call]:
    """The next calls that began before then, by id; `sounding`: that have recordings."""
    wanted = select(Call).where(Call.campaign_id == campaign.id, Call.started_at < before, Call.id > after)
    wanted = wanted.where(~held())
    if sounding:
        wanted = wanted.where(exists().where(RecordingFile.call_id == Call.id))
    return list(session.scalars(wanted.order_by(Call.id).limit(BATCH)))


def _gone(archive: Archive, blobs: Blobs, campaign: Campaign, now: float, *, dry_run: bool) -> Iterator[str]:
    """Calls whose analysis is over: all of them."""
    before, after = now - campaign.analysis_days * DAY_S, ""
    while True:
        places: list[str] = []
        with archive.writing() as session:
            calls = _due(session, campaign, before, after=after)
            for call in [] if dry_run else calls:
                places += remove_call(session, call)
        remove_orphans(archive, blobs, places)
        yield from (call.id for call in calls)
        if len(calls) < BATCH:
            return
        after = calls[-1].id


def _silenced(archive: Archive, blobs: Blobs, campaign: Campaign, now: float, *, dry_run: bool) -> Iterator[str]:
    """Calls whose recordings are over: their analysis stays."""
    before, after = now - campaign.audio_days * DAY_S, ""
    over = now - campaign.analysis_days * DAY_S
    while True:
        places: list[str] = []
        with archive.writing() as session:
            calls = _due(session, campaign, before, after=after, sounding=True)
            for call in [] if dry_run else calls:
                rows = select(RecordingFile.place).where(RecordingFile.call_id == call.id)
                places += session.scalars(rows)
                session.execute(delete(RecordingFile).where(RecordingFile.call_id == call.id))
        remove_orphans(archive, blobs, places)
        yield from (call.id for call in calls if call.started_at >= over)  # the others are gone, or counted as such
        if len(calls) < BATCH:
            return
        after = calls[-1].id
