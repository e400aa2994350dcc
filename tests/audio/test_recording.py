"""Channels read in call time, whole or in blocks, the same samples either way."""

from __future__ import annotations

import numpy as np
import pytest

from audio.recording import GRID_S, Channel, on_its_grid
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


@pytest.mark.parametrize("silence", [0, 1, 1280, 6217])
@pytest.mark.parametrize("gain", [0.2, 1.0])
def test_frames_lie_on_the_same_sounds_whatever_silence_is_in_front(silence, gain):
    sound = np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32)
    sound[:1280] *= 0.001
    plain = on_its_grid(Channel(0, sound, RATE_HZ))
    later = on_its_grid(Channel(0, gain * np.concatenate((np.zeros(silence, np.float32), sound)), RATE_HZ))
    assert later.start_s == pytest.approx(plain.start_s + silence / RATE_HZ, abs=1e-9)
    assert 0 <= plain.start_s < GRID_S
    np.testing.assert_allclose(later.samples, gain * plain.samples, rtol=1e-6)


def test_a_channel_that_begins_in_speech_keeps_it():
    sound = np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32)
    late = Channel(0, np.concatenate((np.zeros(777, np.float32), sound)), RATE_HZ)
    np.testing.assert_array_equal(on_its_grid(late).samples, sound)
    assert on_its_grid(late).start_s == pytest.approx(777 / RATE_HZ)


@pytest.mark.parametrize("n_samples", [0, 100])
def test_channels_without_sound_stay_as_they_are(n_samples):
    silent = Channel(0, np.zeros(n_samples, np.float32), RATE_HZ)
    assert on_its_grid(silent).span == silent.span
