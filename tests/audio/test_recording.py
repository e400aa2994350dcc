"""Channels read in call time, whole or in blocks, the same samples either way."""

from __future__ import annotations

import numpy as np
import pytest

from audio.recording import Channel, from_first_sound
from audio.timeline import Span

RATE_HZ = 8000


@pytest.fixture(params=["array", "file"])
def late_channel(request, tmp_path):
    samples = np.random.default_rng(1).standard_normal(4 * RATE_HZ).astype(np.float32)
    if request.param == "array":
        return Channel(0, samples, RATE_HZ, start_s=2.0)
    path = tmp_path / "channel.f32"
    samples.tofile(path)
    return Channel(0, np.memmap(path, dtype=np.float32, mode="r"), RATE_HZ, start_s=2.0)


def test_a_channel_that_started_later_lies_later_in_the_call(late_channel):
    assert late_channel.span == Span(2.0, 6.0)
    np.testing.assert_array_equal(late_channel.read(Span(0, 3)), late_channel.read()[:RATE_HZ])


def test_blocks_end_to_end_are_the_whole_channel(late_channel):
    starts_s, blocks = zip(*late_channel.blocks(1.5), strict=True)
    assert starts_s == (2.0, 3.5, 5.0)
    np.testing.assert_array_equal(np.concatenate(blocks), late_channel.read())


def test_reading_gives_a_copy(late_channel):
    block = late_channel.read(Span(2, 3))
    block[:] = 0
    assert late_channel.read(Span(2, 3)).any()


def test_a_span_outside_the_channel_is_empty(late_channel):
    assert len(late_channel.read(Span(6.5, 7.0))) == 0


def test_channels_begin_with_the_first_sound_of_any_and_keep_their_times():
    sound = np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32)
    late = np.concatenate((np.zeros(700, np.float32), sound))
    for silence in (0, 1, 6217):
        front = np.zeros(silence, np.float32)
        first, second = from_first_sound(
            [Channel(i, np.concatenate((front, s)), RATE_HZ) for i, s in enumerate((late, sound))]
        )
        assert first.start_s == second.start_s == silence / RATE_HZ
        np.testing.assert_array_equal(first.samples, late)
        np.testing.assert_array_equal(second.samples, sound)


def test_channels_without_sound_stay_as_they_are():
    silent = Channel(0, np.zeros(100, np.float32), RATE_HZ)
    assert from_first_sound([silent, Channel(1, np.zeros(0, np.float32), RATE_HZ)])[0].span == silent.span
