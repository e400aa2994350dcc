"""Hold music and tones told from speech, on sounds made for it; what is neither stays out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr

from audio.decode import decoded
from audio.line_sounds import LineSounds, find_line_sounds
from audio.music import find_music
from audio.partials import HELD_FRAMES, STEP_S, WINDOW_S, find_partials
from audio.recording import Channel
from audio.timeline import Span, intersect, total_s
from audio.tones import Tone, cadences, find_tones
from tests.audio.codec_files import encode
from tests.audio.line_sounds import KEYS, MUSIC, TONES, cadence, keys, music
from tests.audio.signals import VoicePlan, mu_law, voice

RATE_HZ = 8000
STEADY = tuple(kind for kind in MUSIC if kind != "solo")
MUSIC_S = 12.0
HIT_SHARE = 0.7  # of the music: a quiet bar or a drum break may fall out
MUSIC_EDGE_S = 1.5  # windows of 4 s, edges where the share over 1 s changes
BURST_EDGE_S = 0.08  # windows of 64 ms
FALSE_S = 0.0


def channel(sound: np.ndarray, rate_hz: int = RATE_HZ) -> Channel:
    return Channel(0, np.ascontiguousarray(sound, dtype=np.float32), rate_hz)


def noisy(sound: np.ndarray, snr_db: float, seed: int = 0) -> np.ndarray:
    level = 0.07 * 10 ** (-snr_db / 20)
    return sound + level * np.random.default_rng(seed).standard_normal(len(sound))


@pytest.mark.parametrize("kind", STEADY)
@pytest.mark.parametrize("seed", [0, 1])
def test_music_of_steady_pitch_is_found(kind: str, seed: int) -> None:
    sound = music(kind, MUSIC_S, seed)
    for heard in (sound, mu_law(noisy(sound, 25).astype(np.float32))):
        assert total_s(find_music(find_partials(channel(heard)))) >= HIT_SHARE * MUSIC_S


@pytest.mark.parametrize("kind", STEADY)
def test_music_through_a_mobile_codec(kind: str, tmp_path: Path) -> None:
    sound = np.asarray(music(kind, MUSIC_S, 5))[np.newaxis]
    path = encode(tmp_path / "music.amr", sound, RATE_HZ, "libopencore_amrnb", muxer="amr", bit_rate=12200)
    with decoded(path) as recording:
        found = find_music(find_partials(recording.channels[0]))
    assert total_s(found) >= HIT_SHARE * MUSIC_S


def test_music_at_16_khz_is_found_as_well() -> None:
    sound = soxr.resample(music("piano", MUSIC_S), RATE_HZ, 16000)
    assert total_s(find_music(find_partials(channel(sound, 16000)))) >= HIT_SHARE * MUSIC_S


def test_music_between_speech_has_its_edges() -> None:
    speech = soxr.resample(voice(VoicePlan(duration_s=12, spread_st=3)).samples, 16000, RATE_HZ)
    sound = np.concatenate([speech, music("arpeggio", 15.0), speech])
    found = find_music(find_partials(channel(sound)))
    assert len(found) == 1
    assert found[0].start_s == pytest.approx(12, abs=MUSIC_EDGE_S)
    assert found[0].end_s == pytest.approx(27, abs=MUSIC_EDGE_S)


@pytest.mark.parametrize("spread_st", [0.0, 0.3, 0.7, 2.5, 5.0])
@pytest.mark.parametrize("median_hz", [95, 150, 260])
def test_voices_however_flat_or_lively_are_neither(spread_st: float, median_hz: float) -> None:
    spoken = voice(VoicePlan(duration_s=12, spread_st=max(spread_st, 1e-3), median_hz=median_hz, seed=7)).samples
    for sound, rate_hz in ((spoken, 16000), (mu_law(soxr.resample(spoken, 16000, RATE_HZ)), RATE_HZ)):
        found = find_line_sounds(channel(sound, rate_hz))
        assert (found.music, found.tones) == ((), ())


@pytest.mark.parametrize("snr_db", [60, 20])
@pytest.mark.parametrize("name", TONES)
def test_every_tone_is_found_with_its_cadence(name: str, snr_db: float) -> None:
    sound = np.concatenate([np.zeros(RATE_HZ), cadence(name, 15.0), np.zeros(2 * RATE_HZ)])
    found = find_tones(channel(noisy(sound, snr_db)))
    frequencies_hz, pattern_s = TONES[name]
    sounding_s = 15.0 * sum(pattern_s[::2]) / sum(pattern_s) if len(pattern_s) > 1 else 15.0
    assert total_s(t.span for t in found) >= 0.8 * sounding_s
    off = 2.0 if snr_db > 40 else 0.05 * 2000  # white noise draws the mean frequency up to the middle of the band
    assert all(abs(t.hz - np.mean(frequencies_hz)) <= off for t in found)
    assert found[0].span.start_s == pytest.approx(1.0, abs=BURST_EDGE_S)
    waiting = cadences(found)
    assert len(waiting) == (math.ceil(15 / sum(pattern_s)) if name == "beep" else 1)


def test_keys_are_tones_even_when_short() -> None:
    pressed = "159#"
    sound = np.concatenate([np.zeros(4000), keys(pressed), np.zeros(4000)])
    found = find_tones(channel(noisy(sound, 40)))
    assert [round(t.hz) for t in found] == pytest.approx([np.mean(KEYS[k]) for k in pressed], abs=15)


def test_a_short_pair_that_is_no_key_stays() -> None:
    t = np.arange(800) / RATE_HZ
    pair = 0.05 * (np.sin(2 * np.pi * 600 * t) + np.sin(2 * np.pi * 1100 * t))
    assert find_tones(channel(np.concatenate([np.zeros(4000), pair, np.zeros(4000)]))) == []


def test_a_hum_that_moves_is_a_person() -> None:
    t = np.arange(RATE_HZ) / RATE_HZ
    sliding = np.sin(2 * np.pi * (250 * t - 12 * t**2))  # a "mm" that falls by a tenth in a second
    swelling = np.sin(2 * np.pi * 250 * t) * np.hanning(RATE_HZ)
    for hum in (sliding, swelling):
        assert find_tones(channel(np.concatenate([np.zeros(4000), 0.07 * hum, np.zeros(4000)]))) == []


@pytest.mark.parametrize("mains_hz", [50, 60])
def test_mains_hum_is_no_music(mains_hz: float) -> None:
    t = np.arange(15 * RATE_HZ) / RATE_HZ
    hum = sum(np.sin(2 * np.pi * k * mains_hz * t + k) / k for k in range(1, 20))
    speech = soxr.resample(voice(VoicePlan(duration_s=10, spread_st=3)).samples, 16000, RATE_HZ)
    for gain in (0.02, 0.002):
        quiet = noisy(gain * np.asarray(hum), 50)
        found = find_line_sounds(channel(np.concatenate([speech + quiet[: len(speech)], quiet])))
        assert (found.music, found.tones) == ((), ())


def test_noise_and_silence_hold_nothing() -> None:
    for sound in (np.zeros(10 * RATE_HZ), noisy(np.zeros(10 * RATE_HZ), 10), np.zeros(10), np.zeros(0)):
        found = find_line_sounds(channel(sound))
        assert (found.music, found.tones) == ((), ())


def test_a_partial_is_held_wherever_a_block_ends() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 500 * np.arange(70 * RATE_HZ) / RATE_HZ)
    partials = find_partials(channel(tone))  # over two blocks
    assert len(partials.power) == (70 - WINDOW_S) // STEP_S + 1
    assert partials.held_share.min() > 0.9
    assert np.array_equal(partials.held_frame, np.arange(len(partials.power)))
    short = np.concatenate([np.zeros(RATE_HZ), tone[: round(RATE_HZ * STEP_S * (HELD_FRAMES - 6))], np.zeros(RATE_HZ)])
    assert find_partials(channel(short)).held_share.max() == 0


def test_gain_and_place_move_nothing() -> None:
    sound = np.concatenate([music("band", 12.0), np.zeros(RATE_HZ), cadence("busy Europe", 3.0)])
    plain, quiet = (find_line_sounds(channel(g * sound)) for g in (1.0, 0.1))
    assert plain.music == quiet.music
    assert [t.span for t in plain.tones] == [t.span for t in quiet.tones]
    later = find_line_sounds(Channel(0, sound, RATE_HZ, start_s=100.0))
    assert [s.shifted(100.0).start_s for s in plain.music] == pytest.approx([s.start_s for s in later.music])
    assert [t.span.shifted(100.0).start_s for t in plain.tones] == pytest.approx([t.span.start_s for t in later.tones])


def test_speech_over_music_stays_and_music_taken_for_speech_goes() -> None:
    played = music("pad", 20.0)
    speech = soxr.resample(voice(VoicePlan(duration_s=20, spread_st=3)).samples, 16000, RATE_HZ)
    spoken = slice(8 * RATE_HZ, 11 * RATE_HZ)
    sound = 0.3 * played
    sound[spoken] += speech[spoken]  # 10 dB over the music
    found = find_line_sounds(channel(sound))
    regions = [Span(3.0, 5.0), Span(8.0, 11.0), Span(13.0, 14.0)]
    assert total_s(found.music) > 10
    assert total_s(intersect(found.without(regions), [Span(8.3, 10.7)])) == pytest.approx(2.4)
    assert intersect(found.without(regions), [Span(3.0, 5.0), Span(13.0, 14.0)]) == []


def test_tones_are_taken_out_of_speech_to_the_burst() -> None:
    sounds = LineSounds(tones=(Tone(Span(2.0, 2.5), 425.0),))
    assert sounds.without([Span(1.0, 3.0)]) == [Span(1.0, 2.0), Span(2.5, 3.0)]


def recordings(folder: Path) -> Iterator[Path]:
    yield from sorted([*folder.glob("*.wav"), *folder.glob("fr_read/*.wav"), *folder.glob("ami_trn/*.wav")])


def test_no_second_of_the_real_recordings_is_called_music_or_a_tone(shared_calls: Path) -> None:
    false_s = {}
    for path in recordings(shared_calls):
        with decoded(path) as recording:
            for heard in map(find_line_sounds, recording.channels):
                false_s[path.name, len(false_s)] = total_s(heard.spans)
    assert len(false_s) > 10
    assert sum(false_s.values()) <= FALSE_S
