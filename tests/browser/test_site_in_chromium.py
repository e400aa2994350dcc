"""The least pages in a real browser, on a service that runs: log in, send, wait, search, open, hear, log out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from service.say import LANGS, Lang, Say
from tests.browser.asking import CONTRASTS, until
from tests.browser.conftest import WATCH
from tests.browser.test_access import FOCUSED, violations
from tests.calls import SHIPPED
from tests.service.running import PASSWORD, Home, campaign_id, serving
from tests.service.running import Browser as Client

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVIL = "<img src=x onerror=alert(1)>"
EVIL_FILE = "<svg onload=alert(2)>'{{7*7}}.ogg"
WIDTHS = (390, 1280)
PEOPLE: dict[Lang, str] = {"fr": "qualite", "en": "quality"}
LOUDEST = """() => {
  const audio = document.getElementById('audio');
  const context = new AudioContext();
  const meter = context.createAnalyser();
  context.createMediaElementSource(audio).connect(meter);
  meter.connect(context.destination);
  window.loudest = 0;
  const samples = new Float32Array(meter.fftSize);
  setInterval(() => {
    meter.getFloatTimeDomainData(samples);
    window.loudest = Math.max(window.loudest, ...samples);
  }, 50);
}"""


@dataclass
class Site:
    """The service with a call that is done, one that failed, and the browser to see it with."""

    address: str
    chromium: Browser
    pages: list[Page] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def page(self, lang: Lang = "fr", *, width: int = 1280, dark: bool = False) -> Page:
        """A browser that nobody has logged in with."""
        scheme = "dark" if dark else "light"
        context = self.chromium.new_context(
            viewport={"width": width, "height": 844}, locale=lang, base_url=self.address, color_scheme=scheme
        )
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("dialog", lambda d: (self.dialogs.append(d.message), d.dismiss()))
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.pages.append(page)
        return page

    def inside(self, lang: Lang = "fr", *, width: int = 1280, dark: bool = False) -> Page:
        """Logged in, at the list."""
        page = self.page(lang, width=width, dark=dark)
        page.goto("/login")
        page.fill("[name=login]", PEOPLE[lang])
        page.fill("[name=password]", PASSWORD)
        page.click("button.first")
        assert page.locator("h1").inner_text() == Say(lang).text("inbox.title")
        page.goto("/calls")
        return page


@pytest.fixture(scope="module")
def running(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = Home(tmp_path_factory.mktemp("site"))
    added = home.quickly("campaigns", "add", EVIL)
    for lang, login in PEOPLE.items():
        home.quickly("users", "add", login, "--role", "qa", "--lang", lang, said=PASSWORD)
    with serving(home) as (address, _):
        client = Client(address, PEOPLE["en"])
        campaign = {"campaign": campaign_id(added), "agent": EVIL}
        files = [
            ("recordings", (EVIL_FILE, (SHIPPED / "en_recited.ogg").read_bytes())),
            ("recordings", (EVIL_FILE.replace(".ogg", ".vtt"), (SHIPPED / "en_recited.vtt").read_bytes())),
            ("recordings", ("broken.ogg", (SHIPPED / "en_recited.ogg").read_bytes()[:200])),
        ]
        sent = client.client.post("/api/v1/calls", data=campaign, files=files, headers={"x-csrf-token": client.csrf})
        assert sent.status_code == 201, sent.text
        ends = [client.events(call["id"])[-1] for call in sent.json()["calls"]]
        assert ends == ["done", "failed"], home.log.read_text()
        yield Site(address, chromium)


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    """And at the end nothing has run that should not, on any page."""
    yield running
    for page in running.pages:
        assert page.evaluate("window.violations") == []
        page.context.close()
    assert (running.dialogs, running.errors) == ([], [])
    running.pages.clear()


def call_link(page: Page) -> str:
    return str(page.locator("#calls a[href^='/calls/']").first.get_attribute("href"))


def test_a_day_with_the_pages(site: Site, tmp_path: Path) -> None:
    page = site.page("en", width=390)
    page.goto("/")
    assert page.url.endswith("/login")
    until(page, "document.activeElement.name === 'login'")
    page.keyboard.type(PEOPLE["en"])
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/inbox")
    page.goto("/calls")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    files = [SHIPPED / "fr_vecu.ogg", SHIPPED / "fr_vecu.vtt", tmp_path / "diary.wav"]
    files[2].write_text("no sound at all")
    page.set_input_files("[name=recordings]", files)
    page.fill("[name=agent]", "Léa")
    page.locator("#upload button").focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('#outcome li').length === 2")
    good, bad = page.locator("#outcome li").all_inner_texts()
    assert good == f"fr_vecu.ogg: {Say('en').text('site.sent')}" and bad.startswith("diary.wav: ")
    assert page.locator("#outcome li.problem").count() == 1
    page.fill("[name=agent]", "what somebody is writing meanwhile")
    until(page, "[...document.querySelectorAll('#calls a')].some((a) => a.textContent === 'fr_vecu.ogg')")
    assert page.input_value("[name=agent]") == "what somebody is writing meanwhile"
    assert page.locator("#outcome li").count() == 2 and "fr_vecu.ogg" in page.locator("#news").inner_text()
    find(page, "technicien")
    assert page.locator("#calls tbody tr").count() == 1
    find(page, "zzzzzz")
    assert page.locator(".empty").inner_text() == Say("en").text("site.nothing_found")
    page.get_by_role("button", name=Say("en").text("site.log_out")).click()
    assert page.url.endswith("/login")
    page.goto("/")
    assert page.url.endswith("/login")


def find(page: Page, words: str) -> None:
    page.fill("[name=words]", words)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/calls?words={words}")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sound_of_a_call_plays_from_where_one_wants(site: Site, width: int) -> None:
    page = site.inside(width=width)
    page.goto(call_link(page))
    page.locator("#toggle").click()
    until(page, "document.getElementById('audio').currentTime > 0.2")
    page.evaluate(LOUDEST)
    audio = "document.getElementById('audio')"
    assert page.evaluate(f"new URL({audio}.src).pathname").endswith("/audio")
    whole_s = page.evaluate(f"{audio}.duration")
    assert page.evaluate(f"{audio}.seekable.length === 1 && {audio}.seekable.end(0) === {audio}.duration")
    assert 20 < whole_s < 200
    page.evaluate(f"{audio}.currentTime = {whole_s / 2}")
    until(page, f"!{audio}.seeking && {audio}.currentTime > {whole_s / 2 + 0.3}")
    until(page, "window.loudest > 0.02")
    page.locator(".ways a").first.click()
    assert page.locator("h1").inner_text() == Say("fr").text("site.calls")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("width", "dark"), [(390, False), (1280, True)])
def test_axe_finds_nothing_on_the_pages_and_nothing_is_cut_off(site: Site, lang: Lang, width: int, dark: bool) -> None:
    page = site.page(lang, width=width, dark=dark)
    page.goto("/login")
    assert page.locator("html").get_attribute("lang") == lang
    assert_readable(page)
    page.fill("[name=login]", "nobody")
    page.fill("[name=password]", "wrong")
    page.click("button.first")
    assert page.get_by_role("alert").inner_text() == Say(lang).text("people.login_refused")
    assert_readable(page)
    page = site.inside(lang, width=width, dark=dark)
    page.evaluate("document.querySelector('details').open = true")
    assert page.locator(".state.is-failed").count() == 1
    assert_readable(page)
    page.goto(call_link(page))
    assert page.locator("html").get_attribute("lang") == lang
    assert_readable(page)


def assert_readable(page: Page) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [c for c in page.evaluate(CONTRASTS) if c["ratio"] < 4.5] == []


def test_focus_is_seen_on_the_list(site: Site) -> None:
    page = site.inside()
    for _ in range(8):  # the log-out button, the form, the search, the links
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED)["seen"], page.evaluate(FOCUSED)["name"]


def test_hostile_names_are_text(site: Site) -> None:
    page = site.inside("en")
    page.evaluate("document.querySelector('details').open = true")
    assert page.locator("[name=campaign] option").all_inner_texts() == [EVIL]
    shown = page.locator("#calls").inner_text()
    assert EVIL in shown and EVIL_FILE in shown
    page.goto(page.locator("#calls tr", has_text="onload").locator("a").get_attribute("href") or "")
    assert EVIL in page.locator("header").inner_text()
    assert page.locator("img, svg[onload]").count() == 0


def test_a_link_that_leads_nowhere_is_a_page_with_a_way_on(site: Site) -> None:
    page = site.inside("fr")
    page.goto("/calls/nosuchcall")
    assert page.locator("h1").inner_text() == Say("fr").text("archive.not_there")
    assert Axe().run(page).response["violations"] == []
    page.locator("main a").click()
    assert page.locator("#calls").count() == 1
    stranger = site.page("fr")
    stranger.goto("/calls/nosuchcall")
    assert stranger.url.endswith("/login")
