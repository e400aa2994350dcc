"""What the player knows: one JSON island, and the sound as base64 islands. Data only, never code."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from markupsafe import Markup

from audio.timeline import Span, merge
from service.labels import Labels
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement
from service.web.sound import PageSound

_UNSAFE = {c: f"\\u{ord(c):04x}" for c in "<>&'\u2028\u2029"}
UI_TEXTS = ("play", "pause", "outside_clips", "cannot_play", "loop_none")
SHORTEST_SKIPPED_S = 2.0
"""Shorter silences are part of the talk: skipping them would make a call sound hurried that was not."""


@dataclass(frozen=True)
class SoundIsland:
    """One stretch of sound, ready to stand inside a script element of a data type."""

    id: str
    base64: Markup


def json_island(value: object) -> Markup:
    """JSON that can't leave its script element: `</`, `<!--`, U+2028 and the like are written as escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char, escape in _UNSAFE.items():
        text = text.replace(char, escape)
    return Markup(text)  # noqa: S704 - every character that HTML could read is escaped above


def player_island(evidence: Evidence, judgement: Judgement | None, sound: PageSound | None, labels: Labels) -> Markup:
    """Times only, and the player's own words: no name and no sentence of the call is in it."""
    moments = (
        sorted({(round(m.listen.start_s, 3), round(m.listen.end_s, 3)) for m in judgement.moments}) if judgement else []
    )
    clips = sound.clips if sound else ()
    return json_island(
        {
            "duration_s": round(evidence.call.duration_s, 3),
            "moments": [{"start_s": start_s, "end_s": end_s} for start_s, end_s in moments],
            "silences": [{"start_s": round(s.start_s, 3), "end_s": round(s.end_s, 3)} for s in silences(evidence)],
            "clips": [
                {
                    "id": f"sound-{i}",
                    "start_s": round(c.span.start_s, 3),
                    "end_s": round(c.span.end_s, 3),
                    "mime": c.mime,
                    **({"url": sound.url} if sound and sound.url else {}),
                }
                for i, c in enumerate(clips)
            ],
            "texts": {key: labels.say.text(f"page.{key}") for key in UI_TEXTS},
        }
    )


def silences(evidence: Evidence) -> list[Span]:
    """Where nobody speaks for two seconds or more."""
    spoken = merge(span for spans in evidence.speech.values() for span in spans)
    edges = [0.0, *(edge for s in spoken for edge in (s.start_s, s.end_s)), evidence.call.duration_s]
    between = zip(edges[::2], edges[1::2], strict=True)
    return [Span(start_s, end_s) for start_s, end_s in between if end_s - start_s >= SHORTEST_SKIPPED_S]


def sound_islands(sound: PageSound | None) -> list[SoundIsland]:
    """The sound itself; base64 has no character that HTML reads."""
    clips = sound.clips if sound and not sound.url else ()
    return [
        SoundIsland(f"sound-{i}", Markup(base64.b64encode(c.data).decode("ascii")))  # noqa: S704 - base64 alphabet
        for i, c in enumerate(clips)
    ]
