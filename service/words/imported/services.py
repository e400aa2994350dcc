"""JSON of transcription services: Amazon Transcribe, Amazon Transcribe Call Analytics, Deepgram.

    Transcribe      results.items: pronunciation and punctuation, times as text; speakers in `speaker_label` of the
                    item, or in results.speaker_labels; tracks in results.channel_labels.channels (`ch_0`)
    Call Analytics  Transcript: utterances with ParticipantRole, BeginOffsetMillis and Items
    Deepgram        results.channels[].alternatives[0].words, `speaker` by number when diarized
Lists of words become lines where the speaker changes or is silent for a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from service.words.imported.limits import number, record, records, seconds
from service.words.imported.raw import RawLine, RawTranscript, RawWord, by_start, lines_of_words

MS = 0.001
_CHANNEL = re.compile(r"ch_(\d{1,2})")


def kind_of_service(content: object) -> str | None:
    """Which service wrote it, by the keys it always has."""
    about = record(content)
    results = record(about.get("results"))
    if isinstance(results.get("channels"), list):
        return "deepgram"
    if isinstance(results.get("items"), list) or "channel_labels" in results:
        return "amazon-transcribe"
    utterances = records(about.get("Transcript"))
    if utterances and any("ParticipantRole" in u or "BeginOffsetMillis" in u for u in utterances[:3]):
        return "amazon-call-analytics"
    return None


def read_amazon_transcribe(content: object) -> RawTranscript:
    """Tracks when there are several, else the items with their speakers."""
    results = record(record(content).get("results"))
    channels = records(record(results.get("channel_labels")).get("channels"))
    language = results.get("language_code")
    if channels:
        lines = [line for c in channels for line in _track(c)]
        return RawTranscript(by_start(lines), language=language)
    speakers = _speakers_by_start(results)
    words = _transcribe_words(records(results.get("items")), speakers)
    return RawTranscript(lines_of_words(words), language=language)


def read_call_analytics(content: object) -> RawTranscript:
    """One line per utterance, the role as its speaker."""
    about = record(content)
    lines = (_utterance(u) for u in records(about.get("Transcript")))
    return RawTranscript(by_start(lines), language=about.get("LanguageCode"))


def read_deepgram(content: object) -> RawTranscript:
    """The first alternative of each track."""
    channels = records(record(record(content).get("results")).get("channels"))
    several = len(channels) > 1
    lines = [line for i, c in enumerate(channels) for line in _deepgram_track(c, i if several else None)]
    language = next((c["detected_language"] for c in channels if c.get("detected_language")), None)
    return RawTranscript(by_start(lines), language=language)


def _track(channel: dict[str, Any]) -> Iterator[RawLine]:
    match = _CHANNEL.fullmatch(str(channel.get("channel_label")))
    words = _transcribe_words(records(channel.get("items")), {})
    for line in lines_of_words(words, channel=int(match.group(1)) if match else None):
        yield replace(line, speaker=str(channel.get("channel_label") or ""))


def _speakers_by_start(results: dict[str, Any]) -> dict[str, str]:
    """Older files name speakers only in a list of their own, item by item, known by start time."""
    segments = records(record(results.get("speaker_labels")).get("segments"))
    return {
        str(item.get("start_time")): str(item.get("speaker_label") or segment.get("speaker_label") or "")
        for segment in segments
        for item in records(segment.get("items"))
    }


def _transcribe_words(items: Iterable[dict[str, Any]], speakers: dict[str, str]) -> Iterator[RawWord]:
    """Words, with the punctuation that follows them."""
    pending: RawWord | None = None
    for item in items:
        best = next(iter(records(item.get("alternatives"))), {})
        content = best.get("content")
        if item.get("type") == "punctuation":
            pending = _joined(pending, content)
            continue
        if pending is not None:
            yield pending
        start = item.get("start_time")
        speaker = item.get("speaker_label") or speakers.get(str(start)) or ""
        confidence = number(best.get("confidence"))
        pending = RawWord(content, seconds(start), seconds(item.get("end_time")), confidence, str(speaker))
    if pending is not None:
        yield pending


def _joined(word: RawWord | None, mark: object) -> RawWord | None:
    if word is None or not isinstance(mark, str):
        return word
    return replace(word, text=f"{word.text}{mark}")


def _utterance(utterance: dict[str, Any]) -> RawLine:
    words: list[RawWord] = []
    for item in records(utterance.get("Items")):
        content = item.get("Content")
        if words and isinstance(content, str) and not re.search(r"\w", content):
            words[-1] = replace(words[-1], text=f"{words[-1].text}{content}")
            continue
        start_s, end_s = seconds(item.get("BeginOffsetMillis"), MS), seconds(item.get("EndOffsetMillis"), MS)
        words.append(RawWord(content, start_s, end_s, number(item.get("Confidence"))))
    return RawLine(
        utterance.get("Content"),
        utterance.get("ParticipantRole") or "",
        None,
        seconds(utterance.get("BeginOffsetMillis"), MS),
        seconds(utterance.get("EndOffsetMillis"), MS),
        tuple(words),
    )


def _deepgram_track(channel: dict[str, Any], index: int | None) -> Iterator[RawLine]:
    best = next(iter(records(channel.get("alternatives"))), {})
    words = [_deepgram_word(w) for w in records(best.get("words"))]
    if words:
        yield from lines_of_words(words, channel=index)
    elif best.get("transcript"):
        yield RawLine(best.get("transcript"), "", index)


def _deepgram_word(word: dict[str, Any]) -> RawWord:
    speaker = word.get("speaker")
    label = f"speaker_{speaker}" if isinstance(speaker, int) and not isinstance(speaker, bool) else ""
    text = word.get("punctuated_word") or word.get("word")
    return RawWord(text, seconds(word.get("start")), seconds(word.get("end")), number(word.get("confidence")), label)
