"""Titles of grid lines against gestures and criteria, by the words of `words.yaml`, with what matched kept beside.

The longest phrase found decides. Words about how a person comes across go before everything: such a line is for a
person, even when the rest of its title would fit. Patterns are ours and plain, titles are short: time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal, cast

import yaml

from service.scoring.catalog import CRITERIA, GESTURES
from service.words.tokens import fold

Reason = Literal["manner", "knowledge", "record", "compliance", "speech", "sales", "unknown"]
_GAP = r"(?:\W+\w+){0,4}?\W+"


@dataclass(frozen=True)
class Matched:
    """What a title is about: `line` a gesture or criterion ('' for a person), `words` that said so, `also` what else
    would have fitted, `reason` why only a person can judge it."""

    line: str
    words: str
    also: tuple[str, ...] = ()
    reason: Reason | None = None


@dataclass(frozen=True)
class _Words:
    lines: Mapping[str, re.Pattern[str]]
    people: Mapping[str, re.Pattern[str]]


def match(title: str) -> Matched:
    """What a title is about, or why only a person can judge it."""
    known, folded = _words(), fold(title)
    found = _found(known.lines, folded)
    people = _found(known.people, folded)
    manner = next((words for reason, words in people if reason == "manner"), None)
    measured = any(line == "out_of_the_metal" for line, _ in found)
    if manner is not None and not measured:
        return Matched("", manner, tuple(line for line, _ in found), "manner")
    if found:
        return Matched(found[0][0], found[0][1], tuple(line for line, _ in found[1:]))
    if people:
        return Matched("", people[0][1], reason=cast(Reason, people[0][0]))
    return Matched("", "", reason="unknown")


def _found(known: Mapping[Reason | str, re.Pattern[str]], folded: str) -> list[tuple[Reason | str, str]]:
    """Names with the longest phrase each has in the text, the longest first."""
    hits = [
        (name, max((m[0] for m in pattern.finditer(folded)), key=len, default="")) for name, pattern in known.items()
    ]
    return sorted((hit for hit in hits if hit[1]), key=lambda hit: -len(hit[1]))


@lru_cache
def _words() -> _Words:
    text = (resources.files("service.grids") / "words.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    unknown = set(data["lines"]) - set(GESTURES) - set(CRITERIA)
    if unknown:
        raise ValueError(f"words.yaml names no line of ours: {sorted(unknown)}")
    return _Words(*({name: _pattern(phrases) for name, phrases in data[key].items()} for key in ("lines", "people")))


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join(rf"\b{_phrase(p)}(?!\w)" for p in longest_first))


def _phrase(phrase: str) -> str:
    """`explain* ... reason*` as a pattern over folded text."""
    parts = [r"\W+".join(_word(w) for w in part.split()) for part in phrase.split(" ... ")]
    return _GAP.join(parts)


def _word(word: str) -> str:
    return re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "")
