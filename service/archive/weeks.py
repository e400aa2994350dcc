"""Weeks as ISO 8601 counts them: from Monday, in UTC. A number for the database, 2026-W47 for people and addresses."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from service.archive.errors import ArchiveError

_WRITTEN = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_FIRST = date(1969, 12, 29)
"""The Monday before 1970: week 0."""
WEEK_S = 7 * 86400.0


def week_of(at: float) -> int:
    """The number of the week a moment (Unix seconds) falls in."""
    return (datetime.fromtimestamp(at, UTC).date() - _FIRST).days // 7


def monday(week: int) -> date:
    """The day a week begins."""
    return _FIRST + timedelta(weeks=week)


def starts_at(week: int) -> float:
    """When it begins, Unix seconds; the next one begins `WEEK_S` later."""
    day = monday(week)
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def written(week: int) -> str:
    """2026-W47."""
    year, number, _ = monday(week).isocalendar()
    return f"{year:04d}-W{number:02d}"


def read_week(text: str) -> int:
    """The week that is written. Raises ArchiveError for what is none."""
    match = _WRITTEN.fullmatch(text)
    try:
        if match is None:
            raise ValueError("no week")
        return (date.fromisocalendar(int(match[1]), int(match[2]), 1) - _FIRST).days // 7
    except ValueError as exc:
        raise ArchiveError("archive.no_week", value=text[:12]) from exc
