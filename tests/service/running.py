"""The service as it runs: `timbre` in processes of their own, on a free port and a folder that goes with the test."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import httpx

from tests.calls import REPOSITORY, SHIPPED, timbre

TIMBRE = (sys.executable, "-c", "from service.cli import main; main()")
PASSWORD = "a long enough password"  # noqa: S105 - of people who live for a test
HANG_S = 120.0
"""Tells a hang from a slow machine."""


@dataclass(frozen=True)
class Home:
    """Where a service keeps its things, and with which settings."""

    folder: Path
    database: str = ""

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TIMBRE_")}
        own = {"TIMBRE_DATA_DIR": str(self.folder / "data"), "TIMBRE_TRANSCRIBER": "none", "LC_ALL": "en_GB.UTF-8"}
        more = {"OMP_NUM_THREADS": "1", "TMPDIR": str(self.folder), "TIMBRE_MODELS_DIR": str(self.folder / "models")}
        return {**kept, **own, **more, **({"TIMBRE_DATABASE": self.database} if self.database else {})}

    def timbre(self, *args: str | Path, said: str = "") -> subprocess.CompletedProcess[str]:
        """A command to its end, with what is said on its standard input."""
        return subprocess.run(
            [*TIMBRE, *map(str, args)],
            input=said, env=self.env, cwd=REPOSITORY, capture_output=True, text=True, timeout=HANG_S,
        )  # fmt: skip

    def quickly(self, *args: str, said: str = "") -> str:
        """What a command prints, run in this process: the same, without a start of Python."""
        with mock.patch("sys.stdin", io.StringIO(said)):
            ran = timbre(*args, env=self.env)
        assert ran.code == 0, ran.err
        return ran.out

    @property
    def log(self) -> Path:
        """Everything that its processes wrote."""
        return self.folder / "log"

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        """A command that goes on, writing to the log."""
        with self.log.open("ab") as log:
            return subprocess.Popen([*TIMBRE, *args], env=self.env, cwd=REPOSITORY, stdout=log, stderr=log)


def campaign_id(said: str) -> str:
    """As `campaigns add` tells it."""
    return said.rpartition(" ")[2].strip()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(home: Home, *args: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`timbre serve` once it answers: its address and its process."""
    port = free_port()
    process = home.start("serve", "--port", str(port), *args)
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(address), process)
        yield address, process
    finally:
        ended(process)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=HANG_S).status_code == 200
    except httpx.TransportError:
        return False


def until(true, process: subprocess.Popen[bytes]) -> None:
    """Waits for something that comes, while the process lives."""
    end = time.monotonic() + HANG_S
    while not true():
        assert process.poll() is None, "it ended"
        assert time.monotonic() < end, "it hangs"
        time.sleep(0.1)


def ended(process: subprocess.Popen[bytes]) -> int:
    """Its exit code, after being asked to end."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(HANG_S)
    finally:
        process.kill()


class Browser:
    """Somebody who logs in by the form: cookies are kept, and the token of the forms is read from the page."""

    def __init__(self, address: str, login: str, password: str = PASSWORD) -> None:
        self.client = httpx.Client(base_url=address, timeout=HANG_S, follow_redirects=True)
        self.page = self.client.post("/login", data={"login": login, "password": password})
        found = re.search(r'name="csrf" content="([^"]+)"', self.page.text)
        self.csrf = found[1] if found else ""

    def upload(self, campaign: str, *names: str, **facts: str) -> list[dict[str, object]]:
        """Shipped calls with their transcripts."""
        paths = [SHIPPED / f"{name}{ending}" for name in names for ending in (".ogg", ".vtt")]
        files = [("recordings", (path.name, path.read_bytes())) for path in paths]
        answer = self.client.post(
            "/api/v1/calls", data={"campaign": campaign, **facts}, files=files, headers={"x-csrf-token": self.csrf}
        )
        assert answer.status_code == 201, answer.text
        return list(answer.json()["calls"])

    def events(self, call_id: object) -> list[str]:
        """The kinds of a call's events until it is done or has failed, as the server sends them."""
        told: list[str] = []
        with self.client.stream("GET", f"/api/v1/calls/{call_id}/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    told.append(line.partition(": ")[2])
                if told and told[-1] in ("done", "failed"):
                    break
        return told


def log_lines(home: Home) -> list[dict[str, object]]:
    """The log's JSON lines; the sentence a command begins with is none."""
    return [json.loads(line) for line in home.log.read_text().splitlines() if line.startswith("{")]
