"""One score over time as a picture: a band for each period with enough calls, joined only to its neighbour of the same
series. The table behind it says the same in numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.archive.own_calls import Interval, Period

WIDE, HIGH = 340, 150
LEFT, TOP, BOTTOM = 26, 8, 122
LEAST_PX = 4.0


@dataclass(frozen=True)
class Bar:
    """A period's band; `few`: too few calls, an empty mark at the foot."""

    x: float
    y: float
    width: float
    height: float
    few: bool


@dataclass(frozen=True)
class Drawn:
    """What the picture is made of. `joins`: lines between neighbours; `cuts`: where the rules changed."""

    bars: tuple[Bar, ...]
    joins: tuple[tuple[float, float, float, float], ...]
    cuts: tuple[float, ...]
    ticks: tuple[tuple[float, int], ...]


def band(found: Interval) -> tuple[int, int]:
    """In whole points, outwards."""
    return math.floor(found.low), math.ceil(found.high)


def drawn(periods: Sequence[Period], score: str) -> Drawn:
    """`score`: script or intention."""
    step = (WIDE - LEFT) / max(1, len(periods))
    values = [getattr(period, score) for period in periods]
    bars = tuple(_bar(LEFT + step * i, step, value) for i, value in enumerate(values))
    pairs = list(zip(range(len(periods)), range(1, len(periods)), strict=False))
    joined = [(a, b) for a, b in pairs if values[a] and values[b] and _neighbours(periods[a], periods[b])]
    return Drawn(
        bars=bars,
        joins=tuple(_join(bars[a], bars[b]) for a, b in joined),
        cuts=tuple(round(LEFT + step * b, 1) for a, b in pairs if periods[a].series != periods[b].series),
        ticks=tuple(_ticks()),
    )


def _y(value: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / 100.0, 1)


def _bar(x: float, step: float, value: Interval | None) -> Bar:
    width = max(3.0, min(22.0, step * 0.6))
    left = round(x + (step - width) / 2, 1)
    if value is None:
        return Bar(left, BOTTOM - 5.0, round(width, 1), 4.0, few=True)
    low, high = band(value)
    return Bar(left, _y(high), round(width, 1), max(LEAST_PX, round(_y(low) - _y(high), 1)), few=False)


def _neighbours(one: Period, two: Period) -> bool:
    return one.first_week + one.weeks == two.first_week and one.series == two.series


def _join(one: Bar, two: Bar) -> tuple[float, float, float, float]:
    def middle(bar: Bar) -> float:
        return round(bar.y + bar.height / 2, 1)

    return round(one.x + one.width, 1), middle(one), two.x, middle(two)


def _ticks() -> Iterator[tuple[float, int]]:
    for value in (0, 50, 100):
        yield _y(value), value
