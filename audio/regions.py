"""Speech regions of one channel: where somebody speaks, in two lists.

*Tight* regions serve the floor (turns, gaps, overlaps, room): no padding, no pause over 100 ms inside, edges
set on the energy of 8 ms frames. *Padded* regions serve transcription: wider, and joined over short pauses.

Method: probability -> hysteresis threshold -> runs -> add what is loud and voiced -> refine each run on energy ->
close short pauses -> take out music and tones -> drop what is short or faint, and alone -> (pad). A frame counts as
sound when it lies above the channel's own noise floor *and* within a range below its run's level and the channel's
usual speech level, so that a gain changes nothing.
Levels are taken in the common band, so that a wideband recording and its telephone copy give the same regions.

Frames of 8 ms (not 10): they divide the detector's 32 ms, so a shift by whole detector frames shifts every edge
by exactly as much. Digital silence takes no part in the noise floor, so silence in front changes nothing else.
Our own; validated in tests/bench/voice/floor.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.band import WORK_RATE_HZ, band_sound
from audio.line_sounds import NO_SOUNDS, LineSounds
from audio.recording import Channel
from audio.timeline import FloatArray, FrameTrack, Span, intersect, merge, runs, subtract, to_samples, total_s
from audio.voiced import missed

ENERGY_STEP_S = 0.008
_BLOCK_FRAMES = 4000
_FLOOR_DB = -200.0
_NEAR_S = 0.1
_LEAST_NOISE_S = 0.2
_OUTSIDE_PERCENTILE, _INSIDE_PERCENTILE = 25, 5


@dataclass(frozen=True)
class RegionOptions:
    """Limits of a speech region.

    on, off          probability that makes a run speech, and the one below which it ends
    doubtful         a run that reaches only this is speech when it is as loud as the channel's speech: the first
                     word after a long silence, a lone "okay" get no more from the detector
    doubtful_db      ... that is, no further than this below the usual speech level
    voiced_db        outside the runs, what lies no further than this below the usual speech level is speech too ...
    voiced_s         ... if it is voiced (`audio.voiced`) for this long
    voiced_share     ... and for this share of its length
    voiced_pause_s   ... and pauses inside it are no longer than this
    lead_s, lag_s    how far before and after a run its edge may move outwards
    over_noise_db    a frame is sound this far above the channel's noise floor
    run_range_db     ... no further than this below the level of its run
    usual_range_db   ... and no further than this below the channel's usual speech level: leak of the other party
                     lies 30 dB down or more, breaths about as far
    least_range_db   ... however loud the noise, sound counts this far below the usual speech level
    max_pause_s      pauses up to this length stay inside a tight region
    min_speech_s     what sounds for less, alone, is dropped: clicks and bursts; a short "oui" lasts 150 ms or more
    lone_s           ... alone: with nothing nearer than this
    lone_db          what stands alone further than this below the usual speech level is a breath, perhaps over a leak
    pad_s, join_s    padding of the list for transcription, and the pause over which it joins
    """

    on: float = 0.5
    off: float = 0.12
    doubtful: float = 0.15
    doubtful_db: float = 15.0
    voiced_db: float = 20.0
    voiced_s: float = 0.08
    voiced_share: float = 0.4
    voiced_pause_s: float = 0.04
    lead_s: float = 0.096
    lag_s: float = 0.064
    over_noise_db: float = 7.0
    run_range_db: float = 28.0
    usual_range_db: float = 25.0
    least_range_db: float = 12.0
    max_pause_s: float = 0.1
    min_speech_s: float = 0.1
    lone_s: float = 0.2
    lone_db: float = 20.0
    pad_s: float = 0.2
    join_s: float = 0.5


@dataclass(frozen=True)
class Regions:
    """Tight regions for the floor and padded ones for transcription; each sorted and disjoint, call time."""

    tight: list[Span]
    padded: list[Span]


def find_regions(
    probability: FrameTrack,
    channel: Channel,
    options: RegionOptions | None = None,
    sounds: LineSounds = NO_SOUNDS,
) -> Regions:
    """Speech regions of a channel from its speech probability (unit `p`), its own energy and its voicing.

    `sounds`: music and tones of the channel, which are neither speech nor noise (`audio.line_sounds`).
    """
    options = options or RegionOptions()
    energy = energy_track(channel)
    heard = with_voiced(find_heard(probability, energy, options), energy, channel, options, sounds.spans)
    least_db = least_level_db(heard, energy, options, sounds.spans)
    refined = [piece for run in heard for piece in refine(run, energy, least_db, options)]
    spoken = sounds.without(close_pauses(_clip(refined, channel.span), options.max_pause_s))
    tight = drop_lone(drop_faint(spoken, energy, usual_level_db(heard, energy), options), options)
    return Regions(tight, pad(tight, channel.span, options))


def find_heard(probability: FrameTrack, energy: FrameTrack, options: RegionOptions) -> list[Span]:
    """Runs that are speech by their probability, and doubtful ones that are as loud as those."""
    sure = speech_runs(probability, on=options.on, off=options.off)
    least_db = usual_level_db(sure, energy) - options.doubtful_db
    doubtful = speech_runs(probability, on=options.doubtful, off=options.off) if sure else []
    return sorted({*sure, *(run for run in doubtful if run_level_db(run, energy) >= least_db)})


def with_voiced(
    heard: Sequence[Span], energy: FrameTrack, channel: Channel, options: RegionOptions, apart: Sequence[Span] = ()
) -> list[Span]:
    """The runs, and beside them what is voiced and as loud as they are: tokens too short for the detector.

    `apart`: music and tones, which repeat themselves like voices.
    """
    if not heard:
        return []
    usual_db = usual_level_db(heard, energy)
    least_db = max(usual_db - options.voiced_db, least_level_db(heard, energy, options, apart))
    loud = runs(energy.values >= least_db, first_s=energy.first_s, step_s=energy.step_s)
    aside = subtract(close_pauses(loud, options.voiced_pause_s), merge([*heard, *apart]))
    aside = [s for s in aside if s.duration_s >= options.voiced_s - 1e-6]
    found = missed(channel, aside, least_s=options.voiced_s, least_share=options.voiced_share)
    return merge([*heard, *found])


def speech_runs(probability: FrameTrack, *, on: float, off: float) -> list[Span]:
    """Runs of frames at `off` or above that reach `on` somewhere."""
    values = np.nan_to_num(np.asarray(probability.values, dtype=np.float64))
    index = {"first_s": probability.first_s, "step_s": probability.step_s}
    candidates = runs(values >= off, **index)
    starts = [round((s.start_s - probability.first_s) / probability.step_s) for s in candidates]
    ends = [round((s.end_s - probability.first_s) / probability.step_s) for s in candidates]
    return [s for s, a, b in zip(candidates, starts, ends, strict=True) if values[a:b].max() >= on]


def energy_track(channel: Channel) -> FrameTrack:
    """Level of 8 ms frames in the common band, dB re full scale; -200 for digital silence. Shape (n_frames,).

    Silence is told before filtering: the filter rings a little into it.
    """
    n_frames = math.ceil(len(channel.samples) / to_samples(ENERGY_STEP_S, channel.rate_hz))
    blocks = ((i, min(n_frames, i + _BLOCK_FRAMES)) for i in range(0, n_frames, _BLOCK_FRAMES))
    power = np.concatenate([np.zeros(0), *(_frame_power(channel, first, last) for first, last in blocks)])
    level_db = np.full(n_frames, _FLOOR_DB)
    np.log10(power, out=level_db, where=power > 10 ** (_FLOOR_DB / 10))
    level_db[level_db != _FLOOR_DB] *= 10.0
    return FrameTrack(level_db, channel.start_s, ENERGY_STEP_S, "dB")


def noise_floor_db(energy: FrameTrack, heard: Sequence[Span], apart: Sequence[Span] = ()) -> float:
    """The channel's level outside speech: a low percentile, digital silence left out; -200 when there is none.

    Frames within 0.1 s of speech are left out too, `apart` as well, and under 0.2 s of the rest is no measure of
    anything. The dips inside speech hold the noise and more: where they are quieter, what sounds outside is no noise
    (on a gated line, words the detector missed are all there is between the zeros).
    """
    near = [Span(s.start_s - _NEAR_S, s.end_s + _NEAR_S) for s in [*heard, *apart]]
    outside = _low_level_db(energy.values[~energy.mask(near)], energy.step_s, _OUTSIDE_PERCENTILE)
    inside = _low_level_db(energy.within(heard), energy.step_s, _INSIDE_PERCENTILE)
    return min(outside, inside) if inside is not None and outside is not None else outside or _FLOOR_DB


def _low_level_db(values: FloatArray, step_s: float, percentile: float) -> float | None:
    sounding = values[values > _FLOOR_DB]
    return float(np.percentile(sounding, percentile)) if len(sounding) * step_s >= _LEAST_NOISE_S else None


def run_level_db(run: Span, energy: FrameTrack) -> float:
    """Level of a run's louder frames (its 90th percentile); -200 for an empty one."""
    values = _crop(energy, run)
    return float(np.percentile(values, 90)) if len(values) else _FLOOR_DB


def least_level_db(
    heard: Sequence[Span], energy: FrameTrack, options: RegionOptions, apart: Sequence[Span] = ()
) -> float:
    """What a frame needs to count as sound: enough above the noise, not too far below the usual speech level.

    `apart`: music and tones, which are no noise of the line.

    Where music or babble fills the pauses, the noise does not push it closer than `least_range_db` to speech.
    """
    usual_db = usual_level_db(heard, energy)
    above_noise_db = min(
        noise_floor_db(energy, heard, apart) + options.over_noise_db, usual_db - options.least_range_db
    )
    return max(above_noise_db, usual_db - options.usual_range_db)


def usual_level_db(heard: Sequence[Span], energy: FrameTrack, *, share: float = 0.8) -> float:
    """Level under which the channel's runs spend `share` of their time; -200 without any.

    A high share, because on a channel with cross-talk most runs may be the other party's leak.
    """
    if not heard:
        return _FLOOR_DB
    levels = np.array([run_level_db(run, energy) for run in heard])
    order = np.argsort(levels, kind="stable")
    time_s = np.cumsum(np.array([s.duration_s for s in heard])[order])
    return float(levels[order][np.searchsorted(time_s, share * time_s[-1])])


def refine(run: Span, energy: FrameTrack, least_db: float, options: RegionOptions) -> list[Span]:
    """The sounding stretches of a run, its edges moved to where the energy rises and falls.

    Pauses over `max_pause_s` inside the run split it; only stretches that touch the run itself are kept.
    """
    least_db = max(least_db, run_level_db(run, energy) - options.run_range_db)
    reach = Span(run.start_s - options.lead_s, run.end_s + options.lag_s)
    first, last = _bounds(energy, reach)
    sounding = runs(energy.values[first:last] >= least_db, first_s=_time_s(energy, first), step_s=energy.step_s)
    return [s for s in close_pauses(sounding, options.max_pause_s) if s.overlap(run)]


def close_pauses(spans: Sequence[Span], max_pause_s: float) -> list[Span]:
    """Joins neighbours at most `max_pause_s` apart (a hair of tolerance for float times)."""
    return merge(spans, max_gap_s=max_pause_s + 1e-6)


def drop_faint(spans: Sequence[Span], energy: FrameTrack, usual_db: float, options: RegionOptions) -> list[Span]:
    """Leaves out groups (see `drop_lone`) that nowhere come within `lone_db` of the usual speech level: breaths."""
    groups = merge(spans, max_gap_s=options.lone_s - 1e-6)
    loudest_db = [max(run_level_db(s, energy) for s in intersect([g], spans)) for g in groups]
    kept = [g for g, level_db in zip(groups, loudest_db, strict=True) if level_db >= usual_db - options.lone_db]
    return intersect(spans, kept)


def drop_lone(spans: Sequence[Span], options: RegionOptions) -> list[Span]:
    """Leaves out what sounds for less than `min_speech_s` with nothing within `lone_s` of it.

    In noise the vowels between weak consonants stand apart, each as short as a click; their neighbours tell.
    """
    groups = merge(spans, max_gap_s=options.lone_s - 1e-6)
    kept = [g for g in groups if total_s(intersect([g], spans)) >= options.min_speech_s - 1e-6]
    return intersect(spans, kept)


def pad(spans: Sequence[Span], within: Span, options: RegionOptions) -> list[Span]:
    """Wider spans for transcription: `pad_s` each side, joined over `join_s`, clipped to the channel."""
    joined = merge(spans, max_gap_s=options.join_s)
    wide = [Span(s.start_s - options.pad_s, s.end_s + options.pad_s) for s in joined]
    return merge(_clip(wide, within))


def _frame_power(channel: Channel, first: int, last: int) -> NDArray[np.float64]:
    """Mean square of the frames [first, last) in the band; 0 where the recording itself stands still."""
    size, band_size = (to_samples(ENERGY_STEP_S, rate_hz) for rate_hz in (channel.rate_hz, WORK_RATE_HZ))
    raw = np.array(channel.samples[first * size : last * size], dtype=np.float32)
    sounding = np.ptp(np.pad(raw, (0, (last - first) * size - len(raw)), mode="edge").reshape(-1, size), axis=1) > 0
    frames = band_sound(channel, first * band_size, last * band_size).reshape(-1, band_size)
    channel.release()
    return np.where(sounding, frames.var(axis=1, dtype=np.float64), 0.0)


def _time_s(track: FrameTrack, index: int) -> float:
    return track.first_s + index * track.step_s


def _bounds(track: FrameTrack, span: Span) -> tuple[int, int]:
    """Frame indices whose frames lie in the span, clipped to the track."""
    first, last = (round((t - track.first_s) / track.step_s) for t in (span.start_s, span.end_s))
    return max(0, first), max(0, min(last, len(track.values)))


def _crop(track: FrameTrack, span: Span) -> NDArray[np.float64]:
    first, last = _bounds(track, span)
    return np.asarray(track.values[first:last], dtype=np.float64)


def _clip(spans: Sequence[Span], within: Span) -> list[Span]:
    clipped = [s.overlap(within) for s in spans]
    return [Span(float(s.start_s), float(s.end_s)) for s in clipped if s is not None]
