"""Agents who play one recording are told from agents who read the sentence anew, on a few of them."""

from __future__ import annotations

import numpy as np
import pytest

from service.demo.speak import available
from tests.bench.bench_automatism import FIGURES, LEAST_AUC, medians, near_percent
from tests.bench.voice.readings import agents, auc

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not available(), reason="no espeak-ng")
@pytest.mark.parametrize("closeness", [0.5, 1.0])
def test_the_same_recording_is_told_from_six_readings(closeness: float) -> None:
    played, reading = agents(closeness, 2)
    assert len(played) == len(reading) == 8
    same, other = (medians(found, FIGURES["apart"]) for found in (played, reading))
    assert auc(other, same) >= LEAST_AUC
    assert near_percent(played) > 80
    if closeness == 1.0:
        assert near_percent(reading) < 50


def test_the_area_is_a_half_where_nothing_tells_them_apart() -> None:
    values = np.arange(5.0)
    assert auc(values, values) == 0.5
    assert auc(values + 10, values) == 1.0 and auc(values, values + 10) == 0.0
