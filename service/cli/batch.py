"""`timbre batch`: a whole archive in one command, resumed by running it again.

Exit code 0: every call is done (or not to be analysed, or not in the sample). 1: some were refused or failed. 3:
`--until` came with work left. 4: `--max-errors` was passed. 2 is, as everywhere, a wrong option or source.
"""

from __future__ import annotations

import json as json_lib
import math
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from datetime import time as clock_time
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.archive.batch import Into, Outcome, receive, states_of
from service.archive.configuration import Configuration, configuration_of
from service.archive.crew import ENGINES, Engine, EngineName, Keeping, crew_of
from service.archive.engine import Archive
from service.archive.jobs import waits_for
from service.archive.morning import morning_of, night_at
from service.archive.outcomes import Row, sample_of, table
from service.archive.people import HOUSE, campaign_named
from service.archive.room import NO_ROOM, room_needed
from service.archive.sampling import read_sample
from service.archive.sources import Entry, Refused, entries, zone_named
from service.archive.tables import Campaign
from service.cli import common
from service.cli.batch_schedule import absolute, schedule
from service.cli.batch_told import document, print_table, summary
from service.errors import ServiceError
from service.files import check_writable, write_whole
from service.into_folder import campaign_into, forget_missing, settings_into, write_results
from service.opening import archive_of, blobs_of
from service.say import Say
from service.settings import Settings
from service.web.morning_files import morning_folder, write_morning
from service.web.page_morning import checked_site

LOOK_S = 1.0
TELL_S = 10.0
FULL_S = 300.0
"""How long a full disk may hold all work up before the batch ends with that for a reason."""
GROWING_S, GROWING_LOOK_S = 120.0, 5.0
"""How long a batch whose work is done comes back to files that were still being written, and how often it looks."""
OPEN = ("waiting", "running")
End = Literal["done", "until", "errors"]
EXIT_SOME_FAILED, EXIT_UNTIL, EXIT_ERRORS = 1, 3, 4


@dataclass(frozen=True)
class Limits:
    """When to stop early."""

    until: float | None = None
    max_errors: int | None = None


def batch(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...")],
    campaign: Annotated[str, typer.Option("--campaign", metavar="NAME")] = "",
    into: Annotated[Path | None, typer.Option("--into", metavar="FOLDER")] = None,
    account: Annotated[str, typer.Option("--account", metavar="NAME")] = "",
    zone: Annotated[str, typer.Option("--zone", metavar="ZONE")] = "UTC",
    workers: Annotated[int, typer.Option("--workers", min=0, max=256)] = 1,
    engine: Annotated[EngineName, typer.Option("--engine")] = ENGINES[0],
    address: Annotated[str, typer.Option("--address", metavar="HOST:PORT")] = "",
    gpus: Annotated[int | None, typer.Option("--gpus", min=0, max=1024)] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="HH:MM")] = None,
    max_errors: Annotated[int | None, typer.Option("--max-errors", min=0)] = None,
    report: Annotated[Path | None, typer.Option("--report", metavar="OUT")] = None,
    morning: Annotated[Path | None, typer.Option("--morning", metavar="FOLDER")] = None,
    site: Annotated[str, typer.Option("--site", metavar="URL")] = "",
    sample: Annotated[str | None, typer.Option("--sample", metavar="0.1|5/week|all")] = None,
    install_schedule: Annotated[bool, typer.Option("--install-schedule")] = False,
    at: Annotated[str, typer.Option("--at", metavar="HH:MM")] = "02:00",
    lang: common.LangOption = None,
) -> None:
    """Bring calls in and work on them."""
    code = 0
    with common.one_sentence(lang) as say:
        if bool(campaign) == (into is not None):
            raise ServiceError("batch.campaign_or_folder")
        limits = Limits(_until(until), max_errors)
        if report is not None:
            check_writable(report)
        if morning is not None:
            morning_folder(morning)
        address_of_pages = checked_site(site)
        if sample is not None:
            read_sample(sample)
        if install_schedule:
            print(schedule(_as_given(context, sources), clock(at, "--at"), Path.cwd(), say))
            return
        night = _night(campaign, account, into, sample, Engine(engine, workers, gpus, address), limits)
        archive, rule, house = night.into.archive, night.into.sample, night.into.campaign_id
        found = entries(sources, zone_named(zone), night.settings.s3_endpoint)
        outcomes, end = lived(night, found, say)
        rows = table(archive, outcomes, night.wanted)
        if into is not None:
            ids = [o.call_id for o in outcomes if o.call_id]
            write_results(night.into, night.settings, into, ids, common.chosen_lang(lang))
        if report is not None:
            data = document(rows, end, rule, say)
            write_whole(report, json_lib.dumps(data, ensure_ascii=False, indent=1) + "\n")
        if morning is not None:
            _write_morning(archive, house, morning, rows, zone_named(zone), address_of_pages, say)
        print_table(rows, say)
        print(summary(rows, rule, say))
        code = exit_code(rows, end)
    if code:
        raise typer.Exit(code)


@dataclass(frozen=True)
class Night:
    """What a batch works with. `wanted`: what its calls are done with."""

    into: Into
    settings: Settings
    engine: Engine
    limits: Limits
    wanted: Configuration


def _night(
    campaign: str, account: str, folder: Path | None, sample: str | None, engine: Engine, limits: Limits
) -> Night:
    """Into the archive of the settings, or into one that lies hidden in a folder."""
    settings = Settings() if folder is None else settings_into(Settings(), folder)
    archive = archive_of(settings)
    if folder is None:
        with archive.writing() as session:
            house = campaign_named(session, campaign, account or HOUSE)
    else:
        house, engine = campaign_into(archive, settings), replace(engine, apart=settings.data_dir)
    rule, wanted = sample_of(sample, house, settings), configuration_of(settings, house)
    days = house.analysis_days if folder is None else None
    into = Into(archive, blobs_of(settings), house.id, settings.max_bytes, rule, keep_days=days)
    if folder is not None:
        forget_missing(into, folder)
    return Night(into, settings, engine, limits, wanted)


def lived(night: Night, found: Iterable[Entry | Refused], say: Say) -> tuple[list[Outcome], End]:
    """Every entry received and worked on; files that were still being written are come back to, for a while."""
    outcomes = list(receive(night.into, found))
    end = worked(night, outcomes, say)
    waited_until = time.monotonic() + GROWING_S
    while end == "done" and night.engine.workers and any(o.growing for o in outcomes):
        if time.monotonic() > waited_until or (night.limits.until or math.inf) <= time.time():
            break
        time.sleep(GROWING_LOOK_S)
        grown = iter(list(receive(night.into, [o.growing for o in outcomes if o.growing])))
        outcomes = [next(grown) if o.growing else o for o in outcomes]
        end = worked(night, outcomes, say)
    return outcomes, end


def _write_morning(
    archive: Archive, campaign_id: str, folder: Path, rows: Sequence[Row], zone: tzinfo, site: str, say: Say
) -> None:
    """What the night comes to, with the files that never became calls."""
    refused = [row.problem for row in rows if row.state == "refused" and row.problem]
    with archive.reading() as session:
        campaign = session.get_one(Campaign, campaign_id)
        found = morning_of(session, campaign, night_at(time.time(), zone), refused)
    write_morning(found, folder, zone=zone, site=site, lang=say.lang)


def clock(text: str, option: str) -> clock_time:
    """HH:MM. Raises ServiceError."""
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError as exc:
        raise ServiceError("cli.bad_option", option=option, value=text[:20], allowed="HH:MM") from exc


def _until(text: str | None) -> float | None:
    """The next time the clock here shows HH:MM."""
    if text is None:
        return None
    at, now = clock(text, "--until"), datetime.now().astimezone()
    end = datetime.combine(now.date(), at, now.tzinfo)
    return (end if end > now else end + timedelta(days=1)).timestamp()


def _as_given(context: typer.Context, sources: Sequence[str]) -> list[str]:
    """The options that were given, with absolute paths; those of the schedule itself apart."""
    given = ["batch"]
    for param in context.command.params:
        name, value = param.name or "", context.params.get(param.name or "")
        source = context.get_parameter_source(name)
        if name in ("sources", "install_schedule", "at") or value is None or source is None or source.name == "DEFAULT":
            continue
        given += [param.opts[0], str(value.absolute()) if isinstance(value, Path) else str(value)]
    return [*given, "--", *map(absolute, sources)]


def worked(night: Night, outcomes: Sequence[Outcome], say: Say) -> End:
    """The calls of this batch worked on, until they are done or a limit is met. No workers: only received."""
    ids, archive = list({o.call_id for o in outcomes if o.call_id}), night.into.archive
    if night.engine.workers == 0 or not any(state in OPEN for state, _ in states_of(archive, ids).values()):
        return "done"
    with crew_of(night.engine, archive, night.settings) as crew:
        return _watched(archive, ids, crew, night.limits, say)


def _watched(archive: Archive, ids: Sequence[str], crew: Keeping, limits: Limits, say: Say) -> End:
    begun = told = moved = time.monotonic()
    first: int | None = None
    before = -1
    while True:
        states = Counter(state for state, _ in states_of(archive, ids).values())
        left = sum(states[state] for state in OPEN)
        first = left if first is None else first
        moved, before = (time.monotonic() if left != before else moved), left
        if limits.max_errors is not None and states["failed"] > limits.max_errors:
            return "errors"
        if left == 0:
            return "done"
        if limits.until is not None and time.time() >= limits.until:
            return "until"
        if not crew.keep_up(len(ids) - left):
            raise ServiceError("batch.workers_die")
        if time.monotonic() - moved > FULL_S and _full(archive):
            raise room_needed()
        if time.monotonic() - told >= TELL_S:
            told = time.monotonic()
            _tell(first - left, left, told - begun, say)
        time.sleep(LOOK_S)


def _full(archive: Archive) -> bool:
    with archive.reading() as session:
        return waits_for(session, NO_ROOM, since=time.time() - FULL_S)


def _tell(done: int, left: int, took_s: float, say: Say) -> None:
    """Progress: how many, at what rate, how long still."""
    rate = done / took_s
    minutes = left / rate / 60 if rate else 0.0
    print(say.text("batch.progress", done=done, left=left, rate=3600 * rate, minutes=minutes), file=sys.stderr)


def exit_code(rows: Sequence[Row], end: End) -> int:
    """For a scheduler."""
    if end != "done":
        return EXIT_UNTIL if end == "until" else EXIT_ERRORS
    return EXIT_SOME_FAILED if any(r.state in ("refused", "failed") for r in rows) else 0
