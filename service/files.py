"""Writing results: whole or not at all, never over a recording."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from service.errors import ServiceError

_MODE_WITHOUT_MASK = 0o666


def check_writable(target: Path, *, inputs: tuple[Path, ...] = ()) -> None:
    """Refuse, before any work, a target that has no folder, is no plain file, or would replace an original."""
    if not os.path.isdir(target.parent):
        raise ServiceError("cli.no_folder", name=target.name)
    mode = _mode_of(target)
    if mode is None:
        return
    if stat.S_ISDIR(mode):
        raise ServiceError("cli.target_is_folder", name=target.name)
    if not stat.S_ISREG(mode):  # a rename would put a file in the place of the pipe or device
        raise ServiceError("cli.target_not_file", name=target.name)
    if any(os.path.exists(source) and target.samefile(source) for source in inputs):
        raise ServiceError("cli.target_is_input", name=target.name)


def _mode_of(target: Path) -> int | None:
    """Kind and rights of what lies at the target, links followed; None when nothing does."""
    try:
        return target.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise _cannot_write(target, exc) from exc


def _cannot_write(target: Path, exc: OSError) -> ServiceError:
    return ServiceError("cli.cannot_write", name=target.name, why=exc.strerror or "")


def write_whole(target: Path, content: str | bytes) -> None:
    """Write beside the target, then rename: a reader sees the old file or the new one, never half.

    A new file gets the rights the umask leaves; one that is replaced keeps its own.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    part = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE_WITHOUT_MASK), "wb") as file:
            file.write(data)
        if target.is_file():
            os.chmod(part, stat.S_IMODE(target.stat().st_mode))
        os.replace(part, target)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise _cannot_write(target, exc) from exc
    except BaseException:  # stopped by the person or the system: half a result is none
        part.unlink(missing_ok=True)
        raise
