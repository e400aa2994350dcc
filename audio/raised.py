"""How far one turn's pitch and loudness lie above the same voice's other turns in the call.

pitch_z      robust z of the turn's median pitch (st) among the turns of this voice
loudness_z   robust z of the turn's mean level (dB, sounding frames) among them

Robust z = (x - median) / (1.4826 MAD), with a smallest scale, so that a voice that hardly moves makes no large z of
nothing. Needs half a second voiced (pitch) or one second of speech (loudness) in the turn, and six such turns. Higher
or louder than usual is all it says. Source: design of the pulse (own; limits to be calibrated); confounded by automatic
gain, which makes loudness differences smaller, never larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audio import loudness, pitch
from audio.metallic_baseline import MAD_TO_SD
from audio.timeline import Span, intersect, total_s
from audio.voice import MINIMUM, VoiceTracks

LEAST_TURNS = 6
SMALLEST_ST = 0.5
SMALLEST_DB = 1.0


@dataclass(frozen=True)
class Raised:
    """One turn against the others; None where it could not be measured."""

    pitch_z: float | None = None
    loudness_z: float | None = None


def raised_turns(
    tracks: VoiceTracks, turns: Sequence[Span], *, pitch_clear: bool, loudness_clear: bool
) -> tuple[Raised, ...]:
    """Each turn of one voice against all of its turns. `..._clear`: the line is quiet enough for the feature."""
    levels_st = [_pitch_st(tracks, span) if pitch_clear else None for span in turns]
    levels_db = [_level_db(tracks, span) if loudness_clear else None for span in turns]
    pairs = zip(robust_z(levels_st, SMALLEST_ST), robust_z(levels_db, SMALLEST_DB), strict=True)
    return tuple(Raised(*pair) for pair in pairs)


def _pitch_st(tracks: VoiceTracks, span: Span) -> float | None:
    f0_hz = pitch.voiced_hz(tracks.pitch, intersect(tracks.speech, [span]))
    enough = len(f0_hz) * tracks.pitch.step_s >= MINIMUM.turn_voiced_s
    return float(12.0 * np.log2(np.median(f0_hz))) if enough and len(f0_hz) else None


def _level_db(tracks: VoiceTracks, span: Span) -> float | None:
    speech = intersect(tracks.speech, [span])
    frames_db = loudness.loud_frames_db(tracks.loudness, speech)
    enough = total_s(speech) >= MINIMUM.turn_phonation_s
    return float(np.mean(frames_db)) if enough and len(frames_db) else None


def robust_z(values: Sequence[float | None], smallest: float) -> list[float | None]:
    """Robust z of each value among all that are known; None for all under LEAST_TURNS."""
    known = np.array([v for v in values if v is not None], dtype=np.float64)
    if len(known) < LEAST_TURNS:
        return [None] * len(values)
    middle = float(np.median(known))
    scale = max(MAD_TO_SD * float(np.median(np.abs(known - middle))), smallest)
    return [None if v is None else (v - middle) / scale for v in values]
