"""Which calls of a batch are analysed when not all are: a fraction, or some of each agent and week.

Every call draws a ticket: a hash of its external id, or of its recordings where it has none, with a seed that is always
the same. Nothing depends on the order of files, on their names or on the day a batch runs.

Fraction   those whose ticket lies under it.
N a week   of each agent and week (ISO, UTC) the lowest tickets, N at most, those that earlier batches took included. So
           that a week that is not over is not used up on its Monday, its places open day by day, a fifth of them with
           each day from Monday to Friday, and a day's places go to that day's calls; what stays free is filled once the
           week is over. Calls whose time nobody stated are not spread.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.archive.errors import ArchiveError
from service.archive.weeks import starts_at, week_of

SEED = "timbre.sample/1"
DAY_S = 86400.0
OPENS_OVER_DAYS = 5
MOST_PER_WEEK = 1000
ALL = "all"
_WEEK = re.compile(r"(\d{1,4})/(?:week|semaine)", re.ASCII)
_SHARE = re.compile(r"(\d{1,3}(?:[.,]\d{1,6})?)(%?)", re.ASCII)


@dataclass(frozen=True)
class Sample:
    """What is analysed: a fraction of the calls (0 to 1), or that many of each agent and week."""

    fraction: float | None = None
    per_week: int | None = None

    @property
    def rule(self) -> str:
        """As it is written: `0.1` or `5/week`."""
        return f"{self.per_week}/week" if self.per_week else f"{self.fraction:g}"


def read_sample(text: str) -> Sample | None:
    """`0.1`, `10%` or `5/week`; None for `all`. Raises ArchiveError."""
    week, share = _WEEK.fullmatch(text.strip()), _SHARE.fullmatch(text.strip())
    if text.strip() == ALL:
        return None
    if week and 0 < int(week[1]) <= MOST_PER_WEEK:
        return Sample(per_week=int(week[1]))
    fraction = float(share[1].replace(",", ".")) / (100 if share[2] else 1) if share else 0.0
    if not 0.0 < fraction <= 1.0:
        raise ArchiveError("batch.sample", value=text[:20])
    return Sample(fraction=fraction)


def ticket_of(*identity: str) -> str:
    """What a call draws: sixteen hexadecimal digits."""
    return hashlib.sha256("\n".join((SEED, *identity)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Drawn:
    """A call that may be taken. `day`: of its week, Monday 0; None: nobody stated its time."""

    key: str
    ticket: str
    agent: str
    week: int
    day: int | None


def drawn(key: str, ticket: str, agent: str, at: float | None, now: float) -> Drawn:
    """With the week and day of its beginning."""
    week = week_of(now if at is None else at)
    return Drawn(key, ticket, agent, week, None if at is None else day_of(at))


def day_of(at: float) -> int:
    """The day of its week a moment falls on, Monday 0."""
    return int((at - starts_at(week_of(at))) // DAY_S)


Taken = dict[tuple[str, int], list[int]]
"""The days of the calls of an agent and week that earlier batches took."""


def chosen(sample: Sample, calls: Iterable[Drawn], taken: Taken, now: float) -> set[str]:
    """The keys of those that are analysed."""
    if sample.fraction is not None:
        limit = sample.fraction * 2.0**64
        return {call.key for call in calls if int(call.ticket, 16) < limit}
    by_week: dict[tuple[str, int], list[Drawn]] = defaultdict(list)
    for call in calls:
        by_week[call.agent, call.week].append(call)
    found: set[str] = set()
    for (agent, week), of_week in by_week.items():
        ordered = sorted(of_week, key=lambda call: (call.ticket, call.key))
        over = now >= starts_at(week + 1)
        found.update(_of_week(ordered, taken.get((agent, week), ()), sample.per_week or 0, over=over))
    return found


def _of_week(ordered: Sequence[Drawn], taken: Sequence[int], most: int, *, over: bool) -> list[str]:
    """Day by day as places open, then the lowest tickets of all that are left where nothing is to be waited for."""
    picked: list[str] = []
    for day in range(7):
        open_ = min(most, math.ceil(most * (day + 1) / OPENS_OVER_DAYS))
        room = min(open_ - sum(d <= day for d in taken) - len(picked), most - len(taken) - len(picked))
        picked += [call.key for call in ordered if call.day == day][: max(room, 0)]
    rest = [call.key for call in ordered if (over or call.day is None) and call.key not in set(picked)]
    return picked + rest[: max(most - len(taken) - len(picked), 0)]
