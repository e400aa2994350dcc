"""Labels, numbers and the two catalogues of pages."""

from __future__ import annotations

import string
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po

from audio.floor import FloorKind
from audio.notes import Note
from audio.timeline import Party
from service import say
from service.labels import BAND_WIDTH, VERDICTS, Labels, band, humanise, plain
from service.say import LANGS, Lang
from service.scoring.catalog import CRITERIA, GESTURES
from service.scoring.evidence import LayoutKind, Policy
from service.scoring.judgement import FamilyName, FamilyState, Score, Verdict

LOCALE = Path(say.__file__).parent / "locale"
NO_BREAK = "\u00a0"


def entries(lang: str) -> dict[str, str]:
    with (LOCALE / lang / "pages.po").open("rb") as stream:
        return {str(m.id): str(m.string) for m in read_po(stream, locale=lang) if m.id}


def fields(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    french, english = entries("fr"), entries("en")
    assert french.keys() == english.keys()
    assert {k: fields(v) for k, v in french.items()} == {k: fields(v) for k, v in english.items()}


def test_french_keeps_its_spaces_from_breaking() -> None:
    wrong = [k for k, v in entries("fr").items() for mark in ":;?!%" if f" {mark}" in v]
    assert wrong == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_known_id_has_a_label(lang: Lang) -> None:
    known = say.catalogue(lang)
    wanted = [
        *(f"verdict.{v}" for v in VERDICTS),
        *(f"verdict_some.{v}" for v in VERDICTS),
        *(f"verdict_help.{v}" for v in VERDICTS),
        *(f"{kind}.{g}" for g in GESTURES for kind in ("gesture", "expected")),
        *(f"criterion.{c}" for c in CRITERIA),
        *(f"unit.{rule.unit}" for rule in CRITERIA.values()),
        *(f"policy.{p}" for p in get_args(Policy)),
        *(f"family.{f}" for f in get_args(FamilyName)),
        *(f"state.{s}" for s in get_args(FamilyState)),
        *(f"floor.{k}" for k in get_args(FloorKind)),
        *(f"party.{p}" for p in get_args(Party)),
        *(f"layout.{k}" for k in get_args(LayoutKind)),
    ]
    assert [key for key in wanted if key not in known] == []
    assert set(VERDICTS) == set(get_args(Verdict))


def test_unknown_id_is_humanised_and_unknown_sentence_raises() -> None:
    labels = Labels("fr")
    assert labels.gesture("a_gesture_of_tomorrow") == "A gesture of tomorrow"
    assert labels.gesture("proposal") == "proposition"
    with pytest.raises(KeyError):
        labels.note(Note("nobody.says_this"))


def test_plain_drops_what_moves_a_terminal_or_a_line() -> None:
    assert plain("a\x1b[31m\x07b\u202ec\u2028d\u2066e") == "a[31mbc de"
    assert plain("déjà l’été — 漢字 🙂") == "déjà l’été — 漢字 🙂"
    assert humanise("x\x1b_y") == "X y"


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [
        (61.0, 52.0, 70.0, (52, 70)),
        (61.0, None, None, (60, 70)),
        (100.0, None, None, (90, 100)),
        (61.0, 60.5, 61.5, (60, 70)),
        (0.0, 0.0, 0.0, (0, 10)),
        (None, None, None, None),
    ],
)
def test_score_is_always_a_band(
    value: float | None, low: float | None, high: float | None, shown: tuple[int, int] | None
) -> None:
    found = band(Score(value=value, low=low, high=high, assessed_share=1.0, why=Note("x")))
    assert found == shown
    assert found is None or found[1] - found[0] >= BAND_WIDTH


def test_numbers_follow_the_language() -> None:
    french, english = Labels("fr"), Labels("en")
    assert french.quantity(2.449, "st") == f"2,4{NO_BREAK}demi-tons"
    assert english.quantity(2.449, "st") == f"2.4{NO_BREAK}semitones"
    assert (french.quantity(62.4, "%"), english.quantity(62.4, "%")) == (f"62{NO_BREAK}%", "62%")
    assert english.number(-0.01, 1) == "0.0"
    assert [french.clock(s) for s in (0.0, 65.9, 3725.0)] == ["0:00", "1:05", "1:02:05"]
    assert french.duration(168.0) == "2\u00a0min 48\u00a0s"
    assert french.source("two channels, swift-f0 0.3") == "deux canaux, swift-f0 0.3"
    assert french.source("imported WebVTT") == "transcription WebVTT"
