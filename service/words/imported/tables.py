"""CTM and TSV.

CTM (NIST): `recording channel start duration word [confidence]`, `;;` comments, alternatives in `<ALT...>`.
Channels A and 1 are the first, B and 2 the second, when both occur; a lone one says nothing about tracks.

TSV: a header in any order (role or speaker, start or start_s, end or end_s, text, channel), or none and the four
columns role, start, end, text. Times are seconds, except in openai-whisper's own table (`start end text`, whole
milliseconds): it has no role column and only whole numbers, and a note says that this was understood. One line per
row, empty rows of text included, so that the index of a line is the index of its row.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from audio.notes import Note
from service.words.errors import UnreadableTranscript
from service.words.imported.limits import NO_TIME, ImportLimits, number, seconds
from service.words.imported.raw import RawLine, RawTranscript, RawWord, by_start, lines_of_words

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "role": ("role", "speaker", "party", "locuteur"),
    "start": ("start", "start_s", "start_time", "begin", "debut"),
    "end": ("end", "end_s", "end_time", "stop", "fin"),
    "start_ms": ("start_ms",),
    "end_ms": ("end_ms",),
    "text": ("text", "transcript", "words", "content", "texte"),
    "channel": ("channel", "canal"),
}
_PLAIN_ORDER = {"role": 0, "start": 1, "end": 2, "text": 3}
_CTM_TIME = r"[ \t]+-?[\d.]+(?:e-?\d+)?"
_CTM_ROW = re.compile(rf"\S+[ \t]+\S+{_CTM_TIME}{_CTM_TIME}[ \t]+\S+(?:[ \t]+\S+){{0,4}}\s*", re.I)
MAX_ROWS = ImportLimits().max_words + 1
"""Rows of a CTM held at once: one more than the words that are refused later."""
_CTM_CHANNELS = {"a": 0, "1": 0, "b": 1, "2": 1, "0": 0}


def looks_like_tsv(text: str) -> bool:
    """By a header that knows `text`, or a first row of role, two times and text."""
    row = next(_rows(text[:20_000]), [])
    return "text" in _header(row) or (len(row) >= 4 and number(row[1]) is not None and number(row[2]) is not None)


def looks_like_ctm(text: str) -> bool:
    """By its first rows."""
    head = [line for _, line in zip(range(5), _ctm_lines(text[:20_000]), strict=False)]
    return bool(head) and all(_CTM_ROW.fullmatch(line) or line.split()[2:3] == ["<ALT_BEGIN>"] for line in head[:3])


def read_tsv(text: str) -> RawTranscript:
    """One line per row."""
    first = next(_rows(text), [])
    columns = _header(first)
    has_header = "text" in columns
    rows = _rows(text)
    if has_header:
        next(rows)
    if has_header and _is_whisper(columns, text):
        note = Note("words.tsv_milliseconds")
        return RawTranscript(_tsv_lines(rows, columns, 0.001), keeps_empty=True, notes=(note,))
    return RawTranscript(_tsv_lines(rows, columns if has_header else _PLAIN_ORDER, 1.0), keeps_empty=True)


def read_whisper_tsv(text: str) -> RawTranscript:
    """openai-whisper's table, milliseconds."""
    rows = _rows(text)
    columns = _header(next(rows, []))
    return RawTranscript(_tsv_lines(rows, columns or {"start": 0, "end": 1, "text": 2}, 0.001), keeps_empty=True)


def read_ctm(text: str) -> RawTranscript:
    """Words of both channels as lines, in time order."""
    words_only = (line.split() for line in _ctm_lines(text) if _CTM_ROW.fullmatch(line))
    rows = list(islice(words_only, MAX_ROWS))
    recordings = {row[0] for row in rows}
    if len(recordings) > 1:
        raise UnreadableTranscript("words.ctm_many_recordings", n=len(recordings))
    channels = {row[1].lower() for row in rows}
    tracks = {c: _CTM_CHANNELS.get(c) if len(channels) > 1 else None for c in channels}
    if "0" in channels:
        tracks = {c: int(c) if c in ("0", "1") and len(channels) > 1 else None for c in channels}
    lines: list[RawLine] = []
    for channel in sorted(channels):
        words = (_ctm_word(row) for row in rows if row[1].lower() == channel and not row[4].startswith("<eps"))
        label = channel if tracks[channel] is None and len(channels) > 1 else ""
        lines += lines_of_words(_labelled(words, label), channel=tracks[channel])
    return RawTranscript(by_start(lines))


def _rows(text: str) -> Iterator[list[str]]:
    """Rows of a table, fields as they are; blank rows are none."""
    return (row.rstrip("\n").split("\t") for row in io.StringIO(text, newline=None) if row.strip())


def _header(row: Sequence[str]) -> dict[str, int]:
    """Where each known column is."""
    names = [field.strip().lower().lstrip("#").strip() for field in row]
    return {column: at for column, aliases in _COLUMNS.items() if (at := _first(names, aliases)) is not None}


def _first(names: Sequence[str], aliases: Iterable[str]) -> int | None:
    return next((i for i, name in enumerate(names) if name in aliases), None)


def _is_whisper(columns: Mapping[str, int], text: str) -> bool:
    """No role, and every time a whole number: milliseconds."""
    if set(columns) != {"start", "end", "text"}:
        return False
    rows = _rows(text)
    next(rows)
    times = [_field(row, columns, name).strip() for row in rows for name in ("start", "end")]
    return bool(times) and all(re.fullmatch(r"\d+", t) for t in times)


def _field(row: Sequence[str], columns: Mapping[str, int], name: str) -> str:
    at = columns.get(name)
    return row[at] if at is not None and at < len(row) else ""


def _tsv_lines(rows: Iterable[list[str]], columns: Mapping[str, int], unit_s: float) -> Iterator[RawLine]:
    text_is_last = columns["text"] == max(columns.values())
    for row in rows:
        text = " ".join(row[columns["text"] :]) if text_is_last else _field(row, columns, "text")
        channel = number(_field(row, columns, "channel"))
        yield RawLine(
            text,
            _field(row, columns, "role"),
            None if channel is None else int(channel),
            _time_s(row, columns, "start", unit_s),
            _time_s(row, columns, "end", unit_s),
        )


def _time_s(row: Sequence[str], columns: Mapping[str, int], name: str, unit_s: float) -> float | None:
    """Seconds; a decimal comma is understood."""
    if f"{name}_ms" in columns:
        name, unit_s = f"{name}_ms", 0.001
    field = _field(row, columns, name).strip()
    return seconds(field.replace(",", ".") or None, unit_s)


def _ctm_lines(text: str) -> Iterator[str]:
    return (line for line in io.StringIO(text, newline=None) if line.strip() and not line.startswith(";;"))


def _ctm_word(row: Sequence[str]) -> RawWord:
    start_s, duration_s = seconds(row[2]), seconds(row[3])
    end_s = NO_TIME if start_s is None or duration_s is None else round(start_s + duration_s, 6)
    return RawWord(row[4], start_s, end_s, number(row[5]) if len(row) > 5 else None)


def _labelled(words: Iterable[RawWord], label: str) -> Iterator[RawWord]:
    return (RawWord(w.text, w.start_s, w.end_s, w.confidence, label) for w in words)
