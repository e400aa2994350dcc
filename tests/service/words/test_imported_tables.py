from __future__ import annotations

from pathlib import Path

import pytest

from audio.timeline import Span, Word
from service.words.errors import WordsError
from service.words.imported import read_transcript
from service.words.spoken import turns_of_transcript
from service.words.transcript import Transcript


def read(tmp_path: Path, text: str, *, format: str | None = None) -> Transcript:
    path = tmp_path / "call"
    path.write_text(text, encoding="utf-8")
    return read_transcript(path, format=format)


@pytest.mark.parametrize(
    "table",
    [
        "role\tstart_s\tend_s\ttext\nagent\t0.5\t1.5\tBonjour à tous\npatient\t2\t3\toui\n",
        "text\tend\trole\tstart\nBonjour à tous\t1.5\tagent\t0.5\noui\t3\tpatient\t2\n",
        "agent\t0.5\t1.5\tBonjour à tous\npatient\t2\t3\toui\n",
        "Role\tStart\tEnd\tText\r\nagent\t0,5\t1,5\tBonjour à tous\r\npatient\t2\t3\toui\r\n",
    ],
)
def test_tsv_with_header_in_any_order_or_none(tmp_path: Path, table: str):
    transcript = read(tmp_path, table)
    assert transcript.source == "tsv"
    assert [(line.speaker, line.span, line.text) for line in transcript.lines] == [
        ("agent", Span(0.5, 1.5), "Bonjour à tous"),
        ("patient", Span(2.0, 3.0), "oui"),
    ]


def test_every_row_is_one_turn_even_an_empty_one(tmp_path: Path):
    transcript = read(
        tmp_path, "medecin\t0\t1\tallô\npatient\t1\t2\t\npatient_1\tx\t3\toui\t merci\nquelqu'un\t3\t4\tah\n"
    )
    turns = turns_of_transcript(transcript)
    assert [(t.index, t.party, t.text) for t in turns] == [
        (0, "agent", "allô"),
        (1, "customer", ""),
        (2, "customer", "oui merci"),
        (3, "unknown", "ah"),
    ]
    assert [n.code for n in transcript.notes] == ["words.line_times_left_out"]


def test_tsv_without_times(tmp_path: Path):
    transcript = read(tmp_path, "role\ttext\nagent\tbonjour\ncustomer\toui\n")
    assert [(line.speaker, line.span, line.text) for line in transcript.lines] == [
        ("agent", None, "bonjour"),
        ("customer", None, "oui"),
    ]


def test_whole_numbers_without_roles_are_milliseconds_and_that_is_said(tmp_path: Path):
    whisper = read(tmp_path, "start\tend\ttext\n500\t1500\tBonjour\n2000\t2500\tMerci\n")
    assert [line.span for line in whisper.lines] == [Span(0.5, 1.5), Span(2.0, 2.5)]
    assert [n.code for n in whisper.notes] == ["words.tsv_milliseconds"]
    with_decimals = read(tmp_path, "start\tend\ttext\n500.0\t1500\tBonjour\n")
    assert with_decimals.lines[0].span == Span(500.0, 1500.0)
    with_role = read(tmp_path, "role\tstart\tend\ttext\nagent\t5\t15\tBonjour\n")
    assert with_role.lines[0].span == Span(5.0, 15.0)


def test_ctm_of_two_channels(tmp_path: Path):
    ctm = ";; comment\nc A 0.50 0.40 hello 0.9\nc A 0.90 0.30 there NA\nc B 2.00 0.25 hi\nc A 3.00 0.20 fine 0.8\n"
    transcript = read(tmp_path, ctm)
    assert transcript.source == "ctm"
    assert [(line.channel, line.text) for line in transcript.lines] == [(0, "hello there"), (1, "hi"), (0, "fine")]
    assert transcript.lines[0].words == (Word("hello", Span(0.5, 0.9), 0.9), Word("there", Span(0.9, 1.2)))


def test_ctm_of_one_channel_names_no_track(tmp_path: Path):
    transcript = read(tmp_path, "call 1 0.50 0.40 hello 0.9\ncall 1 0.9 0.1 <eps>\ncall 1 1.0 0.4 you\n")
    assert [(line.channel, line.text) for line in transcript.lines] == [(None, "hello you")]


def test_ctm_of_several_recordings_is_refused(tmp_path: Path):
    with pytest.raises(WordsError) as caught:
        read(tmp_path, "a 1 0.5 0.4 hello\nb 1 0.5 0.4 hello\n")
    assert caught.value.note.code == "words.ctm_many_recordings"


def test_the_shared_tables_have_one_line_per_row(shared_calls: Path):
    files = sorted((shared_calls / "fr_transcripts").glob("*.tsv"))
    assert len(files) == 30
    for file in files:
        rows = [row for row in file.read_text(encoding="utf-8").split("\n") if row]
        transcript = read_transcript(file)
        turns = turns_of_transcript(transcript)
        assert transcript.notes == () or {n.code for n in transcript.notes} == {"words.lines_go_back"}
        assert [t.party for t in turns] == ["agent" if row.startswith("medecin\t") else "customer" for row in rows]
        assert [f"{t.span.start_s:.2f}" for t in turns] == [row.split("\t")[1] for row in rows]
