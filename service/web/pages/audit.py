"""The audit for admins: who did what, when, with which call. Ids and codes; no words and no caller."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.archive.audit_read import PAGE, AuditFilter, actions_known, audit_rows, people_of
from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.exports.columns import Column
from service.archive.exports.formats import Dialect, as_csv
from service.archive.tables import AuditRow
from service.labels import Labels
from service.web.guard import Here, Visitor, may
from service.web.pages.shell import labels_of, shown

router = APIRouter(include_in_schema=False)
COLUMNS = (Column("at", "time"), Column("person_id"), Column("login"), Column("role"), Column("action"),
           Column("call_id"), Column("detail"))  # fmt: skip
DAY_S = 86400.0


class AuditQuery(BaseModel):
    """The state of the page, all of it in its address. Days as 2026-11-26, UTC; `until` is included."""

    model_config = ConfigDict(extra="ignore")
    who: str = Field(default="", max_length=200)
    action: str = Field(default="", max_length=40)
    call: str = Field(default="", max_length=16)
    since: str = Field(default="", max_length=10)
    until: str = Field(default="", max_length=10)
    before: Annotated[int, Field(ge=1)] | None = None

    def filter(self) -> AuditFilter:
        """As the archive takes it. Raises ArchiveError for what is no day."""
        until = _day(self.until)
        return AuditFilter(
            self.who.strip(), self.action, self.call.strip(), _day(self.since), until + DAY_S if until else None
        )

    def address(self, path: str, **changes: Any) -> str:
        """The page, or its file, with these changes."""
        told = {**self.model_dump(exclude={"before"}), **changes}
        kept = {name: value for name, value in told.items() if value}
        return f"{path}?{urlencode(kept)}" if kept else path


def _day(written: str) -> float | None:
    try:
        return datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() if written else None
    except ValueError as exc:
        raise ArchiveError("morning.no_day", value=written) from exc


@router.get("/audit")
def audit(
    request: Request,
    visitor: Annotated[Visitor, Depends(may("audit"))],
    here: Here,
    query: Annotated[AuditQuery, Query()],
) -> Response:
    """A page of it, latest first."""
    labels = labels_of(visitor)
    with here.archive.reading() as session:
        rows = audit_rows(session, visitor.viewer, query.filter(), before=query.before, limit=PAGE + 1)
        told = list(_told(session, rows[:PAGE], labels))
        known = [(action, action_said(action, labels)) for action in actions_known(session)]
    more = query.address("/audit", before=rows[PAGE - 1].id) if len(rows) > PAGE else ""
    file = query.address("/audit.csv")
    return shown(request, visitor, "audit.html", query=query, rows=told, actions=known, next=more, file=file)


def action_said(action: str, labels: Labels) -> str:
    """An action as a person reads it; one without a name stands as its code."""
    return labels.say.text(f"audit.{action}") if labels.say.has(f"audit.{action}") else action


def _told(session: Session, rows: Sequence[AuditRow], labels: Labels) -> Iterator[dict[str, Any]]:
    people = people_of(session, rows)
    for row in rows:
        who = people.get(row.person_id)
        at = datetime.fromtimestamp(row.at, UTC)
        yield {
            "iso": at.isoformat(),
            "at": at.strftime("%d/%m/%Y %H:%M:%S" if labels.lang == "fr" else "%Y-%m-%d %H:%M:%S"),
            "who": (who.name or who.login) if who else row.person_id,
            "role": labels.say.text(f"role.{who.role}") if who else "",
            "action": action_said(row.action, labels),
            "call": row.call_id or "",
            "detail": _detail(row),
        }


def _detail(row: AuditRow) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(row.detail.items()))


@router.get("/audit.csv")
def audit_file(
    visitor: Annotated[Visitor, Depends(may("audit"))], here: Here, query: Annotated[AuditQuery, Query()]
) -> Response:
    """All of what the page shows, as CSV; cells are no formulas."""
    rows = _lines(here.archive, visitor, query.filter())
    headers = {"content-disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(as_csv(COLUMNS, rows, Dialect()), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(archive: Archive, visitor: Visitor, wanted: AuditFilter) -> Iterator[tuple[Any, ...]]:
    before: int | None = None
    while True:
        with archive.reading() as session:
            rows = audit_rows(session, visitor.viewer, wanted, before=before, limit=1000)
            people = people_of(session, rows)
        for row in rows:
            who = people.get(row.person_id)
            own = (who.login, who.role) if who else ("", "")
            yield row.at, row.person_id, *own, row.action, row.call_id, json.dumps(row.detail, sort_keys=True)
        if len(rows) < 1000:
            return
        before = rows[-1].id
