"""How much of a transcript is read, and how its bytes become text."""

from __future__ import annotations

import codecs
import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio.notes import Note
from service.words.errors import TranscriptOverLimit, UnreadableTranscript


@dataclass(frozen=True)
class ImportLimits:
    """A four-hour call has about 40,000 words; a JSON file with every detail of it some 15 MB."""

    max_bytes: int = 50_000_000
    max_lines: int = 100_000
    max_words: int = 200_000
    max_values: int = 8_000_000
    """JSON values: as objects they take far more memory than their bytes."""


_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MAX_NUL_SHARE = 0.01
_DELETED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SPACE = re.compile("[ \t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]+")


def read_bytes(path: Path, limits: ImportLimits) -> bytes:
    """The file, when it is one and small enough."""
    try:
        if not os.path.isfile(path):
            raise UnreadableTranscript("words.no_such_file")
        with path.open("rb") as stream:
            data = stream.read(limits.max_bytes + 1)
    except OSError as exc:
        raise UnreadableTranscript("words.cannot_read") from exc
    if len(data) > limits.max_bytes:
        raise TranscriptOverLimit("words.too_large", limit_mb=limits.max_bytes / 1e6)
    if not data.strip():
        raise UnreadableTranscript("words.empty_file")
    return data


def decode_text(data: bytes) -> tuple[str, tuple[Note, ...]]:
    """Text by its byte order mark, else UTF-8, else Windows-1252 with a note. Binary files are refused."""
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    notes: tuple[Note, ...] = ()
    if encoding is not None:
        text = data.decode(encoding, errors="replace")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text, notes = data.decode("cp1252", errors="replace"), (Note("words.not_utf8"),)
    if text.count("\x00") > MAX_NUL_SHARE * len(text):
        raise UnreadableTranscript("words.not_text")
    return text, notes


def parse_json(text: str, limits: ImportLimits) -> Any:
    """The content of a JSON file; never nested or numerous enough to hurt."""
    if sum(map(text.count, ",[{")) > limits.max_values:
        raise TranscriptOverLimit("words.too_many_values", limit=limits.max_values)
    try:
        return json.loads(text)
    except RecursionError as exc:
        raise TranscriptOverLimit("words.nested_too_deep") from exc
    except ValueError as exc:
        raise UnreadableTranscript("words.broken_json") from exc


def clean(text: object) -> str:
    """Text on one line, without control, zero-width, direction and lone surrogate characters; "" for no text."""
    if not isinstance(text, str):
        return ""
    return _SPACE.sub(" ", _DELETED.sub("", text)).strip()


def number(value: object) -> float | None:
    """A finite number, from a number or its text; None otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


NO_TIME = float("-inf")
"""Stands for a time that is given but is none, so that it is counted later; None: no time was given."""


def seconds(value: object, unit_s: float = 1.0) -> float | None:
    """A time in seconds; None when the file gives none, NO_TIME when what it gives is none."""
    if value is None:
        return None
    found = number(value)
    return NO_TIME if found is None else round(found * unit_s, 6)


def records(value: object) -> list[dict[str, Any]]:
    """The objects of a JSON list; [] when it is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def record(value: object) -> dict[str, Any]:
    """A JSON object; {} when it is none."""
    return value if isinstance(value, dict) else {}
