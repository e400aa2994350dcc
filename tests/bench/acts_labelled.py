"""Labelled sentences of service calls, and how well a pack finds their acts.

`labelled/LANGUAGE.tsv`: turn, party (A or C), text, acts separated by commas. The turn is a place in an imagined call
of 80 turns; where it does not grow, another call begins, and the places between are filled with speech that means
nothing. Data lines counted from 1: the odd ones are *seen* (errors may be looked at while rules are written), the
even ones are *unseen*: their errors were never listed. But both were written by the author of the rules, before this
round of rules, in the same calls: who wrote a line remembers it, so this half flatters. `LANGUAGE_fresh.tsv` was
written after the rules and no rule was changed for it: few lines, yet the nearest here to a stranger's calls.
A line counts once per act, however often a rule finds the act in it.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio.timeline import Party, Span
from service.scoring.evidence import Language, SpokenTurn
from service.words.rules import Pack, find_acts
from service.words.rules.vocabulary import ACTS

CALL_TURNS = 80
TURN_S = 5.0
MACRO_POSITIVES = 3
"""Fewest labelled lines for an act to count in the macro average of a half; under ten its interval is wide."""
_PARTIES: dict[str, Party] = {"A": "agent", "C": "customer"}


@dataclass(frozen=True)
class Labelled:
    """A line: its place in its call, what is said, the acts a person found in it."""

    number: int
    turn: int
    party: Party
    text: str
    acts: frozenset[str]

    @property
    def seen(self) -> bool:
        """True when its errors may be looked at."""
        return self.number % 2 == 1


@dataclass(frozen=True)
class Score:
    """Counts over lines. Ratios are 0 where nothing was found, or nothing was there to find."""

    found: int
    missed: int
    wrong: int

    @property
    def support(self) -> int:
        """Lines that carry the act."""
        return self.found + self.missed

    @property
    def precision(self) -> float:
        """Share of what was found that is right."""
        return self.found / max(1, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """Share of what is there that was found."""
        return self.found / max(1, self.support)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.found / max(1, 2 * self.found + self.wrong + self.missed)


def read_labelled(language: Language, part: str = "") -> list[Labelled]:
    """All lines of a language (of one part: "_fresh"); an act nobody knows is an error."""
    path = Path(__file__).parent / "labelled" / f"{language}{part}.tsv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [_line(i, row) for i, row in enumerate(rows, 1)]


def _line(number: int, row: dict[str, str]) -> Labelled:
    acts = frozenset(a for a in row["acts"].split(",") if a)
    if acts - ACTS:
        raise ValueError(f"line {number}: unknown act {sorted(acts - ACTS)}")
    return Labelled(number, int(row["turn"]), _PARTIES[row["party"]], row["text"], acts)


def calls_of(lines: Iterable[Labelled]) -> Iterator[list[Labelled]]:
    """The lines call by call."""
    call: list[Labelled] = []
    for line in lines:
        if call and line.turn <= call[-1].turn:
            yield call
            call = []
        call.append(line)
    if call:
        yield call


def found_in(
    lines: Sequence[Labelled], pack: Pack, heard: Callable[[str], str] = str, *, whole: bool = False
) -> dict[int, frozenset[str]]:
    """The acts found, by number of line. `heard` changes the words on their way (a recogniser's losses).

    `whole`: the lines are all that is said in their calls, so that a call ends where its lines do.
    """
    found: dict[int, frozenset[str]] = {}
    for call in calls_of(lines):
        by_turn: dict[int, set[str]] = {}
        for act in find_acts(_as_given(call, heard) if whole else _turns(call, heard), pack):
            by_turn.setdefault(act.turn, set()).add(act.id)
        found.update({line.number: frozenset(by_turn.get(line.turn, ())) for line in call})
    return found


def _turns(call: Sequence[Labelled], heard: Callable[[str], str]) -> list[SpokenTurn]:
    said = {line.turn: (line.party, heard(line.text)) for line in call}
    filling: tuple[Party, Party] = ("agent", "customer")
    return [
        _turn(i, party, text) for i in range(1, CALL_TURNS + 1) for party, text in [said.get(i, (filling[i % 2], "x"))]
    ]


def _as_given(call: Sequence[Labelled], heard: Callable[[str], str]) -> list[SpokenTurn]:
    return [_turn(line.turn, line.party, heard(line.text)) for line in call]


def _turn(index: int, party: Party, text: str) -> SpokenTurn:
    return SpokenTurn(index=index, party=party, span=Span(index * TURN_S, (index + 1) * TURN_S), text=text)


def scores(lines: Sequence[Labelled], found: dict[int, frozenset[str]]) -> dict[str, Score]:
    """Per act that is labelled or found somewhere in the lines."""
    acts = sorted({a for line in lines for a in line.acts | found[line.number]})
    return {act: _score([(act in line.acts, act in found[line.number]) for line in lines]) for act in acts}


def _score(pairs: Sequence[tuple[bool, bool]]) -> Score:
    return Score(
        found=sum(there and got for there, got in pairs),
        missed=sum(there and not got for there, got in pairs),
        wrong=sum(got and not there for there, got in pairs),
    )


def f1_interval(lines: Sequence[Labelled], found: dict[int, frozenset[str]], act: str) -> tuple[float, float]:
    """95 % bootstrap interval of F1: 1,000 draws of as many lines, with a fixed seed."""
    return f1_bounds([(act in line.acts, act in found[line.number]) for line in lines])


def f1_bounds(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    """The same of lines as pairs: whether the act is there, and whether it was found."""
    there, got = np.array(pairs, dtype=bool).reshape(-1, 2).T
    drawn = np.random.default_rng(7).integers(0, len(pairs), (1000, len(pairs)))
    both = (there & got)[drawn].sum(axis=1)
    f1 = 2 * both / np.maximum(1, there[drawn].sum(axis=1) + got[drawn].sum(axis=1))
    low, high = np.quantile(f1, [0.025, 0.975])
    return float(low), float(high)


def macro_f1(per_act: dict[str, Score], positives: int = MACRO_POSITIVES) -> tuple[float, int]:
    """Mean F1 over the acts with enough positives, and how many acts those are."""
    kept = [s.f1 for s in per_act.values() if s.support >= positives]
    return sum(kept) / max(1, len(kept)), len(kept)


def micro(per_act: dict[str, Score]) -> Score:
    """All acts in one pot."""
    return Score(*(sum(getattr(s, name) for s in per_act.values()) for name in ("found", "missed", "wrong")))


def corrupter(lines: Sequence[Labelled], share: float, seed: int) -> Callable[[str], str]:
    """Drops or replaces a share of the words, half and half; what replaces them is said elsewhere in the lines."""
    rng = random.Random(seed)  # noqa: S311  # a bench, not a secret
    vocabulary = [w for line in lines for w in line.text.split()]

    def corrupted(text: str) -> str:
        kept: list[str] = []
        for word in text.split():
            fate = rng.random()
            if fate >= share:
                kept.append(word)
            elif fate >= share / 2:
                kept.append(rng.choice(vocabulary))
        return " ".join(kept) or text

    return corrupted
