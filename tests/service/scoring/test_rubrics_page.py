"""docs/rubrics.md says what the schema and the commands do, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.grids import workbook
from service.scoring.rubric import Asked, CriterionAsked, GestureAsked, PersonAsked, Section
from service.scoring.rubric_check import check_rubric

PAGE = Path(__file__).parents[3] / "docs" / "rubrics.md"
EXAMPLE, *_ = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


def halves() -> list[str]:
    english, french = PAGE.read_text(encoding="utf-8").split("\n---\n")
    return [english, french.replace("\u00a0", " ")]


def test_the_example_is_a_rubric_without_a_problem() -> None:
    found = check_rubric(EXAMPLE.encode(), file="example.yaml")
    assert found.rubric is not None and found.problems == () and found.remarks == ()


@pytest.mark.parametrize("half", halves(), ids=["en", "fr"])
def test_every_key_of_a_line_has_its_row(half: str) -> None:
    told = set(re.findall(r"^\| `([a-z_]+)(?:: \w+)?` ", half, re.M))
    keys = {*Asked.model_fields, *CriterionAsked.model_fields, *PersonAsked.model_fields, *Section.model_fields}
    keys |= set(GestureAsked.model_fields)
    beside = {"id", "title", "idea", "reason", "signals", "families", "wording_mandatory"}
    assert keys - beside == told
    assert "`signals`" in half and "`families`" in half


@pytest.mark.parametrize("half", halves(), ids=["en", "fr"])
def test_the_limits_of_a_workbook_are_the_codes(half: str) -> None:
    limits = (
        workbook.MAX_BYTES // 2**20,
        workbook.MAX_UNPACKED_BYTES // 2**20,
        workbook.MAX_ROWS,
        workbook.MAX_COLUMNS,
        workbook.MAX_XML_BYTES // 2**20,
    )
    sentence = re.search(r"(A workbook is|Un\s+classeur fait).*", half, re.S)
    assert sentence is not None
    assert tuple(int(n) for n in re.findall(r"\d+", sentence[0])) == limits
