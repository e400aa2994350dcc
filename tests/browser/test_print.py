"""On paper: two A4 pages for a normal call, with the essentials on the first."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from service.calls import CallFiles, Choices
from service.demo.site import shipped_calls
from service.labels import Labels
from service.metadata import metadata_of
from service.outputs import html_page
from service.pipeline import analysed
from service.say import LANGS, Lang
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement
from service.scoring.rubric_file import load_rubric
from service.settings import Settings
from service.web.page import PageTracks, render_page
from service.wiring import Tools, build_tools, limits_of
from service.words.imported import read_transcript
from tests import sample_result as sample
from tests.browser.asking import CONTRASTS, reviewed, whole
from tests.browser.conftest import Show

pytestmark = pytest.mark.browser

A4_MM = (210, 297)
MM_PER_POINT = 25.4 / 72
MIN_CONTRAST = 4.5
NORMAL_PAGES = 2
LONG_CALL_S = 600.0

Scored = tuple[Evidence, Judgement, dict[Lang, str]]


@pytest.fixture(scope="module")
def tools() -> Iterator[Tools]:
    yield build_tools(Settings(), listen=False)


def scored(recording: Path, tools: Tools) -> Scored:
    """A shipped call with its pages in both languages."""
    settings = Settings()
    files = CallFiles(
        recording,
        transcript=read_transcript(recording.with_suffix(".vtt")),
        name=recording.stem,
        metadata=metadata_of(recording),
    )
    rubric, choices = load_rubric(settings.rubric), Choices(agent_channel=0)
    with analysed(files, tools, rubric, choices, limits=limits_of(settings)) as analysis:
        assert analysis.judgement is not None
        pages: dict[Lang, str] = {lang: html_page(analysis, lang=lang, audio="none") for lang in LANGS}
        return analysis.evidence, analysis.judgement, pages


def printed(show: Show, html: str) -> PdfReader:
    pdf = show(html).page.pdf(prefer_css_page_size=True, print_background=False)
    return PdfReader(io.BytesIO(pdf))


def words_of(page: object) -> str:
    return " ".join(page.extract_text().split())  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("recording", shipped_calls(), ids=lambda path: path.stem)
def test_every_demo_call_prints_on_two_a4_pages(show: Show, tools: Tools, recording: Path) -> None:
    evidence, judgement, pages = scored(recording, tools)
    for html in pages.values():
        pdf = printed(show, html)
        assert len(pdf.pages) <= NORMAL_PAGES
        size = (float(pdf.pages[0].mediabox.width), float(pdf.pages[0].mediabox.height))
        assert [round(side * MM_PER_POINT) for side in size] == list(A4_MM)
    assert len(printed(show, longer(evidence, judgement)).pages) <= NORMAL_PAGES


def longer(evidence: Evidence, judgement: Judgement) -> str:
    """Ten minutes with twelve moments: as full as a normal call gets."""
    call = evidence.call.model_copy(
        update={"duration_s": LONG_CALL_S, "agent_name": "Camille", "started_at": "2026-11-20 18:04"}
    )
    moments = (judgement.moments * 12)[:12]
    return render_page(
        evidence.model_copy(update={"call": call}),
        judgement.model_copy(update={"moments": moments}),
        lang="fr",
        tracks=PageTracks(),
    )


@pytest.mark.usefixtures("sample_speaks")
@pytest.mark.parametrize("lang", LANGS)
def test_the_essentials_come_first_and_every_line_says_why(show: Show, lang: Lang) -> None:
    pdf = printed(show, reviewed(lang=lang))
    labels = Labels(lang)
    first, last = words_of(pdf.pages[0]), words_of(pdf.pages[-1])
    for key in ("page.script", "page.intention", "page.sections_title", "page.person_title", "page.listen_title"):
        assert labels.say.text(key) in first, key
    assert "13" in first and labels.gesture("courtesy_question") in first
    everything = f"{first} {last}"
    places = [everything.index(labels.say.text(f"page.{name}_title")) for name in ("listen", "gestures", "criteria")]
    assert places == sorted(places)
    assert labels.say.text("expected.courtesy_question")[:30] in everything
    assert sample.REASON in last
    assert labels.say.text("page.transcript_title") not in everything
    assert labels.say.text("page.keys")[:20] not in everything


@pytest.mark.usefixtures("sample_speaks")
def test_ink_on_paper_stands_out_even_from_a_dark_screen(show: Show) -> None:
    page = show(whole(), dark=True).page
    page.emulate_media(media="print", color_scheme="dark")
    assert [c for c in page.evaluate(CONTRASTS) if c["ratio"] < MIN_CONTRAST] == []
