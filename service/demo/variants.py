"""Which calls the generator can make: kinds of call, situations, people, and a table of what is expected of each.

Kinds
    recited              the script said word by word: no room, cuts in, an empty promise, flat
    lived                the same script with room, echo, reason, choice and a concrete act
    recited_with_room    the recited words with the timing of the lived call
    flat_followed        the lived words in a flat voice
    lively_empty         a lively voice, the script, pressure and empty promises
    unscripted_caring    hardly a formula, but everything that follows through
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import cycle, pairwise
from typing import Any, Literal, get_args

import yaml

from service.demo.dialogue import Said, Side, SpokenCall, render
from service.demo.speak import VoiceStyle

Kind = Literal["recited", "lived", "recited_with_room", "flat_followed", "lively_empty", "unscripted_caring"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CROSSES = KINDS[2:]
Language = Literal["fr", "en"]

_WORDS: Mapping[Kind, str] = {
    "recited": "recited",
    "lived": "lived",
    "recited_with_room": "recited",
    "flat_followed": "lived",
    "lively_empty": "empty",
    "unscripted_caring": "caring",
}
_PITCH_RANGE_PERCENT: Mapping[Kind, int] = {
    "recited": 15,
    "lived": 130,
    "recited_with_room": 15,
    "flat_followed": 5,
    "lively_empty": 190,
    "unscripted_caring": 130,
}
ROOM_S = 1.4
"""What the agent leaves after a question when recited words get a lived timing."""


@dataclass(frozen=True)
class Variant:
    """One call of the generator. `situation`: index in the language's list; it picks the people too."""

    kind: Kind
    language: Language
    situation: int

    @property
    def name(self) -> str:
        """`fr_recited_internet`."""
        return f"{self.language}_{self.kind}_{situations(self.language)['situations'][self.situation]['name']}"


def variants() -> Iterator[Variant]:
    """Twenty: recited and lived, each language, five situations."""
    for language in get_args(Language):
        for situation in range(len(situations(language)["situations"])):
            for kind in KINDS[:2]:
                yield Variant(kind, language, situation)


def crosses() -> Iterator[Variant]:
    """The four crosses in each language, each in another situation."""
    for language in get_args(Language):
        for kind, situation in zip(CROSSES, cycle(range(1, 5)), strict=False):
            yield Variant(kind, language, situation)


def _load(folder: str, language: Language) -> Any:
    path = resources.files("service.demo") / folder / f"{language}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@lru_cache
def situations(language: Language) -> Any:
    """Situations and people of a language."""
    return _load("situations", language)


@lru_cache
def scripts(language: Language) -> Any:
    """Lines by kind of words."""
    return _load("scripts", language)


def lines(variant: Variant) -> list[Said]:
    """The dialogue of a variant, with its timing."""
    people = situations(variant.language)
    slots = {**people["situations"][variant.situation], "agent": people["agents"][variant.situation]}
    written = scripts(variant.language)[_WORDS[variant.kind]]
    said = [_said(side, number, text.format(**slots)) for side, number, text in written]
    return with_room(said) if variant.kind == "recited_with_room" else said


def _said(side: str, number: float, text: str) -> Said:
    if side == "b":
        return Said("agent", text, inside=number)
    return Said("agent" if side == "a" else "customer", text, gap_s=number)


def with_room(said: Sequence[Said]) -> list[Said]:
    """The same words, but nobody is cut off and every question of the agent is followed by room."""
    timed = [said[0]]
    for before, line in pairwise(said):
        asked = before.side == line.side == "agent" and before.text.endswith("?")
        timed.append(Said(line.side, line.text, gap_s=ROOM_S if asked else max(line.gap_s, 0.4)))
    return timed


def speak_variant(variant: Variant) -> SpokenCall:
    """The call as sound, agent left, customer right."""
    people = situations(variant.language)
    voices: dict[Side, VoiceStyle] = {
        "agent": VoiceStyle(
            people["agent_voices"][variant.situation],
            words_per_min=175,
            pitch_range_percent=_PITCH_RANGE_PERCENT[variant.kind],
        ),
        "customer": VoiceStyle(people["customer_voices"][variant.situation], words_per_min=165),
    }
    return render(lines(variant), voices, seed=variant.situation)
