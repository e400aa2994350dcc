"""Which seconds of a call a person really played, as their player tells them.

A review counts as `heard` when these seconds cover its line. A player can be made to lie; what it tells is taken only
from somebody whose listening to the call stands in the audit, and only up to the call's end.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audio.timeline import Span, intersect, merge
from service.archive.access import Viewer
from service.archive.audit import has_heard
from service.archive.tables_calls import Call
from service.archive.tables_reviews import Heard

COVERED = 0.8
"""Share of a line's seconds that must have been played before a review of it counts as heard."""
LISTEN_S = 12 * 3600.0
"""How long after a listen was written down a player's report is taken."""
MOST_SPANS = 500
"""Stretches kept of one person and call; the earliest of more are dropped."""
GAP_S = 0.3
"""Two stretches this near are one: players report a few times a second."""


def keep_heard(session: Session, viewer: Viewer, call: Call, played: Iterable[tuple[float, float]]) -> None:
    """Adds played stretches (seconds of the call) to what this person has heard of it.

    Ignored: stretches of no length, outside the call, and everything of somebody who never asked for the sound.
    """
    if not has_heard(session, viewer.person_id, call.id, time.time() - LISTEN_S):
        return
    limit_s = call.duration_s or 0.0
    new = [span for start_s, end_s in played if (span := _inside(start_s, end_s, limit_s)) is not None]
    if not new:
        return
    own = (Heard.call_id == call.id, Heard.person_id == viewer.person_id)
    kept = merge([*heard_spans(session, viewer.person_id, call.id), *new], max_gap_s=GAP_S)
    session.execute(delete(Heard).where(*own))
    facts = {"call_id": call.id, "person_id": viewer.person_id}
    session.add_all(Heard(start_s=s.start_s, end_s=s.end_s, **facts) for s in kept[-MOST_SPANS:])


def _inside(start_s: float, end_s: float, limit_s: float) -> Span | None:
    if not (math.isfinite(start_s) and math.isfinite(end_s)):
        return None
    start_s, end_s = max(0.0, start_s), min(end_s, limit_s)
    return Span(start_s, end_s) if end_s > start_s else None


def heard_spans(session: Session, person_id: str, call_id: str) -> list[Span]:
    """What a person has heard of a call, sorted and disjoint."""
    wanted = select(Heard.start_s, Heard.end_s).where(Heard.call_id == call_id, Heard.person_id == person_id)
    return merge(Span(start_s, end_s) for start_s, end_s in session.execute(wanted))


def has_covered(session: Session, person_id: str, call_id: str, line: Sequence[Span]) -> bool:
    """Whether a person has played the seconds of a line: `COVERED` of them; False for a line without seconds."""
    wanted = merge(line)
    whole_s = sum(span.duration_s for span in wanted)
    played_s = sum(span.duration_s for span in intersect(heard_spans(session, person_id, call_id), wanted))
    return whole_s > 0 and played_s >= COVERED * whole_s
