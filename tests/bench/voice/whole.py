"""The whole path from channels to each party's measures, for benches that change the sound and compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.channels import find_layout
from audio.recording import Channel, Recording
from audio.timeline import Span
from models.protocols import PitchTracker
from service.hearing import Voice, hear
from service.measuring import measure_party
from tests.calls import rate_hz, sound, tools

Samples = NDArray[np.float32]
CALLS = ("en_lived", "en_recited")


@dataclass(frozen=True, eq=False)
class Party:
    """One channel's speech and its measures by name; `reasons`: code by name where there is no value."""

    speech: tuple[Span, ...]
    values: Mapping[str, float]
    reasons: Mapping[str, str]


def heard(channels: Sequence[Samples], rate: int, *, gates: bool = False) -> list[Party]:
    """Both parties of a call, in the order of the channels."""
    recording = Recording(tuple(Channel(i, c, rate, native_rate_hz=rate) for i, c in enumerate(channels)), ())
    kit = tools()
    found = hear(recording, find_layout(recording), kit.detector, kit.diarizer)
    return [_party(found.voices, i, kit.tracker, gates) for i in range(len(channels))]


def _party(voices: Sequence[Voice], index: int, tracker: PitchTracker, gates: bool) -> Party:
    others = sorted(s for i, v in enumerate(voices) if i != index for s in v.speech)
    facts = measure_party(voices[index], tracker, others=others, source="two channels", gates=gates)
    values = {m.name: m.value for m in facts.measures if m.value is not None}
    reasons = {m.name: m.reason.code for m in facts.measures if m.value is None and m.reason is not None}
    return Party(tuple(voices[index].speech), values, reasons)


def call(names: Sequence[str] = CALLS) -> tuple[list[Samples], int]:
    """Shipped calls of the same two voices, one after the other, as two channels, and their rate.

    One alone has too little of the voices for the gates of pitch.
    """
    return [np.concatenate(parts) for parts in zip(*(sound(name) for name in names), strict=True)], rate_hz(names[0])


def edges_apart_s(a: Sequence[Span], b: Sequence[Span]) -> float:
    """The furthest that an edge of either lies from the nearest edge of the same kind of the other, s."""
    if not a or not b:
        return 0.0 if not a and not b else float("inf")
    sides = (([s.start_s for s in a], [s.start_s for s in b]), ([s.end_s for s in a], [s.end_s for s in b]))
    return max(
        float(np.abs(np.subtract.outer(one, other)).min(axis=axis).max()) for one, other in sides for axis in (0, 1)
    )
