"""What a file can try, and what it gets: one sentence, nothing opened, nothing left hanging."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from audio.decode import DecodeLimits, decoded
from audio.decode_sniff import choose_demuxer
from audio.errors import AudioError, EmptyAudio, OverLimit, UnreadableAudio
from service.say import Say
from tests.audio.codec_files import encode, voice, write_wav


def refusal(path: Path, limits: DecodeLimits | None = None) -> AudioError:
    with pytest.raises(AudioError) as caught, decoded(path, limits=limits or DecodeLimits()):
        pass
    for lang in ("fr", "en"):
        assert str(path) not in Say(lang)(caught.value.note)
    return caught.value


@pytest.fixture
def listener():
    """A server of our own; `.called` tells whether anything connected."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    state = {"called": False, "port": server.getsockname()[1]}

    def wait() -> None:
        try:
            server.accept()[0].close()
            state["called"] = True
        except OSError:
            pass

    thread = threading.Thread(target=wait)
    thread.start()
    yield state
    thread.join()
    server.close()


SCRIPTS = {
    "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
    "local playlist": "#EXTM3U\n#EXTINF:10,\n{local}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile {local}\n",
    "session": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_files_that_point_elsewhere_open_nothing(tmp_path: Path, listener: dict, kind: str) -> None:
    local = write_wav(tmp_path / "local.wav", voice(1.0, 8000)[np.newaxis], 8000)
    path = tmp_path / "call.wav"
    path.write_text(SCRIPTS[kind].format(port=listener["port"], local=local))
    assert refusal(path).note.code == "sound.points_elsewhere"
    assert not listener["called"]


LOCKED = """
import socket, sys
from audio.decode_child import lock_files
from audio.decode_stream import rehearse
import av
rehearse(); playlist = open(sys.argv[1], "rb"); lock_files()
for attempt in (lambda: open("/etc/hostname"), socket.socket, lambda: av.open(playlist, format="hls")):
    try:
        attempt()
    except Exception as error:
        print(type(error).__name__)
    else:
        print("opened")
"""


def test_the_locked_child_can_open_neither_file_nor_socket(tmp_path: Path) -> None:
    local = write_wav(tmp_path / "local.wav", voice(1.0, 8000)[np.newaxis], 8000)
    playlist = tmp_path / "p"
    playlist.write_text(SCRIPTS["local playlist"].format(local=local))
    run = subprocess.run([sys.executable, "-c", LOCKED, str(playlist)], capture_output=True, text=True, check=True)
    assert len(run.stdout.split()) == 3
    assert "opened" not in run.stdout


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "sound.empty_file"),
        (b"Bonjour, ceci est un texte.\n", "sound.text"),
        ("Écoute é à ç".encode() * 10, "sound.text"),
        (b"PK\x03\x04" + bytes(100), "sound.not_sound"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "sound.not_sound"),
        (bytes([0xD5]) * 8000, "sound.no_header"),
        (bytes([0xFF]) * 8000, "sound.no_header"),
        (b"RIFF\x00\x00\x00\x00AVI " + bytes(200), "sound.no_header"),
        (b"RIFF\x24\x00\x00\x00WAVE", "sound.damaged"),
        (b"OggS" + bytes(500), "sound.damaged"),
        (b"fLaC" + bytes(500), "sound.damaged"),
    ],
)
def test_what_is_no_recording_gets_its_sentence(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(data)
    assert refusal(path).note.code == code


@pytest.mark.parametrize("kind", ["g711", "gsm", "adpcm"])
def test_raw_sound_without_header_is_not_guessed(kind: str) -> None:
    rng = np.random.default_rng(3)
    data = rng.integers(0, 256, 33 * 400, dtype=np.uint8)
    if kind == "gsm":
        data[::33] = 0xD0 | (data[::33] & 0xF)
    if kind == "g711":
        data = (0xD5 ^ (rng.normal(0, 20, 8000).astype(int) & 0x7F)).astype(np.uint8)
    with pytest.raises(UnreadableAudio, match=r"sound\.no_header"):
        choose_demuxer(data.tobytes())


def test_zero_length_audio_is_empty(tmp_path: Path) -> None:
    error = refusal(write_wav(tmp_path / "a.wav", np.zeros((1, 0), np.float32), 8000))
    assert isinstance(error, EmptyAudio)


def test_twelve_channels_are_over_the_limit(tmp_path: Path) -> None:
    error = refusal(write_wav(tmp_path / "a.wav", np.zeros((12, 800), np.float32), 8000))
    assert isinstance(error, OverLimit)
    assert error.note.params == {"n_channels": 12, "limit": 8}


def test_too_many_bytes_are_refused_before_reading(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", voice(1.0, 8000)[np.newaxis], 8000)
    assert refusal(path, DecodeLimits(max_bytes=1000)).note.code == "sound.too_large"


def test_a_small_file_that_decodes_to_much_is_stopped(tmp_path: Path) -> None:
    path = encode(tmp_path / "a", np.zeros((2, 48000 * 60), np.float32), 48000, "flac", muxer="flac")
    assert path.stat().st_size < 100_000
    assert refusal(path, DecodeLimits(max_decoded_bytes=1_000_000)).note.code == "sound.too_much_sound"


def test_a_decoder_past_its_time_is_killed(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", voice(1.0, 8000)[np.newaxis], 8000)
    assert refusal(path, DecodeLimits(start_timeout_s=0.0, timeout_s_per_mb=0.0)).note.code in (
        "sound.too_slow",
        "sound.decoder_failed",  # killed by its CPU limit first
    )


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    codes = [refusal(tmp_path / name).note.code for name in ("fifo", "link", "", "absent", "loop", "nul\0")]
    assert codes == ["sound.not_a_file"] * 3 + ["sound.missing"] * 3


def test_a_link_to_a_recording_is_followed(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", voice(1.0, 8000)[np.newaxis], 8000)
    (tmp_path / "link").symlink_to(tmp_path / "a.wav")
    with decoded(tmp_path / "link") as recording:
        assert recording.duration_s == 1.0


def test_a_reference_to_another_file_in_mp4_opens_nothing(tmp_path: Path) -> None:
    path = encode(tmp_path / "a", voice(2.0, 16000)[np.newaxis], 16000, "aac", muxer="mp4", bit_rate=32000)
    data = path.read_bytes()
    at = data.index(b"url ")
    patched = bytearray(data)
    struct.pack_into(">I", patched, at + 4, 0)  # "the data lies elsewhere"
    path.write_bytes(patched)
    with decoded(path) as recording:  # its own data is read, the reference is not followed
        assert recording.duration_s > 1


def test_noise_in_every_container_never_crashes_the_parent(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    for muxer, codec in (("mp3", "libmp3lame"), ("ogg", "libopus"), ("flac", "flac"), ("mp4", "aac")):
        path = encode(tmp_path / muxer, voice(2.0, 48000)[np.newaxis], 48000, codec, muxer=muxer)
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8).copy()
        data[rng.integers(16, len(data), len(data) // 20)] = rng.integers(0, 256, len(data) // 20)
        path.write_bytes(data.tobytes())
        try:
            with decoded(path) as recording:
                assert recording.notes or recording.duration_s > 0
        except AudioError as error:
            assert Say("en")(error.note)


def test_the_child_sees_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from audio.decode import _child_environment

    monkeypatch.setenv("TIMBRE_SECRET", "x")
    assert "TIMBRE_SECRET" not in json.dumps(_child_environment())


def test_limits_have_one_home() -> None:
    defaults = {f.name: f.default for f in dataclasses.fields(DecodeLimits)}
    assert defaults["max_duration_s"] == 4 * 3600 and defaults["max_channels"] == 8


def test_everything_the_sound_layer_says_has_its_sentence_in_both_languages() -> None:
    package = Path(__file__).parents[2] / "audio"
    codes = set(re.findall(r'"(sound\.[a-z_]+)"', "".join(p.read_text() for p in package.glob("*.py"))))
    assert len(codes) > 30
    for lang in ("fr", "en"):
        assert {code for code in codes if not Say(lang).has(code)} == set()
