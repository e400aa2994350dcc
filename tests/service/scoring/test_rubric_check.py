"""What `timbre rubric check` says of rubrics that the schema takes, each with its line."""

from __future__ import annotations

import pytest

from service.labels import Labels
from service.say import LANGS
from service.scoring.rubric_check import Checked, check_rubric
from service.scoring.rubric_file import rubric_content, shipped_rubrics

GOOD = """\
id: mine
version: "2"
title: {fr: La mienne, en: Mine}
call_types: [inbound]
sections:
  - {id: start, title: {fr: Début, en: Start}}
gestures:
  - {id: greeting, section: start, expected: always, weight: 1, within: {first_s: 20}}
  - {id: offer_help, section: start, expected: inbound, weight: 1, families: {room: 2}}
  - {id: empathy_phrase, section: start, expected: on_signal, weight: 1, signals: [c_problem]}
criteria:
  - {id: pressure, section: start, idea: I3, weight: 1, curve: [[0, 1], [2, 0]]}
lines:
  - {id: form, section: start, by: person, title: {fr: Fiche, en: Form}, weight: 1}
"""


def check(text: str) -> Checked:
    found = check_rubric(text.encode(), file="mine.yaml")
    for note in (*found.problems, *found.remarks):
        assert note.params["file"] == "mine.yaml"
        assert all(Labels(lang).note(note).endswith(".") for lang in LANGS)
    return found


def codes(found: Checked) -> tuple[list[str], list[str]]:
    problems, remarks = (
        [n.code.removeprefix("rubric.check.") for n in notes] for notes in (found.problems, found.remarks)
    )
    return problems, remarks


@pytest.mark.parametrize("name", shipped_rubrics())
def test_the_shipped_rubrics_have_nothing_to_say(name: str) -> None:
    content, file = rubric_content(name)
    assert codes(check_rubric(content, file=file)) == ([], [])


def test_the_good_one_is_fine() -> None:
    assert codes(check(GOOD)) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("expected: inbound", "expected: outbound", "never_in_direction", 9),
        ("signals: [c_problem]", "signals: []", "no_signals", 10),
        ("{room: 2}", "{room: 2, delivery: 1}", "family_never", 9),
        ("within: {first_s: 20}", "families: {room: 1}", "family_never", 8),
        ("within: {first_s: 20}", "within: {first_s: 20, last_s: 30}", "window_first_and_last", 8),
        ("within: {first_s: 20}", "within: {last_s: 30, before: proposal}", "window_last_and_before", 8),
        ("expected: always", "auto_fail: zero, expected: if_made", "never_fails", 8),
        ("[[0, 1], [2, 0]]", "[[0, 1], [2, 0.5]], auto_fail: zero", "never_fails", 12),
        ("{id: pressure", "{id: out_of_the_metal, auto_fail: zero", "never_fails", 12),
        ("[[0, 1], [2, 0]]", "[[0, 1], [2, 1]]", "curve_flat", 12),
        ("{id: pressure", "{id: accommodation", "context_weight", 12),
        ("lines:", "claims_first: [closing]\nlines:", "claims_unknown", 13),
        ("lines:", "limits: {solid: 0.2, fair: 0.4}\nlines:", "confidence_order", 13),
        ("en: Start}", "en: Start}, shares: {script: 60}", "share_sum", 6),
    ],
)
def test_a_problem_has_its_line(old: str, new: str, code: str, line: int) -> None:
    found = check(GOOD.replace(old, new, 1))
    problems = {n.code.removeprefix("rubric.check."): n.params["line"] for n in found.problems}
    assert code in problems and abs(int(problems[code]) - line) <= (1 if code == "share_sum" else 0)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("weight: 1, within", "weight: 0, within", "weight_zero"),
        (
            "by: person, title: {fr: Fiche, en: Form}, weight: 1",
            "by: person, title: {fr: Fiche}, weight: 0",
            "no_title",
        ),
        ("signals: [c_problem]", "signals: [c_problem], within: {first_s: 5}", "unread"),
        ("within: {first_s: 20}", "within: {agent_turns: 3}", "unread"),
        ("within: {first_s: 20}", "signals: [c_problem]", "unread"),
        ("expected: always", "na: count_full, expected: if_made", "na_unread"),
        ("{id: form, section: start,", "{id: form,", "section_none"),
        ("gestures:", "  - {id: rest, title: {fr: Reste, en: Rest}}\ngestures:", "section_empty"),
        ("families: {room: 2}", "families: {room: 0.5}", "non_verbal"),
        ("title: {fr: La mienne, en: Mine}\n", "", "no_rubric_title"),
    ],
)
def test_a_remark_says_what_a_key_does(old: str, new: str, code: str) -> None:
    assert old in GOOD
    problems, remarks = codes(check(GOOD.replace(old, new, 1)))
    assert problems == [] and code in remarks


def test_shares_need_every_section_that_weighs_and_no_line_outside() -> None:
    two = GOOD.replace("gestures:", "  - {id: rest, title: {fr: R, en: R}, shares: {script: 100}}\ngestures:", 1)
    problems, _ = codes(check(two.replace("{id: greeting, section: start,", "{id: greeting,")))
    assert sorted(problems) == ["share_loose", "share_missing", "share_of_nothing"]


def test_a_rubric_that_weighs_nothing_can_give_no_score() -> None:
    text = GOOD.replace("weight: 1", "weight: 0").replace("room: 2", "room: 0")
    assert set(codes(check(text))[0]) == {"no_script", "no_intention"}


def test_a_schema_error_is_a_problem_with_line_and_key() -> None:
    found = check_rubric(GOOD.replace("weight: 1, within", "weight: x, within").encode(), file="mine.yaml")
    assert found.rubric is None
    assert [(n.code, n.params["line"], n.params["name"]) for n in found.problems] == [
        ("scoring.rubric_value", 8, "weight")
    ]
