"""Automatism: `python -m tests.bench automatism`. Is the same recording in call after call told from readings of it?

Synthetic agents, 24 of each kind and closeness: the same recording through three codecs (mu-law, AMR-NB 12.2k, Opus
12k) against six readings of the sentence, each a little otherwise (`tests.bench.voice.readings`). One figure per agent:
the median over all pairs of their sayings. AUC: how often an agent who played is told from one who read. `near`: share
of pairs that the pages call nearly the same. Target: AUC of `apart` 0.95 at least, in each closeness.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from audio.repetition import Likeness, likeness
from service.demo.speak import available
from tests.bench.report import Report
from tests.bench.voice.readings import Sayings, agents, auc

CLOSENESS = (0.5, 1.0, 1.5)
SENTENCES = 6
LEAST_AUC = 0.95
FIGURES: dict[str, Callable[[Likeness], float]] = {
    "apart": lambda x: x.apart,
    "melody, st (mean)": lambda x: x.mean_st,
    "melody, st (rms)": lambda x: x.rmse_st,
    "melody, 1 - r": lambda x: 1.0 - (x.contour_r or 0.0),
    "timing, share": lambda x: x.gaps_rms,
    "level, dB": lambda x: x.levels_db or 0.0,
}


def run(report: Report) -> None:
    """A table per closeness, and the targets."""
    if not available():
        raise FileNotFoundError(2, "not installed", "espeak-ng")
    for closeness in CLOSENESS:
        played, reading = agents(closeness, SENTENCES)
        rows: list[tuple[object, ...]] = []
        for name, figure in FIGURES.items():
            same, other = medians(played, figure), medians(reading, figure)
            rows.append((name, float(np.median(same)), float(np.median(other)), auc(other, same)))
            if name == "apart":
                report.target(f"readings {closeness:g}: 1 - AUC of apart", 1 - auc(other, same), 1 - LEAST_AUC, "")
        rows.append(("near, % of pairs", near_percent(played), near_percent(reading), None))
        report.heading(f"readings that vary {closeness:g} times as usual, {len(played)} + {len(reading)} agents")
        report.table(("median over an agent's pairs", "played", "read", "AUC"), rows)


def pairs_of(sayings: Sayings) -> list[Likeness]:
    """All pairs that could be laid over each other."""
    return [x for a, b in itertools.combinations(sayings, 2) if (x := likeness(a, b)) is not None]


def medians(found: Sequence[Sayings], figure: Callable[[Likeness], float]) -> NDArray[np.float64]:
    """One figure per agent of whom a pair could be compared."""
    pairs = (pairs_of(sayings) for sayings in found)
    return np.array([np.median([figure(x) for x in laid]) for laid in pairs if laid])


def near_percent(found: Sequence[Sayings]) -> float:
    """Share of all pairs that count as nearly the same."""
    near = [x.near for sayings in found for x in pairs_of(sayings)]
    return 100.0 * float(np.mean(near))
