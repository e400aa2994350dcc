"""The most likely sequence of speakers, where each keeps the floor for a minimum time.

Inside a region of speech a speaker may be followed by another only after a minimum time, and only with as much time
left before the silence; a region shorter than twice that has one speaker, whoever it is. So a short answer between
two silences is kept, and no fragment appears in mid-phrase. Solved exactly (Viterbi over segments), region by region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
Change = tuple[int, int]
"""A speaker and the step at which they took the floor."""


@dataclass(frozen=True)
class PathOptions:
    """Minimum time of a speaker inside a region, and the price of a change (in log-likelihood after `weight`).

    weight  neighbouring frames share most of their samples, so each counts as a share of a frame
    """

    step_frames: int = 5
    min_steps: int = 12
    weight: float = 0.3
    change_cost: float = 3.0
    gap_change_cost: float = 1.0


@dataclass(frozen=True, eq=False)
class Path:
    """`labels` shape (n_frames,), the speaker of each frame; `score`, what the path is worth."""

    labels: Labels
    score: float


def best_path(scores: Floats, region: Labels, options: PathOptions) -> Path:
    """Best sequence of speakers. scores: log-likelihood, shape (n_frames, n_speakers >= 2);
    region: index of the speech region of each frame, shape (n_frames,), never falling."""
    starts = _step_starts(region, options.step_frames)
    steps = np.add.reduceat(scores, starts, axis=0).astype(np.float64) * options.weight
    edges = [*np.flatnonzero(np.diff(region[starts], prepend=region[0] - 1)).tolist(), len(starts)]
    score = [0.0] * scores.shape[1]
    walked = []
    for a, b in pairwise(edges):
        before, entering = _over_a_silence(score, options.gap_change_cost if a else 0.0)
        score, ends, begun = _through_a_region(steps[a:b], entering, options)
        walked.append((before, ends, begun))
    labels = _walk_back(walked, edges, _best(score))
    return Path(np.repeat(labels, np.diff(starts, append=len(scores))), max(score))


def _step_starts(region: Labels, step_frames: int) -> Labels:
    """First frame of each step; no step crosses from one region into the next."""
    first = np.flatnonzero(np.diff(region, prepend=region[0] - 1))
    in_region = np.arange(len(region)) - np.repeat(first, np.diff(first, append=len(region)))
    return np.flatnonzero(in_region % step_frames == 0)


def _best(score: Sequence[float]) -> int:
    return max(range(len(score)), key=score.__getitem__)


def _over_a_silence(score: Sequence[float], cost: float) -> tuple[list[int], list[float]]:
    """Who spoke before, if each speaker begins the next region, and the score of that."""
    best = _best(score)
    stay = [s >= score[best] - cost for s in score]
    before = [k if keeps else best for k, keeps in enumerate(stay)]
    return before, [s if keeps else score[best] - cost for s, keeps in zip(score, stay, strict=True)]


def _through_a_region(
    steps: NDArray[np.float64], entering: Sequence[float], options: PathOptions
) -> tuple[list[float], list[int], dict[Change, Change]]:
    """Scores at the end of a region, the step at which each last speaker began, and from whom each change took over.

    Scores are kept less the speaker's own running sum, so that keeping the floor needs no arithmetic.
    """
    minimum, speakers = options.min_steps, range(len(entering))
    sums = np.vstack([np.zeros(len(entering)), np.cumsum(steps, axis=0)]).tolist()
    kept, ends = list(entering), [0] * len(entering)
    begun: dict[Change, Change] = {}
    waiting: dict[int, list[tuple[float, int]]] = {}
    for t in range(minimum, len(steps) + 1):
        for value, k in waiting.pop(t, ()):
            if value > kept[k]:
                kept[k], ends[k] = value, t - minimum
        if t <= len(steps) - minimum:
            waiting[t + minimum] = []
            for k in speakers:
                value, j = max((kept[j] + sums[t][j], j) for j in speakers if j != k)
                begun[k, t] = (j, ends[j])
                waiting[t + minimum].append((value - options.change_cost - sums[t][k], k))
    return [kept[k] + sums[-1][k] for k in speakers], ends, begun


def _walk_back(
    walked: Sequence[tuple[list[int], list[int], dict[Change, Change]]], edges: Sequence[int], last: int
) -> Labels:
    """Speaker of each step, from the last region back to the first."""
    labels = np.zeros(edges[-1], dtype=np.int64)
    for index in range(len(walked) - 1, -1, -1):
        before, ends, begun = walked[index]
        first, end = edges[index], edges[index + 1]
        speaker, began = last, ends[last]
        while began:
            labels[first + began : end] = speaker
            end = first + began
            speaker, began = begun[speaker, began]
        labels[first:end] = speaker
        last = before[speaker]
    return labels
