"""Fairness: does a flag fall more often on high voices, quick talkers, or one telephone line?

Nobody in the material speaks flatly: recorded people (24 s of speech or more each) and lively synthetic voices. Each
goes through every line as it is, and through mu-law shifted by -4 to 4 st and 15 % slower and faster, so that groups
hold the same voices saying the same. Gates are the product's: what is withheld is no flag and not counted.

flags      low_pitch (spread under 1.5 st and range under 4 st), flat_windows (over 30 %), rate (outside the language's
           band; synthetic voices only, which have words), rate_cv (under 0.10), endings (entropy under 0.6 bit)
on         pitch: at most 145, to 190, over 190 Hz; tempo: slow, as it was, fast; line: one group per line
false      share of readings flagged, all renderings, %
apart      largest difference of that share between two groups, percentage points
chance     what an unbiased flag of the same overall share gives with groups of the same size in 95 of 100 draws
over_chance  how many of the differences are larger than their chance
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from audio import metallic, pitch
from audio.notes import Measure
from audio.quality import measure_quality
from audio.timeline import Span, Word
from audio.voice import measure_voice, track_voice
from tests.audio.signals import VoicePlan, as_channel, repitched, voice
from tests.bench.voice.lines import LINES, Samples, tempo
from tests.bench.voice.people import Reading, contour_hz, readings, tracker
from tests.bench.voice.rows import Row

LONGEST_S, LEAST_S = 62.0, 24.0
LIVELY = [
    VoicePlan(
        duration_s=LONGEST_S,
        median_hz=hz,
        spread_st=spread_st,
        rate_jitter=0.2,
        pause_s=0.45,
        syllables_per_phrase=11,
        syllables_per_s=rate,
        final_st=(0.0, 3.0, -1.0, 0.5),
        seed=int(hz),
    )
    for hz, spread_st, rate in (
        (100, 2.6, 5.0),
        (125, 2.2, 5.6),
        (150, 3.2, 4.9),
        (175, 2.0, 5.3),
        (215, 2.6, 5.1),
        (250, 3.0, 5.5),
    )
]
SHIFTS_ST, TEMPI = (-4.0, -2.0, 2.0, 4.0), {"slow": 0.85, "fast": 1.15}
USUAL_LINE, LOW_HZ, HIGH_HZ = "mu_law", 145.0, 190.0
FLAT_WINDOWS_PERCENT = 30.0
DRAWS, SEED = 1000, 6
FLAGS = ("low_pitch", "flat_windows", "rate", "rate_cv", "endings")


@dataclass(frozen=True)
class Rendering:
    """One voice in one form: its groups and its flags; None where the product withholds the measure."""

    line: str
    tempo: str
    shift_st: float
    pitch_hz: float
    flags: Mapping[str, bool | None]


@dataclass(frozen=True, eq=False)
class Speaker:
    """A reading and, for a synthetic voice, its words."""

    reading: Reading
    words: tuple[Word, ...] = ()


def speakers() -> list[Speaker]:
    """Recorded people first; the synthetic ones always."""
    people: dict[str, Reading] = {}
    for least_s in (LONGEST_S - 10, LEAST_S):
        for reading in readings(least_s):
            people.setdefault(reading.talker, reading)
    return [*(Speaker(reading) for reading in people.values()), *map(_synthetic, LIVELY)]


def _synthetic(plan: VoicePlan) -> Speaker:
    made = voice(plan)
    words = tuple(Word("mot", Span(t - 0.08, t + 0.08), time_is_estimated=True) for t in made.nuclei_s.tolist())
    return Speaker(Reading(f"synthetic {plan.median_hz:.0f} Hz", made.samples, made.speech), words)


def renderings(speaker: Speaker) -> Iterator[Rendering]:
    """The voice through every line, shifted, slower and faster."""
    reading = speaker.reading
    for line in LINES:
        yield rendered(speaker, line=line)
    f0_hz = contour_hz(reading)
    for shift_st in SHIFTS_ST:
        moved = repitched(reading.samples, f0_hz, pitch.PITCH_STEP_S, shift_st=shift_st)
        yield rendered(Speaker(_with(reading, moved), speaker.words), shift_st=shift_st)
    for name, factor in TEMPI.items():
        paced = Speaker(
            _with(reading, tempo(reading.samples, factor), factor), tuple(_at(w, factor) for w in speaker.words)
        )
        yield rendered(paced, pace=name)


def _with(reading: Reading, samples: Samples, factor: float = 1.0) -> Reading:
    speech = tuple(Span(s.start_s / factor, s.end_s / factor) for s in reading.speech)
    return Reading(reading.talker, samples, speech)


def _at(word: Word, factor: float) -> Word:
    return Word(word.text, Span(word.span.start_s / factor, word.span.end_s / factor), time_is_estimated=True)


def rendered(speaker: Speaker, *, line: str = USUAL_LINE, pace: str = "usual", shift_st: float = 0.0) -> Rendering:
    """Measured as the product does, with its gates."""
    reading = speaker.reading
    sound = as_channel(*LINES[line](reading.samples))
    tracks = track_voice(sound, reading.speech, tracker(), others=())
    snr_db = measure_quality(sound, reading.speech).snr_db
    found = measure_voice(tracks, reading.speech, source="", snr_db=snr_db, words=speaker.words or None, language="fr")
    by_name = {m.name: m for m in found}
    return Rendering(line, pace, shift_st, float(np.nanmedian(tracks.pitch.values)), _flags(by_name))


def _flags(found: Mapping[str, Measure]) -> dict[str, bool | None]:
    spread, narrow = found["pitch_spread"].value, found["pitch_range"].value
    rate, floors = found["articulation_rate"], metallic.FLOORS
    return {
        "low_pitch": None if spread is None or narrow is None else spread < floors["pitch_spread"] and narrow < 4.0,
        "flat_windows": _beyond(found["flat_windows"], lambda v: v > FLAT_WINDOWS_PERCENT),
        "rate": None if not rate.source.endswith("words") or rate.value is None else rate.reason is not None,
        "rate_cv": _beyond(found["rate_cv"], lambda v: v < floors["rate_cv"]),
        "endings": _beyond(found["final_contour_entropy"], lambda v: v < floors["final_contour_entropy"]),
    }


def _beyond(measure: Measure, limit: Callable[[float], bool]) -> bool | None:
    return None if measure.value is None else limit(measure.value)


def _pitch_band(rendering: Rendering) -> str:
    if rendering.pitch_hz <= LOW_HZ:
        return "low"
    return "middle" if rendering.pitch_hz <= HIGH_HZ else "high"


GROUPINGS: Mapping[str, tuple[Callable[[Rendering], str], Callable[[Rendering], bool]]] = {
    "pitch": (_pitch_band, lambda r: r.line == USUAL_LINE and r.tempo == "usual"),
    "tempo": (lambda r: r.tempo, lambda r: r.line == USUAL_LINE and r.shift_st == 0),
    "line": (lambda r: r.line, lambda r: r.tempo == "usual" and r.shift_st == 0),
}


def rows() -> list[Row]:
    """All rows, or one that says what is missing."""
    try:
        found = [r for speaker in speakers() for r in renderings(speaker)]
    except FileNotFoundError as exc:
        return [Row("fairness", "over_chance", "all", None, "n", 0, why=f"{exc.filename} is {exc.strerror}")]
    apart = [_apart(flag, grouping, found) for flag, grouping in product(FLAGS, GROUPINGS)]
    over = sum((row.figure or 0.0) > (row.chance or 0.0) for row in apart)
    return [
        *(_false(flag, found) for flag in FLAGS),
        *apart,
        Row("fairness", "over_chance", "all", over, "n", len(apart)),
    ]


def _false(flag: str, found: Sequence[Rendering]) -> Row:
    flags = [f for r in found if (f := r.flags[flag]) is not None]
    return Row("fairness", f"{flag}_false", "all", 100 * float(np.mean(flags)), "%", len(flags))


def _apart(flag: str, grouping: str, found: Sequence[Rendering]) -> Row:
    group_of, belongs = GROUPINGS[grouping]
    groups: dict[str, list[bool]] = {}
    for rendering in filter(belongs, found):
        if (flagged := rendering.flags[flag]) is not None:
            groups.setdefault(group_of(rendering), []).append(flagged)
    shares = [100 * float(np.mean(flags)) for flags in groups.values()]
    everyone = [flag for flags in groups.values() for flag in flags]
    bound = by_luck(float(np.mean(everyone)), [len(flags) for flags in groups.values()])
    return Row("fairness", f"{flag}_apart", grouping, max(shares) - min(shares), "points", len(everyone), bound)


def by_luck(share: float, sizes: Sequence[int]) -> float:
    """The largest difference between groups that a flag blind to them stays under in 95 of 100 draws, points."""
    rng = np.random.default_rng(SEED)
    shares = np.stack([rng.binomial(n, share, DRAWS) / n for n in sizes])
    return 100 * float(np.percentile(shares.max(axis=0) - shares.min(axis=0), 95))
