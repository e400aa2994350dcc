"""Names of workers, and whether the process behind a name of this machine is still there."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

_MOST_HOST = 30


def new_name() -> str:
    """A worker's name: machine, process, and what makes it one of its kind."""
    return f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_gone(name: str) -> bool:
    """True when the worker was a process of this machine that is there no more. One too many costs work, no result: a
    worker that was taken for gone notices that its lease is another's.
    """
    machine, _, rest = name.rpartition(":")[0].rpartition(":")
    return machine == _machine() and rest.isdigit() and not _lives(int(rest))


def _machine() -> str:
    return socket.gethostname()[:_MOST_HOST]


def _lives(pid: int) -> bool:
    """A process that has ended and that nobody has asked about (a zombie) does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2][1:2] != "Z"
    return True
