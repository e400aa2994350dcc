"""The page of one call: a single HTML file that needs nothing from anywhere.

The content security policy stands in the page and lets only its own style and script run, by their hash;
every word of the call goes through autoescape. The same policy is what the tests hold in a real browser.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.labels import Labels
from service.say import Lang
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement
from service.web import page_timeline as geometry
from service.web.page_body import build_transcript, measure_tables, versions
from service.web.page_head import build_head, voice_hidden
from service.web.page_islands import player_island, sound_islands
from service.web.page_lines import criterion_rows, free_rows, gesture_groups, moment_cards
from service.web.page_metallic import metallic_block
from service.web.page_sections import section_block
from service.web.page_timeline import PageTracks, build_timeline
from service.web.sound import PageSound

__all__ = ["PageSound", "PageTracks", "render_page"]


def render_page(
    evidence: Evidence,
    judgement: Judgement | None,
    *,
    lang: Lang,
    sound: PageSound | None = None,
    tracks: PageTracks | None = None,
    served: object | None = None,
    blind: bool = False,
) -> str:
    """One self-contained HTML document. Without a judgement it shows what was heard and why nothing is judged.

    `served`: what a page that is served has besides (`service.web.pages.call_view`); its styles and scripts are then
    files of the service, and its policy is a header. `blind`: no judgement is shown because it is to be given first.

    Raises KeyError when a note has no sentence in `lang`: that is a bug of ours.
    """
    labels = Labels(lang)
    style, script = static_text("page.css") + static_text("print.css"), static_text("page.js")
    return (
        environment()
        .get_template("page.html")
        .render(
            lang=lang,
            served=served,
            blind=blind,
            t=labels.say.text,
            geometry=geometry,
            csp=content_policy(style, script, served=bool(sound and sound.url)),
            style=style,
            script=script,
            head=build_head(evidence, judgement, labels),
            timeline=build_timeline(evidence, judgement, tracks, labels),
            moments=moment_cards(judgement.moments, labels) if judgement else [],
            groups=gesture_groups(judgement.gestures, labels, evidence.across) if judgement else [],
            free=free_rows(judgement.free_gestures, labels) if judgement else (),
            criteria=criterion_rows(judgement.criteria, labels) if judgement else [],
            sections=section_block(judgement, labels) if judgement else None,
            judged=judgement is not None and evidence.outcome.kind == "conversation",
            worded=evidence.words.available,
            voiced=not voice_hidden(judgement),
            mono=evidence.source == "diarized mono",
            transcript=build_transcript(evidence, labels),
            metallic=metallic_block(evidence, judgement, labels),
            tables=measure_tables(evidence, judgement, labels),
            versions=list(versions(evidence, judgement, labels)),
            sound=sound,
            duration_s=evidence.call.duration_s,
            duration_clock=labels.clock(evidence.call.duration_s),
            player=player_island(evidence, judgement, sound, labels),
            sounds=sound_islands(sound),
        )
    )


@lru_cache
def environment() -> Environment:
    """Autoescape for every template, and an error for every misspelt name. One for all: it keeps what it compiled."""
    return Environment(
        loader=PackageLoader("service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def static_text(name: str) -> Markup:
    """Our own style or script, as it will stand in the page."""
    text = (resources.files("service.web") / "static" / name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - a file of this package, never input


def content_policy(style: str, script: str, *, served: bool = False) -> str:
    """The policy of the page: nothing from anywhere, except its own style and script by their hash.

    `served`: and its sound from where the page itself came from.
    """
    rules = (
        "default-src 'none'",
        f"style-src {source_hash(style)}",
        f"script-src {source_hash(script)}",
        "media-src 'self'" if served else "media-src data: blob:",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def source_hash(text: str) -> str:
    """The CSP source expression of an inline element's exact text."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
