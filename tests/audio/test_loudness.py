"""Loudness: level frames and their spread."""

from __future__ import annotations

import numpy as np
import pytest

from audio.band import band_blocks
from audio.loudness import block_loudness_db, loud_frames_db, loudness_spread_db, relative_db
from audio.timeline import FrameTrack, Span
from tests.audio.signals import as_channel


def test_level_of_a_tone_is_its_rms() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(32000) / 16000)
    block = next(band_blocks(as_channel(tone), [Span(0.5, 1.5)]))
    levels = block_loudness_db(block)
    assert len(levels) == round(block.keep.duration_s / 0.01)
    np.testing.assert_allclose(levels, 20 * np.log10(0.1 / np.sqrt(2)), atol=0.1)  # ripple of the band


def test_frames_sit_on_their_clock() -> None:
    sound = np.zeros(32000)
    sound[16000:16160] = np.sin(2 * np.pi * 1000 * np.arange(160) / 16000)  # 10 ms from 1.0 s on
    block = next(band_blocks(as_channel(sound), [Span(0.4, 1.6)]))
    loudest = block.keep.start_s + (np.argmax(block_loudness_db(block)) + 0.5) * 0.01
    assert loudest == pytest.approx(1.005, abs=0.0051)


def test_relative_level_has_no_gain() -> None:
    levels = np.random.default_rng(0).normal(-30, 6, 1000)
    np.testing.assert_allclose(relative_db(levels), relative_db(levels + 12), atol=1e-9)
    assert np.percentile(relative_db(levels), 95) == pytest.approx(0.0)


def test_spread_leaves_the_pauses_out() -> None:
    speech = np.random.default_rng(0).normal(-5, 4, 3000)
    track = FrameTrack(np.concatenate((speech, np.full(3000, -60.0))), 0.0, 0.01, "dB")
    frames = loud_frames_db(track, [Span(0, 60)])
    assert len(frames) == pytest.approx(3000, rel=0.02)
    assert loudness_spread_db(frames) == pytest.approx(4.0, abs=0.25)  # the cut at 25 dB trims a tail


def test_nothing_measured_is_none() -> None:
    track = FrameTrack(np.full(100, np.nan), 0.0, 0.01, "dB")
    assert loudness_spread_db(loud_frames_db(track, [Span(0, 1)])) is None
    assert np.isnan(relative_db(track.values)).all()
