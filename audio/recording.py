"""A decoded recording: channels as arrays, read in blocks, never mixed down.

`Channel.samples` is usually a read-only memory map of the decoder's file: reading a slice copies it, and
`release()` lets the system drop the pages again, so an hour of sound never has to stay in memory.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from audio.notes import Note
from audio.timeline import Span, to_samples

ANALYSIS_RATES_HZ = (8000, 16000)
STILL_RANGE = 2e-5
"""Samples that move less than this in a frame (under one step of 16 bits) are digital silence. It is a range, not a
level: A-law has no zero, its digital silence is a constant."""
GRID_S = 0.16
"""Holds whole frames of 8, 10, 16, 20 and 32 ms, and the blocks' 80 ms."""
QUIET_SHARE = 10 ** (-30 / 20)
_SEARCH_S = 60.0


@dataclass(frozen=True, eq=False)
class Channel:
    """One recorded track. `samples` float32, shape (n_samples,), at `rate_hz`, one of ANALYSIS_RATES_HZ.

    `start_s` places its first sample in the call (second leg of a two-file call that started later).
    """

    index: int
    samples: NDArray[np.float32]
    rate_hz: int
    start_s: float = 0.0
    clipped_share: float = 0.0
    native_rate_hz: int = 0

    @property
    def span(self) -> Span:
        """Where the channel lies in the call."""
        return Span(self.start_s, self.start_s + len(self.samples) / self.rate_hz)

    def read(self, span: Span | None = None) -> NDArray[np.float32]:
        """A copy of the samples inside `span` (call time); all of them without one."""
        if span is None:
            return np.array(self.samples, dtype=np.float32)
        first = max(0, to_samples(span.start_s - self.start_s, self.rate_hz))
        last = max(first, to_samples(span.end_s - self.start_s, self.rate_hz))
        return np.array(self.samples[first:last], dtype=np.float32)

    def blocks(self, block_s: float) -> Iterator[tuple[float, NDArray[np.float32]]]:
        """(start in call time, copy of up to `block_s` seconds), in order, without overlap."""
        size = to_samples(block_s, self.rate_hz)
        for first in range(0, len(self.samples), size):
            yield self.start_s + first / self.rate_hz, np.array(self.samples[first : first + size], dtype=np.float32)
            self.release()

    def release(self) -> None:
        """Tell the system that mapped pages read so far may go."""
        base = getattr(self.samples, "_mmap", None)
        if isinstance(base, mmap.mmap):
            base.madvise(mmap.MADV_DONTNEED)


def on_its_grid(channel: Channel) -> Channel:
    """The channel from its first sound on, begun so that its loudest sample lies on the grid of frames; times stay.

    Frames are counted from a channel's start. Set by its loudest sample they lie on the same sounds whatever silence
    stands in front, however long, and at any gain. Cut off are digital silence and up to GRID_S of what follows it,
    which must be 30 dB or more under that sample: a channel that begins in the middle of speech keeps all of it, and
    its frames are counted from there.
    """
    begun, peak, at = _first_and_loudest(channel)
    first = begun + (at - begun) % to_samples(GRID_S, channel.rate_hz)
    if np.abs(channel.samples[begun:first]).max(initial=0.0) > QUIET_SHARE * peak:
        first = begun
    return replace(channel, samples=channel.samples[first:], start_s=channel.start_s + first / channel.rate_hz)


def _first_and_loudest(channel: Channel) -> tuple[int, float, int]:
    """The first sample that is not 0, the largest magnitude, the first sample that has it; zeros without sound."""
    begun, peak, at = 0, 0.0, 0
    for start_s, block in channel.blocks(_SEARCH_S):
        level, offset = np.abs(block), to_samples(start_s - channel.start_s, channel.rate_hz)
        if peak == 0.0 and level.any():
            begun = offset + int(np.argmax(level > 0))
        if level.max() > peak:
            peak, at = float(level.max()), offset + int(np.argmax(level))
    return begun, peak, at


@dataclass(frozen=True)
class FileFacts:
    """What one file said about itself, for the evidence."""

    sha256: str
    container: str
    codec: str
    native_rate_hz: int
    n_channels: int
    duration_s: float
    size_bytes: int


@dataclass(frozen=True, eq=False)
class Recording:
    """All channels of a call (of one file, or of two aligned legs), with what decoding had to say."""

    channels: tuple[Channel, ...]
    files: tuple[FileFacts, ...]
    notes: tuple[Note, ...] = field(default_factory=tuple)

    @property
    def duration_s(self) -> float:
        """From the start of the call to the end of its last channel, seconds."""
        return max(c.span.end_s for c in self.channels)
