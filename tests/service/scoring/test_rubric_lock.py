"""A used version is locked to its content."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.rubric_used import Used, used_in
from service.say import LANGS, Say
from service.scoring.documents import to_json
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric, parse_rubric, rubric_content
from service.scoring.rubric_lock import edited_since, hash_of
from service.scoring.scorecard import judge
from tests.service.scoring.builder import robot_call

SHIPPED = {
    "inbound_service 1.2": "59edc885ddd3",
    "outbound_sales 1.2": "3cf1ec8c4e97",
}
"""A shipped rubric whose content changes needs a new version: results name the old one."""


def changed(old: str, new: str) -> Rubric:
    content, _ = rubric_content("inbound_service")
    assert old.encode() in content
    return parse_rubric(content.replace(old.encode(), new.encode(), 1), file="mine.yaml")


@pytest.mark.parametrize("name", ["inbound_service", "outbound_sales"])
def test_a_shipped_rubric_changes_only_with_its_version(name: str) -> None:
    rubric = load_rubric(name)
    assert hash_of(rubric)[:12] == SHIPPED[rubric.name]


def test_comments_order_of_keys_and_written_defaults_change_no_hash() -> None:
    rubric = load_rubric("inbound_service")
    same = (
        changed("# Words so common", "# Other words\n# Words so common"),
        changed("{id: greeting, section: opening,", "{section: opening, id: greeting,"),
        changed("{id: greeting,", "{id: greeting, na: leave_out,"),
        changed("weight: 1, within: {first_s: 20}", "weight: 1.0, within: {first_s: 20.0}"),
    )
    assert {hash_of(r) for r in same} == {hash_of(rubric)}


def test_any_other_change_does() -> None:
    rubric = load_rubric("inbound_service")
    others = (
        changed("weight: 1, within: {first_s: 20}", "weight: 1.5, within: {first_s: 20}"),
        changed("cuts: {script: 70", "cuts: {script: 71"),
        changed("en: Opening", "en: Start"),
    )
    assert len({hash_of(rubric), *(hash_of(r) for r in others)}) == 4


def test_the_judgement_keeps_the_hash_and_an_edit_is_told() -> None:
    rubric, edited = load_rubric("inbound_service"), changed("cuts: {script: 70", "cuts: {script: 71")
    judgement = judge(robot_call().build(), rubric)
    assert judgement.rubric_hash == hash_of(rubric)
    assert not edited_since(judgement, rubric) and edited_since(judgement, edited)
    assert not edited_since(judgement, edited.model_copy(update={"version": "9"}))
    assert not edited_since(judgement.model_copy(update={"rubric_hash": ""}), edited)
    assert not edited_since(None, edited)


def test_results_at_hand_are_counted_by_their_content(tmp_path: Path) -> None:
    rubric, edited = load_rubric("inbound_service"), changed("cuts: {script: 70", "cuts: {script: 71")
    evidence = robot_call().build()
    for name, used in (("a", rubric), ("b", edited), ("c", load_rubric("outbound_sales"))):
        (tmp_path / f"{name}.json").write_bytes(to_json(evidence, judge(evidence, used)))
    old = judge(evidence, rubric).model_copy(update={"rubric_hash": ""})
    (tmp_path / "d.json").write_bytes(to_json(evidence, old))
    (tmp_path / "e.json").write_text("{}")
    found = used_in(sorted(tmp_path.glob("*.json")), rubric)
    assert found == Used(same=1, other=1, no_hash=1, unreadable=1)
    for lang in LANGS:
        assert [Say(lang)(n) for n in (*found.problems(rubric), *found.remarks())]
