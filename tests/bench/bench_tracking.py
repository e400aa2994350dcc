"""Accuracy and speed of the voice path: `python -m tests.bench.bench_tracking [FOLDER]`.

Prints one table of pitch inputs (which sound the tracker is given) on synthetic voices, wideband and through
300-3400 Hz with mu-law; the cost of each stage on a four-minute channel with half of it speech; with a FOLDER of
recordings, spread and rate of each file against its telephone copy. Not collected by pytest: it states figures.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio import band, loudness, pitch
from audio.timeline import Span, merge, runs, total_s
from audio.voice import VoiceTracks, measure_voice, track_voice
from models.pitch_swiftf0 import SwiftF0Tracker
from tests.audio.signals import RATE_HZ, VoicePlan, as_channel, telephone, voice

Samples = NDArray[np.float32]
MEDIANS_HZ, SPREADS_ST = (105, 150, 210, 260), (0.3, 1.0, 2.5, 4.0, 5.0)


def _envelope(analytic: band.Analytic) -> Samples:
    return band.fft_filter(np.abs(analytic).astype(np.float32), pitch._envelope_kernel())


def _raw(samples: Samples, rate_hz: int) -> Samples:
    import soxr

    wide = samples if rate_hz == RATE_HZ else soxr.resample(samples, rate_hz, RATE_HZ)
    return np.asarray(wide, dtype=np.float32)


INPUTS: dict[str, Callable[[Samples, int], Samples]] = {
    "as recorded": _raw,
    "common band": lambda s, r: np.ascontiguousarray(band.to_band(s, r).real),
    "envelope of the band": lambda s, r: _envelope(band.to_band(s, r)),
    "band + its envelope (used)": lambda s, r: pitch.pitch_input(band.to_band(s, r)),
}


def pitch_inputs(tracker: SwiftF0Tracker) -> None:
    """Error of the spread and share of voiced frames kept, per input and channel."""
    errors: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for hz, st in product(MEDIANS_HZ, SPREADS_ST):
        known = voice(VoicePlan(duration_s=20, median_hz=hz, spread_st=st, seed=int(hz + 10 * st)))
        n_voiced = np.isfinite(known.f0_hz).sum() / RATE_HZ
        for name, (channel, (samples, rate_hz)) in product(
            INPUTS, {"wide": (known.samples, RATE_HZ), "phone": (telephone(known.samples), RATE_HZ // 2)}.items()
        ):
            sound = INPUTS[name](samples, rate_hz)
            track = pitch.fold_octaves(tracker.track(np.asarray(0.1 / sound.std() * sound, np.float32), RATE_HZ))
            f0 = pitch.voiced_hz(track, known.speech)
            spread = pitch.pitch_spread_st(f0) or 0.0
            errors.setdefault((name, channel), []).append((spread - known.spread_st, len(f0) * 0.016 / n_voiced))
    print(
        f"{'pitch input':<28}{'channel':<8}{'mean error':>11}{'mean |err|':>11}{'worst':>8}{'kept':>7}  (20 voices, st)"
    )
    for (name, channel), rows in errors.items():
        off, kept = np.array(rows).T
        worst = off[np.argmax(np.abs(off))]
        print(f"{name:<28}{channel:<8}{off.mean():>11.3f}{np.abs(off).mean():>11.3f}{worst:>8.2f}{kept.mean():>7.0%}")


def speed(tracker: SwiftF0Tracker) -> None:
    """CPU seconds of each stage on four minutes of one channel, half of it speech."""
    known = voice(VoicePlan(duration_s=30, pause_s=2.2, syllables_per_phrase=11))
    samples = np.tile(telephone(known.samples), 8)
    speech = [s.shifted(30.0 * i) for i in range(8) for s in known.speech]
    channel = as_channel(samples, RATE_HZ // 2)
    blocks = list(band.band_blocks(channel, speech))
    sounds = [pitch.pitch_input(b.analytic) for b in blocks]
    tracks = track_voice(channel, speech, tracker, others=())
    stages: dict[str, Callable[[], object]] = {
        "band": lambda: [b.keep for b in band.band_blocks(channel, speech)],
        "pitch input": lambda: [pitch.pitch_input(b.analytic) for b in blocks],
        "pitch": lambda: [tracker.track(s, RATE_HZ) for s in sounds],
        "loudness": lambda: [loudness.block_loudness_db(b) for b in blocks],
        "measures": lambda: measure_voice(tracks, speech, source="bench"),
        "whole path": lambda: measure_voice(track_voice(channel, speech, tracker, others=()), speech, source="bench"),
    }
    print(f"\nspeed: 240 s of one channel, {total_s(speech) / 240:.0%} speech")
    for name, stage in stages.items():
        start = time.process_time()
        stage()
        spent_s = time.process_time() - start
        print(f"{name:<14}{spent_s:>7.2f} s CPU   {spent_s / 240:.4f} x real time")


def _sounding(samples: Samples) -> list[Span]:
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160).std(axis=1)
    loud = runs(frames > 0.03 * np.percentile(frames, 95), first_s=0.0, step_s=0.01)
    return [s for s in merge(loud, max_gap_s=0.1) if s.duration_s > 0.1]


def _values(tracks: VoiceTracks, speech: Sequence[Span]) -> dict[str, float | None]:
    return {m.name: m.value for m in measure_voice(tracks, speech, source="bench", gates=False)}


def recordings(folder: Path, tracker: SwiftF0Tracker) -> None:
    """Each WAV's first channel, first minute, against its telephone copy."""
    import soundfile

    print(f"\n{'recording':<34}{'voiced s':>9}{'spread st':>18}{'loudness dB':>18}{'rate syll/s':>18}   (wide / phone)")
    for path in sorted(folder.rglob("*.wav")):
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True, frames=60 * 16000)
        wide = _raw(samples[:, 0], rate_hz)
        speech = _sounding(wide)
        tracks = track_voice(as_channel(wide), speech, tracker, others=())
        phone = track_voice(as_channel(telephone(wide), RATE_HZ // 2), speech, tracker, others=())
        a, b = _values(tracks, speech), _values(phone, speech)
        pairs = "".join(f"{_shown(a[n]):>9} /{_shown(b[n]):>7}" for n in NAMES)
        print(f"{path.name[:32]:<34}{np.isfinite(tracks.pitch.values).sum() * 0.016:>9.1f}{pairs}")


NAMES = ("pitch_spread", "loudness_spread", "articulation_rate")


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def main() -> None:
    """Everything, one after the other."""
    tracker = SwiftF0Tracker()
    pitch_inputs(tracker)
    speed(tracker)
    if len(sys.argv) > 1:
        recordings(Path(sys.argv[1]), tracker)


if __name__ == "__main__":
    main()
