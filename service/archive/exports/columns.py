"""The tables that can be exported, and what their columns are: names carry units, kinds decide how a cell is written.

A table never has people beside a score of theirs in an order of it: rows stand by time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

Kind = Literal["text", "number", "whole", "time", "flag"]
Cell = str | float | int | bool | None
TableName = Literal["calls", "lines", "moments"]
TABLES: tuple[TableName, ...] = get_args(TableName)


@dataclass(frozen=True)
class Column:
    """One column. `time`: Unix seconds in a row, a date with its zone once written."""

    name: str
    kind: Kind = "text"


_CALL = (Column("call_id"), Column("external_id"), Column("started_at", "time"), Column("campaign"), Column("team"),
         Column("agent"))  # fmt: skip
COLUMNS: dict[TableName, tuple[Column, ...]] = {
    "calls": (
        *_CALL, Column("name"), Column("received_at", "time"), Column("direction"), Column("language"),
        Column("state"), Column("problem"), Column("outcome"), Column("duration_s", "number"), Column("policy"),
        Column("rubric"), Column("series"), Column("script_percent", "number"), Column("intention_percent", "number"),
        Column("open_moments", "whole"), Column("released_at", "time"), Column("legal_hold", "flag"),
    ),
    "lines": (
        *_CALL, Column("week"), Column("line"), Column("verdict"), Column("score_share", "number"),
        Column("expected", "flag"), Column("start_s", "number"), Column("end_s", "number"), Column("disputed", "flag"),
        Column("series"),
    ),
    "moments": (
        *_CALL, Column("moment"), Column("kind"), Column("good", "flag"), Column("severity_share", "number"),
        Column("start_s", "number"), Column("end_s", "number"), Column("reviewed_at", "time"),
    ),
}  # fmt: skip
"""Every column is told in docs/exports.md, held by a test."""

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
_SPACES = " \u00a0\u202f\u200b\ufeff"


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: one that begins as one gets an apostrophe in front."""
    return f"'{text}" if text.lstrip(_SPACES).startswith(_RISKY) else text


def date_of(at: float) -> datetime:
    """A moment, in UTC."""
    return datetime.fromtimestamp(at, UTC)


def written_date(at: float) -> str:
    """2026-11-26T08:00:00Z: to the second."""
    return date_of(at).strftime("%Y-%m-%dT%H:%M:%SZ")
