"""Real calls through the worker; workers killed in the middle of every stage."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

from service.archive import worker
from service.archive.calls import NewCall, add_call
from service.archive.jobs import STAGES, enqueue, open_jobs
from service.archive.results import stored_result
from service.archive.stages import Workshop, work
from service.archive.tables import Campaign, Person
from service.archive.tables_calls import Call, Event, Job, MomentRow, RecordingFile, ResultDocument
from service.archive.worker import Ending, run, work_once
from service.settings import Settings
from tests.calls import REPOSITORY, SHIPPED


def shipped_call(archive, blobs, cast, name="en_recited", **changes):
    """A call of the demo with its transcript, received."""
    files = []
    for kind, ending in (("recording", ".ogg"), ("transcript", ".vtt")):
        content = (SHIPPED / f"{name}{ending}").read_bytes()
        files.append((kind, blobs.put(io.BytesIO(content), limit_bytes=1 << 24, suffix=ending), "x/x"))
    facts = {"campaign_id": cast.campaign.id, "team_id": cast.team.id, "agent_id": cast.agent.id, "started_at": 5.0}
    with archive.writing() as session:
        return add_call(session, NewCall(**{"name": name, "agent_name": "Agent", **facts, **changes}), files)[0]


def work_all(archive, blobs, **settings):
    shop = Workshop(archive, blobs, Settings(transcriber="none", **settings))
    while work_once(shop, "test"):
        pass


def process(address, tmp_path, stage="none", where="before", **options):
    command = [sys.executable, "-m", "tests.service.archive.worker_process"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, address, str(tmp_path / "blobs"), stage, where], cwd=REPOSITORY, env=env, **options
    )


def assert_one_result(archive, blobs, call_id):
    with archive.reading() as session:
        call = session.get_one(Call, call_id)
        kinds = sorted(session.scalars(sa.select(ResultDocument.kind).where(ResultDocument.call_id == call_id)))
        places = set(session.scalars(sa.select(RecordingFile.place)))
        assert (call.state, open_jobs(session)) == ("done", 0)
        assert {j.state for j in session.scalars(sa.select(Job))} == {"done"}
    assert kinds == ["evidence", "judgement", "pitch"]
    blobs.sweep_parts(0, now=1e12)
    assert set(blobs.places()) == places  # nothing that no row names


def test_a_call_is_analysed_copied_and_scored(archive, blobs, cast):
    call = shipped_call(archive, blobs, cast)
    work_all(archive, blobs)
    assert_one_result(archive, blobs, call.id)
    with archive.reading() as session:
        found, result = session.get_one(Call, call.id), stored_result(session, call.id)
        moments = session.scalars(sa.select(MomentRow).where(MomentRow.call_id == call.id)).all()
        kinds = [e.kind for e in session.scalars(sa.select(Event).order_by(Event.id))]
        copy = session.scalars(sa.select(RecordingFile).where(RecordingFile.kind == "listen")).one()
    assert found.script == result.judgement.script.value and found.rubric == result.judgement.rubric
    assert {m.moment for m in moments} == {m.id for m in result.judgement.moments} and found.open_moments == len(
        moments
    )
    assert kinds[0] == "received" and kinds[-2:] == ["done", "stage"] and copy.media_type == "audio/webm"
    with blobs.open(copy.place) as stream:
        assert stream.read(4) == b"\x1aE\xdf\xa3"  # a WebM


def test_workers_killed_in_every_stage_lose_and_double_nothing(archive, blobs, cast, address, tmp_path):
    """One call, and worker after worker that dies in it: before anything, then with each stage done and unkept."""
    call = shipped_call(archive, blobs, cast)
    for stage, where in [(STAGES[0], "before"), *((stage, "after") for stage in STAGES)]:
        assert process(address, tmp_path, stage, where).wait(300) == -9
    assert process(address, tmp_path).wait(300) == 0
    assert_one_result(archive, blobs, call.id)


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)  # where several workers are at home
def test_two_workers_one_gone_for_good(archive, blobs, cast, address, tmp_path):
    calls = [shipped_call(archive, blobs, cast, started_at=float(n)) for n in range(2)]
    gone = process(address, tmp_path, "score", "hang")
    other = process(address, tmp_path)
    try:
        assert other.wait(400) == 0
    finally:
        gone.kill()
        gone.wait()
    for call in calls:
        assert_one_result(archive, blobs, call.id)


def test_a_file_that_is_no_recording_is_a_sentence_on_its_call_and_stops_nobody(archive, blobs, cast):
    blob = blobs.put(io.BytesIO(b"dear diary"), limit_bytes=100, suffix=".wav")
    with archive.writing() as session:
        new = NewCall(campaign_id=cast.campaign.id, name="x.wav", started_at=1.0)
        bad, _ = add_call(session, new, [("recording", blob, "audio/wav")])
    good = shipped_call(archive, blobs, cast)
    work_all(archive, blobs)
    with archive.reading() as session:
        found = session.get_one(Call, bad.id)
        assert found.state == "failed" and found.problem["code"].startswith("sound.")
        assert session.get_one(Call, good.id).state == "done"


def test_an_agent_who_said_no_has_no_voice_measured(archive, blobs, cast):
    with archive.writing() as session:
        session.get_one(Person, cast.agent.id).analyse_voice = False
    call = shipped_call(archive, blobs, cast)
    work_all(archive, blobs)
    with archive.reading() as session:
        evidence = stored_result(session, call.id).evidence
    assert evidence.policy == "no_voice" and not evidence.metallic


def test_the_strictest_of_campaign_and_settings_counts(archive, blobs, cast):
    with archive.writing() as session:
        session.get_one(Campaign, cast.campaign.id).policy = "combined"
    call = shipped_call(archive, blobs, cast)
    work_all(archive, blobs, policy="words_and_turns")
    with archive.reading() as session:
        assert session.get_one(Call, call.id).policy == "words_and_turns"


def test_scoring_again_keeps_what_was_reviewed(archive, blobs, cast):
    call = shipped_call(archive, blobs, cast)
    work_all(archive, blobs)
    with archive.writing() as session:
        first = session.scalars(sa.select(MomentRow).order_by(MomentRow.id)).first()
        first.reviewed_at = 7.0
        enqueue(session, call.id, stage="score")
    work_all(archive, blobs)
    with archive.reading() as session:
        rows = {m.moment: m.reviewed_at for m in session.scalars(sa.select(MomentRow))}
        assert rows[first.moment] == 7.0 and list(rows.values()).count(None) == len(rows) - 1
        assert session.get_one(Call, call.id).open_moments == len(rows) - 1


def test_a_worker_in_a_hurry_gives_its_job_back_at_the_next_step(archive, blobs, cast):
    call, ending = shipped_call(archive, blobs, cast), Ending()

    def asked_to_end(shop, job, on_step):
        ending.stop.set()
        ending.hurry.set()
        return work(shop, job, on_step)

    run(Workshop(archive, blobs, Settings(transcriber="none")), ending=ending, do=asked_to_end)
    with archive.reading() as session:
        job = session.scalars(sa.select(Job).where(Job.call_id == call.id)).one()
        assert (job.stage, job.state, job.attempts, job.leased_by) == ("analyse", "ready", 0, None)


def test_a_database_that_is_away_is_waited_for(archive, blobs, monkeypatch):
    ending, tries = Ending(), []

    def away(_archive, _worker):
        tries.append(1)
        if len(tries) == 3:
            ending.stop.set()
        raise sa.exc.OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(worker, "take", away)
    run(Workshop(archive, blobs, Settings(transcriber="none")), ending=ending, idle_s=0.0)
    assert len(tries) == 3
