"""Earlier calls of the same agent, out of their results: what the metallic components are read against.

Only calls that started before, in the same language, on the same class of channel and with syllables counted in the
same way compare (`audio.metallic_baseline`). Whose calls they are is decided here, by the agent's name or id as the
results have it. A result whose agent was assumed is left out: it may hold the customer's voice. The same recording
analysed twice counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from audio.metallic_baseline import COMPONENTS, Baseline, CallKind, EarlierCall, find_baseline
from audio.word_tempo import SyllableSource
from service.scoring.evidence import Evidence

_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2})[-:](\d{2})(?:[-:](\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)

MOST_WINDOWS = 600
"""Ten hours of one person's speech: no call of ours is longer."""
MOST_VALUE = 1000.0
"""Far above any spread in semitones or dB, any entropy and any nPVI (200 at most)."""


@dataclass(frozen=True)
class Earlier:
    """Earlier calls of this call's agent. `started_at_s`: of this call, Unix time; None when nobody said when."""

    calls: tuple[EarlierCall, ...] = ()
    started_at_s: float | None = None

    def baseline(self, kind: CallKind) -> Baseline:
        """What those of the same kind say; empty when the language or the band of this call is not known."""
        known = kind.language and kind.channel_class
        return find_baseline(self.calls, kind, started_at_s=self.started_at_s) if known else Baseline()


NONE_EARLIER = Earlier()


def earlier_calls(results: Iterable[Evidence], agent: str) -> tuple[EarlierCall, ...]:
    """What the results of this agent's calls keep for a baseline; an agent nobody named (empty) has none."""
    name = _bare(agent)
    own = [e for e in results if name and _bare(e.call.agent_name) == name]
    found = {tuple(file.sha256 for file in e.files): call for e in own if (call := _kept(e)) is not None}
    return tuple(found.values())


def _bare(name: str) -> str:
    """Letter case and blanks make no other agent."""
    return " ".join(name.split()).casefold()


class WindowsKey(NamedTuple):
    """What must be the same for windows of two calls to compare."""

    language: str
    channel_class: str
    syllables: SyllableSource


def kept_windows(evidence: Evidence) -> tuple[WindowsKey, tuple[dict[str, float | None], ...]] | None:
    """What of a result later calls are read against; None without the agent's voice, or where it was only assumed."""
    found = evidence.metallic.get("agent")
    sure = evidence.roles is not None and evidence.roles.decided_by != "assumed"
    if found is None or not found.windows or not sure:
        return None
    key = found.compared
    windows = tuple(_plausible(window) for window in found.windows[:MOST_WINDOWS])
    return WindowsKey(key.language, key.channel_class, key.syllables), windows


def _kept(evidence: Evidence) -> EarlierCall | None:
    found, at_s = kept_windows(evidence), started_at_s(evidence.call.started_at)
    if found is None or at_s is None:
        return None
    return EarlierCall(at_s, CallKind(*found[0]), found[1])


def _plausible(window: Mapping[str, float | None]) -> dict[str, float | None]:
    """The five; a value that no voice gives was not measured by us."""
    values = {name: window.get(name) for name in COMPONENTS}
    return {name: v if v is not None and 0 <= v <= MOST_VALUE else None for name, v in values.items()}


def started_at_s(written: str) -> float | None:
    """Unix time of `2025-02-19T06:01:22`, `2025-02-19T06-01-22` or `2025-02-19 06:01+01:00`; None for anything else.

    Without an offset it is taken as UTC: only the order of one agent's calls matters.
    """
    match = _TIME.fullmatch(written.strip())
    if match is None:
        return None
    date, hours, minutes, seconds, offset = match.groups()
    try:
        found = datetime.fromisoformat(f"{date}T{hours or '00'}:{minutes or '00'}:{seconds or '00'}{offset or 'Z'}")
    except ValueError:
        return None
    return found.astimezone(UTC).timestamp() if found.year > 1 else None
