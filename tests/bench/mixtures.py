"""Two-party calls mixed to one track, their truth known by construction: what the mono diarizer is measured on.

Voices: stretches of shared recordings in which one person speaks alone, espeak-ng and flite. Each voice is cut into
utterances that sound from their first frame to their last. A call takes turns between two voices with gaps drawn
around 0.2 s, a short answer now and then, some entries before the other has ended, some tokens of listening inside
the other's turn. The truth is where each placed utterance sounds, pauses under 0.25 s closed, as in the shared RTTM.
Each party has its own level (6 dB apart at most) and line (a tilt of its spectrum); both go through 300-3400 Hz and
mu-law. Nothing of a recording is kept in the repository.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.decode import decoded
from audio.recording import Channel
from audio.timeline import Span, merge, runs, subtract
from tests.bench.der import read_rttm

CALLS = Path(__file__).parents[3] / "shared" / "calls"
SENTENCES = Path(__file__).with_name("voice")
RATE_HZ = 8000
STEP_S = 0.01
PAUSE_S = 0.25
"""Silences under this are closed in the truth, as the shared RTTM does."""
LONG_S, SHORT_S = (1.0, 7.0), (0.3, 0.6)
LEVEL = 0.05
UNDER_DB = 25.0
ANSWERS = {
    "fr": ("oui", "non", "d'accord", "c'est ça", "très bien", "ok", "merci"),
    "en": ("yes", "no", "okay", "that's right", "I see", "sure", "thank you"),
}
Sound = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Material:
    """What one voice says, at 8 kHz: whole utterances, and short answers of 0.3 to 0.6 s."""

    long: Sequence[Sound]
    short: Sequence[Sound]

    @property
    def length_s(self) -> float:
        """Speech in the long utterances."""
        return sum(map(len, self.long)) / RATE_HZ


@dataclass(frozen=True, eq=False)
class Call:
    """One track and who really speaks when."""

    name: str
    channel: Channel
    truth: Mapping[str, Sequence[Span]]


def cut(sounds: Sequence[Sound]) -> Material:
    """A voice from stretches of it: cut at pauses, at one level."""
    parts = [part for sound in sounds for part in _utterances(sound)]
    long = [p for p in parts if LONG_S[0] <= len(p) / RATE_HZ <= LONG_S[1]]
    short = [p for p in parts if SHORT_S[0] <= len(p) / RATE_HZ <= SHORT_S[1]]
    return Material(long, short or [p[: round(0.45 * RATE_HZ)] for p in long[::3]])


def _utterances(sound: Sound) -> Iterator[Sound]:
    size = round(STEP_S * RATE_HZ)
    if len(sound) < 3 * size:
        return
    loud = _loud(sound)
    for span in merge(runs(loud, first_s=0.0, step_s=STEP_S), max_gap_s=PAUSE_S):
        part = sound[round(span.start_s * RATE_HZ) : round(span.end_s * RATE_HZ)]
        for piece in np.array_split(part, int(np.ceil(span.duration_s / LONG_S[1]))):
            yield np.asarray(piece / (piece.std() + 1e-9) * LEVEL, dtype=np.float32)


def _loud(sound: Sound) -> NDArray[np.bool_]:
    size = round(STEP_S * RATE_HZ)
    level_db = 20 * np.log10(sound[: len(sound) // size * size].reshape(-1, size).std(axis=1) + 1e-9)
    return np.asarray(level_db > np.percentile(level_db, 95) - UNDER_DB)


def narrow(sound: Sound, rate_hz: int) -> Sound:
    """At 8 kHz."""
    return np.asarray(soxr.resample(sound, rate_hz, RATE_HZ), dtype=np.float32)


def mono(path: Path) -> Channel:
    """All channels of a file mixed to one."""
    with decoded(path) as recording:
        mixed = np.mean([channel.read() for channel in recording.channels], axis=0, dtype=np.float32)
        return Channel(0, mixed, recording.channels[0].rate_hz)


def recorded(path: Path, truth: Mapping[str, Sequence[Span]]) -> dict[str, list[Sound]]:
    """Stretches of at least 0.3 s in which each speaker speaks alone, at 8 kHz."""
    channel = mono(path)
    found: dict[str, list[Sound]] = {}
    for who, spans in truth.items():
        others = merge(s for other, own in truth.items() if other != who for s in own)
        alone = [s for s in subtract(spans, others) if s.duration_s >= SHORT_S[0]]
        found[who] = [narrow(channel.read(span), channel.rate_hz) for span in alone]
    return found


def people() -> dict[str, Material]:
    """Recorded voices by their names in the labels."""
    found: dict[str, list[Sound]] = {}
    for path in sorted((CALLS / "ami_trn").glob("trn*.wav")):
        for who, sounds in recorded(path, read_rttm(path.with_name("debug.train.rttm"), recording=path.stem)).items():
            found.setdefault(who, []).extend(sounds)
    readings = [mono(CALLS / "fr_read" / f"{name}.wav") for name in ("audio1", "audio2")]
    found["fr_read"] = [narrow(channel.read(), channel.rate_hz) for channel in readings]
    return {who: cut(sounds) for who, sounds in found.items()}


@lru_cache(maxsize=64)
def spoken(voice: str) -> Material:
    """A synthetic voice: of espeak-ng, named as its option `-v` takes it (`fr+f3`), or of flite (`flite slt`)."""
    program, _, name = voice.rpartition(" ")
    language = "en" if program else voice[:2]
    lines = (SENTENCES / f"sentences_{language}.txt").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        said = [_said(text, program, name, f"{folder}/said.wav") for text in (*lines, *ANSWERS[language])]
    return Material(cut(said[: len(lines)]).long, [_short(s) for s in said[len(lines) :]])


def _said(text: str, program: str, voice: str, out: str) -> Sound:
    flite = ["flite", "-voice", voice, "-t", text, "-o", out]
    espeak = ["espeak-ng", "-v", voice, "-s", "165", "-w", out, text]
    subprocess.run(flite if program else espeak, check=True, capture_output=True)
    channel = mono(Path(out))
    return narrow(channel.read(), channel.rate_hz)


def _short(sound: Sound) -> Sound:
    """An answer cut to where it sounds, and to 0.6 s at most."""
    loud = np.flatnonzero(_loud(sound))
    size = round(STEP_S * RATE_HZ)
    kept = sound[loud[0] * size : (loud[-1] + 1) * size][: round(SHORT_S[1] * RATE_HZ)]
    return np.asarray(kept / (kept.std() + 1e-9) * LEVEL, dtype=np.float32)


@dataclass
class _Mix:
    """Grows turn by turn."""

    rng: np.random.Generator
    at_s: float = 0.3
    placed: list[tuple[int, float, Sound]] = field(default_factory=list)

    def put(self, who: int, start_s: float, sound: Sound) -> None:
        self.placed.append((who, start_s, sound))
        self.at_s = max(self.at_s, start_s + len(sound) / RATE_HZ)

    def free_s(self, who: int) -> float:
        """When a voice has ended what it said last."""
        return max([t + len(s) / RATE_HZ for w, t, s in self.placed if w == who], default=0.0)


def mixture(name: str, voices: Sequence[Material], seed: int, *, longest_s: float = 180.0) -> Call:
    """A call between two voices, or one voice alone: until one has said all it has, or `longest_s`."""
    rng = np.random.default_rng(seed)
    mix = _Mix(rng)
    left = [list(rng.permutation(len(v.long))) for v in voices]
    who = int(rng.integers(len(voices)))
    while mix.at_s < longest_s and all(left):
        _turn(mix, voices, left, who)
        who = (who + 1) % len(voices)
    return Call(name, Channel(0, _sounded(mix), RATE_HZ), _truth(mix))


def _turn(mix: _Mix, voices: Sequence[Material], left: list[list[int]], who: int) -> None:
    """One to three utterances or a short answer; perhaps a token of the other inside."""
    rng, own = mix.rng, voices[who]
    start_s = max(mix.at_s + float(np.clip(rng.normal(0.25, 0.35), -0.6, 1.5)), mix.free_s(who) + 0.05)
    if rng.random() < 0.2:
        return mix.put(who, start_s, own.short[rng.integers(len(own.short))])
    for _ in range(1 + int(rng.poisson(0.6))):
        if not left[who]:
            return None
        said = own.long[left[who].pop()]
        mix.put(who, start_s, said)
        if len(voices) > 1 and len(said) > 2.5 * RATE_HZ and rng.random() < 0.15:
            _listen(mix, voices[1 - who], 1 - who, Span(start_s, start_s + len(said) / RATE_HZ))
        start_s = mix.at_s + float(np.clip(rng.exponential(0.4), 0.1, 1.5))
    return None


def _listen(mix: _Mix, voice: Material, who: int, turn: Span) -> None:
    """A token inside the other's turn, where this voice is free."""
    token_s = float(mix.rng.uniform(turn.start_s + 0.5, turn.end_s - 1.0))
    if token_s > mix.free_s(who):
        mix.put(who, token_s, voice.short[mix.rng.integers(len(voice.short))])


def _truth(mix: _Mix) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = {"party_0": [], "party_1": []}
    for who, start_s, sound in mix.placed:
        sounding = runs(_loud(sound), first_s=start_s, step_s=STEP_S)
        spans[f"party_{who}"] += sounding
    return {who: merge(own, max_gap_s=PAUSE_S - 1e-6) for who, own in spans.items()}


def _sounded(mix: _Mix) -> Sound:
    tracks = np.zeros((2, round((mix.at_s + 0.5) * RATE_HZ)), dtype=np.float32)
    for who, start_s, sound in mix.placed:
        first = round(start_s * RATE_HZ)
        tracks[who, first : first + len(sound)] += sound
    gain = 10 ** (mix.rng.uniform(-6, 6) / 20)
    mixed = _line(tracks[0], mix.rng) + np.float32(gain) * _line(tracks[1], mix.rng)
    return telephone(mixed, mix.rng)


def _line(sound: Sound, rng: np.random.Generator) -> Sound:
    """A line of its own: up to 3 dB of tilt over the band."""
    tilt_db = rng.uniform(-3, 3)
    spectrum = np.fft.rfft(sound)
    at_hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    spectrum *= 10 ** (tilt_db * (at_hz - 1850) / 3100 / 20)
    return np.asarray(np.fft.irfft(spectrum, n=len(sound)), dtype=np.float32)


def telephone(sound: Sound, rng: np.random.Generator) -> Sound:
    """300-3400 Hz, mu-law in 8 bits, and a little noise."""
    spectrum = np.fft.rfft(sound + rng.normal(0, 1e-4, len(sound)))
    at_hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    spectrum[(at_hz < 300) | (at_hz > 3400)] = 0
    band = np.fft.irfft(spectrum, n=len(sound))
    band *= 0.7 / np.abs(band).max()
    coded = np.round(np.sign(band) * np.log1p(255 * np.abs(band)) / np.log(256) * 127) / 127
    return np.asarray(np.sign(coded) * (256 ** np.abs(coded) - 1) / 255, dtype=np.float32)
