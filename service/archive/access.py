"""Who may see what: the condition is part of every fetch, so that nothing is fetched first and hidden afterwards.

admin    everything of every account
qa       every call, of their account when they belong to one
coach    calls of the agents of their own teams
agent    their own calls, once released (or, where the service is set so, once they are done)
auditor  released calls of their own account; agents appear under a pseudonym
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true

from service.archive.errors import NotAllowed, NotThere
from service.archive.tables import Person, Role
from service.archive.tables_calls import Call
from service.scoring.views import Audience

Action = Literal[
    "upload", "list", "read", "listen", "review", "release", "rescore", "delete", "export",
    "acknowledge", "coach", "people", "settings", "audit", "webhooks",
]  # fmt: skip

MAY: Mapping[Role, frozenset[Action]] = {
    "admin": frozenset(
        {"upload", "list", "read", "listen", "review", "release", "rescore", "delete", "export", "people", "settings",
         "audit", "webhooks"}
    ),
    "qa": frozenset({"upload", "list", "read", "listen", "review", "release", "rescore", "export"}),
    "coach": frozenset({"list", "read", "listen", "review", "release", "coach"}),
    "agent": frozenset({"list", "read", "listen", "acknowledge"}),
    "auditor": frozenset({"list", "read", "listen"}),
}  # fmt: skip
"""What a role may do at all; on which calls, `visible` says."""


@dataclass(frozen=True)
class Viewer:
    """Who asks. `scopes`: what the token they come with may do; None for a person who logged in.

    `before_release`: this service shows agents their calls as soon as they are done (`release_before_visible` is off).
    """

    person_id: str
    role: Role
    account_id: str | None = None
    team_ids: frozenset[str] = frozenset()
    scopes: frozenset[Action] | None = None
    before_release: bool = False

    def may(self, action: Action) -> bool:
        """Whether role and token allow it."""
        return action in MAY[self.role] and (self.scopes is None or action in self.scopes)

    def require(self, action: Action) -> None:
        """Raises NotAllowed when they may not."""
        if not self.may(action):
            raise NotAllowed("archive.not_allowed", action=action)


def viewer_of(
    person: Person, team_ids: frozenset[str] = frozenset(), scopes: frozenset[Action] | None = None
) -> Viewer:
    """The viewer a person is."""
    return Viewer(person.id, cast(Role, person.role), person.account_id, team_ids, scopes)


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `Call` that every fetch for this viewer carries."""
    own = Call.account_id == viewer.account_id if viewer.account_id else true()
    if viewer.role in ("admin", "qa"):
        return own
    if viewer.role == "coach":
        return and_(own, Call.team_id.in_(sorted(viewer.team_ids)))
    if viewer.role == "agent":
        shown = Call.released_at.is_not(None)
        return and_(
            Call.agent_id == viewer.person_id, or_(shown, Call.state == "done") if viewer.before_release else shown
        )
    if viewer.role == "auditor" and viewer.account_id:
        return and_(own, Call.released_at.is_not(None))
    return false()


def coached(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `Person` of the agents this viewer coaches."""
    return and_(Person.role == "agent", Person.team_id.in_(sorted(viewer.team_ids)))


def calls_for(viewer: Viewer, action: Action) -> Select[Call]:
    """The calls on which this viewer may do `action`. Raises NotAllowed when there is none they ever could."""
    viewer.require(action)
    return select(Call).where(visible(viewer))


def audience_of(viewer: Viewer, call: Call) -> Audience:
    """Whether what was measured of the voice is for them: the agent of the call and that agent's coach."""
    if viewer.scopes is not None:  # a program: the API never gives the voice away
        return "others"
    own_call = viewer.role == "agent" and call.agent_id == viewer.person_id
    coached = viewer.role == "coach" and call.team_id in viewer.team_ids
    return "coach" if own_call or coached else "others"


def agent_shown(viewer: Viewer, call: Call) -> str:
    """The agent's name as this viewer may have it; auditors get a pseudonym that is the same in all calls."""
    if viewer.role != "auditor":
        return call.agent_name
    return pseudonym(call.agent_id or call.agent_name, call.account_id)


def pseudonym(who: str, account_id: str) -> str:
    """A name that tells agents apart and says nothing about them; another one in every account."""
    return f"agent-{hashlib.sha256(f'{account_id}|{who}'.encode()).hexdigest()[:8]}" if who else ""


def not_there() -> NotThere:
    """The one answer for what is absent and for what is not theirs."""
    return NotThere("archive.not_there")
