"""One act for the same words, and one for two breaths: `Welcome to Hexaline, good morning` greets once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from audio.timeline import Party
from service.words.rules.matching import MARKS, Match
from service.words.rules.pack import Rule
from service.words.rules.script import Script
from service.words.rules.vocabulary import FORMULAS

_Key = tuple[str, Party, int]
"""An act in a turn of a party."""
MERGE_WORDS = 3
"""Most words between two matches of an act that make one: a name and a title fit ("madame Costa, oui")."""


@dataclass(frozen=True)
class Found:
    """A match whose conditions hold. `order`: place of its rule in the pack."""

    rule: Rule
    match: Match
    owner: int
    order: int

    def overlaps(self, other: Found) -> bool:
        """True when both stand on some of the same words."""
        return (
            self.rule.party == other.rule.party
            and self.match.first <= other.match.last
            and other.match.first <= self.match.last
        )


def settled(found: Sequence[Found]) -> list[Found]:
    """One match for the same words of an act, without those that yield to an act found on the same words.

    A long match that yields may cover a short one whose rule does not: the short one stands where it has words of its
    own, beyond those of the act yielded to.
    """
    standing = _by_turn(once(found))
    kept: list[Found] = []
    taken: dict[_Key, list[Match]] = {}
    for f in found:
        others = _yielded_to(f, standing[f.rule.party, f.owner])
        if others:
            taken.setdefault(_key(f), []).extend(others)
        else:
            kept.append(f)
    return once([f for f in kept if not _is_covered(f.match, taken.get(_key(f), ()))])


def _by_turn(found: Sequence[Found]) -> dict[tuple[Party, int], dict[str, list[Match]]]:
    """The matches of each act in each turn, in order."""
    turns: dict[tuple[Party, int], dict[str, list[Match]]] = {}
    for f in found:
        turns.setdefault((f.rule.party, f.owner), {}).setdefault(f.rule.act, []).append(f.match)
    for acts in turns.values():
        for matches in acts.values():
            matches.sort()
    return turns


def _yielded_to(found: Found, acts: Mapping[str, Sequence[Match]]) -> list[Match]:
    """Matches on the same words, in the same turn, of acts that a match's rule yields to."""
    return [m for act in found.rule.yields_to if act in acts for m in _on(acts[act], found.match)]


def _is_covered(match: Match, others: Sequence[Match]) -> bool:
    return any(m.first <= match.first and match.last <= m.last for m in others)


def once(found: Sequence[Found]) -> list[Found]:
    """Of overlapping matches of one act, the most alike, then the longest, then the earliest rule."""
    groups: dict[_Key, list[Found]] = {}
    for f in found:
        groups.setdefault(_key(f), []).append(f)
    return [f for group in groups.values() for f in (group if len(group) == 1 else _apart(group))]


def _apart(group: Sequence[Found]) -> list[Found]:
    """Those of one act in one turn that stay, in order."""
    kept: list[Found] = []
    for f in sorted(group, key=lambda f: (-f.match.score, f.match.first - f.match.last, f.match.first, f.order)):
        at = bisect_left(kept, f.match.first, key=lambda other: other.match.first)  # kept in order, never overlapping
        if not any(f.overlaps(other) for other in kept[max(0, at - 1) : at + 1]):
            kept.insert(at, f)
    return kept


def _key(found: Found) -> _Key:
    return found.rule.act, found.rule.party, found.owner


def _on(matches: Sequence[Match], match: Match) -> Iterator[Match]:
    """Those that share words with `match`; they are in order and never overlap."""
    for other in matches[bisect_left(matches, match.first, key=lambda m: m.last) :]:
        if other.first > match.last:
            return
        yield other


def merged(found: Sequence[Found], script: Script) -> list[Found]:
    """Neighbours of one act in one turn as one, from the first word to the last, under the rule of the better match.

    Formulas are joined across sentence ends; of other acts each sentence counts on its own.
    """
    groups: dict[tuple[str, Party, int], list[Found]] = {}
    for f in found:
        groups.setdefault((f.rule.act, f.rule.party, f.owner), []).append(f)
    return [joined for group in groups.values() for joined in _joined(group, script)]


def _joined(group: Sequence[Found], script: Script) -> Iterator[Found]:
    last, *others = sorted(group, key=lambda f: f.match)
    for f in others:
        if _are_one(last, f, script):
            last = _both(last, f)
        else:
            yield last
            last = f
    yield last


def _are_one(a: Found, b: Found, script: Script) -> bool:
    between = script.texts[a.rule.party].norms[a.match.last + 1 : b.match.first]
    words = [norm for norm in between if norm not in MARKS]
    return len(words) <= MERGE_WORDS and (a.rule.act in FORMULAS or len(words) == len(between))


def _both(a: Found, b: Found) -> Found:
    """A form goes before what only an echo found (they count differently), then the more alike, then the longer."""
    best = max((a, b), key=lambda f: (not f.rule.by_echo, f.match.score, f.match.last - f.match.first))
    return replace(best, match=Match(a.match.first, max(a.match.last, b.match.last), best.match.score))
