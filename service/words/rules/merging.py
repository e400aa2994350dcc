"""One act said in two breaths is one act: `Welcome to Hexaline, good morning` greets once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from audio.timeline import Party
from service.words.rules.matching import MARKS, Match
from service.words.rules.pack import Rule
from service.words.rules.script import Script
from service.words.rules.vocabulary import FORMULAS

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
    best = max((a, b), key=lambda f: (f.rule.conditions.echo == 0, f.match.score, f.match.last - f.match.first))
    return replace(best, match=Match(a.match.first, max(a.match.last, b.match.last), best.match.score))
