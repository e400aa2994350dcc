"""What is known about a call before listening: from its file name and from a small file beside it.

File names of recorders often carry fields: `..._GUID_000_AGENT_Name_DT_2025-02-19T06-01-22_...`, and
`L-agent` or `R-agent` for the side of the agent. A sidecar `NAME.meta.json` (at most 64 KiB) may hold
`agent_channel`, `agent`, `external_id`, `started_at`, `direction` and `language`; it wins over the file name,
and options of the command win over both. A field that does not match is left empty, never guessed.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from service.errors import ServiceError

MAX_SIDECAR_BYTES = 64 * 1024
_FIELDS = {
    "external_id": re.compile(r"_GUID_([^_]{1,80})"),
    "agent": re.compile(r"_AGENT_([^_]{1,80})"),
    "started_at": re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2})"),
}
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_SIDES = ((re.compile(r"(?<![A-Za-z])L-agent", re.I), 0), (re.compile(r"(?<![A-Za-z])R-agent", re.I), 1))


@dataclass(frozen=True)
class Metadata:
    """Known facts of a call; empty or None where nothing said so."""

    agent_channel: int | None = None
    agent: str = ""
    external_id: str = ""
    started_at: str = ""
    direction: str = ""
    language: str = ""


def from_name(stem: str) -> Metadata:
    """Fields found in a file name without its ending."""
    found = {name: match.group(1) for name, pattern in _FIELDS.items() if (match := pattern.search(stem))}
    side = next((channel for pattern, channel in _SIDES if pattern.search(stem)), None)
    return Metadata(agent_channel=side, **found)


def unbroken(text: str) -> str:
    """Text that UTF-8 can hold: bytes of a file name that were no text, and half characters, become U+FFFD."""
    return _HALF_CHARACTER.sub("\ufffd", text)


def _read_sidecar(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_SIDECAR_BYTES + 1)
        if len(data) > MAX_SIDECAR_BYTES:
            raise ServiceError("cli.sidecar_too_large", limit_kib=MAX_SIDECAR_BYTES // 1024)
        content = json.loads(data.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise ServiceError("cli.sidecar_not_json") from exc
    if not isinstance(content, dict):
        raise ServiceError("cli.sidecar_not_json")
    return content


def _checked(key: str, value: Any) -> Any:
    if key == "agent_channel":
        if type(value) is not int or value not in (0, 1):
            raise ServiceError("cli.sidecar_value", key=key, allowed="0, 1")
        return value
    if not isinstance(value, str) or len(value) > 200:
        raise ServiceError("cli.sidecar_value", key=key, allowed="text <= 200")
    return value


def from_sidecar(path: Path, base: Metadata) -> Metadata:
    """`base` with what the sidecar file says."""
    content = _read_sidecar(path)
    known = {f.name for f in fields(Metadata)}
    unknown = sorted(set(content) - known)
    if unknown:
        raise ServiceError("cli.sidecar_key", key=unknown[0][:40], allowed=", ".join(sorted(known)))
    return replace(base, **{key: _checked(key, value) for key, value in content.items()})


def sidecar_of(recording: Path) -> Path:
    """Where the small file with a recording's facts would lie."""
    return recording.with_name(recording.stem + ".meta.json")


def metadata_of(recording: Path) -> Metadata:
    """All that is known about a recording from its name and its sidecar."""
    named = from_name(recording.stem)
    sidecar = sidecar_of(recording)
    return from_sidecar(sidecar, named) if os.path.isfile(sidecar) else named
