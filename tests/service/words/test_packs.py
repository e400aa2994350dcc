"""The built-in packs: their own examples, all acts in both languages, and speech as it comes from a telephone."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest

from service.scoring.evidence import Language
from service.words.rules import Pack, load_pack
from service.words.rules.dialogue import dialogue
from service.words.rules.examples import failures
from service.words.rules.finding import find_acts
from service.words.rules.vocabulary import ACTS
from service.words.tokens import FILLERS, tokenise

LANGUAGES: tuple[Language, ...] = ("fr", "en")
EXAMPLES_PER_ACT = 20
"""The fewest per act and kind."""
KEYWORD_SHARE = 0.5  # of the counter-examples: a word of the act's own examples is in them


@pytest.fixture(scope="module", params=LANGUAGES)
def pack(request: pytest.FixtureRequest) -> Pack:
    return load_pack(request.param)


def examples_by_act(pack: Pack) -> dict[str, tuple[list[str], list[str]]]:
    by_act: dict[str, tuple[list[str], list[str]]] = {}
    for rule in pack.rules:
        yes, no = by_act.setdefault(rule.act, ([], []))
        yes += rule.match
        no += rule.no_match
    return by_act


def keywords(text: str, pack: Pack) -> set[str]:
    return {t.norm[:5] for t in tokenise(text, pack.language) if len(t.norm) > 2}


def test_every_example_does_what_its_rule_says(pack: Pack) -> None:
    wrong = [f"{f.rule.act}/{f.rule.id} {'misses' if f.expected else 'takes'}: {f.example}" for f in failures(pack)]
    assert wrong == []


def test_every_act_has_a_rule_and_enough_examples(pack: Pack) -> None:
    by_act = examples_by_act(pack)
    assert set(by_act) == ACTS
    few = {act: (len(y), len(n)) for act, (y, n) in by_act.items() if min(len(y), len(n)) < EXAMPLES_PER_ACT}
    assert few == {}


def test_half_of_the_counter_examples_hold_a_word_of_the_act(pack: Pack) -> None:
    low: dict[str, float] = {}
    for act, (yes, no) in examples_by_act(pack).items():
        known = set().union(*(keywords(e, pack) for e in yes))
        share = sum(bool(keywords(e, pack) & known) for e in no) / len(no)
        if share < KEYWORD_SHARE:
            low[act] = share
    assert low == {}


def test_no_example_is_used_for_and_against_the_same_act(pack: Pack) -> None:
    for act, (yes, no) in examples_by_act(pack).items():
        assert set(yes) & set(no) == set(), act


def acts_in(example: str, party: str, pack: Pack) -> Counter[tuple[str, int]]:
    turns, _ = dialogue(example, "customer" if party == "customer" else "agent")
    return Counter((a.id, a.turn) for a in find_acts(turns, pack))


def with_fillers(text: str, filler: str) -> str:
    return " ".join(f"{w} {filler}" if w.isalpha() and len(w) > 1 else w for w in text.split())


def test_hesitations_change_no_act(pack: Pack) -> None:
    filler = "euh" if pack.language == "fr" else "uh"
    assert filler in FILLERS[pack.language]
    for rule in pack.rules:
        for example in rule.match:
            hesitant = with_fillers(example, filler)
            assert acts_in(hesitant, rule.party, pack) == acts_in(example, rule.party, pack), hesitant


def test_lost_accents_and_capitals_change_no_act(pack: Pack) -> None:
    for rule in pack.rules:
        for example in rule.match:
            bare = "".join(c for c in unicodedata.normalize("NFD", example) if not unicodedata.combining(c))
            assert acts_in(bare.lower().replace("a:", "A:").replace("c:", "C:"), rule.party, pack) == acts_in(
                example, rule.party, pack
            ), bare


def test_the_other_party_does_not_make_an_act(pack: Pack) -> None:
    for rule in pack.rules:
        other = "agent" if rule.party == "customer" else "customer"
        for example in rule.match:
            if "//" not in example:
                turns, _ = dialogue(example, other)
                assert all(a.party == other for a in find_acts(turns, pack)), example


@pytest.mark.parametrize("language", LANGUAGES)
def test_stutters_and_broken_words_are_stepped_over(language: Language) -> None:
    said = {
        "fr": "je je vous en- je vous envoie envoie le le bon",
        "en": "i'll i'll se- i'll send send you the the form",
    }[language]
    turns, _ = dialogue(said, "agent")
    assert [a.id for a in find_acts(turns, load_pack(language))] == ["action_commitment"]
