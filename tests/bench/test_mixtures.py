"""The truth of a mixture is where its voices sound: a low tone and a high one, found again by their bands."""

from __future__ import annotations

import numpy as np
import pytest

from audio.timeline import Span, total_s
from tests.bench.bench_diarize import overlapped, short_answers
from tests.bench.mixtures import RATE_HZ, Call, Material, Sound, mixture

TONES_HZ = (500.0, 2500.0)
EDGE_TOLERANCE_S = 0.03
"""Frames of 10 ms at both ends, and the ringing of the band edges."""


def tone(at_hz: float, duration_s: float) -> Sound:
    times_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return np.asarray(0.05 * np.sqrt(2) * np.sin(2 * np.pi * at_hz * times_s), dtype=np.float32)


def material(at_hz: float) -> Material:
    return Material([tone(at_hz, 1.0 + 0.2 * i) for i in range(15)], [tone(at_hz, 0.45)])


@pytest.fixture(scope="module")
def call() -> Call:
    return mixture("tones", [material(at_hz) for at_hz in TONES_HZ], 3, longest_s=60.0)


def heard_share(call: Call, span: Span, at_hz: float) -> float:
    sound = call.channel.read(Span(span.start_s + EDGE_TOLERANCE_S, span.end_s - EDGE_TOLERANCE_S))
    power = np.abs(np.fft.rfft(sound)) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / RATE_HZ) - at_hz) < 60
    return float(power[near].sum() / power.sum())


def test_each_party_sounds_where_the_truth_says(call: Call) -> None:
    assert set(call.truth) == {"party_0", "party_1"}
    for spans, at_hz in zip(call.truth.values(), TONES_HZ, strict=True):
        assert spans and all(heard_share(call, span, at_hz) > 0.1 for span in spans)


def test_two_sound_only_where_the_truth_overlaps(call: Call) -> None:
    busy = overlapped(call.truth)
    assert busy
    for who, own_hz in zip(call.truth, TONES_HZ, strict=True):
        alone = [s for s in call.truth[who] if not any(s.overlap(b) for b in busy)]
        assert alone and all(heard_share(call, span, own_hz) > 0.9 for span in alone)


def test_short_answers_stand_alone_and_the_same_seed_gives_the_same_call(call: Call) -> None:
    assert short_answers(call.truth)
    again = mixture("tones", [material(at_hz) for at_hz in TONES_HZ], 3, longest_s=60.0)
    assert again.truth == call.truth and np.array_equal(again.channel.read(), call.channel.read())


def test_one_voice_alone_is_one_party(call: Call) -> None:
    alone = mixture("tone", [material(TONES_HZ[0])], 4, longest_s=30.0)
    assert alone.truth["party_1"] == [] and total_s(alone.truth["party_0"]) > 10
