"""The service's own nights: due, lived once by one process, taken up again where another was killed."""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import UTC, datetime
from datetime import time as clock

import pytest
import sqlalchemy as sa

from service import nightly
from service.archive.nights import LEASE_S, claim, due, end, keep_told, renew
from service.archive.sources import zone_named
from service.archive.stages import Workshop
from service.archive.tables_calls import Call
from service.archive.tables_nights import NightRun
from service.archive.worker import Ending, run
from service.errors import ServiceError
from service.settings import Settings
from tests.calls import SHIPPED, timbre

AT = clock(2, 0)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()


def lived_before(archive):
    """Not the first night: a missed one is made up for."""
    with archive.writing() as session:
        session.add(NightRun(day="2026-11-01", ended_at=1.0))


@pytest.mark.parametrize(
    ("now", "day", "zone"),
    [
        ("2026-11-26T01:59:59+00:00", "2026-11-25", "UTC"),
        ("2026-11-26T02:00:00+00:00", "2026-11-26", "UTC"),
        ("2026-11-26T01:00:00+00:00", "2026-11-26", "Europe/Paris"),
        ("2026-11-26T23:30:00+00:00", "2026-11-26", "Europe/Paris"),
    ],
)
def test_a_night_belongs_to_the_day_its_hour_falls_on(now, day, zone):
    night = due(AT, zone_named(zone), datetime.fromisoformat(now).timestamp())
    assert night.day == day and night.at <= datetime.fromisoformat(now).timestamp()


def test_of_many_processes_one_has_the_night_and_a_killed_one_is_followed(archive):
    lived_before(archive)
    night = due(AT, UTC, NOON)
    got: list[object] = []
    threads = [threading.Thread(target=lambda n=n: got.append(claim(archive, night, f"w{n}", NOON))) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got, key=str) == [None] * 5 + [{}] or got.count({}) == 1
    with archive.reading() as session:
        first = session.get_one(NightRun, night.day).leased_by
    assert keep_told(archive, night, first, {"batch": {"calls": 3}})
    assert claim(archive, night, "next", NOON + LEASE_S - 1) is None
    assert claim(archive, night, "next", NOON + LEASE_S + 1) == {"batch": {"calls": 3}}
    assert not renew(archive, night, first, NOON) and not end(archive, night, first, NOON)
    assert end(archive, night, "next", NOON + 200)
    assert claim(archive, night, "late", NOON + 9000) is None


def test_a_service_that_is_new_waits_for_its_first_night(archive):
    assert claim(archive, due(AT, UTC, NOON), "w", NOON) is None
    tomorrow = NOON + 14.5 * 3600
    assert claim(archive, due(AT, UTC, tomorrow), "w", tomorrow) == {}


@pytest.fixture
def house(archive, blobs, tmp_path):
    """Two calls and a file that is none, in a folder; where the morning goes; a worker at work."""
    source, mornings = tmp_path / "night's calls", tmp_path / "mornings"
    source.mkdir(), mornings.mkdir()
    for n in range(2):
        (source / f"c{n}.ogg").write_bytes((SHIPPED / "en_recited.ogg").read_bytes() + bytes([n]))
    (source / "diary.wav").write_text("dear diary")
    for path in source.iterdir():
        os.utime(path, (1e9, 1e9))
    settings = Settings(
        transcriber="none",
        nightly_at="02:00",
        nightly_sources=f"{source} |",
        nightly_campaign="nightly",
        nightly_morning=str(mornings),
    )
    ending = Ending()
    worker = threading.Thread(target=run, args=(Workshop(archive, blobs, settings),), kwargs={"ending": ending})
    worker.start()
    yield settings, mornings
    ending.after(0.0)
    worker.join()


@pytest.mark.slow
@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_night_is_lived_once_and_whole(house, archive, blobs, monkeypatch):
    settings, mornings = house
    lived_before(archive)
    monkeypatch.setattr(nightly, "WAIT_S", 0.1)
    monkeypatch.setattr(nightly, "GROWN_S", 3.0)
    monkeypatch.setattr("service.archive.batch.SETTLED_S", 3.0)
    os.utime(mornings.parent / "night's calls" / "c1.ogg")  # still being written when the night begins
    now = time.time()
    nights = [nightly.Nights(archive, blobs, settings, nightly.plan_of(settings)) for _ in range(2)]
    assert [n.look(now) for n in nights] == [True, False]
    with archive.reading() as session:
        assert session.scalars(sa.select(Call.state)).all() == ["done", "done"]
        told = session.scalars(sa.select(NightRun.told).order_by(NightRun.day.desc())).first()
    assert list(told) == [name for name, _ in nightly.TASKS]
    assert (
        told["batch"]["calls"] == 2
        and told["batch"]["open"] == told["batch"]["growing"] == 0
        and told["purge"]["calls"] == 0
    )
    report = json.loads(next(mornings.glob("*.json")).read_text())
    assert [r["files"] for r in report["refused"]] == [1] and report["refused"][0]["why"]


def test_a_task_that_fails_leaves_its_code_and_the_next_goes_on(archive, blobs, tmp_path, monkeypatch):
    lived_before(archive)
    settings = Settings(nightly_at="02:00", nightly_sources=str(tmp_path / "gone"), nightly_campaign="x")
    assert nightly.Nights(archive, blobs, settings, nightly.plan_of(settings)).look()
    with archive.reading() as session:
        told = session.scalars(sa.select(NightRun.told).order_by(NightRun.day.desc())).first()
    assert told["batch"] == {"problem": "batch.no_source"} and told["morning"] == {} and told["purge"]["calls"] == 0


def test_a_process_that_ends_leaves_the_night_to_another(archive, blobs, monkeypatch):
    lived_before(archive)
    settings = Settings(nightly_at="02:00")
    first, second = (nightly.Nights(archive, blobs, settings, nightly.plan_of(settings)) for _ in range(2))

    def stopped(_night):
        raise nightly.Stopped

    with monkeypatch.context() as patch:
        patch.setattr(nightly, "TASKS", (("batch", stopped),))
        assert not first.look()
    assert second.look()


@pytest.mark.parametrize(
    "wrong",
    [
        {"nightly_at": "2h"},
        {"nightly_at": "02:00", "nightly_until": "25:00"},
        {"nightly_at": "02:00", "nightly_zone": "Mars"},
        {"nightly_at": "02:00", "nightly_sources": "/x"},
        {"nightly_at": "02:00", "nightly_campaign": "c", "nightly_morning": "/nowhere/at/all"},
        {"nightly_at": "02:00", "nightly_site": "javascript:x"},
    ],
)
def test_settings_that_cannot_be_are_told_before_anything_is_served(wrong, tmp_path):
    with pytest.raises(ServiceError):
        nightly.plan_of(Settings(**wrong))
    env = {f"TIMBRE_{name.upper()}": value for name, value in wrong.items()}
    ran = timbre("serve", env={**env, "TIMBRE_DATA_DIR": str(tmp_path)})
    assert ran.code == 2 and ran.err.count("\n") == 1
    assert nightly.plan_of(Settings()) is None
