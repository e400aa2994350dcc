"""Voices to build dialogues from: recordings cut into utterances and short tokens by their own level.

A cut begins and ends where the sound rises over, or falls under, a level 22 dB under its loud frames (10 ms), and at
least 10 dB over the recording's noise: what is placed in a dialogue sounds from its first frame to its last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.decode import decoded
from audio.recording import Channel
from audio.timeline import Party, Span, merge, runs, subtract
from tests.audio.dialogues import Cast, Sound
from tests.bench.der import read_rttm

CALLS = Path(__file__).parents[4] / "shared" / "calls"
STEP_S = 0.01
UTTERANCE_S, TOKEN_S = (1.8, 6.0), (0.15, 0.6)
LEVEL = 0.07
FEWEST = 4
RUMBLE_HZ = 250.0  # of the meeting room: as loud as the weak sounds of its speakers
UNDER_DB, OVER_NOISE_DB = 22.0, 10.0
CASTS = ("call, 8 kHz", "French reading, 16 kHz", "French reading, 8 kHz", "meeting, 16 kHz")


def real_casts() -> dict[str, Cast]:
    """Pairs of real voices by name; none without the recordings."""
    if not CALLS.is_dir():
        return {}
    with decoded(CALLS / "call40_stereo_L-agent_R-caller.wav") as recording:
        call = cast_of([[(c.read(), c.rate_hz)] for c in recording.channels], 8000)
    reading = [[_whole(CALLS / "fr_read" / f"audio{i}.wav")] for i in (1, 2)]
    meeting = list(_meeting().values())
    pairs = [(a, b) for i, a in enumerate(meeting) for b in meeting[i + 1 :]]
    made = [
        call,
        cast_of(reading, 16000),
        cast_of(reading, 8000),
        *(cast_of(pair, 16000, lowest_hz=RUMBLE_HZ) for pair in pairs[:1]),
    ]
    return {name: cast for name, cast in zip(CASTS, made, strict=False)}


def cast_of(
    voices: Sequence[Sequence[tuple[Sound, int]]], rate_hz: int, *, pause_s: float = 0.19, lowest_hz: float = 80.0
) -> Cast:
    """Agent and customer from two voices, each some stretches of sound and their rate; pauses up to `pause_s`."""
    parties: tuple[Party, Party] = ("agent", "customer")
    cuts = {
        p: [cut for sound, hz in parts for cut in _cuts(_at(sound, hz, rate_hz, lowest_hz), rate_hz, pause_s)]
        for p, parts in zip(parties, voices, strict=True)
    }
    long = {p: [c for c in found if UTTERANCE_S[0] <= len(c) / rate_hz <= UTTERANCE_S[1]] for p, found in cuts.items()}
    short = {p: [c for c in found if TOKEN_S[0] <= len(c) / rate_hz <= TOKEN_S[1]] for p, found in cuts.items()}
    words = {p: short[p] if len(short[p]) >= FEWEST else [_word(c, rate_hz) for c in long[p]] for p in parties}
    return Cast(long, words, rate_hz)


def _enough(cast: Cast) -> bool:
    return all(len(x) >= FEWEST for x in cast.utterances.values()) and all(cast.tokens.values())


def _whole(path: Path) -> tuple[Sound, int]:
    with decoded(path) as recording:
        return recording.channels[0].read(), recording.channels[0].rate_hz


def _meeting() -> dict[str, list[tuple[Sound, int]]]:
    """The stretches in which each speaker of the meetings speaks alone."""
    voices: dict[str, list[tuple[Sound, int]]] = {}
    lines = (CALLS / "ami_trn" / "debug.train.rttm").read_text(encoding="utf-8").splitlines()
    for name in sorted({line.split()[1] for line in lines}):
        path = CALLS / "ami_trn" / f"{name}.wav"
        if path.is_file():
            speakers = read_rttm(CALLS / "ami_trn" / "debug.train.rttm", recording=name)
            with decoded(path) as recording:
                for who, sound in _alone(recording.channels[0], speakers):
                    voices.setdefault(who, []).append((sound, recording.channels[0].rate_hz))
    length_s = {who: sum(len(x) / hz for x, hz in parts) for who, parts in voices.items()}
    return {who: voices[who] for who in sorted(voices, key=lambda w: -length_s[w])}


def _alone(channel: Channel, speakers: dict[str, list[Span]]) -> Iterator[tuple[str, Sound]]:
    for who, spans in speakers.items():
        others = merge(s for other, own in speakers.items() if other != who for s in own)
        for span in subtract(spans, others):
            yield who, channel.read(span)


def _at(sound: Sound, hz: int, rate_hz: int, lowest_hz: float) -> Sound:
    spectrum = np.fft.rfft(sound if hz == rate_hz else soxr.resample(sound, hz, rate_hz))
    n = round(len(sound) * rate_hz / hz)
    spectrum[np.fft.rfftfreq(n, 1 / rate_hz)[: len(spectrum)] < lowest_hz] = 0
    return np.asarray(np.fft.irfft(spectrum, n), dtype=np.float32)


def _cuts(sound: Sound, rate_hz: int, pause_s: float) -> Iterator[Sound]:
    level_db = _levels_db(sound, rate_hz)
    if not len(level_db):
        return
    least_db = max(np.percentile(level_db, 95) - UNDER_DB, np.percentile(level_db, 10) + OVER_NOISE_DB)
    sounding = runs(level_db >= least_db, first_s=0.0, step_s=STEP_S)
    for span in merge(sounding, max_gap_s=pause_s + 1e-6):
        kept = sound[round(span.start_s * rate_hz) : round(span.end_s * rate_hz)]
        for part in _halved(kept, rate_hz):
            loud = np.flatnonzero(_levels_db(part, rate_hz) >= least_db)
            if len(loud) * STEP_S >= TOKEN_S[0]:
                size = round(STEP_S * rate_hz)
                part = part[loud[0] * size : (loud[-1] + 1) * size]
                yield np.asarray(part * (LEVEL / part.std()), dtype=np.float32)


def _levels_db(sound: Sound, rate_hz: int) -> NDArray[np.float64]:
    size = round(STEP_S * rate_hz)
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    return np.asarray(10 * np.log10(frames.var(axis=1, dtype=np.float64) + 1e-12))


def _halved(sound: Sound, rate_hz: int) -> list[Sound]:
    """Cut in two at the quietest frame of its middle third until no part is longer than an utterance."""
    if len(sound) <= UTTERANCE_S[1] * rate_hz:
        return [sound]
    first = len(sound) // 3
    at = first + _quietest(sound[first : 2 * first], rate_hz)
    return [*_halved(sound[:at], rate_hz), *_halved(sound[at:], rate_hz)]


def _quietest(sound: Sound, rate_hz: int) -> int:
    size = round(STEP_S * rate_hz)
    return size * int(sound[: len(sound) // size * size].reshape(-1, size).var(axis=1).argmin())


def _word(utterance: Sound, rate_hz: int) -> Sound:
    """The start of an utterance up to its quietest frame between 0.25 and 0.6 s: for voices without a short token."""
    first = round(0.25 * rate_hz)
    return utterance[: first + _quietest(utterance[first : round(0.6 * rate_hz)], rate_hz)]
