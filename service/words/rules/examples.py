"""A rule's examples, run: what must match and what must not. An example is a short dialogue in one string.

`je vous envoie le bon`                           one turn of the rule's party
`C: j'ai mal au dos // A: donc vous avez mal`     turns of customer and agent; the last one is looked at
`~ bonjour`                                       the same in the middle of a long call
`>A: vous êtes seul // C: oui`                    the turn with `>` is looked at
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audio.timeline import Party, Span
from service.scoring.evidence import SpokenTurn
from service.words.rules.finding import find, find_all
from service.words.rules.merging import Found
from service.words.rules.pack import Pack, Rule
from service.words.rules.script import Script, read_script

_TURN_S = 5.0
_MIDDLE_TURNS = 30
_SPEAKER = re.compile(r"^([AC]):\s*")


@dataclass(frozen=True)
class ExampleFailure:
    """An example that did not do what its rule says. `expected`: the act should have been found."""

    rule: Rule
    example: str
    expected: bool


def failures(pack: Pack) -> Iterator[ExampleFailure]:
    """A `match` example must meet its own rule and keep the act; in a `no_match` example nobody may find the act."""
    for rule in pack.rules:
        for example in rule.match:
            if not _is_met(example, rule, pack):
                yield ExampleFailure(rule, example, expected=True)
        for example in rule.no_match:
            if _has_act(rule.act, *_read(example, rule, pack), pack):
                yield ExampleFailure(rule, example, expected=False)


def _is_met(example: str, rule: Rule, pack: Pack) -> bool:
    script, target = _read(example, rule, pack)
    own = any(f.rule is rule and _turn_index(f, script) == target for f in find_all(script, pack))
    return own and _has_act(rule.act, script, target, pack)


def _has_act(act: str, script: Script, target: int, pack: Pack) -> bool:
    return any(f.rule.act == act and _turn_index(f, script) == target for f in find(script, pack))


def _turn_index(found: Found, script: Script) -> int:
    return script.texts[found.rule.party].turns[found.owner].turn.index


def _read(example: str, rule: Rule, pack: Pack) -> tuple[Script, int]:
    turns, target = dialogue(example, rule.party)
    return read_script(turns, pack.language), target


def dialogue(example: str, party: Party) -> tuple[list[SpokenTurn], int]:
    """The turns of an example, 5 s each, and the index of the turn it is about (the last, or the one with `>`)."""
    body = example.strip()
    middle = body.startswith("~")
    spoken = [s.strip() for s in body.removeprefix("~").split("//")]
    padding: list[tuple[Party, str]] = [("agent", "x"), ("customer", "x")] * (_MIDDLE_TURNS if middle else 0)
    marked = next((i for i, s in enumerate(spoken) if s.startswith(">")), len(spoken) - 1)
    parts = padding + [_part(s.removeprefix(">").strip(), party) for s in spoken] + padding
    turns = [
        SpokenTurn(index=i, party=who, span=Span(i * _TURN_S, (i + 1) * _TURN_S), text=text)
        for i, (who, text) in enumerate(parts)
    ]
    return turns, len(padding) + marked


def _part(text: str, party: Party) -> tuple[Party, str]:
    speaker = _SPEAKER.match(text)
    if speaker is None:
        return party, text
    return ("agent" if speaker.group(1) == "A" else "customer"), text[speaker.end() :]
