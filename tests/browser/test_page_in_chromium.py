"""The page in a real browser: it runs nothing of the call's, asks nothing of the network, and its marks find the sound."""
# ruff: noqa: E501 - the page is asked in JavaScript, which reads worse when broken up

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from audio.listening import BLOCK_S
from service.say import LANGS, Lang
from service.web.page import render_page
from service.web.sound import PageSound, page_sound
from tests import sample_result as sample
from tests.browser.asking import CONTRASTS, open_all, puppet, ready, reviewed, still, until, wait_time, whole
from tests.browser.conftest import Show

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("sample_speaks")]

DECODED_TOLERANCE_S = 0.05
MIN_RMS = 0.02
"""The sample's voices have an RMS near 0.17; silence after coding stays under 0.001."""
LEAK_RMS = 0.01
MIN_CONTRAST = 4.5
"""WCAG AA for text of ordinary size."""
RAW_KEY = re.compile(
    r"\b(page|verdict|verdict_some|verdict_help|gesture|act|criterion|idea|measure|unit|source|party|policy|family|state"
    r"|floor|moment|quadrant|confidence|expected|sample|scoring|card)\.[a-z_]+\b"
)


def test_hostile_call_runs_nothing_and_asks_for_nothing(show: Show, sound: PageSound) -> None:
    evidence, judgement = sample.hostile()
    seen = show(render_page(evidence, judgement, lang="fr", sound=sound, tracks=sample.tracks()))
    page = seen.page
    ready(page)
    open_all(page)
    for link in page.query_selector_all(".turn a")[:2]:
        link.click()
    assert page.evaluate("window.hacked") is None
    assert not seen.dialogs and not seen.errors and not seen.violations
    assert {url.split(":")[0] for url in seen.requests} <= {"file", "blob", "data"}
    assert len([url for url in seen.requests if url.startswith("file")]) == 1
    assert page.query_selector_all("img, iframe, object, embed, form, link, base") == []
    assert page.evaluate("document.querySelectorAll('script').length") == 2 + len(sound.clips)


def test_hostile_text_is_shown_as_text(show: Show) -> None:
    evidence, judgement = sample.hostile()
    page = show(render_page(evidence, judgement, lang="en", sound=None, tracks=None)).page
    title = page.inner_text("h1")
    assert "</script>" in title and "{{7*7}}" in title and "\u202e" not in title and "\x1b" not in title
    open_all(page)
    for part in (
        ".sections th",
        ".people dt",
        ".people q",
        ".outcome",
        ".decision strong",
        ".decision q",
        ".situation",
    ):
        assert "<img src=x" in page.inner_text(f"{part}:has-text('hacked') >> nth=0"), part
    assert page.evaluate(
        "[...document.querySelectorAll('a')].every((a) => (a.getAttribute('href') || '').startsWith('#'))"
    )


def test_policy_stops_a_script_the_page_did_not_bring(show: Show) -> None:
    broken = whole().replace(
        "</main>", "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'></main>"
    )
    seen = show(broken)
    seen.page.wait_for_timeout(100)
    assert seen.page.evaluate("window.hacked") is None
    assert seen.violations


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_scrolls_sideways(show: Show, sound: PageSound, lang: Lang, width: int) -> None:
    page = show(reviewed(sound, lang=lang), width=width).page
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_call_fits_a_phone(show: Show) -> None:
    evidence, judgement = sample.hostile()
    page = show(render_page(evidence, judgement, lang="fr", sound=None, tracks=None), width=390).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("lang", LANGS)
def test_no_key_is_left_untranslated(show: Show, sound: PageSound, lang: Lang) -> None:
    page = show(reviewed(sound, lang=lang)).page
    open_all(page)
    labels = page.evaluate(
        "[...document.querySelectorAll('[aria-label]')].map((n) => n.getAttribute('aria-label')).join(' ')"
    )
    assert RAW_KEY.findall(page.inner_text("body") + labels) == []
    assert page.get_attribute("html", "lang") == lang


def test_sound_lasts_as_long_as_the_call_and_is_heard(show: Show, sound: PageSound) -> None:
    page = show(whole(sound)).page
    ready(page)
    assert abs(page.evaluate("document.getElementById('audio').duration") - sample.DURATION_S) < DECODED_TOLERANCE_S
    levels = page.evaluate(
        """async () => {
          const text = atob(document.getElementById('sound-0').textContent.trim());
          const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
          const heard = await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(bytes.buffer);
          const rms = (side, from, to) => {
            const part = heard.getChannelData(side).slice(from * heard.sampleRate, to * heard.sampleRate);
            return Math.sqrt(part.reduce((sum, x) => sum + x * x, 0) / part.length);
          };
          return { duration: heard.duration, agent: [rms(0, 27, 27.8), rms(1, 27, 27.8)], customer: [rms(0, 12, 13), rms(1, 12, 13)] };
        }"""
    )
    assert abs(levels["duration"] - sample.DURATION_S) < DECODED_TOLERANCE_S
    assert levels["agent"][0] > MIN_RMS and levels["agent"][1] < LEAK_RMS
    assert levels["customer"][1] > MIN_RMS and levels["customer"][0] < LEAK_RMS


def test_marks_turns_and_cards_go_to_their_second(show: Show, sound: PageSound) -> None:
    page = show(whole(sound)).page
    still(page)
    for selector in (".mark.gesture >> nth=5", ".mark.moment >> nth=1", ".card .seek >> nth=2", ".turn a >> nth=7"):
        link = page.locator(selector)
        wanted_s = float(link.get_attribute("data-t") or "nan")
        link.dispatch_event("click")
        wait_time(page, wanted_s)
        assert page.evaluate("location.hash") == f"#t={wanted_s:.1f}"


def test_a_moment_stops_at_the_end_of_its_clip_and_a_mark_plays_on(show: Show, sound: PageSound) -> None:
    page = show(whole(sound)).page
    ready(page)
    puppet(page)
    link = page.locator(".card .seek >> nth=0")
    end_s = float(link.get_attribute("data-end") or "nan")
    at_end = f"document.getElementById('audio').currentTime = {end_s + 0.3}"
    link.dispatch_event("click")
    wait_time(page, float(link.get_attribute("data-t") or "nan"))
    page.evaluate(f"window.going = true; {at_end}")
    until(page, "window.going === false")
    mark = page.locator(".mark.gesture >> nth=0")
    mark.dispatch_event("click")
    wait_time(page, float(mark.get_attribute("data-t") or "nan"))
    page.evaluate(f"window.going = true; {at_end}")
    wait_time(page, end_s + 0.3)
    page.wait_for_timeout(300)
    assert page.evaluate("window.going")


def test_click_on_the_timeline_goes_to_that_second_of_its_row(show: Show, sound: PageSound) -> None:
    page = show(whole(sound)).page
    still(page)
    row = page.locator("svg.row").nth(1)
    box = row.bounding_box()
    assert box is not None
    start_s, end_s = float(row.get_attribute("data-start") or 0), float(row.get_attribute("data-end") or 0)
    row.click(position={"x": box["width"] / 2, "y": box["height"] - 6})
    wait_time(page, (start_s + end_s) / 2)


def test_hash_opens_the_page_at_its_second(show: Show, sound: PageSound) -> None:
    page = show(whole(sound), hash="#t=27.5").page
    wait_time(page, 27.5)
    assert page.inner_text(".turn.now .when") == "0:26"
    assert page.evaluate("document.getElementById('audio').paused")


def test_playing_moves_the_current_turn(show: Show, sound: PageSound) -> None:
    page = show(whole(sound), hash="#t=24.6").page
    wait_time(page, 24.6)
    page.keyboard.press("Space")
    until(page, "document.querySelector('.turn.now .when')?.textContent === '0:26'")
    page.keyboard.press("Space")
    until(page, "document.getElementById('audio').paused")


def test_keyboard_alone_is_enough(show: Show, sound: PageSound) -> None:
    page = show(whole(sound)).page
    ready(page)
    still(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("ArrowRight")
    wait_time(page, 5.0)
    page.keyboard.press("ArrowRight")
    wait_time(page, 10.0)
    page.keyboard.press("ArrowLeft")
    wait_time(page, 5.0)
    starts = sorted(m.listen.start_s for m in sample.moments())
    after = [s for s in starts if s > 5.25]
    page.keyboard.press("j")
    wait_time(page, after[0])
    page.keyboard.press("j")
    wait_time(page, after[1])
    page.keyboard.press("k")
    wait_time(page, after[0])
    page.focus(".mark.gesture >> nth=0")
    page.keyboard.press("Enter")
    wait_time(page, 0.8)


def test_every_control_can_be_reached_and_has_a_name(show: Show, sound: PageSound) -> None:
    page = show(whole(sound)).page
    nameless = page.evaluate(
        """[...document.querySelectorAll('a, button, select, input, summary')]
          .filter((n) => n.tabIndex < 0 || !(n.getAttribute('aria-label') || n.textContent.trim() || n.labels?.[0]?.textContent.trim()))
          .map((n) => n.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((h) => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert page.locator("main, header, footer").count() == 3


def test_clips_know_their_place_in_the_call(show: Show) -> None:
    judgement = sample.judgement()
    clips = page_sound(sample.recording(), judgement, "moments")
    assert clips is not None and len(clips.clips) > 1
    page = show(render_page(sample.evidence(), judgement, lang="en", sound=clips, tracks=None)).page
    still(page)
    moment = judgement.moments[3]
    clip = next(c for c in clips.clips if c.span.contains(moment.listen.start_s))
    page.locator(".card .seek").nth(3).click()
    wait_time(page, moment.listen.start_s - clip.span.start_s)
    page.locator('.mark.gesture[aria-label^="Reformulation"]').dispatch_event("click")
    wait_time(page, 26.0 - clip.span.start_s)
    page.locator(".turn a").nth(3).click()
    assert page.inner_text("#status") == "This second is not in the page’s clips."


def test_without_sound_the_page_still_reads(show: Show) -> None:
    for html in (
        whole(None),
        render_page(*sample.without_words(), lang="fr", sound=None, tracks=sample.tracks()),
        render_page(sample.no_conversation(), None, lang="en", sound=None, tracks=None),
    ):
        seen = show(html, width=390)
        assert not seen.errors and not seen.violations
        assert seen.page.locator("#player").count() == 0
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
        seen.page.locator("[data-t]").first.dispatch_event("click") if seen.page.locator("[data-t]").count() else None
        assert not seen.errors


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_background(show: Show, dark: bool) -> None:
    page = show(whole(), dark=dark).page
    open_all(page)
    assert [c for c in page.evaluate(CONTRASTS) if c["ratio"] < MIN_CONTRAST] == []


def test_sample_is_longer_than_one_coded_block() -> None:
    assert sample.DURATION_S > 2 * BLOCK_S
