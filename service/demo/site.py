"""The demo as a folder of pages: one per shipped call, and an index."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jinja2 import Environment

from audio.notes import Note
from service.calls import CallFiles, Choices
from service.files import write_whole
from service.labels import band as page_band
from service.metadata import metadata_of
from service.outputs import html_page
from service.pipeline import analysed
from service.say import Lang, Say
from service.scoring.judgement import Judgement, Score
from service.scoring.rubric_file import load_rubric
from service.settings import Settings
from service.wiring import Tools, limits_of
from service.words.imported import read_transcript


@dataclass(frozen=True)
class Landed:
    """Where one demo call landed: its page and its two scores, side by side."""

    name: str
    page: str
    lang: Lang
    script: str
    intention: str
    counts: str


def shipped_calls() -> list[Path]:
    """The recordings that come with timbre, in order."""
    return sorted(Path(str(resources.files("service.demo") / "calls")).glob("*.ogg"))


def band(score: Score, say: Say) -> str:
    """A score as its band, or that there is none."""
    ends = page_band(score)
    return say.text("cli.no_score") if ends is None else f"{ends[0]}-{ends[1]}"


def _counts(judgement: Judgement, say: Say) -> str:
    head = judgement.headline
    return say.text(
        "cli.demo_counts_line",
        made=head.made,
        expected=head.expected,
        lived=head.by_verdict.get("lived", 0),
        mechanical=head.by_verdict.get("mechanical", 0),
    )


def write_call(recording: Path, folder: Path, tools: Tools, settings: Settings, say: Say) -> Landed:
    """Analyse one shipped call and write its page."""
    transcript = read_transcript(recording.with_suffix(".vtt"))
    files = CallFiles(
        recording,
        transcript=transcript,
        name=recording.stem,
        metadata=metadata_of(recording),
        notes=(Note("cli.demo_note"),),
    )
    lang: Lang = "fr" if recording.stem.startswith("fr") else "en"
    choices = Choices(agent_channel=0)
    with analysed(files, tools, load_rubric(settings.rubric), choices, limits=limits_of(settings)) as analysis:
        page = f"{recording.stem}.html"
        write_whole(folder / page, html_page(analysis, lang=lang, audio="full"))
        judgement = analysis.judgement
    if judgement is None:
        return Landed(recording.stem, page, lang, *(say.text("cli.no_score"),) * 2, "")
    script, intention = band(judgement.script, say), band(judgement.intention, say)
    return Landed(recording.stem, page, lang, script, intention, _counts(judgement, say))


def write_index(landed: Sequence[Landed], folder: Path, say: Say) -> None:
    """The front page of the demo."""
    files = resources.files("service.demo")
    style = (files / "index.css").read_text(encoding="utf-8")
    template = Environment(autoescape=True).from_string((files / "index.html").read_text(encoding="utf-8"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    heads = {name: say.text(f"cli.demo_{name}") for name in ("call", "script", "intention", "counts")}
    page = template.render(
        lang=say.lang,
        style=style,
        style_hash=digest,
        title=say.text("cli.demo_title"),
        heads=heads,
        rows=landed,
        note=say.text("cli.demo_note"),
    )
    write_whole(folder / "index.html", page)
