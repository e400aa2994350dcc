"""A rule's examples, run: what must match and what must not. `dialogue.py` says how an example is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.words.rules.dialogue import Dialogue, read_dialogue
from service.words.rules.finding import Absence, Searched, counted, search
from service.words.rules.merging import Found
from service.words.rules.pack import Pack, Rule
from service.words.rules.script import Script, read_script


@dataclass(frozen=True)
class ExampleFailure:
    """An example that did not do what its rule says. `expected`: the act should have been found."""

    rule: Rule
    example: str
    expected: bool


@dataclass(frozen=True, eq=False)
class _Run:
    """What the rules found in an example."""

    script: Script
    searched: Searched
    target: int

    def is_there(self, found: Found | Absence) -> bool:
        """Whether it is in the turn that the example is about; an absence over the whole call is in every turn."""
        if isinstance(found, Absence):
            return found.at is None or self.searched.scenes[-1].index(found.at) == self.target
        return self.script.texts[found.rule.party].turns[found.owner].turn.index == self.target

    def counted(self) -> list[Found | Absence]:
        """What counts in that turn."""
        found: list[Found | Absence] = [*counted(self.searched, self.script), *self.searched.absences]
        return [f for f in found if self.is_there(f)]

    def matched(self, rule: Rule) -> bool:
        """Whether the rule itself met that turn."""
        found: list[Found | Absence] = [*self.searched.found, *self.searched.by_voice, *self.searched.absences]
        return any(f.rule is rule and self.is_there(f) for f in found)


def failures(pack: Pack, among: Pack | None = None) -> Iterator[ExampleFailure]:
    """A `match` example must meet its own rule and keep the act; in a `no_match` example no rule may find the act.

    `among`: the packs it works with, itself included; then only its own rules count against a `no_match`.
    """
    everything = among or pack
    for rule in pack.rules:
        for example in rule.match:
            run = _run(read_dialogue(example, rule.party), everything)
            if not run.matched(rule) or all(f.rule.act != rule.act for f in run.counted()):
                yield ExampleFailure(rule, example, expected=True)
        for example in rule.no_match:
            run = _run(read_dialogue(example, rule.party), everything)
            if any((f.rule.act, f.rule.pack) == (rule.act, rule.pack) for f in run.counted()):
                yield ExampleFailure(rule, example, expected=False)


def _run(told: Dialogue, pack: Pack) -> _Run:
    script = read_script(told.turns, pack.language)
    return _Run(script, search(script, pack, told.sound), told.target)
