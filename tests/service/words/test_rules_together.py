"""Packs of one's own: files and folders, beside the built-in pack or in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.words.rules import PackError, find_acts, load_pack, load_pack_file, named_pack, packs_of, together
from tests.service.words.rule_calls import call

HEAD = 'pack: {}\nlanguage: {}\nversion: "2.1"\n'


def written(path: Path, name: str, rules: str, language: str = "fr") -> Path:
    path.write_text(HEAD.format(name, language) + "rules:\n" + rules, encoding="utf-8")
    return path


CHEERS = "  - {act: closing, id: cheers, patterns: ['tchao']}\n"


def test_the_files_of_a_folder_make_one_pack_and_share_lists(tmp_path: Path) -> None:
    written(tmp_path / "b.yml", "mine", "  - {act: closing, id: b, patterns: ['{bye}']}\nlists: {hi: [salut]}\n")
    written(tmp_path / "a.yaml", "mine", "  - {act: greeting, id: a, patterns: ['{hi}']}\nlists: {bye: [tchao]}\n")
    (tmp_path / "notes.txt").write_text("not a pack")
    pack = named_pack(str(tmp_path))
    assert (pack.name, [r.id for r in pack.rules]) == ("mine 2.1", ["a", "b"])
    assert [a.id for a in find_acts(call("A: salut", "A: tchao"), pack)] == ["greeting", "closing"]


def test_built_in_packs_have_names() -> None:
    assert named_pack("fr") is load_pack("fr") and named_pack("en").language == "en"


def test_ones_own_rules_work_beside_the_built_in_ones(tmp_path: Path) -> None:
    own = load_pack_file(written(tmp_path / "mine.yaml", "mine", CHEERS))
    packs = packs_of("fr", (own,))
    assert [p.name for p in packs] == ["mine 2.1", load_pack("fr").name]
    acts = find_acts(call("A: bonjour", "C: oui", "A: tchao"), together(packs))
    assert [a.rule for a in acts if a.turn == 2] == ["mine/closing/cheers"]
    assert [a for a in acts if a.turn == 0] == find_acts(call("A: bonjour"), load_pack("fr"))


def test_of_two_rules_that_find_the_same_ones_own_names_the_act(tmp_path: Path) -> None:
    same = "  - {act: closing, id: mine, patterns: ['au revoir']}\n"
    own = load_pack_file(written(tmp_path / "mine.yaml", "mine", same))
    assert [a.rule for a in find_acts(call("A: au revoir"), load_pack("fr"))] != ["mine/closing/mine"]
    acts = find_acts(call("A: au revoir"), together(packs_of("fr", (own,))))
    assert [a.rule for a in acts] == ["mine/closing/mine"]


def test_a_pack_with_the_built_in_id_takes_its_place(tmp_path: Path) -> None:
    own = load_pack_file(written(tmp_path / "mine.yaml", "fr", CHEERS))
    packs = packs_of("fr", (own,))
    assert packs == (own,) and together(packs) is own
    assert [a.id for a in find_acts(call("A: bonjour", "A: tchao"), own)] == ["closing"]


def test_packs_of_another_language_stay_out(tmp_path: Path) -> None:
    own = load_pack_file(written(tmp_path / "mine.yaml", "mine", CHEERS))
    assert packs_of("en", (own,)) == (load_pack("en"),)


def test_two_packs_of_one_name_are_refused(tmp_path: Path) -> None:
    own = [load_pack_file(written(tmp_path / f"{n}.yaml", "mine", CHEERS)) for n in "ab"]
    with pytest.raises(PackError) as caught:
        packs_of("fr", own)
    assert (caught.value.note.code, caught.value.note.params["value"]) == ("acts.pack_same_id", "mine")


def test_a_circle_through_the_built_in_pack_is_refused_with_its_line(tmp_path: Path) -> None:
    """There, consent to a proposal looks at proposals."""
    looks = "  - {act: proposal, id: p, patterns: [x], then: {acts: [c_consent]}}\n"
    own = load_pack_file(written(tmp_path / "mine.yaml", "mine", looks))
    with pytest.raises(PackError) as caught:
        together(packs_of("fr", (own,)))
    assert caught.value.note.code == "acts.pack_act_loop"


def test_the_order_of_packs_changes_no_act(tmp_path: Path) -> None:
    other = "  - {act: thanks, id: b, patterns: ['au revoir'], yields_to: [closing]}\n"
    own = [
        load_pack_file(written(tmp_path / "a.yaml", "mine", CHEERS)),
        load_pack_file(written(tmp_path / "b.yaml", "other", other)),
    ]
    turns = call("A: bonjour", "C: oui", "A: merci au revoir tchao")
    found = [{(a.id, a.quote) for a in find_acts(turns, together(packs_of("fr", o)))} for o in (own, own[::-1])]
    assert found[0] == found[1]
