"""The ledger: each event of the evidence feeds exactly one scoring line.

A key names an event: `room:12.3` (the opening after 12.3 s), `turn:7:echo`, `floor:4`, `act:7:pressure:61.20`. The
line that takes it first keeps it; later lines are told who has it, and leave it out, which never counts against them.
"""

from __future__ import annotations

from collections.abc import Iterable


class Ledger:
    """Who counts what."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}

    def owner(self, keys: Iterable[str], *, other_than: str) -> str | None:
        """The other line that already counts one of the events, or None."""
        owners = (self._owner.get(key) for key in keys)
        return next((o for o in owners if o is not None and o != other_than), None)

    def claim(self, keys: Iterable[str], line: str) -> None:
        """`line` counts these events from now on; refuses an event that another line counts."""
        for key in keys:
            if self._owner.setdefault(key, line) != line:
                raise ValueError(f"{key} is counted by {self._owner[key]}, not by {line}")

    def free(self, keys: Iterable[str]) -> list[str]:
        """Those keys that nobody counts yet."""
        return [key for key in keys if key not in self._owner]

    def of(self, line: str) -> tuple[str, ...]:
        """What a line counts, sorted."""
        return tuple(sorted(key for key, owner in self._owner.items() if owner == line))
