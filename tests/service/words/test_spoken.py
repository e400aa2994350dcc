from __future__ import annotations

import pytest

from audio.timeline import Span, Turn, Word
from service.words.parties import party_of
from service.words.spoken import spoken_turns, turns_of_transcript
from service.words.transcript import Line, Transcript

TURNS = [
    Turn("agent", Span(0.0, 4.0), (Span(0.0, 1.5), Span(2.0, 4.0))),
    Turn("customer", Span(5.0, 9.0), (Span(5.0, 9.0),)),
    Turn("agent", Span(8.0, 12.0), (Span(8.0, 12.0),)),
]


def word(text: str, start_s: float, end_s: float, confidence: float | None = None) -> Word:
    return Word(text, Span(start_s, end_s), confidence)


def test_words_go_to_the_turn_of_their_party_that_holds_their_middle():
    said = {
        "agent": [word("c", 8.5, 9.0, 0.7), word("a", 3.0, 6.0, 0.9), word(" b ", 8.0, 9.0, 0.5)],
        "customer": [word("x", 8.2, 8.6)],
    }
    turns = spoken_turns(TURNS, said)  # type: ignore[arg-type]  # mypy widens the party names to str
    assert [(t.index, t.party, t.text, t.confidence) for t in turns] == [
        (0, "agent", "a", 0.9),
        (1, "customer", "x", None),
        (2, "agent", "b c", 0.6),
    ]
    assert turns[0].ipus == TURNS[0].ipus and turns[0].span == TURNS[0].span


@pytest.mark.parametrize(("start_s", "end_s", "turn"), [(4.5, 4.6, 0), (7.4, 7.5, 2), (30.0, 31.0, 2), (5.5, 7.5, 2)])
def test_a_word_in_silence_goes_to_the_turn_nearest_to_its_middle(start_s: float, end_s: float, turn: int):
    turns = spoken_turns(TURNS, {"agent": [word("a", start_s, end_s)]})
    assert [t.text for t in turns] == ["a" if i == turn else "" for i in range(3)]


def test_no_turns_and_no_words():
    assert spoken_turns([], {"agent": [word("a", 0.0, 1.0)]}) == []
    assert [t.text for t in spoken_turns(TURNS, {})] == ["", "", ""]


def test_text_alone_is_one_turn_per_line():
    lines = (
        Line("bonjour", "medecin", None, Span(0.0, 1.0)),
        Line("oui", "patient_1"),
        Line("", "?"),
        Line("d", "Agent"),
    )
    turns = turns_of_transcript(Transcript(lines, "tsv"))
    assert [(t.index, t.party, t.text, t.span) for t in turns] == [
        (0, "agent", "bonjour", Span(0.0, 1.0)),
        (1, "customer", "oui", Span(1.0, 1.0)),
        (2, "unknown", "", Span(1.0, 1.0)),
        (3, "agent", "d", Span(1.0, 1.0)),
    ]


@pytest.mark.parametrize(
    ("label", "party"),
    [
        ("AGENT", "agent"),
        ("agent_ChrisL", "agent"),
        ("Conseillère 2", "agent"),
        ("médecin", "agent"),
        ("Service client", "agent"),
        ("Customer Service", "agent"),
        ("customer", "customer"),
        ("patient_2", "customer"),
        ("Appelante", "customer"),
        ("caller (mobile)", "customer"),
        ("spk_0", "unknown"),
        ("", "unknown"),
        ("agent/customer", "unknown"),
        ("Urgent", "unknown"),
    ],
)
def test_what_labels_say_about_the_party(label: str, party: str):
    assert party_of(label) == party
