"""WebVTT and SRT.

WebVTT: https://www.w3.org/TR/webvtt1/. Header lines (`Language: fr`), NOTE, STYLE and REGION blocks, cue ids and
settings, voice tags `<v Agent>`, entities. Only tags of WebVTT are taken away: anything else in angle brackets is
text somebody typed, and stays text.
SRT has no standard: a number, a line with `-->`, text. Both may name speakers as `Agent: ...` or `[Agent]: ...`;
that is believed when the label names a party, or when such labels come back all through the file.
"""

from __future__ import annotations

import html
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from service.words.imported.raw import RawLine, RawTranscript
from service.words.parties import party_of

_TIME = r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*(-?){_TIME}\s*-->\s*(-?){_TIME}(?:\s.*)?$")
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?(?:[ \t]+([^<>]{0,200}))?>")
_VTT_TAG = re.compile(
    r"</?(?:c|i|b|u|ruby|rt|lang|v)(?:\.[^\s<>]{0,100})?(?:[ \t][^<>]{0,200})?>|<\d{1,4}:[\d:]{2,8}\.\d{1,3}>"
)
_SRT_TAG = re.compile(r"</?(?:i|b|u|font)(?: [^<>]{0,200})?>|\{\\[^{}]{0,100}\}", re.I)
_BRACKETED, _PLAIN = r"\[([^\]\n:]{1,60})\]\s*:?", r"([^\W\d_][^:\n<>\[\]?!,;]{0,39}?)\s*:"
_PREFIX = re.compile(rf"\s*(?:>>\s*)?(?:{_BRACKETED}|{_PLAIN})(?:\s+|$)(.*)", re.S)
MAX_LABEL_WORDS = 4
BELIEVED_SHARE = 0.5
"""A label that names no party is believed when at least this share of the cues carry one."""


@dataclass
class _Cue:
    start_s: float | None
    end_s: float | None
    payload: list[str]


def looks_like_webvtt(text: str) -> bool:
    """By its signature."""
    return re.match(r"\ufeff?WEBVTT(?:[ \t\r\n]|$)", text) is not None


def looks_like_srt(text: str) -> bool:
    """By a timing line with arrow among the first lines that hold anything."""
    head = [line for line in text[:4000].splitlines() if line.strip()][:4]
    return any("-->" in line and _TIMING.match(line) for line in head)


def read_webvtt(text: str) -> RawTranscript:
    """Cues; a cue with several voices gives one line each, with the cue's times."""
    header = re.match(r"[^\n]*(?:\r?\n(?!\r?\n)(?![^\n]*-->)[^\n]*){0,20}", text)
    language = re.search(r"^Language:[ \t]*([\w-]{2,20})[ \t]*\r?$", header.group() if header else "", re.M | re.I)
    lines = (line for cue in _vtt_cues(text) for line in _voices(cue))
    return RawTranscript(_with_prefixes(lines), language=language.group(1) if language else None)


def read_srt(text: str) -> RawTranscript:
    """Cues; the text of a cue goes on until the next timing line and its number."""
    return RawTranscript(_with_prefixes(_srt_line(cue) for cue in _srt_cues(text)))


def _stripped(text: str) -> Iterator[str]:
    return (line.rstrip("\n") for line in io.StringIO(text, newline=None))


def _vtt_cues(text: str) -> Iterator[_Cue]:
    """Blocks between blank lines; what comes before a block's timing line is its id, or a NOTE."""
    cue: _Cue | None = None
    for line in _stripped(text):
        if not line.strip():
            if cue:
                yield cue
            cue = None
        elif "-->" in line and (cue is None or _TIMING.match(line)):
            if cue:
                yield cue
            cue = _timed(line)
        elif cue is not None:
            cue.payload.append(line)
    if cue:
        yield cue


def _srt_cues(text: str) -> Iterator[_Cue]:
    cue: _Cue | None = None
    for line in _stripped(text):
        if "-->" in line and (cue is None or re.match(r"\s*-?[\d:.,]+\s*-->", line)):
            if cue:
                yield _without_next_number(cue)
            cue = _timed(line)
        elif cue is not None and line.strip():
            cue.payload.append(line)
    if cue:
        yield cue


def _without_next_number(cue: _Cue) -> _Cue:
    """The number above the next timing line was read as this cue's last line."""
    if cue.payload and cue.payload[-1].strip().isdigit():
        cue.payload.pop()
    return cue


def _timed(line: str) -> _Cue:
    """A cue from its timing line; an unreadable time is backward, so that it is counted as bad later."""
    match = _TIMING.match(line)
    if match is None:
        return _Cue(0.0, -1.0, [])
    parts = match.groups()
    return _Cue(_seconds(parts[:5]), _seconds(parts[5:]), [])


def _seconds(parts: tuple[str | None, ...]) -> float:
    sign, hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    found = round(whole + float(f"0.{fraction or 0}"), 3)
    return -found if sign else found


def _voices(cue: _Cue) -> Iterator[RawLine]:
    """One line per voice of the cue, tags taken away and entities read."""
    payload = "\n".join(cue.payload)
    first, *rest = _VOICE.split(payload)
    pairs = [("", first), *zip(rest[::2], rest[1::2], strict=True)]
    for speaker, text in pairs:
        plain = html.unescape(_VTT_TAG.sub("", text))
        if plain.strip():
            yield RawLine(plain, html.unescape(speaker or ""), None, cue.start_s, cue.end_s)


def _srt_line(cue: _Cue) -> RawLine:
    return RawLine(_SRT_TAG.sub("", "\n".join(cue.payload)), "", None, cue.start_s, cue.end_s)


def _with_prefixes(lines: Iterator[RawLine]) -> Iterator[RawLine]:
    """`Agent: text` into speaker and text, where the file's labels are to be believed.

    The labels are counted over the first cues only, so that a huge file is still read piece by piece.
    """
    first = [line for _, line in zip(range(500), lines, strict=False)]
    believed = _believed_labels(first)
    for line in first:
        yield from _split_prefix(line, believed)
    for line in lines:
        yield from _split_prefix(line, believed)


def _believed_labels(lines: list[RawLine]) -> bool:
    """True when labels that name no party come back all through the file."""
    found = [_prefix(row) for line in lines if not line.speaker for row in str(line.text).splitlines()[:1]]
    labels = Counter(label for pair in found if pair for label in [pair[0]])
    return labels.total() >= BELIEVED_SHARE * len(found) and labels.total() > len(labels)


def _prefix(row: str) -> tuple[str, str] | None:
    match = _PREFIX.match(row)
    if match is None:
        return None
    label = (match.group(1) or match.group(2)).strip()
    return (label, match.group(3)) if 0 < len(label.split()) <= MAX_LABEL_WORDS else None


def _names_somebody(label: str) -> bool:
    """True for `Client`, `Agent 2`, `SPEAKER_00`; not for a clause with a colon (`mon client : ...`)."""
    return party_of(label.split()[0]) != "unknown" or label.upper().startswith("SPEAKER_")


def _split_prefix(line: RawLine, believed: bool) -> Iterator[RawLine]:
    """The line, cut where another speaker's label begins a row of the cue."""
    if line.speaker:
        yield line
        return
    speaker, rows = "", list[str]()
    for row in str(line.text).split("\n"):
        pair = _prefix(row)
        if pair and (believed or _names_somebody(pair[0])):
            if rows:
                yield replace(line, text=" ".join(rows), speaker=speaker)
            speaker, row = pair
            rows = []
        rows.append(row)
    yield replace(line, text=" ".join(rows), speaker=speaker)
