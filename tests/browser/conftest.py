"""A real Chromium, without network: pages are files, and every request they try is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from service.web.sound import PageSound, page_sound
from tests import sample_result as sample

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => {
  window.violations.push(e.violatedDirective + " " + e.blockedURI);
});
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; skipped where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def sample_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample's sentences beside the real ones."""
    sample.speak_sample(monkeypatch)


@pytest.fixture(scope="session")
def sound() -> PageSound:
    """The sample's sound, whole."""
    full = page_sound(sample.recording(), None, "full")
    assert full is not None
    return full


@dataclass
class Seen:
    """An open page and what it tried."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        return list(self.page.evaluate("window.violations"))


Show = Callable[..., Seen]


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Iterator[Show]:
    """Opens a page from its HTML: `show(html, width=390, hash="#t=12", dark=True)`."""
    contexts = []

    def opened(html: str, *, width: int = 1280, hash: str = "", dark: bool = False) -> Seen:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.add_init_script(WATCH)
        seen.page.on("request", lambda r: seen.requests.append(r.url))
        seen.page.on("pageerror", lambda e: seen.errors.append(str(e)))
        seen.page.on("dialog", lambda d: (seen.dialogs.append(d.message), d.dismiss()))
        seen.page.goto(f"{file.as_uri()}{hash}")
        return seen

    yield opened
    for context in contexts:
        context.close()
