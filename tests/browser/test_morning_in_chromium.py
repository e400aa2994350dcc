"""The morning report in a real browser: readable on a phone and on a desk, nothing refused by its own policy."""

from __future__ import annotations

from datetime import UTC

import pytest
from playwright.sync_api import Browser

from service.archive.drift import Shift
from service.archive.morning import Coverage, Morning, Moved, TeamDrift, ToOpen, night_of
from service.say import LANGS
from service.web.page_morning import render_morning
from tests.browser.conftest import WATCH

NIGHT = night_of("2026-11-27", UTC)
LONG = "Équipe" + "trèslongue" * 12
REPORT = Morning(
    campaign_id="c",
    campaign=LONG,
    night=NIGHT,
    states={"done": 9, "failed": 1},
    failures=(),
    refused=(),
    without_agent=1,
    names=((LONG, 1),),
    to_open=tuple(ToOpen(f"c{i}", NIGHT.since, "interruptions", 4.0 * i) for i in range(20)),
    open_moments=30,
    drift=(TeamDrift(LONG, True, (Moved("talk_share", Shift(60.0, 50.0, 5.0, 12.0, 20, 400)),)),),
    coverage=Coverage(*[(9, 10)] * 6),
)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_is_styled(chromium: Browser, tmp_path, lang, width):
    file = tmp_path / "morning.html"
    file.write_text(render_morning(REPORT, lang=lang, zone=UTC, site="https://timbre.example"), encoding="utf-8")
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(file.as_uri())
    assert page.evaluate("window.violations") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("getComputedStyle(document.querySelector('section')).borderRadius") == "16px"
    assert page.locator("ol.moments a").count() == 20
    context.close()
