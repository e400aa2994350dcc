"""JSON of the Whisper family: openai-whisper, whisperX, faster-whisper dumps, whisper-timestamped.

All have segments with start, end and text, and maybe words; they differ in names:
    openai-whisper       words: word, probability; language beside the segments
    whisperX             words: word, score, speaker, and no start where alignment failed; segment speaker
    whisper-timestamped  words: text, confidence; segment confidence
    faster-whisper       a list of segments (objects, or plain lists from its older named tuples), or `segments`
Words of several speakers in one segment make several lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from service.words.imported.limits import number, record, records, seconds
from service.words.imported.raw import RawLine, RawTranscript, RawWord, extent_s

_OLD_TUPLE = ("id", "seek", "start", "end", "text")
_OLD_WORD = ("start", "end", "word", "probability")


def segments_of(content: object) -> list[dict[str, Any]]:
    """The segments, as objects; [] when there are none."""
    listed = content if isinstance(content, list) else record(content).get("segments")
    if not isinstance(listed, list):
        return []
    return [found for item in listed if (found := _as_segment(item)) is not None]


def kind_of(content: object) -> str | None:
    """Which of the family wrote it; None when nothing looks like segments with text and times."""
    segments = segments_of(content)[:50]
    if not segments or not all("text" in s and "start" in s and "end" in s for s in segments[:1]):
        return None
    words = [w for s in segments for w in records(s.get("words"))]
    if "word_segments" in record(content) or any("speaker" in s for s in segments) or any("score" in w for w in words):
        return "whisperx"
    if any("text" in w for w in words) or any("confidence" in s for s in segments):
        return "whisper-timestamped"
    if isinstance(content, list) or "text" not in record(content):
        return "faster-whisper"
    return "whisper"


def read_whisper(content: object) -> RawTranscript:
    """Any of the family."""
    about = record(content)
    info = record(about.get("info"))
    language = about.get("language") or info.get("language")
    return RawTranscript((line for s in segments_of(content) for line in _lines(s)), language=language)


def _as_segment(item: object) -> dict[str, Any] | None:
    if isinstance(item, dict):
        return item
    if not isinstance(item, list) or len(item) < len(_OLD_TUPLE) or not isinstance(item[4], str):
        return None
    words = next((v for v in reversed(item[5:]) if isinstance(v, list) and v and isinstance(v[0], list)), [])
    named = [dict(zip(_OLD_WORD, w, strict=False)) for w in words if isinstance(w, list)]
    return {**dict(zip(_OLD_TUPLE, item, strict=False)), "words": named}


def _lines(segment: dict[str, Any]) -> Iterator[RawLine]:
    start_s, end_s = seconds(segment.get("start")), seconds(segment.get("end"))
    label = segment.get("speaker") or ""
    words = tuple(_word(w) for w in records(segment.get("words")))
    runs = [(speaker, tuple(run)) for speaker, run in groupby(_with_speakers(words, label), key=lambda w: w.speaker)]
    if len(runs) <= 1:
        speaker = runs[0][0] if runs else label
        yield RawLine(segment.get("text"), speaker or label, None, start_s, end_s, words)
        return
    for speaker, run in runs:
        first_s, last_s = extent_s(run)
        yield RawLine("", speaker, None, start_s if first_s is None else first_s, last_s or end_s, run)


def _with_speakers(words: tuple[RawWord, ...], label: object) -> list[RawWord]:
    """Words that name no speaker are the one's before them."""
    last = str(label) if any(w.speaker for w in words) else ""
    placed = []
    for word in words:
        last = word.speaker or last
        placed.append(RawWord(word.text, word.start_s, word.end_s, word.confidence, last))
    return placed


def _word(word: dict[str, Any]) -> RawWord:
    confidence = next((word[k] for k in ("probability", "score", "confidence") if k in word), None)
    speaker = word.get("speaker")
    return RawWord(
        word.get("word", word.get("text")),
        seconds(word.get("start")),
        seconds(word.get("end")),
        number(confidence),
        speaker if isinstance(speaker, str) else "",
    )
