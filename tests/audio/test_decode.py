from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.channels import best_correlation
from audio.decode import DecodeLimits, decoded, decoded_legs
from audio.errors import BadParameter, OverLimit
from audio.recording import Recording
from tests.audio.codec_files import claim_length, encode, sox, two_voices, voice, write_wav

LENGTH_S = 3.0
TIME_ZERO_TOLERANCE_S = 0.003  # resampling and the encoders' own filters; priming not cut would be 6 to 130 ms
BLOCK_TOLERANCE_S = 0.13  # codecs that pad to whole blocks: an AAC frame at 8 kHz is 128 ms
EXACT_S = 0.001

# name, codec, muxer, rate, bit rate, least correlation (voice-like harmonics), tolerance of the length
CODECS = [
    ("pcm16", "pcm_s16le", "wav", 8000, 0, 0.9999, EXACT_S),
    ("pcm16_44k", "pcm_s16le", "wav", 44100, 0, 0.9995, EXACT_S),
    ("pcm24", "pcm_s24le", "wav", 16000, 0, 0.9999, EXACT_S),
    ("pcm8", "pcm_u8", "wav", 8000, 0, 0.998, EXACT_S),
    ("float", "pcm_f32le", "wav", 16000, 0, 0.9999, EXACT_S),
    ("alaw", "pcm_alaw", "wav", 8000, 0, 0.998, EXACT_S),
    ("mulaw", "pcm_mulaw", "wav", 8000, 0, 0.998, EXACT_S),
    ("adpcm_ima", "adpcm_ima_wav", "wav", 8000, 0, 0.95, BLOCK_TOLERANCE_S),
    ("adpcm_ms", "adpcm_ms", "wav", 8000, 0, 0.95, BLOCK_TOLERANCE_S),
    ("mp3", "libmp3lame", "mp3", 16000, 64000, 0.98, EXACT_S),
    ("aac_m4a", "aac", "mp4", 16000, 64000, 0.98, BLOCK_TOLERANCE_S),
    ("aac_adts", "aac", "adts", 16000, 64000, 0.98, BLOCK_TOLERANCE_S),
    ("opus_ogg", "libopus", "ogg", 48000, 64000, 0.98, 0.03),
    ("opus_webm", "libopus", "webm", 48000, 64000, 0.98, 0.03),
    ("flac", "flac", "flac", 8000, 0, 0.9999, EXACT_S),
]


def expected(samples: np.ndarray, rate_hz: int, analysis_hz: int) -> np.ndarray:
    return samples if rate_hz == analysis_hz else soxr.resample(samples, rate_hz, analysis_hz)


def likeness(got: np.ndarray, want: np.ndarray, rate_hz: int) -> float:
    """Correlation at a lag within TIME_ZERO_TOLERANCE_S: low when time 0 is elsewhere."""
    lag = round(TIME_ZERO_TOLERANCE_S * rate_hz)
    return best_correlation(got.astype(np.float64), want.astype(np.float64), max_lag=lag)


def assert_same_sound(recording: Recording, voices: np.ndarray, rate_hz: int, least: float) -> None:
    for channel, want in zip(recording.channels, voices, strict=True):
        assert likeness(channel.read(), expected(want, rate_hz, channel.rate_hz), channel.rate_hz) >= least


@pytest.mark.parametrize("case", CODECS, ids=lambda c: c[0])
def test_each_codec_keeps_channels_time_and_length(tmp_path: Path, case: tuple) -> None:
    _, codec, muxer, rate_hz, bit_rate, least, tolerance_s = case
    voices = two_voices(LENGTH_S, rate_hz)
    path = encode(tmp_path / "misnamed.txt", voices, rate_hz, codec, muxer=muxer, bit_rate=bit_rate)
    with decoded(path) as recording:
        assert [c.rate_hz for c in recording.channels] == [8000 if rate_hz == 8000 else 16000] * 2
        assert abs(recording.duration_s - LENGTH_S) <= tolerance_s
        assert_same_sound(recording, voices, rate_hz, least)
        assert recording.files[0].native_rate_hz == rate_hz
        assert recording.files[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_amr_of_a_mobile_keeps_time(tmp_path: Path) -> None:
    sound = voice(LENGTH_S, 8000)[np.newaxis]
    with decoded(encode(tmp_path / "a", sound, 8000, "libopencore_amrnb", muxer="amr", bit_rate=12200)) as recording:
        got = recording.channels[0].read()
        # speech coders keep the shape, not the wave; their look-ahead is 5 ms
        assert best_correlation(got.astype(float), sound[0].astype(float), max_lag=60) > 0.85
        assert abs(recording.duration_s - LENGTH_S) < 0.05


def test_gsm_in_wav(tmp_path: Path) -> None:
    sound = voice(LENGTH_S, 8000)[np.newaxis]
    path = sox(tmp_path / "gsm.wav", sound, 8000, "-e", "gsm-full-rate")
    if path is None:
        pytest.skip("sox is not installed: no GSM encoder")
    with decoded(path) as recording:
        assert recording.files[0].codec == "gsm_ms"
        assert likeness(recording.channels[0].read(), sound[0], 8000) > 0.9
        assert abs(recording.duration_s - LENGTH_S) < 0.05


@settings(max_examples=8, deadline=None)
@given(n_channels=st.integers(1, 8), rate_hz=st.sampled_from([6000, 8000, 11025, 16000, 22050, 32000, 48000]))
def test_any_number_of_channels_at_any_rate_stays_apart(n_channels: int, rate_hz: int) -> None:
    voices = np.stack([voice(1.0, rate_hz, f0_hz=110 + 23 * i, seed=i) for i in range(n_channels)])
    with tempfile.TemporaryDirectory() as folder, decoded(write_wav(Path(folder) / "a.wav", voices, rate_hz)) as got:
        assert len(got.channels) == n_channels
        assert_same_sound(got, voices, rate_hz, 0.995)


def test_clipping_is_counted_on_the_native_samples(tmp_path: Path) -> None:
    sound = np.stack([np.full(48000, 0.5), np.full(48000, 0.5)]).astype(np.float32)
    sound[1, :4800] = 1.0
    with decoded(write_wav(tmp_path / "a.wav", sound, 48000)) as recording:
        assert [c.clipped_share for c in recording.channels] == [0.0, 0.1]


def test_every_shared_recording_with_a_container_decodes(shared_calls: Path) -> None:
    recordings = [p for p in shared_calls.rglob("*") if p.parent.name == "codecs" or p.suffix == ".wav"]
    assert recordings
    for path in recordings:
        with decoded(path) as recording:
            assert recording.duration_s > 4
            assert np.abs(recording.channels[0].read()).max() > 0.01


def test_a_header_of_20_hours_on_one_second_is_one_second_with_a_warning(tmp_path: Path) -> None:
    path = claim_length(write_wav(tmp_path / "a.wav", voice(1.0, 8000)[np.newaxis], 8000), 20 * 3600)
    with decoded(path) as recording:
        assert recording.duration_s == pytest.approx(1.0, abs=0.01)
        assert [n.code for n in recording.notes] == ["sound.shorter_than_header"]


def test_a_stream_that_really_runs_past_the_limit_is_stopped(tmp_path: Path) -> None:
    path = encode(tmp_path / "a", voice(60.0, 8000)[np.newaxis], 8000, "flac", muxer="flac")
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = (8000).to_bytes(4, "big")  # the header claims one second
    path.write_bytes(data)
    with pytest.raises(OverLimit, match=r"sound\.too_long"), decoded(path, limits=DecodeLimits(max_duration_s=5)):
        pass


def test_a_believable_header_past_the_limit_is_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros((1, 80000), np.float32), 8000)
    with pytest.raises(OverLimit, match=r"sound\.too_long"), decoded(path, limits=DecodeLimits(max_duration_s=5)):
        pass


@pytest.mark.parametrize(("codec", "muxer"), [("libmp3lame", "mp3"), ("pcm_s16le", "wav"), ("flac", "flac")])
def test_a_truncated_file_gives_what_is_there_with_a_warning(tmp_path: Path, codec: str, muxer: str) -> None:
    path = encode(tmp_path / "a", voice(20.0, 16000)[np.newaxis], 16000, codec, muxer=muxer)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with decoded(path) as recording:
        assert 5 < recording.duration_s < 15
        assert "sound.shorter_than_header" in [n.code for n in recording.notes]


def test_damage_in_the_middle_is_skipped_and_the_rest_keeps_its_time(tmp_path: Path) -> None:
    sound = voice(20.0, 16000)
    path = encode(tmp_path / "a", sound[np.newaxis], 16000, "aac", muxer="mp4", bit_rate=48000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 1500] = np.random.default_rng(0).integers(0, 256, 1500, dtype=np.uint8).tobytes()
    path.write_bytes(data)
    with decoded(path) as recording:
        assert "sound.damaged_parts" in [n.code for n in recording.notes]
        tail = recording.channels[0].read()[15 * 16000 : 19 * 16000]
        assert likeness(tail, sound[15 * 16000 : 19 * 16000], 16000) > 0.95


def test_no_sound_stays_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "in").mkdir()
    path = write_wav(tmp_path / "in" / "a.wav", two_voices(1.0, 8000), 8000)
    with decoded(path) as recording:
        assert recording.channels[1].read().any()
    with pytest.raises(OverLimit), decoded(path, limits=DecodeLimits(max_channels=1)):
        pass
    assert os.listdir(tmp_path) == ["in"]


def test_two_files_are_aligned_by_their_start(tmp_path: Path) -> None:
    agent = write_wav(tmp_path / "a.wav", voice(3.0, 8000)[np.newaxis], 8000)
    customer = write_wav(tmp_path / "c.wav", voice(2.0, 16000)[np.newaxis], 16000)
    with decoded_legs(agent, customer, offset_s=1.5) as call:
        assert [(c.start_s, c.rate_hz) for c in call.channels] == [(0.0, 8000), (1.5, 16000)]
        assert call.duration_s == pytest.approx(3.5, abs=EXACT_S)
    with decoded_legs(agent, customer, offset_s=-0.5) as call:
        assert [c.start_s for c in call.channels] == [0.5, 0.0]
        assert len(call.files) == 2


def test_a_leg_with_one_voice_on_two_channels_gives_that_voice(tmp_path: Path) -> None:
    one = voice(3.0, 8000)
    dual = write_wav(tmp_path / "dual.wav", np.stack([np.zeros_like(one), one]), 8000)
    mono = write_wav(tmp_path / "mono.wav", one[np.newaxis], 8000)
    with decoded_legs(mono, dual) as call:
        assert [c.index for c in call.channels] == [0, 1]
        assert likeness(call.channels[1].read(), one, 8000) > 0.999
        assert [n.code for n in call.notes] == ["sound.leg_channel_kept"]


def test_a_leg_with_two_voices_and_a_mad_offset_are_refused(tmp_path: Path) -> None:
    stereo = write_wav(tmp_path / "s.wav", two_voices(3.0, 8000), 8000)
    with pytest.raises(BadParameter, match=r"sound\.leg_has_parties"), decoded_legs(stereo, stereo):
        pass
    with pytest.raises(BadParameter, match=r"sound\.bad_offset"), decoded_legs(stereo, stereo, offset_s=float("nan")):
        pass
