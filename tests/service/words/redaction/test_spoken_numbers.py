"""Numbers as they are said, held to what their writers would have dialled."""

from __future__ import annotations

import pytest

from service.words.redaction.spoken_numbers import Item, number_items, written_date


def digits(text: str, language: str) -> list[str]:
    return [item.digits for item in number_items(text.split(), language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zéro six douze", ["0", "6", "12"]),
        ("quatre-vingt-douze", ["92"]),
        ("quatre vingt douze", ["92"]),
        ("quatre-vingts", ["80"]),
        ("quatre vingt", ["80"]),
        ("quatre-vingt-un", ["81"]),
        ("soixante dix", ["70"]),
        ("soixante et onze", ["71"]),
        ("soixante-dix-huit", ["78"]),
        ("soixante dix huit", ["78"]),
        ("vingt et un", ["21"]),
        ("vingt et demi", ["20"]),
        ("dix sept", ["17"]),
        ("dix six", ["10", "6"]),
        ("cent", ["100"]),
        ("deux cent trente", ["230"]),
        ("deux cents", ["200"]),
        ("mille", ["1000"]),
        ("mille neuf cent quatre-vingt", ["1980"]),
        ("quatre mille neuf cent soixante-dix", ["4970"]),
        ("double zéro sept", ["00", "7"]),
        ("septante-cinq nonante", ["75", "90"]),
        ("06.12.34.56.78", ["0612345678"]),
        ("on part mardi", []),
    ],
)
def test_french(text: str, expected: list[str]) -> None:
    assert digits(text, "fr") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oh seven double four", ["0", "7", "44"]),
        ("triple nine", ["999"]),
        ("twenty three", ["23"]),
        ("twenty-three", ["23"]),
        ("twenty thirty", ["20", "30"]),
        ("nineteen eighty two", ["19", "82"]),
        ("nine hundred", ["900"]),
        ("two hundred and thirty four", ["234"]),
        ("one two three", ["1", "2", "3"]),
        ("five thousand and", ["5000"]),
        ("hundred percent", []),
        ("4929-1234", ["49291234"]),
        ("double glazing", []),
    ],
)
def test_english(text: str, expected: list[str]) -> None:
    assert digits(text, "en") == expected


def test_items_know_their_tokens() -> None:
    items = number_items(["c'est", "le", "vingt", "et", "un", "puis", "+33612345678"], "fr")
    assert items == [Item(2, 4, "21"), Item(6, 6, "33612345678", international=True)]


def test_a_word_of_a_megabyte_is_no_number() -> None:
    assert number_items(["9" * 1_000_000, "vingt-" * 100_000], "fr") == []


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("12/03/1980", (12, 3, "1980")),
        ("12.03.80,", (12, 3, "80")),
        ("03-12-1980", (3, 12, "1980")),
        ("32/03/1980", None),
        ("13/13/1980", None),
        ("0612345678", None),
    ],
)
def test_a_written_date(token: str, expected: tuple[int, int, str] | None) -> None:
    assert written_date(token) == expected
