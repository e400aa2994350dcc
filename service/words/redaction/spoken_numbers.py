"""Digits as people say and write them: `06 12`, `zéro six douze`, `double four`, `quatre-vingt-douze`, `oh seven`.

A number word gives the digits it is written with (`quatre-vingt-douze` 92, `mille neuf cent quatre-vingt` 1980), since
whoever dictates a reference says it in pieces: the pieces are strung together by `redaction.runs`. English years said
in two halves (`nineteen eighty`) come out right that way too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.words.tokens import fold

_FR_UNITS = [
    *("zero", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize"),
    *("quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"),
]
_EN_UNITS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_UNITS = {
    "fr": {word: n for n, word in enumerate(_FR_UNITS)} | {"une": 1},
    "en": {word: n for n, word in enumerate(_EN_UNITS)} | {"oh": 0, "o": 0, "nought": 0, "nil": 0},
}
_TENS = {
    "fr": {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80,
           "octante": 80, "nonante": 90},
    "en": {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
           "eighty": 80, "ninety": 90},
}  # fmt: skip
_HUNDRED = {"fr": frozenset(["cent", "cents"]), "en": frozenset(["hundred"])}
_THOUSAND = {"fr": frozenset(["mille", "mil"]), "en": frozenset(["thousand"])}
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_AND = {"fr": "et", "en": "and"}
_FIGURES = re.compile(r"\+?\d(?:[\d .\-/()\u00a0\u202f]*\d)?")
_NO_DIGIT = re.compile(r"\D")
_DATE = re.compile(r"(\d{1,2})[./\-](\d{1,2})[./\-](\d{4}|\d{2})")
MOST_CHARACTERS = 60
"""Of one written word that may be a number: longer is something else."""


@dataclass(frozen=True)
class Item:
    """Digits said or written in one go: tokens first to last (inclusive). `international`: written with a plus."""

    first: int
    last: int
    digits: str
    international: bool = False


@dataclass(frozen=True)
class _Part:
    """A piece of a token: `dix-huit` has two, `vingt` one."""

    norm: str
    token: int


def written_date(token: str) -> tuple[int, int, str] | None:
    """Day, month (in either order) and year as written in one token (`12/03/1980`), or None."""
    match = _DATE.fullmatch(token.strip(' ,;:!?.«»"()')) if len(token) <= MOST_CHARACTERS else None
    if match is None:
        return None
    day, month = int(match[1]), int(match[2])
    return (day, month, match[3]) if 0 < max(day, month) <= 31 and 0 < min(day, month) <= 12 else None


def is_written_date(token: str) -> bool:
    """A date in one token is no number."""
    return written_date(token) is not None


def number_items(tokens: Sequence[str], language: str) -> list[Item]:
    """Every number in the tokens (words as transcribed), in order; words that are none fall away."""
    parts = [p for i, token in enumerate(tokens) for p in _parts(token, i, language)]
    items: list[Item] = []
    at = 0
    while at < len(parts):
        item, used = _item_at(parts, at, language)
        items += [item] if item is not None else []
        at += max(1, used)
    return items


def _parts(token: str, index: int, language: str) -> list[_Part]:
    if len(token) > MOST_CHARACTERS:
        return [_Part("", index)]
    folded = fold(token).strip(" \t\n,;:!?…«»\"'.()[]")
    if any(c.isdigit() for c in folded):
        return [_Part(folded, index)]
    if folded in _UNITS[language]:  # dix-sept is one word of the list
        return [_Part(folded, index)]
    return [_Part(piece, index) for piece in folded.split("-") if piece] or [_Part("", index)]


def _item_at(parts: Sequence[_Part], at: int, language: str) -> tuple[Item | None, int]:
    """The number that starts at a part, and how many parts it takes."""
    part = parts[at]
    if _FIGURES.fullmatch(part.norm):
        return Item(part.token, part.token, _NO_DIGIT.sub("", part.norm), part.norm.startswith("+")), 1
    times = _TIMES.get(part.norm, 0)
    if times and at + 1 < len(parts):
        unit = _UNITS[language].get(parts[at + 1].norm)
        if unit is not None and unit < 10:
            return Item(part.token, parts[at + 1].token, str(unit) * times, False), 2
    value, used = _thousands([p.norm for p in parts[at : at + 12]], language)
    if not used:
        return None, 1
    return Item(part.token, parts[at + used - 1].token, str(value)), used


def _thousands(norms: Sequence[str], language: str) -> tuple[int, int]:
    """The value of the number words at the start, and how many there are (0: none)."""
    value, used = _hundreds(norms, language)
    if used < len(norms) and norms[used] in _THOUSAND[language] and (used or language == "fr"):
        below, more = _hundreds(norms[used + 1 :], language)
        return 1000 * (value if used else 1) + below, used + 1 + more
    return value, used


def _hundreds(norms: Sequence[str], language: str) -> tuple[int, int]:
    value, used = _below_hundred(norms, language)
    hundred = used < len(norms) and norms[used] in _HUNDRED[language]
    if not hundred or value >= 100 or (used and not 0 < value < 20) or (not used and language == "en"):
        return value, used
    base, at = 100 * (value if used else 1), used + 1
    if at + 1 < len(norms) and norms[at] == _AND[language] and language == "en":
        at += 1
    below, more = _below_hundred(norms[at:], language)
    return base + below, at + more if more else used + 1


def _below_hundred(norms: Sequence[str], language: str) -> tuple[int, int]:
    if not norms:
        return 0, 0
    if language == "fr" and norms[:2] in (["quatre", "vingt"], ["quatre", "vingts"]):
        return _with_unit(80, norms, 2, language, below=20)
    tens = _TENS[language].get(norms[0])
    if tens is not None:
        return _with_unit(tens, norms, 1, language, below=20 if tens == 60 and language == "fr" else 10)
    return _unit(norms, language)


def _unit(norms: Sequence[str], language: str) -> tuple[int, int]:
    """0 to 19; `dix sept` said as two words is 17."""
    unit = _UNITS[language].get(norms[0]) if norms else None
    if unit is None:
        return 0, 0
    second = _UNITS[language].get(norms[1]) if len(norms) > 1 else None
    if language == "fr" and unit == 10 and second in (7, 8, 9):
        return 10 + second, 2
    return unit, 1


def _with_unit(tens: int, norms: Sequence[str], used: int, language: str, *, below: int) -> tuple[int, int]:
    """`vingt et un`, `soixante dix`, `twenty three`: the unit that belongs to the ten, when one follows."""
    at = used + 1 if used + 1 < len(norms) and norms[used] == _AND[language] and language == "fr" else used
    unit, more = _unit(norms[at:], language)
    if more and 0 < unit < below:
        return tens + unit, at + more
    return tens, used
