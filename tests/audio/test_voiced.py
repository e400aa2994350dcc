"""The second witness beside the speech detector: periodic sound is voiced, noise and clicks are not."""

from __future__ import annotations

import numpy as np
import pytest

from audio.recording import Channel
from audio.timeline import Span
from audio.voiced import PERIODIC, missed, periodicity, voiced_s

RATE_HZ = 8000
INSIDE = Span(1.0, 2.0)
STEPS_S = 0.05  # the window of 40 ms reaches over an edge


def channel(sound: np.ndarray) -> Channel:
    return Channel(0, np.asarray(sound, dtype=np.float32), RATE_HZ)


def harmonics(f0_hz: float, duration_s: float, lowest: int = 1) -> np.ndarray:
    """A voice as a telephone passes it on: without its fundamental when `lowest` is over 1."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return np.asarray(sum(np.sin(2 * np.pi * k * f0_hz * t + k) / k for k in range(lowest, lowest + 8)))


def between(sound: np.ndarray, span: Span = INSIDE, length_s: float = 3.0) -> np.ndarray:
    placed = 1e-3 * np.random.default_rng(1).standard_normal(round(length_s * RATE_HZ))
    first = round(span.start_s * RATE_HZ)
    placed[first : first + len(sound)] += sound
    return placed


@pytest.mark.parametrize("f0_hz", [80.0, 120.0, 210.0, 380.0])
@pytest.mark.parametrize("lowest", [1, 3])
def test_a_voice_is_voiced_for_as_long_as_it_sounds(f0_hz: float, lowest: int) -> None:
    found_s = voiced_s(channel(between(0.1 * harmonics(f0_hz, 1.0, lowest))), Span(0.5, 2.5))
    assert found_s == pytest.approx(1.0, abs=STEPS_S)


@pytest.mark.parametrize("seed", range(5))
def test_breath_and_clicks_are_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    breath = 0.05 * rng.standard_normal(4000) * np.hanning(4000)
    clicks = np.zeros(4000)
    clicks[rng.integers(0, 4000, 6)] = 0.8
    for sound in (breath, clicks):
        assert missed(channel(between(sound)), [Span(1.0, 1.5)], least_s=0.08, least_share=0.4) == []


def test_gain_moves_nothing() -> None:
    sound = between(0.1 * harmonics(120, 1.0))
    loud, quiet = (periodicity(channel(g * sound), INSIDE) for g in (1.0, 0.01))
    assert np.allclose(loud, quiet, atol=1e-3)
    assert np.median(loud) > PERIODIC


def test_too_little_sound_has_no_frames() -> None:
    assert not periodicity(channel(np.zeros(100)), Span(0.0, 0.0125)).any()
    assert voiced_s(channel(np.zeros(8000)), Span(0.2, 0.4)) == 0.0
