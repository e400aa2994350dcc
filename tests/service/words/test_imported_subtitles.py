from __future__ import annotations

from pathlib import Path

from audio.timeline import Span
from service.words.imported import read_transcript
from service.words.transcript import Transcript


def read(tmp_path: Path, text: str, *, format: str | None = None, name: str = "call.txt") -> Transcript:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return read_transcript(path, format=format)


VTT = """WEBVTT - call
Kind: captions
Language: fr-FR

STYLE
::cue(v) { color: red }

REGION
id:left

NOTE a comment
over two rows

intro
00:01.000 --> 00:02.500 align:start position:10%
<v Agent>Bonjour, <i>que</i> puis-je faire pour vous ?</v>

00:00:03.000 --> 00:00:04.250
<v.loud Customer>J&apos;appelle pour ma facture &amp; mon contrat

01:00:05.000 --> 01:00:06.000
<v Agent>Oui<v Customer>Merci
"""


def test_webvtt_voices_settings_notes_and_entities(tmp_path: Path):
    transcript = read(tmp_path, VTT)
    assert (transcript.source, transcript.language, transcript.notes) == ("webvtt", "fr", ())
    assert [(line.speaker, line.text, line.span) for line in transcript.lines] == [
        ("Agent", "Bonjour, que puis-je faire pour vous ?", Span(1.0, 2.5)),
        ("Customer", "J'appelle pour ma facture & mon contrat", Span(3.0, 4.25)),
        ("Agent", "Oui", Span(3605.0, 3606.0)),
        ("Customer", "Merci", Span(3605.0, 3606.0)),
    ]


def test_webvtt_keeps_what_is_no_tag_of_its_own(tmp_path: Path):
    hostile = "</script><img src=x onerror=alert(1)> a < b <00:00:01.500><c.x>and</c>"
    transcript = read(tmp_path, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{hostile}\n")
    assert transcript.lines[0].text == "</script><img src=x onerror=alert(1)> a < b and"
    escaped = read(tmp_path, "WEBVTT\n\n00:01.000 --> 00:02.000\n&lt;script&gt;x&lt;/script&gt;\n")
    assert escaped.lines[0].text == "<script>x</script>"


def test_a_bad_timing_line_keeps_the_text_and_is_counted(tmp_path: Path):
    text = "WEBVTT\n\nxx --> yy\nfirst\n\n00:05.000 --> 00:04.000\nsecond\n\n00:06.000 --> 00:07.000\nthird\n"
    transcript = read(tmp_path, text)
    assert [(line.text, line.span) for line in transcript.lines] == [
        ("first", None),
        ("second", None),
        ("third", Span(6.0, 7.0)),
    ]
    assert [(n.code, n.params) for n in transcript.notes] == [("words.line_times_left_out", {"n_lines": 2})]


SRT = """1
00:00:01,000 --> 00:00:02,500
Agent: Bonjour

2
00:00:03,000 --> 00:00:04,000
Client: J'appelle pour ma facture :
elle est fausse

3
00:00:05,000 --> 00:00:06,000
Agent: Oui
Client: 42

4
00:00:07,000 --> 00:00:08,000
42
"""


def test_srt_with_speakers_before_the_text(tmp_path: Path):
    for text in (SRT, SRT.replace("\n", "\r\n"), "\ufeff" + SRT):
        transcript = read(tmp_path, text)
        assert transcript.source == "srt"
        assert [(line.speaker, line.text) for line in transcript.lines] == [
            ("Agent", "Bonjour"),
            ("Client", "J'appelle pour ma facture : elle est fausse"),
            ("Agent", "Oui"),
            ("Client", "42"),
            ("", "42"),
        ]


def cues(*texts: str) -> str:
    return "".join(f"{i}\n00:00:{i:02},000 --> 00:00:{i:02},900\n{t}\n\n" for i, t in enumerate(texts, 1))


def test_names_are_speakers_only_when_they_come_back(tmp_path: Path):
    named = read(tmp_path, cues("Julie: bonjour", "Marc: oui", "Julie: très bien", "Marc: merci"))
    assert [line.speaker for line in named.lines] == ["Julie", "Marc", "Julie", "Marc"]
    plain = read(tmp_path, cues("Alors: voyons", "le reste", "sans rien", "mon client : il dort"))
    assert [line.speaker for line in plain.lines] == ["", "", "", ""]
    assert plain.lines[0].text == "Alors: voyons"


def test_bracketed_labels(tmp_path: Path):
    transcript = read(tmp_path, cues("[SPEAKER_00]: hello", "[SPEAKER_01]: hi", "[rires]"))
    assert [(line.speaker, line.text) for line in transcript.lines][:2] == [
        ("SPEAKER_00", "hello"),
        ("SPEAKER_01", "hi"),
    ]
