"""Spoken lines from espeak-ng (French, English) and flite (English customers).

Synthetic voices illustrate delivery only: `pitch_range_percent` scales how far the pitch moves (espeak-ng's
`prosody range`), nothing else is claimed for them.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
_QUIET = 10 ** (-45 / 20)
"""Samples below this share of the peak, at both ends of a line, are the synthesiser's own silence."""


@dataclass(frozen=True)
class VoiceStyle:
    """`name`: an espeak-ng voice (`fr+m3`), or `flite:slt`."""

    name: str
    words_per_min: int = 170
    pitch: int = 50
    pitch_range_percent: int = 100


def available() -> bool:
    """Both synthesisers are on this machine."""
    return bool(shutil.which("espeak-ng")) and bool(shutil.which("flite"))


def _command(text: str, style: VoiceStyle, out: str) -> list[str]:
    if style.name.startswith("flite:"):
        stretch = f"duration_stretch={170 / style.words_per_min:.3f}"
        return ["flite", "-voice", style.name.removeprefix("flite:"), "--setf", stretch, "-t", text, "-o", out]
    ssml = f'<speak><prosody range="{style.pitch_range_percent}%">{escape(text)}</prosody></speak>'
    speed, pitch = str(style.words_per_min), str(style.pitch)
    return ["espeak-ng", "-v", style.name, "-m", "-s", speed, "-p", pitch, "-w", out, ssml]


def _wav(path: str) -> tuple[NDArray[np.float64], int]:
    with wave.open(path) as stream:
        rate_hz, frames = stream.getframerate(), stream.readframes(stream.getnframes())
    return np.frombuffer(frames, np.int16).astype(np.float64) / 32768, rate_hz


def _trimmed(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    loud = np.flatnonzero(np.abs(sound) > _QUIET * np.abs(sound).max())
    return sound[loud[0] : loud[-1] + 1]


@lru_cache(maxsize=2048)
def speak(text: str, style: VoiceStyle) -> NDArray[np.float32]:
    """One line at 8 kHz, shape (n_samples,), peak 0.5, without silence at its ends. Read-only."""
    import soxr

    with tempfile.NamedTemporaryFile(suffix=".wav") as out:
        subprocess.run(_command(text, style, out.name), capture_output=True, check=True)  # noqa: S603  # our own texts
        sound, rate_hz = _wav(out.name)
    at_rate = np.asarray(soxr.resample(sound, rate_hz, RATE_HZ), dtype=np.float32)
    line = _trimmed(at_rate / np.abs(at_rate).max() * np.float32(0.5))
    line.flags.writeable = False
    return line
