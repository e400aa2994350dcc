"""The player: steps, loop, silences, speed, and its keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from service.say import LANGS, Lang
from service.web.page import render_page
from service.web.page_islands import SHORTEST_SKIPPED_S, silences
from service.web.sound import PageSound, page_sound
from tests import sample_result as sample
from tests.browser.asking import puppet, ready, still, until, wait_time, whole
from tests.browser.conftest import Show

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("sample_speaks")]

CARD = ".card .seek >> nth=0"


def opened(show: Show, sound: PageSound) -> Page:
    page = show(whole(sound)).page
    ready(page)
    return page


def at(page: Page, time_s: float) -> None:
    page.evaluate(f"document.getElementById('audio').currentTime = {time_s}")


def play_on(page: Page, time_s: float) -> None:
    """As if the sound had played up to there."""
    page.evaluate("window.going = true; document.getElementById('audio').dispatchEvent(new Event('play'))")
    at(page, time_s)


def end_of(page: Page, selector: str) -> tuple[float, float]:
    link = page.locator(selector)
    return float(link.get_attribute("data-t") or "nan"), float(link.get_attribute("data-end") or "nan")


def test_buttons_step_five_seconds(show: Show, sound: PageSound) -> None:
    page = opened(show, sound)
    still(page)
    page.click("#forward")
    page.click("#forward")
    wait_time(page, 10.0)
    page.click("#back")
    wait_time(page, 5.0)


def test_a_moment_in_a_loop_starts_again_where_it_began(show: Show, sound: PageSound) -> None:
    page = opened(show, sound)
    puppet(page)
    start_s, end_s = end_of(page, CARD)
    page.locator(CARD).dispatch_event("click")
    wait_time(page, start_s)
    page.keyboard.press("l")
    assert page.get_attribute("#loop", "aria-pressed") == "true"
    for _ in range(2):
        play_on(page, end_s + 0.2)
        wait_time(page, start_s)
    assert page.evaluate("window.going")
    page.click("#loop")
    play_on(page, end_s + 0.2)
    until(page, "window.going === false")


def test_a_loop_without_a_moment_says_what_to_choose(show: Show, sound: PageSound) -> None:
    page = opened(show, sound)
    still(page)
    page.click("#loop")
    assert "Choisissez" in page.inner_text("#status")


def test_silences_are_skipped_only_when_asked(show: Show, sound: PageSound) -> None:
    page = opened(show, sound)
    puppet(page)
    silence = max(silences(sample.evidence()), key=lambda s: s.duration_s)
    inside_s = silence.start_s + 1.0
    play_on(page, inside_s)
    page.wait_for_timeout(200)
    wait_time(page, inside_s)
    page.keyboard.press("s")
    wait_time(page, silence.end_s - 0.3)
    assert page.evaluate("window.going")


def test_silences_are_where_nobody_speaks() -> None:
    evidence = sample.evidence()
    found = silences(evidence)
    assert found and all(s.duration_s >= SHORTEST_SKIPPED_S for s in found)
    spoken = [span for spans in evidence.speech.values() for span in spans]
    assert not [s for s in found for span in spoken if s.overlap(span)]


def test_speed_is_kept_when_the_second_changes(show: Show, sound: PageSound) -> None:
    page = opened(show, sound)
    still(page)
    page.select_option("#speed", "2")
    page.click("#forward")
    wait_time(page, 5.0)
    assert page.evaluate("document.getElementById('audio').playbackRate") == 2


def test_letters_do_nothing_once_shortcuts_are_off(show: Show, sound: PageSound) -> None:
    page = opened(show, sound)
    still(page)
    page.uncheck("#shortcuts")
    for key in ("l", "s", "ArrowRight", "j"):
        page.keyboard.press(key)
    page.wait_for_timeout(100)
    assert page.get_attribute("#loop", "aria-pressed") == "false"
    assert page.evaluate("document.getElementById('audio').currentTime") == 0
    page.focus("#shortcuts")
    page.keyboard.press("Space")  # the box itself stays a box
    page.keyboard.press("s")
    assert page.get_attribute("#skip", "aria-pressed") == "true"


def test_evidence_that_begins_before_its_clip_plays_from_the_clip(show: Show) -> None:
    judgement = sample.judgement()
    clips = page_sound(sample.recording(), judgement, "moments")
    assert clips is not None
    page = show(render_page(sample.evidence(), judgement, lang="en", sound=clips, tracks=None)).page
    ready(page)
    still(page)
    first = clips.clips[1].span.start_s
    page.evaluate(
        f"""{{ const link = document.querySelector('.criteria .seek');
          link.dataset.t = {first - 0.8}; link.dataset.end = {first + 2}; link.click(); }}"""
    )
    wait_time(page, 0.0)
    assert page.evaluate("location.hash") == f"#t={first:.1f}" and page.inner_text("#status") == ""


@pytest.mark.parametrize("lang", LANGS)
def test_a_cell_of_the_strip_opens_its_line(show: Show, sound: PageSound, lang: Lang) -> None:
    page = show(whole(sound, lang=lang)).page
    cell = page.locator(".strip .cell >> nth=3")
    anchor, name = cell.get_attribute("data-opens"), cell.inner_text()
    cell.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(f"document.getElementById('{anchor}').open")
    assert name in page.evaluate("document.activeElement.textContent")
