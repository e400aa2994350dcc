"""What is known about a call before listening: from its file name, its folders, and small files beside it.

guid      `..._GUID_000_AGENT_Name_DT_2025-02-19T06-01-22_...`, and `L-agent` or `R-agent` for the side of the agent
freepbx   `external-1001-0612345678-20250219-070122-1739944882.42`: kind, called, calling, date, time, id. The id is
          Asterisk's; its seconds are the time, whatever clock the exchange shows. An extension is the agent (the called
          one of `external` and `exten`, the calling one of `out`); a queue or a number that was dialled is none.
genesys   folders `year=2025/month=02/day=19/hour=06/conversation_id=...`, in UTC; the time is known to the hour

Beside `NAME.wav` an exporter may have left `NAME_metadata.json` (or `NAME.wav_metadata.json`): its `conversationId`,
`startTime`, `agent` or the first of `userIds`, and `initialDirection` are read, the rest is passed over. A sidecar of
one's own, `NAME.meta.json` (at most 64 KiB), may hold `agent_channel`, `agent`, `external_id`, `started_at`,
`direction` and `language`. Names lose to folders, these to exporters' files, these to one's own, and all to options and
manifests.
A field that does not match is left empty, never guessed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from service.errors import ServiceError

MAX_SIDECAR_BYTES = 64 * 1024
MAX_EXPORTED_BYTES = 1 << 20
_FIELDS = {
    "external_id": re.compile(r"_GUID_([^_]{1,80})"),
    "agent": re.compile(r"_AGENT_([^_]{1,80})"),
    "started_at": re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2})"),
}
_PBX = re.compile(
    r"(?P<kind>external|exten|internal|in|out|q|rg|ondemand)-(?P<called>[^-]{1,40})-(?P<calling>[^-]{1,40})"
    r"-(?P<date>20\d{6})-(?P<time>\d{6})-(?P<id>(?P<at>\d{9,10})\.\d{1,9})",
    re.ASCII | re.I,
)
_EXTENSION = re.compile(r"\d{2,6}", re.ASCII)
_DAY_S = 86400.0
_LEG = re.compile(r"[_.-](?:agent|customer|in|out|rx|tx)$", re.I)
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
    pbx = _PBX.fullmatch(_LEG.sub("", stem))
    if pbx is not None:
        return _from_pbx(pbx)
    found = {name: match.group(1) for name, pattern in _FIELDS.items() if (match := pattern.search(stem))}
    side = next((channel for pattern, channel in _SIDES if pattern.search(stem)), None)
    return Metadata(agent_channel=side, **found)


def _from_pbx(name: re.Match[str]) -> Metadata:
    kind, out = name["kind"].lower(), name["kind"].lower() == "out"
    agent = name["calling"] if out else name["called"] if kind in ("external", "exten") else ""
    return Metadata(
        agent=agent if _EXTENSION.fullmatch(agent) else "",
        external_id=name["id"],
        started_at=_pbx_time(name),
        direction="outbound" if out else "" if kind in ("internal", "ondemand") else "inbound",
    )


def _pbx_time(name: re.Match[str]) -> str:
    """The seconds of the id, when they fall on about the date that is written: else it is another kind of number."""
    try:
        shown = datetime.strptime(name["date"] + name["time"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return ""
    at = datetime.fromtimestamp(int(name["at"]), UTC)
    return at.strftime("%Y-%m-%dT%H-%M-%S") if abs((at - shown).total_seconds()) <= _DAY_S else ""


def from_folders(path: PurePath) -> Metadata:
    """Fields found in folders named `key=value`."""
    told = dict(part.split("=", 1) for part in path.parts[:-1] if "=" in part)
    try:
        year, month, day, hour = (int(told[key]) for key in ("year", "month", "day", "hour"))
        at = datetime(year, month, day, hour, tzinfo=UTC)
        started_at = at.strftime("%Y-%m-%dT%H-%M-%S")
    except (KeyError, ValueError):
        started_at = ""
    return Metadata(external_id=told.get("conversation_id", "")[:80], started_at=started_at)


def over(first: Metadata, then: Metadata) -> Metadata:
    """`first` with what `then` says."""
    said = {f.name: value for f in fields(Metadata) if (value := getattr(then, f.name)) not in ("", None)}
    return replace(first, **said)


def unbroken(text: str) -> str:
    """Text that UTF-8 can hold: bytes of a file name that were no text, and half characters, become U+FFFD."""
    return _HALF_CHARACTER.sub("\ufffd", text)


def _object(data: bytes, limit: int = MAX_SIDECAR_BYTES) -> dict[str, Any]:
    try:
        if len(data) > limit:
            raise ServiceError("cli.sidecar_too_large", limit_kib=limit // 1024)
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
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


def from_sidecar(data: bytes, base: Metadata) -> Metadata:
    """`base` with what the bytes of a sidecar say."""
    content = _object(data)
    known = {f.name for f in fields(Metadata)}
    unknown = sorted(set(content) - known)
    if unknown:
        raise ServiceError("cli.sidecar_key", key=unknown[0][:40], allowed=", ".join(sorted(known)))
    return replace(base, **{key: _checked(key, value) for key, value in content.items()})


def from_exporter(data: bytes) -> Metadata:
    """What an exporter's file says, as far as it says it in a form that is known."""
    told = _object(data, MAX_EXPORTED_BYTES)
    users = told.get("userIds") or told.get("agentIds")
    first = users[0] if isinstance(users, list) and users else ""
    started_at = _text(told, "startTime", "conversationStartTime", "conversationStart")
    direction = _text(told, "initialDirection", "originatingDirection", "direction").lower()
    return Metadata(
        agent=_text(told, "agent", "agentName") or (first[:80] if isinstance(first, str) else ""),
        external_id=_text(told, "conversationId", "contactId")[:80],
        started_at=_utc(started_at),
        direction=direction if direction in ("inbound", "outbound") else "",
    )


def _text(told: Mapping[str, Any], *keys: str) -> str:
    return next((value[:200] for key in keys if isinstance(value := told.get(key), str) and value), "")


def _utc(text: str) -> str:
    """An ISO time with its zone; one without is UTC, as exporters write it."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    except (ValueError, OverflowError):
        return ""


def sidecar_of(recording: Path) -> Path:
    """Where the small file with a recording's facts would lie."""
    return recording.with_name(own_sidecar(recording))


def own_sidecar(recording: PurePath) -> str:
    """Its name."""
    return recording.stem + ".meta.json"


def exported_sidecars(recording: PurePath) -> tuple[str, str]:
    """The names an exporter's file may have."""
    return f"{recording.stem}_metadata.json", f"{recording.name}_metadata.json"


Beside = Callable[[str, int], bytes | None]
"""Gives the bytes of the file of a name beside the recording, one more than a limit at most; None: there is none."""


def told_of(recording: PurePath, beside: Beside) -> Metadata:
    """All that is known about a recording, wherever it lies. Raises ServiceError for a small file that is none."""
    found = over(from_name(recording.stem), from_folders(recording))
    for name in exported_sidecars(recording):
        data = beside(name, MAX_EXPORTED_BYTES)
        if data is not None:
            found = over(found, from_exporter(data))
            break
    own = beside(own_sidecar(recording), MAX_SIDECAR_BYTES)
    return found if own is None else from_sidecar(own, found)


def metadata_of(recording: Path) -> Metadata:
    """All that is known about a recording from its name, its folders and what lies beside it."""
    return told_of(recording, lambda name, limit: _bytes(recording.with_name(name), limit))


def _bytes(path: Path, limit: int) -> bytes | None:
    if not os.path.isfile(path):
        return None
    try:
        with path.open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as exc:
        raise ServiceError("cli.sidecar_not_json") from exc
