"""One sentence read several times by one espeak-ng voice, each time otherwise: what a person does without thinking.

Every word gets an accent, a pace and a level of its own, every reading a pace, a range and a height of its own; how far
they vary is `closeness` times what stands below. No two readings of a person are as alike as two copies of a recording;
how alike they are at the most nobody has measured for telephone agents, so the bench prints several.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from xml.sax.saxutils import escape

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.signature import Signature, sign_phrase
from audio.timeline import Span
from audio.voice import track_voice
from service.demo.speak import _trimmed, _wav
from tests.audio.signals import RATE_HZ, as_channel
from tests.bench.voice.lines import LINES, Samples
from tests.bench.voice.people import tracker
from tests.bench.voice.spoken import sentences

VOICES = {"fr": ("fr+m3", "fr+f2"), "en": ("en+m3", "en+f2")}
CODECS = ("mu_law", "amr_12k", "opus_12k")
READINGS = 6
ACCENT_ST, PACE, LEVEL_DB = 1.0, 0.08, 2.0
"""Standard deviation from word to word, in a reading of closeness 1."""
RANGE, WHOLE_PACE, HEIGHT = 0.2, 0.06, 5.0
WORDS_PER_MIN, PITCH = 170, 50
_GAP_S = 0.5


def read_aloud(text: str, voice: str, rng: np.random.Generator, closeness: float) -> Samples:
    """One reading at 16 kHz, half a second of nothing on both sides."""
    said = " ".join(_word(word, rng, closeness) for word in text.split())
    range_percent = 100 * np.exp(rng.normal(0, RANGE) * closeness)
    speed = WORDS_PER_MIN * np.exp(rng.normal(0, WHOLE_PACE) * closeness)
    height = PITCH + rng.normal(0, HEIGHT) * closeness
    ssml = f'<speak><prosody range="{range_percent:.0f}%">{said}</prosody></speak>'
    with tempfile.NamedTemporaryFile(suffix=".wav") as out:
        command = ["espeak-ng", "-v", voice, "-m", "-s", f"{speed:.0f}", "-p", f"{height:.0f}", "-w", out.name, ssml]
        subprocess.run(command, check=True, capture_output=True)
        sound, rate_hz = _wav(out.name)
    at_rate = np.asarray(soxr.resample(sound, rate_hz, RATE_HZ), dtype=np.float32)
    gap = np.zeros(round(_GAP_S * RATE_HZ), np.float32)
    return np.concatenate((gap, _trimmed(at_rate / np.abs(at_rate).max() * np.float32(0.5)), gap))


def _word(word: str, rng: np.random.Generator, closeness: float) -> str:
    accent, pace, level = (rng.normal(0, sd) * closeness for sd in (ACCENT_ST, PACE, LEVEL_DB))
    how = f'pitch="{accent:+.2f}st" rate="{100 * np.exp(pace):.0f}%" volume="{level:+.1f}dB"'
    return f"<prosody {how}>{escape(word)}</prosody>"


def signed(samples: Samples, line: str) -> Signature | None:
    """The signature of a reading after a line."""
    sound, rate_hz = LINES[line](samples)
    span = Span(_GAP_S, len(sound) / rate_hz - _GAP_S)
    return sign_phrase(track_voice(as_channel(sound, rate_hz), [span], tracker(), others=()), span, key="phrase")


Sayings = list[Signature]


@cache
def agents(closeness: float, n_sentences: int, seed: int = 5) -> tuple[tuple[Sayings, ...], tuple[Sayings, ...]]:
    """Agents who played one recording (three codecs), and agents who read the sentence six times, of equal number."""
    rng = np.random.default_rng(seed)
    played, reading = [], []
    for language, voices in VOICES.items():
        for voice in voices:
            for text in sentences(language)[:n_sentences]:
                once = read_aloud(text, voice, rng, closeness)
                played.append([s for codec in CODECS if (s := signed(once, codec)) is not None])
                again = (read_aloud(text, voice, rng, closeness) for _ in range(READINGS))
                reading.append([s for sound in again if (s := signed(sound, CODECS[0])) is not None])
    return tuple(played), tuple(reading)


def auc(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float:
    """How often one of `higher` is over one of `lower`; a tie counts half."""
    above = (higher[:, None] > lower[None, :]) + 0.5 * (higher[:, None] == lower[None, :])
    return float(np.mean(above))
