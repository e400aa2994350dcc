"""Fields of a file into a checked pack: every error names file, line and key (docs/rules.md has the format)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from service.scoring.evidence import Language
from service.words.rules import fields
from service.words.rules.errors import PackError, shown
from service.words.rules.forms import Phrase, gapped, phrase_of
from service.words.rules.mending import MEND_BITS
from service.words.rules.pack import Absent, ActLoop, Conditions, Pack, Rule, join
from service.words.rules.reading import Field
from service.words.rules.schema_conditions import (
    CONDITION_KEYS,
    DEFAULT_SIMILARITY,
    Reader,
    absent_of,
    conditions_of,
    formed,
)
from service.words.rules.vocabulary import FAULTS, party_of
from service.words.rules.wording import Written
from service.words.tokens import content_stems

MAX_RULES = 2_000
MEND_RANGE = (10, 200)
"""Bits: the greatest is more than any pattern has, so nothing is mended for that rule."""

_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}")
_LANGUAGES: dict[str, Language] = {"fr": "fr", "en": "en"}
_PACK_KEYS = frozenset({"pack", "language", "version", "lists", "hotwords", "rules"})
_RULE_KEYS = CONDITION_KEYS | {"act", "id", "party", "phrases", "patterns", "similarity", "absent", "yields_to"}
_RULE_KEYS |= {"until", "mend_bits", "match", "no_match"}
_ANY_WORDS = " ".join(["zz"] * 12).encode()
"""Words that no pattern about something asks for."""


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
    hotwords = frozenset(s for f in files for word in fields.get_texts(f, "hotwords") for s in _stems(word, language))
    sources = [f for file in files for f in fields.get_items(file, "rules")]
    if len(sources) > MAX_RULES:
        raise sources[MAX_RULES].error("acts.pack_too_many_rules", limit=MAX_RULES)
    reader = Reader(pack_id, language, lists, hotwords)
    return joined([Pack(pack_id, language, version, tuple(_rule(f, reader) for f in sources))])


def joined(packs: Sequence[Pack]) -> Pack:
    """Packs that work together. Raises PackError when acts look at each other in a circle."""
    try:
        pack = join(tuple(packs))
        _ = pack.rounds
        return pack
    except ActLoop as loop:
        at = loop.rule
        raise PackError("acts.pack_act_loop", file=at.file, line=at.line, field="acts", value=loop.act) from None


def _head(file: Field) -> tuple[str, Language, str]:
    fields.only(file, _PACK_KEYS)
    language = fields.need(file, "language")
    if language.text() not in _LANGUAGES:
        raise language.error("acts.pack_language", value=shown(language.value))
    version = fields.need(file, "version")
    if not _VERSION.fullmatch(version.text()):
        raise version.error("acts.pack_version", value=shown(version.value))
    return fields.identifier(fields.need(file, "pack")), _LANGUAGES[language.text()], version.text()


def _lists(file: Field) -> dict[str, Sequence[str]]:
    lists = file.mapping().get("lists")
    return {name: fields.texts(f) for name, f in lists.mapping().items()} if lists else {}


def _stems(word: str, language: Language) -> set[str]:
    return content_stems(word, language)


def _rule(source: Field, reader: Reader) -> Rule:
    fields.only(source, _RULE_KEYS)
    given = source.mapping()
    act = fields.act_of(fields.need(source, "act"))
    rule_id = fields.identifier(fields.need(source, "id"))
    if f"{act}/{rule_id}" in reader.known:
        raise given["id"].error("acts.pack_rule_twice", value=f"{act}/{rule_id}")
    reader.known.add(f"{act}/{rule_id}")
    phrases, patterns, written = _forms(source, reader)
    conditions = conditions_of(source, reader)
    absent = absent_of(given["absent"], reader) if "absent" in given else None
    rule = Rule(
        pack=reader.pack,
        act=act,
        id=rule_id,
        party=fields.party(given["party"]) if "party" in given else party_of(act),
        phrases=phrases,
        patterns=patterns,
        conditions=conditions,
        yields_to=frozenset(fields.act_of(f) for f in fields.get_items(source, "yields_to")),
        match=fields.get_texts(source, "match"),
        no_match=fields.get_texts(source, "no_match"),
        file=source.file,
        line=source.line,
        absent=absent,
        until=_until(given["until"], reader) if "until" in given else None,
        written=written,
        mend_bits=fields.number(given["mend_bits"], *MEND_RANGE) if "mend_bits" in given else MEND_BITS,
    )
    _check_together(source, rule)
    return rule


def _until(source: Field, reader: Reader) -> Any:
    machine = reader.machine(source)
    if machine is None:
        raise source.error("acts.pack_nothing_sought")
    return machine


def _check_together(source: Field, rule: Rule) -> None:
    """What a rule's keys must be among each other."""
    given, has_form = source.mapping(), bool(rule.phrases) or rule.patterns is not None
    if rule.absent is not None:
        _check_absent(source, rule, rule.absent, has_form)
    elif not has_form:
        raise source.error("acts.pack_no_form", value=f"{rule.act}/{rule.id}")
    if rule.until is not None and rule.patterns is None:
        raise given["until"].error("acts.pack_until_alone")
    patterns, by_voice = rule.patterns, _asks_by_voice(rule.conditions) and rule.conditions.needs is None
    if by_voice and patterns is not None and patterns.search(_ANY_WORDS) is not None:
        raise given.get("patterns", source).error("acts.pack_any_words")


def _check_absent(source: Field, rule: Rule, absent: Absent, has_form: bool) -> None:
    given = source.mapping()
    if has_form:
        raise given["absent"].error("acts.pack_absent_and_form")
    if rule.act not in FAULTS:
        raise given["act"].error("acts.pack_absent_act", value=rule.act, allowed=", ".join(sorted(FAULTS)))
    extra = [key for key in given if key in CONDITION_KEYS]
    if absent.anchor is None and extra:
        raise given[extra[0]].error("acts.pack_absent_alone")


def _asks_by_voice(conditions: Conditions) -> bool:
    """A contour alone makes no question: the words it goes with must be words of a question."""
    turned = conditions.negated
    asks = conditions.rises is True or conditions.question is True
    return asks or (turned is not None and (turned.rises is False or turned.question is False))


def _forms(source: Field, reader: Reader) -> tuple[tuple[Phrase, ...], Any | None, Written | None]:
    """The phrases, one machine for patterns and gapped phrases, and those as written."""
    given: Mapping[str, Field] = source.mapping()
    score_min = fields.number(given["similarity"], 50, 100) if "similarity" in given else DEFAULT_SIMILARITY
    phrases = fields.get_items(source, "phrases")
    plain = [f for f in phrases if "*" not in f.text()]
    with_gaps = [gapped(f.text(), reader.language) for f in phrases if "*" in f.text()]
    exact = tuple(formed(f, partial(phrase_of, f.text(), reader.language, score_min)) for f in plain)
    sought = (*with_gaps, *fields.get_texts(source, "patterns"))
    written = Written(sought, reader.read_lists) if sought and score_min < 100 else None
    return exact, reader.machine(given.get("patterns"), with_gaps, source), written
