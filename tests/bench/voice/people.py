"""Recorded people, one talker at a time, cut into readings. Empty where the folder of recordings is absent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.timeline import Span, intersect, merge, runs, subtract
from audio.voice import track_voice
from models.pitch_swiftf0 import SwiftF0Tracker
from tests.audio.signals import RATE_HZ, as_channel
from tests.bench.voice.lines import Samples
from tests.bench.voice.pitch_sounds import CALLS

GAP_S = 0.3
SHORTEST_S = 0.3


@dataclass(frozen=True, eq=False)
class Reading:
    """Some of one talker's speech, 16 kHz; pieces follow each other with 0.3 s between. `speech`: sorted, disjoint."""

    talker: str
    samples: Samples
    speech: tuple[Span, ...]


@lru_cache(maxsize=1)
def tracker() -> SwiftF0Tracker:
    """The product's pitch tracker, opened once."""
    return SwiftF0Tracker()


def contour_hz(reading: Reading) -> NDArray[np.float64]:
    """F0 of a reading as the product tracks it, frame i centred on 16 ms * i, NaN where unvoiced."""
    sound = as_channel(reading.samples)
    return np.asarray(track_voice(sound, reading.speech, tracker(), others=()).pitch.values, dtype=np.float64)


def readings(least_s: float) -> list[Reading]:
    """Every talker's speech in pieces of `least_s` seconds or a little more; what is left over is not used."""
    found: list[Reading] = []
    for talker, pieces in _by_talker().items():
        taken: list[Samples] = []
        for piece in pieces:
            taken.append(piece)
            if sum(map(len, taken)) >= least_s * RATE_HZ:
                found.append(_joined(talker, taken))
                taken = []
    return found


def _by_talker() -> dict[str, list[Samples]]:
    """Every talker's own speech, span by span."""
    found: dict[str, list[Samples]] = {}
    for talker, samples, spans in recordings() if CALLS.is_dir() else ():
        cut = (samples[int(s.start_s * RATE_HZ) : int(s.end_s * RATE_HZ)] for s in spans if s.duration_s >= SHORTEST_S)
        found.setdefault(talker, []).extend(cut)
    return found


def recordings() -> Iterator[tuple[str, Samples, list[Span]]]:
    """(talker, recording at 16 kHz, where they speak alone)."""
    for name in ("audio1", "audio2"):
        samples = _read(CALLS / "fr_read" / f"{name}.wav")
        yield "fr_read", samples, _sounding(samples)
    for channel in (0, 1):
        samples = _read(CALLS / "call40_stereo_L-agent_R-caller.wav", channel)
        yield f"call40/{channel}", samples, _sounding(samples)
    for path in sorted((CALLS / "ami_trn").glob("trn*.wav")):
        yield from _labelled(path, CALLS / "ami_trn" / "debug.train.rttm", path.stem)
    yield from _labelled(CALLS / "pyannote_sample.wav", CALLS / "pyannote_sample.rttm", None)


def _labelled(path: Path, rttm: Path, name: str | None) -> Iterator[tuple[str, Samples, list[Span]]]:
    samples = _read(path)
    spoken: dict[str, list[Span]] = {}
    for line in rttm.read_text(encoding="utf-8").splitlines():
        part = line.split()
        if name is None or part[1] == name:
            spoken.setdefault(part[7], []).append(Span(float(part[3]), float(part[3]) + float(part[4])))
    for who, spans in spoken.items():
        others = merge(s for other, some in spoken.items() if other != who for s in some)
        yield who, samples, intersect(_sounding(samples), subtract(merge(spans), others))


def _joined(talker: str, pieces: Sequence[Samples]) -> Reading:
    gap, parts, speech, at_s = np.zeros(int(GAP_S * RATE_HZ), np.float32), [], [], 0.0
    for piece in pieces:
        fade = np.minimum(1, np.minimum(np.arange(len(piece)), np.arange(len(piece))[::-1]) / 160)
        parts += [gap, (piece * fade).astype(np.float32)]
        speech.append(Span(at_s + GAP_S, at_s + GAP_S + len(piece) / RATE_HZ))
        at_s = speech[-1].end_s
    return Reading(talker, np.concatenate([*parts, gap]), tuple(speech))


def _read(path: Path, channel: int = 0) -> Samples:
    import soundfile
    import soxr

    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples[:, channel], rate_hz, RATE_HZ), dtype=np.float32)


def _sounding(samples: Samples) -> list[Span]:
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160).std(axis=1)
    loud = runs(frames > 0.05 * np.percentile(frames, 95), first_s=0.0, step_s=0.01)
    return merge(loud, max_gap_s=0.1)
