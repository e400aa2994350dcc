"""Packs from disk: the built-in ones of a language, or one file of the user's."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path

from service.scoring.evidence import Language
from service.words.rules.pack import Pack
from service.words.rules.reading import read_fields, read_file
from service.words.rules.schema import build_pack


@lru_cache(maxsize=4)
def load_pack(language: Language) -> Pack:
    """The built-in pack of a language: all files of its folder, in the order of their names. Read once."""
    folder = resources.files("service.words") / "packs" / language
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return build_pack([read_fields(f.read_bytes(), f"{language}/{f.name}") for f in files])


def load_pack_file(path: Path) -> Pack:
    """A pack of one file. Raises PackError: one sentence with file name, line and key."""
    return build_pack([read_file(path)])
