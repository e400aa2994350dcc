"""Words a recogniser lost or misheard, put back where a pattern only lacks that word.

A loss leaves a scar: two words side by side that are so nowhere in the examples of the packs ("est que"). At a scar a
word is put in, or put in the place of the one that is there, if with it no scar is left. Which words stand beside each
other, and how rare each is, the packs' own examples tell; a rule's patterns tell where it needs one (`slots.py`).

    a lost word      is a common one, of at most `LOST_BITS`; the pattern's other words are worth `mend_bits` of the
                     rule, and where the pattern begins or ends with it, so does the turn or the sentence
    a misheard word  looks like the one that is there (`ALIKE`, of 100), which has scars on both its sides; the other
                     words of the pattern are worth half of `mend_bits`

The rule's own patterns then have to match with the word put back (`matching.py`). Negations are never put in, nor
anything in their place. One word is mended at a time: a pattern that lacks two is not found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from service.words.rules.dialogue import read_dialogue
from service.words.rules.forms import negations
from service.words.rules.script import ScriptText, script_turn
from service.words.rules.slots import MOST_BITS, Beside, Rarity, Slot, slots_of

if TYPE_CHECKING:
    from service.words.rules.pack import Rule

MEND_BITS = 26.0
"""What is left of a pattern is worth this much by default: two rare words and a common one, or as much."""
LOST_BITS = 7.0
ALIKE = 60.0
START, END = "^", "$"
MARKS = ("Q", "P")


@dataclass(frozen=True)
class Mend:
    """A word put in before piece `place` of a text, or in the stead of that piece (`replaces`), in turn `owner`."""

    owner: int
    place: int
    replaces: bool
    word: str


class _Needs:
    """Which rules need a word between two others. A need is a number, sets of needs are bits of an integer."""

    def __init__(self) -> None:
        self._rules: list[str] = []
        self._known: dict[tuple[str, tuple[str, ...], Beside, Beside], int] = {}
        self._listed: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._sets: dict[tuple[str, str], int] = {}

    def add(self, rule: str, slot: Slot, if_lost: bool) -> None:
        """What a rule needs; `if_lost`: it is worth enough even where nothing is heard."""
        key = (rule, slot.words, slot.before, slot.after)
        number = self._known.setdefault(key, len(self._rules))
        if number == len(self._rules):
            self._rules.append(rule)
            for kind, words in (("word", slot.words), ("before", slot.before), ("after", slot.after)):
                for word in ("",) if words is None else words:
                    self._listed[(kind, word)].append(number)
        if if_lost:
            self._listed[("lost", "")].append(number)

    def settle(self) -> None:
        """Nothing more is added."""
        self._sets = {key: _bits(numbers, len(self._rules)) for key, numbers in self._listed.items()}
        self._known.clear()
        self._listed.clear()

    def misheard(self, before: str, word: str, after: str) -> set[str]:
        """The rules that need the word there; what a pattern leaves open may be any word."""
        left = self._of("before", before) | self._of("before", "")
        right = self._of("after", after) | self._of("after", "")
        return self._named(self._of("word", word) & left & right)

    def lost(self, before: str, word: str, after: str) -> set[str]:
        """The same where nothing is heard; beside what a pattern leaves open only at an edge of turn or sentence."""
        start = self._of("before", "") if before in (START, END) else 0
        end = self._of("after", "") if after == END else 0
        beside = (self._of("before", before) | start) & (self._of("after", after) | end)
        return self._named(self._of("word", word) & beside & self._of("lost", ""))

    def __contains__(self, word: str) -> bool:
        return ("word", word) in self._sets

    def _of(self, kind: str, word: str) -> int:
        return self._sets.get((kind, word), 0)

    def _named(self, needs: int) -> set[str]:
        rules: set[str] = set()
        while needs:
            lowest = needs & -needs
            rules.add(self._rules[lowest.bit_length() - 1])
            needs ^= lowest
        return rules


def _bits(numbers: Iterable[int], n_bits: int) -> int:
    filled = bytearray(n_bits // 8 + 1)
    for number in numbers:
        filled[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(filled, "little")


class Mender:
    """What the examples and patterns of some rules say of words side by side. Built once per pack."""

    def __init__(self, rules: Sequence[Rule], language: str) -> None:
        counts: Counter[str] = Counter()
        self._known: set[tuple[str, str]] = set()
        for words in _spoken(rules, language):
            counts.update(words[1:-1])
            self._known.update(pairwise(words))
        n_words = counts.total()
        self._rarity = Rarity({word: min(MOST_BITS, log2(n_words / n)) for word, n in counts.items()})
        self._needs = _Needs()
        for rule in rules:
            self._learn(rule)
        self._needs.settle()
        self._common = frozenset(word for word in counts if self._rarity.of(word) <= LOST_BITS)
        self._behind: dict[str, set[str]] = defaultdict(set)
        self._ahead: dict[str, set[str]] = defaultdict(set)
        for before, after in self._known:
            if after in self._needs:
                self._behind[before].add(after)
            if before in self._needs:
                self._ahead[after].add(before)

    def _learn(self, rule: Rule) -> None:
        for wording in () if rule.written is None else rule.written.wordings:
            for slot in slots_of(wording, self._rarity):
                if slot.left_bits >= rule.mend_bits / 2 and (slot.before is not None or slot.after is not None):
                    self._needs.add(rule.label, slot, slot.left_bits >= rule.mend_bits)

    def mends(self, text: ScriptText) -> dict[str, list[Mend]]:
        """For each rule (its label) the words that may be put back for it, in order."""
        found: dict[str, dict[Mend, None]] = defaultdict(dict)
        for owner in range(len(text.turns)):
            for rule, mend in self._of_turn(text, owner):
                found[rule][mend] = None
        return {rule: list(mends) for rule, mends in found.items()}

    def is_known(self, before: str, after: str) -> bool:
        """Whether an example has these two words side by side (`^`: the turn's start, `$`: an end)."""
        return (before, after) in self._known

    def _of_turn(self, text: ScriptText, owner: int) -> Iterator[tuple[str, Mend]]:
        low, stop = text.bounds(owner)
        words = [START, *(END if norm in MARKS else norm for norm in text.norms[low:stop]), END]
        scars = [pair not in self._known for pair in pairwise(words)]
        for i, is_scar in enumerate(scars):
            if is_scar:
                yield from self._lost(words[i], words[i + 1], owner, low + i)
                if i and scars[i - 1]:
                    yield from self._misheard(words[i - 1 : i + 2], owner, low + i - 1)

    def _lost(self, before: str, after: str, owner: int, place: int) -> Iterator[tuple[str, Mend]]:
        for word in sorted(self._common & self._between(before, after)):
            for rule in self._needs.lost(before, word, after):
                yield rule, Mend(owner, place, False, word)

    def _misheard(self, heard: Sequence[str], owner: int, place: int) -> Iterator[tuple[str, Mend]]:
        before, said, after = heard
        if said == END or negations((said,)):
            return
        alike = [w for w in self._between(before, after) if fuzz.ratio(said, w, score_cutoff=ALIKE)]
        for word in sorted(alike):
            for rule in self._needs.misheard(before, word, after):
                yield rule, Mend(owner, place, True, word)

    def _between(self, before: str, after: str) -> set[str]:
        """The words some rule needs that are known to follow one word and to come before another."""
        return self._behind.get(before, _NONE) & self._ahead.get(after, _NONE)


_NONE: set[str] = set()


def _spoken(rules: Iterable[Rule], language: str) -> Iterator[list[str]]:
    """The turns of all examples, folded, between a start and an end."""
    for rule in rules:
        for example in (*rule.match, *rule.no_match):
            for turn in read_dialogue(example, rule.party).turns:
                pieces = script_turn(turn, language).pieces
                yield [START, *(END if p.norm in MARKS else p.norm for p in pieces), END]
