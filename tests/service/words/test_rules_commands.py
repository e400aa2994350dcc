"""What the rule commands say, in both languages, from packs made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.say import LANGS, Say
from service.words.rules import load_pack, load_pack_file
from service.words.rules.commands import ActTested, run_examples, why

PACK = """pack: mine
language: en
version: "1"
rules:
  - {act: closing, id: bye, patterns: ['goodbye'], unless: ['said goodbye'], match: [%s], no_match: [he said goodbye]}
"""


def test_a_sound_pack_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PACK % "goodbye madam")
    tested = run_examples(load_pack_file(tmp_path / "mine.yaml"))
    assert tested.wrong == () and tested.acts == (ActTested("closing", 1, 1, 1, 0),)
    assert (tested.total.code, tested.total.params["n_examples"]) == ("acts.test_all_right", 2)


def test_a_wrong_example_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PACK % "farewell madam")
    tested = run_examples(load_pack_file(tmp_path / "mine.yaml"))
    (missed,), total = tested.wrong, tested.total
    assert tested.acts == (ActTested("closing", 1, 1, 1, 1),)
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


def test_a_pack_of_ones_own_is_tested_beside_the_built_in_one(tmp_path: Path) -> None:
    """Its conditions see the built-in acts, and only its own rules count against its counter-examples."""
    rule = (
        "pack: mine\nlanguage: en\nversion: '1'\nrules:\n  - {act: dismissal, id: heard_and_left, patterns: ['i hear "
        "you'], not: {then: {acts: [action_commitment], within_turns: 2}}, match: ['A: i hear you // C: ok // >A: i "
        "hear you'], no_match: ['>A: i hear you // C: ok // A: i will send you the form', goodbye]}\n"
        "  - {act: closing, id: over, patterns: ['over and out'], no_match: [goodbye]}\n"
    )
    (tmp_path / "mine.yaml").write_text(rule)
    pack = load_pack_file(tmp_path / "mine.yaml")
    assert run_examples(pack).wrong == ()
    left, kept = (
        why(pack, text, "agent")
        for text in (">A: i hear you // C: ok", ">A: i hear you // C: ok // A: i will send you the form")
    )
    assert [n.code for n in left] == ["acts.try_matches"]
    assert [(n.code, n.params["condition"]) for n in kept] == [("acts.try_condition", "not")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("C: hello // A: I suggest the other plan", "acts.try_absent"),
        ("I suggest the other plan", "acts.try_nothing"),  # nothing could be said before it
        ("are you ok with that // C: yes // A: I suggest the other plan", "acts.try_said"),
        ("C: hello // A: I suggest the other plan, slowly", "acts.try_condition"),
    ],
)
def test_why_of_what_is_not_said(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "mine.yaml").write_text(
        "pack: mine\nlanguage: en\nversion: '1'\nrules:\n  - act: pressure\n    id: unasked\n    absent: {patterns: "
        "['ok with that'], party: agent, before: {patterns: ['i suggest'], party: agent}, within_s: 30}\n"
        "    unless: [slowly]\n"
    )
    (note,) = why(load_pack_file(tmp_path / "mine.yaml"), text, "agent")
    assert note.code == code
    for lang in LANGS:
        assert ("mine/pressure/unasked" if code != "acts.try_nothing" else "mine 1") in Say(lang)(note)


def test_why_says_what_can_not_be_assessed(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PACK.replace("unless: ['said goodbye']", "room: {at_least_s: 1}") % "goodbye")
    (note,) = why(load_pack_file(tmp_path / "mine.yaml"), "goodbye", "agent")
    assert (note.code, note.params["condition"]) == ("acts.try_unknown", "room")
    assert "room" in Say("fr")(note) and "room" in Say("en")(note)
