"""A turn that is higher or louder than the voice's other turns stands out, and nothing else does."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.raised import LEAST_TURNS, raised_turns, robust_z
from audio.timeline import Span
from audio.voice import VoiceTracks, track_voice
from models.pitch_swiftf0 import SwiftF0Tracker
from tests.audio.signals import RATE_HZ, VoicePlan, as_channel, voice

TURNS = 8
RAISED = 5
"""Which of the turns is changed."""


@cache
def spoken() -> tuple[np.ndarray, tuple[Span, ...]]:
    made = voice(VoicePlan(duration_s=40, median_hz=150, spread_st=2.0))
    edges = np.linspace(0.0, 40.0, TURNS + 1)
    return made.samples, tuple(Span(float(a) + 0.2, float(b) - 0.2) for a, b in pairwise(edges))


def tracks(samples: np.ndarray) -> VoiceTracks:
    return track_voice(as_channel(samples, RATE_HZ), list(spoken()[1]), SwiftF0Tracker(), others=())


def changed(gain_db: float = 0.0, semitones: float = 0.0) -> np.ndarray:
    samples, turns = spoken()
    out = samples.copy()
    part = slice(int(turns[RAISED].start_s * RATE_HZ), int(turns[RAISED].end_s * RATE_HZ))
    if semitones:
        made = voice(VoicePlan(duration_s=40, median_hz=150 * 2 ** (semitones / 12), spread_st=2.0)).samples
        out[part] = made[part]
    out[part] = out[part] * 10 ** (gain_db / 20)
    return out.astype(np.float32)


def z_of(samples: np.ndarray, name: str) -> list[float]:
    found = raised_turns(tracks(samples), spoken()[1], pitch_clear=True, loudness_clear=True)
    values = [getattr(r, name) for r in found]
    assert all(v is not None for v in values)
    return values


def test_a_louder_turn_stands_out_in_loudness() -> None:
    values = z_of(changed(gain_db=8.0), "loudness_z")
    assert values[RAISED] > 3.0 and max(values) == values[RAISED]


def test_a_higher_turn_stands_out_in_pitch() -> None:
    values = z_of(changed(semitones=6.0), "pitch_z")
    assert values[RAISED] > 3.0 and max(values) == values[RAISED]


def test_a_gain_on_the_whole_channel_moves_nothing() -> None:
    plain, louder = z_of(spoken()[0], "loudness_z"), z_of((0.5 * spoken()[0]).astype(np.float32), "loudness_z")
    assert louder == pytest.approx(plain, abs=0.05)


def test_a_noisy_line_or_few_turns_give_nothing() -> None:
    made, turns = tracks(spoken()[0]), spoken()[1]
    noisy = raised_turns(made, turns, pitch_clear=False, loudness_clear=False)
    assert all(r.pitch_z is None and r.loudness_z is None for r in noisy)
    few = raised_turns(made, turns[: LEAST_TURNS - 1], pitch_clear=True, loudness_clear=True)
    assert all(r.pitch_z is None and r.loudness_z is None for r in few)
    short = raised_turns(made, [Span(0.3, 0.5), *turns], pitch_clear=True, loudness_clear=True)
    assert short[0].loudness_z is None and short[1].loudness_z is not None


VALUES = st.lists(st.one_of(st.none(), st.floats(-60, 60)), max_size=20)


@given(values=VALUES, shift=st.floats(-50, 50))
def test_z_follows_order_and_not_where_the_scale_begins(values: list[float | None], shift: float) -> None:
    found = robust_z(values, 1.0)
    moved = robust_z([None if v is None else v + shift for v in values], 1.0)
    assert [z is None for z in found] == [z is None for z in moved]
    assert [z for z in moved if z is not None] == pytest.approx([z for z in found if z is not None], abs=1e-6)
    pairs = sorted((v, z) for v, z in zip(values, found, strict=True) if v is not None and z is not None)
    assert [z for _, z in pairs] == sorted(z for _, z in pairs)
