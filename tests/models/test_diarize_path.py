"""The path of speakers against every sequence there is, on problems small enough to try them all."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from models.mixture_path import Labels, PathOptions, best_path

OPTIONS = PathOptions(step_frames=1, min_steps=2, weight=1.0, change_cost=1.5, gap_change_cost=0.5)


def allowed(labels: Labels, region: Labels) -> bool:
    """Each piece inside a region lasts the minimum, unless the region has one speaker."""
    for r in np.unique(region):
        inside = labels[region == r]
        cuts = np.flatnonzero(np.diff(inside)) + 1
        if len(cuts) and min(len(p) for p in np.split(inside, cuts)) < OPTIONS.min_steps:
            return False
    return True


def worth(scores: np.ndarray, labels: Labels, region: Labels) -> float:
    changes, gaps = np.diff(labels) != 0, np.diff(region) != 0
    cost = OPTIONS.change_cost * np.sum(changes & ~gaps) + OPTIONS.gap_change_cost * np.sum(changes & gaps)
    return float(scores[np.arange(len(labels)), labels].sum() - cost)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("n_speakers", [2, 3])
def test_no_allowed_sequence_is_worth_more(seed: int, n_speakers: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (7, n_speakers)).astype(np.float32)
    region = np.cumsum(rng.random(7) < 0.25)
    found = best_path(scores, region, OPTIONS)
    tried = (np.array(labels) for labels in product(range(n_speakers), repeat=7))
    best = max(worth(scores, labels, region) for labels in tried if allowed(labels, region))
    assert allowed(found.labels, region)
    assert found.score == pytest.approx(best, abs=1e-5)
    assert worth(scores, found.labels, region) == pytest.approx(best, abs=1e-5)


def test_steps_hold_the_frames_of_one_region_only() -> None:
    region = np.array([0] * 7 + [1] * 3 + [2] * 12)
    scores = np.zeros((22, 2), dtype=np.float32)
    scores[:, 0], scores[7:10] = 1, (0, 5)
    found = best_path(scores, region, PathOptions(step_frames=5, min_steps=2, gap_change_cost=0.1, weight=1.0))
    assert found.labels.tolist() == [0] * 7 + [1] * 3 + [0] * 12
