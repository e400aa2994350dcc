"""Analysing a call opens no socket: the whole command, its decoder child and every library on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.calls import REPOSITORY, SHIPPED, names_in, read_json

TIMEOUT_S = 180
COMMAND = "from service.cli import main; main()"
# Put on the path of every Python started: no socket may be made, no name looked up, and each attempt is written down,
# so that code which swallows the error is caught as well. `socketpair` stays: it leaves no process.
FORBID = """
import os, socket

def forbid(name):
    def refused(*args, **kwargs):
        with open(os.environ["TRIED"], "a") as tried:
            tried.write(name + "\\n")
        raise OSError("no network in this test")
    return refused

class NoSocket(socket.socket):
    __init__ = forbid("socket")
    connect = forbid("connect")
    connect_ex = forbid("connect")
    bind = forbid("bind")

socket.socket = NoSocket
for name in ("create_connection", "create_server", "getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
    setattr(socket, name, forbid(name))

import sys
def watch(event, args):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        forbid(event)()
sys.addaudithook(watch)
"""


def run(folder: Path, *command: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """The command with the network gone, and what it tried."""
    hooks, tried, home = folder / "hooks", folder / "tried", folder / "home"
    hooks.mkdir()
    home.mkdir()
    (hooks / "sitecustomize.py").write_text(FORBID)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "en_GB.UTF-8",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": f"{hooks}{os.pathsep}{REPOSITORY}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TRIED": str(tried),
    }
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=TIMEOUT_S, env=env, cwd=folder
    )
    return done, tried.read_text() if tried.exists() else ""


def test_the_guard_itself_catches_an_attempt_that_is_swallowed(tmp_path):
    code = "import socket\ntry: socket.create_connection(('127.0.0.1', 1))\nexcept OSError: pass"
    done, tried = run(tmp_path, "-c", code)
    assert done.returncode == 0 and tried == "create_connection\n"


def test_the_guard_is_on_below_the_names_of_the_module(tmp_path):
    code = "import _socket\ntry: _socket.socket().connect(('127.0.0.1', 1))\nexcept OSError: pass"
    _, tried = run(tmp_path, "-c", code)
    assert tried == "socket.connect\n"


@pytest.mark.slow
def test_a_call_is_analysed_without_any_socket(tmp_path):
    """`auto` looks for weights, finds none, and does not go and get them."""
    (tmp_path / "out").mkdir()
    call = tmp_path / "call.ogg"
    call.write_bytes((SHIPPED / "en_recited.ogg").read_bytes())
    done, tried = run(tmp_path, "-c", COMMAND, "analyse", str(call), "--json", "out/c.json", "--html", "out/c.html")
    assert (done.returncode, done.stderr, tried) == (0, "", "")
    evidence = read_json(tmp_path / "out" / "c.json")["evidence"]
    assert evidence["outcome"]["kind"] == "conversation" and not evidence["words"]["available"]
    assert names_in(tmp_path / "out") == {"c.json", "c.tracks.npz", "c.html"}
    assert names_in(tmp_path / "home") == set()


def test_weights_that_are_not_here_are_named_not_fetched(tmp_path):
    call = tmp_path / "call.ogg"
    call.write_bytes((SHIPPED / "en_recited.ogg").read_bytes())
    done, tried = run(tmp_path, "-c", COMMAND, "analyse", str(call), "--transcriber", "small")
    assert (done.returncode, tried) == (2, "") and "timbre models fetch small" in done.stderr


@pytest.mark.parametrize("first", ["models.vad_silero", "models.pitch_swiftf0", "models.transcribe_whisper"])
def test_runtimes_that_report_to_their_maker_are_told_not_to_before_they_load(first, tmp_path):
    """Native code opens no socket that Python could see: what tells is the identifier it leaves in the home folder."""
    done, tried = run(tmp_path, "-c", f"import {first}, onnxruntime; onnxruntime.get_available_providers()")
    assert (done.returncode, tried, names_in(tmp_path / "home")) == (0, "", set()), done.stderr


def test_fetching_is_the_one_thing_that_tries(tmp_path):
    """`models fetch` does try the network, and without one it is one sentence."""
    at_once = "import time; time.sleep = lambda _: None; "  # the library tries again and again, with longer waits
    done, tried = run(tmp_path, "-c", at_once + COMMAND, "models", "fetch", "tiny")
    assert tried != "" and done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr
