"""Dialogues into two-channel sound with known timing: who says what, and how long after the other.

A line's gap counts from the end of everything said before; a negative gap overlaps. A backchannel lies inside
the other's line and moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audio.timeline import Span
from service.demo.speak import RATE_HZ, VoiceStyle, speak

Side = Literal["agent", "customer"]
LEAD_S, TAIL_S = 0.6, 1.0
NOISE_DBFS = -66.0


@dataclass(frozen=True)
class Said:
    """One line of a dialogue. `inside`: a backchannel at this share of the line before it."""

    side: Side
    text: str
    gap_s: float = 0.3
    inside: float | None = None


@dataclass(frozen=True)
class Cue:
    """Where a line lies in the call."""

    side: Side
    span: Span
    text: str


@dataclass(frozen=True, eq=False)
class SpokenCall:
    """samples: shape (2, n_samples) at 8 kHz, agent left, customer right; one cue per line, in time order."""

    samples: NDArray[np.float32]
    cues: tuple[Cue, ...]


def place(lines: Sequence[Said], voices: dict[Side, VoiceStyle]) -> list[tuple[Cue, NDArray[np.float32]]]:
    """Each line with its time and its sound."""
    placed: list[tuple[Cue, NDArray[np.float32]]] = []
    end_s, before = LEAD_S, Span(LEAD_S, LEAD_S)
    for line in lines:
        sound = speak(line.text, voices[line.side])
        duration_s = len(sound) / RATE_HZ
        start_s = end_s + line.gap_s if line.inside is None else before.start_s + line.inside * before.duration_s
        span = Span(start_s, start_s + duration_s)
        placed.append((Cue(line.side, span, line.text), sound))
        if line.inside is None:
            end_s, before = max(end_s, span.end_s), span
    return placed


def render(lines: Sequence[Said], voices: dict[Side, VoiceStyle], *, seed: int = 0) -> SpokenCall:
    """The dialogue on two channels over a faint line noise."""
    placed = place(lines, voices)
    n_samples = round((max(cue.span.end_s for cue, _ in placed) + TAIL_S) * RATE_HZ)
    noise = np.random.default_rng(seed).standard_normal((2, n_samples)) * 10 ** (NOISE_DBFS / 20)
    samples = noise.astype(np.float32)
    for cue, sound in placed:
        first = round(cue.span.start_s * RATE_HZ)
        samples[0 if cue.side == "agent" else 1, first : first + len(sound)] += sound
    return SpokenCall(samples, tuple(sorted((cue for cue, _ in placed), key=lambda c: c.span)))


def _stamp(time_s: float) -> str:
    minutes, seconds = divmod(time_s, 60)
    return f"{int(minutes // 60):02}:{int(minutes % 60):02}:{seconds:06.3f}"


def webvtt(call: SpokenCall, *, language: str) -> str:
    """The transcript as WebVTT, one voice per party."""
    names = {"agent": "Agent", "customer": "Client" if language == "fr" else "Customer"}
    head = f"WEBVTT\nLanguage: {language}\n"
    cues = (
        f"{_stamp(c.span.start_s)} --> {_stamp(c.span.end_s)}\n<v {names[c.side]}>{c.text}</v>\n" for c in call.cues
    )
    return "\n".join([head, *cues])
