"""What is no change of the voices changes nothing, from the channels of a call to each party's measures."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from tests.bench.voice.whole import Party, call, edges_apart_s, heard

PART_S = 40.0
SAME_TIME_S = 1e-9
SAME_VALUE = 1e-6
"""Floating point: the same frames at another place on the clock."""
ONE_FRAME = 0.02
"""Each measure in its unit: what one of the 400 voiced frames of this part weighs, which rounding makes voiced or not.
Over the minimum of 20 s it is under 0.01 (`tests/bench/voice/invariance.py`)."""
SPREAD_ST, RATE_PER_S, EDGE_S = 0.05, 0.05, 0.032
"""Frames that lie elsewhere against the sound: 16 ms sampled at another phase. Over 20 s voiced, the minimum of the
spread, it comes to 0.02 st; the parties of this part have half of that."""


def part() -> tuple[list[np.ndarray], int]:
    channels, rate = call(["fr_vecu"])
    return [c[: round(PART_S * rate)] for c in channels], rate


@lru_cache(maxsize=1)
def plain() -> list[Party]:
    return heard(*part())


def ahead(length_s: float, level: float = 0.0) -> list[Party]:
    channels, rate = part()
    n = round(length_s * rate)
    still = (level * np.random.default_rng(1).normal(size=(2, n))).astype(np.float32)
    return heard([np.concatenate((s, c)) for s, c in zip(still, channels, strict=True)], rate)


def test_the_parties_are_there() -> None:
    assert all(len(p.speech) > 3 and p.values["pitch_spread"] > 0 for p in plain())


@pytest.mark.parametrize("gain_db", [-12.0, 6.0])
def test_gain_moves_no_region_and_no_measure(gain_db: float) -> None:
    channels, rate = part()
    louder = heard([(c * 10 ** (gain_db / 20)).astype(np.float32) for c in channels], rate)
    for a, b in zip(plain(), louder, strict=True):
        assert a.speech == b.speech
        assert a.reasons == b.reasons
        assert b.values == pytest.approx(a.values, abs=ONE_FRAME, rel=0.005)


@pytest.mark.parametrize("length_s", [5.12, 0.777, 3.0130625])
def test_digital_silence_in_front_of_any_length_moves_the_clock_alone(length_s: float) -> None:
    for a, b in zip(plain(), ahead(length_s), strict=True):
        assert len(a.speech) == len(b.speech)
        assert edges_apart_s([s.shifted(length_s) for s in a.speech], b.speech) < SAME_TIME_S
        assert b.values == pytest.approx(a.values, abs=SAME_VALUE)


def test_a_quiet_line_in_front_moves_little() -> None:
    for a, b in zip(plain(), ahead(0.777, level=10 ** (-66 / 20)), strict=True):
        assert edges_apart_s([s.shifted(0.777) for s in a.speech], b.speech) <= EDGE_S
        assert b.values["pitch_spread"] == pytest.approx(a.values["pitch_spread"], abs=SPREAD_ST)
        assert b.values["articulation_rate"] == pytest.approx(a.values["articulation_rate"], abs=RATE_PER_S)


def test_silence_behind_moves_nothing() -> None:
    channels, rate = part()
    longer = heard([np.concatenate((c, np.zeros(5 * rate, np.float32))) for c in channels], rate)
    for a, b in zip(plain(), longer, strict=True):
        assert edges_apart_s(a.speech, b.speech) < SAME_TIME_S
        assert b.values == pytest.approx(a.values, abs=SAME_VALUE)


def test_swapped_channels_swap_the_parties_exactly() -> None:
    channels, rate = part()
    for a, b in zip(plain(), reversed(heard(channels[::-1], rate)), strict=True):
        assert (a.speech, a.values, a.reasons) == (b.speech, b.values, b.reasons)
