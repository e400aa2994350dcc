"""The deployment kit: each page in both languages and marked as no legal advice; the inventory names every table."""

from __future__ import annotations

import re

import pytest

from service.archive import tables_across, tables_calls, tables_holds, tables_nights, tables_reviews
from service.archive.tables import Base
from tests.calls import REPOSITORY

KIT = REPOSITORY / "docs" / "deployment" / "kit"
PAGES = ("impact-assessment", "works-council", "notices", "data-inventory", "technical-file")
MARK = "Not legal advice. / Ceci ne constitue pas un conseil juridique."
KNOWN = (tables_across, tables_calls, tables_holds, tables_nights, tables_reviews)


def test_the_kit_is_whole():
    assert {page.stem for page in KIT.glob("*.md")} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_in_both_languages_and_marked(page):
    text = (KIT / f"{page}.md").read_text(encoding="utf-8")
    english, _, french = text.partition("## Français")
    assert MARK in text.splitlines()[2] and "## English" in english
    assert 0.5 < len(french) / len(english) < 1.6


def test_every_link_leads_somewhere():
    for page in KIT.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).resolve().is_file(), (page.name, target)


def test_the_inventory_names_every_table_and_no_other():
    assert all(KNOWN)
    tables = {*Base.metadata.tables, "words"}
    for part in (KIT / "data-inventory.md").read_text(encoding="utf-8").split("## Français"):
        rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
        assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(tables)
