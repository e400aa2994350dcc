"""`timbre export` and `timbre import`: tables and vCon documents out of the archive, vCon documents into it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from service.archive.access import Viewer
from service.archive.audit import CLI, note_down
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.exports.call_vcon import bring_in, call_as_vcon
from service.archive.exports.columns import COLUMNS, TABLES, TableName
from service.archive.exports.formats import FORMATS, Dialect, Format, write_table
from service.archive.exports.rows import Asked, call_ids, table_rows
from service.archive.exports.vcon import MOST_BYTES, written
from service.archive.people import HOUSE, campaign_named, campaign_there, team_there
from service.cli import common
from service.errors import ServiceError
from service.files import check_writable, write_whole
from service.opening import archive_of, blobs_of
from service.say import Say

HERE = Viewer(CLI, "admin")
"""Who works on the machine itself; no agent and no coach, so that the voice stays where the policy keeps it."""
VCON = ".vcon.json"
Shape = Literal["calls", "lines", "moments", "vcon"]


def export(
    target: Annotated[Path, typer.Argument(metavar="OUT")],
    table: Annotated[str, typer.Option("--table", metavar="|".join(TABLES))] = TABLES[0],
    vcon: Annotated[bool, typer.Option("--vcon")] = False,
    no_sound: Annotated[bool, typer.Option("--no-sound")] = False,
    campaign: Annotated[str, typer.Option("--campaign", metavar="NAME")] = "",
    account: Annotated[str, typer.Option("--account", metavar="NAME")] = "",
    team: Annotated[str, typer.Option("--team", metavar="CAMPAIGN/TEAM")] = "",
    since: Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="YYYY-MM-DD")] = None,
    released: Annotated[bool, typer.Option("--released")] = False,
    separator: Annotated[str, typer.Option("--separator", metavar=",|;")] = ",",
    decimal_comma: Annotated[bool, typer.Option("--decimal-comma")] = False,
    bom: Annotated[bool, typer.Option("--bom")] = False,
    lang: common.LangOption = None,
) -> None:
    """What leaves the archive."""
    with common.one_sentence(lang) as say:
        chosen = cast(TableName, common.one_of("--table", table, TABLES))
        dialect = Dialect(common.one_of("--separator", separator, (",", ";")), decimal_comma, bom)
        archive = archive_of(common.settings_with())
        asked = replace(
            _asked(archive, campaign, team, account or HOUSE),
            since=_day("--since", since),
            until=_day("--until", until),
            released=released,
        )
        if vcon:
            print(_vcons(archive, target, asked, say, sound=not no_sound))
            return
        form = _format_of(target)
        check_writable(target)
        _table(archive, chosen, asked, target, form, dialect)
        print(say.text("export.written", name=target.name))


def _day(option: str, written_: str | None) -> float | None:
    """The beginning of a day, UTC."""
    if written_ is None:
        return None
    try:
        return datetime.strptime(written_, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError as exc:
        raise ServiceError("cli.bad_option", option=option, value=written_[:20], allowed="YYYY-MM-DD") from exc


def _asked(archive: Archive, campaign: str, team: str, account: str) -> Asked:
    with archive.reading() as session:
        found = campaign_there(session, campaign, account).id if campaign else None
        of_team = team_there(session, team, account).id if team else None
    return Asked(campaign_id=found, team_id=of_team)


def _format_of(target: Path) -> Format:
    ending = target.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        allowed = ", ".join(f".{form}" for form in FORMATS)
        raise ServiceError("export.format", name=target.name, allowed=allowed)
    return ending


def _table(archive: Archive, table: TableName, asked: Asked, target: Path, form: Format, dialect: Dialect) -> None:
    """Written beside the target first: a reader never sees half a table."""
    with archive.writing() as session:
        note_down(session, CLI, "export", table=table, format=form)
    part = target.with_name(f".{target.name[:40]}.part")
    try:
        write_table(COLUMNS[table], table_rows(archive, HERE, table, asked), part, form, dialect)
        part.replace(target)
    except OSError as exc:
        raise ServiceError("cli.cannot_write", name=target.name, why=exc.strerror or "") from exc
    finally:
        part.unlink(missing_ok=True)


def _vcons(archive: Archive, folder: Path, asked: Asked, say: Say, *, sound: bool) -> str:
    """A document a call that is done, named by the call's id; how many, and how many have no result."""
    if not folder.is_dir():
        raise ServiceError("export.no_folder", name=folder.name)
    blobs, done, left = blobs_of(common.settings_with()), 0, 0
    for call_id in call_ids(archive, HERE, asked):
        try:
            with archive.writing() as session:
                found = call_as_vcon(session, HERE, blobs, call_id, sound=sound, now=time.time())
        except ArchiveError:
            left += 1
            continue
        write_whole(folder / f"{call_id}{VCON}", written(found))
        done += 1
    return say.text("export.vcons", done=done, left=left)


def import_vcon(
    sources: Annotated[list[Path], typer.Argument(metavar="VCON...")],
    campaign: Annotated[str, typer.Option("--campaign", metavar="NAME")],
    account: Annotated[str, typer.Option("--account", metavar="NAME")] = "",
    lang: common.LangOption = None,
) -> None:
    """vCon documents, or folders of them, as calls; worked on like those of a batch."""
    failed = 0
    with common.one_sentence(lang) as say:
        settings = common.settings_with()
        archive, blobs = archive_of(settings), blobs_of(settings)
        with archive.writing() as session:
            campaign_id = campaign_named(session, campaign, account or HOUSE).id
        for path in _documents(sources):
            try:
                content = _content(path)
                _, new = bring_in(archive, blobs, campaign_id, content, name=path.name, max_bytes=settings.max_bytes)
                said = say.text("batch.state_received" if new else "batch.state_known")
            except common.READABLE as exc:
                said, failed = say(exc.note), failed + 1
            print(common.one_line(f"{path.name}: {said}"))
    if failed:
        raise typer.Exit(1)


def _documents(sources: list[Path]) -> Iterator[Path]:
    for source in sources:
        if source.is_dir():
            yield from sorted(p for p in source.iterdir() if p.name.endswith((".vcon", VCON)) and p.is_file())
        else:
            yield common.existing(source)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as exc:
        raise ArchiveError("batch.unreadable", why=(exc.strerror or "")[:60]) from exc
