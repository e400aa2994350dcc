"""Decoded frames into one float32 file per channel: scaled, counted for clipping, resampled, bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import soxr
from numpy.typing import NDArray

FULL_SCALE = 0.98
"""At or above this a native sample counts as clipped: the largest mu-law code is 0.9803, the largest A-law 0.9844."""
_BLOCK_S = 2.0
_PEAK_KEPT = 8.0  # float files may hold anything; more than +18 dBFS is not sound and would poison the resampler


def analysis_rate_hz(native_rate_hz: int) -> int:
    """8000 Hz stays as it is; everything else is analysed at 16000 Hz."""
    return 8000 if native_rate_hz == 8000 else 16000


class ChannelFiles:
    """Writes channels apart, never mixed. `files`: one per channel, open for binary writing."""

    def __init__(self, files: Sequence[BinaryIO], native_rate_hz: int) -> None:
        self.native_rate_hz = native_rate_hz
        self.rate_hz = analysis_rate_hz(native_rate_hz)
        self.n_native = 0
        self.n_written = 0
        self.not_finite = 0
        self.clipped = [0] * len(files)
        self._files = files
        self._waiting: list[NDArray[np.float32]] = []
        self._n_waiting = 0
        self._resampler = self._new_resampler(native_rate_hz)

    def add(self, samples: NDArray[np.float32]) -> None:
        """Samples of all channels at the native rate, shape (n_channels, n_samples)."""
        self._waiting.append(samples)
        self._n_waiting += samples.shape[1]
        self.n_native += samples.shape[1]
        if self._n_waiting >= _BLOCK_S * self.native_rate_hz:
            self._write(last=False)

    def add_silence(self, n_samples: int) -> None:
        """Keeps time right across a gap: zeros at the native rate, in bounded pieces."""
        piece = int(_BLOCK_S * self.native_rate_hz)
        for first in range(0, n_samples, piece):
            self.add(np.zeros((len(self._files), min(piece, n_samples - first)), dtype=np.float32))

    def close(self) -> None:
        """Flushes what is left; the files stay open."""
        self._write(last=True)
        for file in self._files:
            file.flush()

    def _new_resampler(self, native_rate_hz: int) -> soxr.ResampleStream | None:
        if native_rate_hz == self.rate_hz:
            return None
        return soxr.ResampleStream(native_rate_hz, self.rate_hz, len(self._files), dtype="float32", quality="HQ")

    def _write(self, *, last: bool) -> None:
        block = self._next_block()
        for index, channel in enumerate(block):
            self.clipped[index] += int(np.count_nonzero(np.abs(channel) >= FULL_SCALE))
        out = block
        if self._resampler is not None:
            out = self._resampler.resample_chunk(np.ascontiguousarray(block.T), last=last).T
        for file, channel in zip(self._files, out, strict=True):
            file.write(np.ascontiguousarray(channel, dtype=np.float32).data)
        self.n_written += out.shape[1]

    def _next_block(self) -> NDArray[np.float32]:
        empty = np.zeros((len(self._files), 0), dtype=np.float32)
        block = np.concatenate([empty, *self._waiting], axis=1)
        self._waiting, self._n_waiting = [], 0
        finite = np.isfinite(block)
        if not finite.all():
            self.not_finite += int(np.count_nonzero(~finite))
            block[~finite] = 0.0
        return np.clip(block, -_PEAK_KEPT, _PEAK_KEPT, out=block)
