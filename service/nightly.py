"""The service's own nights: with `TIMBRE_NIGHTLY_AT` every `timbre serve` looks whether a night is due, and one of them
does its tasks, each once: bring the calls in and wait for them, write the morning report, remove what has been kept
long enough. The calls themselves are worked on by the workers that run, after what people upload.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, tzinfo
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from audio.notes import Note
from service.archive.batch import Into, Outcome, receive, states_of
from service.archive.blobs import Blobs
from service.archive.engine import Archive
from service.archive.morning import OPEN, by_reason, morning_of, night_at
from service.archive.nights import Due, claim, due, end, keep_told, let_go, renew
from service.archive.outcomes import sample_of
from service.archive.people import HOUSE, campaign_named
from service.archive.retention import purge
from service.archive.sources import Entry, Refused, entries, zone_named
from service.archive.tables import Campaign
from service.archive.worker import problem_of
from service.archive.workers import new_name
from service.errors import ServiceError
from service.logs import place_of
from service.settings import Settings
from service.web.morning_files import morning_folder, write_morning
from service.web.page_morning import checked_site

log = logging.getLogger("timbre.nightly")
LOOK_S, RENEW_S, WAIT_S = 30.0, 20.0, 5.0
GROWN_S = 60.0
"""How long after all other work a night looks again at files that were being written, once."""
BETWEEN = "|"
"""Between the sources of a night: no shell and no path has it by accident."""


@dataclass(frozen=True)
class Plan:
    """The settings of the nights, checked."""

    at: clock_time
    until: clock_time | None
    zone: tzinfo
    sources: tuple[str, ...]
    campaign: str
    account: str
    morning: Path | None
    site: str


def plan_of(settings: Settings) -> Plan | None:
    """None when no nights are set. Raises ServiceError: a time, zone, folder or address that is none, no campaign."""
    at = clock_of("nightly_at", settings.nightly_at)
    if at is None:
        return None
    sources = tuple(s for s in (part.strip() for part in settings.nightly_sources.split(BETWEEN)) if s)
    morning = morning_folder(Path(settings.nightly_morning)) if settings.nightly_morning else None
    if (sources or morning) and not settings.nightly_campaign:
        raise ServiceError("nightly.no_campaign")
    return Plan(
        at=at,
        until=clock_of("nightly_until", settings.nightly_until),
        zone=zone_named(settings.nightly_zone),
        sources=sources,
        campaign=settings.nightly_campaign,
        account=settings.nightly_account or HOUSE,
        morning=morning,
        site=checked_site(settings.nightly_site),
    )


def clock_of(name: str, text: str) -> clock_time | None:
    """HH:MM; None for an empty setting. Raises ServiceError."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError as exc:
        raise ServiceError("cli.bad_setting", name=name, value=text[:20]) from exc


@dataclass
class Tonight:
    """What a task works with. `told`: what the tasks before it came to. Set `stop`: this process ends."""

    archive: Archive
    blobs: Blobs
    settings: Settings
    plan: Plan
    due: Due
    stop: threading.Event
    told: dict[str, Any] = field(default_factory=dict)


Task = Callable[[Tonight], Mapping[str, Any]]
"""Does its work and says what it came to, in counts and codes: no names. Raises Stopped when it was not let end."""


class Stopped(Exception):
    """The process ends, or the night is another's by now: the task is begun again by whoever takes it up."""


def bring_in(night: Tonight) -> Mapping[str, Any]:
    """The calls of the sources, received, then waited for until all have ended or it is `until`."""
    plan = night.plan
    if not plan.sources:
        return {}
    with night.archive.writing() as session:
        campaign = campaign_named(session, plan.campaign, plan.account)
    sample = sample_of(None, campaign, night.settings)
    most, days = night.settings.max_bytes, campaign.analysis_days
    into = Into(night.archive, night.blobs, campaign.id, most, sample, keep_days=days)
    outcomes = _received(night, into, entries(plan.sources, plan.zone, night.settings.s3_endpoint))
    open_ = _waited(night, outcomes)
    growing = [o.growing for o in outcomes if o.growing]
    if growing:  # files that were being written when the night began
        if night.stop.wait(GROWN_S):
            raise Stopped
        outcomes = [o for o in outcomes if not o.growing] + _received(night, into, growing)
        open_ = _waited(night, outcomes)
    refused = by_reason(o.problem for o in outcomes if o.state == "refused" and o.problem)
    why = [{"code": f.reason.code, "params": dict(f.reason.params), "files": f.calls} for f in refused]
    counts = Counter(o.state for o in outcomes)
    more = {"sample": sample.rule, "not_sampled": counts["not_sampled"]} if sample else {}
    calls = len({o.call_id for o in outcomes if o.call_id})
    return {"calls": calls, "open": open_, "growing": counts["growing"], "refused": why, **more}


def _received(night: Tonight, into: Into, found: Iterable[Entry | Refused]) -> list[Outcome]:
    outcomes = []
    for outcome in receive(into, found):
        if night.stop.is_set():
            raise Stopped
        outcomes.append(outcome)
    return outcomes


def _waited(night: Tonight, outcomes: Sequence[Outcome]) -> int:
    """How many calls have not ended when it is time."""
    until, ids = _until(night), {o.call_id for o in outcomes if o.call_id}
    while True:
        open_ = sum(state in OPEN for state, _ in states_of(night.archive, ids).values())
        if not open_ or time.time() >= until:
            return open_
        if night.stop.wait(WAIT_S):
            raise Stopped


def _until(night: Tonight) -> float:
    """The first such hour after the night was due; without one, an hour before the next."""
    plan, began = night.plan, datetime.fromtimestamp(night.due.at, night.plan.zone)
    if plan.until is None:
        return night.due.at + 23 * 3600.0
    at = datetime.combine(began.date(), plan.until, plan.zone)
    return (at if at > began else at + timedelta(days=1)).timestamp()


def report_morning(night: Tonight) -> Mapping[str, Any]:
    """The morning report, in its folder. What the batch refused stands in it by its reason."""
    plan = night.plan
    if plan.morning is None:
        return {}
    refused = night.told.get("batch", {}).get("refused", ())
    reasons = [Note(why["code"], why["params"]) for why in refused for _ in range(why["files"])]
    with night.archive.writing() as session:
        campaign_id = campaign_named(session, plan.campaign, plan.account).id
    with night.archive.reading() as session:
        found = morning_of(session, session.get_one(Campaign, campaign_id), night_at(night.due.at, plan.zone), reasons)
    return {"files": len(write_morning(found, plan.morning, zone=plan.zone, site=plan.site))}


def remove_old(night: Tonight) -> Mapping[str, Any]:
    """Retention, as `timbre purge`."""
    return asdict(purge(night.archive, night.blobs, now=time.time()))


TASKS: tuple[tuple[str, Task], ...] = (("batch", bring_in), ("morning", report_morning), ("purge", remove_old))
"""What a night does, in this order; each by the name that its row keeps."""


class Nights(threading.Thread):
    """Looks whether a night is due, and lives it when it is this process's."""

    def __init__(self, archive: Archive, blobs: Blobs, settings: Settings, plan: Plan) -> None:
        super().__init__(daemon=True, name="nights")
        self._archive, self._blobs, self._settings, self._plan = archive, blobs, settings, plan
        self._worker, self.stop = new_name(), threading.Event()

    def run(self) -> None:
        """Until told to stop. A database that is away is waited for."""
        while not self.stop.is_set():
            try:
                self.look()
            except DBAPIError as exc:
                log.warning("no database", extra={"kind": type(exc).__name__})
            self.stop.wait(LOOK_S)

    def look(self, now: float | None = None) -> bool:
        """One look; True when a night was lived to its end."""
        now = time.time() if now is None else now
        night = due(self._plan.at, self._plan.zone, now)
        told = claim(self._archive, night, self._worker, now)
        return told is not None and self._lived(night, dict(told))

    def _lived(self, night: Due, told: dict[str, Any]) -> bool:
        stop, over = threading.Event(), threading.Event()
        beat = threading.Thread(target=self._beat, args=(night, stop, over), daemon=True)
        beat.start()
        try:
            whole = self._done(Tonight(self._archive, self._blobs, self._settings, self._plan, night, stop, told))
        finally:
            over.set()
            beat.join()
        return end(self._archive, night, self._worker, time.time()) if whole else self._left(night)

    def _left(self, night: Due) -> bool:
        let_go(self._archive, night, self._worker)
        return False

    def _done(self, tonight: Tonight) -> bool:
        """Every task that has not ended yet. One that fails leaves its reason, and the next goes on."""
        for name, task in TASKS:
            if name in tonight.told:
                continue
            begun_s = time.monotonic()
            try:
                tonight.told[name] = dict(task(tonight))
            except Stopped:
                return False
            except DBAPIError:
                raise
            except Exception as exc:
                tonight.told[name] = {"problem": problem_of(exc).code}
                told = {"stage": name, "code": problem_of(exc).code, "place": place_of(exc.__traceback__)}
                log.error("task failed", extra=told)
            log.info("task ended", extra={"stage": name, "took_s": round(time.monotonic() - begun_s, 1)})
            if not keep_told(self._archive, tonight.due, self._worker, tonight.told):
                return False
        return True

    def _beat(self, night: Due, stop: threading.Event, over: threading.Event) -> None:
        """Keeps the lease; tells the tasks to stop when it is lost or this process ends."""
        renewed = time.monotonic()
        while not over.wait(1.0):
            if self.stop.is_set():
                stop.set()
            if time.monotonic() - renewed < RENEW_S:
                continue
            try:
                if not renew(self._archive, night, self._worker, time.time()):
                    stop.set()
                renewed = time.monotonic()
            except DBAPIError:  # a database that is away for a moment
                continue
