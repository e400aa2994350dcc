"""What the parent asks of the decoding child, known to both sides."""

from __future__ import annotations

from dataclasses import dataclass

CHANNEL_FILE = "channel_{index}.f32"


@dataclass(frozen=True)
class Request:
    """`fd`: the recording, open for reading; `demuxer`: the only one allowed; then the limits of the pass."""

    fd: int
    demuxer: str
    size_bytes: int
    max_duration_s: float
    max_channels: int
    max_decoded_bytes: int
    max_memory_bytes: int
    max_cpu_s: int
