from __future__ import annotations

import pytest

from audio.timeline import Span, Word
from service.words.attach import Attached, attach
from service.words.transcript import Line, Transcript

SPEECH = {"channel_0": [Span(0.0, 4.0), Span(10.0, 14.0)], "channel_1": [Span(5.0, 9.0), Span(15.0, 19.0)]}
DURATION_S = 20.0


def line(text: str, start_s: float, end_s: float, speaker: str = "", channel: int | None = None) -> Line:
    return Line(text, speaker, channel, Span(start_s, end_s))


def attached(*lines: Line, speech: dict[str, list[Span]] = SPEECH, duration_s: float = DURATION_S) -> Attached:
    return attach(Transcript(lines, "webvtt"), speech, duration_s=duration_s)


def texts(found: Attached) -> dict[str, str]:
    return {label: " ".join(w.text for w in words) for label, words in found.words.items()}


def codes(found: Attached) -> list[str]:
    return [n.code for n in found.notes]


DIALOGUE = (("one", 0.0, 4.0), ("two", 5.0, 9.0), ("three", 10.0, 14.0), ("four", 15.0, 19.0))


@pytest.mark.parametrize("channels", [(0, 1), (1, 0)])
def test_a_named_track_is_followed_even_against_the_clock(channels: tuple[int, int]):
    first, second = channels
    found = attached(*(line(t, a, b, channel=channels[i % 2]) for i, (t, a, b) in enumerate(DIALOGUE)))
    assert texts(found) == {f"channel_{first}": "one three", f"channel_{second}": "two four"}
    assert found.agent is None


@pytest.mark.parametrize("names", [("Agent", "Customer"), ("conseillère", "client"), ("spk_0", "spk_1"), ("Zoé", "")])
def test_speakers_find_their_label_by_time(names: tuple[str, str]):
    lines = [line(t, a + 0.3, b + 0.4, names[i % 2]) for i, (t, a, b) in enumerate(DIALOGUE)]
    assert texts(attached(*lines)) == {"channel_0": "one three", "channel_1": "two four"}
    swapped = {"speaker_0": SPEECH["channel_1"], "speaker_1": SPEECH["channel_0"]}
    assert texts(attached(*lines, speech=swapped)) == {"speaker_1": "one three", "speaker_0": "two four"}


@pytest.mark.parametrize(
    ("names", "agent"),
    [
        (("agent", "patient_1"), "channel_0"),
        (("CUSTOMER", "AGENT"), "channel_1"),
        (("client", "spk_1"), "channel_1"),
        (("spk_0", "médecin"), "channel_1"),
        (("spk_0", "spk_1"), None),
    ],
)
def test_the_label_the_transcript_calls_agent(names: tuple[str, str], agent: str | None):
    found = attached(*(line(t, a, b, names[i % 2]) for i, (t, a, b) in enumerate(DIALOGUE)))
    assert found.agent == agent


def test_two_patients_are_one_customer():
    names = ("medecin", "patient_1", "medecin", "patient_2")
    found = attached(*(line(t, a, b, n) for n, (t, a, b) in zip(names, DIALOGUE, strict=True)))
    assert texts(found) == {"channel_0": "one three", "channel_1": "two four"}


def test_a_second_patient_heard_in_silence_is_still_the_customer():
    lines = [line(t, a, b, "medecin" if i % 2 == 0 else "patient_1") for i, (t, a, b) in enumerate(DIALOGUE)]
    found = attached(*lines, line("five", 19.2, 19.8, "patient_2"))
    assert texts(found) == {"channel_0": "one three", "channel_1": "two four five"}


def test_a_third_speaker_goes_where_it_is_heard():
    names = ("a", "b", "a", "c")
    found = attached(*(line(t, a, b, n) for n, (t, a, b) in zip(names, DIALOGUE, strict=True)))
    assert texts(found) == {"channel_0": "one three", "channel_1": "two four"}


def test_words_without_times_are_spread_over_the_speech_in_their_line():
    found = attached(line("aa bb cc dd", 3.0, 11.0, "x"), line("ee", 5.0, 9.0, "y"))
    words = found.words["channel_0"]
    assert [w.text for w in words] == ["aa", "bb", "cc", "dd"]
    assert [(w.span.start_s, w.span.end_s) for w in words] == [(3.0, 3.5), (3.5, 4.0), (10.0, 10.5), (10.5, 11.0)]
    assert all(w.time_is_estimated for w in words)
    assert not found.word_times


def test_unlabelled_words_go_to_whoever_speaks_then():
    words = tuple(
        Word(t, Span(s, s + 0.5), 0.9) for t, s in (("a", 3.4), ("b", 4.7), ("c", 8.0), ("d", 9.2), ("e", 9.9))
    )
    found = attached(Line("a b c d e", span=Span(3.4, 10.5), words=words))
    assert texts(found) == {"channel_0": "a e", "channel_1": "b c d"}
    assert found.word_times
    assert found.words["channel_0"][0] == words[0]


def test_unlabelled_lines_without_word_times_go_line_by_line():
    found = attached(line("one uh", 0.5, 5.5), line("two", 4.5, 8.5))
    assert texts(found) == {"channel_0": "one uh", "channel_1": "two"}


def test_a_transcript_longer_than_the_call_is_cut_and_said():
    found = attached(*(line(t, a, b, channel=i % 2) for i, (t, a, b) in enumerate(DIALOGUE)), duration_s=12.0)
    assert texts(found) == {"channel_0": "one three", "channel_1": "two"}
    assert found.words["channel_0"][-1].span == Span(10.0, 12.0)
    note = found.notes[0]
    assert (note.code, dict(note.params)) == (
        "words.longer_than_call",
        {"n_lines": 1, "last_s": 19.0, "duration_s": 12.0},
    )


def test_another_calls_transcript_is_said():
    quiet = {"channel_0": [Span(0.0, 0.5)], "channel_1": [Span(1.0, 1.5)]}
    found = attached(*(line(t, a + 1, b + 1, "ab"[i % 2]) for i, (t, a, b) in enumerate(DIALOGUE)), speech=quiet)
    assert codes(found) == ["words.does_not_match"]


def test_speakers_that_fit_either_way_are_said():
    both = {"channel_0": [Span(0.0, 2.0), Span(5.0, 7.0)], "channel_1": [Span(2.0, 4.0), Span(7.0, 9.0)]}
    assert codes(attached(line("one", 0.0, 4.0, "a"), line("two", 5.0, 9.0, "b"), speech=both)) == [
        "words.speakers_unclear"
    ]
    assert codes(attached(*(line(t, a, b, "ab"[i % 2]) for i, (t, a, b) in enumerate(DIALOGUE)))) == []


def test_lines_without_time_are_left_out_and_said():
    found = attached(Line("lost", "agent"), line("one", 0.0, 4.0, "agent"))
    assert texts(found)["channel_0"] == "one"
    assert [(n.code, dict(n.params)) for n in found.notes] == [("words.lines_without_time", {"n_lines": 1})]


def test_one_label_takes_everything_and_none_takes_nothing():
    lines = [line(t, a, b, "xy"[i % 2]) for i, (t, a, b) in enumerate(DIALOGUE)]
    assert texts(attached(*lines, speech={"speaker_0": [Span(0.0, 19.0)]})) == {"speaker_0": "one two three four"}
    assert attached(*lines, speech={}).words == {}
    silent = attached(*lines, speech={"channel_0": [], "channel_1": []})
    assert sum(len(w) for w in silent.words.values()) == 4
    assert codes(silent) == ["words.does_not_match"]
