"""A night as it is lived: the command in a process of its own, killed with everything it started, its disk filled."""

from __future__ import annotations

import errno
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from service.archive.batch import states_of
from service.archive.blobs import Blobs
from service.archive.engine import Archive, open_archive
from service.archive.results import stored_result
from service.archive.tables_calls import Call, Job, RecordingFile, ResultDocument
from service.say import Say
from tests.calls import REPOSITORY
from tests.service.archive.night.calls import Expected

TIMBRE = (sys.executable, "-c", "from service.cli import main; main()")
HANG_S = 1800.0
"""Tells a hang from a slow machine."""
FULL_MIB = 64
TOKEN = secrets.token_hex(32)
NOWHERE = os.strerror(errno.ENOENT)


@dataclass
class Night:
    """One archive in `data`, one folder of recordings, one engine."""

    data: Path
    recordings: Path
    engine: tuple[str, ...]
    ray_tmp: Path

    @property
    def log(self) -> Path:
        return self.recordings.parent / "log"

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TIMBRE_")}
        own = {"TIMBRE_DATA_DIR": str(self.data), "TIMBRE_TRANSCRIBER": "none", "PYTHONPATH": str(REPOSITORY)}
        ray = {"RAY_TMPDIR": str(self.ray_tmp), "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
        return {**kept, **own, **ray, "LC_ALL": "C.UTF-8"}

    @property
    def report(self) -> Path:
        return self.recordings.parent / "report.json"

    def start(self, code: str = TIMBRE[-1]) -> subprocess.Popen[bytes]:
        """`timbre batch`, leader of a session of its own."""
        more = ("--campaign", "night", "--report", str(self.report), "--lang", "en", *self.engine)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*TIMBRE[:-1], code, "batch", str(self.recordings), *more],
                env=self.env, cwd=self.recordings.parent, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def archive(self) -> Archive:
        return open_archive(f"sqlite:///{self.data / 'timbre.db'}")

    def ended(self) -> int:
        """How many calls are done or have failed by now."""
        if not (self.data / "timbre.db").exists():
            return 0
        archive = self.archive()
        try:
            with archive.reading() as session:
                wanted = sa.select(sa.func.count()).select_from(Call).where(Call.state.in_(("done", "failed")))
                return session.scalar(wanted) or 0
        finally:
            archive.close()

    def until(self, ended: int, process: subprocess.Popen[bytes]) -> None:
        """Waits for so many calls to have ended."""
        self.wait(lambda: self.ended() >= ended, process)

    def wait(self, true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        """Waits for something while the command runs."""
        end = time.monotonic() + HANG_S
        while not true():
            assert process.poll() is None, f"it ended with {process.returncode}: {self.log.read_text()[-3000:]}"
            assert time.monotonic() < end, "it hangs"
            time.sleep(0.2)

    def end(self) -> None:
        """Nothing of this night goes on after it."""
        for pid in self.left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def left(self) -> list[int]:
        """Processes of this night that are still there."""
        mark = f"TIMBRE_DATA_DIR={self.data}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in path.read_bytes().split(b"\0") and int(path.parent.name) != os.getpid():
                    found.append(int(path.parent.name))
        return found

    def rows(self) -> dict[str, tuple[str, str | None]]:
        """The report: by file its state and its sentence."""
        told = json.loads(self.report.read_text(encoding="utf-8"))
        assert len({row["name"] for row in told["files"]}) == len(told["files"])
        return {row["name"]: (row["state"], row["problem"]) for row in told["files"]}


def started_by(pid: int) -> list[int]:
    """Everything a process started, and what that started, whatever session it is in."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found, edge = [], {pid}
    while edge:
        edge = {child for child, parent in parents.items() if parent in edge}
        found += sorted(edge)
    return found


def kill_all(process: subprocess.Popen[bytes]) -> int:
    """kill -9 of the command and all it started, at once; how many there were."""
    everything = [process.pid, *started_by(process.pid)]
    for pid in everything:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    return len(everything)


@contextmanager
def small_disk(folder: Path):
    """A file system of 64 MiB in memory. OSError where the system won't have it."""
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={FULL_MIB}m"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True, text=True)
    if done.returncode:
        raise OSError(done.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Takes all the room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as target, suppress(OSError):
        for size in (2**20, 4096, 1):
            with suppress(OSError):
                while True:
                    target.write(bytes(size))
    return filler


def is_full(disk: Path) -> bool:
    return os.statvfs(disk).f_bavail == 0


def assert_all_right(night: Night, expected: dict[str, Expected]) -> Counter[str]:
    """Each file has the outcome it must have, with its reason; nothing is lost, doubled or left over."""
    rows = night.rows()
    assert rows.keys() == expected.keys()
    wrong = {name: (rows[name], of) for name, of in expected.items() if rows[name][0] != of.state}
    assert not wrong
    say = Say("en")
    for name, of in expected.items():
        assert rows[name][1] == (say.text(of.code, why=NOWHERE) if of.code else None), name
    archive, blobs = night.archive(), Blobs(str(night.data / "recordings"))
    try:
        _assert_archive(archive, blobs, night, expected)
    finally:
        archive.close()
    return Counter(of.state for of in expected.values())


def _assert_archive(archive: Archive, blobs: Blobs, night: Night, expected: dict[str, Expected]) -> None:
    ids = {row["name"]: row["call"] for row in json.loads(night.report.read_text(encoding="utf-8"))["files"]}
    kept = {name: call for name, call in ids.items() if expected[name].state in ("done", "failed")}
    with archive.reading() as session:
        assert sorted(session.scalars(sa.select(Call.id))) == sorted(kept.values())
        documents = Counter(session.execute(sa.select(ResultDocument.call_id, ResultDocument.kind)).tuples())
        files = Counter(session.execute(sa.select(RecordingFile.call_id, RecordingFile.kind)).tuples())
        places = set(session.scalars(sa.select(RecordingFile.place)))
        assert not session.scalars(sa.select(Job.id).where(Job.state.in_(("ready", "running")))).all()
    done = {call for name, call in kept.items() if expected[name].state == "done"}
    assert set(documents.values()) == {1} and set(files.values()) == {1}
    assert {call for call, kind in documents if kind == "evidence"} == done
    assert {call for call, kind in files if kind == "recording"} == set(kept.values())
    blobs.sweep_parts(0, now=time.time() + 1)
    assert set(blobs.places()) == places
    states = states_of(archive, kept.values())
    for name, call in kept.items():
        _, problem = states[call]
        assert (problem.code if problem else None) == expected[name].code, name
    for name, call in kept.items():
        if expected[name].note is not None:
            with archive.reading() as session:
                assert f'"{expected[name].note}"' in stored_result(session, call).evidence.model_dump_json(), name
