"""Tones of the line: ring-back, busy, keys, fax, a beep. One or two steady frequencies and nothing else.

Windows of 64 ms every 16 ms, 200 to 3800 Hz. A window is *pure* when 95 % of its power lies within 47 Hz of its
highest or second highest peak. A tone is a run of pure windows of 0.25 s of sound or more over which the mean
frequency stays within 1.5 % and the level within 2 dB. A hum of a person is as pure, but moves by more than both.
A key (DTMF) may be as short as 0.08 s: two windows whose two peaks are the frequencies of a key within 2 %.

Bursts of one frequency that follow each other within 4.6 s (the longest silence of a ring-back) are one *cadence*:
a mutual silence filled with it is waiting for an answer, not dead air.
Not told: a ring with a melody (music), warbling rings, a tone under a voice. Our own; false seconds on real calls and
hit rate in tests/bench/voice/floor.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.recording import Channel
from audio.timeline import Span, merge

STEP_S = 0.016
WINDOW_S = 0.064
_BAND_HZ = (200.0, 3800.0)
_AROUND_HZ = 47.0
_BLOCK_S = 30.0
_EDGE_WINDOWS = 2  # partly before or after the tone
_MOVES_PERCENTILES = (5, 95)
LOW_KEYS_HZ, HIGH_KEYS_HZ = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ToneOptions:
    """Limits of the rule above."""

    pure_share: float = 0.95
    least_s: float = 0.25
    moves_share: float = 0.015
    moves_db: float = 2.0
    under_loud_db: float = 40.0
    cadence_s: float = 4.6
    same_share: float = 0.03
    key_windows: int = 2
    key_share: float = 0.02


DEFAULT_TONES = ToneOptions()


@dataclass(frozen=True)
class Tone:
    """A burst: where it sounds, and its mean frequency."""

    span: Span
    hz: float


@dataclass(frozen=True, eq=False)
class _Frames:
    """Per window, shape (n_frames,): power, share near the two highest peaks, mean frequency, and those peaks."""

    power: Floats
    pure: Floats
    hz: Floats
    low_hz: Floats
    high_hz: Floats


def find_tones(channel: Channel, options: ToneOptions = DEFAULT_TONES) -> list[Tone]:
    """All bursts of one channel, in order."""
    frames = _frames(channel)
    if not len(frames.power):
        return []
    loud = frames.power >= np.percentile(frames.power, 95) * 10 ** (-options.under_loud_db / 10)
    pure = np.concatenate(([False], loud & (frames.pure >= options.pure_share), [False]))
    edges = np.flatnonzero(np.diff(pure.astype(np.int8)))
    pieces = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    found = [t for a, b in pieces for t in _steady(frames, a, b, options) or _key(frames, a, b, options)]
    return [Tone(t.span.shifted(channel.start_s), t.hz) for t in found]


def cadences(tones: Sequence[Tone], options: ToneOptions = DEFAULT_TONES) -> list[Span]:
    """Bursts of one frequency that follow each other, as one stretch each; sorted and disjoint."""
    groups: list[tuple[Span, float]] = []
    for tone in tones:
        before = next((i for i in reversed(range(len(groups))) if _goes_on(groups[i], tone, options)), None)
        if before is None:
            groups.append((tone.span, tone.hz))
        else:
            groups[before] = (Span(groups[before][0].start_s, tone.span.end_s), tone.hz)
    return merge(span for span, _ in groups)


def _goes_on(group: tuple[Span, float], tone: Tone, options: ToneOptions) -> bool:
    near = tone.span.start_s - group[0].end_s <= options.cadence_s
    return near and abs(tone.hz - group[1]) <= options.same_share * tone.hz


def _steady(frames: _Frames, first: int, last: int, options: ToneOptions) -> list[Tone]:
    """The run of pure windows [first, last) as a tone, when neither frequency nor level moves inside it."""
    least = math.ceil((options.least_s - WINDOW_S) / STEP_S) + 1
    if last - first < least:
        return []
    inside = slice(first + _EDGE_WINDOWS, last - _EDGE_WINDOWS)
    low_hz, high_hz = np.percentile(frames.hz[inside], _MOVES_PERCENTILES)
    low_db, high_db = np.percentile(10 * np.log10(frames.power[inside]), _MOVES_PERCENTILES)
    still = high_hz <= low_hz * (1 + options.moves_share) and high_db - low_db <= options.moves_db
    return [_tone(frames, first, last)] if still else []


def _key(frames: _Frames, first: int, last: int, options: ToneOptions) -> list[Tone]:
    """The run of pure windows [first, last) as a key, when its peaks are those of one all through."""
    low, high = (
        _nearest(hz[first:last], of_keys)
        for hz, of_keys in ((frames.low_hz, LOW_KEYS_HZ), (frames.high_hz, HIGH_KEYS_HZ))
    )
    is_key = max(low.max(), high.max()) <= options.key_share
    return [_tone(frames, first, last)] if last - first >= options.key_windows and is_key else []


def _nearest(hz: Floats, of_keys: Sequence[float]) -> Floats:
    """How far each frequency is from the nearest of those, as a share of it."""
    return np.asarray(np.abs(hz[:, None] / np.array(of_keys) - 1).min(axis=1))


def _tone(frames: _Frames, first: int, last: int) -> Tone:
    span = Span(first * STEP_S, (last - 1) * STEP_S + WINDOW_S)
    return Tone(span, float(np.median(frames.hz[first:last])))


def _frames(channel: Channel) -> _Frames:
    size, step = round(WINDOW_S * channel.rate_hz), round(STEP_S * channel.rate_hz)
    n_frames = max(0, (len(channel.samples) - size) // step + 1)
    per_block = round(_BLOCK_S / STEP_S)
    parts = []
    for first in range(0, n_frames, per_block):
        last = min(n_frames, first + per_block)
        samples = np.array(channel.samples[first * step : (last - 1) * step + size], dtype=np.float32)
        channel.release()
        parts.append(_pure_share(samples, size, step, channel.rate_hz))
    columns = zip(*parts, strict=True) if parts else ([np.zeros(0)] for _ in range(5))
    return _Frames(*(np.concatenate(column) for column in columns))


def _pure_share(samples: NDArray[np.float32], size: int, step: int, rate_hz: int) -> tuple[Floats, ...]:
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32), axis=1)) ** 2
    bin_hz = rate_hz / size
    low, high = (round(hz / bin_hz) for hz in _BAND_HZ)
    spectra = spectra[:, low:high].astype(np.float64) + 1e-14
    total = spectra.sum(axis=1)
    hz = spectra @ (np.arange(low, high) * bin_hz) / total
    near = round(_AROUND_HZ / bin_hz)
    around = np.arange(high - low)
    rest, held, peaks = spectra.copy(), np.zeros(len(spectra)), []
    for _ in range(2):
        highest = rest.argmax(axis=1)
        close = np.abs(around - highest[:, None]) <= near
        within = np.where(close, rest, 0.0)
        held += within.sum(axis=1)
        peaks.append(within @ ((low + around) * bin_hz) / within.sum(axis=1))
        rest[close] = 0.0
    return total, held / total, hz, np.minimum(*peaks), np.maximum(*peaks)
