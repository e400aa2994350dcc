"""What the tracks of a recording hold: two parties apart, the same sound twice, a dead track, pauses of the recorder.

Everything is relative (to the track's own floor, to the other track) so that gain changes nothing, and works on
frame levels and bounded blocks, so that an hour of memory-mapped sound stays on the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audio.levels import STEP_S, Levels, measure_levels
from audio.notes import Note
from audio.recording import Channel, Recording
from audio.timeline import Span, intersect, runs, subtract, total_s

LayoutKind = Literal["two_parties", "dual_mono", "one_dead_channel", "mono", "many_channels", "silent"]

PAUSE_S = 1.0
"""Shorter digital silence on all tracks is not called a pause of the recorder."""
_EDGE_S = 0.1
_GATED_RUN_S = (0.06, 1.0)
_GATED_SHARE = 0.01
_GATED_GAPS = 5
_ONE_SIDED_RUN_S = 0.2
_ONE_SIDED_SHARE = 0.02
_BURST_DB, _BURST_FRAMES, _BURSTS_S = 12.0, 5, 0.3
_BURST_LEAST_DBFS = -75.0
_FLOOR_DBFS = -50.0
_UNDER_LOUDEST_DB = 10.0
_BLOCK_S = 1.0
_BLOCK_ACTIVE_DB = 20.0
_GAIN_SPREAD_DB = 3.0
_SAME_GAIN_SHARE = 0.98
_SAME_WAVE_SHARE = 0.9
_SAME_WAVE_CORRELATION = 0.9
_MAX_LAG_S = 0.1
_COMPARED_BLOCKS = 60


@dataclass(frozen=True)
class LayoutFacts:
    """kind; `live`: indexes of the channels worth analysing (one of each pair of equals); `paused`: recorder stopped.

    `silent`: no channel holds anything above its noise floor; `live` is then empty.
    """

    kind: LayoutKind
    live: tuple[int, ...]
    paused: tuple[Span, ...] = ()
    notes: tuple[Note, ...] = ()


def find_layout(recording: Recording) -> LayoutFacts:
    """Reads every channel once (levels), and pairs that look alike a second time (waveform)."""
    levels = {c.index: measure_levels(c) for c in recording.channels}
    sounding = _sounding(levels)
    equals = _equals([c for c in recording.channels if c.index in sounding], levels)
    live = tuple(i for i in sounding if i not in equals)
    paused, pause_notes = _find_pauses([levels[i] for i in live])
    dead = [i for i in levels if i not in sounding]
    notes = _layout_notes(len(levels), dead, equals, live) + pause_notes
    return LayoutFacts(_kind(len(levels), live, equals), live, paused, notes)


def starts_in_speech(speech: Sequence[Span], start_s: float = 0.0) -> Note | None:
    """A note when a (sorted) speech region is already running as the recording starts: its beginning is missing."""
    if speech and speech[0].start_s - start_s < 0.03:
        return Note("sound.starts_in_speech")
    return None


def _kind(n_channels: int, live: Sequence[int], equals: dict[int, int]) -> LayoutKind:
    if not live:
        return "silent"
    if n_channels == 1:
        return "mono"
    if n_channels > 2:
        return "many_channels"
    if len(live) == 2:
        return "two_parties"
    return "dual_mono" if equals else "one_dead_channel"


def _layout_notes(
    n_channels: int, dead: Sequence[int], equals: dict[int, int], live: Sequence[int]
) -> tuple[Note, ...]:
    if not live:
        return (Note("sound.silent"),)
    notes = [Note("sound.dead_channel", {"channel": i + 1}) for i in dead]
    notes += [Note("sound.same_sound", {"channel": i + 1, "kept": k + 1}) for i, k in equals.items()]
    if n_channels > 2:
        notes.append(Note("sound.many_channels", {"n_channels": n_channels, "n_live": len(live)}))
    return tuple(notes)


# -- tracks that hold something ------------------------------------------------------------------------------------


def _sounding(levels: dict[int, Levels]) -> list[int]:
    """Channels with bursts above their floor, or as loud as the loudest (a steady tone is not a noise floor)."""
    loud_db = {i: _high_db(level) for i, level in levels.items()}
    loudest_db = max(loud_db.values())
    kept = []
    for i, level in levels.items():
        steady_but_loud = loud_db[i] > max(_FLOOR_DBFS, loudest_db - _UNDER_LOUDEST_DB)
        if _bursts_s(level) >= _BURSTS_S or steady_but_loud:
            kept.append(i)
    return kept


def _high_db(levels: Levels) -> float:
    moving = levels.level_db[~levels.still]
    return float(np.percentile(moving, 95)) if len(moving) else -200.0


def _bursts_s(levels: Levels) -> float:
    """Time in runs of 100 ms or more that stand 12 dB above the track's floor (its 20th percentile)."""
    moving = levels.level_db[~levels.still]
    if not len(moving):
        return 0.0
    floor_db = -200.0 if levels.still.mean() > 0.2 else float(np.percentile(moving, 20))
    active = levels.level_db > max(floor_db + _BURST_DB, _BURST_LEAST_DBFS)
    bursts = runs(active, first_s=0.0, step_s=STEP_S)
    return total_s(b for b in bursts if b.duration_s >= (_BURST_FRAMES - 0.5) * STEP_S)


# -- the same sound twice ------------------------------------------------------------------------------------------


def _equals(channels: Sequence[Channel], levels: dict[int, Levels]) -> dict[int, int]:
    """{channel to leave out: channel kept}; of two equals the one with less clipping stays, then the first."""
    left_out: dict[int, int] = {}
    for a, b in combinations(channels, 2):
        if a.index in left_out or b.index in left_out:
            continue
        if _same_gain(levels[a.index], levels[b.index]) and _same_wave(a, b, levels[a.index], levels[b.index]):
            kept, other = (b, a) if b.clipped_share < a.clipped_share else (a, b)
            left_out[other.index] = kept.index
    return left_out


def _block_db(levels: Levels, first_s: float, n_blocks: int) -> NDArray[np.float64]:
    """Mean level of blocks of one second of call time, shape (n_blocks,)."""
    per_block = round(_BLOCK_S / STEP_S)
    first = max(0, round((first_s - levels.start_s) / STEP_S))
    power = 10 ** (levels.level_db[first : first + n_blocks * per_block] / 10)
    padded = np.pad(power, (0, n_blocks * per_block - len(power)))
    mean: NDArray[np.float64] = padded.reshape(n_blocks, per_block).mean(axis=1)
    return 10 * np.log10(mean + 1e-20)


def _shared(a: Levels, b: Levels) -> tuple[float, int]:
    """Start and number of blocks of the time both tracks cover."""
    ends_s = (x.start_s + len(x.level_db) * STEP_S for x in (a, b))
    first_s = max(a.start_s, b.start_s)
    return first_s, max(1, int((min(ends_s) - first_s) / _BLOCK_S))


def _active_blocks(a: Levels, b: Levels) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Blocks where either track is within 20 dB of its own loud blocks, and the difference of levels there."""
    first_s, n = _shared(a, b)
    a_db, b_db = _block_db(a, first_s, n), _block_db(b, first_s, n)
    active = np.zeros(n, dtype=np.bool_)
    for x_db in (a_db, b_db):
        active |= x_db > np.percentile(x_db, 95) - _BLOCK_ACTIVE_DB
    return active, a_db - b_db


def _same_gain(a: Levels, b: Levels) -> bool:
    """Nearly every active second has the same level difference. Two parties with leak fail this: it changes sign."""
    active, difference_db = _active_blocks(a, b)
    there = difference_db[active]
    return bool(np.mean(np.abs(there - np.median(there)) <= _GAIN_SPREAD_DB) >= _SAME_GAIN_SHARE)


def _same_wave(a: Channel, b: Channel, levels_a: Levels, levels_b: Levels) -> bool:
    active, _ = _active_blocks(levels_a, levels_b)
    first_s, _ = _shared(levels_a, levels_b)
    chosen = np.flatnonzero(active)
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(len(chosen), _COMPARED_BLOCKS)).round().astype(int)]
    rate_hz = min(a.rate_hz, b.rate_hz)
    alike = []
    for block in chosen:
        span = Span(first_s + block * _BLOCK_S, first_s + (block + 1) * _BLOCK_S)
        pair = (_at_rate(a, span, rate_hz), _at_rate(b, span, rate_hz))
        alike.append(best_correlation(*pair, max_lag=round(_MAX_LAG_S * rate_hz)) >= _SAME_WAVE_CORRELATION)
    return bool(np.mean(alike) >= _SAME_WAVE_SHARE)


def _at_rate(channel: Channel, span: Span, rate_hz: int) -> NDArray[np.float64]:
    samples = channel.read(span).astype(np.float64)
    if channel.rate_hz == rate_hz:
        return samples
    from scipy.signal import resample_poly  # only for legs of different rates

    return np.asarray(resample_poly(samples, rate_hz, channel.rate_hz), dtype=np.float64)


def best_correlation(a: NDArray[np.float64], b: NDArray[np.float64], *, max_lag: int) -> float:
    """|normalised correlation| at the best lag up to `max_lag` samples either way, over the part both cover. 0 to 1."""
    n = min(len(a), len(b))
    if n < 2:
        return 0.0
    a, b = a[:n] - a[:n].mean(), b[:n] - b[:n].mean()
    size = 1 << (2 * n - 1).bit_length()
    cross = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    lags = np.arange(-min(max_lag, n - 1), min(max_lag, n - 1) + 1)
    lag = int(lags[np.argmax(np.abs(cross[lags]))])
    x, y = (a[lag:], b[: n - lag]) if lag >= 0 else (a[: n + lag], b[-lag:])
    energy = float(np.sqrt(np.dot(x, x) * np.dot(y, y)))
    return abs(float(np.dot(x, y))) / energy if energy > 0 else 0.0


# -- pauses of the recorder ----------------------------------------------------------------------------------------


def _find_pauses(live: Sequence[Levels]) -> tuple[tuple[Span, ...], tuple[Note, ...]]:
    """Digital silence of a second or more on all live tracks at once, inside the call.

    Where tracks are gated (digital silence between words, or on one side alone) it proves nothing: none is told.
    """
    if not live:
        return (), ()
    within = _covered_by_all(live)
    shared = [within]
    for level in live:
        shared = intersect(shared, level.still_spans(STEP_S))
    pauses = tuple(s for s in shared if s.duration_s >= PAUSE_S - 1e-9 and _inside(s, within))
    if not pauses:
        return (), ()
    if _is_gated(live, within):
        return (), (Note("sound.gated"),)
    return pauses, (Note("sound.paused", {"n": len(pauses), "total_s": total_s(pauses)}),)


def _covered_by_all(live: Sequence[Levels]) -> Span:
    start_s = max(x.start_s for x in live)
    return Span(start_s, max(start_s, min(x.start_s + len(x.level_db) * STEP_S for x in live)))


def _inside(span: Span, within: Span) -> bool:
    return span.start_s > within.start_s + _EDGE_S and span.end_s < within.end_s - _EDGE_S


def _is_gated(live: Sequence[Levels], within: Span) -> bool:
    short, long = _GATED_RUN_S
    for level in live:
        gaps = [s for s in level.still_spans(short) if s.duration_s < long and _inside(s, within)]
        if len(gaps) >= _GATED_GAPS and total_s(gaps) > _GATED_SHARE * within.duration_s:
            return True
    return _one_sided_s(live, within) > _ONE_SIDED_SHARE * within.duration_s


def _one_sided_s(live: Sequence[Levels], within: Span) -> float:
    """Time where one track is digital silence while another is not."""
    spans = [intersect([within], level.still_spans(_ONE_SIDED_RUN_S)) for level in live]
    return max((total_s(subtract(a, b)) for a in spans for b in spans if a is not b), default=0.0)
