"""Whether a measure lies elsewhere than it did: a shift of medians between two sets of calls, with its interval.

Calls of one agent are more alike than calls of several, so whole agents are drawn again, and their calls within
(bootstrap with weights, the same draws every time). The interval holds 99 of 100 draws and not 95: a report has dozens
of rows, and each false alarm costs trust. Nothing is said under eight calls, or under five agents on either side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_CALLS, FEWEST_AGENTS = 8, 5
DRAWS = 1000
INTERVAL_PERCENT = 99.0
MOST_PER_AGENT = 100
"""Calls of one agent on one side: the latest. Bounds the work."""
Values = Mapping[str, Sequence[float]]
"""By agent."""


@dataclass(frozen=True)
class Shift:
    """From the median `before` to the median `now`; `low` and `high` hold 99 % of the draws of their difference."""

    now: float
    before: float
    low: float
    high: float
    n_now: int
    n_before: int

    @property
    def shift(self) -> float:
        """How far the median moved."""
        return self.now - self.before

    @property
    def clear(self) -> bool:
        """The interval leaves no room for no shift at all."""
        return self.low > 0 or self.high < 0


def shift_between(now: Values, before: Values) -> Shift | None:
    """None where there is too little on either side."""
    sides = [_Side.of(values) for values in (now, before)]
    if any(s.n < FEWEST_CALLS or s.n_agents < FEWEST_AGENTS for s in sides):
        return None
    rng = np.random.default_rng(0)
    drawn = np.array([sides[0].draw(rng) - sides[1].draw(rng) for _ in range(DRAWS)])
    tail = (100.0 - INTERVAL_PERCENT) / 2
    low, high = np.nanpercentile(drawn, [tail, 100.0 - tail])
    medians = [float(np.median(s.values)) for s in sides]
    return Shift(medians[0], medians[1], float(low), float(high), sides[0].n, sides[1].n)


@dataclass(frozen=True, eq=False)
class _Side:
    """Values in rising order, each with the number of its agent."""

    values: NDArray[np.float64]
    agents: NDArray[np.int64]
    n_agents: int

    @property
    def n(self) -> int:
        return len(self.values)

    @staticmethod
    def of(found: Values) -> _Side:
        kept = [list(values)[-MOST_PER_AGENT:] for _, values in sorted(found.items()) if values]
        values = np.array([v for own in kept for v in own], dtype=np.float64)
        agents = np.repeat(np.arange(len(kept)), [len(own) for own in kept])
        order = np.argsort(values, kind="stable")
        return _Side(values[order], agents[order], len(kept))

    def draw(self, rng: np.random.Generator) -> float:
        """The median of one draw of agents, and of calls within them; NaN when it holds none."""
        of_agents = rng.multinomial(self.n_agents, np.full(self.n_agents, 1 / self.n_agents))
        weights = np.cumsum(of_agents[self.agents] * rng.poisson(1.0, self.n))
        if weights[-1] == 0:
            return float("nan")
        return float(self.values[np.searchsorted(weights, weights[-1] / 2)])
