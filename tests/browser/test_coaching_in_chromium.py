"""A coach's week in a real browser: to the sound in three clicks, a session played through, by keyboard, on paper; and
an agent's start. French and English, 390 and 1280 pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from service.archive.tables import LoginTry
from service.archive.tables_calls import Call
from service.archive.tables_reviews import CoachingSession, SessionMoment
from service.say import LANGS, Lang, Say
from tests.browser.asking import CONTRASTS, until
from tests.browser.coaching_house import AGENT, AGENT_NAME, COACH, EVIL, House, coaching_house
from tests.browser.conftest import WATCH
from tests.browser.test_access import FOCUSED, violations
from tests.calls import SHIPPED
from tests.service.running import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]

A4_MM, MM_PER_POINT = (210, 297), 25.4 / 72
START_TOLERANCE_S = 0.5
METERS = """() => {
  window.loudest = {};
  for (const clip of document.querySelectorAll('.clip')) {
    const audio = clip.querySelector('audio');
    audio.addEventListener('playing', () => {
      if (window.loudest[clip.dataset.place] !== undefined) return;
      window.loudest[clip.dataset.place] = 0;
      window.firstAt = { ...window.firstAt, [clip.dataset.place]: audio.currentTime };
      const context = new AudioContext();
      const meter = context.createAnalyser();
      context.createMediaElementSource(audio).connect(meter);
      meter.connect(context.destination);
      const samples = new Float32Array(meter.fftSize);
      setInterval(() => {
        meter.getFloatTimeDomainData(samples);
        window.loudest[clip.dataset.place] = Math.max(window.loudest[clip.dataset.place], ...samples);
      }, 50);
    });
  }
}"""
PLAYS = "[...document.querySelectorAll('.clip')].find((c) => !c.querySelector('audio').paused)"


@dataclass
class Visits:
    """The service and the browser to see it with."""

    house: House
    chromium: Browser
    pages: list[Page] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def inside(self, who: str, lang: Lang = "fr", *, width: int = 1280, dark: bool = False) -> Page:
        """Logged in, at the start of their day."""
        self.house.speak(lang)
        with self.house.archive.writing() as archive:  # these browsers log in more often than one address may
            archive.execute(sa.delete(LoginTry))
        scheme = "dark" if dark else "light"
        context = self.chromium.new_context(
            viewport={"width": width, "height": 844}, locale=lang, base_url=self.house.address, color_scheme=scheme
        )
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("dialog", lambda d: (self.told.append(d.message), d.dismiss()))
        page.on("pageerror", lambda e: self.told.append(str(e)))
        self.pages.append(page)
        page.goto("/login")
        page.fill("[name=login]", who)
        page.fill("[name=password]", PASSWORD)
        page.click("button.first")
        return page

    def session(self, lang: Lang = "fr", *, width: int = 1280, dark: bool = False) -> Page:
        """A coach at a session that is new."""
        with self.house.archive.writing() as archive:
            archive.execute(sa.delete(SessionMoment))
            archive.execute(sa.delete(CoachingSession))
        page = self.inside(COACH, lang, width=width, dark=dark)
        of_agent(page).locator("button").click()
        return page


def of_agent(page: Page):  # type: ignore[no-untyped-def] # Playwright's locator
    return page.locator(".agents tr", has_text=AGENT_NAME)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with coaching_house(tmp_path_factory.mktemp("coaching")) as found:
        yield found


@pytest.fixture
def visits(house: House, chromium: Browser) -> Iterator[Visits]:
    """And at the end nothing has run that should not, on any page."""
    found = Visits(house, chromium)
    yield found
    for page in found.pages:
        assert page.evaluate("window.violations") == []
        page.context.close()
    assert found.told == []


def spans(page: Page) -> list[tuple[float, float]]:
    """Of the list's three moments."""
    read = "[...document.querySelectorAll('.clip[data-place]')].map((c) => [+c.dataset.start, +c.dataset.end])"
    return [(start, end) for start, end in page.evaluate(read)]


def test_a_session_is_played_through_three_clicks_from_my_week(visits: Visits) -> None:
    page = visits.session()  # the first click
    page.evaluate(METERS)
    page.locator("#all").click()  # the second: there is sound
    found = spans(page)
    calls = page.evaluate("[...document.querySelectorAll('.clip[data-place]')].map((c) => c.dataset.call)")
    assert len(found) == 3 == len(set(calls)) and sum(end - start for start, end in found) <= 300
    for place, (start_s, end_s) in enumerate(found, start=1):
        until(page, f"{PLAYS}?.dataset.place === '{place}'")
        until(page, f"window.loudest['{place}'] > 0.02")
        assert abs(page.evaluate(f"window.firstAt['{place}']") - start_s) < START_TOLERANCE_S
        assert page.locator("#status").inner_text().startswith(f"{place}")
        assert page.locator(".moment.now").count() == 1
        page.evaluate(f"{PLAYS}.querySelector('audio').currentTime = {end_s - 0.8}")  # to its last second
    until(page, f"!{PLAYS}")
    ended = page.evaluate("document.querySelector('.clip[data-place=\"3\"] audio').currentTime")
    assert found[2][1] - 0.2 <= ended <= found[2][1] + START_TOLERANCE_S
    assert page.locator("#all").inner_text() == Say("fr").text("session.play_all")


def test_it_is_played_and_ended_with_the_keyboard_alone(visits: Visits) -> None:
    page = visits.inside(COACH, "en")
    with visits.house.archive.writing() as archive:
        archive.execute(sa.delete(SessionMoment))
        archive.execute(sa.delete(CoachingSession))
    page.reload()
    tab_to(page, f"document.activeElement.innerText.includes('{AGENT_NAME}')")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "document.activeElement.id === 'all'")
    page.keyboard.press("Enter")
    until(page, f"{PLAYS}?.dataset.place === '1'")
    page.keyboard.press("j")
    until(page, f"{PLAYS}?.dataset.place === '2'")
    start_s = spans(page)[1][0]
    time = "document.querySelector('.clip[data-place=\"2\"] audio').currentTime"
    page.keyboard.press("ArrowRight")
    until(page, f"{time} >= {start_s + 5}")
    page.keyboard.press("ArrowLeft")
    until(page, f"{time} < {start_s + 5}")
    page.keyboard.press("k")
    until(page, f"{PLAYS}?.dataset.place === '1'")
    page.keyboard.press("Enter")  # the button has the focus still
    until(page, f"!{PLAYS}")
    page.locator("#shortcuts").uncheck()
    page.keyboard.press("j")
    page.wait_for_timeout(300)
    assert page.evaluate(f"!{PLAYS}")
    tab_to(page, "document.activeElement.tagName === 'TEXTAREA'")
    page.keyboard.type("jk l")
    assert page.locator("textarea").input_value() == "jk l"
    tab_to(page, "document.activeElement.value === 'yes'")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("textarea").input_value() == "jk l"
    page.goto("/week")
    assert AGENT_NAME in page.locator("section[aria-labelledby=coached]").inner_text()


def tab_to(page: Page, there: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED)["seen"], page.evaluate(FOCUSED)["name"]
        if page.evaluate(there):
            return
    raise AssertionError(f"no way by Tab: {there}")


def test_speed_and_one_moment_alone(visits: Visits) -> None:
    page = visits.session("en")
    page.select_option("#speed", "1.5")
    second = page.locator(".clip[data-place='2']")
    second.locator(".play").click()
    until(page, f"{PLAYS}?.dataset.place === '2'")
    assert page.evaluate(f"{PLAYS}.querySelector('audio').playbackRate") == 1.5
    end_s = spans(page)[1][1]
    page.evaluate(f"{PLAYS}.querySelector('audio').currentTime = {end_s - 0.5}")
    until(page, f"!{PLAYS}")  # and the list does not go on
    page.wait_for_timeout(300)
    assert page.evaluate(f"!{PLAYS}")
    second.locator(".play").click()
    until(page, f"{PLAYS}?.querySelector('audio').currentTime < {end_s - 2}")  # from its start again


def test_without_scripts_every_moment_can_be_played(visits: Visits) -> None:
    page = visits.session()
    address, cookies = page.url, page.context.cookies()
    context = visits.chromium.new_context(java_script_enabled=False)
    context.add_cookies(cookies)  # type: ignore[arg-type] # what Playwright gave
    bare = context.new_page()
    bare.goto(address)
    assert bare.locator("audio[controls]").count() == 3 and bare.locator("#player").is_hidden()
    bare.locator(".ways a").first.click()
    assert bare.locator(".other form button").count() >= 1
    context.close()


def test_another_moment_is_chosen_compared_and_a_goal_agreed(visits: Visits) -> None:
    page = visits.session("en")
    say = Say("en").text
    second = page.locator("#place-2")
    before = second.locator("blockquote").inner_text()
    second.get_by_text(say("session.compare")).click()
    assert page.locator("#place-2 .beside .clip").count() >= 1
    page.locator("#place-2 .beside .play").first.click()
    until(page, f"Boolean({PLAYS}) && !{PLAYS}.dataset.place")
    page.locator("#place-2").get_by_text(say("session.swap")).click()
    page.locator("#place-2 .other form button").first.click()
    assert page.locator("#place-2 blockquote").first.inner_text() != before
    page.select_option("[name=gesture]", "open_question")
    page.get_by_role("button", name=say("session.set_goal")).click()
    assert page.locator("[name=gesture]").input_value() == "open_question"
    page.locator(".back a").click()
    assert "Open question" in of_agent(page).inner_text()


@pytest.mark.parametrize("lang", LANGS)
def test_it_prints_on_one_page_with_the_questions_and_room_to_write(visits: Visits, lang: Lang) -> None:
    page = visits.session(lang)
    hints = [text.strip() for text in page.locator(".ask").all_inner_texts()]
    pdf = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=False)))
    size = (float(pdf.pages[0].mediabox.width), float(pdf.pages[0].mediabox.height))
    assert len(pdf.pages) == 1 and [round(side * MM_PER_POINT) for side in size] == list(A4_MM)
    said = "".join("".join(p.extract_text() for p in pdf.pages).split())
    for text in (AGENT_NAME, Say(lang).text("session.goal"), Say(lang).text("session.note"), *hints):
        assert "".join(text.split())[:40] in said, text
    assert "".join(Say(lang).text("session.play_all").split()) not in said
    page.emulate_media(media="print")
    assert [c for c in page.evaluate(CONTRASTS) if c["ratio"] < 4.5] == []


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("width", "dark"), [(390, False), (1280, False), (1280, True)])
def test_axe_finds_nothing_and_nothing_is_cut_off(visits: Visits, lang: Lang, width: int, dark: bool) -> None:
    page = visits.session(lang, width=width, dark=dark)
    address = page.url.partition("#")[0]
    for path in (address, f"{address}?swap=3", f"{address}?compare=2", "/week"):
        page.goto(path)
        assert_readable(page, lang)
    assert EVIL in page.locator(".agents").inner_text() and page.locator("main img").count() == 0
    agent = visits.inside(AGENT, lang, width=width, dark=dark)
    for path in ("/me", "/me/lines"):
        agent.goto(path)
        agent.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert_readable(agent, lang)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_the_office_can_be_read_by_everybody(visits: Visits, lang: Lang, width: int) -> None:
    page = visits.inside("boss", lang, width=width)
    assert page.url.endswith("/inbox") and page.locator("[name=chosen]").count() > 2
    for path in (
        "/inbox?days=0",
        "/upload",
        "/team",
        "/agreement",
        "/calibrations",
        "/listening",
        "/rules?text=EVIL",
        "/settings",
        "/audit",
        "/preferences",
    ):
        page.goto(path.replace("EVIL", EVIL))
        page.evaluate("[...document.querySelectorAll('details')].slice(0, 2).forEach((d) => { d.open = true; })")
        assert_readable(page, lang)
    assert visits.told == []


def test_by_keyboard_alone_moments_are_chosen_and_judged(visits: Visits) -> None:
    page = visits.inside("quality", "fr", width=390)
    before = page.locator("[name=chosen]").count()
    page.locator("[name=chosen]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.value") != "agree":
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert Say("fr").text("inbox.did", n=1) in page.locator("[role=status]").inner_text()
    assert page.locator("[name=chosen]").count() == before - 1
    page.locator("th a").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "t=" in page.url


def test_a_listening_test_is_rated_by_keys_alone(visits: Visits) -> None:
    page = visits.inside("quality", "fr", width=390)
    page.goto("/listening")
    page.fill("[name=title]", EVIL)
    page.locator("main form button").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    rated = 0
    while page.locator("#clip").count():
        until(page, "document.querySelector('#clip audio').readyState >= 2")
        assert page.evaluate("document.querySelector('#clip audio').duration") > 1.0
        assert_readable(page, "fr")
        page.keyboard.press("r")
        with page.expect_navigation():
            page.keyboard.press(str(1 + rated % 5))
        rated += 1
    assert rated >= 2 and Say("fr").text("listening.all_rated") in page.locator("main").inner_text()
    assert visits.told == []


def test_two_people_calibrate_on_a_call_without_seeing_each_other(visits: Visits) -> None:
    lead = visits.inside("quality", "en")
    lead.goto(f"/calibrations?call={visits.house.calls[0]}")
    for name, said in (("title", EVIL), ("reference", "quality"), ("members", COACH)):
        lead.fill(f"[name={name}]", said)
    lead.click("form button.first")
    address = lead.url
    for who, verdict in (("quality", "lived"), (COACH, "missing")):
        page = visits.inside(who, "en", width=390)
        page.goto(address)
        assert page.locator("main select").count() > 20 and page.locator("main option[selected]").count() == 0
        for select in page.locator("main select").all():
            select.select_option(verdict if select.locator(f"[value={verdict}]").count() else "0.65")
        assert_readable(page, "en")
        page.click("button[name=finish]")
        assert Say("en").text("calibrating.done") in page.locator("main").inner_text()
    lead.goto(address)
    lead.get_by_role("button", name=Say("en").text("calibrating.close")).click()
    assert lead.locator("tbody tr").count() > 20
    assert_readable(lead, "en")
    assert visits.told == []


def test_files_are_sent_one_by_one_each_with_its_answer(visits: Visits, tmp_path: Path) -> None:
    page = visits.inside("quality", "en")
    page.goto("/upload")
    table = tmp_path / "table.csv"
    table.write_text("recording;external_id\nfr_vecu.ogg;page-1\n", encoding="utf-8")
    (tmp_path / "diary.wav").write_text("no sound at all")
    page.set_input_files(
        "[name=recordings]", [SHIPPED / "fr_vecu.ogg", SHIPPED / "fr_vecu.vtt", tmp_path / "diary.wav"]
    )
    page.set_input_files("[name=table]", table)
    page.locator("#upload button").focus()
    page.keyboard.press("Enter")
    until(page, "document.getElementById('sum').textContent !== ''")
    assert page.locator("#sum").inner_text() == Say("en").text("upload.sum", good=1, all=2)
    assert page.locator("#files li").count() == 2 and page.locator("#files li.problem").count() == 1
    with visits.house.archive.reading() as session:
        assert session.scalars(sa.select(Call.name).where(Call.external_id == "page-1")).one() == "fr_vecu.ogg"


def assert_readable(page: Page, lang: Lang) -> None:
    assert page.locator("html").get_attribute("lang") == lang
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [c for c in page.evaluate(CONTRASTS) if c["ratio"] < 4.5] == []


def test_an_agent_goes_from_their_start_to_the_second_and_turns_their_voice_off(visits: Visits, tmp_path: Path) -> None:
    page = visits.inside(AGENT, "en")
    say = Say("en").text
    assert page.locator("h1").inner_text() == say("me.title") and page.locator("svg.trend").count() == 2
    assert page.locator("svg.trend .band").count() > 4
    link = page.locator("section[aria-labelledby=worked] a").first
    wanted_s = float((link.get_attribute("href") or "").rpartition("=")[2])
    link.click()
    until(page, f"Math.abs(document.getElementById('audio').currentTime - {wanted_s}) < {START_TOLERANCE_S}")
    page.goto("/me")
    page.get_by_role("button", name=say("me.voice_turn_off")).click()
    assert page.get_by_role("button", name=say("me.voice_turn_on")).count() == 1
    page.get_by_role("button", name=say("me.voice_turn_on")).click()
    assert page.get_by_role("button", name=say("me.voice_turn_off")).count() == 1
