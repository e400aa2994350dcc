"""Fields of a file into a checked pack: every error names file, line and key (docs/rules.md has the format)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from audio.timeline import Party
from service.scoring.evidence import Language
from service.words.rules.errors import PackError, shown
from service.words.rules.forms import FormError, Phrase, any_of, gapped, phrase_of
from service.words.rules.pack import (
    DEFAULT_NEAR_WORDS,
    Conditions,
    Near,
    Neighbour,
    Pack,
    Rule,
    Where,
    neighbours,
    waits,
)
from service.words.rules.reading import Field
from service.words.rules.vocabulary import ACTS, party_of

T = TypeVar("T")

DEFAULT_SIMILARITY = 88.0
"""Least rapidfuzz ratio of a fuzzy phrase: at 20 letters it forgives two letters changed or one short word lost."""

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}")
_LANGUAGES: dict[str, Language] = {"fr": "fr", "en": "en"}


@dataclass
class _Reader:
    """What reading a rule needs to know of its pack."""

    language: Language
    lists: Mapping[str, Sequence[str]]
    similarity: float = DEFAULT_SIMILARITY
    known: set[str] = field(default_factory=set)


_PACK_KEYS = frozenset({"pack", "language", "version", "lists", "rules"})
_NEAR_KEYS = frozenset({"forms", "within_words", "anywhere_in_turn", "at_start"})
_NEIGHBOUR_KEYS = frozenset({"phrases", "patterns", "acts", "turns"})
_WHERE_KEYS = frozenset({"first_s", "last_s", "first_turns", "last_turns"})
_RULE_KEYS = frozenset(
    [
        "act",
        "id",
        "party",
        "phrases",
        "patterns",
        "similarity",
        "where",
        "unless",
        "needs",
        "previous",
        "next",
        "unless_previous",
        "asks",
        "max_words",
        "echo",
        "echo_max",
        "new_max",
        "echo_turns",
        "again",
        "again_new_max",
        "again_turns",
        "yields_to",
        "match",
        "no_match",
    ]
)


def build_pack(files: Sequence[Field]) -> Pack:
    """One pack from its files, which share their lists. Raises PackError with file, line and key."""
    heads = [_head(f) for f in files]
    for file, head in zip(files, heads, strict=True):
        if head != heads[0]:
            raise file.error("acts.pack_mixed_files")
    pack_id, language, version = heads[0]
    lists: dict[str, Sequence[str]] = {}
    for file in files:
        lists.update(_lists(file))
    reader = _Reader(language, lists)
    rules = tuple(_rule(f, reader) for file in files for f in _get_items(file, "rules"))
    _check_act_references(rules, files[0])
    return Pack(pack_id, language, version, rules)


def _head(file: Field) -> tuple[str, Language, str]:
    _only(file, _PACK_KEYS)
    language = _need(file, "language")
    if language.text() not in _LANGUAGES:
        raise language.error("acts.pack_language", value=shown(language.value))
    version = _need(file, "version")
    if not _VERSION.fullmatch(version.text()):
        raise version.error("acts.pack_version", value=shown(version.value))
    return _identifier(_need(file, "pack")), _LANGUAGES[language.text()], version.text()


def _lists(file: Field) -> dict[str, Sequence[str]]:
    lists = file.mapping().get("lists")
    return {name: _texts(f) for name, f in lists.mapping().items()} if lists else {}


def _rule(source: Field, reader: _Reader) -> Rule:
    _only(source, _RULE_KEYS)
    given = source.mapping()
    act = _act(_need(source, "act"))
    rule_id = _identifier(_need(source, "id"))
    if f"{act}/{rule_id}" in reader.known:
        raise given["id"].error("acts.pack_rule_twice", value=f"{act}/{rule_id}")
    reader.known.add(f"{act}/{rule_id}")
    phrases, patterns = _forms(source, reader)
    if not phrases and patterns is None:
        raise source.error("acts.pack_no_form", value=f"{act}/{rule_id}")
    return Rule(
        act=act,
        id=rule_id,
        party=_party(given.get("party"), act),
        phrases=phrases,
        patterns=patterns,
        conditions=_conditions(given, reader),
        yields_to=frozenset(_act(f) for f in _get_items(source, "yields_to")),
        match=_get_texts(source, "match"),
        no_match=_get_texts(source, "no_match"),
        file=source.file,
        line=source.line,
    )


def _forms(source: Field, reader: _Reader) -> tuple[tuple[Phrase, ...], Any | None]:
    """The phrases, and one machine for patterns and gapped phrases."""
    given = source.mapping()
    score_min = _number(given["similarity"], 50, 100) if "similarity" in given else reader.similarity
    plain = [f for f in _get_items(source, "phrases") if "*" not in f.text()]
    with_gaps = [gapped(f.text(), reader.language) for f in _get_items(source, "phrases") if "*" in f.text()]
    phrases = tuple(_formed(f, partial(phrase_of, f.text(), reader.language, score_min)) for f in plain)
    return phrases, _machine(given.get("patterns"), reader, with_gaps)


def _machine(patterns: Field | None, reader: _Reader, more: Sequence[str] = ()) -> Any | None:
    written = [*more]
    for f in patterns.items() if patterns else ():
        _formed(f, partial(any_of, [f.text()], reader.lists))
        written.append(f.text())
    return any_of(written, reader.lists)


def _formed(source: Field, build: Callable[[], T]) -> T:
    try:
        return build()
    except FormError as error:
        raise source.error(error.code, value=shown(error.what)) from None


def _conditions(given: Mapping[str, Field], reader: _Reader) -> Conditions:
    return Conditions(
        where=_where(given["where"]) if "where" in given else None,
        unless=_near(given["unless"], reader) if "unless" in given else None,
        needs=_near(given["needs"], reader) if "needs" in given else None,
        previous=_neighbour(given["previous"], reader) if "previous" in given else None,
        next=_neighbour(given["next"], reader) if "next" in given else None,
        unless_previous=_neighbour(given["unless_previous"], reader) if "unless_previous" in given else None,
        asks=_yes(given["asks"]) if "asks" in given else None,
        max_words=int(_number(given["max_words"], 1, 200)) if "max_words" in given else None,
        echo=int(_number(given["echo"], 0, 10)) if "echo" in given else 0,
        echo_max=int(_number(given["echo_max"], 0, 10)) if "echo_max" in given else None,
        new_max=int(_number(given["new_max"], 0, 50)) if "new_max" in given else None,
        echo_turns=int(_number(given["echo_turns"], 1, 50)) if "echo_turns" in given else 3,
        again=int(_number(given["again"], 0, 10)) if "again" in given else 0,
        again_new_max=int(_number(given["again_new_max"], 0, 50)) if "again_new_max" in given else None,
        again_turns=int(_number(given["again_turns"], 1, 50)) if "again_turns" in given else 6,
    )


def _where(source: Field) -> Where:
    _only(source, _WHERE_KEYS)
    numbers = {key: _number(f, 0, 100_000) for key, f in source.mapping().items()}
    turns = {key: int(n) for key, n in numbers.items() if key.endswith("_turns")}
    return Where(first_s=numbers.get("first_s"), last_s=numbers.get("last_s"), **turns)


def _near(source: Field, reader: _Reader) -> Near:
    """A plain list of patterns, or a mapping with `forms` and how far to look."""
    if isinstance(source.value, tuple):
        return Near(_machine(source, reader))
    _only(source, _NEAR_KEYS)
    given = source.mapping()
    within = int(_number(given["within_words"], 0, 200)) if "within_words" in given else DEFAULT_NEAR_WORDS
    whole_turn = "anywhere_in_turn" in given and _yes(given["anywhere_in_turn"])
    at_start = "at_start" in given and _yes(given["at_start"])
    return Near(_machine(_need(source, "forms"), reader), None if whole_turn else within, at_start)


def _neighbour(source: Field, reader: _Reader) -> Neighbour:
    _only(source, _NEIGHBOUR_KEYS)
    given = source.mapping()
    gaps = [gapped(f.text(), reader.language) for f in _get_items(source, "phrases")]
    turns = int(_number(given["turns"], 1, 20)) if "turns" in given else 1
    acts = frozenset(_act(f) for f in _get_items(source, "acts"))
    return Neighbour(_machine(given.get("patterns"), reader, gaps), acts, turns)


def _check_act_references(rules: Sequence[Rule], file: Field) -> None:
    """Rules that look at neighbouring acts run second, so the acts they look at must not wait themselves."""
    waiting = {r.act for r in rules if waits(r)}
    for rule in rules:
        for neighbour in neighbours(rule):
            if neighbour.acts & waiting:
                act = sorted(neighbour.acts & waiting)[0]
                raise PackError("acts.pack_act_loop", file=rule.file, line=rule.line, field="acts", value=act)


def _only(source: Field, allowed: frozenset[str]) -> None:
    for key, f in source.mapping().items():
        if key not in allowed:
            raise f.error("acts.pack_unknown_key", allowed=", ".join(sorted(allowed)))


def _need(source: Field, key: str) -> Field:
    found = source.mapping().get(key)
    if found is None:
        raise PackError("acts.pack_missing_key", file=source.file, line=source.line, field=key)
    return found


def _get_items(source: Field, key: str) -> tuple[Field, ...]:
    found = source.mapping().get(key)
    return found.items() if found else ()


def _get_texts(source: Field, key: str) -> tuple[str, ...]:
    return tuple(f.text() for f in _get_items(source, key))


def _texts(source: Field) -> tuple[str, ...]:
    return tuple(f.text() for f in source.items())


def _identifier(source: Field) -> str:
    if not _ID.fullmatch(source.text()):
        raise source.error("acts.pack_bad_id", value=shown(source.value))
    return source.text()


def _act(source: Field) -> str:
    if source.text() not in ACTS:
        raise source.error("acts.pack_unknown_act", value=shown(source.value))
    return source.text()


def _party(source: Field | None, act: str) -> Party:
    if source is None:
        return party_of(act)
    if source.text() == "agent":
        return "agent"
    if source.text() == "customer":
        return "customer"
    raise source.error("acts.pack_bad_party", value=shown(source.value))


def _yes(source: Field) -> bool:
    if source.text() not in ("true", "false"):
        raise source.error("acts.pack_bad_flag", value=shown(source.value))
    return source.text() == "true"


def _number(source: Field, low: float, high: float) -> float:
    try:
        number = float(source.text())
    except ValueError:
        raise source.error("acts.pack_bad_number", value=shown(source.value), low=low, high=high) from None
    if not low <= number <= high:
        raise source.error("acts.pack_bad_number", value=shown(source.value), low=low, high=high)
    return number
