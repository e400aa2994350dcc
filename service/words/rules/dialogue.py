"""Examples: a short dialogue in one string.

`je vous envoie le bon`                           one turn of the rule's party
`C: j'ai mal au dos // A: donc vous avez mal`     turns of customer and agent; the last one is looked at
`~ bonjour`                                       the same in the middle of a long call
`>A: vous êtes seul // C: oui`                    the turn with `>` is looked at

Every turn takes 5 s. What only sound can tell is written at a turn's end: `[room 0.4]` (the seconds the other party was
left; with `[room yes]` it took the floor), `[cut]`, `[not cut]`, `[rise]`, `[level]`, `[fall]`, `[rate 1.3]`,
`[pitch 0.6]`, `[loudness 0.8]` (over the party's other turns). What is not written is not known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from audio.timeline import Party, Span
from service.scoring.evidence import SpokenTurn
from service.words.rules.sound import Sound, Stated, StatedSound, VoiceValue

TURN_S = 5.0
MIDDLE_TURNS = 30
_SPEAKER = re.compile(r"^([AC]):\s*")
_STATED = re.compile(
    r"\s*\[(not cut|cut|rise|level|fall|room yes|(room|rate|pitch|loudness) (\d{1,3}(?:\.\d{1,3})?))\]$"
)
_VALUES: Mapping[str, VoiceValue] = {
    "rate": "articulation_rate_per_s",
    "pitch": "pitch_spread_st",
    "loudness": "loudness_spread_db",
}


@dataclass(frozen=True)
class Dialogue:
    """The turns of an example, the number of the one it is about, and what is stated of their sound."""

    turns: list[SpokenTurn]
    target: int
    sound: Sound


def read_dialogue(example: str, party: Party) -> Dialogue:
    """An example as a call. The turn it is about is the last, or the one with `>`."""
    body = example.strip()
    middle = body.startswith("~")
    spoken = [s.strip() for s in body.removeprefix("~").split("//")]
    padding: list[tuple[Party, str]] = [("agent", "x"), ("customer", "x")] * (MIDDLE_TURNS if middle else 0)
    marked = next((i for i, s in enumerate(spoken) if s.startswith(">")), len(spoken) - 1)
    parts = padding + [_part(s.removeprefix(">").strip(), party) for s in spoken] + padding
    told = [(who, *_stated(text)) for who, text in parts]
    turns = [
        SpokenTurn(index=i, party=who, span=Span(i * TURN_S, (i + 1) * TURN_S), text=text)
        for i, (who, text, _) in enumerate(told)
    ]
    return Dialogue(turns, len(padding) + marked, StatedSound({i: stated for i, (_, _, stated) in enumerate(told)}))


def dialogue(example: str, party: Party) -> tuple[list[SpokenTurn], int]:
    """The turns of an example and the number of the turn it is about."""
    told = read_dialogue(example, party)
    return told.turns, told.target


def _part(text: str, party: Party) -> tuple[Party, str]:
    speaker = _SPEAKER.match(text)
    if speaker is None:
        return party, text
    return ("agent" if speaker.group(1) == "A" else "customer"), text[speaker.end() :]


def _stated(text: str) -> tuple[str, Stated]:
    """The words, and the facts in brackets after them."""
    stated = Stated()
    while (found := _STATED.search(text)) is not None:
        text, stated = text[: found.start()], _with(stated, found.group(1), found.group(2), found.group(3))
    return text, stated


def _with(stated: Stated, whole: str, name: str | None, number: str | None) -> Stated:
    if name is not None and name in _VALUES:
        return replace(stated, ratios={**stated.ratios, _VALUES[name]: float(number or 0)})
    if name == "room" or whole == "room yes":
        return replace(stated, room_s=float(number) if number else math.inf)
    return _FLAGS[whole](stated)


_FLAGS: Mapping[str, Callable[[Stated], Stated]] = {
    "cut": lambda s: replace(s, interrupted=True),
    "not cut": lambda s: replace(s, interrupted=False),
    "rise": lambda s: replace(s, contour="rise"),
    "level": lambda s: replace(s, contour="level"),
    "fall": lambda s: replace(s, contour="fall"),
}
