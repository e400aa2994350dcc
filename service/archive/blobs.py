"""Where recordings lie: a folder or an object store, by content. Written under another name, then renamed.

Two calls with the same recording share one blob; it goes when no row names it any more. Schemes are `file` and `s3`;
chained addresses are refused.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

import fsspec

from service.archive.errors import ArchiveError, NotThere
from service.archive.remote import SCHEMES, object_store

CHUNK_BYTES = 1 << 20
_PLACE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}(?:\.[a-z0-9]{1,8})?", re.ASCII)


OnBytes = Callable[[int], None]


def _ignore(_size: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Blob:
    """Something stored: where, and what it is."""

    place: str
    sha256: str
    size_bytes: int


class Blobs:
    """Blobs under one address."""

    def __init__(self, address: str, *, endpoint: str = "") -> None:
        scheme, _, path = address.partition("://") if "://" in address else ("file", "", address)
        if scheme not in SCHEMES or "::" in address:
            raise ArchiveError("archive.bad_store", kind=scheme[:20], known=", ".join(SCHEMES))
        self._fs: Any = object_store(endpoint) if scheme == "s3" else fsspec.filesystem(scheme)
        self._root = path.rstrip("/") or "/"

    def put(self, source: IO[bytes], *, limit_bytes: int, suffix: str = "", on_bytes: OnBytes = _ignore) -> Blob:
        """Everything `source` gives. Raises ArchiveError: over the limit, no room; nothing stays behind then."""
        part = f"{self._root}/parts/{secrets.token_hex(16)}"
        try:
            sha256, size = self._copied(source, part, limit_bytes, on_bytes)
            place = f"{sha256[:2]}/{sha256}{suffix}"
            self._moved(part, self._path(place))
        except OSError as exc:
            raise ArchiveError("archive.no_room", why=(exc.strerror or type(exc).__name__)[:60]) from exc
        finally:
            with suppress(OSError):
                if self._fs.exists(part):
                    self._fs.rm_file(part)
        return Blob(place, sha256, size)

    def _copied(self, source: IO[bytes], part: str, limit_bytes: int, on_bytes: OnBytes) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        self._fs.makedirs(part.rsplit("/", 1)[0], exist_ok=True)
        with self._fs.open(part, "wb") as target:
            while chunk := source.read(CHUNK_BYTES):
                size += len(chunk)
                if size > limit_bytes:
                    raise ArchiveError("archive.too_large", limit_mib=limit_bytes // 2**20)
                digest.update(chunk)
                target.write(chunk)
                on_bytes(size)
        return digest.hexdigest(), size

    def _moved(self, part: str, target: str) -> None:
        if self._fs.exists(target):
            return
        self._fs.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
        self._fs.mv(part, target)

    def _path(self, place: str) -> str:
        if not _PLACE.fullmatch(place):
            raise NotThere("archive.not_there")
        return f"{self._root}/{place}"

    @contextmanager
    def open(self, place: str) -> Iterator[IO[bytes]]:
        """The blob, for reading and seeking. Raises NotThere."""
        try:
            with self._fs.open(self._path(place), "rb") as stream:
                yield stream
        except FileNotFoundError as exc:
            raise NotThere("archive.not_there") from exc

    def size(self, place: str) -> int:
        """Bytes. Raises NotThere."""
        try:
            return int(self._fs.size(self._path(place)))
        except FileNotFoundError as exc:
            raise NotThere("archive.not_there") from exc

    def remove(self, place: str) -> None:
        """Gone; no error when it was gone already."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(self._path(place))

    def places(self) -> Iterator[str]:
        """All blobs, and what a broken write left (`parts/...`): for the sweep that looks for orphans."""
        for path in self._fs.find(self._root):
            yield str(path).removeprefix(str(self._fs._strip_protocol(self._root))).lstrip("/")

    def settled(self, before: float) -> Iterator[str]:
        """Whole blobs that were written before then."""
        for place in self.places():
            if _PLACE.fullmatch(place) and self._fs.modified(self._path(place)).timestamp() < before:
                yield place

    def sweep_parts(self, older_than_s: float, now: float) -> int:
        """Removes what broken writes left behind; how many."""
        gone = 0
        for path in list(self._fs.find(f"{self._root}/parts")) if self._fs.exists(f"{self._root}/parts") else []:
            changed = self._fs.modified(path).timestamp()
            if now - changed >= older_than_s:
                self._fs.rm_file(path)
                gone += 1
        return gone
