"""Fields of a rule into its conditions (docs/rules.md has the format)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from service.scoring.evidence import Language
from service.words.rules import fields
from service.words.rules.errors import shown
from service.words.rules.forms import FormError, any_of, gapped, program_size
from service.words.rules.pack import (
    DEFAULT_NEAR_WORDS,
    Absent,
    Across,
    Conditions,
    Count,
    Near,
    Neighbour,
    Reach,
    Said,
    Side,
    Where,
)
from service.words.rules.reading import Field
from service.words.rules.wording import Lists

T = TypeVar("T")

DEFAULT_SIMILARITY = 88.0
"""Least rapidfuzz ratio of a fuzzy phrase: at 20 letters it forgives two letters changed or one short word lost."""
MAX_PACK_PROGRAM = 1_000_000
"""Instructions of all of a pack's re2 machines; the packs supplied have about a tenth of it."""

_SAID_KEYS = frozenset({"phrases", "patterns", "acts", "party"})
_REACH_KEYS = frozenset({"within_turns", "within_s"})
_LIMIT_KEYS = frozenset({"at_least", "at_most"})
_NEAR_KEYS = frozenset({"forms", "within_words", "anywhere_in_turn", "at_start"})
_NEIGHBOUR_KEYS = frozenset({"phrases", "patterns", "acts", "turns"})
_WHERE_KEYS = frozenset({"first_s", "last_s", "first_turns", "last_turns"})
_ABSENT_KEYS = _SAID_KEYS | _REACH_KEYS | {"before", "after", "first_s", "last_s"}
_SIDES: Mapping[str, Side] = {"before": "before", "after": "after", "call": "call"}


@dataclass
class Reader:
    """What reading a rule needs to know of its pack, and what was read of it so far."""

    pack: str
    language: Language
    lists: Mapping[str, Sequence[str]]
    hotwords: frozenset[str] = frozenset()
    known: set[str] = field(default_factory=set)
    program: int = 0
    read_lists: Lists = field(init=False)

    def __post_init__(self) -> None:
        self.read_lists = Lists(self.lists)

    def machine(self, patterns: Field | None, more: Sequence[str] = (), source: Field | None = None) -> Any | None:
        """One machine for a list of patterns, and `more` from phrases of `source`; None for none."""
        given = patterns.items() if patterns else ()
        written, at = [*more, *(f.text() for f in given)], patterns or source
        try:
            built = any_of(written, self.lists)
        except FormError:
            for f in given:  # one alone tells which of them is wrong; compiling each is what a sound pack is spared
                formed(f, partial(any_of, [f.text()], self.lists))
            if at is None:
                raise
            built = formed(at, partial(any_of, written, self.lists))
        self.program += program_size(built)
        if at is not None and self.program > MAX_PACK_PROGRAM:
            raise at.error("acts.pack_too_heavy")
        return built


def formed(source: Field, build: Callable[[], T]) -> T:
    """What `build` builds; an error of a form gets its place."""
    try:
        return build()
    except FormError as error:
        raise source.error(error.code, value=shown(error.what)) from None


def conditions_of(source: Field, reader: Reader) -> Conditions:
    """The conditions among the keys of a rule, or of a `not`."""
    given = source.mapping()
    found: dict[str, Any] = {name: read(given[name], reader) for name, read in _READERS.items() if name in given}
    if "not" in given:
        found["negated"] = _negated(given["not"], reader)
    if found.get("echo_own"):
        found["hotwords"] = reader.hotwords
    return Conditions(**found)


def absent_of(source: Field, reader: Reader) -> Absent:
    """What is not said, and in which window."""
    fields.only(source, _ABSENT_KEYS)
    given = source.mapping()
    windows = [key for key in ("before", "after", "first_s", "last_s") if key in given]
    if len(windows) > 1:
        raise given[windows[1]].error("acts.pack_two_windows")
    anchor = next((key for key in windows if key in _SIDES), None)
    reach = _reach(given)
    if anchor is None and reach != Reach():
        raise source.error("acts.pack_no_anchor")
    return Absent(
        said=_said(source, reader),
        anchor=None if anchor is None else _only_said(given[anchor], reader),
        side="call" if anchor is None else _SIDES[anchor],
        reach=reach,
        first_s=fields.number(given["first_s"], 0.1, 100_000) if "first_s" in given else None,
        last_s=fields.number(given["last_s"], 0.1, 100_000) if "last_s" in given else None,
    )


def _where(source: Field, _: Reader) -> Where:
    fields.only(source, _WHERE_KEYS)
    numbers = {key: fields.number(f, 0, 100_000) for key, f in source.mapping().items()}
    turns = {key: int(n) for key, n in numbers.items() if key.endswith("_turns")}
    return Where(first_s=numbers.get("first_s"), last_s=numbers.get("last_s"), **turns)


def _near(source: Field, reader: Reader) -> Near:
    """A plain list of patterns, or a mapping with `forms` and how far to look."""
    if isinstance(source.value, tuple):
        return Near(_some(source, reader.machine(source)))
    fields.only(source, _NEAR_KEYS)
    given = source.mapping()
    within = fields.whole(given["within_words"], 0, 200) if "within_words" in given else DEFAULT_NEAR_WORDS
    whole_turn = "anywhere_in_turn" in given and fields.yes(given["anywhere_in_turn"])
    at_start = "at_start" in given and fields.yes(given["at_start"])
    forms = fields.need(source, "forms")
    return Near(_some(forms, reader.machine(forms)), None if whole_turn else within, at_start)


def _some(source: Field, machine: Any | None) -> Any:
    if machine is None:
        raise source.error("acts.pack_nothing_sought")
    return machine


def _neighbour(source: Field, reader: Reader) -> Neighbour:
    fields.only(source, _NEIGHBOUR_KEYS)
    said = _said(source, reader)
    turns = source.mapping().get("turns")
    return Neighbour(said.forms, said.acts, 1 if turns is None else fields.whole(turns, 1, 20))


def _said(source: Field, reader: Reader) -> Said:
    """What to look for. Phrases are exact here, as those with a `*` are everywhere."""
    given = source.mapping()
    gaps = [gapped(f.text(), reader.language) for f in fields.get_items(source, "phrases")]
    acts = frozenset(fields.act_of(f) for f in fields.get_items(source, "acts"))
    forms = reader.machine(given.get("patterns"), gaps, source)
    if forms is None and not acts:
        raise source.error("acts.pack_nothing_sought")
    return Said(forms, acts, fields.party(given["party"]) if "party" in given else None)


def _only_said(source: Field, reader: Reader) -> Said:
    fields.only(source, _SAID_KEYS)
    return _said(source, reader)


def _reach(given: Mapping[str, Field]) -> Reach:
    return Reach(
        turns=fields.whole(given["within_turns"], 0, 50) if "within_turns" in given else None,
        seconds=fields.number(given["within_s"], 0, 100_000) if "within_s" in given else None,
    )


def _across(source: Field, reader: Reader) -> Across:
    fields.only(source, _SAID_KEYS | _REACH_KEYS)
    return Across(_said(source, reader), _reach(source.mapping()))


def _count(source: Field, reader: Reader) -> Count:
    fields.only(source, _SAID_KEYS | _REACH_KEYS | _LIMIT_KEYS | {"in"})
    given, reach = source.mapping(), _reach(source.mapping())
    side = _side(given["in"]) if "in" in given else "call"
    if side == "call" and reach != Reach():
        raise source.error("acts.pack_count_side")
    return Count(_said(source, reader), side, reach, fields.limits(source, 10_000))


def _side(source: Field) -> Side:
    if source.text() not in _SIDES:
        raise source.error("acts.pack_bad_side", value=shown(source.value))
    return _SIDES[source.text()]


def _room(source: Field, _: Reader) -> float:
    fields.only(source, frozenset({"at_least_s"}))
    return fields.number(fields.need(source, "at_least_s"), 0.1, 60)


def _ratio(source: Field, _: Reader) -> Any:
    fields.only(source, _LIMIT_KEYS)
    return fields.limits(source, 100)


def _negated(source: Field, reader: Reader) -> Conditions:
    fields.only(source, CONDITION_KEYS)
    found = conditions_of(source, reader)
    if not found.given:
        raise source.error("acts.pack_empty_not")
    return found


def _yes(source: Field, _: Reader) -> bool:
    return fields.yes(source)


def _whole(low: int, high: int) -> Callable[[Field, Reader], int]:
    return lambda source, _: fields.whole(source, low, high)


_READERS: Mapping[str, Callable[[Field, Reader], Any]] = {
    "where": _where,
    "unless": _near,
    "needs": _near,
    "previous": _neighbour,
    "next": _neighbour,
    "unless_previous": _neighbour,
    "asks": _yes,
    "max_words": _whole(1, 200),
    "echo": _whole(0, 10),
    "echo_max": _whole(0, 10),
    "new_max": _whole(0, 50),
    "echo_turns": _whole(1, 50),
    "echo_own": _yes,
    "again": _whole(0, 10),
    "again_new_max": _whole(0, 50),
    "again_turns": _whole(1, 50),
    "fresh": _yes,
    "answered": _yes,
    "then": _across,
    "after": _across,
    "count": _count,
    "question": _yes,
    "rises": _yes,
    "room": _room,
    "interrupted": _yes,
    "rate_ratio": _ratio,
    "pitch_spread_ratio": _ratio,
    "loudness_spread_ratio": _ratio,
}
CONDITION_KEYS = frozenset(_READERS) | {"not"}
