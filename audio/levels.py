"""Levels of a channel in short frames, read in bounded blocks: what layout and quality both rest on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.recording import STILL_RANGE, Channel
from audio.timeline import FrameTrack, Span, runs

STEP_S = 0.02
_BLOCK_S = 60.0
_TINY_POWER = 1e-20


@dataclass(frozen=True, eq=False)
class Levels:
    """Per frame of STEP_S, shape (n_frames,): `level_db` [dBFS of the mean square, DC removed], `still`: not moving."""

    level_db: NDArray[np.float64]
    still: NDArray[np.bool_]
    start_s: float

    @property
    def track(self) -> FrameTrack:
        """The levels with their clock."""
        return FrameTrack(self.level_db, self.start_s, STEP_S, "dBFS")

    def still_spans(self, min_s: float) -> list[Span]:
        """Stretches of digital silence of at least `min_s`."""
        return [s for s in runs(self.still, first_s=self.start_s, step_s=STEP_S) if s.duration_s >= min_s - 1e-9]


def measure_levels(channel: Channel) -> Levels:
    """Levels of the whole channel; the last, partial frame is left out (a channel under 20 ms gives one frame)."""
    size = round(STEP_S * channel.rate_hz)
    powers, stills = [], []
    for _, block in channel.blocks(_BLOCK_S):
        frames = _frames(block, size)
        powers.append(frames.var(axis=1, dtype=np.float64))
        stills.append(np.ptp(frames, axis=1) < STILL_RANGE)
    power = np.concatenate(powers) if powers else np.zeros(0)
    still = np.concatenate(stills) if stills else np.zeros(0, dtype=np.bool_)
    return Levels(10 * np.log10(power + _TINY_POWER), still, channel.start_s)


def _frames(block: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    if len(block) < size:
        return block[np.newaxis, :] if len(block) else block.reshape(0, 1)
    return block[: len(block) // size * size].reshape(-1, size)
