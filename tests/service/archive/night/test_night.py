"""Whole nights: killed with everything they started at moments that are drawn, their disk filled in the middle, on both
engines; at the end every file has the outcome it must have, nothing is lost and nothing is there twice.

Twenty files on the local engine with every run of the tests; forty on Ray and five hundred on both with `make nights`.
"""

from __future__ import annotations

import importlib.util
import os
import time

import numpy as np
import pytest
import sqlalchemy as sa

from service.archive.engine import open_archive
from service.archive.tables import Campaign
from service.demo.speak import available
from tests.calls import timbre
from tests.service.archive.night.calls import DAMAGED_EVERY, lay
from tests.service.archive.night.run import Night, assert_all_right, fill, is_full, kill_all, small_disk

SEED = int(os.environ.get("NIGHT_SEED", "0")) or int(time.time())
WORKERS = "2"
FULL_S = 8.0
SPREAD_S = 2.0
SOME_REFUSED, NO_ROOM = 1, 2
LOCAL, RAY = ("--engine", "local"), ("--engine", "ray")
RAY_IS_HERE = pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="the ray extra is not installed")
pytestmark = [pytest.mark.espeak, pytest.mark.skipif(not available(), reason="espeak-ng and flite are not installed")]


@pytest.fixture
def disk(tmp_path):
    """The archive's own small disk."""
    try:
        with small_disk(tmp_path / "disk") as folder:
            yield folder
    except OSError as exc:
        pytest.skip(f"no small disk can be mounted here: {exc}")


def lived(night: Night, kills: int, of: int, rng: np.random.Generator) -> None:
    """The command until it comes to its end by itself: killed so many times, its disk full once."""
    moments = sorted((int(n), "kill") for n in rng.integers(0, of * 4 // 5, size=kills))
    process = night.start()
    for ended, what in sorted([*moments, (of // 2, "fill")]):
        night.until(ended, process)
        if what == "kill":
            time.sleep(float(rng.uniform(0, SPREAD_S)))
            print(f"killed {kill_all(process)} processes with {night.ended()} calls ended")
        else:
            filled(night)
            if process.poll() is None:
                continue
            assert process.returncode == NO_ROOM, night.log.read_text()[-3000:]
        process = night.start()
    code = process.wait()
    assert code == SOME_REFUSED, night.log.read_text()[-3000:]


def filled(night: Night) -> None:
    """For a while there is no room for anything, and nothing comes to an end."""
    before = night.ended()
    filler = fill(night.data)
    time.sleep(FULL_S)
    assert is_full(night.data)
    filler.unlink()  # to look at the archive takes a little room too
    print(f"the disk was full for {FULL_S:.0f} s with {before} to {night.ended()} calls ended")


def whole_night(disk, tmp_path, ray_tmp, engine, *, n, kills, damaged_every=DAMAGED_EVERY):
    rng = np.random.default_rng(SEED)
    print(f"NIGHT_SEED={SEED}")
    (tmp_path / "in").mkdir()
    expected = lay(tmp_path / "in", n, SEED, damaged_every=damaged_every)
    begun = time.monotonic()
    night = Night(disk, tmp_path / "in", (*engine, "--workers", WORKERS), ray_tmp)
    of = sum(e.state in ("done", "failed") for e in expected.values())
    try:
        lived(night, kills, of, rng)
        print(dict(assert_all_right(night, expected)), f"{time.monotonic() - begun:.0f} s")
    finally:
        night.end()


def test_to_begin_on_a_full_disk_is_one_sentence(disk, tmp_path, ray_tmp):
    (tmp_path / "in").mkdir()
    night = Night(disk, tmp_path / "in", (), ray_tmp)
    for how in ("an empty disk", "an archive on it"):
        filler = fill(disk)
        code = night.start().wait()
        said = night.log.read_text().splitlines()
        assert (code, len(said)) == (NO_ROOM, 1) and "make room" in said[0], how
        filler.unlink()
        night.archive().close()
        night.log.unlink()


def test_a_command_that_finds_no_room_to_write_says_so(disk):
    """Somebody has the archive open, so that it opens here too: the write itself is what fails."""
    data = {"TIMBRE_DATA_DIR": str(disk)}
    assert timbre("campaigns", "add", "first", env=data).code == 0
    other = open_archive(f"sqlite:///{disk / 'timbre.db'}")
    with other.reading() as session:
        session.scalars(sa.select(Campaign)).all()
        filler = fill(disk)
        ran = timbre("campaigns", "add", "x" * 100, "--lang", "fr", env=data)
        filler.unlink()
    other.close()
    assert (ran.code, len(ran.err_lines)) == (NO_ROOM, 1) and "Un disque est plein" in ran.err
    assert timbre("campaigns", "add", "x" * 100, env=data).code == 0


@pytest.mark.slow
def test_twenty_calls_through_a_kill_and_a_full_disk(disk, tmp_path, ray_tmp):
    whole_night(disk, tmp_path, ray_tmp, LOCAL, n=20, kills=1, damaged_every=2)


@pytest.mark.nights
@RAY_IS_HERE
def test_forty_calls_on_ray_through_a_kill_and_a_full_disk(disk, tmp_path, ray_tmp):
    whole_night(disk, tmp_path, ray_tmp, RAY, n=40, kills=1, damaged_every=4)


@pytest.mark.nights
@pytest.mark.parametrize("engine", [pytest.param(LOCAL, id="local"), pytest.param(RAY, id="ray", marks=RAY_IS_HERE)])
def test_five_hundred_calls_through_three_kills_and_a_full_disk(disk, tmp_path, ray_tmp, engine):
    whole_night(disk, tmp_path, ray_tmp, engine, n=500, kills=3)
