"""Two pitch trackers on the same files: `python -m tests.bench pitch` (about three minutes on one core).

Rows: swift-f0 on the band plus its regenerated low end (what timbre uses, `audio.pitch`), and autocorrelation of the
regenerated envelope with two passes (`models.pitch_envelope`, measures.md 0.3), each per channel.

synthetic   20 voices of known contour (105 to 260 Hz, spread 0.3 to 5 st), none from a recording. 12 s each, less than
            the gate of 20 s voiced: one dip folded up costs 0.4 st at 5 st there, 0.08 st over 36 s.
rebuilt     natural speech taken apart into a filter per frame and driven again with pulses at a contour of our own
            making: the natural one where both trackers agree, its excursions as they are and halved. Truth is the
            contour that was driven, so neither tracker has the advantage of having found it.
natural     the recordings themselves and their flattened copies (periods moved, `tests.audio.signals.repitched`):
            `order`: steps 1 > 0.75 > 0.5 > 0.25 that come out in order; `rho`: rank correlation of the spreads over
            all of them with the same tracker's on the wideband files.
chance      what a tracker gives that always answers with the mean of all true spreads.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio import pitch
from audio.timeline import FrameTrack, Span, intersect, merge, runs, subtract, total_s
from audio.voice import track_voice
from models.pitch_envelope import EnvelopeTracker
from models.pitch_swiftf0 import SwiftF0Tracker
from tests.audio.codec_files import encode
from tests.audio.signals import RATE_HZ, VoicePlan, as_channel, mu_law, repitched, telephone, voice
from tests.bench.report import Report

Samples = NDArray[np.float32]
Heard = tuple[Samples, int]
PHONE_HZ = RATE_HZ // 2
FACTORS, DRIVEN_FACTORS = (1.0, 0.75, 0.5, 0.25), (1.0, 0.5)
MEDIANS_HZ, SPREADS_ST = (105, 150, 210, 260), (0.3, 1.0, 2.5, 4.0, 5.0)
LONGEST_S, SHORTEST_S = 14.0, 7.0
AGREED_ST = 0.5
CALLS = Path(__file__).parents[3] / "shared" / "calls"


@dataclass(frozen=True, eq=False)
class Clip:
    """16 kHz sound, where it speaks, and its true spread when it is known."""

    samples: Samples
    speech: tuple[Span, ...]
    spread_st: float | None = None


def _phone(samples: Samples) -> Heard:
    return telephone(samples), PHONE_HZ


def _noisy(samples: Samples) -> Heard:
    """20 dB under the sounding part, white, on the telephone."""
    narrow = telephone(samples)
    level = np.sqrt(np.mean(narrow[np.abs(narrow) > 0.02 * np.abs(narrow).max()] ** 2))
    noise = np.random.default_rng(1).normal(size=len(narrow)) * level / 10
    return mu_law((narrow + noise).astype(np.float32)), PHONE_HZ


def _amr(samples: Samples) -> Heard:
    return _coded(telephone(samples), PHONE_HZ, "libopencore_amrnb", "amr", 12200), PHONE_HZ


def _opus(samples: Samples) -> Heard:
    return _coded(samples, RATE_HZ, "libopus", "ogg", 12000), RATE_HZ


def _coded(samples: Samples, rate_hz: int, codec: str, muxer: str, bit_rate: int) -> Samples:
    """Through an encoder and back, at the same rate; at least as long as before."""
    import av
    import soxr

    with tempfile.TemporaryDirectory() as folder:
        path = encode(Path(folder) / "sound", samples[None, :], rate_hz, codec, muxer=muxer, bit_rate=bit_rate)
        with av.open(str(path), format=muxer) as container:
            frames = [(f.to_ndarray(), f.sample_rate) for f in container.decode(audio=0)]
    sound = np.concatenate([f.reshape(-1) for f, _ in frames])
    scale = 32768 if sound.dtype == np.int16 else 1
    heard = np.asarray(soxr.resample(sound / scale, frames[0][1], rate_hz), dtype=np.float32)
    return np.pad(heard, (0, max(0, len(samples) - len(heard))))


CHANNELS: Mapping[str, Callable[[Samples], Heard]] = {
    "wideband": lambda s: (s, RATE_HZ),
    "300-3400 mu-law": _phone,
    "AMR-NB 12.2k": _amr,
    "Opus 12k": _opus,
    "mu-law, 20 dB noise": _noisy,
}


@lru_cache(maxsize=1)
def _swift() -> SwiftF0Tracker:
    return SwiftF0Tracker()


def _used(heard: Heard, speech: Sequence[Span]) -> FrameTrack:
    return track_voice(as_channel(*heard), speech, _swift(), others=()).pitch


def _rival(heard: Heard, speech: Sequence[Span]) -> FrameTrack:
    track = EnvelopeTracker().track(*heard)
    inside = np.where(track.mask(speech), track.values, np.nan)
    return pitch.fold_octaves(FrameTrack(inside, track.first_s, track.step_s, "Hz"))


USED = "swift-f0, band + low end (used)"
TRACKERS: Mapping[str, Callable[[Heard, Sequence[Span]], FrameTrack]] = {
    USED: _used,
    "autocorrelation of the envelope": _rival,
}


def synthetic() -> list[Clip]:
    """Voices of known contour."""
    made = [
        voice(VoicePlan(duration_s=12, median_hz=hz, spread_st=st, seed=int(hz + 10 * st)))
        for hz, st in product(MEDIANS_HZ, SPREADS_ST)
    ]
    return [Clip(m.samples, m.speech, m.spread_st) for m in made]


def natural(folder: Path) -> Iterator[Clip]:
    """One voice each: French read aloud, the agent of a call, the loudest talker of each meeting extract."""
    for name in ("fr_read/audio1.wav", "fr_read/audio2.wav", "call40_stereo_L-agent_R-caller.wav"):
        samples = _read(folder / name)
        yield _joined(samples, _sounding(samples))
    for path in sorted((folder / "ami_trn").glob("trn*.wav")):
        spans = _alone(folder / "ami_trn" / "debug.train.rttm", path.stem)
        clip = _joined(samples := _read(path), intersect(_sounding(samples), spans))
        if total_s(clip.speech) >= SHORTEST_S:
            yield clip


def _read(path: Path) -> Samples:
    import soundfile
    import soxr

    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples[:, 0], rate_hz, RATE_HZ), dtype=np.float32)


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


def _joined(samples: Samples, spans: Sequence[Span]) -> Clip:
    """The spans one after the other with 0.3 s between, some 14 s."""
    gap, pieces, speech, at_s = np.zeros(int(0.3 * RATE_HZ), np.float32), [], [], 0.0
    for span in spans:
        piece = samples[int(span.start_s * RATE_HZ) : int(span.end_s * RATE_HZ)].copy()
        fade = np.minimum(1, np.minimum(np.arange(len(piece)), np.arange(len(piece))[::-1]) / 160)
        pieces += [gap, (piece * fade).astype(np.float32)]
        speech.append(Span(at_s + 0.3, at_s + 0.3 + len(piece) / RATE_HZ))
        at_s = speech[-1].end_s
        if total_s(speech) > LONGEST_S:
            break
    return Clip(np.concatenate([*pieces, gap]) if pieces else gap, tuple(speech))


def agreed_contour(clip: Clip) -> NDArray[np.float64]:
    """F0 per 16 ms frame where both trackers find the same within half a semitone, else NaN."""
    a, b = (find((clip.samples, RATE_HZ), clip.speech).values for find in TRACKERS.values())
    n = min(len(a), len(b))
    a, b = np.asarray(a[:n], float), np.asarray(b[:n], float)
    with np.errstate(invalid="ignore"):
        same = np.abs(12 * np.log2(a / b)) < AGREED_ST
    return np.where(same, a, np.nan)


def rebuilt(clip: Clip, f0_hz: NDArray[np.float64], factor: float) -> Clip:
    """The clip's own filters, 8 ms apart, driven by pulses at the scaled contour (noise where there is none)."""
    from scipy.linalg import solve_toeplitz
    from scipy.signal import lfilter

    st = factor * pitch.semitones(f0_hz)
    hz = np.nanmedian(f0_hz) * 2 ** (st / 12)
    drive = _pulses(hz, len(clip.samples))
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
    out = out[: len(clip.samples)]
    spoken = lfilter([1.0], [1.0, -0.95], out)
    return Clip((0.1 * spoken / spoken.std()).astype(np.float32), clip.speech, float(np.nanstd(st)))


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


def flattened(clip: Clip, f0_hz: NDArray[np.float64]) -> list[Clip]:
    """The recording and its copies with the excursions scaled."""
    copies = (repitched(clip.samples, f0_hz, 0.016, flatten=k) for k in FACTORS[1:])
    return [clip, *(Clip(c, clip.speech) for c in copies)]


@dataclass(frozen=True, eq=False)
class Found:
    """Spreads of one tracker through one channel, in the order of the clips."""

    synthetic: NDArray[np.float64]
    rebuilt: NDArray[np.float64]
    natural: NDArray[np.float64]


def _spreads(clips: Sequence[Clip], find: Callable[[Heard, Sequence[Span]], FrameTrack], channel: str) -> list[float]:
    tracks = (find(CHANNELS[channel](c.samples), c.speech) for c in clips)
    return [pitch.pitch_spread_st(pitch.voiced_hz(t, c.speech)) or 0.0 for t, c in zip(tracks, clips, strict=True)]


def _errors(found: NDArray[np.float64], clips: Sequence[Clip]) -> tuple[float | None, float | None]:
    if not clips:
        return None, None
    off = np.abs(found - np.array([c.spread_st for c in clips]))
    return float(off.mean()), float(off.max())


def _ranks(x: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(np.argsort(x))


def _rho(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    return float(np.corrcoef(_ranks(x), _ranks(y))[0, 1]) if len(x) > 2 else None


def _in_order(spreads: NDArray[np.float64]) -> float | None:
    steps = [a > b for row in spreads.reshape(-1, len(FACTORS)) for a, b in pairwise(row)]
    return 100 * float(np.mean(steps)) if steps else None


def run(report: Report) -> None:
    """One table: two rows per channel, and chance."""
    known = synthetic()
    recordings = list(natural(CALLS)) if CALLS.is_dir() else []
    contours = [agreed_contour(clip) for clip in recordings]
    driven = [rebuilt(c, f0, k) for c, f0 in zip(recordings, contours, strict=True) for k in DRIVEN_FACTORS]
    flat = [copy for c, f0 in zip(recordings, contours, strict=True) for copy in flattened(c, f0)]
    found = {
        (name, channel): Found(*(np.array(_spreads(clips, find, channel)) for clips in (known, driven, flat)))
        for name, find in TRACKERS.items()
        for channel in CHANNELS
    }
    report.line(
        f"{len(known)} synthetic voices, {len(driven)} rebuilt, {len(flat)} natural ({len(recordings)} talkers)"
    )
    rows = [_row(name, channel, found, known, driven) for channel in CHANNELS for name in TRACKERS]
    report.table(COLUMNS, [*rows, _chance(known, driven)])
    _targets(report, found, known)


COLUMNS = (
    "pitch tracker",
    "channel",
    "synthetic |err| st",
    "worst",
    "rebuilt |err| st",
    "worst",
    "natural order %",
    "rho",
)


def _row(
    name: str, channel: str, found: Mapping[tuple[str, str], Found], known: Sequence[Clip], driven: Sequence[Clip]
) -> list[object]:
    here, wide = found[name, channel], found[name, "wideband"]
    return [
        name,
        channel,
        *_errors(here.synthetic, known),
        *_errors(here.rebuilt, driven),
        _in_order(here.natural),
        _rho(here.natural, wide.natural),
    ]


def _chance(known: Sequence[Clip], driven: Sequence[Clip]) -> list[object]:
    means = [np.full(len(clips), np.mean([c.spread_st or 0.0 for c in clips])) for clips in (known, driven) if clips]
    errors = [value for clips, mean in zip((known, driven), means, strict=False) for value in _errors(mean, clips)]
    return ["chance: always the mean", "any", *errors, *([None] * (4 - len(errors))), 50.0, 0.0]


def _targets(report: Report, found: Mapping[tuple[str, str], Found], known: Sequence[Clip]) -> None:
    for channel in CHANNELS:
        worst = _errors(found[USED, channel].synthetic, known)[1]
        limit = 0.2 if channel == "wideband" else 0.3
        report.target(f"worst error of the spread, synthetic voices, {channel}", worst, limit, "st")
    phone, wide = found[USED, "300-3400 mu-law"].natural, found[USED, "wideband"].natural
    apart = None if (rho := _rho(phone, wide)) is None else 1 - rho
    report.target("1 - rank correlation of the spread, telephone against wideband", apart, 0.1, "", "no recordings")


def main() -> None:
    """The table alone."""
    report = Report()
    run(report)
    report.summary()


if __name__ == "__main__":
    main()
