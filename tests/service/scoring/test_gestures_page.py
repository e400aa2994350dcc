"""The published table says what the code and the shipped rubrics do, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.say import Lang, catalogue
from service.scoring.catalog import CRITERIA, GESTURES
from service.scoring.clips import AFTER_S, BEFORE_MOST_S, BEFORE_S, LONGEST_S, REPLY_WITHIN_S
from service.scoring.hints import HINTS
from service.scoring.moments import MISSING_WINDOW_S
from service.scoring.rubric_file import load_rubric
from tests.service.scoring.test_sentences import emotion_words_in

PAGE = Path(__file__).parents[3] / "docs" / "gestures.md"
KINDS = {"line": "ligne", "guard": "garde", "gift": "don", "context": "contexte"}


def halves() -> list[str]:
    english, french = PAGE.read_text(encoding="utf-8").split("\n---\n")
    return [english, french.replace("\u00a0", " ")]


def rows(half: str, name: str) -> list[str]:
    return [line for line in half.splitlines() if line.startswith("|") and f"`{name}`" in line.split("|")[1]]


@pytest.mark.parametrize("half", halves(), ids=["en", "fr"])
def test_every_gesture_and_criterion_has_its_row(half: str) -> None:
    assert [g for g in GESTURES if len(rows(half, g)) != 1] == []
    assert [c for c in CRITERIA if len(rows(half, c)) != 1] == []


@pytest.mark.parametrize(("half", "french"), [(halves()[0], False), (halves()[1], True)], ids=["en", "fr"])
def test_ideas_and_kinds_are_the_rubrics_and_the_codes(half: str, french: bool) -> None:
    for criterion in load_rubric("inbound_service").criteria:
        cells = [c.strip() for c in rows(half, criterion.id)[0].split("|")]
        kind = CRITERIA[criterion.id].kind
        assert cells[2] == criterion.idea
        assert cells[3] == (KINDS[kind] if french else kind)


@pytest.mark.parametrize("half", halves(), ids=["en", "fr"])
def test_windows_limits_and_cuts_are_the_shipped_ones(half: str) -> None:
    rubric = load_rubric("inbound_service")
    for gesture in rubric.gestures:
        for seconds in (gesture.within.first_s, gesture.within.last_s):
            if seconds is not None:
                assert re.search(rf"\b{seconds:.0f}\b", rows(half, gesture.id)[0].split("|")[3]), gesture.id
    assert re.search(rf"{rubric.cuts.script:.0f} \(script\).*{rubric.cuts.intention:.0f} \(intention\)", half)
    assert f"{100 * rubric.limits.min_assessed:.0f} %" in half and f"{100 * rubric.limits.min_covered:.0f} %" in half
    assert f"{100 * rubric.echo.min_share:.0f} %" in half


def test_the_page_names_no_emotion() -> None:
    english, french = halves()
    assert emotion_words_in(re.sub(r"`[^`]*`", "", english), "en") == []
    assert emotion_words_in(re.sub(r"`[^`]*`", "", french), "fr") == []


def test_the_clip_and_the_choice_of_moments_are_the_codes() -> None:
    for half in halves():
        told = re.search(r"(?:The clip starts|L’extrait commence).*?(?:\n\n)", half, re.S)
        assert told is not None
        numbers = [float(n) for n in re.findall(r"(\d+)(?= (?:to|à|s))", told[0])]
        assert numbers == [BEFORE_S, BEFORE_MOST_S, REPLY_WITHIN_S, AFTER_S, LONGEST_S]
        assert f"{MISSING_WINDOW_S:.0f} s" in half


@pytest.mark.parametrize(("half", "lang"), [(halves()[0], "en"), (halves()[1], "fr")], ids=["en", "fr"])
def test_every_situation_is_named_as_the_page_names_it(half: str, lang: Lang) -> None:
    situations = {s for known in HINTS.values() for s in known}
    named = {s: catalogue(lang)[f"situation.{s}"].replace("\u00a0", " ").replace("’", "'") for s in situations}
    assert {s: name for s, name in named.items() if name not in half.replace("’", "'")} == {}


@pytest.mark.parametrize(
    ("half", "words"), [(halves()[0], ("room", "follow-through")), (halves()[1], ("place", "suite"))]
)
def test_weights_are_the_shipped_ones(half: str, words: tuple[str, str]) -> None:
    rubric = load_rubric("inbound_service")
    told = " ".join(half.split("\n- **")[-2:][0].split()) + " " + " ".join(half.split("\n- **")[-1].split())
    for gesture in rubric.gestures:
        families = zip(words, ("room", "follow_through"), strict=True)
        parts = [f"{word} {gesture.families[name]:g}" for word, name in families if gesture.families.get(name)]
        wanted = f"`{gesture.id}` {gesture.weight:g}" + (f" ({', '.join(parts)})" if parts else "")
        assert re.search(rf"{re.escape(wanted)} ?[;.]", re.sub(r"(\d),(\d)", r"\1.\2", told)), wanted
    for criterion in rubric.criteria:
        wanted = f"`{criterion.id}` {criterion.weight:g}"
        assert re.search(rf"{re.escape(wanted)} ?[;.]", re.sub(r"(\d),(\d)", r"\1.\2", told)), wanted
