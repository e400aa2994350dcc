"""Contents made to hang, to fill memory or to reach further than their folder."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from audio.decode import _request, decoded
from audio.errors import AudioError
from audio.timeline import Span
from models.errors import DamagedWeights
from models.store import ModelStore, revision_of
from models.transcribe_whisper import WhisperTranscriber
from service.scoring.evidence import SpokenTurn
from service.words.rules import acts_of_transcript, load_pack
from service.words.rules.script import ScriptText
from service.words.tokens import tokenise
from tests.calls import REPOSITORY, wav


def test_decoded_sound_has_no_name_on_the_disk_at_any_moment(tmp_path, monkeypatch):
    import audio.decode as decode

    folder, seen = tmp_path / "temporary", []
    folder.mkdir()
    monkeypatch.setattr(decode.tempfile, "tempdir", str(folder))
    hashed = decode._sha256
    monkeypatch.setattr(decode, "_sha256", lambda *a: (time.sleep(1), seen.append(os.listdir(folder)), hashed(*a))[2])
    (tmp_path / "call.wav").write_bytes(wav(np.zeros((2, 80_000))))
    with decoded(tmp_path / "call.wav") as recording:
        assert recording.duration_s == 10 and os.listdir(folder) == []
    assert seen == [[]]


CHILD = """
import os, sys, time
from audio.decode_child import die_with
die_with(os.getppid())
print(os.getpid(), flush=True)
time.sleep(60)
"""
CHILD_SLEEPS_S = 60
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_the_decoder_dies_with_its_parent():
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, cwd=REPOSITORY) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        ended, _, _ = select.select([child], [], [], CHILD_SLEEPS_S / 2)  # readable once the process has ended
        os.close(child)
    assert ended


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_decoder_is_said_as_such(tmp_path):
    from audio.decode import DEFAULT_LIMITS

    path = tmp_path / "call.wav"
    path.write_bytes(wav(np.zeros((1, 8000))))
    with path.open("rb") as sound, open("/dev/full", "wb") as full:
        head = path.read_bytes()[:1000]
        fds = (full.fileno(),) * 8
        request = _request(sound.fileno(), head, path.stat().st_size, DEFAULT_LIMITS, tuple(map(os.dup, fds)))
        ran = subprocess.run(
            [sys.executable, "-m", "audio.decode_child"],
            input=json.dumps(asdict(request)).encode(),
            capture_output=True,
            pass_fds=(request.fd, *request.channel_fds),
            cwd=REPOSITORY,
            check=True,
        )
        for fd in request.channel_fds:
            os.close(fd)
    assert json.loads(ran.stdout)["code"] == "sound.cannot_keep"


@pytest.mark.parametrize("size", [0, 3, 24, 2**31, 2**63 - 1, 2**64 - 1])
def test_a_chunk_that_points_before_the_file_is_damage_and_no_crash(size, tmp_path):
    """Sony Wave64: FFmpeg seeks by the chunk's own size."""
    riff = bytes.fromhex("726966662e91cf11a5d628db04c10000")
    body = riff + (200).to_bytes(8, "little") + bytes.fromhex("77617665f3acd3118cd100c04f8edb8a")
    body += bytes(range(16)) + size.to_bytes(8, "little") + bytes(200)
    (tmp_path / "call.w64").write_bytes(body)
    with pytest.raises(AudioError) as caught, decoded(tmp_path / "call.w64"):
        pass
    assert caught.value.note.code != "sound.decoder_failed"


def test_one_endless_turn_is_searched_once_for_all_its_matches(monkeypatch):
    """Before, every match looked through the whole turn again: twenty thousand words never came to an end."""
    pack, searched = load_pack("en"), []
    whole = ScriptText.piece_text
    monkeypatch.setattr(ScriptText, "piece_text", lambda text, *at: (searched.append(at), whole(text, *at))[1])
    text = "hello there my friend thank you very much can you tell me why " * 1000
    turn = SpokenTurn(index=0, party="agent", span=Span(0, 100), text=text)
    assert sum(map(len, acts_of_transcript([turn], pack))) >= 1000
    assert len(searched) <= 2 * len(pack.rules)  # `unless` and `needs` of each


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("word", ["d'" * 200_000, "a" * 5_000_000, "é" * 500_000, "a-" * 200_000, "'" * 500_000])
def test_one_endless_word_is_no_work(word, language):
    tokens = tokenise(word, language)
    assert len(tokens) <= 200_000 and all(len(t.norm) <= 300 for t in tokens)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    from tests.tiny_whisper import build

    return build(tmp_path_factory.mktemp("tiny"))


BROKEN = {"nothing": b"", "cut": b"{", "a list": b"[]", "deep": b"[" * 200_000, "binary": bytes(range(256)) * 9}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("file", ["tokenizer.json", "model.bin"])
def test_broken_weights_are_one_sentence(file, kind, tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "weights")
    (folder / file).write_bytes(BROKEN[kind])
    with pytest.raises(DamagedWeights):
        WhisperTranscriber(folder, device="cpu")


def test_weights_without_tokenizer_fetch_none(tiny, tmp_path, monkeypatch):
    import tokenizers

    folder = shutil.copytree(tiny, tmp_path / "weights")
    (folder / "tokenizer.json").unlink()
    monkeypatch.setattr(tokenizers.Tokenizer, "from_pretrained", lambda *a: pytest.fail("went to the network"))
    with pytest.raises(DamagedWeights):
        WhisperTranscriber(folder, device="cpu")


MANIFESTS = [
    b"[]",
    b"{}",
    b'{"sha256": []}',
    b'{"sha256": {}}',
    b"[" * 200_000,
    b'{"sha256": {"../../../etc/passwd": "x"}}',
]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_a_manifest_that_vouches_for_nothing_verifies_nothing(manifest, tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "model.bin").write_bytes(b"x")
    with pytest.raises(DamagedWeights):
        ModelStore(tmp_path).verify("tiny")
    with pytest.raises(DamagedWeights):
        revision_of(folder)


def test_a_manifest_is_not_believed_against_the_card(tmp_path):
    from models.store import file_sha256

    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"another model")
    sums = {"model.bin": file_sha256(folder / "model.bin")}
    (folder / "manifest.json").write_text(json.dumps({"revision": "x", "sha256": sums}))
    with pytest.raises(DamagedWeights):
        ModelStore(tmp_path).verify("small")


@pytest.fixture
def site(tmp_path):
    from starlette.testclient import TestClient

    from service.cli.demo import site

    (tmp_path / "pages").mkdir()
    for name in ("pages/index.html", "pages/fr_vecu.html", "pages/secret.html", "pages/.env", "secret"):
        (tmp_path / name).write_text(name)
    return TestClient(site(tmp_path / "pages"), base_url="http://127.0.0.1")


def test_the_demo_serves_its_own_pages_only(site):
    assert site.get("/").text == "pages/index.html" and site.get("/fr_vecu.html").text == "pages/fr_vecu.html"
    for path in (
        "/secret.html",
        "/.env",
        "/../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/pages",
        "//etc/passwd",
        "/%00",
    ):
        assert site.get(path).status_code == 404


def test_the_demo_answers_to_this_machine_s_name_only(site):
    assert site.get("/", headers={"host": "evil.example"}).status_code == 400
    assert site.get("/", headers={"host": "localhost:8765"}).status_code == 200
