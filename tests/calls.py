"""What tests of whole calls share: the command run for real, small recordings, the shipped calls analysed once."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import sys
import tempfile
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

REPOSITORY = Path(__file__).parents[1]
SHIPPED = REPOSITORY / "service" / "demo" / "calls"
NAMES = ("en_lived", "en_recited", "fr_recite", "fr_vecu")
RATE_HZ = 8000
TIMEOUT_S = 120.0
"""Far above what any of these runs takes: it tells a hang from a slow machine."""


class Hung(BaseException):
    """The command did not come back. Not an Exception, so that nothing in it can take it for its own."""


@dataclass(frozen=True)
class Ran:
    """A finished command: exit code, and everything it wrote, below Python included."""

    code: int
    out: str
    err: str

    @property
    def err_lines(self) -> list[str]:
        return self.err.splitlines()


def timbre(*args: str | Path, env: Mapping[str, str] | None = None, timeout_s: float = TIMEOUT_S) -> Ran:
    """The `timbre` command in this process, as its entry point runs it, without any weights."""
    with tempfile.TemporaryDirectory() as no_models:
        quiet = {"TIMBRE_MODELS_DIR": no_models, "LC_ALL": "en_GB.UTF-8", "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
        with mock.patch.dict(os.environ, {**quiet, **(env or {})}):
            return _run([str(a) for a in args], timeout_s)


def _run(args: list[str], timeout_s: float) -> Ran:
    from service.cli import main

    with _caught() as (out, err), _in_time(timeout_s), mock.patch.object(sys, "argv", ["timbre", *args]):
        try:
            main()
            code = 0
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else 0 if exc.code is None else 1
    return Ran(code, _text(out), _text(err))


def _text(stream: io.BufferedRandom) -> str:
    with stream:
        stream.seek(0)
        return stream.read().decode("utf-8")


@contextmanager
def _in_time(timeout_s: float) -> Iterator[None]:
    def give_up(number: int, frame: object) -> None:
        raise Hung(f"no end after {timeout_s:.0f} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _caught() -> Iterator[tuple[Any, Any]]:
    """Two open files that get all of standard output and error, from Python and from native code."""
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - read and closed by the caller
    kept = [(fd, os.dup(fd)) for fd in (1, 2)]
    streams = sys.stdout, sys.stderr
    try:
        for fd, target in ((1, out), (2, err)):
            os.dup2(target.fileno(), fd)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - a view of a descriptor
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115 - likewise
        yield out, err
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        sys.stdout, sys.stderr = streams
        for fd, saved in kept:
            os.dup2(saved, fd)
            os.close(saved)


def wav(samples: np.ndarray, *, rate_hz: int = RATE_HZ) -> bytes:
    """A 16-bit WAV of samples in [-1, 1], shape (n_channels, n_samples)."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as out:
        out.setnchannels(len(samples))
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes((np.clip(samples.T, -1, 1) * 32767).astype("<i2").tobytes())
    return stream.getvalue()


@lru_cache
def sound(name: str) -> np.ndarray:
    """A shipped call decoded: float32, shape (2, n_samples) at 8 kHz or 16 kHz. Read-only."""
    from audio.decode import decoded

    with decoded(SHIPPED / f"{name}.ogg") as recording:
        samples = np.stack([channel.read() for channel in recording.channels])
    samples.flags.writeable = False
    return samples


@lru_cache
def rate_hz(name: str) -> int:
    from audio.decode import decoded

    with decoded(SHIPPED / f"{name}.ogg") as recording:
        return recording.channels[0].rate_hz


def write_shipped(folder: Path, name: str, *, channels: tuple[int, ...] = (0, 1), transcript: bool = False) -> Path:
    """A shipped call as WAV in a folder of its own, its channels in the order asked for."""
    path = folder / f"{name}.wav"
    path.write_bytes(wav(sound(name)[list(channels)], rate_hz=rate_hz(name)))
    if transcript:
        path.with_suffix(".vtt").write_bytes((SHIPPED / f"{name}.vtt").read_bytes())
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names_in(folder: Path) -> set[str]:
    """Everything in a folder, hidden files too."""
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


def read_json(path: Path) -> Any:
    """Strict JSON: NaN and infinities are no numbers."""

    def refuse(name: str) -> Any:
        raise ValueError(name)

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


@lru_cache
def tools() -> Any:
    """The parts that ship with the install, loaded once; no transcriber."""
    from service.settings import Settings
    from service.wiring import build_tools

    return build_tools(Settings(transcriber="none"), listen=False)
