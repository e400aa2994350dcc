"""Cross-talk of known level on a built pair of channels."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from audio.crosstalk import MOST_WINDOWS, Crosstalk, find_crosstalk, worst_crosstalk
from audio.notes import Note
from audio.recording import Channel
from audio.timeline import Span
from tests.audio.codec_files import voice

RATE_HZ = 8000
LEVEL_TOLERANCE_DB = 1.5  # the path colours the leak a little, and noise hides some of it
AGENT, CUSTOMER = [Span(0.5, 5.5), Span(10.5, 17.5)], [Span(6.0, 10.0)]


def call(leak_db: float | None, *, delay_s: float = 0.02, noise: float = 1e-4) -> tuple[Channel, Channel]:
    rng = np.random.default_rng(4)
    sounds = []
    for seed, spans in ((1, AGENT), (3, CUSTOMER)):
        sound, kept = voice(18.0, RATE_HZ, seed=seed, f0_hz=110 + 30 * seed, pauses=False), np.zeros(18 * RATE_HZ)
        for span in spans:
            part = slice(round(span.start_s * RATE_HZ), round(span.end_s * RATE_HZ))
            kept[part] = sound[part]
        sounds.append(kept)
    agent, customer = sounds
    leak = 0.0 if leak_db is None else 10 ** (leak_db / 20)
    late = np.concatenate([np.zeros(round(delay_s * RATE_HZ)), agent])[: len(agent)]
    made = agent, customer + leak * late
    return tuple(  # type: ignore[return-value]
        Channel(i, (x + rng.normal(0, noise, len(x))).astype(np.float32), RATE_HZ) for i, x in enumerate(made)
    )


@pytest.mark.parametrize("leak_db", [-15, -30, -40])
@pytest.mark.parametrize("delay_s", [0.0, 0.12])
def test_the_level_of_a_leak(leak_db: float, delay_s: float) -> None:
    agent, customer = call(leak_db, delay_s=delay_s)
    found = find_crosstalk(customer, agent, CUSTOMER, AGENT)
    assert found.level_db == pytest.approx(leak_db, abs=LEVEL_TOLERANCE_DB)
    assert found.reason is None and found.likeness is not None and found.likeness > 0.4


def test_noise_of_the_line_is_no_leak() -> None:
    agent, customer = call(None, noise=3e-3)
    found = find_crosstalk(customer, agent, CUSTOMER, AGENT)
    assert found.level_db is None and found.likeness is not None and found.likeness < 0.3
    assert found.reason == Note("sound.crosstalk_none")


def test_gain_of_both_channels_moves_nothing() -> None:
    levels = []
    for gain in (1.0, 0.1):
        agent, customer = (dataclasses.replace(c, samples=c.samples * np.float32(gain)) for c in call(-30))
        levels.append(find_crosstalk(customer, agent, CUSTOMER, AGENT).level_db)
    assert levels[0] == pytest.approx(levels[1], abs=0.01)


def test_too_little_speech_of_the_other_is_said() -> None:
    agent, customer = call(-30)
    found = find_crosstalk(customer, agent, CUSTOMER, [Span(1.0, 3.0)])
    assert (found.level_db, found.likeness) == (None, None)
    assert found.reason == Note("sound.crosstalk_little_speech", {"least_s": 4.0})


def test_a_long_call_costs_no_more_windows() -> None:
    from audio.crosstalk import _windows

    windows = _windows([], [Span(0.0, 1000.0)])
    assert len(windows) == MOST_WINDOWS
    assert windows[-1].end_s == pytest.approx(1000.0)


def test_the_loudest_of_several_is_shown() -> None:
    none, faint, loud = Crosstalk(None, 0.1, Note("sound.crosstalk_none")), Crosstalk(-40, 0.5), Crosstalk(-25, 0.7)
    assert worst_crosstalk([none, faint, loud]) is loud
    assert worst_crosstalk([none]) is none
