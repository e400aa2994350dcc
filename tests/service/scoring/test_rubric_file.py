from __future__ import annotations

from pathlib import Path

import pytest

from service.say import LANGS, Say
from service.scoring.errors import RubricError
from service.scoring.rubric import on_curve
from service.scoring.rubric_file import MAX_BYTES, checked, load_rubric, parse_rubric, read_yaml, shipped_rubrics

GOOD = """\
id: mine
version: "2"
gestures:
  - {id: greeting, expected: always, weight: 1}
criteria:
  - id: pressure
    weight: 1
    idea: I3
    curve: [[0, 1], [2, 0]]
"""


def refused(text: str | bytes) -> RubricError:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(RubricError) as caught:
        parse_rubric(content, file="mine.yaml")
    for lang in LANGS:
        assert Say(lang)(caught.value.note).endswith(".")
    return caught.value


def test_the_shipped_rubrics_load_and_say_their_name() -> None:
    assert shipped_rubrics() == ("inbound_service", "outbound_sales")
    for name in shipped_rubrics():
        rubric = load_rubric(name)
        assert rubric.name == f"{name} 1.2"
        assert set(rubric.title) == set(LANGS)


def test_a_rubric_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_rubric(str(path)).gestures[0].id == "greeting"


@pytest.mark.parametrize(
    ("broken", "code", "line", "key"),
    [
        (GOOD.replace("weight: 1\n    idea", "wieght: 1\n    idea"), "key_missing", 6, "weight"),
        (GOOD.replace("expected: always", "expected: allways"), "value", 4, "expected"),
        (GOOD + "colour: red\n", "key_unknown", 10, "colour"),
        (GOOD.replace("id: greeting", "id: greting"), "value", 4, "id"),
        (GOOD.replace("[[0, 1], [2, 0]]", "[[2, 1], [0, 0]]"), "value", 9, "curve"),
        (GOOD.replace("[[0, 1], [2, 0]]", "[[0, 1], [2, .nan]]"), "value", 9, "curve"),
        (GOOD.replace("weight: 1}", "weight: -1}"), "value", 4, "weight"),
        (GOOD.replace("weight: 1}", "weight: 1, weight: 2}"), "key_twice", 4, "weight"),
        (GOOD.replace("weight: 1}", "weight: 1, section: end}"), "section_unknown", 4, "end"),
        (GOOD + "  - {id: pressure, weight: 1, idea: I3}\n", "line_twice", 10, "pressure"),
        (GOOD + "lines:\n  - {id: greeting, by: person, title: {en: x}, weight: 1}\n", "line_twice", 11, "greeting"),
        (GOOD + "lines:\n  - {id: form, by: machine, title: {en: x}, weight: 1}\n", "value", 11, "by"),
        (GOOD + "sections:\n  - {id: a, title: {}}\n  - {id: a, title: {}}\n", "line_twice", 12, "a"),
        (GOOD.replace("weight: 1}", "weight: 1, na: maybe}"), "value", 4, "na"),
        (GOOD.replace("weight: 1}", "weight: 1, auto_fail: yes}"), "value", 4, "auto_fail"),
    ],
)
def test_an_error_names_file_line_and_key(broken: str, code: str, line: int, key: str) -> None:
    note = refused(broken).note
    assert note.code == f"scoring.rubric_{code}"
    assert note.params == {"file": "mine.yaml", "line": line, "name": key}


def test_every_error_of_a_file_is_found_at_once() -> None:
    broken = GOOD.replace("expected: always", "expected: allways").replace("[[0, 1], [2, 0]]", "[[2, 1], [0, 0]]")
    rubric, refusals = checked(read_yaml(broken.encode(), file="mine.yaml"), "mine.yaml")
    assert rubric is None
    assert [(n.params["line"], n.params["name"]) for n in refusals] == [(4, "expected"), (9, "curve")]


def test_a_section_may_have_the_name_of_a_line() -> None:
    text = GOOD.replace("weight: 1}", "weight: 1, section: greeting}")
    text += "sections:\n  - {id: greeting, title: {en: Hello}}\n"
    assert parse_rubric(text.encode(), file="mine.yaml").gestures[0].section == "greeting"


def test_aliases_are_refused_before_they_grow() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(9))
    assert refused(bomb).note.code == "scoring.rubric_alias"


def test_size_depth_and_node_limits() -> None:
    assert refused("#" * (MAX_BYTES + 1)).note.code == "scoring.rubric_too_large"
    assert refused("a: " + "[" * 2000 + "]" * 2000).note.code == "scoring.rubric_too_deep"
    assert refused("a: [" + "1," * 30_000 + "]").note.code == "scoring.rubric_too_deep"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a: [", "not_yaml"),
        (b"\xff\xfe\x00", "not_text"),
        ("- 1", "not_mapping"),
        ("", "not_mapping"),
        ("a: !!python/object/apply:os.system [ls]", "not_yaml"),
        ("id: 2020-99-99", "not_yaml"),
    ],
)
def test_what_is_no_rubric_is_one_sentence(content: str | bytes, code: str) -> None:
    assert refused(content).note.code == f"scoring.rubric_{code}"


def test_an_unknown_name_lists_the_known_ones_and_shows_no_path(tmp_path: Path) -> None:
    with pytest.raises(RubricError) as caught:
        load_rubric("inbound")
    assert caught.value.note.params == {"known": "inbound_service, outbound_sales"}
    with pytest.raises(RubricError) as caught:
        load_rubric(str(tmp_path / "none.yaml"))
    assert caught.value.note.params == {"file": "none.yaml"}


@pytest.mark.parametrize(("x", "y"), [(-1.0, 1.0), (0.0, 1.0), (5.0, 0.75), (10.0, 0.5), (15.0, 0.25), (99.0, 0.0)])
def test_a_curve_is_linear_between_its_points_and_flat_outside(x: float, y: float) -> None:
    assert on_curve([(0.0, 1.0), (10.0, 0.5), (20.0, 0.0)], x) == pytest.approx(y)
