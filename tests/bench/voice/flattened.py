"""Flattened: natural readings and their copies with half the pitch movement, through G.711, told apart or not.

on         short: readings of 6 s of speech; long: 30 s, enough for most of the measures' minimum. Flattened by moving
           periods (`moved`), or by driving the reading's own filters with pulses at the halved contour (`driven`; its
           natural side is driven too, with the contour as it is). Both through A-law and mu-law, 300-3400 Hz.
told_apart pairs whose flattened side has the lower value (flat windows: the higher), %. chance: 50
false_flag natural readings under the floors the product uses (spread under 1.5 st and range under 4 st), %
hit        flattened readings under them, %; chance: the same share of the natural ones. Absolute floors find about
           half of what is flattened by half, by design: who varies widely stays over them (measures.md 1.3)
auc        probability that a natural reading of any talker varies more than a flattened one of any talker. chance: 0.5
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from audio import pitch
from audio.voice import track_voice
from tests.audio.signals import as_channel, repitched
from tests.bench.voice.lines import LINES, Samples
from tests.bench.voice.people import Reading, contour_hz, readings, tracker
from tests.bench.voice.pitch_sounds import Clip, rebuilt
from tests.bench.voice.rows import Row

FACTOR = 0.5
LENGTHS_S = {"short": 6.0, "long": 30.0}
LAWS = ("a_law", "mu_law")
FLOOR_SPREAD_ST, FLOOR_RANGE_ST = 1.5, 4.0
MEASURES = ("spread", "range", "pdq", "flat_windows")
Contour = NDArray[np.float64]


@dataclass(frozen=True)
class Values:
    """One reading through one line; NaN where there is nothing to measure."""

    spread: float
    range: float
    pdq: float
    flat_windows: float

    @property
    def flagged(self) -> bool:
        """Under both of the product's floors."""
        return self.spread < FLOOR_SPREAD_ST and self.range < FLOOR_RANGE_ST


@dataclass(frozen=True)
class Pair:
    """The same reading, natural and flattened."""

    natural: Values
    flattened: Values

    def told_apart(self, measure: str) -> bool:
        """Whether the flattened side is the flatter one."""
        a, b = getattr(self.natural, measure), getattr(self.flattened, measure)
        return bool(b > a if measure == "flat_windows" else b < a)


def measured(reading: Reading, samples: Samples, line: str) -> Values:
    """Pitch measures of a reading's words in other sound."""
    track = track_voice(as_channel(*LINES[line](samples)), reading.speech, tracker(), others=()).pitch
    f0, windows = pitch.voiced_hz(track, reading.speech), pitch.speech_windows(track, reading.speech)
    found = (
        pitch.pitch_spread_st(f0),
        pitch.pitch_range_st(f0),
        pitch.pitch_dynamism(windows),
        pitch.flat_windows_percent(windows),
    )
    return Values(*(np.nan if value is None else value for value in found))


def _moved(reading: Reading, f0_hz: Contour) -> tuple[Samples, Samples]:
    return reading.samples, repitched(reading.samples, f0_hz, pitch.PITCH_STEP_S, flatten=FACTOR)


def _driven(reading: Reading, f0_hz: Contour) -> tuple[Samples, Samples]:
    clip = Clip(reading.samples, reading.speech)
    return rebuilt(clip, f0_hz, 1.0).samples, rebuilt(clip, f0_hz, FACTOR).samples


METHODS: Mapping[str, Callable[[Reading, Contour], tuple[Samples, Samples]]] = {"moved": _moved, "driven": _driven}


def pairs(length: str) -> dict[str, list[Pair]]:
    """By method, every reading through both laws."""
    found: dict[str, list[Pair]] = {method: [] for method in METHODS}
    for reading in readings(LENGTHS_S[length]):
        f0_hz = contour_hz(reading)
        for (method, flatten), law in product(METHODS.items(), LAWS):
            sounds = flatten(reading, f0_hz)
            found[method].append(Pair(*(measured(reading, sound, law) for sound in sounds)))
    return found


def rows() -> list[Row]:
    """All rows, or one that says what is missing."""
    found = {length: pairs(length) for length in LENGTHS_S}
    everything = [p for by_method in found.values() for some in by_method.values() for p in some]
    if not everything:
        return [Row("flattened", "told_apart_spread", "all", None, "%", 0, why="no recordings")]
    return [*_told_apart("all", everything), *(row for length, by in found.items() for row in _of_length(length, by))]


def _of_length(length: str, by_method: Mapping[str, Sequence[Pair]]) -> Iterator[Row]:
    for method, some in by_method.items():
        yield from _told_apart(f"{length}_{method}", some)
    moved = by_method["moved"]
    natural, flat = [p.natural for p in moved], [p.flattened for p in moved]
    false = 100 * float(np.mean([v.flagged for v in natural]))
    yield Row("flattened", "false_flag", length, false, "%", len(natural))
    yield Row("flattened", "hit", length, 100 * float(np.mean([v.flagged for v in flat])), "%", len(flat), false)
    for measure in MEASURES[:2]:
        yield Row("flattened", f"auc_{measure}", length, _auc(natural, flat, measure), "", len(flat), 0.5)


def _told_apart(on: str, some: Sequence[Pair]) -> Iterator[Row]:
    measures = MEASURES if on.startswith("long") else MEASURES[:2]
    for measure in measures:
        share = 100 * float(np.mean([p.told_apart(measure) for p in some]))
        yield Row("flattened", f"told_apart_{measure}", on, share, "%", len(some), 50.0)


def _auc(natural: Sequence[Values], flat: Sequence[Values], measure: str) -> float:
    a, b = (np.array([getattr(v, measure) for v in some]) for some in (natural, flat))
    return float(np.mean((a[:, None] > b[None, :]) + 0.5 * (a[:, None] == b[None, :])))
