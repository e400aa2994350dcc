"""Hold music: sound that goes on for seconds in lines of steady pitch, without the gaps of speech.

Rule, over windows of 6 s every 1 s:
    held     on average 25 % of the power of the sounding frames lies in held partials (`audio.partials`). Music of
             steady pitch has 40 to 97 %, speech 0 to 10 %, a synthetic voice of 0.4 st 30 %, a flatter one 70 %.
    going on something sounds in 70 % of the frames, and at most 20 % of them lie 12 dB or more under the loud ones.
             Syllables close and open: 29 to 55 % in read and built speech, at most 10 % in music that was tried.
    not one  the held partials are not all harmonics of one fundamental of 45 to 400 Hz (95 % of their power within
             0.2 of it around a multiple): such a steady sound is mains hum, a tone or a voice without syllables.
Windows that hold overlap into stretches; a stretch begins and ends where the share over 1 s passes 20 %, and lasts
5 s or more.

What it can't tell: singing, and bowed or blown solos with a wide vibrato, bend like voices; drums alone and noise
have no pitch; music with rests between all notes, or squeezed to 5 kbit/s, loses its marks: all of these stay what
the speech detector and the silence make of them. Somebody who holds notes for seconds is taken for music. Music
under a voice is not told, and the voice stays. Our own; hit rate and false seconds in tests/bench/voice/floor.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.partials import STEP_S, Partials
from audio.timeline import Span, intersect, merge, runs


@dataclass(frozen=True)
class MusicOptions:
    """Limits of the rule above."""

    window_s: float = 6.0
    hop_s: float = 1.0
    sounding_share: float = 0.7
    under_loud_db: float = 40.0
    held_share: float = 0.25
    gap_db: float = 12.0
    gap_share: float = 0.2
    edge_share: float = 0.2
    edge_s: float = 1.0
    least_s: float = 5.0
    join_s: float = 2.0
    voice_hz: tuple[float, float] = (45.0, 400.0)
    voice_share: float = 0.95
    harmonic_width: float = 0.2


DEFAULT_MUSIC = MusicOptions()
_FUNDAMENTALS_PER_OCTAVE = 96


def find_music(partials: Partials, options: MusicOptions = DEFAULT_MUSIC) -> list[Span]:
    """Stretches of music of one channel, sorted and disjoint."""
    power = partials.power
    if not len(power):
        return []
    sounding = power >= np.percentile(power, 95) * 10 ** (-options.under_loud_db / 10)
    share = np.where(sounding, partials.held_share, 0.0)
    windows = _windows(partials, share, sounding, options)
    width = round(options.edge_s / STEP_S)
    smooth = np.convolve(share, np.ones(width) / width, mode="same")
    clear = runs(smooth >= options.edge_share, first_s=partials.first_s - STEP_S / 2, step_s=STEP_S)
    found = merge(intersect(merge(windows), clear), max_gap_s=options.join_s)
    return [Span(float(s.start_s), float(s.end_s)) for s in found if s.duration_s >= options.least_s]


def _windows(
    partials: Partials, share: NDArray[np.float64], sounding: NDArray[np.bool_], options: MusicOptions
) -> list[Span]:
    """Windows that hold."""
    length, hop = round(options.window_s / STEP_S), round(options.hop_s / STEP_S)
    found = []
    for first in range(0, max(1, len(share) - length + 1), hop):
        inside = slice(first, first + length)
        n = np.count_nonzero(sounding[inside])
        held = n >= options.sounding_share * length and share[inside].sum() >= options.held_share * n
        if held and _goes_on(partials.power[inside], options) and not _one_voice(partials, first, length, options):
            start_s = partials.first_s + (first - 0.5) * STEP_S
            found.append(Span(start_s, start_s + length * STEP_S))
    return found


def _goes_on(power: NDArray[np.float64], options: MusicOptions) -> bool:
    """Whether few frames lie far under the loud ones (their 90th percentile)."""
    loud = float(np.percentile(power, 90))
    return bool(np.mean(power < loud * 10 ** (-options.gap_db / 10)) <= options.gap_share)


def _one_voice(partials: Partials, first: int, length: int, options: MusicOptions) -> bool:
    """Whether one fundamental explains the held peaks of `length` frames from `first` on."""
    a, b = np.searchsorted(partials.held_frame, (first, first + length))
    hz, power = partials.held_hz[a:b], partials.held_power[a:b]
    octaves = np.log2(options.voice_hz[1] / options.voice_hz[0])
    fundamentals = options.voice_hz[0] * 2 ** np.linspace(0, octaves, round(octaves * _FUNDAMENTALS_PER_OCTAVE))
    off = np.abs(hz / fundamentals[:, None] - np.maximum(1, np.round(hz / fundamentals[:, None])))
    explained = (power * (off <= options.harmonic_width)).sum(axis=1)
    return bool(explained.max() >= options.voice_share * power.sum())
