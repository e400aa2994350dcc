"""Synchrony of built series: a known correlation is found again, and independent voices seldom seem to move together.

Each voice is a slow drift over the call plus an own wander from exchange to exchange (autocorrelation 0.4); related
ones share a part of the wander. The share of p < 0.05 among independent pairs is what a reader takes for a finding by
luck: 5 % is wanted. Convergence is tried without drift: two voices that drift apart do converge less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audio.accommodation import CHANCE_P, MIN_EXCHANGES, Correlation, convergence, synchrony
from tests.bench.voice.rows import Row

Series = NDArray[np.float64]
PAIRS, WANDER = 2000, 0.4
LENGTHS = (MIN_EXCHANGES, 85)
TRUE_R = 0.6


def rows() -> list[Row]:
    """Error of r, how often independent pairs pass for moving together, and how often related ones are found."""
    rng = np.random.default_rng(6)
    found: list[Row] = []
    for n in LENGTHS:
        apart = [synchrony(_voice(rng, n), _voice(rng, n)) for _ in range(PAIRS)]
        together = [synchrony(*_related(rng, n)) for _ in range(PAIRS)]
        closer = [convergence(_wander(rng, n), _wander(rng, n)) for _ in range(PAIRS)]
        on = f"{n}_exchanges"
        r = [c.r for c in together if c is not None]
        found += [
            Row("accommodation", "r_off_truth", on, abs(float(np.mean(r)) - TRUE_R), "r", PAIRS, chance=TRUE_R),
            Row("accommodation", "false_synchrony", on, _share(apart), "%", PAIRS, chance=100 * CHANCE_P),
            Row("accommodation", "false_convergence", on, _share(closer), "%", PAIRS, chance=100 * CHANCE_P),
            Row("accommodation", "found", on, _share(together), "%", PAIRS, chance=100 * CHANCE_P),
        ]
    return found


def _share(correlations: Sequence[Correlation | None]) -> float:
    return 100 * float(np.mean([c is not None and c.p < CHANCE_P for c in correlations]))


def _wander(rng: np.random.Generator, n: int) -> Series:
    steps = rng.normal(size=n + 20)
    walked = np.zeros(n + 20)
    for i in range(1, n + 20):
        walked[i] = WANDER * walked[i - 1] + np.sqrt(1 - WANDER**2) * steps[i]
    return walked[20:]


def _drift(rng: np.random.Generator, n: int) -> Series:
    return np.asarray(rng.normal() * np.linspace(-1, 1, n))


def _voice(rng: np.random.Generator, n: int) -> Series:
    return _wander(rng, n) + _drift(rng, n)


def _related(rng: np.random.Generator, n: int) -> tuple[Series, Series]:
    """Two voices whose wander correlates by TRUE_R."""
    shared = _wander(rng, n)
    mixed = [np.sqrt(TRUE_R) * shared + np.sqrt(1 - TRUE_R) * _wander(rng, n) + _drift(rng, n) for _ in range(2)]
    return mixed[0], mixed[1]
