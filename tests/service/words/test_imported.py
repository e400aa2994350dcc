from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from service.say import LANGS, Say, catalogue
from service.words.errors import TranscriptOverLimit, UnreadableTranscript, WordsError
from service.words.imported import FORMATS, ImportLimits, read_transcript, transcript_beside

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Agent>Bonjour à tous\n"
WHISPER = {"text": "hi", "segments": [{"start": 0.0, "end": 1.0, "text": "hi"}], "language": "en"}


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path, **options: object) -> str:
    with pytest.raises(WordsError) as caught:
        read_transcript(path, **options)  # type: ignore[arg-type]  # options of several types
    assert str(path) not in str(caught.value)
    for lang in LANGS:
        assert len(Say(lang)(caught.value.note)) > 20
    return caught.value.note.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_by_their_mark(tmp_path: Path, encoding: str):
    transcript = read_transcript(write(tmp_path, "a", VTT.encode(encoding)))
    assert transcript.lines[0].text == "Bonjour à tous"
    assert transcript.notes == ()


def test_windows_1252_is_read_and_said(tmp_path: Path):
    transcript = read_transcript(write(tmp_path, "a", VTT.replace("tous", "l\u2019été").encode("cp1252")))
    assert transcript.lines[0].text == "Bonjour à l\u2019été"
    assert [n.code for n in transcript.notes] == ["words.not_utf8"]


def test_invisible_characters_are_taken_away(tmp_path: Path):
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ag\u200bent>a\u202eb\u0007c\u00add\ufeffe f\u2028g\n"
    line = read_transcript(write(tmp_path, "a", text)).lines[0]
    assert (line.speaker, line.text) == ("Agent", "abcde f g")
    surrogate = {"text": "", "segments": [{"start": 0, "end": 1, "text": "x\ud800y\x00"}]}
    line = read_transcript(write(tmp_path, "b", json.dumps(surrogate))).lines[0]
    assert line.text == "xy"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "words.empty_file"),
        (" \n\n ", "words.empty_file"),
        ("hello, this is a letter.\nIt has no times.\n", "words.unknown_format"),
        ('{"a": 1}', "words.unknown_format"),
        ("[]", "words.unknown_format"),
        ('{"text": "hi", "segments": [', "words.broken_json"),
        ('{"n": ' + "1" * 10_000 + "}", "words.broken_json"),
        ("[" * 10_000 + "]" * 10_000, "words.nested_too_deep"),
        ('{"segments": ' * 10_000, "words.nested_too_deep"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(2000), "words.not_text"),
        (bytes(range(128, 256)) * 20, "words.unknown_format"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n\n", "words.no_text"),
        ('{"schema_version": "timbre.evidence/1", "segments": []}', "words.own_result"),
    ],
)
def test_what_is_no_transcript_is_refused_in_one_sentence(tmp_path: Path, content: str | bytes, code: str):
    assert refusal(write(tmp_path, "private-name", content)) == code


def test_missing_files_and_folders(tmp_path: Path):
    assert refusal(tmp_path / "nothing.vtt") == "words.no_such_file"
    assert refusal(tmp_path) == "words.no_such_file"


def test_the_format_may_be_named(tmp_path: Path):
    path = write(tmp_path, "a", json.dumps(WHISPER))
    assert read_transcript(path, format="faster-whisper").source == "faster-whisper"
    assert read_transcript(path, format="json").source == "whisper"
    assert refusal(path, format="deepgram") == "words.no_text"
    assert refusal(path, format="docx") == "words.no_such_format"
    assert {"webvtt", "srt", "ctm", "tsv", "whisperx", "deepgram", "amazon-transcribe"} <= set(FORMATS)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (ImportLimits(max_bytes=100), "words.too_large"),
        (ImportLimits(max_lines=50), "words.too_many_lines"),
        (ImportLimits(max_words=150), "words.too_many_words"),
    ],
)
def test_limits(tmp_path: Path, limits: ImportLimits, code: str):
    cues = "".join(f"00:{i:02}.000 --> 00:{i:02}.500\none two three\n\n" for i in range(59))
    assert refusal(write(tmp_path, "a", f"WEBVTT\n\n{cues}"), limits=limits) == code


def test_a_limit_on_json_values(tmp_path: Path):
    path = write(tmp_path, "a", json.dumps({"segments": [[]] * 2000}))
    assert refusal(path, limits=ImportLimits(max_values=1000)) == "words.too_many_values"


def test_cues_without_end_stop_at_the_limit(tmp_path: Path):
    stream = io.StringIO()
    stream.write("WEBVTT\n\n")
    stream.write("00:01.000 --> 00:02.000\nx\n\n" * 100_000)
    with pytest.raises(TranscriptOverLimit):
        read_transcript(write(tmp_path, "a", stream.getvalue()), limits=ImportLimits(max_lines=2_000))


@pytest.mark.parametrize(
    "head", ["WEBVTT\n\n00:01.000 --> 00:02.000\n", "1\n00:00:01,000 --> 00:00:02,000\n", "agent\t1\t2\t"]
)
@pytest.mark.parametrize("filler", ["a", " ", "<", "[", "a:", "\u0301"])
def test_a_line_of_a_megabyte(tmp_path: Path, head: str, filler: str):
    path = write(tmp_path, "a", f"{head}x{filler * (1_000_000 // len(filler))}y\n")
    assert read_transcript(path).lines[0].text.endswith("y")


def test_beside_prefers_telling_endings_and_passes_over_our_results(tmp_path: Path):
    recording = write(tmp_path, "call.wav", b"RIFF")
    assert transcript_beside(recording) is None
    write(tmp_path, "call.meta.json", '{"agent_channel": 0}')
    write(tmp_path, "call.json", '{"schema_version": "timbre.evidence/1", "turns": []}')
    assert transcript_beside(recording) is None
    write(tmp_path, "call.json", json.dumps({"crm": 12}))
    assert transcript_beside(recording) is None
    write(tmp_path, "call.json", json.dumps({"evidence": {"schema_version": "timbre.evidence/1"}, "segments": []}))
    assert transcript_beside(recording) is None
    expected = ["call.tsv", "call.wav.json", "call.json", "call.wav.srt", "call.srt", "call.wav.vtt", "call.vtt"]
    for name in expected:
        write(tmp_path, name, json.dumps(WHISPER) if name.endswith("json") else "text")
        found = transcript_beside(recording)
        assert found is not None and found.name == name


def test_a_broken_transcript_beside_is_not_passed_over_in_silence(tmp_path: Path):
    recording = write(tmp_path, "call.wav", b"RIFF")
    write(tmp_path, "call.json", '{"text": "hi", "segments": [')
    found = transcript_beside(recording)
    assert found is not None
    with pytest.raises(UnreadableTranscript):
        read_transcript(found)


def test_every_sentence_is_there_in_both_languages_with_the_same_fields():
    sentences = {lang: {k: v for k, v in catalogue(lang).items() if k.startswith("words.")} for lang in LANGS}
    fields = {lang: {k: sorted(re.findall(r"\{.*?\}", v)) for k, v in s.items()} for lang, s in sentences.items()}
    assert fields["fr"] == fields["en"]
    codes = set()
    for source in (Path(__file__).parents[3] / "service" / "words").glob("**/*.py"):
        if "rules" not in source.parts:
            codes |= set(re.findall(r'"(words\.[a-z0-9_]+)"', source.read_text(encoding="utf-8")))
    assert codes == set(fields["en"])
