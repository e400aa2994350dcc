"""A person decides a line otherwise: the edit that does it, and the review that tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy.orm import Session

from service.archive.access import Viewer
from service.archive.mending import mend, name_of
from service.archive.reviewing import Said, say
from service.archive.tables_calls import Call
from service.scoring.edits import Decision, Edits
from service.scoring.judgement import Verdict


def override(session: Session, viewer: Viewer, call: Call, target: str, reason: str, value: Mapping[str, Any]) -> None:
    """Decides a line, with the machine's value kept beside it. Raises ArchiveError, and as `mend` does."""
    mend(session, viewer, call, decided(session, viewer, call, target, reason, value, name_of(session, viewer)))


def decided(
    session: Session, viewer: Viewer, call: Call, target: str, reason: str, value: Mapping[str, Any], by: str
) -> Callable[[Edits], Edits]:
    """Keeps the review, and gives what makes of the edits those with the decision in them."""
    say(session, viewer, call, Said(target, "override", reason, value))
    line = target.partition(":")[2]
    decision = Decision(
        line=line,
        reason=reason.strip(),
        by=by,
        verdict=cast(Verdict | None, value.get("verdict")),
        score=cast(float | None, value.get("score")),
    )

    def changed(edits: Edits) -> Edits:
        others = tuple(one for one in edits.overrides if one.line != line)
        return edits.model_copy(update={"overrides": (*others, decision)})

    return changed
