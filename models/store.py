"""The folder of model weights. `fetch` is the only code of timbre that downloads anything.

Each model lies in its own folder `<store>/<name>/` with a `manifest.json`: repository, revision and the sha256
of every file, written after the download is whole. A folder given by path is used as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.cards import ModelCard, read_cards
from models.errors import DamagedWeights, FetchFailed, MissingWeights, UnknownModel

MANIFEST = "manifest.json"
WEIGHTS = "model.bin"
FILES = ["config.json", "preprocessor_config.json", WEIGHTS, "tokenizer.json", "vocabulary.*"]
_BLOCK = 2**20

Download = Callable[[ModelCard, Path], None]


@dataclass(frozen=True)
class StoreRow:
    """A card, and whether its weights are here."""

    card: ModelCard
    present: bool


@dataclass(frozen=True)
class Verified:
    """A model whose files all match their checksums."""

    name: str
    n_files: int


def file_sha256(path: Path) -> str:
    """Checksum of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def download_from_hub(card: ModelCard, folder: Path) -> None:
    """The real download, at the pinned revision."""
    import logging

    from huggingface_hub import snapshot_download

    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)  # the person gets one sentence, not its retries
    try:
        snapshot_download(card.repository, revision=card.revision, local_dir=folder, allow_patterns=FILES, token=False)
    except Exception as exc:  # the hub's errors share no base class below Exception
        raise FetchFailed("store.fetch_failed", name=card.name, kind=type(exc).__name__) from exc


class ModelStore:
    """Weights by name under one folder."""

    def __init__(self, folder: Path, *, download: Download = download_from_hub) -> None:
        self.folder = folder
        self._download = download
        self._cards = read_cards()

    def find(self, name: str) -> Path | None:
        """Folder of a fetched model, or of weights given by path; None when they are not here."""
        if name in self._cards:
            folder = self.folder / name
            return folder if os.path.isfile(folder / MANIFEST) else None
        given = Path(name)
        return given if os.path.isfile(given / WEIGHTS) else None

    def require(self, name: str) -> Path:
        """Like `find`, with a clear error: unknown name, or the command that fetches it."""
        folder = self.find(name)
        if folder is not None:
            return folder
        if name in self._cards:
            raise MissingWeights("store.missing", name=name)
        raise UnknownModel("store.unknown", name=name[-60:], known=", ".join(self._cards))

    def rows(self) -> list[StoreRow]:
        """Every card, and whether it is here."""
        return [StoreRow(card, self.find(name) is not None) for name, card in self._cards.items()]

    def fetch(self, name: str) -> ModelCard:
        """Download a model's weights, whole or not at all, and keep their checksums."""
        if name not in self._cards:
            raise UnknownModel("store.unknown", name=name[-60:], known=", ".join(self._cards))
        card = self._cards[name]
        if self.find(name) is not None:
            self.verify(name)
            return card
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".fetch-") as temporary:
            fresh = Path(temporary) / name
            self._download(card, fresh)
            self._seal(card, fresh)
            shutil.rmtree(self.folder / name, ignore_errors=True)
            fresh.rename(self.folder / name)
        return card

    def _seal(self, card: ModelCard, folder: Path) -> None:
        """Check the large file against the card where we know its checksum, then write the manifest."""
        shutil.rmtree(folder / ".cache", ignore_errors=True)
        if not (folder / WEIGHTS).is_file():
            raise FetchFailed("store.fetch_incomplete", name=card.name)
        sums = {f.name: file_sha256(f) for f in sorted(folder.iterdir()) if f.is_file()}
        if card.weights_sha256 and sums[WEIGHTS] != card.weights_sha256:
            raise DamagedWeights("store.damaged", name=card.name, file=WEIGHTS)
        manifest = {"repository": card.repository, "revision": card.revision, "sha256": sums}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")

    def verify(self, name: str | None = None) -> list[Verified]:
        """Compare every file of the fetched models (of one, or of all) with its kept checksum.

        The large file must be among them, and be the one we know where its card has a checksum.
        """
        if name is not None:
            return [self._verify_one(name, self.require(name))]
        return [self._verify_one(n, folder) for n in self._cards if (folder := self.find(n)) is not None]

    def _verify_one(self, name: str, folder: Path) -> Verified:
        sums = _manifest(folder, name).get("sha256")
        if not isinstance(sums, dict) or WEIGHTS not in sums:
            raise DamagedWeights("store.no_manifest", name=name[-60:])
        card = self._cards.get(name)
        if card is not None and card.weights_sha256 and sums[WEIGHTS] != card.weights_sha256:
            raise DamagedWeights("store.damaged", name=name[-60:], file=WEIGHTS)
        for file, expected in sums.items():
            path = folder / Path(file).name
            if not os.path.isfile(path) or file_sha256(path) != expected:
                raise DamagedWeights("store.damaged", name=name[-60:], file=Path(file).name[:60])
        return Verified(name, len(sums))


def _manifest(folder: Path, name: str) -> dict[str, Any]:
    try:
        with (folder / MANIFEST).open("rb") as stream:
            content = json.loads(stream.read(_BLOCK))
    except (OSError, ValueError, RecursionError) as exc:
        raise DamagedWeights("store.no_manifest", name=name[-60:]) from exc
    if not isinstance(content, dict):
        raise DamagedWeights("store.no_manifest", name=name[-60:])
    return content


def revision_of(folder: Path) -> str:
    """The pinned revision of fetched weights, shortened; for weights without manifest, of their own checksum."""
    if os.path.isfile(folder / MANIFEST):
        revision = _manifest(folder, folder.name).get("revision")
        if not isinstance(revision, str):
            raise DamagedWeights("store.no_manifest", name=folder.name[-60:])
        return revision[:12]
    return f"sha256:{file_sha256(folder / WEIGHTS)[:12]}"
