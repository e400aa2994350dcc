"""Turn-taking: who holds the floor, what happens at its borders. (Types first; measures below.)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audio.timeline import Party, Span

FloorKind = Literal[
    "gap", "dead_air", "backchannel", "terminal_overlap", "dual_start", "interruption", "failed_interruption"
]


@dataclass(frozen=True)
class FloorEvent:
    """Something that happened to the floor.

    `by`       the party that caused it: who took the floor after a gap, who started the overlap.
               None for dead air.
    `span`     the gap, the mutual silence, or the overlap; for a backchannel its IPU.
    `value_s`  gap: the floor transfer offset; overlap: its length; interruption and failed
               interruption: seconds from onset until one side stopped; else the duration.
    """

    kind: FloorKind
    by: Party | None
    span: Span
    value_s: float
