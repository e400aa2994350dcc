"""Rows of the voice bench and the limits they are held to."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.bench.report import Report

LIMITS = Path(__file__).with_name("limits.toml")
COLUMNS = ("part", "what", "on", "figure", "unit", "limit", "chance", "n", "")


@dataclass(frozen=True)
class Row:
    """One figure. `figure` None: not measured here, and `why` says it (a recording or a program that is absent).

    part, what, on  key of the row: `pitch`, `spread_error_worst`, `mu_law`
    n               how many voices, pairs, events the figure rests on
    chance          what the figure would be by luck; None where luck is no rival (a time, a memory)
    """

    part: str
    what: str
    on: str
    figure: float | None
    unit: str
    n: int
    chance: float | None = None
    why: str = ""

    @property
    def key(self) -> str:
        """Its place in `limits.toml`."""
        return f"{self.part}.{self.what}.{self.on}"


@dataclass(frozen=True)
class Limit:
    """The figure may be `bound` at most, or at least."""

    bound: float
    at_least: bool

    def holds(self, figure: float) -> bool:
        """Whether a figure keeps it."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"


@lru_cache(maxsize=1)
def limits() -> Mapping[str, Limit]:
    """All limits by key. Raises ValueError for an entry that is neither a `most` nor a `least`."""
    tables: dict[str, Any] = tomllib.loads(LIMITS.read_text(encoding="utf-8"))
    return {
        f"{part}.{what}.{on}": _limit(f"{part}.{what}.{on}", entry)
        for part, whats in tables.items()
        for what, ons in whats.items()
        for on, entry in ons.items()
    }


def _limit(key: str, entry: Mapping[str, Any]) -> Limit:
    if set(entry) != {"reason", "most"} and set(entry) != {"reason", "least"}:
        raise ValueError(f"{key} in limits.toml needs a reason and one of most, least; it has {', '.join(entry)}")
    return Limit(float(entry.get("least", entry.get("most"))), "least" in entry)


def state(report: Report, rows: Sequence[Row]) -> None:
    """The one table, then how many limits are kept."""
    report.table(COLUMNS, [_shown(row) for row in rows])
    held = [(row, limits()[row.key]) for row in rows if row.key in limits() and row.figure is not None]
    broken = [row.key for row, limit in held if not limit.holds(row.figure or 0.0)]
    report.line(f"{len(held) - len(broken)} of {len(held)} limits kept" + "".join(f"; NOT {key}" for key in broken))


def _shown(row: Row) -> list[object]:
    limit = limits().get(row.key)
    if row.figure is None:
        word = f"not measured: {row.why}"
    else:
        word = "" if limit is None else ("kept" if limit.holds(row.figure) else "NOT KEPT")
    return [row.part, row.what, row.on, row.figure, row.unit, limit or "", row.chance, row.n, word]


def unlisted(rows: Iterable[Row]) -> list[str]:
    """Limits of the parts in `rows` that no row answers to: a typo in a key would silence a limit."""
    keys, parts = {row.key for row in rows}, {row.part for row in rows}
    return [key for key in limits() if key.partition(".")[0] in parts and key not in keys]
