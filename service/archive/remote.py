"""Recordings in an object store: `s3://bucket/...`, a prefix, a pattern, a manifest or one object.

Nothing is fetched to be listed. A recording is read in pieces as it is stored, under the same limits as a file. The
only schemes are `file` and `s3`; chained addresses (`a::b`) are refused. The store's own address and keys come from
settings and from where its users keep them, never from a source.
"""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any

import fsspec

from service.archive.errors import ArchiveError

SCHEMES = ("file", "s3")
CHUNK_BYTES = 8 << 20
MOST_OBJECTS = 2_000_000


def is_remote(source: str) -> bool:
    """True for an address in an object store; `file://` is a path. Raises ArchiveError for any other scheme."""
    scheme, mark, _ = source.partition("://")
    if not mark:
        return False
    if "::" in source or scheme not in SCHEMES:
        raise ArchiveError("batch.scheme", kind=scheme[:20], known=", ".join(SCHEMES))
    return scheme == "s3"


def object_store(endpoint: str = "") -> Any:
    """The file system of `s3`. Raises ArchiveError without the package."""
    more = {"endpoint_url": endpoint} if endpoint else {}
    try:
        return fsspec.filesystem("s3", use_listings_cache=False, **more)
    except ImportError as exc:
        raise ArchiveError("batch.no_s3") from exc


@dataclass(frozen=True)
class Stat:
    """What a file says of itself, by the names the system uses."""

    st_size: int
    st_mtime: float

    @property
    def st_mtime_ns(self) -> int:
        """Nanoseconds."""
        return int(self.st_mtime * 1e9)


@dataclass(frozen=True)
class Remote:
    """An object, with as much of a Path as batches use."""

    key: str
    size: int
    changed: float
    store: Any = field(compare=False, repr=False)

    @property
    def path(self) -> PurePosixPath:
        """The key as a path: for its names alone."""
        return PurePosixPath(self.key)

    @property
    def name(self) -> str:
        """After the last slash."""
        return self.path.name

    @property
    def stem(self) -> str:
        """Without its ending."""
        return self.path.stem

    @property
    def suffix(self) -> str:
        """Its ending."""
        return self.path.suffix

    def __str__(self) -> str:
        return f"s3://{self.key}"

    def __lt__(self, other: Remote) -> bool:
        return self.key < other.key

    def resolve(self) -> Remote:
        """There are no links."""
        return self

    def stat(self) -> Stat:
        """As it was listed."""
        return Stat(self.size, self.changed)

    def open(self, _mode: str = "rb") -> IO[bytes]:
        """For reading. Raises OSError."""
        with _as_os_error():
            return _Stream(self.store.open(self.key, "rb", block_size=CHUNK_BYTES))  # type: ignore[return-value]

    def read(self, limit: int) -> bytes:
        """Its bytes, one more than `limit` at most. Raises ArchiveError."""
        try:
            with self.open() as stream:
                return stream.read(limit + 1)
        except OSError as exc:
            raise ArchiveError("batch.unreadable", why=(exc.strerror or "")[:60]) from exc


class _Stream(io.BufferedIOBase):
    """Whatever goes wrong in the store's client is an OSError without its text, which may name keys."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises OSError."""
        with _as_os_error():
            return bytes(self._inner.read(-1 if size is None else size))

    def seek(self, to: int, whence: int = 0, /) -> int:
        """Raises OSError."""
        with _as_os_error():
            return int(self._inner.seek(to, whence))

    def close(self) -> None:
        """Let go."""
        self._inner.close()
        super().close()


class _as_os_error:
    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, _where: object) -> None:
        if kind is not None and exc is not None and issubclass(kind, Exception):
            raise OSError(5, kind.__name__) from exc


class Listed:
    """What lies below a prefix, a pattern or beside a manifest."""

    def __init__(self, source: str, endpoint: str = "") -> None:
        self.store, self.key = object_store(endpoint), source.partition("://")[2].rstrip("/")
        if not self.key:
            raise ArchiveError("batch.no_source", name=source[-60:])
        self._folders: dict[str, Mapping[str, Remote]] = {}

    def found(self) -> list[Remote]:
        """The objects, by key; none where there are none. Raises ArchiveError: no store, no access."""
        pattern = any(mark in self.key for mark in "*?[")
        objects = self._asked(self.store.glob if pattern else self.store.find, self.key)
        return sorted(objects)

    def beside(self, key: str) -> Mapping[str, Remote]:
        """The objects of a key's own folder by name."""
        folder = posixpath.dirname(key)
        if folder not in self._folders:
            self._folders[folder] = {o.name: o for o in self._asked(self.store.find, folder, maxdepth=1)}
        return self._folders[folder]

    def know(self, objects: Iterator[Remote] | list[Remote]) -> None:
        """What was listed need not be listed again, folder by folder."""
        folders: dict[str, dict[str, Remote]] = {}
        for found in objects:
            folders.setdefault(posixpath.dirname(found.key), {})[found.name] = found
        self._folders.update(folders)

    def inside(self, name: str) -> Remote:
        """An object that a manifest at `key` names. Raises ArchiveError: outside its folder, or not there."""
        folder = posixpath.dirname(self.key)
        key = posixpath.normpath(posixpath.join(folder, name))
        if not key.startswith(folder + "/") or "://" in name:
            raise ArchiveError("batch.outside")
        found = self.beside(key).get(posixpath.basename(key))
        if found is None:
            raise ArchiveError("batch.unreadable", why="No such object")
        return found

    def _asked(self, how: Any, key: str, **more: Any) -> Iterator[Remote]:
        try:
            listed = how(key, detail=True, **more)
        except FileNotFoundError:
            return iter(())
        except Exception as exc:  # the client has many kinds, and their texts may name keys
            raise ArchiveError("batch.object_store", kind=type(exc).__name__[:40]) from exc
        if len(listed) > MOST_OBJECTS:
            raise ArchiveError("batch.too_many_objects", limit=MOST_OBJECTS)
        return (self._object(name, facts) for name, facts in listed.items() if facts.get("type") == "file")

    def _object(self, key: str, facts: Mapping[str, Any]) -> Remote:
        changed = facts.get("LastModified")
        return Remote(key, int(facts.get("size") or 0), changed.timestamp() if changed else 0.0, self.store)
