"""Pitch: error of the spread and its order, for the tracker in use and for those it was chosen from.

what     tracker, then figure. Trackers: `used` (swift-f0 on the band with its low end regenerated, `audio.voice`),
         `alone` (swift-f0 on the sound as recorded), `envelope` (swift-f0 on the regenerated envelope and nothing
         else), `autocorrelation` (of the envelope, in two passes, `models.pitch_envelope`).
         `made_error`, `rebuilt_error`: |found - true| spread on the voices of `pitch_sounds`, st, mean and worst
         `order`: steps 1 > 0.75 > 0.5 > 0.25 of flattened natural speech that come out in order, %
         `rank`: rank correlation of the natural spreads with the same tracker's on the wideband files
on       the line (`lines`)
chance   errors of always answering the mean of the true spreads; 50 % of the steps; no correlation
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audio import pitch
from audio.band import speech_level, to_band, with_low_end
from audio.pitch import PitchTrack
from audio.timeline import FrameTrack, Span
from audio.voice import track_voice
from models.pitch_envelope import EnvelopeTracker
from models.pitch_swiftf0 import SwiftF0Tracker
from tests.audio.signals import RATE_HZ, as_channel
from tests.bench.voice.lines import LINES, Heard, Samples
from tests.bench.voice.pitch_sounds import CALLS, FACTORS, Clip, flattened, made, natural, rebuilt
from tests.bench.voice.rows import Row

DRIVEN_FACTORS = (1.0, 0.5)
AGREED_ST, LEAST_VOICED_S = 0.5, 1.5
LOUD = 0.2
RIVAL_LINES = ("wideband", "mu_law")
NATURAL_LINES = ("wideband", "mu_law", "amr_4k75")
MADE_LINES = ("wideband", "mu_law", "amr_12k", "amr_4k75", "opus_12k", "noise_20db")
Floats = NDArray[np.float64]
Find = Callable[[Heard, Sequence[Span]], FrameTrack]


@lru_cache(maxsize=1)
def tracker() -> SwiftF0Tracker:
    """One for the whole bench."""
    return SwiftF0Tracker()


def used(heard: Heard, speech: Sequence[Span]) -> FrameTrack:
    return track_voice(as_channel(*heard), speech, tracker(), others=()).pitch


def _alone(heard: Heard, speech: Sequence[Span]) -> FrameTrack:
    import soxr

    samples, rate_hz = heard
    wide = np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), dtype=np.float32)
    return _kept(tracker().track(_loud(wide, speech), RATE_HZ), speech)


def _envelope(heard: Heard, speech: Sequence[Span]) -> FrameTrack:
    analytic = to_band(*heard)
    return _kept(tracker().track(_loud(with_low_end(analytic) - analytic.real, speech), RATE_HZ), speech)


def _autocorrelation(heard: Heard, speech: Sequence[Span]) -> FrameTrack:
    return _kept(EnvelopeTracker().track(*heard), speech)


def _loud(samples: Samples, speech: Sequence[Span]) -> Samples:
    return np.asarray(LOUD / speech_level(as_channel(samples), speech) * samples, dtype=np.float32)


def _kept(track: PitchTrack, speech: Sequence[Span]) -> FrameTrack:
    inside = np.where(track.mask(speech), track.values, np.nan)
    return pitch.fold_octaves(FrameTrack(inside, track.first_s, track.step_s, "Hz"), track.confidence)


TRACKERS: Mapping[str, Find] = {
    "used": used,
    "alone": _alone,
    "envelope": _envelope,
    "autocorrelation": _autocorrelation,
}


def agreed_contour(clip: Clip) -> Floats:
    """F0 per 16 ms frame where the tracker in use and the autocorrelation find the same within 0.5 st, else NaN."""
    a, b = (find((clip.samples, RATE_HZ), clip.speech).values for find in (used, _autocorrelation))
    n = min(len(a), len(b))
    a, b = np.asarray(a[:n], float), np.asarray(b[:n], float)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(12 * np.log2(a / b)) < AGREED_ST, a, np.nan)


def people(least_s: float = LEAST_VOICED_S) -> tuple[list[Clip], list[Floats]]:
    """Natural recordings of `least_s` voiced, and their contours: what copies are moved by, frame by frame."""
    pairs = [(clip, np.asarray(used((clip.samples, RATE_HZ), clip.speech).values, float)) for clip in natural()]
    kept = [(clip, f0) for clip, f0 in pairs if np.isfinite(f0).sum() * pitch.PITCH_STEP_S >= least_s]
    return [clip for clip, _ in kept], [f0 for _, f0 in kept]


def spreads(clips: Sequence[Clip], find: Find, line: str) -> Floats:
    """Spread of each clip through one line, st; NaN where nothing is voiced."""
    tracks = (find(LINES[line](c.samples), c.speech) for c in clips)
    found = [pitch.pitch_spread_st(pitch.voiced_hz(t, c.speech)) for t, c in zip(tracks, clips, strict=True)]
    return np.array([np.nan if value is None else value for value in found])


def rows() -> list[Row]:
    """All rows; without recordings, those of made voices."""
    known = list(made())
    found = [row for name, line in _pairs(MADE_LINES) for row in _errors(name, "made", line, known)]
    if not CALLS.is_dir():
        return [*found, Row("pitch", "used_rank", "mu_law", None, "", 0, why="no recordings")]
    recordings, contours = people()
    driven = [rebuilt(clip, agreed_contour(clip), k) for clip in recordings for k in DRIVEN_FACTORS]
    flat = [copy for c, f0 in zip(recordings, contours, strict=True) for copy in flattened(c, f0)]
    found += [row for name, line in _pairs(RIVAL_LINES) for row in _errors(name, "rebuilt", line, driven)]
    return [*found, *_orders(flat)]


def _pairs(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The tracker in use on every line, the others where the choice was made."""
    for name in TRACKERS:
        yield from ((name, line) for line in lines if name == "used" or line in RIVAL_LINES)


def _errors(name: str, kind: str, line: str, clips: Sequence[Clip]) -> Iterator[Row]:
    true = np.array([c.spread_st for c in clips], dtype=np.float64)
    off = np.abs(np.nan_to_num(spreads(clips, TRACKERS[name], line)) - true)
    luck = np.abs(true - true.mean())
    for figure, by_luck, which in ((off.mean(), luck.mean(), "mean"), (off.max(), luck.max(), "worst")):
        yield Row("pitch", f"{name}_{kind}_error_{which}", line, float(figure), "st", len(true), float(by_luck))


def _orders(flat: Sequence[Clip]) -> Iterator[Row]:
    for name, find in TRACKERS.items():
        wide = spreads(flat, find, "wideband")
        for line in NATURAL_LINES if name == "used" else RIVAL_LINES:
            here = wide if line == "wideband" else spreads(flat, find, line)
            steps = [a > b for one in here.reshape(-1, len(FACTORS)) for a, b in pairwise(one)]
            yield Row("pitch", f"{name}_order", line, 100 * float(np.mean(steps)), "%", len(steps), 50.0)
            if line != "wideband":
                yield Row("pitch", f"{name}_rank", line, rank_correlation(wide, here), "", len(here), 0.0)


def rank_correlation(x: Floats, y: Floats) -> float:
    """Spearman's, without ties."""
    return float(np.corrcoef(np.argsort(np.argsort(x)), np.argsort(np.argsort(y)))[0, 1])
