"""Syllables of what is written in figures and signs, as it is read aloud in French and English.

Up to six digits a number is read as one (in English 1100 to 2099, but not 2000 to 2009, in pairs: years, prices);
longer ones, and those with a zero in front, are read as codes: French in pairs, English digit by digit. Two decimals
are a price (`12,50` is *douze cinquante*, *twelve fifty*), others are read with their point.
"""

from __future__ import annotations

import re

NUMBER = r"\d+(?:[.,]\d+)*"
SIGNS = {
    "fr": {"€": 2, "$": 2, "£": 1, "%": 2, "&": 1, "@": 3, "+": 1, "°": 2},
    "en": {"€": 2, "$": 2, "£": 1, "%": 2, "&": 1, "@": 1, "+": 1, "°": 2},
}
_LONGEST_CARDINAL = 6
_LONGEST = 30
_SHORTEST_CODE = 7
_CODE = re.compile(r"\+?\(?\d+\)?(?:[-. ]+\(?\d+\)?)*-\d+(?:[-. ]+\d+)*")
_EN_UNITS = (2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 2, 2, 2, 2, 3, 2, 2)
_ORDINALS = {"fr": r"(?:ers?|ère?s?|res?|[eè]?mes?|es?|nde?s?)", "en": r"(?:st|nd|rd|th)s?"}


def ordinal_suffix(language: str) -> str:
    """Pattern of what follows the figures of an ordinal."""
    return _ORDINALS[language]


def ordinal(digits: str, language: str) -> int:
    """`1er`, `3e`, `22nd`, `20th`."""
    value = int(digits[:_LONGEST_CARDINAL])
    if language == "fr":
        if value == 1:
            return 2
        return number(digits, "fr") + 1 + (value % 10 == 4 and value % 100 not in (14, 74, 94))
    tens = value % 100 >= 20 and value % 10 == 0
    return number(digits, "en") + (tens or (value % 10 == 2 and value % 100 != 12))


def number(figures: str, language: str) -> int:
    """Figures with or without points and commas."""
    if language == "en" and re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", figures):
        thousands, *rest = figures.replace(",", "").split(".")
        return _cardinal(int(thousands[:_LONGEST]), "en") + (_decimals(rest[0], "en") if rest else 0)
    whole, *rest = re.split(r"[.,]", figures)
    if len(rest) != 1:
        return sum(_whole(group, language) for group in (whole, *rest))
    return _whole(whole, language) + _decimals(rest[0], language)


def code(text: str) -> int | None:
    """An English telephone number or the like (`555-0199`), digit by digit; None when it is none."""
    digits = re.sub(r"\D", "", text)
    return _one_by_one(digits) if len(digits) >= _SHORTEST_CODE and _CODE.fullmatch(text) else None


def _one_by_one(digits: str) -> int:
    return sum(_EN_UNITS[int(d)] for d in digits[:_LONGEST])


def _decimals(digits: str, language: str) -> int:
    if len(digits) == 2:
        return _whole(digits, language) if int(digits) else 0
    return 2 + _whole(digits, "fr") if language == "fr" else 1 + _one_by_one(digits)


def _whole(digits: str, language: str) -> int:
    digits = digits[:_LONGEST]
    if len(digits) <= _LONGEST_CARDINAL and (digits[0] != "0" or len(digits) == 1):
        return (
            _in_pairs(int(digits)) if language == "en" and _is_year(int(digits)) else _cardinal(int(digits), language)
        )
    if language == "en":
        return _one_by_one(digits)
    first = len(digits) % 2
    pairs = [digits[:first], *(digits[i : i + 2] for i in range(first, len(digits), 2))]
    return sum(2 * (pair[0] == "0" and len(pair) == 2) + _fr_below_100(int(pair)) for pair in pairs if pair)


def _is_year(value: int) -> bool:
    return 1100 <= value < 2100 and not 2000 <= value < 2010


def _in_pairs(value: int) -> int:
    """`1998`, `1905` (*nineteen oh five*), `1900` (*nineteen hundred*)."""
    first, second = divmod(value, 100)
    return _en_below_100(first) + (2 if second == 0 else _en_below_100(second) + (second < 10))


def _cardinal(value: int, language: str) -> int:
    if value < 1000:
        return _below_1000(value, language)
    thousands, rest = divmod(value, 1000)
    if language == "fr":
        return (thousands > 1 and _cardinal(thousands, "fr")) + 1 + (_below_1000(rest, "fr") if rest else 0)
    return _cardinal(thousands, "en") + 2 + (_below_1000(rest, "en") + (rest < 100) if rest else 0)


def _below_1000(value: int, language: str) -> int:
    hundreds, rest = divmod(value, 100)
    below = _fr_below_100 if language == "fr" else _en_below_100
    if not hundreds:
        return below(rest)
    named = (1 if language == "fr" else 3) if hundreds == 1 else below(hundreds) + (1 if language == "fr" else 2)
    return named + (below(rest) + (language == "en") if rest else 0)


def _fr_below_100(value: int) -> int:
    if value < 20:
        return 2 if value in (0, 14, 17, 18, 19) else 1
    tens, unit = divmod(value, 10)
    if tens in (7, 9):
        return (2 if tens == 7 else 3) + _fr_below_100(10 + unit) + (value == 71)
    return {2: 1, 3: 1, 4: 2, 5: 2, 6: 2, 8: 3}[tens] + (_fr_below_100(unit) + (unit == 1 and tens != 8) if unit else 0)


def _en_below_100(value: int) -> int:
    if value < 20:
        return _EN_UNITS[value]
    tens, unit = divmod(value, 10)
    return (3 if tens == 7 else 2) + (_EN_UNITS[unit] if unit else 0)
