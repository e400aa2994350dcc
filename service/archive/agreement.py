"""What people and the machine say of the same lines, kept apart.

Kappa is counted from blind reviews alone, of lines whose seconds the reviewer had played: the machine's value was not
shown before, and the line was listened to. All other reviews are told as plain shares, and never mixed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.archive.access import Viewer, visible
from service.archive.lines import CRITERION, GESTURE
from service.archive.tables_calls import Call, ReviewRow
from service.figures import Figure, Pair, kappa, share
from service.scoring.catalog import CRITERIA, level_of

FEWEST, FEWEST_CALLS = 20, 5
"""Blind reviews, and calls they are of, under which no kappa is given."""
LEVELS = (1, 2, 3, 4)
"""Scores of a criterion are compared by the four words they read as, weighted by their distance."""


@dataclass(frozen=True)
class LineAgreement:
    """One line. `blind`: kappa of blind reviews that were listened to; `n`, `calls`: what there is, enough or not.

    `other`: share of all other reviews that agree. `heard_not`: blind ones of lines that were not played.
    """

    line: str
    n: int
    calls: int
    blind: Figure | None
    other: Figure
    heard_not: int


def agreement(session: Session, viewer: Viewer, *, since: float | None = None) -> list[LineAgreement]:
    """Lines that were reviewed, gestures first, each group by name. Raises NotAllowed."""
    viewer.require("review")
    blind: dict[str, list[Pair]] = defaultdict(list)
    unheard: dict[str, int] = defaultdict(int)
    others: dict[str, list[bool]] = defaultdict(list)
    for row in _latest(session.execute(_reviews(viewer, since)).scalars()):
        if _withheld(row.target):
            continue
        pair = (category(row.target, row.value), category(row.target, row.machine or {}))
        if row.says == "blind" and row.blind and None not in pair:
            if row.heard:
                blind[row.target].append((row.call_id, *pair))
            else:
                unheard[row.target] += 1
        elif row.says in ("agree", "disagree", "override"):
            others[row.target].append(row.says == "agree")
    lines = sorted(set(blind) | set(unheard) | set(others), key=lambda line: (not line.startswith(GESTURE), line))
    return [_of(line, blind[line], others[line], unheard[line]) for line in lines]


def _reviews(viewer: Viewer, since: float | None) -> Select[ReviewRow]:
    found = select(ReviewRow).join(Call, Call.id == ReviewRow.call_id).where(visible(viewer))
    lines = ReviewRow.target.like(f"{GESTURE}%") | ReviewRow.target.like(f"{CRITERION}%")
    found = found.where(lines, ReviewRow.says != "comment")
    if since is not None:
        found = found.where(ReviewRow.created_at >= since)
    return found.order_by(ReviewRow.created_at, ReviewRow.id)


def _latest(rows: Iterable[ReviewRow]) -> Iterable[ReviewRow]:
    """The last word of each person on each line of each call; blind ones apart from those that came after."""
    found: dict[tuple[Hashable, ...], ReviewRow] = {}
    for row in rows:
        found[row.call_id, row.person_id, row.target, row.says == "blind"] = row
    return found.values()


def _withheld(target: str) -> bool:
    """The voice's own lines are for the agent and their coach; here many read."""
    criterion = CRITERIA.get(target.removeprefix(CRITERION)) if target.startswith(CRITERION) else None
    return criterion is not None and criterion.group == "delivery"


def category(target: str, value: Mapping[str, Any]) -> Hashable | None:
    """What two values are compared by; None where one can't be told."""
    if target.startswith(GESTURE):
        verdict = value.get("verdict")
        return verdict if isinstance(verdict, str) else None
    score = value.get("score")
    return level_of(score) if isinstance(score, int | float) else None


def _of(line: str, pairs: list[Pair], others: list[bool], unheard: int) -> LineAgreement:
    calls = len({call for call, *_ in pairs})
    enough = len(pairs) >= FEWEST and calls >= FEWEST_CALLS
    figure = kappa(pairs, ordered=LEVELS if line.startswith(CRITERION) else ()) if enough else None
    return LineAgreement(line, len(pairs), calls, figure, share(sum(others), len(others)), unheard)
