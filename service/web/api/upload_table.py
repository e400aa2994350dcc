"""A table sent beside recordings: what is known of each, by its file's name; columns as in a batch's manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import PurePosixPath

from service.archive.errors import ArchiveError
from service.archive.manifests import csv_rows
from service.archive.sources import Entry, filled
from service.errors import ServiceError
from service.metadata import unbroken

MOST_BYTES = 4 << 20
FILES = ("recording", "agent_leg", "customer_leg")


@dataclass(frozen=True)
class UploadTable:
    """Rows by the names of their files, in lower case."""

    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def rows_of(self, name: str) -> Mapping[str, str]:
        """The cells of a file's row."""
        return self.rows.get(_key(name), {})

    def entry(self, name: str) -> Entry | None:
        """What the table says of a file; None when it has no row. Raises ArchiveError for values that can't be."""
        row = self.rows.get(_key(name))
        if row is None:
            return None
        try:
            return filled(Entry({}), row, UTC)
        except ServiceError:
            raise
        except ValueError as exc:
            raise ArchiveError("upload.row") from exc


def read_table(content: bytes) -> UploadTable:
    """Raises ArchiveError: too large, an unknown column."""
    if len(content) > MOST_BYTES:
        raise ArchiveError("batch.manifest_too_large", limit_mib=MOST_BYTES >> 20)
    rows: dict[str, Mapping[str, str]] = {}
    for _, row in csv_rows(content):
        for name in (row.get(column) for column in FILES):
            if name:
                rows[_key(name)] = row
    return UploadTable(rows)


def _key(name: str) -> str:
    return PurePosixPath(unbroken(name).replace("\\", "/")).name.casefold()
