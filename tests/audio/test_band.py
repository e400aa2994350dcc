"""The common band: what passes, what does not, and that block edges move nothing."""

from __future__ import annotations

import numpy as np
import pytest

from audio.band import (
    BlockOptions,
    band_blocks,
    band_sound,
    band_sound_with_low_end,
    speech_level,
    to_band,
    with_low_end,
)
from audio.timeline import Span, total_s
from tests.audio.signals import RATE_HZ, VoicePlan, as_channel, voice


def _tone(hz: float, rate_hz: int) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(2 * rate_hz) / rate_hz).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8000, 16000])
@pytest.mark.parametrize(
    ("hz", "expected"), [(100, 0.0), (180, 0.0), (500, 1.0), (1000, 1.0), (3200, 1.0), (3700, 0.0)]
)
def test_band_edges(hz: float, expected: float, rate_hz: int) -> None:
    envelope = np.abs(to_band(_tone(hz, rate_hz), rate_hz))[4000:-4000]
    assert envelope.max() == pytest.approx(expected, abs=0.01)  # -40 dB outside, 0.1 dB of ripple inside


def test_both_rates_give_the_same_band() -> None:
    a, b = to_band(_tone(800, 8000), 8000), to_band(_tone(800, 16000), 16000)
    assert np.abs(a - b)[1000:-1000].max() < 2e-3  # the images left by zero-stuffing: -54 dB


def test_other_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="8000 or 16000"):
        to_band(np.zeros(10, np.float32), 11025)


def test_blocks_cover_the_spans_and_equal_the_whole() -> None:
    sound = voice(VoicePlan(duration_s=20)).samples
    channel, spans = as_channel(sound, start_s=0.7), [Span(1.0, 3.21), Span(6.0, 19.0)]
    whole = to_band(sound, RATE_HZ)
    blocks = list(band_blocks(channel, spans, BlockOptions(block_s=4.0)))
    assert total_s(b.keep for b in blocks) >= total_s(spans)
    for block in blocks:
        assert block.keep.duration_s <= 4.0 + 0.08
        a = round((block.keep.start_s - 0.7) * RATE_HZ)
        offset, n = round((block.keep.start_s - block.first_s) * RATE_HZ), round(block.keep.duration_s * RATE_HZ)
        kept = block.analytic[offset : offset + n]
        m = min(len(kept), len(whole) - a)
        assert np.abs(kept[:m] - whole[a : a + m]).max() < 1e-5  # float32 rounding only


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_any_stretch_of_the_band_is_the_same_to_the_bit(rate_hz: int) -> None:
    sound = voice(VoicePlan(duration_s=6)).samples[:: RATE_HZ // rate_hz]
    channel, n = as_channel(np.ascontiguousarray(sound), rate_hz), 6 * RATE_HZ
    whole, whole_low = band_sound(channel, 0, n), band_sound_with_low_end(channel, 0, n)
    analytic = to_band(np.ascontiguousarray(sound), rate_hz)
    assert np.abs(whole - analytic.real).max() < 1e-5  # float32 rounding only
    assert np.abs(whole_low - with_low_end(analytic))[1000:-1000].max() < 1e-5
    for first, last in ((0, 1), (20479, 20482), (-300, 700), (30_001, 77_777), (n - 5, n + 900)):
        a, b = max(0, first), min(n, last)
        assert np.array_equal(band_sound(channel, first, last)[a - first : b - first], whole[a:b])
        assert np.array_equal(band_sound_with_low_end(channel, first, last)[a - first : b - first], whole_low[a:b])
    assert len(band_sound(channel, 7, 7)) == 0


def test_the_low_end_comes_back() -> None:
    t_s = np.arange(2 * RATE_HZ) / RATE_HZ
    harmonics = sum(np.cos(2 * np.pi * 120 * k * t_s) for k in range(3, 25))
    spectrum = np.abs(np.fft.rfft(with_low_end(to_band(np.asarray(harmonics, np.float32), RATE_HZ))))
    assert spectrum[240] > 0.5 * spectrum[480:6800].max()  # bins of 0.5 Hz: 120 Hz stands beside the harmonics heard


def test_level_follows_gain_and_ignores_offset() -> None:
    sound, spans = voice(VoicePlan(duration_s=8)).samples, [Span(0.3, 6.0)]
    level = speech_level(as_channel(sound), spans)
    assert speech_level(as_channel(sound * 0.25), spans) == pytest.approx(level / 4, rel=1e-5)
    assert speech_level(as_channel(sound + 0.2), spans) == pytest.approx(level, rel=1e-4)


@pytest.mark.parametrize("spans", [[], [Span(100.0, 101.0)]])
def test_no_sound_is_level_zero(spans: list[Span]) -> None:
    assert speech_level(as_channel(np.zeros(8000, np.float32)), spans) == 0.0


def test_broken_samples_do_not_spread() -> None:
    sound = voice(VoicePlan(duration_s=4)).samples.copy()
    sound[20_000] = np.nan
    block = next(band_blocks(as_channel(sound), [Span(0.5, 3.0)]))
    assert np.isfinite(block.analytic).all()
