"""What leaves the analysis: the page with its sound, and the side file of frame tracks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from audio.timeline import Party, Span, merge
from service.calls import Analysis
from service.measuring import VoiceFacts
from service.say import Lang
from service.scoring.evidence import Evidence, Redaction
from service.scoring.views import Audience, shown_to, voice_withheld
from service.settings import AudioChoice, system_language

MUTE_MARGIN_S = 0.25
"""Recognisers place the ends of words a quarter of a second off and more."""


def page_lang(evidence: Evidence, asked: Lang | None) -> Lang:
    """The language asked for, else the call's, else the system's."""
    return asked or evidence.words.language or system_language()


def shown(analysis: Analysis, audience: Audience) -> Analysis:
    """The analysis as `audience` may have it: where the voice is not for them, its tracks are gone too."""
    evidence, judgement = shown_to(audience, analysis.evidence, analysis.judgement)
    withheld = voice_withheld(audience, judgement.policy if judgement else evidence.policy)
    return replace(analysis, evidence=evidence, judgement=judgement, voices={} if withheld else analysis.voices)


def html_page(analysis: Analysis, *, lang: Lang, audio: AudioChoice) -> str:
    """One self-contained page: scorecard, timeline, and as much sound as was asked for."""
    from service.web.page import render_page  # the template engine is loaded only for pages
    from service.web.page_metallic import metallic_of
    from service.web.sound import page_sound, page_tracks

    evidence, judgement = analysis.evidence, analysis.judgement
    found = metallic_of(evidence, judgement)
    worst = [found.worst.span] if found and found.worst else []
    return render_page(
        evidence,
        judgement,
        lang=lang,
        sound=page_sound(analysis.recording, judgement, audio, muted=muted(evidence), also=worst),
        tracks=page_tracks({party: facts.tracks for party, facts in analysis.voices.items()}),
    )


def muted(evidence: Evidence) -> list[Span]:
    """What nobody shall hear: masked passages with a margin; where word times were estimated, the whole turn."""
    if evidence.redaction != "text_and_sound":
        return []
    return merge(_heard(r, evidence) for r in evidence.redactions)


def _heard(redaction: Redaction, evidence: Evidence) -> Span:
    span = redaction.span
    held = [t.span for t in evidence.turns if t.party == redaction.party and t.span.overlap(span)]
    edges = [span, *held] if redaction.estimated else [span]
    start_s, end_s = min(s.start_s for s in edges), max(s.end_s for s in edges)
    return Span(max(0.0, start_s - MUTE_MARGIN_S), end_s + MUTE_MARGIN_S)


def tracks_path(result: Path) -> Path:
    """The side file of a result: `call.json` -> `call.tracks.npz`."""
    return result.with_suffix(".tracks.npz")


def tracks_file(voices: Mapping[Party, VoiceFacts]) -> bytes:
    """Pitch (Hz, NaN unvoiced) and loudness (dB) frames per party with their clock, as .npz without pickles."""
    arrays: dict[str, np.ndarray] = {}
    for party, facts in voices.items():
        for name, track in (("pitch_hz", facts.tracks.pitch), ("loudness_db", facts.tracks.loudness)):
            arrays[f"{party}_{name}"] = np.asarray(track.values, dtype=np.float32)
            arrays[f"{party}_{name}_clock_s"] = np.array([track.first_s, track.step_s])
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()
