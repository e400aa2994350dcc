"""Figures of agreement with their intervals: Wilson's for a share, kappa of two, alpha of several, area under a curve.

Intervals of kappa, alpha and area are percentiles (2.5 and 97.5) of a bootstrap that draws whole calls (or clips):
lines of one call are not independent. Its seed is fixed: the same rows give the same figures.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TRIES, SEED = 1000, 20
Z95 = 1.959964


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval, of `n` things in `groups` calls or clips. `value` None: not defined here."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    groups: int


def share(hits: int, n: int) -> Figure:
    """A share, 0 to 1, with Wilson's score interval (Wilson 1927, JASA 22:209)."""
    if n == 0:
        return Figure(None, None, None, 0, 0)
    p, z2 = hits / n, Z95 * Z95
    middle, half = (p + z2 / (2 * n)) / (1 + z2 / n), Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Figure(p, max(0.0, middle - half), min(1.0, middle + half), n, n)


Pair = tuple[Hashable, Hashable, Hashable]
"""A group (the call), what one said, what the other said."""


def kappa(pairs: Sequence[Pair], *, ordered: Sequence[Hashable] = ()) -> Figure:
    """Cohen's kappa (Cohen 1960, Educ. Psychol. Meas. 20:37); `ordered` categories: weighted by the square of their
    distance (Cohen 1968, Psychol. Bull. 70:213). None where both always say the same one thing: chance explains all.
    """
    categories = list(ordered) or sorted({said for _, one, two in pairs for said in (one, two)}, key=str)
    place = {category: n for n, category in enumerate(categories)}
    groups: dict[Hashable, np.ndarray] = defaultdict(lambda: np.zeros((len(categories), len(categories))))
    for group, one, two in pairs:
        groups[group][place[one], place[two]] += 1
    tables = np.array(list(groups.values())) if groups else np.zeros((0, len(categories), len(categories)))
    far = np.abs(np.subtract.outer(np.arange(len(categories)), np.arange(len(categories)))).astype(float)
    weights = far**2 if ordered else (far > 0).astype(float)
    return _bootstrapped(tables, lambda summed: _kappa_of(summed, weights), len(pairs))


def _kappa_of(summed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of tables (..., c, c); NaN where it is not defined."""
    total = summed.sum(axis=(-2, -1), keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = summed / total
        chance = shares.sum(axis=-1, keepdims=True) * shares.sum(axis=-2, keepdims=True)
        return np.asarray(1.0 - (weights * shares).sum(axis=(-2, -1)) / (weights * chance).sum(axis=(-2, -1)))


def alpha(ratings: Mapping[Any, Sequence[float]], *, interval: bool = False) -> Figure:
    """Krippendorff's alpha (Krippendorff 2011, `Computing Krippendorff's alpha-reliability`) of units with two or more
    ratings each; nominal, or `interval`: differences count by their square. None where nothing varies.
    """
    units = {unit: values for unit, values in ratings.items() if len(values) > 1}
    categories = sorted({value for values in units.values() for value in values})
    place = {category: n for n, category in enumerate(categories)}
    tables = np.zeros((len(units), len(categories), len(categories)))
    for row, values in enumerate(units.values()):
        counts = np.bincount([place[v] for v in values], minlength=len(categories)).astype(float)
        tables[row] = (np.outer(counts, counts) - np.diag(counts)) / (len(values) - 1)
    apart = np.subtract.outer(np.array(categories), np.array(categories)) if categories else np.zeros((0, 0))
    weights = apart**2 if interval else (apart != 0).astype(float)
    return _bootstrapped(tables, lambda summed: _alpha_of(summed, weights), len(units))


def _alpha_of(summed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    n = summed.sum(axis=(-2, -1))
    margin = summed.sum(axis=-1)
    expected = np.einsum("...i,...j->...ij", margin, margin) - margin[..., None] * np.eye(margin.shape[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (n - 1) * (weights * summed).sum(axis=(-2, -1)) / (weights * expected).sum(axis=(-2, -1))
        return np.asarray(1.0 - apart)


def area(scored: Sequence[tuple[bool, float]]) -> Figure:
    """The area under the curve: how often something positive has the higher score, ties counting half (Hanley & McNeil
    1982, Radiology 143:29). None where one of the two kinds is missing.
    """
    truth, score = np.array([t for t, _ in scored], dtype=bool), np.array([s for _, s in scored], dtype=float)
    value = _area_of(truth, score)
    if value is None:
        return Figure(None, None, None, len(scored), len(scored))
    rng, tries = np.random.default_rng(SEED), []
    for _ in range(TRIES):
        drawn = rng.integers(0, len(truth), len(truth))
        again = _area_of(truth[drawn], score[drawn])
        tries += [again] if again is not None else []
    low, high = np.percentile(tries, [2.5, 97.5])
    return Figure(value, float(low), float(high), len(scored), len(scored))


def _area_of(truth: np.ndarray, score: np.ndarray) -> float | None:
    positive, negative = score[truth], np.sort(score[~truth])
    if not len(positive) or not len(negative):
        return None
    below = np.searchsorted(negative, positive, "left")
    upto = np.searchsorted(negative, positive, "right")
    return float((below + upto).sum() / 2 / len(positive) / len(negative))


def _bootstrapped(tables: np.ndarray, of: Callable[[np.ndarray], np.ndarray], n: int) -> Figure:
    """The figure of all tables summed, and of draws of whole tables."""
    value = float(of(tables.sum(axis=0))) if len(tables) else math.nan
    if math.isnan(value):
        return Figure(None, None, None, n, len(tables))
    drawn = np.random.default_rng(SEED).multinomial(len(tables), np.full(len(tables), 1 / len(tables)), TRIES)
    again = of(np.einsum("tg,gij->tij", drawn, tables))
    known = again[~np.isnan(again)]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (math.nan, math.nan)
    return Figure(value, float(low), float(high), n, len(tables))


def median(values: Iterable[float]) -> float | None:
    """The middle one; None of none."""
    found = sorted(values)
    return float(np.median(found)) if found else None
