"""A transcript as it came: lines with a speaker label, before roles and before it meets the sound."""

from __future__ import annotations

from dataclasses import dataclass

from audio.notes import Note
from audio.timeline import Span, Word


@dataclass(frozen=True)
class Line:
    """One line. `speaker`: the file's own label ("agent", "spk_0", "ch_1", "medecin", "" when it has none).

    `channel`: 0-based track when the format names one. `words`: with times when the format has them.
    `span` is None in formats without line times (plain turn lists).
    """

    text: str
    speaker: str = ""
    channel: int | None = None
    span: Span | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """`source` names the format; `language` is what the file says of itself (`fr`, `en`) or None."""

    lines: tuple[Line, ...]
    source: str
    language: str | None = None
    notes: tuple[Note, ...] = ()
