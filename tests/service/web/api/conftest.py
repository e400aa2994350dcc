"""The application on a real database, with the cast of the archive's tests and real, finished calls."""

from __future__ import annotations

import io
import shutil
import time

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from service.archive import passwords
from service.archive.access import MAY
from service.archive.blobs import Blobs
from service.archive.engine import open_archive
from service.archive.events import tell
from service.archive.jobs import STAGES
from service.archive.logins import make_token, open_session
from service.archive.results import keep_evidence, keep_judgement, stored_result
from service.archive.tables import Person
from service.archive.tables_calls import Call, Job, RecordingFile
from service.settings import Settings
from service.web.app import create_app
from service.web.guard import COOKIE, CSRF_HEADER, Rooms
from tests.service.archive.fixtures import Cast
from tests.service.archive.test_worker import shipped_call, work_all

SETTINGS = Settings(transcriber="none")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Argon2 at its least."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def rooms(archive, blobs):
    return Rooms(archive, blobs, SETTINGS)


@pytest.fixture
def app(rooms):
    return create_app(rooms)


class Somebody:
    """A client that asks as one of the cast: by their session, with the token of its forms."""

    def __init__(self, app, archive, person, *, bearer=False):
        self.client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        if person is None:
            return
        with archive.writing() as session:
            if bearer:
                _, secret = make_token(session, session.get_one(Person, person.id), "t", MAY[person.role])
                self.client.headers["authorization"] = f"Bearer {secret}"
            else:
                logged_in = open_session(session, person.id, time.time())
                self.csrf = logged_in.csrf
                self.client.cookies.set(COOKIE, logged_in.cookie)
                self.client.headers[CSRF_HEADER] = logged_in.csrf

    def __getattr__(self, name):
        return getattr(self.client, name)


@pytest.fixture
def somebody(app, archive, cast):
    """`somebody("qa")`, `somebody("qa", bearer=True)`, `somebody(None)`."""
    return lambda name, **how: Somebody(app, archive, getattr(cast, name) if name else None, **how)


@pytest.fixture
def address(tmp_path, empty_sqlite):
    """SQLite: what differs between databases is tested with the archive, and who sees what on both."""
    return f"sqlite:///{shutil.copy(empty_sqlite, tmp_path / 'timbre.db')}"


@pytest.fixture(scope="session")
def analysed_once(tmp_path_factory):
    """What the worker makes of a shipped call: the result and the copy for browsers. Analysed once for all tests."""
    folder = tmp_path_factory.mktemp("analysed")
    own, store = open_archive(str(folder / "timbre.db")), Blobs(str(folder / "blobs"))
    call = shipped_call(own, store, Cast(own))
    work_all(own, store)
    with own.reading() as session:
        result = stored_result(session, call.id)
        place = session.scalars(sa.select(RecordingFile.place).where(RecordingFile.kind == "listen")).one()
    with store.open(place) as stream:
        sound = stream.read()
    own.close()
    return result, sound


def finish_call(archive, blobs, cast, analysed_once, **changes):
    """A call of the cast that is done, as the worker leaves it."""
    result, sound = analysed_once
    call = shipped_call(archive, blobs, cast, **changes)
    copy = blobs.put(io.BytesIO(sound), limit_bytes=1 << 24, suffix=".webm")
    with archive.writing() as session:
        keep_evidence(session, call.id, result.evidence)
        keep_judgement(session, call.id, result.judgement)
        facts = {"sha256": copy.sha256, "size_bytes": copy.size_bytes, "media_type": "audio/webm", "place": copy.place}
        session.add(RecordingFile(call_id=call.id, kind="listen", **facts))
        session.execute(sa.delete(Job).where(Job.call_id == call.id))
        session.add_all(Job(call_id=call.id, stage=stage, state="done", progress=1.0) for stage in STAGES)
        session.get_one(Call, call.id).state = "done"
        tell(session, call.id, "done")
        session.flush()
        return session.get_one(Call, call.id)


@pytest.fixture
def done(archive, blobs, cast, analysed_once):
    """A call that is analysed and not released."""
    return finish_call(archive, blobs, cast, analysed_once)
