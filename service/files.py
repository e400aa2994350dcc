"""Writing results: whole or not at all, never over a recording."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from service.errors import ServiceError


def check_writable(target: Path, *, inputs: tuple[Path, ...] = ()) -> None:
    """Refuse, before any work, a target that has no folder or would replace an original."""
    if not target.parent.is_dir():
        raise ServiceError("cli.no_folder", name=target.name)
    if target.is_dir():
        raise ServiceError("cli.target_is_folder", name=target.name)
    if any(target.exists() and source.exists() and target.samefile(source) for source in inputs):
        raise ServiceError("cli.target_is_input", name=target.name)


def write_whole(target: Path, content: str | bytes) -> None:
    """Write beside the target, then rename: a reader sees the old file or the new one, never half."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(name, 0o644)
        os.replace(name, target)
    except OSError as exc:
        Path(name).unlink(missing_ok=True)
        raise ServiceError("cli.cannot_write", name=target.name, why=exc.strerror or "") from exc
