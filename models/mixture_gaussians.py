"""Gaussian mixtures with diagonal covariances, in numpy: fit, adapt, score, the same every time.

Scikit-learn has a fuller one; its import alone takes as long as diarizing a whole call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
VARIANCE_FLOOR = 0.05
"""Share of the call's own variance (features have variance 1): narrower components fit single sounds."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """weights (n_components,), means and variances (n_components, n_features)."""

    weights: Floats
    means: Floats
    variances: Floats

    def joint(self, features: Floats) -> Floats:
        """log(weight * density) of each frame and component, shape (n_frames, n_components)."""
        precision = 1 / self.variances
        constant = np.log(self.weights + 1e-12) - 0.5 * (
            np.log(2 * np.pi * self.variances).sum(axis=1) + (self.means**2 * precision).sum(axis=1)
        )
        square = (features**2) @ (-0.5 * precision).T
        return np.asarray(constant + square + features @ (self.means * precision).T, dtype=np.float32)

    def log_density(self, features: Floats) -> Floats:
        """Log density of each frame, shape (n_frames,)."""
        return log_sum(self.joint(features))

    def shares(self, features: Floats) -> Floats:
        """Posterior of each component, shape (n_frames, n_components), rows sum to 1."""
        joint = self.joint(features)
        return np.asarray(np.exp(joint - log_sum(joint)[:, None]), dtype=np.float32)


def log_sum(values: Floats) -> Floats:
    """log(sum(exp)) along axis 1, shape (n_frames,)."""
    top = values.max(axis=1)
    return np.asarray(top + np.log(np.exp(values - top[:, None]).sum(axis=1)), dtype=np.float32)


def fit(features: Floats, n_components: int, *, rounds: int = 8) -> Mixture:
    """Mixture of at most `n_components`, by EM from an even spread over the frames in order of their main direction.

    No chance in it: the same frames give the same mixture.
    """
    n_components = max(1, min(n_components, len(features) // 10))
    order = np.argsort(features @ _main_direction(features), kind="stable")
    chunks = np.array_split(order, n_components)
    means = np.stack([features[chunk].mean(axis=0) for chunk in chunks])
    everywhere = np.broadcast_to(features.var(axis=0) + VARIANCE_FLOOR, means.shape)
    even = np.full(n_components, 1 / n_components, dtype=np.float32)
    return improve(Mixture(even, means, np.array(everywhere)), features, rounds=rounds)


def improve(mixture: Mixture, features: Floats, *, rounds: int) -> Mixture:
    """`rounds` of EM on the features, each component keeping a pseudo-count of one frame."""
    for _ in range(rounds):
        mixture = _maximised(mixture, features, mixture.shares(features))
    return mixture


def _maximised(mixture: Mixture, features: Floats, shares: Floats) -> Mixture:
    mass = shares.sum(axis=0)[:, None] + 1
    means = (shares.T @ features + mixture.means) / mass
    second = (shares.T @ features**2 + mixture.variances + mixture.means**2) / mass
    variances = np.maximum(second - means**2, VARIANCE_FLOOR)
    return Mixture((mass / mass.sum())[:, 0], means, variances)


def adapted(world: Mixture, features: Floats, *, relevance: float) -> Mixture:
    """`world` with its means and weights moved towards the features (MAP, Reynolds et al. 2000).

    relevance: frames a component must see before it moves half of the way.
    """
    shares = world.shares(features)
    mass = shares.sum(axis=0)
    pull = (mass / (mass + relevance))[:, None]
    seen = (shares.T @ features) / (mass[:, None] + 1e-6)
    weights = pull[:, 0] * mass / max(len(features), 1) + (1 - pull[:, 0]) * world.weights
    return Mixture(weights / weights.sum(), pull * seen + (1 - pull) * world.means, world.variances)


def _main_direction(features: Floats) -> Floats:
    """First principal direction, shape (n_features,), its largest entry positive so that it has one sign."""
    centred = features - features.mean(axis=0)
    direction = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    return np.asarray(direction * np.sign(direction[np.abs(direction).argmax()]), dtype=np.float32)
