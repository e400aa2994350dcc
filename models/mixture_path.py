"""The most likely sequence of speakers, where each keeps the floor for a minimum time.

A hidden Markov model whose states are (speaker, age in this region): inside a region of speech a speaker may be left
only at full age, and one who takes the floor needs time enough before the silence. A region shorter than that has one
speaker, whoever it is: so a short answer between two silences is kept, and no fragment appears in mid-phrase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
Scores = NDArray[np.float64]


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
    final, came_from, grew = _walk(steps, _steps_left(region[starts]), options)
    labels = _walk_back(int(final.argmax()), came_from, grew, options.min_steps)
    return Path(np.repeat(labels, np.diff(starts, append=len(scores))), float(final.max()))


def _step_starts(region: Labels, step_frames: int) -> Labels:
    """First frame of each step; no step crosses from one region into the next."""
    first = np.flatnonzero(np.diff(region, prepend=region[0] - 1))
    in_region = np.arange(len(region)) - np.repeat(first, np.diff(first, append=len(region)))
    return np.flatnonzero(in_region % step_frames == 0)


def _steps_left(region: Labels) -> Labels:
    """Steps from each step to the end of its region, itself included; negative at the first step of a region."""
    first = np.flatnonzero(np.diff(region, prepend=region[0] - 1))
    ends = np.append(first[1:], len(region))
    left = np.repeat(ends, ends - first) - np.arange(len(region))
    left[first] *= -1
    return left


def _walk(steps: Scores, steps_left: Labels, options: PathOptions) -> tuple[Scores, Labels, Labels]:
    """Forward pass: final scores (n_speakers, n_ages), and per step and speaker the flat state that an entry came
    from and whether the full age was reached by growing (1) or kept (0), both (n_steps, n_speakers)."""
    n_steps, n_speakers = steps.shape
    came_from = np.zeros((n_steps, n_speakers), dtype=np.int64)
    grew = np.zeros((n_steps, n_speakers), dtype=np.int64)
    score = np.full((n_speakers, options.min_steps), -np.inf)
    score[:, 0] = steps[0]
    for t in range(1, n_steps):
        if steps_left[t] < 0:
            came_from[t], entries = _over_a_silence(score, options)
            score = np.full_like(score, -np.inf)
            score[:, 0] = entries + steps[t]
            continue
        came_from[t], entries = _inside_a_region(score, int(steps_left[t]), options)
        grew[t] = score[:, -2] >= score[:, -1]
        full = np.maximum(score[:, -2], score[:, -1])
        score = np.concatenate([entries[:, None], score[:, :-2], full[:, None]], axis=1) + steps[t][:, None]
    return score, came_from, grew


def _over_a_silence(score: Scores, options: PathOptions) -> tuple[Labels, Scores]:
    """Where each speaker begins a region from, and with what score: from any age, its own or another's."""
    n_speakers, n_ages = score.shape
    ages = score.argmax(axis=1)
    leaving = score[np.arange(n_speakers), ages]
    offers = leaving - options.gap_change_cost * (1 - np.eye(n_speakers))
    source = offers.argmax(axis=1)
    return source * n_ages + ages[source], offers.max(axis=1)


def _inside_a_region(score: Scores, steps_left: int, options: PathOptions) -> tuple[Labels, Scores]:
    """Where each speaker takes the floor from in mid-region: another at full age, with time enough left to speak."""
    n_speakers, n_ages = score.shape
    offers = np.where(np.eye(n_speakers, dtype=bool), -np.inf, score[:, -1] - options.change_cost)
    if steps_left < n_ages:
        offers = np.full_like(offers, -np.inf)
    return offers.argmax(axis=1) * n_ages + n_ages - 1, offers.max(axis=1)


def _walk_back(state: int, came_from: Labels, grew: Labels, n_ages: int) -> Labels:
    """Speaker of each step, following the pointers from the last state."""
    labels = np.zeros(len(came_from), dtype=np.int64)
    speaker, age = divmod(state, n_ages)
    for t in range(len(labels) - 1, -1, -1):
        labels[t] = speaker
        if age == 0:
            speaker, age = divmod(int(came_from[t, speaker]), n_ages)
        elif age < n_ages - 1 or grew[t, speaker]:
            age -= 1
    return labels
