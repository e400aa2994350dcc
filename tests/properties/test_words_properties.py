"""What holds for any transcript and any speech."""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from audio.timeline import Party, Span, Turn, Word, merge
from service.words.attach import attach
from service.words.errors import WordsError
from service.words.imported import read_transcript
from service.words.roles import decide_roles
from service.words.spoken import spoken_turns
from service.words.tokens import fold, tokenise
from service.words.transcript import Line, Transcript

EXAMPLES = settings(max_examples=80, deadline=None)
DURATION_S = 60.0
MILLISECOND_S = 0.001  # subtitles hold milliseconds; a written time comes back within half of one

times_s = st.floats(0.0, 90.0, allow_nan=False)
spans = st.tuples(times_s, st.floats(0.0, 12.0, allow_nan=False)).map(lambda t: Span(t[0], t[0] + t[1]))
speech = st.dictionaries(
    st.sampled_from(["channel_0", "channel_1", "speaker_0", "speaker_1", "speaker_2"]),
    st.lists(spans, max_size=6).map(merge),
    min_size=1,
    max_size=3,
)
plain = st.text(alphabet="abcdé' -", min_size=1, max_size=20).filter(lambda t: bool(t.strip()))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    words = tuple(Word(f"w{i}", span) for i, span in enumerate(draw(st.lists(spans, max_size=4))))
    return Line(
        draw(plain) if not words else " ".join(w.text for w in words),
        draw(st.sampled_from(["", "agent", "Client", "spk_0", "spk_1", "spk_2"])),
        draw(st.sampled_from([None, None, 0, 1, 5])),
        draw(st.none() | spans),
        words,
    )


@EXAMPLES
@given(st.lists(lines(), max_size=8), speech)
def test_words_lie_inside_the_call_and_each_goes_to_one_label(said: list[Line], heard: dict[str, list[Span]]):
    found = attach(Transcript(tuple(said), "test"), heard, duration_s=DURATION_S)
    assert set(found.words) == set(heard)
    everything = [word for words in found.words.values() for word in words]
    assert all(0.0 <= w.span.start_s <= w.span.end_s <= DURATION_S for w in everything)
    for words in found.words.values():
        assert [w.span.start_s for w in words] == sorted(w.span.start_s for w in words)
    given_words = sum(len(line.words) or len(line.text.split()) for line in said)
    assert len(everything) <= given_words
    inside = [line for line in said if line.span and line.span.end_s <= DURATION_S and line.span.start_s < DURATION_S]
    kept = sum(
        sum((w.span.start_s + w.span.end_s) / 2 <= DURATION_S for w in line.words)
        or len(line.text.split()) * (not line.words)
        for line in inside
    )
    assert len(everything) >= kept


@EXAMPLES
@given(st.lists(st.tuples(st.sampled_from(["agent", "customer"]), spans), max_size=6), st.lists(spans, max_size=10))
def test_every_word_of_a_party_with_turns_stands_in_exactly_one_turn(held: list[tuple[Party, Span]], said: list[Span]):
    turns = [Turn(party, span, (span,)) for party, span in held]
    words: dict[Party, list[Word]] = {"agent": [], "customer": []}
    for i, span in enumerate(said):
        words["agent" if i % 2 else "customer"].append(Word(f"w{i}", span))
    placed = spoken_turns(turns, words)
    assert [t.index for t in placed] == list(range(len(turns)))
    for party, own in words.items():
        found = sorted(w.text for t in placed if t.party == party for w in t.words)
        assert found == (sorted(w.text for w in own) if any(t.party == party for t in turns) else [])


@EXAMPLES
@given(
    st.lists(plain, min_size=2, max_size=2),
    st.lists(st.lists(spans, min_size=1, max_size=4).map(merge), min_size=2, max_size=2),
)
def test_swapping_channels_swaps_the_labels(texts: list[str], heard: list[list[Span]]):
    phrases = [f"{texts[0]} que puis-je faire pour vous", f"{texts[1]} je vous appelle parce que ma facture"]
    words = [[Word(w, Span(0.0, 1.0)) for w in text.split()] for text in phrases]
    one = decide_roles({"channel_0": words[0], "channel_1": words[1]}, {"channel_0": heard[0], "channel_1": heard[1]})
    two = decide_roles({"channel_0": words[1], "channel_1": words[0]}, {"channel_0": heard[1], "channel_1": heard[0]})
    assert (one.agent, two.agent) == ("channel_0", "channel_1")
    assert one.decided_by == two.decided_by == "words"


def written(name: str, text: str) -> Transcript:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8", newline="")
        return read_transcript(path)


def clock(time_s: float, mark: str) -> str:
    ms = round(time_s * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"


rows = st.lists(
    st.tuples(st.sampled_from(["agent", "customer"]), spans, st.text("abcdé", min_size=1)), min_size=1, max_size=8
)


@EXAMPLES
@given(rows, st.sampled_from(["vtt", "srt", "tsv", "json"]))
def test_what_is_written_comes_back(table: list[tuple[str, Span, str]], ending: str):
    transcript = written(f"a.{ending}", WRITERS[ending](table))
    assert [line.text for line in transcript.lines] == [text for _, _, text in table]
    assert [line.speaker for line in transcript.lines] == [role for role, _, _ in table]
    for line, (_, span, _) in zip(transcript.lines, table, strict=True):
        assert line.span is not None
        assert abs(line.span.start_s - span.start_s) <= MILLISECOND_S
        assert abs(line.span.end_s - span.end_s) <= MILLISECOND_S


def as_vtt(table: list[tuple[str, Span, str]]) -> str:
    cues = (f"{clock(s.start_s, '.')} --> {clock(s.end_s, '.')}\n<v {role}>{text}\n" for role, s, text in table)
    return "\n".join(["WEBVTT\n", *cues])


def as_srt(table: list[tuple[str, Span, str]]) -> str:
    cues = (f"{clock(s.start_s, ',')} --> {clock(s.end_s, ',')}\n{role}: {text}\n" for role, s, text in table)
    return "\n".join(f"{i}\n{cue}" for i, cue in enumerate(cues, 1))


def as_tsv(table: list[tuple[str, Span, str]]) -> str:
    return "".join(f"{role}\t{s.start_s:.3f}\t{s.end_s:.3f}\t{text}\n" for role, s, text in table)


def as_json(table: list[tuple[str, Span, str]]) -> str:
    segments = [{"speaker": role, "start": s.start_s, "end": s.end_s, "text": text} for role, s, text in table]
    return json.dumps({"segments": segments})


WRITERS = {"vtt": as_vtt, "srt": as_srt, "tsv": as_tsv, "json": as_json}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "segments",
                    "words",
                    "start",
                    "end",
                    "text",
                    "speaker",
                    "results",
                    "items",
                    "channels",
                    "alternatives",
                    "content",
                    "Transcript",
                    "Items",
                    "Content",
                    "BeginOffsetMillis",
                    "channel_labels",
                    "speaker_labels",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(values.filter(lambda v: isinstance(v, list | dict)))
def test_any_json_is_read_or_refused(content: object):
    try:
        transcript = written("a.json", json.dumps(content))
    except WordsError:
        return
    assert any(line.text for line in transcript.lines)


@EXAMPLES
@given(
    st.sampled_from(
        ["WEBVTT\n\n", "1\n00:00:01,000 --> 00:00:02,000\n", "role\tstart\tend\ttext\n", "c 1 0.5 0.4 x\n", ""]
    ),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200)
    | st.text(alphabet="0123:., ->\n\t<v a>&;[]x", max_size=200),
)
def test_any_text_is_read_or_refused(head: str, body: str):
    try:
        transcript = written("a", head + body)
    except WordsError:
        return
    assert any(line.text for line in transcript.lines)


@EXAMPLES
@given(st.text(max_size=60), st.sampled_from(["fr", "en", None]))
def test_tokens_tile_their_text_and_folding_is_stable(text: str, language: str | None):
    tokens = tokenise(text, language)
    assert [text[t.start : t.end] for t in tokens] == [t.text for t in tokens]
    assert all(a.end <= b.start for a, b in itertools.pairwise(tokens))
    assert fold(fold(text)) == fold(text)
