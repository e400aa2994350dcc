"""A real Ray of two nodes, one of them killed in the middle of its work."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa

from service.archive.tables_calls import Job
from service.demo.speak import available
from tests.service.archive.night.calls import lay
from tests.service.archive.night.run import TIMBRE, Night, assert_all_right

pytest.importorskip("ray", reason="the ray extra is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.espeak,
    pytest.mark.skipif(not available(), reason="espeak-ng and flite are not installed"),
]
SOME_REFUSED = 1


@pytest.fixture
def night(tmp_path, ray_tmp):
    (tmp_path / "in").mkdir()
    return Night(tmp_path / "data", tmp_path / "in", (), ray_tmp)


@pytest.fixture
def nodes(night):
    """The cluster's process; its first line is the address."""
    cluster = subprocess.Popen(
        [sys.executable, "-m", "tests.service.archive.night.two_nodes"],
        env=night.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    yield cluster
    cluster.stdin.close()
    try:
        cluster.wait(60)
    finally:
        cluster.kill()
        cluster.wait()
        night.end()


def at_work(night):
    """Who has a job in hand."""
    archive = night.archive()
    try:
        with archive.reading() as session:
            return set(session.scalars(sa.select(Job.leased_by).where(Job.state == "running")))
    finally:
        archive.close()


def test_a_node_killed_in_the_middle_loses_and_doubles_nothing(night, nodes):
    expected = lay(night.recordings, 24, seed=8, damaged_every=8)
    night.engine = ("--engine", "ray", "--address", nodes.stdout.readline().strip(), "--workers", "2")
    process = night.start()
    night.until(6, process)
    night.wait(lambda: len(at_work(night)) == 2, process)
    nodes.stdin.write("\n")
    assert nodes.stdout.readline() == "killed\n"
    night.wait(lambda: len(at_work(night)) < 2, process)  # and there is room for one alone
    before = night.ended()
    assert process.wait(600) == SOME_REFUSED, night.log.read_text()[-3000:]
    assert before < sum(of.state in ("done", "failed") for of in expected.values())
    assert_all_right(night, expected)


def test_a_cluster_without_room_is_one_sentence(night):
    """More GPUs than there are, and a second to wait for them."""
    code = f"from service.archive import crew_ray; crew_ray.START_S = 1.0; {TIMBRE[-1]}"
    lay(night.recordings, 1, seed=1)
    night.engine = ("--engine", "ray", "--gpus", "64")
    assert night.start(code).wait(300) == 2
    said = night.log.read_text().splitlines()
    assert len(said) == 1 and "no room for a worker" in said[0]


def test_an_address_where_nobody_is_is_one_sentence(night):
    night.engine = ("--engine", "ray", "--address", "127.0.0.1:1")
    lay(night.recordings, 1, seed=1)
    assert night.start().wait(300) == 2
    said = night.log.read_text().splitlines()
    assert len(said) == 1 and "127.0.0.1:1" in said[0]
