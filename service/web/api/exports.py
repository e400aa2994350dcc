"""Tables and vCon documents for programs and for people who log in: what the command writes, by their own rights."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from service.archive.audit import note_down
from service.archive.exports import vcon as documents
from service.archive.exports.call_vcon import call_as_vcon
from service.archive.exports.columns import COLUMNS, TableName
from service.archive.exports.formats import MEDIA_TYPES, Dialect, Format, as_csv, as_jsonl, write_table
from service.archive.exports.rows import Asked, table_rows
from service.web.guard import Here, Rooms, Visitor, may

router = APIRouter(prefix="/api/v1", tags=["exports"])
CHUNK_BYTES = 1 << 16


class ExportQuery(BaseModel):
    """Which calls, and how they are written."""

    model_config = ConfigDict(extra="forbid")
    format: Format = "csv"
    campaign: str | None = Field(default=None, max_length=16)
    team: str | None = Field(default=None, max_length=16)
    state: Literal["waiting", "running", "done", "failed", "skipped"] | None = None
    since: float | None = Field(default=None, ge=0, le=1e11, description="Unix time")
    until: float | None = Field(default=None, ge=0, le=1e11, description="Unix time")
    released: bool = False
    separator: Literal[",", ";"] = Field(default=",", description="of CSV")
    decimal_comma: bool = Field(default=False, description="of CSV; needs the separator ;")
    bom: bool = Field(default=False, description="a byte order mark before CSV, for spreadsheets")

    def asked(self) -> Asked:
        """The filters as the archive takes them."""
        return Asked(self.campaign, self.team, self.since, self.until, self.state, self.released)

    def dialect(self) -> Dialect:
        """How CSV is written."""
        return Dialect(self.separator, self.decimal_comma, self.bom)


@router.get("/exports/{table}", response_class=StreamingResponse)
def get_table(
    table: TableName, query: Annotated[ExportQuery, Query()], visitor: Annotated[Visitor, Depends(may("export"))],
    here: Here,
) -> Response:  # fmt: skip
    """A table of calls, lines or moments, oldest call first. What of the voice is for others is not in it."""
    with here.archive.writing() as session:
        note_down(session, visitor.viewer.person_id, "export", table=table, format=query.format)
    parts = _parts(here, visitor, table, query)
    first = next(parts, b"")  # what is wrong is said before anything is sent
    headers = {"content-disposition": f'attachment; filename="{table}.{query.format}"'}
    return StreamingResponse(_again(first, parts), media_type=MEDIA_TYPES[query.format], headers=headers)


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _parts(here: Rooms, visitor: Visitor, table: TableName, query: ExportQuery) -> Iterator[bytes]:
    rows, columns = table_rows(here.archive, visitor.viewer, table, query.asked()), COLUMNS[table]
    if query.format == "csv":
        yield from as_csv(columns, rows, query.dialect())
    elif query.format == "jsonl":
        yield from as_jsonl(columns, rows)
    else:
        with TemporaryDirectory(prefix="timbre-export-") as folder:
            path = Path(folder) / "table"
            write_table(columns, rows, path, query.format, query.dialect())
            with path.open("rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk


@router.get("/calls/{call_id}/vcon", response_class=Response, responses={200: {"content": {documents.MEDIA_TYPE: {}}}})
def get_vcon(
    call_id: str,
    visitor: Annotated[Visitor, Depends(may("export"))],
    here: Here,
    sound: Annotated[bool, Query(description="with the recording in it")] = True,
) -> Response:
    """The call as a vCon: parties, recording, transcript, evidence and judgement."""
    with here.archive.writing() as session:
        found = call_as_vcon(session, visitor.viewer, here.blobs, call_id, sound=sound, now=time.time())
    headers = {"content-disposition": f'attachment; filename="{call_id}.vcon.json"'}
    return Response(documents.written(found), media_type=documents.MEDIA_TYPE, headers=headers)
