"""Echo and relation: the customer's own words in what the agent says next.

Echo (design): content words the customer said first, without the rubric's hotwords and words the agent had used
already, at least `min_stems` of them and `min_share` of the customer's last turn of substance. The words of the
formula itself never count: form and evidence share no signal.
Relation is weaker: one word of content shared with the turn it answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.scoring.evidence import Act
from service.scoring.facts import Facts
from service.scoring.rubric import Echo

LOOK_BACK_TURNS = 3


@dataclass(frozen=True)
class Taken:
    """What of the customer's was taken up in a turn. `needed`: how many words would have counted as an echo."""

    stems: frozenset[str]
    needed: int
    is_echo: bool

    @property
    def n(self) -> int:
        """How many words were taken up."""
        return len(self.stems)


def echo_in(facts: Facts, position: int, forms: Sequence[Act], options: Echo) -> Taken:
    """Echo in an agent's turn, outside the formulas of `forms`."""
    said = facts.stems_without(position, forms, options.formula_words)
    taken = frozenset(facts.customer_first(said, position))
    last = _last_of_substance(facts, position, options)
    of_last = math.ceil(options.min_share * min(len(last), options.cap_stems))
    is_echo = bool(last) and len(taken) >= options.min_stems and len(taken & last) >= of_last
    return Taken(taken, max(options.min_stems, of_last), is_echo)


def _last_of_substance(facts: Facts, position: int, options: Echo) -> frozenset[str]:
    """Stems of the customer's last turn before `position` that is more than an answer word."""
    for earlier in facts.before(position, "customer", LOOK_BACK_TURNS):
        stems = facts.stems(earlier)
        if len(stems) >= options.substance_stems:
            return stems
    return frozenset()


def related(facts: Facts, position: int, about: Iterable[int], forms: Sequence[Act], options: Echo) -> frozenset[str]:
    """Words of content an agent's turn shares with the turns it is about, outside the formulas of `forms`."""
    topic: set[str] = set()
    for turn in about:
        topic |= facts.stems(turn)
    return facts.stems_without(position, forms, options.formula_words) & frozenset(topic)
