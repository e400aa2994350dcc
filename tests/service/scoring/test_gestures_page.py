"""The published table says what the code and the shipped rubrics do, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.scoring.catalog import CRITERIA, GESTURES
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
