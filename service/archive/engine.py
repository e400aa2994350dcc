"""The database by URL: SQLite in a file (WAL) or PostgreSQL. Nothing else in the program knows which.

A writer in SQLite takes the lock when its transaction begins, not at its first write: two writers then wait for each
other instead of one of them failing in the middle. Errors never quote what a statement was given: it may be what a
caller said.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from service.archive.errors import ArchiveError
from service.archive.room import is_full, room_needed

BUSY_S = 30
"""How long a SQLite writer waits for another one."""
_POSTGRESQL = ("postgresql", "postgres", "postgresql+pg8000")


def open_engine(url: str) -> Engine:
    """An engine for `url`: a path or `sqlite:///...`, or `postgresql://...`. Raises ArchiveError for any other."""
    parsed = _parsed(url)
    if parsed.drivername.startswith("sqlite"):
        return _sqlite(parsed)
    if parsed.drivername in _POSTGRESQL:
        return _postgresql(parsed)
    raise ArchiveError("archive.other_database", kind=parsed.drivername[:20])


def _parsed(url: str) -> URL:
    if "://" not in url:
        return URL.create("sqlite", database=str(Path(url).absolute()))
    try:
        return make_url(url)
    except ArgumentError as exc:  # its text may hold a password
        raise ArchiveError("archive.bad_url") from exc


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_S}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver at its first write
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    """Over TCP, or over the socket in the folder that `?host=` names."""
    folder = url.query.get("host")
    given: dict[str, Any] = {"unix_sock": f"{folder}/.s.PGSQL.{url.port or 5432}"} if folder else {}
    bare = url.set(drivername="postgresql+pg8000").difference_update_query(["host"])
    return create_engine(bare, connect_args=given, pool_pre_ping=True, hide_parameters=True)


class Archive:
    """Sessions on one database: `reading` and `writing` each are one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._read = sessionmaker(engine, expire_on_commit=False)
        self._write = sessionmaker(engine.execution_options(writes=True), expire_on_commit=False)

    @property
    def is_postgresql(self) -> bool:
        """True on PostgreSQL."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that writes nothing."""
        with self._read() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is kept whole, or not at all when anything raises."""
        with self._write.begin() as session:
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def open_archive(url: str) -> Archive:
    """The archive at `url`, its tables brought up to date. Raises ArchiveError."""
    from service.archive.migrate import upgrade

    engine = open_engine(url)
    _require_answer(engine)
    upgrade(engine)
    return Archive(engine)


def _require_answer(engine: Engine) -> None:
    """Raises ArchiveError: no server there, a wrong password, a file that is no database. Its text may hold secrets."""
    try:
        engine.connect().close()
    except DBAPIError as exc:
        if is_full(exc):
            raise room_needed() from exc
        raise ArchiveError("archive.no_answer", kind=type(exc.orig).__name__) from exc
