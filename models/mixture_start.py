"""First guesses of who speaks when: windows of speech, described by how they pull on a mixture of the whole call.

Each window (a second or two) moves the means of one mixture fitted on all the call's speech; the moves form a vector
(a supervector, Campbell et al. 2006), whose main directions over the call tell speakers apart before they tell
sounds apart (Shum et al. 2011 split two-party telephone calls by the main directions of such vectors).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.mixture_features import SpeechFrames
from models.mixture_gaussians import Mixture, fit

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class StartOptions:
    """Every combination is a start; the best after a short refinement goes on."""

    n_components: tuple[int, ...] = (8, 32)
    window_s: tuple[float, ...] = (1.0, 2.0)
    n_directions: tuple[int, ...] = (1, 2, 3)
    relevance_frames: float = 16.0
    world_stride: int = 2


def starts(frames: SpeechFrames, n_speakers: int, options: StartOptions) -> Iterator[Labels]:
    """Speaker of each frame, one array (n_frames,) per start; equal splits come once."""
    seen: set[bytes] = set()
    for n_components in options.n_components:
        world = fit(frames.features[:: options.world_stride], n_components)
        for window_s in options.window_s:
            window = _windows(frames, window_s)
            vectors, weights = _supervectors(frames, window, world, options.relevance_frames)
            for labels in _splits(vectors, weights, n_speakers, options.n_directions):
                if labels.tobytes() not in seen:
                    seen.add(labels.tobytes())
                    yield labels[window]


def _windows(frames: SpeechFrames, window_s: float) -> Labels:
    """Index of the window of each frame: regions cut into equal windows of about `window_s`, at least one each."""
    first = np.flatnonzero(np.diff(frames.region, prepend=-1))
    counts = np.diff(first, append=len(frames))
    n_windows = np.maximum(1, np.round(counts * frames.hop_s / window_s).astype(np.int64))
    before = np.cumsum(n_windows) - n_windows
    inside = np.arange(len(frames)) - np.repeat(first, counts)
    return np.asarray(np.repeat(before, counts) + inside * np.repeat(n_windows, counts) // np.repeat(counts, counts))


def _supervectors(frames: SpeechFrames, window: Labels, world: Mixture, relevance: float) -> tuple[Floats, Floats]:
    """Scaled moves of the means, shape (n_windows, n_components * n_features), and frames per window."""
    shares = world.shares(frames.features)
    edges = np.append(np.flatnonzero(np.diff(window, prepend=-1)), len(window))
    mass = np.add.reduceat(shares, edges[:-1], axis=0)[:, :, None]
    sums = np.stack([shares[a:b].T @ frames.features[a:b] for a, b in pairwise(edges)])
    moves = (sums - mass * world.means) / (mass + relevance)
    scaled = moves / np.sqrt(world.variances) * np.sqrt(world.weights)[:, None]
    flat = np.asarray(scaled.reshape(len(scaled), -1), dtype=np.float32)
    return flat, np.diff(edges).astype(np.float32)


def _splits(vectors: Floats, weights: Floats, n_speakers: int, n_directions: tuple[int, ...]) -> Iterator[Labels]:
    """Speaker of each window, by k-means on the first few weighted principal directions."""
    centred = vectors - np.average(vectors, axis=0, weights=weights)
    root = np.sqrt(weights)[:, None]
    left, sizes, _ = np.linalg.svd(centred * root, full_matrices=False)
    places = left * sizes / root
    for wanted in sorted({max(n, n_speakers - 1) for n in n_directions}):
        yield _grouped(places[:, :wanted], weights, n_speakers)


def _grouped(places: Floats, weights: Floats, n_groups: int, rounds: int = 20) -> Labels:
    """Weighted k-means from the farthest points, shape (n_points,)."""
    centres = _far_apart(places, n_groups)
    labels = np.zeros(len(places), dtype=np.int64)
    for _ in range(rounds):
        labels = np.asarray(((places[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1), dtype=np.int64)
        for k in np.unique(labels):
            centres[k] = np.average(places[labels == k], axis=0, weights=weights[labels == k])
    return labels


def _far_apart(places: Floats, n_points: int) -> Floats:
    """Points that lie far from each other: the two ends of the main direction, then the farthest from those."""
    chosen = [int(places[:, 0].argmin()), int(places[:, 0].argmax())]
    while len(chosen) < n_points:
        distance = ((places[:, None, :] - places[chosen]) ** 2).sum(axis=2).min(axis=1)
        chosen.append(int(distance.argmax()))
    return np.array(places[chosen])
