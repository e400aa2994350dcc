"""Where a batch finds its calls: folders, patterns, manifests with what is known of each, here or in an object store.

Folder, pattern    recordings by their ending, in the order of their names, hidden files left out; `..._agent.wav` and
                   `..._customer.wav` (or `-in`/`-out`, `_rx`/`_tx`) of one name are the two legs of one call
Manifest           one row a call. CSV: UTF-8 or cp1252, `;` or `,`; JSON lines; Parquet. Columns recording, agent_leg,
                   customer_leg, transcript, agent, external_id, started_at, direction, language, agent_channel,
                   leg_offset_s, do_not_analyse, each optional but the recording or the two legs. Dates: ISO 8601, or
                   dd/mm/yyyy with hh:mm(:ss); without a zone of their own they are read in the zone that was stated.
s3://...           any of these in an object store
Paths in a manifest are relative to it and stay inside its folder.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.archive.errors import ArchiveError
from service.archive.manifests import COLUMNS, ENDINGS, MOST_BYTES, manifest_rows
from service.archive.remote import Listed, Remote, is_remote
from service.errors import ServiceError
from service.metadata import (
    Metadata,
    exported_sidecars,
    from_folders,
    from_name,
    metadata_of,
    over,
    own_sidecar,
    told_of,
)
from service.words.imported import ENDINGS as TRANSCRIPTS
from service.words.imported import transcript_beside

RECORDINGS = frozenset([".wav", ".mp3", ".m4a", ".ogg", ".opus", ".webm", ".flac", ".amr", ".gsm", ".au"])
_AGENT_LEG = re.compile(r"(?:[_.-](?:agent|out|tx))$", re.I)
_CUSTOMER_LEGS = {"agent": "customer", "out": "in", "tx": "rx"}
_DATES = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")
_YES, _NO = frozenset(["1", "true", "yes", "oui", "x"]), frozenset(["0", "false", "no", "non"]) | {""}
File = Path | Remote
F = TypeVar("F", Path, Remote, File)


@dataclass(frozen=True)
class Entry:
    """One call to bring in: its files by kind (recording, or agent_leg and customer_leg; transcript), and its facts."""

    files: Mapping[str, File]
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


def entries(sources: Iterable[str], zone: tzinfo = UTC, endpoint: str = "") -> Iterator[Entry | Refused]:
    """Every call of the sources, each once. `endpoint`: where the object store is, when it is not the usual one.

    Raises ArchiveError for a source that is not there or can't be read.
    """
    seen: set[File] = set()
    for source in sources:
        for found in _remote(source, zone, endpoint) if is_remote(source) else _local(source, zone):
            if isinstance(found, Entry):
                paths = {path.resolve() for path in found.files.values()}
                if paths & seen:
                    continue
                seen |= paths
            yield found


def _local(source: str, zone: tzinfo) -> Iterator[Entry | Refused]:
    source = source.removeprefix("file://")
    path = Path(source)
    if path.is_dir():
        yield from _of_files(sorted(_recordings_below(path)), _Beside().told)
    elif path.suffix.lower() in ENDINGS and path.is_file():
        yield from _of_manifest(path, _read(path), _Here(path.parent), zone)
    elif path.is_file():
        yield from _of_files([path], _Beside().told)
    else:
        matched = sorted(Path(name) for name in glob.iglob(source, recursive=True) if os.path.isfile(name))
        if not matched:
            raise ArchiveError("batch.no_source", name=path.name[-60:])
        yield from _of_files(matched, _Beside().told)


def _remote(source: str, zone: tzinfo, endpoint: str) -> Iterator[Entry | Refused]:
    listed = Listed(source, endpoint)
    found = listed.found()
    if not found:
        raise ArchiveError("batch.no_source", name=source[-60:])
    if len(found) == 1 and found[0].key == listed.key and found[0].suffix.lower() in ENDINGS:
        yield from _of_manifest(found[0], found[0].read(MOST_BYTES), _There(listed), zone)
        return
    if not any(mark in listed.key for mark in "*?["):
        listed.know(found)
    shown = [f for f in found if not any(part.startswith(".") for part in f.path.parts)]
    one = [f for f in shown if f.key == listed.key]
    yield from _of_files(one or [f for f in shown if f.suffix.lower() in RECORDINGS], _There(listed).told)


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MOST_BYTES + 1)


def _recordings_below(folder: Path) -> Iterator[Path]:
    """Links to folders are not followed: a batch reads what lies there and nothing else."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root) / n for n in names if not n.startswith(".") and Path(n).suffix.lower() in RECORDINGS)


Told = Callable[[File, bool], tuple[Metadata, File | None]]
"""What is known of a recording by its name and by what lies beside it; True: look for a transcript too."""


def _of_files(paths: Sequence[File], told: Told) -> Iterator[Entry | Refused]:
    legs = customer_legs(paths)
    customers = set(legs.values())
    for path in paths:
        if path in customers:
            continue
        files = {"agent_leg": path, "customer_leg": legs[path]} if path in legs else {"recording": path}
        yield _known(files, told)


def customer_legs(paths: Iterable[F]) -> dict[F, F]:
    """The customer's leg of each agent's leg that has one."""
    there, pairs = {str(path): path for path in paths}, dict[F, F]()
    for name, path in there.items():
        ending = _AGENT_LEG.search(path.stem)
        if ending is None:
            continue
        other = _CUSTOMER_LEGS[ending.group()[1:].lower()]
        stem = name.removesuffix(path.suffix)
        customer = there.get(f"{stem[: len(stem) - len(ending.group()) + 1]}{other}{path.suffix}")
        if customer is not None:
            pairs[path] = customer
    return pairs


def _known(files: Mapping[str, File], told: Told) -> Entry | Refused:
    """With what the name, the small file beside it and the transcript beside it tell."""
    first = next(iter(files.values()))
    try:
        facts, words = told(first, "recording" in files)
    except ServiceError as exc:
        return Refused(first.name, exc)
    return Entry(
        {**files, **({"transcript": words} if words else {})},
        agent=facts.agent,
        external_id=facts.external_id,
        started_at=_time(facts.started_at.replace("T", " ").replace("-", ":")) if facts.started_at else None,
        direction=facts.direction or "inbound",
        language=facts.language,
        agent_channel=facts.agent_channel,
    )


class _Beside:
    """Reads a folder's names once, so that ten thousand recordings without anything beside them cost no questions."""

    def __init__(self) -> None:
        self._folder, self._names = Path(), frozenset[str]()

    def told(self, file: File, words: bool) -> tuple[Metadata, File | None]:
        """Of a file of this machine. Raises ServiceError."""
        path = Path(str(file))
        names = self._there(path.parent)
        facts = any(name in names for name in (own_sidecar(path), *exported_sidecars(path)))
        known = metadata_of(path) if facts else over(from_name(path.stem), from_folders(path))
        endings = (base + ending for ending in TRANSCRIPTS for base in (path.stem, path.name))
        return known, transcript_beside(path) if words and any(name in names for name in endings) else None

    def _there(self, folder: Path) -> frozenset[str]:
        if folder != self._folder or not self._names:
            self._folder, self._names = folder, frozenset(os.listdir(folder) if folder.is_dir() else ())
        return self._names


@dataclass(frozen=True)
class _Here:
    """A manifest's folder on this machine."""

    folder: Path

    def inside(self, name: str) -> File:
        """A path of the manifest. Raises ArchiveError when it leaves the folder."""
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ArchiveError("batch.outside")
        return path

    def told(self, file: File, words: bool) -> tuple[Metadata, File | None]:
        """As of a file that is found. Raises ServiceError."""
        path = Path(str(file))
        return metadata_of(path), transcript_beside(path) if words else None


@dataclass(frozen=True)
class _There:
    """A folder in an object store. A JSON beside a recording is no transcript there: a manifest may name it."""

    listed: Listed

    def inside(self, name: str) -> File:
        """An object of the manifest. Raises ArchiveError."""
        return self.listed.inside(name)

    def told(self, file: File, words: bool) -> tuple[Metadata, File | None]:
        """Raises ServiceError for a small file that is none."""
        if not isinstance(file, Remote):
            raise TypeError
        names = self.listed.beside(file.key)

        def small(name: str, limit: int) -> bytes | None:
            return names[name].read(limit) if name in names else None

        endings = (base + ending for ending in TRANSCRIPTS if ending != ".json" for base in (file.stem, file.name))
        found = next((names[name] for name in endings if name in names), None) if words else None
        return told_of(file.path, small), found


def _time(told: str) -> float | None:
    """A recorder's `2025:02:19 06:01:22`, UTC."""
    try:
        return datetime.strptime(told, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _of_manifest(file: File, content: bytes, place: _Here | _There, zone: tzinfo) -> Iterator[Entry | Refused]:
    for line, row in manifest_rows(content, file.suffix.lower()):
        try:
            yield _entry(place, row, zone)
        except (ServiceError, ValueError) as exc:
            error = exc if isinstance(exc, ServiceError) else ArchiveError("batch.row", line=line)
            yield Refused(f"{file.name}:{line}", error)


def _entry(place: _Here | _There, row: Mapping[str, str], zone: tzinfo) -> Entry:
    """Raises ArchiveError and ValueError for a row that names no recording, or holds what can't be."""
    files = {kind: place.inside(row[kind]) for kind in COLUMNS[:4] if row.get(kind)}
    if ("recording" in files) == ("agent_leg" in files and "customer_leg" in files):
        raise ArchiveError("batch.no_recording")
    known = _known({kind: path for kind, path in files.items() if kind != "transcript"}, place.told)
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
