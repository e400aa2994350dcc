"""The metallic finding of one party as the evidence keeps it, and what it may be compared with."""

from __future__ import annotations

from collections.abc import Sequence

from audio.metallic import Component, Metallic, MetallicWindow, apart
from audio.metallic_baseline import UNITS, Baseline, CallKind
from audio.quality import ChannelQuality
from audio.word_tempo import SyllableSource
from service.scoring.evidence import Comparison, ComponentFound, MetallicClip, MetallicFound

WIDE_FROM_HZ = 4500.0
"""A telephone band ends at 3.4 kHz and its sampling at 4: what reaches further is wide."""


def kind_of(quality: ChannelQuality, *, source: str, language: str | None, syllables: SyllableSource) -> CallKind:
    """What must be the same for two calls to compare: `fr`; `two channels, narrow`; `nuclei`. Empty: not known."""
    edge_hz = quality.band_edge_hz
    band = "" if edge_hz is None else "wide" if edge_hz >= WIDE_FROM_HZ else "narrow"
    return CallKind(language or "", f"{source}, {band}" if band else "", syllables)


def metallic_document(found: Metallic, kind: CallKind, baseline: Baseline) -> MetallicFound:
    """All of the finding but its windows, of which those that share no speech are kept."""
    return MetallicFound(
        share_percent=found.share_percent,
        reason=found.reason,
        components=tuple(_component(c, found.windows) for c in found.components),
        assessable_s=found.assessable_s,
        spans=found.spans,
        longest_s=found.longest_s,
        flagged=found.flagged,
        worst=_clip(found),
        windows=tuple(dict(w) for w in apart(found.windows)),
        compared=Comparison(
            language=kind.language,
            channel_class=kind.channel_class,
            syllables=kind.syllables,
            baseline=baseline.version,
            calls=baseline.n_calls,
            used=baseline.used,
        ),
    )


def _component(component: Component, windows: Sequence[MetallicWindow]) -> ComponentFound:
    """One of the five, with the windows it was low in; `windows` empty: it stands for one stretch alone."""
    read = [low for w in windows if (low := w.component(component.name).low) is not None]
    return ComponentFound(
        name=component.name,
        value=component.value,
        unit=UNITS[component.name],
        limit=component.limit,
        against=None if component.limit is None else "floor" if component.z is None else "earlier calls",
        z=component.z,
        low=component.low,
        windows_low=sum(read),
        windows_read=len(read),
        reason=component.reason,
    )


def _clip(found: Metallic) -> MetallicClip | None:
    window = found.worst_window
    if found.worst is None or window is None:
        return None
    return MetallicClip(span=found.worst, components=tuple(_component(c, (window,)) for c in window.components))
