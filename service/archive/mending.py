"""What people put right in a call, kept and scored again at once: from the evidence, which stays as it was heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from service.archive.access import Viewer
from service.archive.audit import note_down
from service.archive.results import keep_judgement, stored_result
from service.archive.stages import rubric_of
from service.archive.tables import Campaign, Person
from service.archive.tables_calls import Call
from service.editing import edited
from service.rescoring import Asked, rescored
from service.scoring.diff import Difference
from service.scoring.documents import Result, as_json
from service.scoring.edits import Edits, parse_edits
from service.scoring.evidence import Evidence
from service.words.rules import Pack, named_pack

_KINDS = ("lines", "not_that", "said_here", "overrides")


def mend(session: Session, viewer: Viewer, call: Call, change: Callable[[Edits], Edits]) -> Difference:
    """Replaces the call's edits by what `change` makes of them and scores again; what that changed.

    What is new is signed with the name of who sends it, whatever it claims. Raises EditsError, RubricError, PackError,
    ResultError, ServiceError.
    """
    stored = stored_result(session, call.id)
    before = stored.edits or Edits()
    campaign = session.get_one(Campaign, call.campaign_id)
    edits = parse_edits(as_json(signed(change(before), before, name_of(session, viewer))))  # it will be read so again
    done = rescored(stored, Asked(rubric_of(campaign), _packs(campaign), edits=edits, audience="coach"))
    keep_judgement(session, call.id, done.result.judgement, done.result.edits or Edits(), evidence=done.result.evidence)
    note_down(session, viewer.person_id, "override", call_id=call.id)
    return done.difference


def _packs(campaign: Campaign) -> tuple[Pack, ...] | None:
    return tuple(named_pack(name) for name in campaign.packs) or None


def as_mended(session: Session, call: Call, stored: Result) -> Evidence:
    """The evidence as people put it right: what the scorecard rests on, for readers."""
    if stored.edits is None or stored.edits.empty:
        return stored.evidence
    packs = _packs(session.get_one(Campaign, call.campaign_id)) or ()
    return edited(stored.evidence, stored.edits, packs, voice=stored.evidence.policy == "combined")


def name_of(session: Session, viewer: Viewer) -> str:
    """How what this person puts right is signed."""
    return session.get_one(Person, viewer.person_id).name or viewer.person_id


def signed(new: Edits, old: Edits, by: str) -> Edits:
    """`new` with `by` under everything that does not stand in `old` as it is."""
    kept: dict[str, Any] = {
        kind: tuple(_signed(edit, getattr(old, kind), by) for edit in getattr(new, kind)) for kind in _KINDS
    }
    swapped = new.swapped_roles
    if swapped is not None and swapped != old.swapped_roles:
        swapped = swapped.model_copy(update={"by": by})
    return new.model_copy(update={**kept, "swapped_roles": swapped})


def _signed(edit: Any, before: tuple[Any, ...], by: str) -> Any:
    return edit if edit in before else edit.model_copy(update={"by": by})
