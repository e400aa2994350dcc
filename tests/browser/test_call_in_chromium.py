"""A call's page for people, in a real browser: heard, disagreed with, released, disputed; in French on a narrow screen,
in English by keyboard alone. Names, words and reasons are hostile, and nothing of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from service.archive.engine import Archive, open_archive
from service.archive.tables import Person
from service.archive.tables_calls import ReviewRow
from service.say import Lang, Say
from tests.browser.asking import CONTRASTS, until
from tests.browser.conftest import WATCH
from tests.browser.test_access import FOCUSED, violations
from tests.browser.test_site_in_chromium import LOUDEST
from tests.calls import SHIPPED
from tests.service.running import PASSWORD, Home, campaign_id, serving
from tests.service.running import Browser as Client

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVIL = "<img src=x onerror=alert(1)>"
FIRST_LOAD_BYTES = 150_000
START_TOLERANCE_S = 0.5
AUDIO = "document.getElementById('audio')"
LOADED = """performance.getEntries().filter((e) => e.encodedBodySize && !e.name.includes('/audio'))
  .reduce((sum, e) => sum + e.encodedBodySize, 0)"""


@dataclass
class House:
    """A service with two calls that are done and not released, and the browser to see it with."""

    address: str
    archive: Archive
    chromium: Browser
    calls: list[str]
    pages: list[Page] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def inside(self, who: str, lang: Lang, *, width: int = 1280, dark: bool = False) -> Page:
        """Logged in."""
        with self.archive.writing() as session:
            session.execute(sa.update(Person).values(lang=lang))
        context = self.chromium.new_context(
            viewport={"width": width, "height": 844}, locale=lang, base_url=self.address,
            color_scheme="dark" if dark else "light",
        )  # fmt: skip
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

    def reviews(self) -> list[ReviewRow]:
        """All that were kept, oldest first."""
        with self.archive.reading() as session:
            rows = list(session.scalars(sa.select(ReviewRow).order_by(ReviewRow.created_at)))
            session.expunge_all()
            return rows


@pytest.fixture(scope="module")
def open_house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = Home(tmp_path_factory.mktemp("call"))
    campaign = campaign_id(home.quickly("campaigns", "add", "service"))
    home.quickly("users", "add", "quality", "--role", "qa", "--name", EVIL, said=PASSWORD)
    for who, role in (("claude", "coach"), ("lea", "agent")):
        home.quickly("users", "add", who, "--role", role, "--team", "service/red", "--name", who.title(), said=PASSWORD)
    with serving(home) as (address, _):
        client = Client(address, "quality")
        calls = []
        for name in ("en_recited", "fr_recite"):
            words = (SHIPPED / f"{name}.vtt").read_text(encoding="utf-8").replace("Hexanet", EVIL, 1)
            files = [
                ("recordings", (f"{EVIL}{name}.ogg", (SHIPPED / f"{name}.ogg").read_bytes())),
                ("recordings", (f"{EVIL}{name}.vtt", words.encode())),
            ]
            sent = client.client.post(
                "/api/v1/calls", data={"campaign": campaign, "agent": "lea"}, files=files,
                headers={"x-csrf-token": client.csrf},
            )  # fmt: skip
            assert sent.status_code == 201, sent.text
            calls.append(str(sent.json()["calls"][0]["id"]))
        assert [client.events(call)[-1] for call in calls] == ["done", "done"], home.log.read_text()
        archive = open_archive(str(home.folder / "data" / "timbre.db"))
        yield House(address, archive, chromium, calls)
        archive.close()


@pytest.fixture
def house(open_house: House) -> Iterator[House]:
    """And at the end nothing has run that should not, on any page."""
    yield open_house
    for page in open_house.pages:
        assert page.evaluate("window.violations") == []
        page.context.close()
    assert open_house.told == []
    open_house.pages.clear()


def readable(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [c for c in page.evaluate(CONTRASTS) if c["ratio"] < 4.5] == []
    assert page.locator("main img").count() == 0


def test_a_moment_is_heard_disagreed_with_released_and_then_disputed(house: House) -> None:
    say, call = Say("fr").text, house.calls[1]
    page, agent = house.inside("quality", "fr", width=390), house.inside("lea", "fr", width=390)
    page.goto(f"/calls/{call}")
    page.wait_for_load_state("networkidle")
    assert 10_000 < page.evaluate(LOADED) < FIRST_LOAD_BYTES
    card = page.locator(".card").first
    link = card.locator(".seek")
    start_s, end_s = float(link.get_attribute("data-t") or "nan"), float(link.get_attribute("data-end") or "nan")
    page.evaluate(f"{AUDIO}.addEventListener('playing', () => {{ window.began ??= {AUDIO}.currentTime; }})")
    page.select_option("#speed", "2")
    link.click()
    until(page, "window.began !== undefined")
    assert abs(page.evaluate("window.began") - start_s) < START_TOLERANCE_S
    page.evaluate(LOUDEST)
    until(page, "window.loudest > 0.02")
    until(page, f"{AUDIO}.paused && {AUDIO}.currentTime > {end_s - 0.5}")  # it ends where the moment ends
    card.locator("[data-on]").click()
    until(page, "document.activeElement.name === 'says'")
    assert page.evaluate(f"{AUDIO}.currentTime") > end_s - 0.5  # the form opened in place
    page.check("[name=says][value=disagree]")
    page.fill("#say [name=reason]", f"Il rappelle. {EVIL}")
    with page.expect_navigation():
        page.locator("#say button.first").click()
    assert f"Il rappelle. {EVIL}" in page.locator(".card .reviews").first.inner_text()
    until(
        page, f"{AUDIO}.readyState > 0 && Math.abs({AUDIO}.currentTime - {end_s}) < 1"
    )  # and the sound is where it was
    row = house.reviews()[-1]
    assert (row.says, row.heard, row.blind) == ("disagree", True, False)
    readable(page)
    agent.goto(f"/calls/{call}")
    assert agent.locator("h1").inner_text() == say("archive.not_there")
    with page.expect_navigation():
        page.get_by_role("button", name=say("review.release")).click()
    agent.goto(f"/calls/{call}")
    assert f"Il rappelle. {EVIL}" in agent.locator(".card .reviews").first.inner_text()
    agent.locator(".strip .cell").first.click()
    agent.locator(".gestures details[open] [data-on]").first.click()
    until(agent, "document.activeElement.name === 'reason'")
    agent.keyboard.type(f"Je l’ai dit. {EVIL}")
    with agent.expect_navigation():
        agent.get_by_role("button", name=say("review.agent_dispute_send")).click()
    readable(agent)
    coach = house.inside("claude", "fr", width=390)
    coach.goto(f"/calls/{call}")
    coach.locator("[data-reveal]").click()
    assert f"Je l’ai dit. {EVIL}" in coach.locator(".dispute").inner_text() and coach.locator(".dispute").is_visible()
    coach.fill(".dispute [name=answer]", "Pas dans la fenêtre attendue.")
    with coach.expect_navigation():
        coach.get_by_role("button", name=say("review.decline")).click()
    agent.reload()
    assert "Pas dans la fenêtre attendue." in agent.locator("main").inner_text()


def test_by_keyboard_alone(house: House) -> None:
    say = Say("en").text
    page = house.inside("claude", "en")
    page.goto(f"/calls/{house.calls[0]}")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible() and Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()
    page.keyboard.press("/")
    page.keyboard.type("YÓU")  # folded as the archive's search folds
    page.keyboard.press("Enter")
    found = page.locator("#find-count").inner_text()
    assert found.startswith("1 / ") and page.locator("mark.here").count() == 1
    assert page.locator("mark").count() == int(found.rpartition(" ")[2])
    turn_s = float(page.locator(".turn:has(mark.here)").get_attribute("data-start") or "nan")
    until(page, f"Math.abs({AUDIO}.currentTime - {turn_s}) < 0.2")  # in step with the sound
    page.keyboard.press("Enter")
    assert page.locator("#find-count").inner_text().startswith("2 / ")
    page.fill("#find-words", EVIL)
    page.keyboard.press("Enter")
    assert page.locator("#find-count").inner_text() == "1 / 1" and page.locator("main img").count() == 0
    page.fill("#find-words", "zzz")
    assert page.locator("#find-count").inner_text() == say("review.find_none")
    tab_to(page, "document.activeElement.matches('.judge button')", back=True)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert house.reviews()[-1].says == "agree"
    assert page.evaluate("location.hash").startswith("#at-moment-")
    with page.expect_navigation():
        page.keyboard.press("p" if page.locator("#call-before").count() else "n")
    assert house.calls[1] in page.url
    page.goto(f"/calls/{house.calls[0]}?t=12")
    until(page, f"Math.abs({AUDIO}.currentTime - 11) < 0.1")
    page.locator("#shortcuts").uncheck()
    page.keyboard.press("?")
    assert page.locator("#keys").is_hidden()


def tab_to(page: Page, there: str, *, back: bool = False) -> None:
    for _ in range(80):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        assert page.evaluate(FOCUSED)["seen"], page.evaluate(FOCUSED)["name"]
        if page.evaluate(there):
            return
    raise AssertionError(f"no way by Tab: {there}")


@pytest.mark.parametrize(("lang", "width", "dark"), [("fr", 390, True), ("en", 1280, False)])
def test_every_state_of_the_page_is_readable(house: House, lang: Lang, width: int, dark: bool) -> None:
    page, call = house.inside("claude", lang, width=width, dark=dark), house.calls[0]
    for state in ("", "?on=gesture:offer_choice", "?turn=0", "?blind=1"):
        page.goto(f"/calls/{call}{state}")
        assert page.locator("html").get_attribute("lang") == lang
        readable(page)


def test_without_scripts_a_reviewer_says_and_decides(house: House) -> None:
    known = house.inside("quality", "en")
    context = house.chromium.new_context(java_script_enabled=False, base_url=house.address)
    context.add_cookies(known.context.cookies())  # type: ignore[arg-type] # what Playwright gave
    page = context.new_page()
    page.goto(f"/calls/{house.calls[0]}?on=gesture:greeting")
    page.check("[name=says][value=override]")
    page.select_option("#say [name=verdict]", "missing")
    page.fill("#say form:first-child [name=reason]", EVIL)
    page.locator("#say button.first").click()
    assert page.url.endswith("#at-gesture-greeting")
    assert EVIL in page.locator("#at-gesture-greeting").inner_text()
    page.locator("#mends button", has_text=Say("en").text("review.undo")).first.click()
    assert page.url.endswith("#mends")
    context.close()
