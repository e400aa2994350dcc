"""What is held of a person: given whole, and deleted without a trace in any table, file or free page."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from audio.timeline import FrameTrack
from service.archive import forgetting
from service.archive.errors import ArchiveError
from service.archive.forgetting import delete_person
from service.archive.lines import keep_lines
from service.archive.logins import make_token, open_session
from service.archive.personal import export_person
from service.archive.persons import subject_named
from service.archive.pitch_track import keep_pitch
from service.archive.results import stored_result
from service.archive.tables import AuditRow, Base, Person
from service.archive.tables_across import SignatureRow
from service.archive.tables_calls import Call, RecordingFile, ReviewRow
from service.archive.tables_reviews import CoachingSession, Dispute, Goal
from tests.calls import timbre
from tests.service.archive.fixtures import add
from tests.service.web.api.conftest import analysed_once, finish_call  # noqa: F401 - a fixture

NAME, LOGIN, EXTENSION, SPOKEN = "Zephyrine Quatrefages", "zquatrefages", "77190042", "zanzibarique"
LATER = 2e9


@pytest.fixture
def lived(archive, blobs, cast, analysed_once):  # noqa: F811
    """An agent with two calls, one released, and what people left around them."""
    result, _ = analysed_once
    with archive.writing() as session:
        agent = Person(login=LOGIN, name=NAME, role="agent", team_id=cast.team.id, telephony_id=EXTENSION)
        session.add(agent)
        session.flush()
        cast.people["lived"] = agent
    own = {"agent_id": agent.id, "agent_name": NAME}
    calls = [finish_call(archive, blobs, cast, analysed_once, external_id=f"{LOGIN}-{n}", **own) for n in range(2)]
    turn = result.evidence.turns[0].model_copy(update={"text": SPOKEN})
    evidence = result.evidence.model_copy(update={"turns": (turn, *result.evidence.turns[1:])})
    from service.archive.results import keep_evidence

    with archive.writing() as session:
        for call in calls:
            keep_evidence(session, call.id, evidence)
            keep_pitch(session, call.id, FrameTrack(np.full(300, 180.0), 0.0, 0.016, "Hz"))
            keep_lines(session, session.get_one(Call, call.id), evidence, result.judgement)
            session.add(
                ReviewRow(call_id=call.id, person_id=cast.qa.id, target="call:whole", says="comment", reason=SPOKEN)
            )
        session.get_one(Call, calls[0].id).released_at = 1.0
        session.add(
            Dispute(call_id=calls[0].id, person_id=agent.id, target="gesture:greeting", reason=NAME, deadline_at=9)
        )
        session.add(CoachingSession(agent_id=agent.id, coach_id=cast.coach.id, week="2026-W47", note=NAME))
        session.add(Goal(agent_id=agent.id, coach_id=cast.coach.id, gesture="greeting", week="2026-W47"))
        open_session(session, agent.id, time.time())
        make_token(session, session.get_one(Person, agent.id), NAME, frozenset({"list"}))
    return agent, [call.id for call in calls]


def subject(archive, who=LOGIN):
    with archive.reading() as session:
        return subject_named(session, who)


def everything(archive):
    """Every row of every table, as text."""
    with archive.reading() as session:
        rows = [str(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(sa.select(table))]
        return "\n".join([*rows, *(str(row) for row in session.execute(sa.text("SELECT * FROM words")))])


def test_all_of_it_is_in_the_zip(archive, blobs, cast, lived, tmp_path):
    _, calls = lived
    assert export_person(archive, blobs, subject(archive), tmp_path / "z.zip", by="cli", sound=True) == 2
    with zipfile.ZipFile(tmp_path / "z.zip") as found:
        names, text = found.namelist(), {n: found.read(n) for n in found.namelist()}
    for call_id in calls:  # the one that was never released too
        parts = ("call.json", "result.json", "pitch.json", "moments.json", "sound.webm")
        assert {f"calls/{call_id}/{part}" for part in parts} <= set(names)
        with archive.reading() as session:
            measured = stored_result(session, call_id).evidence.deliveries
        assert len(json.loads(text[f"calls/{call_id}/result.json"])["evidence"]["deliveries"]) == len(measured) > 0
    tables = {n.split("/")[1] for n in names if n.startswith("tables/")}
    assert {"review.json", "dispute.json", "coaching_session.json", "goal.json", "line.json", "signature.json",
            "audit.json", "token.json", "digest.json"} <= tables  # fmt: skip
    assert json.loads(text["person.json"])["telephony_id"] == EXTENSION
    assert not any(b"hash" in body or b"csrf" in body for body in (text["person.json"], text["tables/token.json"]))


def test_nothing_of_it_is_left(archive, blobs, cast, lived, tmp_path):
    other, _ = add(archive, blobs, cast, content=b"other")
    with archive.reading() as session:
        shared = set(session.scalars(sa.select(RecordingFile.place).where(RecordingFile.call_id == other.id)))
    assert NAME in everything(archive) and SPOKEN in everything(archive)
    tried = delete_person(archive, blobs, subject(archive), by="cli", now=LATER, dry_run=True)
    assert (tried.calls, tried.person) == (2, True) and NAME in everything(archive)
    delete_person(archive, blobs, subject(archive), by="cli", now=LATER)
    left = everything(archive)
    for word in (NAME, LOGIN, EXTENSION, SPOKEN):
        assert word not in left
    assert set(blobs.places()) == shared
    with archive.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(SignatureRow)) == 0
        row = session.scalars(sa.select(AuditRow).where(AuditRow.action == "person_deleted")).one()
        assert row.detail["calls"] == 2
    with pytest.raises(ArchiveError, match="nobody"):
        subject(archive)


def test_the_files_of_the_database_hold_no_word_of_it(archive, blobs, cast, lived, address):
    if not address.startswith("sqlite"):
        pytest.skip("PostgreSQL's files are its own: its vacuum gives the room up")
    delete_person(archive, blobs, subject(archive), by="cli", now=LATER)
    path = address.removeprefix("sqlite:///")
    content = b"".join(Path(path + end).read_bytes() for end in ("", "-wal") if os.path.exists(path + end))
    for word in (NAME, LOGIN, EXTENSION, SPOKEN):
        assert word.encode() not in content


def test_a_coach_whose_reviews_stay_has_no_name_any_more(archive, blobs, cast, lived):
    with archive.writing() as session:
        session.get_one(Person, cast.qa.id).name = "Quentin Absalon"
    delete_person(archive, blobs, subject(archive, "qa"), by="cli", now=LATER)
    with archive.reading() as session:
        row = session.get_one(Person, cast.qa.id)
        assert row.name == "" and row.login.startswith("deleted-") and row.password_hash is None
        assert session.scalar(sa.select(sa.func.count()).select_from(ReviewRow)) == 2


def test_a_name_no_staff_list_knows(archive, blobs, cast):
    add(archive, blobs, cast, agent_id=None, agent_name="Nobody Known")
    assert delete_person(archive, blobs, subject(archive, "Nobody Known"), by="cli", now=LATER).calls == 1
    for who in ("", "Nobody Known", "*"):
        with pytest.raises(ArchiveError, match="nobody"):
            subject(archive, who)


def killed(archive, blobs):
    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    forgetting.remove_orphans = die  # after the rows, before their recordings
    delete_person(archive, blobs, subject(archive), by="cli", now=LATER)


def test_killed_between_rows_and_recordings_it_is_finished_by_the_next_run(archive, blobs, cast, lived, address):
    if not address.startswith("sqlite"):
        pytest.skip("a forked connection to a server belongs to two")
    archive.close()
    child = multiprocessing.get_context("fork").Process(target=killed, args=(archive, blobs))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL and list(blobs.places())
    delete_person(archive, blobs, subject(archive), by="cli", now=LATER)
    assert list(blobs.places()) == [] and NAME not in everything(archive)


def test_the_commands(archive, blobs, cast, lived, tmp_path, monkeypatch, address):
    if not address.startswith("sqlite"):
        pytest.skip("the commands are the same on both")
    monkeypatch.setenv("TIMBRE_DATABASE", address)
    monkeypatch.setenv("TIMBRE_RECORDINGS", str(tmp_path / "blobs"))
    monkeypatch.setenv("TIMBRE_DATA_DIR", str(tmp_path))
    _, calls = lived
    assert timbre("person", "export", LOGIN, tmp_path / "o.zip", "--lang", "en").out.startswith("2 calls")
    held = timbre("hold", "add", "agent", LOGIN, "--reason", "a suit", "--lang", "en")
    assert held.code == 0 and "a suit" in timbre("hold", "list", "--lang", "fr").out
    assert timbre("person", "delete", LOGIN).code == 2
    assert timbre("calls", "delete", calls[0]).code == 2
    hold_id = held.out.split()[1].rstrip(".")
    assert timbre("hold", "release", hold_id).code == 0
    assert "2 calls would go" in timbre("person", "delete", EXTENSION, "--dry-run", "--lang", "en").out
    assert timbre("calls", "delete", f"{LOGIN}-1", "--lang", "en").out.startswith("1 calls are gone")
    assert timbre("person", "delete", NAME).code == 2 and timbre("person", "delete", LOGIN).code == 0
    assert json.loads(timbre("purge", "--json").out)["calls"] == 0
    for wrong in (["person", "export", "nobody", "o.zip"], ["hold", "add", "team", "x", "--reason", "y"],
                  ["hold", "release", "x"], ["calls", "delete", "x"]):  # fmt: skip
        ran = timbre(*wrong, "--lang", "en")
        assert ran.code == 2 and ran.err.count("\n") == 1
