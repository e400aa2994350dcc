"""Days and weeks as a person reads them. UTC, as weeks are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from service.archive.weeks import monday, written
from service.labels import Labels


@dataclass(frozen=True)
class Day:
    """A day for people, and for machines."""

    said: str
    iso: str


def day_of(at: float, labels: Labels) -> Day:
    """The day a moment (Unix seconds) falls in."""
    return _day(datetime.fromtimestamp(at, UTC).date(), labels)


def _day(day: date, labels: Labels) -> Day:
    return Day(day.strftime("%d/%m/%Y" if labels.lang == "fr" else "%Y-%m-%d"), day.isoformat())


def week_said(week: int, labels: Labels) -> str:
    """From its Monday to its Sunday."""
    first, last = _day(monday(week), labels), _day(monday(week) + timedelta(days=6), labels)
    return labels.say.text("week.span", first=first.said, last=last.said)


def week_link(week: int) -> str:
    """My week, as an address."""
    return f"/week?w={written(week)}"


def line_name(target: str, labels: Labels) -> str:
    """A line (`gesture:greeting`), moment or call as a person reads it."""
    kind, _, identifier = target.partition(":")
    if kind == "gesture":
        return labels.gesture(identifier)
    if kind == "criterion":
        return labels.of("criterion measure", identifier)
    return labels.say.text("week.target_moment" if kind == "moment" else "week.target_call")
