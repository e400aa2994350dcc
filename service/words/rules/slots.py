"""Where a rule can do without a word: the words of its patterns, what stands beside each, and how much is left.

Every word weighs the bits its rarity is worth, log2(all words / its own) in the examples of the packs, at most
`MOST_BITS`: "je" 4, "ambulance" 11. A word that may be one of several weighs what the commonest does, an open one and
one that may be left out nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.words.rules.forms import negations
from service.words.rules.wording import Choice, Edge, Repeat, Row, Word, Wording

MOST_BITS = 11.0
Beside = frozenset[str] | None
"""The words that may stand beside a slot (`^` the turn's start, `$` an end); None: any."""


@dataclass(frozen=True)
class Slot:
    """A word of a pattern. `left_bits`: what the pattern's other words are worth at least."""

    words: tuple[str, ...]
    before: Beside
    after: Beside
    left_bits: float


@dataclass(frozen=True, eq=False)
class Rarity:
    """Bits by word."""

    bits: Mapping[str, float]

    def of(self, word: str) -> float:
        """A word the examples do not have is as rare as can be."""
        return self.bits.get(word, MOST_BITS)

    def least(self, node: Wording) -> float:
        """What the words that must be there are worth at least."""
        if isinstance(node, Word):
            return min(map(self.of, node.spellings), default=0.0)
        if isinstance(node, Row):
            return sum(map(self.least, node.items))
        if isinstance(node, Choice):
            return min(map(self.least, node.options))
        return node.least * self.least(node.item) if isinstance(node, Repeat) else 0.0


def slots_of(
    node: Wording, rarity: Rarity, before: Beside = None, after: Beside = None, bits: float = 0.0
) -> Iterator[Slot]:
    """The words of a pattern that must be there; a negation is no slot, since without it the meaning turns."""
    if isinstance(node, Word):
        if node.spellings and not negations(node.spellings):
            yield Slot(node.spellings, before, after, bits)
    elif isinstance(node, Choice):
        for option in node.options:
            yield from slots_of(option, rarity, before, after, bits)
    elif isinstance(node, Repeat):
        if node.least == node.most == 1:
            yield from slots_of(node.item, rarity, before, after, bits)
    elif isinstance(node, Row):
        weights = [rarity.least(item) for item in node.items]
        total = bits + sum(weights)
        lefts = _neighbours(node.items, before, -1)
        rights = _neighbours(node.items[::-1], after, 0)[::-1]
        for item, weight, left, right in zip(node.items, weights, lefts, rights, strict=True):
            yield from slots_of(item, rarity, left, right, total - weight)


def _neighbours(items: tuple[Wording, ...], outside: Beside, end: int) -> list[Beside]:
    """For each item, what may stand right before it."""
    found: list[Beside] = []
    current = outside
    for item in items:
        found.append(current)
        here, may_miss = _at_end(item, end)
        current = _either(here, current) if may_miss else here
    return found


def _either(a: Beside, b: Beside) -> Beside:
    return None if a is None or b is None else a | b


def _at_end(node: Wording, end: int) -> tuple[Beside, bool]:
    """The words at one end (0 the first, -1 the last), and whether there may be none."""
    if isinstance(node, Word):
        return (frozenset(node.spellings) if node.spellings else None), False
    if isinstance(node, Edge):
        return frozenset((node.side,)), False
    if isinstance(node, Repeat):
        here, may_miss = _at_end(node.item, end)
        return here, may_miss or node.least == 0
    found: Beside = frozenset()
    if isinstance(node, Choice):
        ends = [_at_end(option, end) for option in node.options]
        for here, _ in ends:
            found = _either(found, here)
        return found, any(may_miss for _, may_miss in ends)
    for item in node.items if end == 0 else node.items[::-1]:
        here, may_miss = _at_end(item, end)
        found = _either(found, here)
        if not may_miss:
            return found, False
    return found, True
