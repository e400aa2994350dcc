"""Words that were lost or misheard: put back where one word is all that a pattern lacks, and nowhere else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.scoring.evidence import Language
from service.words.rules import Pack, PackError, find_acts, load_pack
from service.words.rules.matching import MENDED_SCORE, matches_of
from service.words.rules.script import ScriptText, read_script
from service.words.rules.slots import Rarity, Slot, slots_of
from service.words.rules.wording import Lists, Written
from tests.service.words.rule_calls import call, made_pack, turns_of

RULE = """  - act: action_commitment
    id: envoi
    mend_bits: {bits}
    patterns: ["je vous (?:envoie|adresse) une ambulance"]
    match: ["je vous envoie une ambulance", "oui je vous adresse une ambulance tout de suite"]
    no_match: ["allez vous bien", "je vois une ambulance", "il ne vous envoie pas une lettre", "non je comprends bien"]
"""


def _pack(folder: Path, bits: int = 10) -> Pack:
    return made_pack(folder, RULE.format(bits=bits))


def _found(pack: Pack, *said: str) -> list[int]:
    return turns_of(find_acts(call(*said), pack), "action_commitment")


@pytest.mark.parametrize(
    "said",
    [
        "A: je envoie une ambulance",
        "A: vous envoie une ambulance",
        "A: oui je vous envoi une ambulance",
        "A: je vous envoie ne ambulance",
    ],
)
def test_one_word_lost_or_misheard_is_put_back(tmp_path: Path, said: str) -> None:
    act = find_acts(call(said), _pack(tmp_path))[0]
    assert (act.id, act.score) == ("action_commitment", MENDED_SCORE)
    assert act.quote in said


@pytest.mark.parametrize(
    "said",
    [
        "A: je vois une ambulance",  # as an example has it: nothing is missing
        "A: envoie une ambulance",  # two words are missing
        "A: je vous montagne une ambulance",  # nothing like the word
        "A: je pas envoie une ambulance",  # a negation is nobody's mishearing
        "A: demain vous envoie une ambulance",  # nothing says that the start was lost
    ],
)
def test_nothing_else_is_put_back(tmp_path: Path, said: str) -> None:
    assert _found(_pack(tmp_path), said) == []


def test_a_rule_states_how_much_must_be_left(tmp_path: Path) -> None:
    assert _found(_pack(tmp_path, 200), "A: je envoie une ambulance", "A: je vous envoie une ambulance") == [1]


def test_how_much_must_be_left_is_a_number_in_its_limits(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="pack_bad_number") as error:
        _pack(tmp_path, 3)
    assert error.value.note.params["field"] == "mend_bits"


def test_what_is_said_as_it_stands_goes_before_what_is_mended(tmp_path: Path) -> None:
    act = find_acts(call("A: je envoie une ambulance oui je vous envoie une ambulance"), _pack(tmp_path))[0]
    assert act.score == 1.0


def test_a_negation_is_no_slot() -> None:
    words = [w for slot in _slots("je (?:ne )?peux pas venir") for w in slot.words]
    assert words == ["je", "peux", "venir"]


def test_what_is_left_is_worth_what_the_commonest_wording_is() -> None:
    rarity = Rarity({"je": 4.0, "tu": 6.0, "viens": 9.0})
    written = Written(("(?:je|tu) (?:te )?viens(?: {word}){0,3}",), Lists({}))
    assert [slot.left_bits for w in written.wordings for slot in slots_of(w, rarity)] == [9.0, 4.0]


def test_neighbours_of_a_slot_are_those_its_pattern_allows() -> None:
    first, last = _slots("(?:^|oui )?je (?:le |la )*(?:dis|vois)$")
    assert first.before is None
    assert first.after == frozenset({"le", "la", "dis", "vois"})
    assert last.before == frozenset({"je", "le", "la"})
    assert last.after == frozenset({"$"})


@pytest.mark.parametrize("pattern", ["re(?:tour |venu )vous", "a" * 30 + "(?:b c)d", "(?:" * 60 + "a" + ")" * 60])
def test_what_can_not_be_cut_into_words_is_left_alone(pattern: str) -> None:
    assert Written((pattern,), Lists({})).wordings == ()


def test_groups_in_groups_are_listed_once() -> None:
    nested = "a"
    for _ in range(30):
        nested = f"(?:{nested}){{0,2}}"
    (wording,) = Written((f"{nested} mot",), Lists({})).wordings
    assert [slot.words for slot in slots_of(wording, Rarity({}))] == [("mot",)]


_SAID: dict[Language, str] = {
    "fr": "je vous envoie est ce que un technicien merci au revoir pas il faut rappelle demain bonjour",
    "en": "i will send you a technician is it what do thanks bye not we call tomorrow hello sorry",
}
WORDS = {language: words.split() for language, words in _SAID.items()}


@pytest.mark.parametrize("language", ["fr", "en"])
@given(data=st.data())
def test_what_matches_without_mending_matches_with_it(language: Language, data: st.DataObject) -> None:
    pack = load_pack(language)
    said = data.draw(st.lists(st.sampled_from(WORDS[language]), min_size=1, max_size=14))
    text = _text(pack, said)
    mends = pack.mender.mends(text)
    for rule in pack.rules:
        plain = matches_of(rule, text) if rule.party == "agent" else []
        mended = matches_of(rule, text, mends.get(rule.label, ())) if rule.party == "agent" else []
        assert set(plain) <= set(mended)
        assert all(m.score == MENDED_SCORE for m in set(mended) - set(plain))


@pytest.mark.parametrize("language", ["fr", "en"])
@given(data=st.data())
def test_every_mend_leaves_no_scar(language: Language, data: st.DataObject) -> None:
    """The mended word stands in some example beside both its neighbours, and no negation is touched."""
    pack = load_pack(language)
    said = data.draw(st.lists(st.sampled_from(WORDS[language]), min_size=1, max_size=14))
    text = _text(pack, said)
    for mend in {m for mends in pack.mender.mends(text).values() for m in mends}:
        low, stop = text.bounds(mend.owner)
        norms = ["^", *text.norms[low:stop], "$"]
        before, after = norms[mend.place - low], norms[mend.place - low + 1 + mend.replaces]
        assert pack.mender.is_known(before, mend.word)
        assert pack.mender.is_known(mend.word, after)
        assert mend.word not in ("pas", "not")
        assert not mend.replaces or text.norms[mend.place] not in ("pas", "not")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_twice_the_words_are_at_most_twice_the_work(language: Language) -> None:
    """Trigger words over and over, out of order: mends, which are all that is searched once more."""
    pack = load_pack(language)
    said = random.Random(5).choices(WORDS[language], k=3000)  # noqa: S311  # a test, not a secret
    once, twice = _n_mends(pack, said), _n_mends(pack, said * 2)
    assert 0 < twice <= 2.1 * once


def _n_mends(pack: Pack, said: list[str]) -> int:
    return sum(map(len, pack.mender.mends(_text(pack, said)).values()))


def _text(pack: Pack, said: list[str]) -> ScriptText:
    return read_script(call("A: " + " ".join(said)), pack.language).texts["agent"]


def _slots(pattern: str) -> list[Slot]:
    (wording,) = Written((pattern,), Lists({})).wordings
    return list(slots_of(wording, Rarity({})))
