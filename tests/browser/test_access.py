"""Without a mouse and without sight: names, roles, order, contrast and focus, asked with axe-core."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from service.say import LANGS, Lang
from service.web.page import render_page
from service.web.sound import PageSound
from tests import sample_result as sample
from tests.browser.asking import open_all, reviewed
from tests.browser.conftest import Show

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("sample_speaks")]

FOCUSED = """() => {
  const here = document.activeElement;
  const seen = here.matches('svg a') ? here.querySelector('.hit') : here;
  const style = getComputedStyle(seen);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const line = style.stroke !== 'none' && parseFloat(style.strokeWidth) >= 2;
  return { name: here.outerHTML.slice(0, 80), seen: ring || line };
}"""


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response
    assert len(found["passes"]) > 20  # it did look
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found["violations"]]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False), (390, True)])
def test_axe_finds_nothing(show: Show, sound: PageSound, lang: Lang, width: int, dark: bool) -> None:
    page = show(reviewed(sound, lang=lang), width=width, dark=dark).page
    open_all(page)
    assert violations(page) == []


def test_axe_finds_nothing_where_words_or_a_scorecard_are_missing(show: Show) -> None:
    for html in (
        render_page(*sample.without_words(), lang="fr", sound=None, tracks=None),
        render_page(sample.no_conversation(), None, lang="en", sound=None, tracks=None),
    ):
        assert violations(show(html).page) == []


def test_axe_would_find_a_picture_without_a_name(show: Show) -> None:
    page = show(reviewed()).page
    page.evaluate("document.querySelector('svg.band').removeAttribute('aria-label')")
    assert [v for v in violations(page) if v.startswith("svg-img-alt")]


def test_focus_is_seen_on_its_whole_way(show: Show, sound: PageSound) -> None:
    page = show(reviewed(sound)).page
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED)["seen"], page.evaluate(FOCUSED)["name"]
