"""Dates of birth: a full date that is old enough to be one, or any full date right after the words that announce it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from service.words.redaction.runs import Passage, Stops
from service.words.redaction.spoken_numbers import Item, number_items, written_date
from service.words.tokens import fold

CUE_WORDS = 12
"""How far before a date its announcement may stand."""
YOUNGEST_YEAR = 2012
"""A full date up to this year is taken for a birth date even unannounced: service calls speak of recent days."""
_MONTHS = {
    "fr": [
        *("janvier", "fevrier", "mars", "avril", "mai", "juin"),
        *("juillet", "aout", "septembre", "octobre", "novembre", "decembre"),
    ],
    "en": [
        *("january", "february", "march", "april", "may", "june"),
        *("july", "august", "september", "october", "november", "december"),
    ],
}
_ORDINALS = {
    "fr": frozenset(["premier", "1er"]),
    "en": frozenset(
        [
            *(
                "first",
                "second",
                "third",
                "fourth",
                "fifth",
                "sixth",
                "seventh",
                "eighth",
                "ninth",
                "tenth",
                "eleventh",
            ),
            *(
                "twelfth",
                "thirteenth",
                "fourteenth",
                "fifteenth",
                "sixteenth",
                "seventeenth",
                "eighteenth",
                "nineteenth",
            ),
            *("twentieth", "thirtieth"),
        ]
    ),
}
_CUES = {
    "fr": re.compile(r"\b(?:nee? (?:le|en|au)|naissance|nee?$)"),
    "en": re.compile(r"\b(?:born|birth|birthday|d ?o ?b)\b"),
}
_ORDINAL_FIGURES = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")


def birth_dates(tokens: Sequence[str], language: str, stops: Stops) -> Iterator[Passage]:
    """Passages that are dates of birth."""
    norms = [fold(t).strip(' ,;:!?.«»"()') for t in tokens]
    for first, last, year in [*_written(tokens), *_with_month(tokens, norms, language)]:
        if any(i in stops for i in range(first + 1, last + 1)):
            continue
        if _announced(norms, first, language) or (year is not None and year <= YOUNGEST_YEAR):
            yield Passage(first, last, "birth_date")


def _announced(norms: Sequence[str], first: int, language: str) -> bool:
    return _CUES[language].search(" ".join(norms[max(0, first - CUE_WORDS) : first])) is not None


def _written(tokens: Sequence[str]) -> Iterator[tuple[int, int, int | None]]:
    """`12/03/1980` in one token. Two figures for the year say nothing about how old the date is."""
    for i, token in enumerate(tokens):
        date = written_date(token)
        if date is not None:
            yield i, i, int(date[2]) if len(date[2]) == 4 else None


def _with_month(tokens: Sequence[str], norms: Sequence[str], language: str) -> Iterator[tuple[int, int, int | None]]:
    """Day, month by name, year; in English the day may follow the month."""
    items = number_items(tokens, language)
    starts, ends = {i.first: i for i in items}, {i.last: i for i in items}
    for at, norm in enumerate(norms):
        if norm not in _MONTHS[language]:
            continue
        first = _day_before(norms, at, ends, language)
        after = at + 1
        if first is None and language == "en":
            first, after = at, _day_after(norms, at, starts)
        year, last = _year(starts, after, norms)
        if first is not None and year is not None:
            yield first, last, year


def _day_before(norms: Sequence[str], at: int, ends: Mapping[int, Item], language: str) -> int | None:
    day = at - 2 if at >= 2 and norms[at - 1] in ("of", "de") else at - 1
    if day < 0:
        return None
    if day in ends:
        return ends[day].first if len(ends[day].digits) <= 2 else None
    if _ORDINAL_FIGURES.fullmatch(norms[day]) or norms[day] in _ORDINALS[language]:
        return day - 1 if day and norms[day - 1] in ("twenty", "thirty") else day
    tail = norms[day].rpartition("-")[2]
    return day if tail in _ORDINALS[language] else None


def _day_after(norms: Sequence[str], at: int, starts: Mapping[int, Item]) -> int:
    """The token after the day that follows a month's name; the month's own when no day follows."""
    next_ = at + 1
    if next_ < len(norms) and norms[next_] == "the":
        next_ += 1
    if next_ < len(norms) and (_ORDINAL_FIGURES.fullmatch(norms[next_]) or norms[next_] in _ORDINALS["en"]):
        return next_ + 1
    item = starts.get(next_)
    return item.last + 1 if item is not None and len(item.digits) <= 2 else at + 1


def _year(starts: Mapping[int, Item], at: int, norms: Sequence[str]) -> tuple[int | None, int]:
    """A year in four figures, said in one piece or in two (`nineteen eighty`), and its last token."""
    item = starts.get(at + 1 if at < len(norms) and norms[at] in ("de", "of", "in", "en") else at)
    if item is None:
        return None, at
    if len(item.digits) == 4:
        return int(item.digits), item.last
    second = starts.get(item.last + 1)
    if len(item.digits) == 2 and second is not None and len(second.digits) == 2:
        return int(item.digits + second.digits), second.last
    return None, at
