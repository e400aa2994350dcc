"""What a speaker's earlier calls say about the five components: median and spread of their windows.

Robust z = (x - median) / (1.4826 MAD) over ten or more earlier calls of the same speaker, in the same language, on the
same class of channel, with syllables counted in the same way, and only calls that started before the one read against
them (measures.md 9). Windows are compared with windows: values of a whole call spread less. Every call has the same
weight, however long. The caller sees to it that all calls are of one speaker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audio.word_tempo import SyllableSource

COMPONENTS = ("pitch_spread", "loudness_spread", "rate_cv", "final_contour_entropy", "syllable_npvi")
UNITS: Mapping[str, str] = dict(zip(COMPONENTS, ("st", "dB", "", "bit", ""), strict=True))
MAD_TO_SD = 1.4826
BASELINE_CALLS = 10
BASELINE_RULE = "1"
SMALLEST_SCALE: Mapping[str, float] = {
    "pitch_spread": 0.1,
    "loudness_spread": 0.2,
    "rate_cv": 0.01,
    "final_contour_entropy": 0.15,
    "syllable_npvi": 1.0,
}
"""What a 60 s window of one and the same voice varies by through measuring alone (st, dB, -, bit, -): a smaller spread
between windows is luck. Entropy crowds under its maximum, so its MAD alone would call every dip low. [P]"""


@dataclass(frozen=True)
class CallKind:
    """What must be the same for two calls to compare: `fr`; `two channels, narrow`; `words` or `nuclei`."""

    language: str
    channel_class: str
    syllables: SyllableSource


@dataclass(frozen=True)
class EarlierCall:
    """What an earlier result keeps for a baseline.

    started_at_s  seconds of any one clock shared by all calls (Unix time)
    windows       per window the five values, None where not measured; windows that share no speech (`apart`)
    id            what the call is called where it is kept; it plays no part in the norms
    """

    started_at_s: float
    kind: CallKind
    windows: tuple[Mapping[str, float | None], ...]
    id: str = ""


@dataclass(frozen=True)
class Norm:
    """Median of a component over earlier windows, and 1.4826 MAD, `SMALLEST_SCALE` at least."""

    median: float
    scale: float
    n_calls: int


@dataclass(frozen=True)
class Baseline:
    """Norms of the components that ten or more earlier calls measured. `version` names rule and material.

    `used`: ids of the calls that count, oldest first, where they have any.
    """

    version: str = ""
    n_calls: int = 0
    norms: Mapping[str, Norm] = field(default_factory=dict)
    used: tuple[str, ...] = ()


def find_baseline(earlier: Sequence[EarlierCall], kind: CallKind, *, started_at_s: float | None) -> Baseline:
    """Norms from the same speaker's earlier calls of the same kind that started before this one.

    `earlier`: in any order; without the time of this call none can be told to be earlier, and the baseline is empty.
    A component needs ten calls that measured it.
    """
    before = [] if started_at_s is None else [e for e in earlier if e.kind == kind and e.started_at_s < started_at_s]
    used = sorted((e for e in before if e.windows), key=lambda e: (e.started_at_s, _fingerprint([e])))
    norms = {name: norm for name in COMPONENTS if (norm := _norm(used, name)) is not None}
    version = f"{BASELINE_RULE}/{_fingerprint(used)}" if norms else ""
    return Baseline(version, len(used), norms, tuple(e.id for e in used if e.id))


def _norm(calls: Sequence[EarlierCall], name: str) -> Norm | None:
    per_call = [[v for w in call.windows if (v := w.get(name)) is not None] for call in calls]
    measured = [values for values in per_call if values]
    if len(measured) < BASELINE_CALLS:
        return None
    values = np.concatenate([np.asarray(v, dtype=np.float64) for v in measured])
    weights = np.concatenate([np.full(len(v), 1 / len(v)) for v in measured])
    median = _weighted_median(values, weights)
    scale = MAD_TO_SD * _weighted_median(np.abs(values - median), weights)
    return Norm(median, max(scale, SMALLEST_SCALE[name]), len(measured))


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    middle = np.searchsorted(below, below[-1] / 2 - 1e-12)
    return float(values[order][middle])


def _fingerprint(calls: Sequence[EarlierCall]) -> str:
    """Eight hex digits of the material: another call, or another value, gives another version."""
    content = [
        [c.started_at_s, c.kind.language, c.kind.channel_class, c.kind.syllables, [dict(w) for w in c.windows]]
        for c in calls
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
