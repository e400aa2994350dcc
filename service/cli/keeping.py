"""What is kept and what goes: `timbre purge`, `timbre hold`, `timbre person`, `timbre calls delete`."""

from __future__ import annotations

import json as json_lib
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from service.archive.audit import CLI, note_down
from service.archive.forgetting import calls_known_as, delete_calls, delete_person, scrub
from service.archive.holds import KINDS, Kind, add_hold, open_holds, release_hold
from service.archive.people import HOUSE, campaign_there
from service.archive.personal import export_person
from service.archive.persons import subject_named
from service.archive.removal import sweep_orphans
from service.archive.retention import purge as purge_archive
from service.cli import common
from service.errors import ServiceError
from service.files import check_writable
from service.opening import archive_of, blobs_of

DryRun = Annotated[bool, typer.Option("--dry-run")]
Who = Annotated[str, typer.Argument(metavar="PERSON")]


def purge(
    dry_run: DryRun = False,
    json: Annotated[bool, typer.Option("--json")] = False,
    lang: common.LangOption = None,
) -> None:
    """Remove what has been kept as long as it may."""
    with common.one_sentence(lang) as say:
        archive = archive_of(common.settings_with())
        gone = purge_archive(archive, blobs_of(common.settings_with()), now=time.time(), dry_run=dry_run)
        if json:
            print(json_lib.dumps({"dry_run": dry_run, **asdict(gone)}))
            return
        print(say.text("cli.purge_trial" if dry_run else "cli.purge_done", **asdict(gone)))


def hold_add(
    kind: Annotated[str, typer.Argument(metavar="call|agent|campaign")],
    name: Annotated[str, typer.Argument(metavar="NAME")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT")],
    account: Annotated[str, typer.Option("--account", metavar="NAME")] = "",
    lang: common.LangOption = None,
) -> None:
    """Keep calls whatever their days are."""
    with common.one_sentence(lang) as say:
        chosen: Kind = common.one_of("KIND", kind, KINDS)
        with archive_of(common.settings_with()).writing() as session:
            target = _target(session, chosen, name, account or HOUSE)
            print(say.text("hold.added", id=add_hold(session, chosen, target, reason, CLI).id))


def _target(session: Session, kind: Kind, name: str, account: str) -> str:
    if kind == "campaign":
        return campaign_there(session, name, account).id
    if kind == "call":
        return _one_call(session, name)
    person = subject_named(session, name).person
    if person is None:
        raise ServiceError("hold.name_alone")
    return person.id


def _one_call(session: Session, name: str) -> str:
    found = calls_known_as(session, name)
    if len(found) != 1:
        raise ServiceError("hold.which_call", n=len(found))
    return found[0]


def hold_list(lang: common.LangOption = None) -> None:
    """The holds that are open."""
    with common.one_sentence(lang) as say, archive_of(common.settings_with()).reading() as session:
        for hold in open_holds(session):
            day = datetime.fromtimestamp(hold.at, UTC).date().isoformat()
            print(common.one_line(f"{hold.id}  {day}  {hold.kind} {hold.target}  {hold.reason}"))
        print(say.text("hold.listed", n=len(open_holds(session))))


def hold_release(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD")],
    lang: common.LangOption = None,
) -> None:
    """A hold ends; days count again."""
    with common.one_sentence(lang) as say:
        with archive_of(common.settings_with()).writing() as session:
            release_hold(session, hold_id, CLI)
        print(say.text("hold.released"))


def person_export(
    who: Who,
    target: Annotated[Path, typer.Argument(metavar="OUT.zip")],
    sound: Annotated[bool, typer.Option("--sound")] = False,
    lang: common.LangOption = None,
) -> None:
    """All that is held of a person."""
    with common.one_sentence(lang) as say:
        check_writable(target)
        archive = archive_of(common.settings_with())
        with archive.reading() as session:
            subject = subject_named(session, who)
        part = target.with_name(f".{target.name[:40]}.part")
        try:
            n = export_person(archive, blobs_of(common.settings_with()), subject, part, by=CLI, sound=sound)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        print(say.text("keeping.exported", n=n, name=target.name))


def person_delete(who: Who, dry_run: DryRun = False, lang: common.LangOption = None) -> None:
    """All that is held of a person goes."""
    with common.one_sentence(lang) as say:
        archive = archive_of(common.settings_with())
        with archive.reading() as session:
            subject = subject_named(session, who)
        blobs = blobs_of(common.settings_with())
        gone = delete_person(archive, blobs, subject, by=CLI, now=time.time(), dry_run=dry_run)
        print(say.text("keeping.trial" if dry_run else "keeping.deleted", n=gone.calls))


def calls_delete(
    name: Annotated[str, typer.Argument(metavar="CALL")],
    dry_run: DryRun = False,
    lang: common.LangOption = None,
) -> None:
    """A caller's call goes: by its id here, or by the telephone system's."""
    with common.one_sentence(lang) as say:
        archive, blobs = archive_of(common.settings_with()), blobs_of(common.settings_with())
        with archive.reading() as session:
            found = calls_known_as(session, name)
        if not found:
            raise ServiceError("keeping.no_call")
        if not dry_run:
            delete_calls(archive, blobs, found)
            with archive.writing() as session:
                for call_id in found:
                    note_down(session, CLI, "delete", call_id=call_id)
            sweep_orphans(archive, blobs, now=time.time())
            scrub(archive)
        print(say.text("keeping.trial" if dry_run else "keeping.deleted", n=len(found)))
