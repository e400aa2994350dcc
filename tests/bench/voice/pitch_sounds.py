"""Voices of known pitch for the voice bench: made, rebuilt from natural speech, natural and flattened.

made      two makers (`tests.audio.signals`, `tests.audio.driven_voices`), medians 105 to 260 Hz, spreads 0.3 to 5 st
rebuilt   natural speech taken apart into a filter per frame and driven again with pulses at a contour of our own
          making: the natural one where two trackers agree, its excursions as they are and halved. Truth is the contour
          that was driven, so no tracker has the advantage of having found it.
natural   the recordings themselves, and copies with the pitch excursions scaled (periods moved)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio import pitch
from audio.timeline import Span, intersect, merge, runs, subtract, total_s
from tests.audio.driven_voices import SHAPES, driven_voice
from tests.audio.signals import RATE_HZ, VoicePlan, repitched, voice

Samples = NDArray[np.float32]
CALLS = Path(__file__).parents[4] / "shared" / "calls"
"""Recordings beside the checkout; no part of the project."""
FACTORS = (1.0, 0.75, 0.5, 0.25)
MEDIANS_HZ, SPREADS_ST = (105, 150, 210, 260), (0.3, 1.0, 2.0, 3.0, 4.0, 5.0)
MADE_S = 20.0
LONGEST_S, SHORTEST_S = 18.0, 4.0


@dataclass(frozen=True, eq=False)
class Clip:
    """16 kHz sound, where it speaks, and its true spread when it is known."""

    samples: Samples
    speech: tuple[Span, ...]
    spread_st: float | None = None
    name: str = ""
    one_voice: bool = True


def made() -> Iterator[Clip]:
    """One voice per median and spread, the makers and their contours in turn."""
    shapes = cycle(SHAPES)
    for i, (hz, st) in enumerate(product(MEDIANS_HZ, SPREADS_ST)):
        seed = int(hz + 10 * st)
        if i % 2:
            known = voice(VoicePlan(duration_s=MADE_S, median_hz=hz, spread_st=st, seed=seed))
            yield Clip(known.samples, known.speech, known.spread_st)
        else:
            other = driven_voice(next(shapes), median_hz=hz, spread_st=st, duration_s=MADE_S, seed=seed)
            yield Clip(other.samples, other.speech, other.spread_st)


def natural(folder: Path = CALLS) -> Iterator[Clip]:
    """Every shared recording in which somebody talks: one talker each where that is known, else whoever talks."""
    for path in sorted(folder.glob("fr_read/*.wav")):
        yield from _clip(path.stem, read(path), None)
    for channel, name in enumerate(("agent", "caller")):
        yield from _clip(f"call40 {name}", read(folder / "call40_stereo_L-agent_R-caller.wav", channel), None)
    for path in [*sorted(folder.glob("Auto0*.wav")), folder / "commercial_mono.wav", folder / "pyannote_sample.wav"]:
        for clip in _clip(path.stem[:10], read(path), None):
            yield replace(clip, one_voice=False)
    for path in sorted((folder / "ami_trn").glob("trn*.wav")):
        yield from _clip(path.stem, read(path), _alone(folder / "ami_trn" / "debug.train.rttm", path.stem))


def read(path: Path, channel: int = 0) -> Samples:
    """One channel of a sound file at 16 kHz."""
    import soundfile
    import soxr

    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples[:, channel], rate_hz, RATE_HZ), dtype=np.float32)


def _clip(name: str, samples: Samples, alone: Sequence[Span] | None) -> Iterator[Clip]:
    spans = _sounding(samples)
    clip = _joined(name, samples, spans if alone is None else intersect(spans, alone))
    if total_s(clip.speech) >= SHORTEST_S:
        yield clip


def _sounding(samples: Samples) -> list[Span]:
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160).std(axis=1)
    loud = runs(frames > 0.05 * np.percentile(frames, 95), first_s=0.0, step_s=0.01)
    return [s for s in merge(loud, max_gap_s=0.1) if s.duration_s > 0.2]


def _alone(rttm: Path, name: str) -> list[Span]:
    """Where the talker with most speech of a file speaks alone."""
    talkers: dict[str, list[Span]] = {}
    for line in rttm.read_text(encoding="utf-8").splitlines():
        part = line.split()
        if part[1] == name:
            span = Span(float(part[3]), float(part[3]) + float(part[4]))
            talkers.setdefault(part[7], []).append(span)
    by = {who: merge(spans) for who, spans in talkers.items()}
    most = max(by, key=lambda who: total_s(by[who]))
    return subtract(by[most], merge(s for who, spans in by.items() if who != most for s in spans))


def _joined(name: str, samples: Samples, spans: Sequence[Span]) -> Clip:
    """The spans one after the other with 0.3 s between, some 18 s."""
    gap, pieces, speech, at_s = np.zeros(int(0.3 * RATE_HZ), np.float32), [], [], 0.0
    for span in spans:
        piece = samples[int(span.start_s * RATE_HZ) : int(span.end_s * RATE_HZ)].copy()
        fade = np.minimum(1, np.minimum(np.arange(len(piece)), np.arange(len(piece))[::-1]) / 160)
        pieces += [gap, (piece * fade).astype(np.float32)]
        speech.append(Span(at_s + 0.3, at_s + 0.3 + len(piece) / RATE_HZ))
        at_s = speech[-1].end_s
        if total_s(speech) > LONGEST_S:
            break
    return Clip(np.concatenate([*pieces, gap]) if pieces else gap, tuple(speech), name=name)


def flattened(clip: Clip, f0_hz: NDArray[np.float64]) -> list[Clip]:
    """The recording and its copies with the excursions scaled."""
    copies = (repitched(clip.samples, f0_hz, 0.016, flatten=k) for k in FACTORS[1:])
    return [clip, *(Clip(c, clip.speech, name=clip.name) for c in copies)]


def shifted(clip: Clip, f0_hz: NDArray[np.float64], shift_st: float) -> Clip:
    """The recording with its pitch moved by `shift_st`, timing kept."""
    return Clip(repitched(clip.samples, f0_hz, 0.016, shift_st=shift_st), clip.speech, name=clip.name)


def rebuilt(clip: Clip, f0_hz: NDArray[np.float64], factor: float) -> Clip:
    """The clip's own filters, 8 ms apart, driven by pulses at the scaled contour (noise where there is none)."""
    from scipy.linalg import solve_toeplitz
    from scipy.signal import lfilter

    st = factor * pitch.semitones(f0_hz)
    drive = _pulses(np.nanmedian(f0_hz) * 2 ** (st / 12), len(clip.samples))
    hop, size, order = 128, 512, 18
    sound = np.pad(np.append(clip.samples[0], clip.samples[1:] - 0.95 * clip.samples[:-1]), (size, size))
    out = np.zeros(len(clip.samples) + 2 * size)
    for at in range(0, len(clip.samples) - 2 * hop, hop):  # overlapped: a switch of filters every 8 ms would be heard
        frame = sound[at + size + hop - size // 2 :][:size] * np.hanning(size)
        r = np.correlate(frame, frame, "full")[size - 1 : size + order] * np.exp(-((0.01 * np.arange(order + 1)) ** 2))
        if r[0] < 1e-9:
            continue
        a = np.concatenate(([1.0], -solve_toeplitz(r[:-1] * (1 + 1e-6 * (np.arange(order) == 0)), r[1:])))
        gain = np.sqrt(max(a @ r, 0.0) / (0.375 * size))
        share = drive[at : at + 2 * hop] * np.hanning(2 * hop + 1)[:-1]
        out[at : at + 2 * hop + size] += lfilter([gain], a, np.pad(share, (0, size)))
    spoken = lfilter([1.0], [1.0, -0.95], out[: len(clip.samples)])
    return Clip((0.1 * spoken / spoken.std()).astype(np.float32), clip.speech, float(np.nanstd(st)), clip.name)


def _pulses(hz: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Unit-power excitation: a pulse at each turn of the phase where voiced, white noise elsewhere."""
    at = np.clip(np.round(np.arange(n) / RATE_HZ / 0.016).astype(int), 0, len(hz) - 1)
    f0 = hz[at]
    voiced = np.isfinite(f0)
    turns = np.floor(np.cumsum(np.where(voiced, f0, 0.0)) / RATE_HZ)
    pulses = np.zeros(n)
    fires = np.flatnonzero(np.diff(turns) > 0)
    pulses[fires] = np.sqrt(RATE_HZ / np.maximum(np.where(voiced, f0, np.inf)[fires], 1.0))
    return np.where(voiced, pulses, 0.3 * np.random.default_rng(3).normal(size=n))
