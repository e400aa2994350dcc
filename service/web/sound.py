"""What a page carries beside words: the whole call's sound, one clip per moment, or nothing; and the pitch to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from audio.errors import EmptyAudio
from audio.listening import MIME, EncodedAudio, encode
from audio.recording import Channel, Recording
from audio.timeline import Party, Span, merge
from audio.voice import VoiceTracks
from service.scoring.judgement import Judgement
from service.web.page_timeline import PageTracks

SoundKind = Literal["full", "moments", "none"]
MAX_CLIPS = 40
EARS = 2
"""Channels one can listen to at once; a recording with more is heard through its first two."""


@dataclass(frozen=True)
class PageSound:
    """`full`: one stretch from second 0. `moments`: sorted, disjoint clips; each knows its place in the call.

    `url`: where the one stretch is served from; then the page does not carry it.
    """

    kind: Literal["full", "moments"]
    clips: tuple[EncodedAudio, ...]
    url: str = ""


def served_sound(url: str, duration_s: float) -> PageSound:
    """The whole call, served from the same machine as the page."""
    return PageSound("full", (EncodedAudio(MIME, b"", Span(0.0, duration_s)),), url)


def page_sound(
    recording: Recording,
    judgement: Judgement | None,
    kind: SoundKind,
    *,
    muted: Sequence[Span] = (),
    also: Sequence[Span] = (),
) -> PageSound | None:
    """Encode what the page will play, left and right as recorded, `muted` stretches silent. None: nothing to carry.

    `also`: stretches the page links to besides its moments.
    """
    channels = recording.channels[:EARS]
    if kind == "none" or not channels:
        return None
    if kind == "full":
        return PageSound("full", (encode(channels, muted=muted),))
    spans = merge([*(m.listen for m in judgement.moments), *also]) if judgement else []
    clips = [clip for span in spans[:MAX_CLIPS] if (clip := _clip(channels, span, muted)) is not None]
    return PageSound("moments", tuple(clips)) if clips else None


def page_tracks(tracks: Mapping[Party, VoiceTracks]) -> PageTracks:
    """The agent's pitch, when it was tracked."""
    agent = tracks.get("agent")
    return PageTracks(agent_pitch=agent.pitch if agent else None)


def _clip(channels: Sequence[Channel], span: Span, muted: Sequence[Span]) -> EncodedAudio | None:
    try:
        return encode(channels, span, muted=muted)
    except EmptyAudio:  # a moment padded past the end of the sound
        return None
