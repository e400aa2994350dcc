"""Workers of a batch: how they end, what they may hold, what becomes of what they had in hand."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
import sqlalchemy as sa

from audio.notes import Note
from service.archive import worker
from service.archive.crew import MOST_DEATHS, Crew, Deaths, Engine, crew_of
from service.archive.crew_ray import ADDRESS, RayCrew, for_workers, gpu_share
from service.archive.jobs import fail, release, take, waits_for
from service.archive.memory import EXIT_FULL, LOOK_S, MIB, TIMES, Watched, held_bytes
from service.archive.room import NO_ROOM, is_full
from service.archive.stages import Workshop
from service.archive.tables_calls import Call, Job
from service.archive.worker import Ending, run, work_once
from service.archive.workers import is_gone, new_name
from service.errors import ServiceError
from service.settings import Settings, worker_environment
from tests.calls import REPOSITORY
from tests.service.archive.fixtures import add

HANG_S = 60.0


def until(true):
    end = time.monotonic() + HANG_S
    while not true():
        assert time.monotonic() < end, "it hangs"
        time.sleep(0.05)


@pytest.fixture
def shop(archive, blobs):
    return Workshop(archive, blobs, Settings(transcriber="none"))


def job_of(archive):
    with archive.reading() as session:
        return session.scalars(sa.select(Job)).one()


def test_workers_that_die_are_replaced_until_nothing_gets_done_between():
    with Crew(2, command=(sys.executable, "-c", "raise SystemExit(1)")) as crew:
        until(lambda: not crew.keep_up())
        assert crew.keep_up(ended=1)  # a call ended: the counting begins anew


def test_a_worker_that_held_too_much_is_no_death():
    with Crew(1, command=(sys.executable, "-c", f"raise SystemExit({EXIT_FULL})")) as crew:
        seen = set()
        while len(seen) < MOST_DEATHS + 2:
            assert crew.keep_up()
            seen.add(crew._workers[0].pid)


def test_deaths_are_borne_per_worker_and_since_a_call_ended():
    deaths = Deaths(2)
    for _ in range(2 * MOST_DEATHS - 1):
        deaths.one_more()
    assert deaths.bearable(0)
    deaths.one_more()
    assert not deaths.bearable(0) and deaths.bearable(1) and deaths.bearable(1)


def test_workers_end_with_the_program_that_started_them(tmp_path):
    """However it ends: here by kill -9, which leaves it no word to say."""
    code = "import time; from service.archive.crew import Crew; c = Crew(1); c.__enter__()"
    code += "; print(c._workers[0].pid, flush=True); time.sleep(99)"
    env = {**os.environ, "TIMBRE_DATA_DIR": str(tmp_path), "TIMBRE_TRANSCRIBER": "none", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, text=True
    ) as program:
        pid = int(program.stdout.readline())
        name = new_name().split(":")
        name[1] = str(pid)
        until(lambda: (tmp_path / "timbre.db").exists())
        assert not is_gone(":".join(name))
        program.kill()
    until(lambda: is_gone(":".join(name)))


def test_a_name_tells_whether_its_process_is_there():
    mine = new_name()
    assert not is_gone(mine)
    machine, _, token = mine.split(":")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    until(lambda: is_gone(f"{machine}:{ended.pid}:{token}"))  # a zombie: nobody has asked how it ended
    ended.wait()
    assert is_gone(f"{machine}:{ended.pid}:{token}")
    assert not is_gone(f"elsewhere:{ended.pid}:{token}") and not is_gone("w1") and not is_gone("")


def test_what_a_gone_worker_had_in_hand_is_taken_at_once_and_counts_as_an_attempt(archive, blobs, cast):
    add(archive, blobs, cast)
    first = take(archive, "gone")
    release(archive, lambda name: name == "another")
    assert take(archive, "w") is None
    release(archive, lambda name: name == "gone")
    assert (second := take(archive, "w")).id == first.id and second.attempt == 2


def test_a_worker_that_starts_frees_what_the_dead_of_its_machine_held(archive, blobs, cast, shop, monkeypatch):
    add(archive, blobs, cast)
    take(archive, "dead")
    monkeypatch.setattr(worker, "is_gone", lambda name: name == "dead")
    ending, did = Ending(), []

    def once(_shop, job, _on_step):
        did.append(job.attempt)
        ending.stop.set()
        return lambda _session: None

    run(shop, ending=ending, do=once, idle_s=0.01)
    assert did == [2]


def test_calls_that_were_begun_are_done_before_others_are_begun(archive, blobs, cast, shop):
    for n in range(3):
        add(archive, blobs, cast, content=b"%d" % n)
    order = []

    def nothing(_shop, job, _on_step):
        order.append((job.call_id, job.stage))
        return lambda _session: None

    while work_once(shop, "w", do=nothing):
        pass
    calls = [call for call, _ in order]
    assert len(order) == 12 and calls == sorted(calls, key=calls.index)


UNNOTICED = 3


def grows(shop, job, on_step):
    """More than a worker may hold, for as long as it takes to notice; its process ends here if nobody does."""
    kept = np.ones(400 * MIB // 8)
    time.sleep(LOOK_S * (TIMES + 40) + kept[0] * 0)
    os._exit(UNNOTICED)


def forked(work):
    """In a process of its own, which may be ended in the middle; its exit code."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def forked_bytes():
    """What such a process holds when it begins: less than this one, which may have a browser beside it."""
    reading, writing = os.pipe()
    assert forked(lambda: os.write(writing, b"%d" % held_bytes())) == 0
    with os.fdopen(reading, "rb") as told:
        os.close(writing)
        return int(told.read())


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)  # a forked connection to a server belongs to two
def test_a_call_that_takes_too_much_ends_its_worker_is_tried_again_and_fails_with_that(archive, blobs, cast, shop):
    add(archive, blobs, cast)
    limit_mib = forked_bytes() // MIB + 150
    archive.close()
    assert forked(lambda: run(shop, ending=Ending(), do=grows, memory_mib=limit_mib)) == EXIT_FULL
    job = job_of(archive)
    assert (job.state, job.attempts, job.leased_by) == ("ready", 1, None) and job.not_before > time.time()
    with archive.writing() as session:
        session.execute(sa.update(Job).values(attempts=3, not_before=0.0))
    archive.close()
    assert forked(lambda: run(shop, ending=Ending(), do=grows, memory_mib=limit_mib)) == EXIT_FULL
    with archive.reading() as session:
        call = session.scalars(sa.select(Call)).one()
    assert (call.state, call.problem) == (
        "failed",
        {"code": "archive.too_much_memory", "params": {"limit_mib": limit_mib}},
    )


def test_a_worker_that_holds_too_much_between_two_jobs_comes_back_and_has_kept_the_first(archive, blobs, cast, shop):
    for n in range(2):
        add(archive, blobs, cast, content=b"%d" % n)
    done = []

    def small(_shop, job, _on_step):
        done.append(job)
        return lambda _session: None

    assert run(shop, ending=Ending(), do=small, memory_mib=1)
    assert len(done) == 1
    with archive.reading() as session:
        assert session.get_one(Job, done[0].id).state == "done"


def test_memory_counts_what_was_started_too_and_two_looks(monkeypatch):
    before = held_bytes()
    code = "b = b'x' * (200 << 20); print(len(b), flush=True); import time; time.sleep(99)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        assert held_bytes() > before + 150 * MIB
        child.kill()
    looks, called = iter([9, 1, 9, 1, 9, 1]), []
    monkeypatch.setattr("service.archive.memory.LOOK_S", 0.001)
    monkeypatch.setattr("service.archive.memory.held_bytes", lambda: next(looks, 1))
    with Watched(5, lambda: called.append(1)):
        until(lambda: next(looks, None) is None)
    assert not called


def test_no_memory_left_is_a_sentence(archive, blobs, cast, shop):
    add(archive, blobs, cast)

    def greedy(*_):
        raise MemoryError

    with archive.writing() as session:
        session.execute(sa.update(Job).values(attempts=3))
    assert work_once(shop, "w", do=greedy)
    with archive.reading() as session:
        assert session.scalars(sa.select(Call)).one().problem["code"] == "archive.no_memory"


def test_a_full_disk_costs_no_attempt_and_is_told_to_who_waits(archive, blobs, cast, shop):
    add(archive, blobs, cast)

    def full(*_):
        raise OSError(28, os.strerror(28))

    now = time.time()
    assert work_once(shop, "w", do=full)
    job = job_of(archive)
    assert (job.state, job.attempts) == ("ready", 0) and job.not_before > now
    with archive.reading() as session:
        assert waits_for(session, NO_ROOM, since=now) and not waits_for(session, NO_ROOM, since=now + 3600)
    again = take(archive, "w", now=now + 60)
    fail(archive, again, NO_ROOM, again=True, now=now + 60)
    with archive.reading() as session:
        assert not waits_for(session, NO_ROOM, since=now)


def test_which_errors_are_those_of_a_full_disk(tmp_path):
    import sqlite3

    from service.archive.errors import ArchiveError

    small = sqlite3.connect(tmp_path / "x.db")
    small.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as told:
        small.execute("CREATE TABLE t AS SELECT zeroblob(100000) b")
    small.close()
    assert is_full(sa.exc.OperationalError("INSERT", {}, told.value))
    assert is_full(ArchiveError("archive.no_room", why="x")) and is_full(OSError(28, "x"))
    assert not is_full(sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("locked")))
    assert not is_full(OSError(13, "x")) and not is_full(ValueError("x")) and not is_full(ArchiveError("archive.x"))


@pytest.mark.parametrize(
    ("workers", "gpus", "there", "share"),
    [(4, None, 0, 0.0), (4, None, 4, 1.0), (4, None, 3, 0.5), (5, 2, 8, 1 / 3), (1, None, 8, 1.0), (3, 0, 8, 0.0)],
)
def test_shares_of_gpus_find_a_place_each_on_one(workers, gpus, there, share):
    got = gpu_share(Engine("ray", workers, gpus), there)
    assert got == pytest.approx(share)
    if got:
        assert int(1 / got) * (there if gpus is None else gpus) >= workers


def test_local_workers_share_the_gpus_by_turns_and_take_those_they_were_given(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [worker_environment(n, 2)["CUDA_VISIBLE_DEVICES"] for n in range(3)] == ["0", "1", "0"]
    assert worker_environment(0, 0)["CUDA_VISIBLE_DEVICES"] == "" and "CUDA_VISIBLE_DEVICES" not in worker_environment()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7,9")
    assert [worker_environment(n, 2)["CUDA_VISIBLE_DEVICES"] for n in range(3)] == ["4", "7", "4"]


def test_actors_read_the_same_settings_without_secrets_that_are_not_theirs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = Settings(data_dir="here", database="postgresql://u:p@h/d", oidc_client_secret="hidden", device="auto")  # noqa: S106
    text = for_workers(given, Engine("ray", 2, gpus=0))
    read = Settings.model_validate_json(text)
    assert (read.database, read.data_dir, read.device) == (given.database, tmp_path / "here", "cpu")
    assert "hidden" not in text
    same = Settings.model_validate_json(for_workers(given, Engine("ray", 2)))
    assert same.model_copy(update={"oidc_client_secret": "hidden"}) == given.model_copy(
        update={"data_dir": tmp_path / "here"}
    )


@pytest.mark.parametrize("text", ["auto", "10.0.0.1:6379", "head.example:1", "[::1]:6379"])
def test_addresses_of_clusters(text):
    assert ADDRESS.fullmatch(text)


@pytest.mark.parametrize("text", ["ray://h:1", "h", "local", "h:", "h:123456", "h:1 x", "a b:1", "h:1\n", "http://h:1"])
def test_what_is_no_address_of_a_cluster(text):
    assert not ADDRESS.fullmatch(text)


def test_without_ray_it_is_one_sentence(archive, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ServiceError, match=r"batch\.no_ray"), crew_of(Engine("ray"), archive, Settings()):
        pytest.fail("entered")


def test_a_file_of_a_database_is_no_archive_for_other_machines(archive):
    """The part that asks the cluster who is in it, with the answer of one that has another machine and a lost one."""
    crew = RayCrew(Engine("ray"), archive, Settings())
    nodes = [("10.0.0.1", True), ("10.0.0.2", True), ("10.0.0.3", False)]
    crew._ray = SimpleNamespace(
        util=SimpleNamespace(get_node_ip_address=lambda: "10.0.0.1"),
        nodes=lambda: [{"NodeManagerAddress": address, "Alive": alive} for address, alive in nodes],
    )
    if archive.is_postgresql:
        crew._one_machine_for_a_file()
        return
    with pytest.raises(ServiceError) as told:
        crew._one_machine_for_a_file()
    assert told.value.note == Note("batch.ray_needs_postgresql", {"n": 1})
