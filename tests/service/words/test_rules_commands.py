"""What the rule commands say, in both languages, from packs made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.say import LANGS, Say
from service.words.rules import load_pack, load_pack_file
from service.words.rules.commands import run_examples, why

PACK = """pack: mine
language: en
version: "1"
rules:
  - {act: closing, id: bye, patterns: ['goodbye'], unless: ['said goodbye'], match: [%s], no_match: [he said goodbye]}
"""


def test_a_sound_pack_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PACK % "goodbye madam")
    (note,) = run_examples(load_pack_file(tmp_path / "mine.yaml"))
    assert (note.code, note.params["n_examples"]) == ("acts.test_all_right", 2)


def test_a_wrong_example_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PACK % "farewell madam")
    missed, total = run_examples(load_pack_file(tmp_path / "mine.yaml"))
    assert (missed.code, missed.params["line"]) == ("acts.test_missed", 5)
    assert (total.code, total.params["n_wrong"]) == ("acts.test_some_wrong", 1)
    for lang in LANGS:
        assert "farewell madam" in Say(lang)(missed)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("goodbye", "acts.try_matches"),
        ("he said goodbye", "acts.try_condition"),
        ("the cable is grey", "acts.try_nothing"),
    ],
)
def test_why_names_what_became_of_each_form(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "mine.yaml").write_text(PACK % "goodbye madam")
    (note,) = why(load_pack_file(tmp_path / "mine.yaml"), text, "agent")
    assert note.code == code
    for lang in LANGS:
        assert Say(lang)(note)


def test_words_taken_by_another_act_are_said_to_be() -> None:
    codes = {n.code for n in why(load_pack("en"), "C: so? // A: shall I send you the form?", "agent")}
    assert {"acts.try_matches", "acts.try_yielded"} <= codes
