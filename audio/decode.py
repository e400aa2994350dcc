"""Any recording PyAV can read, into channels: guarded, streaming, never mixed down.

The bytes are looked at by a child process (`audio.decode_child`) that can open nothing else, within limits on
time, memory and output; this side only chooses the demuxer from the first bytes, hashes the file and maps the
child's float32 files. Those files never have a name: no sound stays on the disk, however this process ends.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from audio.channels import find_layout
from audio.decode_request import Request
from audio.decode_sniff import HEAD_BYTES, choose_demuxer, wav_length_s
from audio.errors import AudioError, BadParameter, EmptyAudio, OverLimit, UnreadableAudio
from audio.notes import Note
from audio.recording import ANALYSIS_RATES_HZ, Channel, FileFacts, Recording

_ANSWER_BYTES = 64 * 1024
_HASH_BLOCK_BYTES = 1 << 20
_ERRORS: Mapping[str, type[AudioError]] = {"over_limit": OverLimit, "empty": EmptyAudio, "unreadable": UnreadableAudio}


@dataclass(frozen=True)
class DecodeLimits:
    """What a recording may not pass. The time allowed grows with the file's size."""

    max_duration_s: float = 4 * 3600.0
    max_channels: int = 8
    max_bytes: int = 2 * 1024**3
    max_decoded_bytes: int = 4 * 1024**3
    max_memory_bytes: int = 2 * 1024**3
    start_timeout_s: float = 60.0
    timeout_s_per_mb: float = 1.0

    def timeout_s(self, size_bytes: int) -> float:
        """Seconds of wall clock (and of CPU) one file of this size may take."""
        return self.start_timeout_s + self.timeout_s_per_mb * size_bytes / 1e6


DEFAULT_LIMITS = DecodeLimits()


@contextmanager
def decoded(path: Path | str, *, limits: DecodeLimits = DEFAULT_LIMITS) -> Iterator[Recording]:
    """The recording in `path`, one Channel per track; its sound is released when the last reference goes.

    Each channel is float32 at 8000 Hz when the file's rate is 8000 Hz, else at 16000 Hz. `notes` tell what was
    lost or guessed: truncation, damaged parts, filled gaps, a header that does not fit.

    Raises UnreadableAudio (no file, not sound, refused, damaged), EmptyAudio (no sample), OverLimit.
    """
    with _opened(Path(path), limits) as (fd, size_bytes):
        yield _decode(fd, size_bytes, limits)


@contextmanager
def decoded_legs(
    agent: Path | str, customer: Path | str, *, offset_s: float = 0.0, limits: DecodeLimits = DEFAULT_LIMITS
) -> Iterator[Recording]:
    """A call kept as two files: channel 0 is the agent's, channel 1 the customer's; each keeps its own rate.

    `offset_s`: the customer's file starts that much later than the agent's (negative: earlier). Time 0 is the start
    of the earlier one. A file of several channels gives its one live voice, with a note.

    Raises what `decoded` raises, and BadParameter for an offset out of range or a file that holds two voices.
    """
    if not math.isfinite(offset_s) or abs(offset_s) > limits.max_duration_s:
        raise BadParameter("sound.bad_offset", offset_s=float(offset_s), limit_s=limits.max_duration_s)
    with decoded(agent, limits=limits) as first, decoded(customer, limits=limits) as second:
        a, notes_a = _one_voice(first, "agent")
        b, notes_b = _one_voice(second, "customer")
        yield Recording(
            channels=(
                replace(a, index=0, start_s=max(0.0, -offset_s)),
                replace(b, index=1, start_s=max(0.0, offset_s)),
            ),
            files=first.files + second.files,
            notes=first.notes + second.notes + notes_a + notes_b,
        )


def _one_voice(leg: Recording, name: str) -> tuple[Channel, tuple[Note, ...]]:
    if len(leg.channels) == 1:
        return leg.channels[0], ()
    layout = find_layout(leg)
    if len(layout.live) > 1:
        raise BadParameter("sound.leg_has_parties", n_channels=len(leg.channels))
    kept = layout.live[0] if layout.live else 0
    return leg.channels[kept], (Note("sound.leg_channel_kept", {"channel": kept + 1, "n_channels": len(leg.channels)}),)


@contextmanager
def _opened(path: Path, limits: DecodeLimits) -> Iterator[tuple[int, int]]:
    """(descriptor, size) of a plain file within the limits; anything else is refused without waiting on it."""
    try:
        _require_plain(os.stat(path))
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise UnreadableAudio(_open_code(error)) from None
    try:
        state = os.fstat(fd)
        _require_plain(state)
        if state.st_size > limits.max_bytes:
            raise OverLimit("sound.too_large", size_gb=state.st_size / 1e9, limit_gb=limits.max_bytes / 1e9)
        yield fd, state.st_size
    finally:
        os.close(fd)


def _require_plain(state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise UnreadableAudio("sound.not_a_file")


def _open_code(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "sound.no_access"
    return "sound.missing"


def _decode(fd: int, size_bytes: int, limits: DecodeLimits) -> Recording:
    head = _head(fd)
    demuxer = choose_demuxer(head)
    with ExitStack() as open_files:
        files = [open_files.enter_context(_nameless_file()) for _ in range(limits.max_channels)]
        request = _request(fd, head, size_bytes, limits, tuple(file.fileno() for file in files))
        answer, sha256 = _ask_child(request, limits.timeout_s(size_bytes))
        return _recording(answer, files, sha256, demuxer, size_bytes, limits)


def _head(fd: int) -> bytes:
    try:
        return os.pread(fd, HEAD_BYTES, 0)
    except OSError as error:
        raise UnreadableAudio("sound.read_failed") from error


def _nameless_file() -> BinaryIO:
    """A temporary file that has no name on the disk, where the system can do that, or loses it at once."""
    try:
        return tempfile.TemporaryFile(buffering=0)
    except OSError as error:
        raise UnreadableAudio("sound.cannot_keep", why=error.strerror or "") from error


def _request(fd: int, head: bytes, size_bytes: int, limits: DecodeLimits, channel_fds: tuple[int, ...]) -> Request:
    return Request(
        fd=fd,
        channel_fds=channel_fds,
        parent=os.getpid(),
        demuxer=choose_demuxer(head),
        size_bytes=size_bytes,
        claimed_s=wav_length_s(head),
        max_duration_s=limits.max_duration_s,
        max_channels=limits.max_channels,
        max_decoded_bytes=limits.max_decoded_bytes,
        max_memory_bytes=limits.max_memory_bytes,
        max_cpu_s=math.ceil(limits.timeout_s(size_bytes)),
    )


def _ask_child(request: Request, timeout_s: float) -> tuple[Mapping[str, Any], str]:
    """The child's answer, and the file's SHA-256, computed here while the child works."""
    deadline = time.monotonic() + timeout_s
    with _start_child(request) as child:
        try:
            _send(child, request)
            sha256 = _sha256(request.fd, request.size_bytes)
            status = child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise OverLimit("sound.too_slow", limit_s=timeout_s) from None
        finally:
            child.kill()
        return _answer(child, status), sha256


def _answer(child: subprocess.Popen[bytes], status: int) -> Mapping[str, Any]:
    """What the child wrote: far less than a pipe holds, so that it never waits for a reader."""
    assert child.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        answer = json.loads(child.stdout.read(_ANSWER_BYTES)) if status == 0 else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise UnreadableAudio("sound.decoder_failed")
    return answer


def _start_child(request: Request) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-s", "-m", "audio.decode_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=os.sep,
        env=_child_environment(),
        pass_fds=(request.fd, *request.channel_fds),
        start_new_session=True,
    )


def _child_environment() -> dict[str, str]:
    """Nothing of the caller's environment: it may hold keys."""
    return {
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "LANG": "C.UTF-8",
    }


def _send(child: subprocess.Popen[bytes], request: Request) -> None:
    assert child.stdin is not None  # noqa: S101 - a pipe was asked for
    try:
        child.stdin.write(json.dumps(asdict(request)).encode())
        child.stdin.close()
    except BrokenPipeError:
        raise UnreadableAudio("sound.decoder_failed") from None


def _sha256(fd: int, size_bytes: int) -> str:
    """Of the whole file, by positioned reads: the descriptor's own position is the child's."""
    digest, at = hashlib.sha256(), 0
    try:
        while at < size_bytes and (block := os.pread(fd, min(_HASH_BLOCK_BYTES, size_bytes - at), at)):
            digest.update(block)
            at += len(block)
    except OSError as error:
        raise UnreadableAudio("sound.read_failed") from error
    return digest.hexdigest()


def _recording(
    answer: Mapping[str, Any],
    files: Sequence[BinaryIO],
    sha256: str,
    demuxer: str,
    size_bytes: int,
    limits: DecodeLimits,
) -> Recording:
    """From the answer of a process that read hostile bytes: refused unless it fits what was asked."""
    try:
        if "error" in answer:
            raise _ERRORS[answer["error"]](answer["code"], **answer["params"])
        if answer["rate_hz"] not in ANALYSIS_RATES_HZ or not 1 <= answer["n_channels"] <= limits.max_channels:
            raise UnreadableAudio("sound.decoder_failed")
        facts = _facts(answer, sha256, demuxer, size_bytes)
        channels = tuple(_channel(files[index], index, answer) for index in range(facts.n_channels))
        return Recording(channels, (facts,), tuple(Note(n["code"], n["params"]) for n in answer["notes"]))
    except (KeyError, IndexError, TypeError) as error:
        raise UnreadableAudio("sound.decoder_failed") from error


def _facts(answer: Mapping[str, Any], sha256: str, demuxer: str, size_bytes: int) -> FileFacts:
    return FileFacts(
        sha256=sha256,
        container=demuxer,
        codec=answer["codec"],
        native_rate_hz=answer["native_rate_hz"],
        n_channels=answer["n_channels"],
        duration_s=answer["duration_s"],
        size_bytes=size_bytes,
    )


def _channel(file: BinaryIO, index: int, answer: Mapping[str, Any]) -> Channel:
    return Channel(
        index=index,
        samples=_mapped(file, answer["n_samples"]),
        rate_hz=answer["rate_hz"],
        clipped_share=answer["clipped_shares"][index],
        native_rate_hz=answer["native_rate_hz"],
    )


def _mapped(file: BinaryIO, n_samples: int) -> NDArray[np.float32]:
    if n_samples < 1 or os.fstat(file.fileno()).st_size != 4 * n_samples:
        raise UnreadableAudio("sound.decoder_failed")
    return np.memmap(file, dtype=np.float32, mode="r", shape=(n_samples,))
