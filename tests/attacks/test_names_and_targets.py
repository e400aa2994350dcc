"""File names, small files and targets as hostile as a file system allows: one sentence, or a result that is whole."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from service.errors import ServiceError
from service.files import check_writable, write_whole
from service.metadata import from_sidecar, metadata_of, unbroken
from service.words.imported import transcript_beside
from tests.calls import REPOSITORY, names_in, read_json, timbre, wav

ESCAPES = "\x1b]0;owned\x07\x1b[2J\r\n\u202e"
CONTROLS = set("\x1b\x07\r\u202e")
HALF = "caf\udce9"


def call(folder: Path, name: str = "call.wav") -> Path:
    (folder / name).write_bytes(wav(np.zeros((2, 8000))))
    return folder / name


@pytest.mark.parametrize("stem", ["x" * 246, "x" * 251, "two\nlines", ESCAPES, HALF, "--json", "é" * 120])
def test_any_name_of_a_recording_is_analysed_and_shown_as_text(stem, tmp_path):
    recording = call(tmp_path, f"{stem}.wav")
    outputs = ("--json", tmp_path / "o.json", "--html", tmp_path / "o.html", "--audio", "none")
    ran = timbre("analyse", *outputs, "--", recording)
    assert (ran.code, ran.err) == (0, "") and not CONTROLS & set(ran.out)
    assert read_json(tmp_path / "o.json")["evidence"]["call"]["name"] == unbroken(recording.name)
    assert not CONTROLS & set((tmp_path / "o.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [ESCAPES, "y" * 300, "z" * 5000, HALF])
@pytest.mark.parametrize("verb", ["analyse", "acts"])
def test_a_name_that_is_no_file_reaches_the_terminal_as_one_plain_line(verb, name, tmp_path):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", "from service.cli import main; main()", verb, "--", os.fsencode(name)]
    ran = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=False)
    assert ran.returncode == 2 and ran.stderr.count(b"\n") == 1 and b"Traceback" not in ran.stderr
    assert not {b"\x1b", b"\x07", b"\r"} & {bytes([b]) for b in ran.stderr}


@pytest.mark.parametrize(
    "content", [b'{"\\u001b]0;x\\u0007\\ny": 1}', b'{"\\ud800": 1}', b'{"direction": "\\u001b[2J\\n"}']
)
def test_a_sidecar_says_nothing_to_the_terminal(content, tmp_path):
    recording = call(tmp_path)
    recording.with_name("call.meta.json").write_bytes(content)
    ran = timbre("analyse", recording)
    assert ran.code == 2 and len(ran.err_lines) == 1 and not CONTROLS & set(ran.err)


def test_a_sidecar_with_half_a_character_gives_a_result_that_can_be_written(tmp_path):
    recording = call(tmp_path)
    recording.with_name("call.meta.json").write_bytes(b'{"agent": "A\\ud800"}')
    assert timbre("analyse", recording, "--quiet", "--json", tmp_path / "o.json").code == 0
    assert read_json(tmp_path / "o.json")["evidence"]["call"]["agent_name"] == "A\ufffd"


@pytest.mark.parametrize(
    "content", [b"[" * 60_000, b'{"agent_channel": 1.0}', b'{"agent_channel": ' + b"9" * 6000 + b"}"]
)
def test_a_sidecar_of_odd_json_is_refused(content, tmp_path):
    with pytest.raises(ServiceError):
        from_sidecar(content, metadata_of(tmp_path / "absent.wav"))
    (tmp_path / "call_metadata.json").write_bytes(content)
    try:
        told = metadata_of(tmp_path / "call.wav")
    except ServiceError:
        return
    assert told == metadata_of(tmp_path / "absent.wav")


def test_links_and_pipes_beside_a_recording_are_passed_over(tmp_path):
    recording = call(tmp_path)
    for name, make in (
        ("call.meta.json", lambda p: os.mkfifo(p)),
        ("call.vtt", lambda p: p.symlink_to(p)),
        ("call.srt", lambda p: p.symlink_to("/dev/zero")),
    ):
        make(tmp_path / name)
    assert metadata_of(recording).agent == "" and transcript_beside(recording) is None


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="this system has no /proc/self/mem")
@pytest.mark.parametrize("verb", ["analyse", "turns", "acts"])
def test_a_file_that_fails_when_read_is_one_sentence(verb):
    ran = timbre(verb, "/proc/self/mem")
    assert ran.code == 2 and len(ran.err_lines) == 1


@pytest.mark.parametrize("mask", [0o077, 0o027])
def test_results_are_no_more_open_than_the_umask_lets_them_be(mask, tmp_path):
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "new.json", "{}")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.json").stat().st_mode) == 0o666 & ~mask


def test_a_replaced_result_keeps_its_rights(tmp_path):
    target = tmp_path / "o.json"
    target.touch(mode=0o600)
    write_whole(target, "{}")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600 and target.read_text() == "{}"


def test_a_pipe_or_device_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(ServiceError) as caught:
            check_writable(target)
        assert caught.value.note.code == "cli.target_not_file"


def test_a_link_at_the_target_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "o.json").symlink_to(tmp_path / "precious")
    write_whole(tmp_path / "o.json", "{}")
    assert (tmp_path / "precious").read_text() == "kept" and not (tmp_path / "o.json").is_symlink()


def test_a_target_with_a_name_too_long_is_refused_before_the_work(tmp_path):
    for option, name in (("--json", "x" * 250), ("--html", "x" * 300)):
        ran = timbre("analyse", call(tmp_path), option, tmp_path / name)
        assert ran.code == 2 and len(ran.err_lines) == 1 and ran.out == ""
    assert names_in(tmp_path) == {"call.wav"}


FULL = """
import resource, sys
from pathlib import Path
from service.errors import ServiceError
from service.files import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path(sys.argv[1]), b"x" * 5000)
except ServiceError as error:
    print(error.note.code)
"""


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "o.json")],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=True,
    )
    assert ran.stdout == "cli.cannot_write\n" and names_in(tmp_path) == set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_standard_output_is_one_sentence():
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(
            [sys.executable, "-c", "from service.cli import main; main()", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            check=False,
        )
    assert ran.returncode == 2 and ran.stderr.count("\n") == 1 and "Traceback" not in ran.stderr


STOPPED = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is started with it ignored
from service.cli import common
from service.files import os, write_whole
from pathlib import Path
def slow(*_):
    print("writing", flush=True)
    time.sleep(60)
os.replace = slow
with common.one_sentence():
    write_whole(Path(sys.argv[1]), b"x")
"""


@pytest.mark.parametrize(("number", "code"), [("TERM", 143), ("INT", 130)])
def test_a_run_that_is_stopped_leaves_nothing_half_written(number, code, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED, str(tmp_path / "o.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
    ) as run:
        assert run.stdout is not None and run.stdout.readline() == b"writing\n"
        assert len(names_in(tmp_path)) == 1
        os.kill(run.pid, {"TERM": 15, "INT": 2}[number])
        assert run.wait(30) == code
    assert names_in(tmp_path) == set()


def test_nothing_stays_open(tmp_path):
    (tmp_path / "call.wav").write_text("not a recording")
    timbre("analyse", tmp_path / "call.wav")
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        timbre("analyse", tmp_path / "call.wav")
    assert len(os.listdir("/dev/fd")) == before
