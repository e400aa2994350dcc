"""A synthetic voice with one phrase of another delivery spliced in: its ratios to the rest are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audio.timeline import Span
from tests.audio.signals import RATE_HZ, SyntheticVoice, VoicePlan, voice


@dataclass(frozen=True)
class Splice:
    """How the phrase differs from the rest: ratios of rate and pitch spread, level in dB, movement of its end.

    The rest has 2.5 st of spread, 5 syllables a second, phrases of `syllables`.
    """

    rate: float = 1.3
    spread: float = 0.5
    level_db: float = -4.0
    final_st: float = 12.0
    median_hz: float = 130.0
    syllables: int = 12
    level_jitter_db: float = 2.0
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Spliced:
    """16 kHz sound and its F0 (NaN unvoiced); `phrase`: where the other delivery is; `speech`: with it, sorted."""

    samples: NDArray[np.float32]
    f0_hz: NDArray[np.float64]
    phrase: Span
    speech: tuple[Span, ...]

    @property
    def rest(self) -> list[Span]:
        return [s for s in self.speech if s != self.phrase]

    @property
    def span_ratio(self) -> float:
        """True spread of the phrase over the median of true stretches as long, before and after it."""
        first, last = (int(t * RATE_HZ) for t in (self.phrase.start_s, self.phrase.end_s))
        before, own, after = (_semitones(part) for part in np.split(self.f0_hz, [first, last]))
        as_long = [part[i : i + len(own)] for part in (before, after) for i in range(0, len(part), len(own) // 10)]
        return float(own.std() / np.median([x.std() for x in as_long if len(x) == len(own)]))


def spliced(splice: Splice) -> Spliced:
    plan = VoicePlan(
        duration_s=18,
        median_hz=splice.median_hz,
        syllables_per_phrase=splice.syllables,
        level_jitter_db=splice.level_jitter_db,
        seed=splice.seed,
    )
    before, after = voice(plan), voice(replace(plan, seed=splice.seed + 100))
    usual_st = float(np.median([_spread_st(v, s) for v in (before, after) for s in v.speech]))
    own = voice(
        replace(
            plan,
            duration_s=splice.syllables / (plan.syllables_per_s * splice.rate) + 0.9,
            syllables_per_s=plan.syllables_per_s * splice.rate,
            spread_st=splice.spread * usual_st,
            final_st=(splice.final_st,),
            seed=splice.seed + 200,
        )
    )
    parts = (before.samples, own.samples * np.float32(10 ** (splice.level_db / 20)), after.samples)
    begins_s = np.cumsum([0.0, *(len(p) / RATE_HZ for p in parts)])
    phrase = own.speech[0].shifted(float(begins_s[1]))
    later = (s.shifted(float(begins_s[2])) for s in after.speech)
    f0_hz = np.concatenate([v.f0_hz for v in (before, own, after)])
    return Spliced(np.concatenate(parts), f0_hz, phrase, (*before.speech, phrase, *later))


def _spread_st(known: SyntheticVoice, span: Span) -> float:
    return float(np.std(_semitones(known.f0_hz[int(span.start_s * RATE_HZ) : int(span.end_s * RATE_HZ)])))


def _semitones(f0_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(12 * np.log2(f0_hz[np.isfinite(f0_hz)]))
