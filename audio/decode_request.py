"""What the parent asks of the decoding child, known to both sides."""

from __future__ import annotations

from dataclasses import dataclass

CHANNEL_FILE = "channel_{index}.f32"


@dataclass(frozen=True)
class Request:
    """What to decode, and the limits of the pass.

    `fd`: the recording, open for reading; `demuxer`: the only one allowed; `claimed_s`: the length that its header
    announces, where that was read before.
    """

    fd: int
    demuxer: str
    size_bytes: int
    claimed_s: float | None
    max_duration_s: float
    max_channels: int
    max_decoded_bytes: int
    max_memory_bytes: int
    max_cpu_s: int
