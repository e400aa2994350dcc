"""Packs from disk: the built-in ones of a language, a file or a folder of the user's, and which a call gets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

from service.scoring.evidence import Language
from service.words.rules.errors import PackError, shown
from service.words.rules.pack import Pack
from service.words.rules.reading import Field, read_fields, read_file
from service.words.rules.schema import build_pack, joined

MAX_FILES = 50
MAX_ENTRIES = 1_000
"""Most names a pack's folder may hold: one of thousands is a wrong folder, not a pack."""
MAX_FOLDER_BYTES = 5_000_000
BUILT_IN: dict[str, Language] = {"fr": "fr", "en": "en"}


@lru_cache(maxsize=4)
def load_pack(language: Language) -> Pack:
    """The built-in pack of a language: all files of its folder, in the order of their names. Read once."""
    folder = resources.files("service.words") / "packs" / language
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return build_pack([read_fields(f.read_bytes(), f"{language}/{f.name}") for f in files])


def load_pack_file(path: Path) -> Pack:
    """A pack of one file. Raises PackError: one sentence with file name, line and key."""
    return build_pack([read_file(path)])


def load_pack_folder(folder: Path) -> Pack:
    """A pack of all `.yaml` and `.yml` files of a folder (not of folders in it), in the order of their names."""
    return build_pack(_read_all(_pack_files(folder), shown(folder.name)))


def named_pack(name: str) -> Pack:
    """`fr` or `en` for the built-in packs, else a file or a folder of the user's. Raises PackError."""
    if name in BUILT_IN:
        return load_pack(BUILT_IN[name])
    return load_pack_folder(Path(name)) if os.path.isdir(name) else load_pack_file(Path(name))


def packs_of(language: Language, own: Sequence[Pack] = ()) -> tuple[Pack, ...]:
    """The packs for a call: those of the user's own in its language, and the built-in one of that language.

    One of the user's with the built-in pack's id takes its place. The user's come first: of two rules that find the
    same words alike, theirs names the act. Raises PackError when two of the user's share an id.
    """
    spoken = tuple(p for p in own if p.language == language)
    ids = [p.id for p in spoken]
    twice = next((i for n, i in enumerate(ids) if i in ids[:n]), None)
    if twice is not None:
        raise PackError("acts.pack_same_id", value=twice)
    built_in = load_pack(language)
    return spoken if built_in.id in ids else (*spoken, built_in)


def together(packs: Sequence[Pack]) -> Pack:
    """Packs of one language as one. Raises PackError when their acts look at each other in a circle."""
    return packs[0] if len(packs) == 1 else joined(packs)


def _pack_files(folder: Path) -> list[Path]:
    """Looks at no more names than a pack's folder may hold."""
    found: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for n, entry in enumerate(entries):
                if n >= MAX_ENTRIES:
                    raise PackError("acts.pack_folder_too_full", file=shown(folder.name), limit=MAX_ENTRIES)
                if entry.name.endswith((".yaml", ".yml")):
                    found.append(Path(entry.path))
    except OSError:
        raise PackError("acts.pack_unreadable", file=shown(folder.name)) from None
    if not found:
        raise PackError("acts.pack_folder_empty", file=shown(folder.name))
    if len(found) > MAX_FILES:
        raise PackError("acts.pack_too_many_files", file=shown(folder.name), limit=MAX_FILES)
    return sorted(found, key=lambda path: path.name)


def _read_all(files: Sequence[Path], folder: str) -> list[Field]:
    fields, n_bytes = [], 0
    for path in files:
        n_bytes += _size(path)
        if n_bytes > MAX_FOLDER_BYTES:
            raise PackError("acts.pack_folder_too_large", file=folder, limit_mb=MAX_FOLDER_BYTES // 1_000_000)
        fields.append(read_file(path))
    return fields


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        raise PackError("acts.pack_unreadable", file=shown(path.name)) from None
