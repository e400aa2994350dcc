"""Packs, rules and their conditions as values. `schema.py` builds them from files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal

from audio.timeline import Party
from service.scoring.evidence import Language
from service.words.rules.forms import Phrase
from service.words.rules.mending import MEND_BITS, Mender
from service.words.rules.wording import Written

DEFAULT_NEAR_WORDS = 6
Side = Literal["before", "after", "call"]


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
class Said:
    """Something to look for anywhere in a call: a form, or an act. `party` None: whoever says it."""

    forms: Any | None
    acts: frozenset[str]
    party: Party | None = None


@dataclass(frozen=True)
class Reach:
    """How far to look; both limits hold when both are given, none reaches to the end of the call.

    `turns` counts the turns of whoever is looked for, so that nobody's "mm" uses up the other's turns; what lies in
    the match's own turn is 0 turns away. `seconds` run from the match's words to those that are looked for.
    """

    turns: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Across:
    """Something said after the match (`then`) or before it (`after`)."""

    said: Said
    reach: Reach


@dataclass(frozen=True)
class Limits:
    """A number's least and greatest value, both included."""

    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Count:
    """How many times something is said in the call, or before or after the match."""

    said: Said
    side: Side
    reach: Reach
    limits: Limits


@dataclass(frozen=True)
class Absent:
    """Something not said in a window: before or after `anchor`, or in the call's first or last seconds, or at all.

    The window is the match. With an anchor, `side` says on which side of it the window lies, and each anchor makes a
    window. Without one, `first_s` or `last_s` bound it, or neither: the whole call.
    """

    said: Said
    anchor: Said | None = None
    side: Side = "call"
    reach: Reach = Reach()
    first_s: float | None = None
    last_s: float | None = None


@dataclass(frozen=True)
class Conditions:
    """All must hold for a match to count. Those of `_HELPERS` belong to others and are none by themselves."""

    where: Where | None = None
    max_words: int | None = None
    asks: bool | None = None
    unless: Near | None = None
    needs: Near | None = None
    previous: Neighbour | None = None
    next: Neighbour | None = None
    unless_previous: Neighbour | None = None
    echo: int = 0
    echo_max: int | None = None
    new_max: int | None = None
    echo_turns: int = 3
    echo_own: bool = False
    hotwords: frozenset[str] = frozenset()
    again: int = 0
    again_new_max: int | None = None
    again_turns: int = 6
    fresh: bool | None = None
    answered: bool | None = None
    then: Across | None = None
    after: Across | None = None
    count: Count | None = None
    question: bool | None = None
    rises: bool | None = None
    room: float | None = None
    interrupted: bool | None = None
    rate_ratio: Limits | None = None
    pitch_spread_ratio: Limits | None = None
    loudness_spread_ratio: Limits | None = None
    negated: Conditions | None = None

    @cached_property
    def given(self) -> tuple[str, ...]:
        """The conditions that were set, cheap ones first: a call asks for this thousands of times."""
        changed = {f.name for f in fields(self) if getattr(self, f.name) != f.default}
        named = {_HELPERS.get(name, name) for name in changed}
        return tuple(f.name for f in fields(self) if f.name in named)

    @property
    def acts(self) -> frozenset[str]:
        """The acts these conditions look at, which must be found first."""
        neighbours = (self.previous, self.next, self.unless_previous)
        across = (x.said for x in (self.then, self.after, self.count) if x)
        own = frozenset(act for x in (*neighbours, *across) if x for act in x.acts)
        return own | self.negated.acts if self.negated else own

    @cached_property
    def of_voice(self) -> bool:
        """True when one of them compares the voice: what such a rule finds supports and never decides."""
        own = (self.rate_ratio, self.pitch_spread_ratio, self.loudness_spread_ratio)
        return any(x is not None for x in own) or (self.negated is not None and self.negated.of_voice)


_HELPERS = {
    **{"echo_max": "echo", "new_max": "echo", "echo_turns": "", "echo_own": "", "hotwords": ""},
    **{"again_new_max": "", "again_turns": ""},
}


@dataclass(frozen=True)
class Rule:
    """One way to make an act. `match`, `no_match`: examples that must and must not hold the act.

    `absent` stands in for forms: then the match is a window in which nothing of that is said.
    `until` cuts turns before each of its places: what a pattern finds lies within one such clause.
    """

    pack: str
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
    absent: Absent | None = None
    until: Any | None = None
    written: Written | None = None
    mend_bits: float = MEND_BITS

    @property
    def label(self) -> str:
        """As stored in evidence: `fr/courtesy_question/comment_allez_vous`."""
        return f"{self.pack}/{self.act}/{self.id}"

    @property
    def by_echo(self) -> bool:
        """Found by words said before alone: the other party's, or those of a question of one's own, now answered."""
        return self.conditions.echo > 0 or (self.party == "agent" and self.conditions.again > 0)

    @property
    def looks_at(self) -> frozenset[str]:
        """The acts that must be found before this rule runs."""
        absent = self.absent
        sought = () if absent is None else (absent.said, absent.anchor)
        return self.conditions.acts | frozenset(act for said in sought if said for act in said.acts)


@dataclass(frozen=True)
class Pack:
    """The rules of one language, in order: one pack, or several that work together (`join`)."""

    id: str
    language: Language
    version: str
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """As stored in evidence: `fr 1.0`."""
        return f"{self.id} {self.version}"

    @cached_property
    def mender(self) -> Mender:
        """Puts back words that were lost; worked out when a call first needs it."""
        return Mender(self.rules, self.language)

    @cached_property
    def rounds(self) -> tuple[tuple[tuple[int, Rule], ...], ...]:
        """The rules with their places, in the order to run them: acts that others look at come first.

        Raises ActLoop when acts look at each other in a circle.
        """
        depth = _depths(self.rules)
        numbered = list(enumerate(self.rules))
        levels = range(max(depth.values(), default=0) + 1)
        return tuple(tuple(p for p in numbered if depth[p[1].act] == level) for level in levels)


class ActLoop(Exception):
    """Acts that look at each other in a circle; `rule` is one of those that close it, over `act`."""

    def __init__(self, rule: Rule, act: str) -> None:
        super().__init__(rule.label, act)
        self.rule, self.act = rule, act


def _depths(rules: tuple[Rule, ...]) -> dict[str, int]:
    """For each act, how many rounds must run before its rules may."""
    of_act: dict[str, list[Rule]] = {}
    for rule in rules:
        of_act.setdefault(rule.act, []).append(rule)
    depth: dict[str, int] = {}

    def visit(act: str, path: tuple[str, ...]) -> int:
        if act not in depth:
            needed = [0, *(1 + visit(other, (*path, act)) for rule, other in _edges(of_act, act, (*path, act)))]
            depth[act] = max(needed)
        return depth[act]

    for act in of_act:
        visit(act, ())
    return depth


def _edges(of_act: dict[str, list[Rule]], act: str, path: tuple[str, ...]) -> Iterator[tuple[Rule, str]]:
    """The acts that the rules of an act look at; an act without rules is never found and needs no round."""
    for rule in of_act[act]:
        for other in sorted(rule.looks_at & of_act.keys()):
            if other in path:
                raise ActLoop(rule, other)
            yield rule, other


def join(packs: tuple[Pack, ...]) -> Pack:
    """Several packs of one language as one: their rules see each other's acts. Raises ActLoop."""
    if len(packs) == 1:
        return packs[0]
    first = packs[0]
    joined = Pack(
        "+".join(p.id for p in packs), first.language, first.version, tuple(r for p in packs for r in p.rules)
    )
    _ = joined.rounds
    return joined
