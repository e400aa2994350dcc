"""What a line plays besides voices, made with numpy: hold music of several kinds, and the tones of a network.

All at 8 kHz, about -23 dBFS, from a seed. `MUSIC` and `TONES` list them by name; a tone comes with its cadence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
LEVEL = 0.07
Sound = NDArray[np.float32]
Wave = NDArray[np.float64]
MAJOR, MINOR = (0, 4, 7, 12), (0, 3, 7, 12)
SCALE = (0, 2, 4, 5, 7, 9, 11, 12)


def hz(note: float) -> float:
    """Frequency of a MIDI note."""
    return float(440.0 * 2 ** ((note - 69) / 12))


def tone(frequencies_hz: Sequence[float], duration_s: float) -> Wave:
    """A sum of sines of equal level."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return np.asarray(sum(np.sin(2 * np.pi * f * t + i) for i, f in enumerate(frequencies_hz)))


def pluck(note: float, duration_s: float, *, partials: int = 6, decay_s: float = 0.5) -> Wave:
    """A struck string: partials that die away, the high ones first."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    rows = [
        np.sin(2 * np.pi * k * hz(note) * t) / k * np.exp(-t * k**0.5 / decay_s)
        for k in range(1, partials + 1)
        if k * hz(note) < 3900
    ]
    return np.asarray(sum(rows)) * np.minimum(1, t / 0.004)


def held(note: float, duration_s: float, *, partials: int = 8, vibrato_st: float = 0.0) -> Wave:
    """A bowed or blown note, with vibrato of 5.5 Hz."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    bent = hz(note) * 2 ** (vibrato_st / 12 * np.sin(2 * np.pi * 5.5 * t) * np.minimum(1, t / 0.2))
    phase = 2 * np.pi * np.cumsum(bent) / RATE_HZ
    wave = sum(np.sin(k * phase) / k for k in range(1, partials + 1) if k * hz(note) < 3900)
    return np.asarray(wave) * np.minimum(1, t / 0.05) * np.minimum(1, (t[-1] - t) / 0.05 + 1e-9)


def drum(kind: str, rng: np.random.Generator) -> Wave:
    """A bass drum or a snare."""
    t = np.arange(round(0.2 * RATE_HZ)) / RATE_HZ
    if kind == "bass":
        return np.asarray(2.0 * np.sin(2 * np.pi * (50 + 60 * np.exp(-t / 0.03)) * t) * np.exp(-t / 0.08))
    return np.asarray(rng.standard_normal(len(t)) * np.exp(-t / 0.05))


def _placed(length_s: float, parts: Sequence[tuple[float, Wave, float]]) -> Wave:
    mix = np.zeros(round(length_s * RATE_HZ))
    for start_s, wave, gain in parts:
        first = round(start_s * RATE_HZ)
        kept = wave[: max(0, len(mix) - first)]
        mix[first : first + len(kept)] += gain * kept
    return mix


def _chords(rng: np.random.Generator, n: int) -> list[list[int]]:
    base = 55 + int(rng.integers(0, 7))
    degrees = [(0, MAJOR), (9, MINOR), (5, MAJOR), (7, MAJOR)]
    return [[base + degree + step for step in chord] for degree, chord in (degrees[i % 4] for i in range(n))]


def arpeggio(duration_s: float, rng: np.random.Generator) -> Wave:
    """A guitar picking chords, a note every 0.2 to 0.3 s."""
    step_s = float(rng.uniform(0.2, 0.3))
    n = int(duration_s / step_s)
    chords = _chords(rng, n // 8 + 1)
    parts = [(i * step_s, pluck(chords[i // 8][(i * 3) % 4], 1.2), 1.0) for i in range(n)]
    return _placed(duration_s, parts)


def pad(duration_s: float, rng: np.random.Generator) -> Wave:
    """Held chords of 2 to 4 s."""
    bar_s = float(rng.uniform(2, 4))
    n = int(duration_s / bar_s) + 1
    chords = _chords(rng, n)
    return _placed(duration_s, [(i * bar_s, held(note, bar_s), 1.0) for i in range(n) for note in chords[i]])


def melody_and_drums(duration_s: float, rng: np.random.Generator) -> Wave:
    """A lead that wanders over a scale, a bass, a bass drum and a snare at 90 to 130 beats per minute."""
    beat_s = 60 / float(rng.uniform(90, 130))
    parts: list[tuple[float, Wave, float]] = []
    chords = _chords(rng, int(duration_s / beat_s / 4) + 2)
    at_s, place = 0.0, 3
    while at_s < duration_s:
        place = int(np.clip(place + rng.integers(-2, 3), 0, 7))
        length_s = beat_s * float(rng.choice([0.5, 1.0, 1.0, 2.0]))
        parts.append((at_s, held(chords[0][0] + 12 + SCALE[place], 0.95 * length_s, vibrato_st=0.15), 1.0))
        at_s += length_s
    for i in range(int(duration_s / beat_s)):
        parts.append((i * beat_s, drum("snare" if i % 2 else "bass", rng), 0.6))
        parts.append((i * beat_s, pluck(chords[i // 4][0] - 12, beat_s), 0.8))
    return _placed(duration_s, parts)


def band(duration_s: float, rng: np.random.Generator) -> Wave:
    """Chords, bass, drums and a lead together."""
    return 0.7 * arpeggio(duration_s, rng) + 0.2 * pad(duration_s, rng) + melody_and_drums(duration_s, rng)


def solo(duration_s: float, rng: np.random.Generator) -> Wave:
    """A blown instrument alone: notes of 0.3 to 1.2 s, vibrato of 0.3 st, breaths between phrases."""
    parts: list[tuple[float, Wave, float]] = []
    base, at_s, place = 60 + int(rng.integers(0, 8)), 0.0, 3
    while at_s < duration_s:
        for _ in range(int(rng.integers(5, 9))):
            place = int(np.clip(place + rng.integers(-2, 3), 0, 7))
            length_s = float(rng.uniform(0.3, 1.2))
            parts.append((at_s, held(base + SCALE[place], length_s, vibrato_st=0.3), 1.0))
            at_s += length_s
        at_s += 0.3
    return _placed(duration_s, parts)


def piano(duration_s: float, rng: np.random.Generator) -> Wave:
    """A melody and broken chords, struck."""
    beat_s = 60 / float(rng.uniform(70, 110))
    chords = _chords(rng, int(duration_s / beat_s / 4) + 2)
    parts: list[tuple[float, Wave, float]] = []
    for i in range(int(duration_s / beat_s)):
        parts.append((i * beat_s, pluck(chords[i // 4][i % 3] - 12, 2 * beat_s, decay_s=0.8), 0.7))
        if rng.random() < 0.8:
            parts.append((i * beat_s, pluck(chords[i // 4][int(rng.integers(0, 4))] + 12, beat_s, decay_s=0.6), 1.0))
    return _placed(duration_s, parts)


MUSIC: Mapping[str, Callable[[float, np.random.Generator], Wave]] = {
    "arpeggio": arpeggio,
    "pad": pad,
    "melody and drums": melody_and_drums,
    "band": band,
    "solo": solo,
    "piano": piano,
}

TONES: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "ring-back Europe": ((425.0,), (1.0, 4.0)),
    "ring-back France": ((440.0,), (1.5, 3.5)),
    "ring-back UK": ((400.0, 450.0), (0.4, 0.2, 0.4, 2.0)),
    "ring-back US": ((440.0, 480.0), (2.0, 4.0)),
    "busy Europe": ((425.0,), (0.5, 0.5)),
    "busy US": ((480.0, 620.0), (0.5, 0.5)),
    "congestion": ((425.0,), (0.25, 0.25)),
    "dial tone": ((350.0, 440.0), (5.0,)),
    "beep": ((1000.0,), (0.4, 6.0)),
    "fax": ((1100.0,), (0.5, 3.0)),
}
"""Frequencies, Hz, and seconds of sound and silence in turn."""

KEYS = {"1": (697.0, 1209.0), "5": (770.0, 1336.0), "9": (852.0, 1477.0), "#": (941.0, 1477.0)}


def music(kind: str, duration_s: float, seed: int = 0) -> Sound:
    """Hold music of a kind."""
    return levelled(MUSIC[kind](duration_s, np.random.default_rng(seed)))


def cadence(name: str, duration_s: float) -> Sound:
    """A tone with its cadence, from the first sound on."""
    frequencies_hz, pattern_s = TONES[name]
    parts, at_s, i = [], 0.0, 0
    while at_s < duration_s:
        if i % 2 == 0:
            parts.append((at_s, tone(frequencies_hz, pattern_s[i % len(pattern_s)]), 1.0))
        at_s += pattern_s[i % len(pattern_s)]
        i += 1 if len(pattern_s) > 1 else 2
    return levelled(_placed(duration_s, parts))


def keys(pressed: str, *, on_s: float = 0.1, off_s: float = 0.1) -> Sound:
    """Keys pressed one after the other."""
    parts = [(i * (on_s + off_s), tone(KEYS[key], on_s), 1.0) for i, key in enumerate(pressed)]
    return levelled(_placed(len(pressed) * (on_s + off_s), parts))


def levelled(wave: Wave) -> Sound:
    """At the level of the voices, where it sounds."""
    loud = wave[np.abs(wave) > 1e-3 * np.abs(wave).max()]
    return np.asarray(wave * LEVEL / np.sqrt(np.mean(loud**2)), dtype=np.float32)
