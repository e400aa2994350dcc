"""Bringing the tables up to date: Alembic, run from here and not from a configuration file.

On PostgreSQL an advisory lock, on SQLite the write lock makes two programs that start together take turns.
"""

from __future__ import annotations

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from service.archive.errors import ArchiveError

_LOCK = 0x71B  # any number that every timbre takes


def upgrade(engine: Engine) -> None:
    """All migrations that the database does not have yet. Raises ArchiveError when it is newer than this program."""
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _refuse_newer(connection)
        command.upgrade(_config(connection), "head")


def current(connection: Connection) -> str | None:
    """The migration the database stands at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection) -> None:
    at = current(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config(connection)).walk_revisions()}
    if at is not None and at not in known:
        raise ArchiveError("archive.newer", revision=at[:20])


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("service.archive") / "migrations"))
    config.attributes["connection"] = connection
    return config
