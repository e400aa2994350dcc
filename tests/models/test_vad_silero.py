"""The real detector, on synthetic speech: blocks, gain and silence in front move nothing."""

from __future__ import annotations

import numpy as np
import pytest

from audio.errors import BadParameter
from audio.recording import Channel
from audio.timeline import Span
from models.vad_silero import STEP_S, SileroDetector, SileroOptions
from tests.audio.dialogues import RATE_HZ, SENTENCES, VOICES, Sound, needs_espeak, spoken

pytestmark = pytest.mark.espeak

SAME_P = 0.002
"""Probabilities from other blocks: the same arithmetic in another order."""


@pytest.fixture(scope="module")
def detector() -> SileroDetector:
    return SileroDetector()


@pytest.fixture(scope="module")
def talk() -> Sound:
    """1 s of silence, a sentence, 1 s, another, 1 s; on a line with a little noise."""
    needs_espeak()
    pause = np.zeros(RATE_HZ, dtype=np.float32)
    sentences = [spoken(s, VOICES["agent"]) for s in SENTENCES[:2]]
    sound = np.concatenate([pause, sentences[0], pause, sentences[1], pause])
    noise = np.random.default_rng(3).standard_normal(len(sound))
    return np.asarray(sound + 1e-4 * noise, dtype=np.float32)


def heard(detector: SileroDetector, sound: Sound, rate_hz: int = RATE_HZ, start_s: float = 0.0) -> np.ndarray:
    return np.asarray(detector.probabilities(Channel(0, sound, rate_hz, start_s)).values)


def test_speech_is_told_from_pauses(detector: SileroDetector, talk: Sound) -> None:
    track = detector.probabilities(Channel(0, talk, RATE_HZ, start_s=2.0))
    assert (track.first_s, track.step_s, track.unit) == (2.0, STEP_S, "p")
    assert len(track.values) == -(-len(talk) // 256)
    first = len(spoken(SENTENCES[0], VOICES["agent"])) / RATE_HZ
    assert np.median(track.within([Span(3.1, 2.9 + first)])) > 0.8
    assert track.within([Span(2.0, 2.9)]).max() < 0.2


def test_block_edges_move_nothing(talk: Sound) -> None:
    whole = heard(SileroDetector(SileroOptions(block_frames=10_000)), talk)
    for block_frames in (1, 37, 100):
        blocks = heard(SileroDetector(SileroOptions(block_frames=block_frames)), talk)
        assert np.abs(blocks - whole).max() < SAME_P


@pytest.mark.parametrize("gain_db", [-12, 6])
def test_gain_changes_nothing(detector: SileroDetector, talk: Sound, gain_db: float) -> None:
    louder = (talk * 10 ** (gain_db / 20)).astype(np.float32)
    assert np.abs(heard(detector, louder) - heard(detector, talk)).max() < SAME_P


@pytest.mark.parametrize("frames", [1, 7, 160, 1000])
def test_silence_in_front_shifts_the_track(detector: SileroDetector, talk: Sound, frames: int) -> None:
    later = np.concatenate([np.zeros(frames * 256, dtype=np.float32), talk])
    assert np.abs(heard(detector, later)[frames:] - heard(detector, talk)).max() < SAME_P


@pytest.mark.parametrize("times", [1, 5])
def test_silence_of_5_12_s_in_front_shifts_it_exactly(detector: SileroDetector, talk: Sound, times: int) -> None:
    later = np.concatenate([np.zeros(times * 160 * 256, dtype=np.float32), talk])
    assert np.array_equal(heard(detector, later)[times * 160 :], heard(detector, talk))


def test_digital_silence_inside_clears_the_memory(detector: SileroDetector, talk: Sound) -> None:
    """After a pause of the recorder the same speech is heard as at the start."""
    paused = np.concatenate([talk[: len(talk) // 256 * 256], np.zeros(100 * 256, dtype=np.float32), talk])
    again = heard(detector, paused)[len(talk) // 256 + 100 :]
    assert np.abs(again - heard(detector, talk)).max() < SAME_P


def test_both_rates_agree(detector: SileroDetector, talk: Sound) -> None:
    import soxr

    wide = np.asarray(soxr.resample(talk, RATE_HZ, 2 * RATE_HZ), dtype=np.float32)
    disagreeing = (heard(detector, wide, 2 * RATE_HZ) > 0.5) != (heard(detector, talk) > 0.5)
    assert disagreeing.mean() < 0.02


@pytest.mark.parametrize("n_samples", [0, 1, 256, 257])
def test_tiny_and_silent_channels(detector: SileroDetector, n_samples: int) -> None:
    values = heard(detector, np.zeros(n_samples, dtype=np.float32))
    assert len(values) == -(-n_samples // 256)
    assert not values.any()


@pytest.mark.parametrize("level_dbfs", [-80, -60, -30])
def test_line_noise_is_no_speech(detector: SileroDetector, level_dbfs: float) -> None:
    noise = np.random.default_rng(1).standard_normal(10 * RATE_HZ) * 10 ** (level_dbfs / 20)
    assert heard(detector, noise.astype(np.float32)).max() < 0.5


def test_other_rates_are_refused(detector: SileroDetector) -> None:
    with pytest.raises(BadParameter, match="rate_unsupported"):
        heard(detector, np.zeros(100, dtype=np.float32), 44100)
