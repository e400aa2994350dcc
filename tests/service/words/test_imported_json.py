from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from faster_whisper.transcribe import Segment
from faster_whisper.transcribe import Word as WhisperWord

from audio.timeline import Span, Word
from service.words.imported import read_transcript
from service.words.transcript import Line, Transcript


def read(tmp_path: Path, content: Any, *, format: str | None = None) -> Transcript:
    path = tmp_path / "call.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return read_transcript(path, format=format)


def times(line: Line) -> list[tuple[str, float, float]]:
    return [(w.text, w.span.start_s, w.span.end_s) for w in line.words]


OPENAI = {
    "text": " Bonjour à tous. Merci.",
    "segments": [
        {
            **{
                "id": 0,
                "seek": 0,
                "start": 0.5,
                "end": 1.5,
                "text": " Bonjour à tous.",
                "tokens": [1],
                "avg_logprob": -0.2,
            },
            "words": [
                {"word": " Bonjour", "start": 0.5, "end": 0.9, "probability": 0.9},
                {"word": " à", "start": 0.9, "end": 1.0, "probability": 0.8},
                {"word": " tous.", "start": 1.0, "end": 1.5, "probability": 0.7},
            ],
        },
        {"id": 1, "seek": 0, "start": 2.0, "end": 2.5, "text": " Merci.", "tokens": [2]},
    ],
    "language": "fr",
}


def test_openai_whisper(tmp_path: Path):
    transcript = read(tmp_path, OPENAI)
    assert (transcript.source, transcript.language) == ("whisper", "fr")
    first, second = transcript.lines
    assert times(first) == [("Bonjour", 0.5, 0.9), ("à", 0.9, 1.0), ("tous.", 1.0, 1.5)]
    assert [w.confidence for w in first.words] == [0.9, 0.8, 0.7]
    assert second == Line("Merci.", span=Span(2.0, 2.5))


def test_whisperx_words_without_start_lie_between_their_neighbours(tmp_path: Path):
    words = [
        {"word": "le", "start": 1.0, "end": 1.2, "score": 0.9, "speaker": "SPEAKER_00"},
        {"word": "12"},
        {"word": "mai", "start": 2.0, "end": 2.4, "score": 0.8, "speaker": "SPEAKER_00"},
        {"word": "oui", "start": 2.5, "end": 2.9, "score": 0.8, "speaker": "SPEAKER_01"},
    ]
    segment = {"start": 1.0, "end": 2.9, "text": " le 12 mai oui", "words": words, "speaker": "SPEAKER_00"}
    transcript = read(tmp_path, {"segments": [segment], "word_segments": words})
    assert transcript.source == "whisperx"
    assert [(line.speaker, line.text) for line in transcript.lines] == [
        ("SPEAKER_00", "le 12 mai"),
        ("SPEAKER_01", "oui"),
    ]
    assert transcript.lines[0].words[1] == Word("12", Span(1.2, 2.0), time_is_estimated=True)
    assert not transcript.lines[0].words[0].time_is_estimated


def faster_segment() -> Segment:
    return Segment(
        id=1,
        seek=0,
        start=0.0,
        end=1.0,
        text=" hello there",
        tokens=[1, 2],
        avg_logprob=-0.3,
        compression_ratio=1.0,
        no_speech_prob=0.0,
        words=[WhisperWord(0.0, 0.4, " hello", 0.9), WhisperWord(0.4, 1.0, " there", 0.8)],
        temperature=0.0,
    )


def test_faster_whisper_dumps_of_its_own_types(tmp_path: Path):
    new = asdict(faster_segment())
    old = [
        1,
        0,
        0.0,
        1.0,
        " hello there",
        [1, 2],
        0.0,
        -0.3,
        1.0,
        0.0,
        [[0.0, 0.4, " hello", 0.9], [0.4, 1.0, " there", 0.8]],
    ]
    for content in ([new], {"segments": [new], "info": {"language": "en"}}, [old]):
        transcript = read(tmp_path, content)
        assert transcript.source == "faster-whisper"
        assert times(transcript.lines[0]) == [("hello", 0.0, 0.4), ("there", 0.4, 1.0)]
    assert read(tmp_path, {"segments": [new], "info": {"language": "en"}}).language == "en"


def test_whisper_timestamped(tmp_path: Path):
    words = [{"text": "Bonjour", "start": 0.1, "end": 0.6, "confidence": 0.95}]
    segment = {"id": 0, "start": 0.1, "end": 0.6, "text": " Bonjour", "confidence": 0.9, "words": words}
    transcript = read(tmp_path, {"text": " Bonjour", "segments": [segment], "language": "french"})
    assert (transcript.source, transcript.language) == ("whisper-timestamped", "fr")
    assert transcript.lines[0].words == (Word("Bonjour", Span(0.1, 0.6), 0.95),)


def item(content: str, start: str = "", end: str = "", **more: str) -> dict[str, Any]:
    if not start:
        return {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": content}]}
    spoken = {"type": "pronunciation", "alternatives": [{"confidence": "0.9", "content": content}]}
    return {**spoken, "start_time": start, "end_time": end, **more}


def transcribe(**results: Any) -> dict[str, Any]:
    found = {"transcripts": [{"transcript": "..."}], "language_code": "en-US", **results}
    return {"jobName": "job", "accountId": "1", "status": "COMPLETED", "results": found}


def test_amazon_transcribe_speaker_labels_in_items_or_apart(tmp_path: Path):
    bare = [item("Hello", "0.1", "0.5"), item(","), item("hi", "0.6", "0.9"), item("Yes", "1.0", "1.2")]
    labels = ["spk_0", "spk_0", "spk_1"]
    spoken = [i for i in bare if "start_time" in i]
    segments = [
        {"speaker_label": s, "items": [{"start_time": i["start_time"], "speaker_label": s}]}
        for i, s in zip(spoken, labels, strict=True)
    ]
    inline = [item("Hello", "0.1", "0.5", speaker_label="spk_0"), item(",")]
    inline += [item("hi", "0.6", "0.9", speaker_label="spk_0"), item("Yes", "1.0", "1.2", speaker_label="spk_1")]
    for results in ({"items": bare, "speaker_labels": {"speakers": 2, "segments": segments}}, {"items": inline}):
        transcript = read(tmp_path, transcribe(**results))
        assert (transcript.source, transcript.language) == ("amazon-transcribe", "en")
        assert [(line.speaker, line.text, line.span) for line in transcript.lines] == [
            ("spk_0", "Hello, hi", Span(0.1, 0.9)),
            ("spk_1", "Yes", Span(1.0, 1.2)),
        ]
        assert transcript.lines[0].words[0] == Word("Hello,", Span(0.1, 0.5), 0.9)


def test_amazon_transcribe_channels_come_in_one_time_order(tmp_path: Path):
    channels = [
        {"channel_label": "ch_0", "items": [item("Hello", "0.1", "0.5"), item("Fine", "4.0", "4.5")]},
        {"channel_label": "ch_1", "items": [item("Hi", "1.0", "1.5")]},
    ]
    labels = {"channel_labels": {"channels": channels, "number_of_channels": 2}, "items": []}
    transcript = read(tmp_path, transcribe(**labels))
    assert [(line.channel, line.text) for line in transcript.lines] == [(0, "Hello"), (1, "Hi"), (0, "Fine")]


def test_amazon_call_analytics(tmp_path: Path):
    words = [
        {"Content": "Hello", "Confidence": "0.9", "BeginOffsetMillis": 100, "EndOffsetMillis": 500},
        {"Content": ".", "Confidence": "0.0", "BeginOffsetMillis": 500, "EndOffsetMillis": 500},
    ]
    turns: list[dict[str, Any]] = [
        {
            "Content": "Hi there",
            "ParticipantRole": "CUSTOMER",
            "BeginOffsetMillis": 900,
            "EndOffsetMillis": 1500,
            "Items": [],
        },
        {
            "Content": "Hello.",
            "ParticipantRole": "AGENT",
            "BeginOffsetMillis": 100,
            "EndOffsetMillis": 500,
            "Items": words,
        },
    ]
    transcript = read(
        tmp_path, {"JobStatus": "COMPLETED", "LanguageCode": "en-GB", "Transcript": turns, "Channel": "VOICE"}
    )
    assert (transcript.source, transcript.language) == ("amazon-call-analytics", "en")
    assert [(line.speaker, line.text, line.span) for line in transcript.lines] == [
        ("AGENT", "Hello.", Span(0.1, 0.5)),
        ("CUSTOMER", "Hi there", Span(0.9, 1.5)),
    ]
    assert transcript.lines[0].words == (Word("Hello.", Span(0.1, 0.5), 0.9),)


def deepgram(*channels: list[dict[str, Any]]) -> dict[str, Any]:
    listed = [{"alternatives": [{"transcript": "x", "words": words}], "detected_language": "en"} for words in channels]
    return {"metadata": {"channels": len(channels)}, "results": {"channels": listed}}


def test_deepgram_diarized_and_by_channel(tmp_path: Path):
    a = {"word": "hello", "punctuated_word": "Hello,", "start": 0.1, "end": 0.5, "confidence": 0.9, "speaker": 0}
    b = {"word": "hi", "start": 0.6, "end": 0.9, "confidence": 0.8, "speaker": 1}
    mono = read(tmp_path, deepgram([a, b]))
    assert (mono.source, mono.language) == ("deepgram", "en")
    assert [(line.speaker, line.channel, line.text) for line in mono.lines] == [
        ("speaker_0", None, "Hello,"),
        ("speaker_1", None, "hi"),
    ]
    stereo = read(tmp_path, deepgram([b], [a]))
    assert [(line.channel, line.text) for line in stereo.lines] == [(1, "Hello,"), (0, "hi")]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -5.0, "soon", 10**400, True, {}])
def test_times_that_are_none_leave_the_text(tmp_path: Path, bad: Any):
    segments = [{"start": bad, "end": 2.0, "text": "one"}, {"start": 3.0, "end": 4.0, "text": "two"}]
    transcript = read(tmp_path, {"text": "one two", "segments": segments})
    assert [(line.text, line.span) for line in transcript.lines] == [("one", None), ("two", Span(3.0, 4.0))]
    assert [(n.code, n.params) for n in transcript.notes] == [("words.line_times_left_out", {"n_lines": 1})]


def test_words_out_of_order_are_sorted_and_said(tmp_path: Path):
    words = [{"word": "b", "start": 1.5, "end": 1.8}, {"word": "a", "start": 1.0, "end": 1.4}]
    transcript = read(tmp_path, {"text": "", "segments": [{"start": 1.0, "end": 2.0, "text": "b a", "words": words}]})
    assert [w.text for w in transcript.lines[0].words] == ["a", "b"]
    assert [n.code for n in transcript.notes] == ["words.words_put_in_order"]


def test_confidence_outside_zero_to_one_is_none(tmp_path: Path):
    words = [{"word": "a", "start": 1.0, "end": 1.4, "probability": 95}]
    transcript = read(tmp_path, {"text": "", "segments": [{"start": 1.0, "end": 2.0, "text": "a", "words": words}]})
    assert transcript.lines[0].words[0].confidence is None
