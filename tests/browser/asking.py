"""How tests ask a page in a browser. Playwright's own waiting needs eval, which the page's policy rightly refuses."""
# ruff: noqa: E501 - the page is asked in JavaScript, which reads worse when broken up

from __future__ import annotations

from playwright.sync_api import Page

from service.say import Lang
from service.web.page import render_page
from service.web.sound import PageSound
from tests import sample_result as sample

SEEK_TOLERANCE_S = 0.1
"""Five Opus frames: what a browser may round a seek to."""
POLL_MS, TRIES = 50, 400


def whole(sound: PageSound | None = None, *, lang: Lang = "fr") -> str:
    return render_page(sample.evidence(), sample.judgement(), lang=lang, sound=sound, tracks=sample.tracks())


def reviewed(sound: PageSound | None = None, *, lang: Lang = "fr") -> str:
    """With sections, lines for a person, an outcome and two decided lines."""
    return render_page(sample.evidence(), sample.reviewed(), lang=lang, sound=sound, tracks=sample.tracks())


def until(page: Page, expression: str) -> None:
    for _ in range(TRIES):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(POLL_MS)
    raise AssertionError(f"never true: {expression}")


def ready(page: Page) -> None:
    until(page, "document.getElementById('audio').readyState > 0")


def wait_time(page: Page, wanted_s: float) -> None:
    near = f"Math.abs(document.getElementById('audio').currentTime - {wanted_s}) < {SEEK_TOLERANCE_S}"
    until(page, f"{near} && !document.getElementById('audio').seeking")


def still(page: Page) -> None:
    """Playing stops at once, so that a time can be read exactly."""
    page.evaluate(
        "HTMLMediaElement.prototype.play = function () { this.dispatchEvent(new Event('asked')); return Promise.resolve(); }"
    )


def puppet(page: Page) -> None:
    """The sound plays only when a test says `window.going = true`, and tells by it when the page stops it."""
    page.evaluate(
        """{
          const audio = document.getElementById('audio');
          audio.play = () => Promise.resolve();
          Object.defineProperty(audio, 'paused', { get: () => !window.going });
          audio.pause = () => { window.going = false; };
        }"""
    )


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")


CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => { for (let n = node; n; n = n.parentElement) { const c = rgba(getComputedStyle(n).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255, 255]; };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || node.closest('script, style, .hidden, .skip, noscript') || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const ink = rgba(node.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(node.namespaceURI.endsWith('svg') ? node.closest('div, figure') : node))].sort((x, y) => y - x);
    found.push({ text: node.textContent.trim().slice(0, 40), ratio: (a + 0.05) / (b + 0.05) });
  }
  return found;
}"""
