"""Work that is never lost and never done twice."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from audio.notes import Note
from service.archive import jobs
from service.archive.jobs import (
    LEASE_S,
    MAX_ATTEMPTS,
    STAGES,
    LeaseLost,
    enqueue,
    fail,
    finish,
    give_back,
    open_jobs,
    renew,
    take,
)
from service.archive.tables_calls import Call, Event, Job
from tests.service.archive.fixtures import add


@pytest.fixture
def call(archive, blobs, cast):
    return add(archive, blobs, cast)[0]


def done(archive, job):
    with archive.writing() as session:
        finish(session, job)


def test_a_call_goes_through_every_stage_in_order(archive, call):
    seen = []
    while job := take(archive, "w"):
        seen.append(job.stage)
        done(archive, job)
    assert tuple(seen) == STAGES
    with archive.reading() as session:
        assert open_jobs(session) == 0


def test_a_running_job_is_nobody_elses(archive, call):
    assert take(archive, "one") and take(archive, "two") is None


def test_a_worker_that_is_gone_is_noticed_within_a_minute_and_its_job_taken(archive, call):
    first = take(archive, "one", now=0)
    assert take(archive, "two", now=LEASE_S - 1) is None
    second = take(archive, "two", now=LEASE_S + 1)
    assert LEASE_S < 60 and (second.id, second.attempt) == (first.id, 2)


def test_a_worker_that_comes_back_leaves_no_second_result(archive, call):
    first = take(archive, "one", now=0)
    second = take(archive, "two", now=LEASE_S + 1)
    with pytest.raises(LeaseLost):
        renew(archive, first, now=LEASE_S + 2)
    with pytest.raises(LeaseLost), archive.writing() as session:
        session.execute(sa.update(Call).values(script=1.0))
        finish(session, first)
    with archive.reading() as session:
        assert session.get_one(Call, call.id).script is None  # its result went with its lease
    done(archive, second)


def test_a_lease_that_is_renewed_holds(archive, call):
    job = take(archive, "one", now=0)
    renew(archive, job, progress=0.5, now=LEASE_S - 1)
    assert take(archive, "two", now=LEASE_S + 1) is None
    with archive.reading() as session:
        assert session.get_one(Job, job.id).progress == 0.5


def test_a_failure_that_may_pass_is_tried_again_later_and_not_for_ever(archive, call):
    now = 0.0
    for attempt in range(1, MAX_ATTEMPTS + 1):
        job = take(archive, "w", now=now)
        assert job.attempt == attempt
        fail(archive, job, Note("archive.no_room", {"why": "x"}), again=True, now=now)
        assert take(archive, "w", now=now) is None
        now += 1000
    assert take(archive, "w", now=now) is None
    with archive.reading() as session:
        assert session.get_one(Call, call.id).state == "failed"


def test_a_failure_of_the_file_is_final_at_once_with_its_reason(archive, call):
    job = take(archive, "w")
    fail(archive, job, Note("sound.no_audio"), again=False)
    with archive.reading() as session:
        found = session.get_one(Call, call.id)
        assert (found.state, found.problem["code"]) == ("failed", "sound.no_audio")
    assert take(archive, "w") is None


def test_a_call_that_kills_every_worker_is_given_up(archive, call):
    now = 0.0
    for _ in range(MAX_ATTEMPTS):
        assert take(archive, "w", now=now)
        now += LEASE_S + 1
    assert take(archive, "w", now=now) is None
    with archive.reading() as session:
        assert session.get_one(Call, call.id).problem["code"] == "archive.worker_died"


def test_what_people_wait_for_goes_first(archive, blobs, cast):
    for n in range(3):
        blob_call, _ = add(archive, blobs, cast, content=b"%d" % n)
        with archive.writing() as session:
            enqueue(session, blob_call.id, priority=jobs.ARCHIVE)
    urgent, _ = add(archive, blobs, cast, content=b"urgent")
    assert take(archive, "w").call_id == urgent.id


def test_going_back_to_a_stage_replaces_it_and_those_after(archive, call):
    while job := take(archive, "w"):
        done(archive, job)
    with archive.writing() as session:
        enqueue(session, call.id, stage="score")
    with archive.reading() as session:
        states = {j.stage: j.state for j in session.scalars(sa.select(Job))}
    assert states == {"analyse": "done", "copy": "done", "score": "ready"}


def test_many_workers_do_every_job_once(archive, blobs, cast):
    calls = [add(archive, blobs, cast, content=b"%d" % n)[0].id for n in range(12)]
    did, lock = [], threading.Lock()

    def work(name):
        while job := take(archive, name):
            done(archive, job)
            with lock:
                did.append((job.call_id, job.stage))

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    while job := take(archive, "last"):  # a worker stops when it finds nothing, another may then add a stage
        done(archive, job)
        did.append((job.call_id, job.stage))
    assert sorted(did) == sorted((c, s) for c in calls for s in STAGES)


def test_events_hold_ids_and_codes_only(archive, call):
    job = take(archive, "w")
    fail(archive, job, Note("cli.our_bug", {"kind": "X", "place": "y"}), again=False)
    with archive.reading() as session:
        details = [e.detail for e in session.scalars(sa.select(Event).order_by(Event.id))]
    assert details == [{}, {"stage": "analyse"}, {"code": "cli.our_bug"}]


def test_a_job_that_is_given_back_is_as_good_as_new_for_another(archive, call):
    for _ in range(MAX_ATTEMPTS + 2):
        first = take(archive, "one")
        give_back(archive, first)
    second = take(archive, "two")
    assert (second.id, second.attempt) == (first.id, 1)
    with pytest.raises(LeaseLost):
        give_back(archive, first)


def state(archive, call):
    with archive.reading() as session:
        return session.get_one(Call, call.id).state


def test_lists_say_waiting_and_running_and_a_call_that_is_done_stays_so(archive, call):
    assert state(archive, call) == "waiting"
    job = take(archive, "w")
    assert state(archive, call) == "running"
    fail(archive, job, Note("archive.no_room", {"why": "x"}), again=True)
    assert state(archive, call) == "waiting"
    with archive.writing() as session:
        session.get_one(Call, call.id).state = "done"
        enqueue(session, call.id, stage="score")
    assert take(archive, "w").stage == "score" and state(archive, call) == "done"
