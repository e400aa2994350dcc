"""What the parent asks of the decoding child, known to both sides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """What to decode, and the limits of the pass.

    `fd`: the recording, open for reading; `channel_fds`: where each channel goes, open for writing; `parent`: the
    process that asks, without which there is nothing to do; `demuxer`: the only one allowed; `claimed_s`: the length
    that its header announces, where that was read before.
    """

    fd: int
    channel_fds: tuple[int, ...]
    parent: int
    demuxer: str
    size_bytes: int
    claimed_s: float | None
    max_duration_s: float
    max_channels: int
    max_decoded_bytes: int
    max_memory_bytes: int
    max_cpu_s: int
