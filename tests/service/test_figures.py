"""Figures of agreement against values worked out by hand, by others' code, and against truth that was made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.figures import alpha, area, kappa, median, share


def paired(table, categories=("yes", "no")):
    """Pairs that give this confusion table, each in a call of its own."""
    told = [(a, b) for i, a in enumerate(categories) for j, b in enumerate(categories) for _ in range(table[i][j])]
    return [(n, a, b) for n, (a, b) in enumerate(told)]


def test_kappa_by_hand():
    found = kappa(paired([[20, 5], [10, 15]]))  # agreement 0.7, by chance 0.5
    assert found.value == pytest.approx(0.4) and found.low < 0.4 < found.high and found.n == 50
    assert kappa(paired([[10, 0], [0, 10]])).value == 1.0
    assert kappa(paired([[10, 0], [0, 0]])).value is None  # both always say the same
    assert kappa([]).value is None


def test_kappa_as_others_compute_it():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    one, two = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    two[:120] = one[:120]
    pairs = [(n, int(a), int(b)) for n, (a, b) in enumerate(zip(one, two, strict=True))]
    assert kappa(pairs).value == pytest.approx(metrics.cohen_kappa_score(one, two))
    weighted = kappa(pairs, ordered=(0, 1, 2, 3, 4)).value
    assert weighted == pytest.approx(metrics.cohen_kappa_score(one, two, weights="quadratic"))
    truth = rng.random(200) < 0.4
    score = rng.integers(1, 6, 200) + truth
    found = area(list(zip(truth.tolist(), score.tolist(), strict=True)))
    assert found.value == pytest.approx(metrics.roc_auc_score(truth, score)) and found.low < found.value < found.high


def test_alpha_as_its_author_works_it_out():
    """The example of Krippendorff's own page: four observers, twelve units, values missing; nominal 0.743."""
    observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    ratings = {u: [float(o[u]) for o in observers if o[u] != "."] for u in range(12)}
    assert alpha(ratings).value == pytest.approx(0.743, abs=0.0005)
    assert alpha(ratings, interval=True).value == pytest.approx(0.849, abs=0.0005)
    assert alpha({1: [2.0, 2.0], 2: [2.0, 2.0]}).value is None


def test_calls_are_drawn_and_not_lines():
    """Forty lines of two calls say less than forty of forty."""
    many = paired([[15, 5], [5, 15]])
    few = [(n % 2, a, b) for n, a, b in many]
    wide, narrow = kappa(few), kappa(many)
    assert wide.value == narrow.value and wide.groups == 2 and narrow.groups == 40


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng, held = np.random.default_rng(5), 0
    for _ in range(60):
        truth = rng.random(120) < 0.5
        other = np.where(rng.random(120) < 0.3, rng.random(120) < 0.5, truth)  # kappa 0.7
        found = kappa([(n, bool(a), bool(b)) for n, (a, b) in enumerate(zip(truth, other, strict=True))])
        held += found.low <= 0.7 <= found.high
    assert held >= 50


@given(st.integers(1, 200), st.data())
def test_a_share_lies_in_its_interval(n, data):
    hits = data.draw(st.integers(0, n))
    found = share(hits, n)
    assert 0 <= found.low <= found.value + 1e-9 and found.value - 1e-9 <= found.high <= 1


def test_shares_and_areas_at_their_ends():
    assert share(8, 10).low == pytest.approx(0.490, abs=0.001) and share(8, 10).high == pytest.approx(0.943, abs=0.001)
    assert share(0, 0).value is None and median([]) is None and median([1, 3]) == 2.0
    assert area([(True, 2.0), (False, 1.0)]).value == 1.0 and area([(True, 1.0)]).value is None
    assert area([(True, 1.0), (False, 1.0)]).value == 0.5
