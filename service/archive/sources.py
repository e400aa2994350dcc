"""Where a batch finds its calls: folders, patterns, and manifests (CSV or JSONL) with what is known of each.

Folder, pattern    recordings by their ending, in the order of their names, hidden files left out; `..._agent.wav` and
                   `..._customer.wav` (or `-in`/`-out`, `_rx`/`_tx`) of one name are the two legs of one call
Manifest           one row a call. CSV: UTF-8 or cp1252, `;` or `,`; columns recording, agent_leg, customer_leg,
                   transcript, agent, external_id, started_at, direction, language, agent_channel, leg_offset_s,
                   do_not_analyse, each optional but the recording or the two legs. Dates: ISO 8601, or dd/mm/yyyy
                   with hh:mm(:ss); without a zone of their own they are read in the zone that was stated.
Paths in a manifest are relative to it and stay inside its folder.
"""

from __future__ import annotations

import csv
import glob
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.archive.delimited import rows_of
from service.archive.errors import ArchiveError
from service.errors import ServiceError
from service.metadata import metadata_of
from service.words.imported import transcript_beside

RECORDINGS = frozenset([".wav", ".mp3", ".m4a", ".ogg", ".opus", ".webm", ".flac", ".amr", ".gsm", ".au"])
MANIFESTS = (".csv", ".jsonl")
MOST_BYTES, MOST_ROWS = 256 << 20, 2_000_000
COLUMNS = (
    *("recording", "agent_leg", "customer_leg", "transcript", "agent", "external_id", "started_at", "direction"),
    *("language", "agent_channel", "leg_offset_s", "do_not_analyse"),
)
_AGENT_LEG = re.compile(r"(?:[_.-](?:agent|out|tx))$", re.I)
_CUSTOMER_LEGS = {"agent": "customer", "out": "in", "tx": "rx"}
_DATES = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")
_YES, _NO = frozenset(["1", "true", "yes", "oui", "x"]), frozenset(["0", "false", "no", "non"]) | {""}


@dataclass(frozen=True)
class Entry:
    """One call to bring in: its files by kind (recording, or agent_leg and customer_leg; transcript), and its facts."""

    files: Mapping[str, Path]
    agent: str = ""
    external_id: str = ""
    started_at: float | None = None
    direction: str = "inbound"
    language: str = ""
    agent_channel: int | None = None
    leg_offset_s: float = 0.0
    do_not_analyse: bool = False

    @property
    def name(self) -> str:
        """The name of its first file."""
        return next(iter(self.files.values())).name


@dataclass(frozen=True)
class Refused:
    """An entry that can't be one: which file or row, and why."""

    name: str
    error: ServiceError


def zone_named(name: str) -> tzinfo:
    """A time zone by name (`Europe/Paris`, `UTC`). Raises ArchiveError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ArchiveError("batch.zone", name=name[:40]) from exc


def entries(sources: Iterable[str], zone: tzinfo = UTC) -> Iterator[Entry | Refused]:
    """Every call of the sources, each once. Raises ArchiveError for a source that is not there or can't be read."""
    seen: set[Path] = set()
    for source in sources:
        for found in _of_source(source, zone):
            if isinstance(found, Entry):
                paths = {path.resolve() for path in found.files.values()}
                if paths & seen:
                    continue
                seen |= paths
            yield found


def _of_source(source: str, zone: tzinfo) -> Iterator[Entry | Refused]:
    path = Path(source)
    if path.is_dir():
        yield from _of_files(sorted(_recordings_below(path)))
    elif path.suffix.lower() in MANIFESTS and path.is_file():
        yield from _of_manifest(path, zone)
    elif path.is_file():
        yield from _of_files([path])
    else:
        matched = sorted(Path(name) for name in glob.iglob(source, recursive=True) if os.path.isfile(name))
        if not matched:
            raise ArchiveError("batch.no_source", name=path.name[-60:])
        yield from _of_files(matched)


def _recordings_below(folder: Path) -> Iterator[Path]:
    """Links to folders are not followed: a batch reads what lies there and nothing else."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root) / n for n in names if not n.startswith(".") and Path(n).suffix.lower() in RECORDINGS)


def _of_files(paths: list[Path]) -> Iterator[Entry | Refused]:
    legs = customer_legs(paths)
    customers = set(legs.values())
    for path in paths:
        if path in customers:
            continue
        files = {"agent_leg": path, "customer_leg": legs[path]} if path in legs else {"recording": path}
        yield _known(files)


def customer_legs(paths: Iterable[Path]) -> dict[Path, Path]:
    """The customer's leg of each agent's leg that has one."""
    there, pairs = set(paths), {}
    for path in there:
        ending = _AGENT_LEG.search(path.stem)
        if ending is None:
            continue
        other = _CUSTOMER_LEGS[ending.group()[1:].lower()]
        customer = path.with_name(f"{path.stem[: ending.start() + 1]}{other}{path.suffix}")
        if customer in there:
            pairs[path] = customer
    return pairs


def _known(files: dict[str, Path]) -> Entry | Refused:
    """With what the name, the small file beside it and the transcript beside it tell."""
    first = next(iter(files.values()))
    try:
        told = metadata_of(first)
    except ServiceError as exc:
        return Refused(first.name, exc)
    words = transcript_beside(first) if "recording" in files else None
    return Entry(
        {**files, **({"transcript": words} if words else {})},
        agent=told.agent,
        external_id=told.external_id,
        started_at=_time(told.started_at.replace("T", " ").replace("-", ":")) if told.started_at else None,
        direction=told.direction or "inbound",
        language=told.language,
        agent_channel=told.agent_channel,
    )


def _time(told: str) -> float | None:
    """A recorder's `2025:02:19 06:01:22`, UTC."""
    try:
        return datetime.strptime(told, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _of_manifest(path: Path, zone: tzinfo) -> Iterator[Entry | Refused]:
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ArchiveError("batch.manifest_too_large", limit_mib=MOST_BYTES >> 20)
    rows = _json_rows(content) if path.suffix.lower() == ".jsonl" else csv_rows(content)
    for line, row in rows:
        try:
            yield _entry(path.parent, row, zone)
        except (ServiceError, ValueError) as exc:
            error = exc if isinstance(exc, ServiceError) else ArchiveError("batch.row", line=line)
            yield Refused(f"{path.name}:{line}", error)


def csv_rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """A row with more cells than columns is empty: its cells stand under the wrong names. A line that is no CSV hides
    where the next one begins, so it ends the manifest.
    """
    reader = rows_of(content)
    unknown = [name for name in reader.fieldnames or () if name.strip() not in COLUMNS]
    if unknown or not reader.fieldnames:
        raise ArchiveError("batch.columns", name=unknown[0][:40] if unknown else "-", known=", ".join(COLUMNS))
    try:
        for row in reader:
            moved = None in row
            yield reader.line_num, {} if moved else {k.strip(): (v or "").strip() for k, v in row.items()}
    except csv.Error as exc:
        raise ArchiveError("batch.row", line=reader.line_num) from exc


def _json_rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    for line, text in enumerate(content.splitlines(), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = None
        plain = isinstance(row, dict) and set(row) <= set(COLUMNS)
        yield line, {k: "" if v is None else str(v) for k, v in row.items()} if plain else {}


def _entry(folder: Path, row: Mapping[str, str], zone: tzinfo) -> Entry:
    """Raises ArchiveError and ValueError for a row that names no recording, or holds what can't be."""
    files = {kind: _inside(folder, row[kind]) for kind in COLUMNS[:4] if row.get(kind)}
    if ("recording" in files) == ("agent_leg" in files and "customer_leg" in files):
        raise ArchiveError("batch.no_recording")
    known = _known({kind: path for kind, path in files.items() if kind != "transcript"})
    if isinstance(known, Refused):
        raise known.error
    return filled(replace(known, files={**known.files, **files}), row, zone)


def filled(known: Entry, row: Mapping[str, str], zone: tzinfo) -> Entry:
    """With what a row says. Raises ValueError, ArchiveError for values that can't be."""
    direction, language = row.get("direction") or known.direction, row.get("language") or known.language
    if direction not in ("inbound", "outbound") or language not in ("", "fr", "en"):
        raise ValueError("direction or language")
    channel, said_no = row.get("agent_channel", ""), row.get("do_not_analyse", "").lower()
    if said_no not in _YES | _NO:
        raise ValueError("do_not_analyse")
    return replace(
        known,
        agent=row.get("agent") or known.agent,
        external_id=row.get("external_id") or known.external_id,
        started_at=_stated(row["started_at"], zone) if row.get("started_at") else known.started_at,
        direction=direction,
        language=language,
        agent_channel=int(channel) if channel else known.agent_channel,
        leg_offset_s=float(row.get("leg_offset_s") or 0.0),
        do_not_analyse=said_no in _YES,
    )


def _inside(folder: Path, name: str) -> Path:
    """A path of a manifest. Raises ArchiveError when it leaves the manifest's folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ArchiveError("batch.outside")
    return path


def _stated(text: str, zone: tzinfo) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = next((found for form in _DATES if (found := _parsed(text, form))), None) or _no_date()
    return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def _no_date() -> datetime:
    raise ValueError("no date")
