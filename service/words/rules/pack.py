"""Packs, rules and their conditions as values. `schema.py` builds them from files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audio.timeline import Party
from service.scoring.evidence import Language
from service.words.rules.forms import Phrase

DEFAULT_NEAR_WORDS = 6


@dataclass(frozen=True)
class Where:
    """Where in the call: met when any of the given limits is (a transcript without times still has turns)."""

    first_s: float | None = None
    last_s: float | None = None
    first_turns: int | None = None
    last_turns: int | None = None


@dataclass(frozen=True)
class Near:
    """Forms that must or must not stand within some words of the match (`within_words` None: in the turn).

    `at_start`: they must hold the match's first word, or end right before it.
    """

    forms: Any
    within_words: int | None = DEFAULT_NEAR_WORDS
    at_start: bool = False


@dataclass(frozen=True)
class Neighbour:
    """What one of the other party's `turns` before (or after) must hold: a form, or an act."""

    forms: Any | None
    acts: frozenset[str]
    turns: int = 1


@dataclass(frozen=True)
class Conditions:
    """All must hold for a match to count."""

    where: Where | None = None
    unless: Near | None = None
    needs: Near | None = None
    previous: Neighbour | None = None
    next: Neighbour | None = None
    unless_previous: Neighbour | None = None
    asks: bool | None = None
    max_words: int | None = None
    echo: int = 0
    echo_max: int | None = None
    new_max: int | None = None
    echo_turns: int = 3
    again: int = 0
    again_new_max: int | None = None
    again_turns: int = 6


@dataclass(frozen=True)
class Rule:
    """One way to make an act. `match`, `no_match`: examples that must and must not hold the act."""

    act: str
    id: str
    party: Party
    phrases: tuple[Phrase, ...]
    patterns: Any | None
    conditions: Conditions
    yields_to: frozenset[str]
    match: tuple[str, ...]
    no_match: tuple[str, ...]
    file: str
    line: int


@dataclass(frozen=True)
class Pack:
    """The rules of one language, in order."""

    id: str
    language: Language
    version: str
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """As stored in evidence: `fr 1.0`."""
        return f"{self.id} {self.version}"


def neighbours(rule: Rule) -> tuple[Neighbour, ...]:
    """What the rule asks of turns around its own."""
    asked = (rule.conditions.previous, rule.conditions.next, rule.conditions.unless_previous)
    return tuple(n for n in asked if n is not None)


def waits(rule: Rule) -> bool:
    """True when the rule needs other acts found first."""
    return any(n.acts for n in neighbours(rule))
