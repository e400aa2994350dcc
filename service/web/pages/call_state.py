"""Where one is on a call's page, kept in its address: the list one came from, the line that is open, blind or not."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Query

from service.archive.calls import Wanted

LISTS = ("/calls", "/inbox", "/me", "/week", "/sessions/", "/team", "/agreement")
"""Pages that lead to a call; an address that begins otherwise is no way back."""
_RENAMED = {"campaign": "campaign_id", "team": "team_id", "agent": "agent_id"}
_OF_INBOX = {"kind": "moment"}


@dataclass(frozen=True)
class CallState:
    """`source`: path and query of the list. `on`: the line whose form is open. `turn`: the turn being put right."""

    call_id: str
    source: str = ""
    blind: bool = False
    on: str = ""
    turn: int | None = None

    @property
    def base(self) -> str:
        """The page without its state."""
        return f"/calls/{self.call_id}"

    @property
    def kept(self) -> str:
        """The state that goes along: the list and the blindness, as a query."""
        return self._query({"from": self.source, "blind": "1" if self.blind else ""})

    @property
    def address(self) -> str:
        """The page with what goes along."""
        return self.base + self.kept

    def with_on(self, target: str) -> str:
        """With the form of a line open."""
        return self.base + self._query({"from": self.source, "on": target}) + "#say"

    def with_turn(self, turn: int) -> str:
        """With a turn open to be put right."""
        return self.base + self._query({"from": self.source, "turn": str(turn)}) + "#mend"

    def seen(self, blind: bool) -> str:
        """The same call, blind or not."""
        return replace(self, blind=blind).address

    def of(self, call_id: str) -> str:
        """Another call of the same list."""
        return replace(self, call_id=call_id).address

    def place(self, target: str) -> str:
        """Where a line's reviews stand."""
        return f"{self.address}#at-{target.replace(':', '-')}"

    @staticmethod
    def _query(given: dict[str, str]) -> str:
        kept = {name: value for name, value in given.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


def state_of(
    call_id: str,
    source: Annotated[str, Query(alias="from", max_length=1000)] = "",
    blind: bool = False,
    on: Annotated[str, Query(max_length=60)] = "",
    turn: Annotated[int | None, Query(ge=0)] = None,
) -> CallState:
    """A dependency: the state in the address. A list that is none of ours is dropped."""
    return CallState(call_id, source if is_list(source) else "", blind, on, turn)


def is_list(source: str) -> bool:
    """Whether an address is one of our lists: a path of this service, never another."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return False
    ours = any(parts.path == path or (path.endswith("/") and parts.path.startswith(path)) for path in LISTS)
    return ours and not parts.netloc and not parts.scheme and "\\" not in source and not source.startswith("//")


def wanted_of(source: str) -> Wanted:
    """The filters in a list's address, as far as lists of calls have them; anything else is left out."""
    known = {field.name: field for field in fields(Wanted)}
    inbox = urlsplit(source).path == "/inbox"
    renamed = {**_RENAMED, **_OF_INBOX} if inbox else _RENAMED
    given: dict[str, object] = {"to_review": True} if inbox else {}
    for name, value in parse_qsl(urlsplit(source).query)[:20]:
        name = renamed.get(name, name)
        if name in ("since", "until"):
            given.update({name: found} if (found := _number(value)) is not None else {})
        elif name == "to_review":
            given[name] = value in ("true", "1", "on", "yes")
        elif name == "show":
            given["to_review"] = value == "moments"
        elif name in known:
            given[name] = value
    return Wanted(**given)  # type: ignore[arg-type] # each as its field is


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
