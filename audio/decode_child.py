"""The guarded process that decodes one file: `python -m audio.decode_child`, started by `audio.decode` only.

It reads its request as JSON from standard input, gets the recording and one nameless file per channel as open
files, and answers with one JSON document on standard output. Before any byte of the recording is
looked at it takes limits on CPU time, memory, core dumps and file size, asks to die with its parent, and then gives
up the right to open anything: no file, no socket. Whatever a hostile file makes FFmpeg try, nothing opens.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import sys
from dataclasses import asdict
from typing import BinaryIO

from audio.decode_request import Request
from audio.errors import AudioError, EmptyAudio, OverLimit

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Decodes one recording; 0 with an answer on standard output, even when the answer is a refusal."""
    request = Request(**json.load(sys.stdin))
    limit_process(request)
    die_with(request.parent)
    try:
        answer = _decode(request)
    except AudioError as error:
        answer = {"error": _kind(error), "code": error.note.code, "params": dict(error.note.params)}
    except MemoryError:
        answer = {"error": "over_limit", "code": "sound.too_much_memory", "params": {}}
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        answer = {"error": "unreadable", "code": "sound.cannot_keep", "params": {"why": os.strerror(error.errno)}}
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    return 0


def limit_process(request: Request) -> None:
    """CPU, memory and file-size limits, and no core dump: it would hold the call."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, request.max_cpu_s)
    _limit(resource.RLIMIT_AS, request.max_memory_bytes)
    _limit(resource.RLIMIT_FSIZE, request.max_decoded_bytes)


def die_with(parent: int) -> None:
    """Killed when the parent is killed, where the system offers that; else the CPU limit ends it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)


def lock_files() -> None:
    """From here on no new file descriptor: open, socket and dlopen of this process fail."""
    _limit(resource.RLIMIT_NOFILE, 0)


def _limit(what: int, value: int) -> None:
    resource.setrlimit(what, (value, value))


def _decode(request: Request) -> dict[str, object]:
    from audio.decode_stream import decode_stream, rehearse  # heavy, and only now under the limits

    source: BinaryIO = os.fdopen(request.fd, "rb", buffering=0)
    files: list[BinaryIO] = [os.fdopen(fd, "wb", buffering=0) for fd in request.channel_fds]
    rehearse()
    lock_files()
    decoded = decode_stream(source, files, request)
    return asdict(decoded)


def _kind(error: AudioError) -> str:
    if isinstance(error, OverLimit):
        return "over_limit"
    return "empty" if isinstance(error, EmptyAudio) else "unreadable"


if __name__ == "__main__":
    sys.exit(main())
