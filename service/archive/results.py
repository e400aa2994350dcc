"""Results in the archive: evidence, judgement and edits as documents, and of the judgement what lists need in columns.

Evidence is written once and never changed; every scoring adds a judgement, and one with other packs the evidence with
their acts. Moments keep their id across scorings, and
with it that somebody has reviewed them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.archive.access import not_there
from service.archive.across import keep_across
from service.archive.calls import keep_words
from service.archive.events import tell
from service.archive.lines import keep_lines
from service.archive.tables_calls import Call, MomentRow, ResultDocument
from service.scoring.documents import MAX_BYTES, Result, as_json, parse_result
from service.scoring.edits import Edits, parse_edits
from service.scoring.errors import ResultError
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement, Moment


def keep_evidence(session: Session, call_id: str, evidence: Evidence) -> None:
    """What was heard: its document, its words for the search, its facts on the call."""
    _keep(session, call_id, "evidence", as_json(Result(evidence=evidence)))
    keep_words(session, call_id, "\n".join(turn.text for turn in evidence.turns))
    call = session.get_one(Call, call_id)
    call.duration_s, call.outcome = evidence.call.duration_s, evidence.outcome.kind
    call.language = evidence.words.language or call.language
    keep_across(session, call_id, evidence)


def keep_found_again(session: Session, call_id: str, evidence: Evidence) -> None:
    """The same evidence with the acts that other packs found in it; what was kept before stays beneath it."""
    _keep(session, call_id, "evidence", as_json(Result(evidence=evidence)))
    keep_across(session, call_id, evidence)


def keep_judgement(
    session: Session,
    call_id: str,
    judgement: Judgement | None,
    edits: Edits | None = None,
    *,
    evidence: Evidence | None = None,
) -> None:
    """A scoring: its document, its moments, its lines, its columns. None: there was no conversation to score.

    `evidence`: what was judged, when acts were found again with other packs; else the stored one.
    """
    if edits is not None:
        _keep(session, call_id, "edits", as_json(edits))
    if judgement is not None:
        _keep(session, call_id, "judgement", as_json(judgement))
    call = session.get_one(Call, call_id)
    call.policy, call.rubric = (judgement.policy, judgement.rubric) if judgement else (None, None)
    call.script = judgement.script.value if judgement else None
    call.intention = judgement.intention.value if judgement else None
    call.open_moments, call.has_work = _keep_moments(session, call_id, judgement.moments if judgement else ())
    keep_lines(session, call, evidence or stored_result(session, call_id).evidence, judgement)
    tell(session, call_id, "scored")


def _keep_moments(session: Session, call_id: str, moments: tuple[Moment, ...]) -> tuple[int, bool]:
    """Replaces the call's moments; how many nobody has reviewed, and whether one of them is to be worked on."""
    rows = select(MomentRow.moment, MomentRow.reviewed_at).where(MomentRow.call_id == call_id)
    reviewed = {moment: at for moment, at in session.execute(rows)}
    session.execute(delete(MomentRow).where(MomentRow.call_id == call_id))
    session.add_all(_row(call_id, moment, reviewed.get(moment.id)) for moment in moments)
    left = [moment for moment in moments if reviewed.get(moment.id) is None]
    return len(left), not all(moment.good for moment in left)


def _row(call_id: str, moment: Moment, reviewed_at: float | None) -> MomentRow:
    return MomentRow(
        call_id=call_id,
        moment=moment.id,
        kind=moment.kind,
        good=moment.good,
        severity=moment.severity,
        start_s=moment.listen.start_s,
        end_s=moment.listen.end_s,
        reviewed_at=reviewed_at,
    )


def _keep(session: Session, call_id: str, kind: str, content: bytes) -> None:
    session.add(ResultDocument(call_id=call_id, kind=kind, body=zlib.compress(content)))


def stored_result(session: Session, call_id: str) -> Result:
    """Evidence with the latest edits and judgement. Raises NotThere before the call was analysed."""
    return stored_documents(session, call_id).result()


@dataclass(frozen=True)
class StoredDocuments:
    """The latest documents of a call as they were written; `edits_id` tells one state of the edits from another."""

    evidence: bytes
    edits: bytes | None
    judgement: bytes | None
    edits_id: int

    def result(self) -> Result:
        """All of them, read."""
        return parse_result(self.evidence).model_copy(
            update={
                "edits": parse_edits(self.edits) if self.edits else None,
                "judgement": Judgement.model_validate_json(self.judgement) if self.judgement else None,
            }
        )


def stored_documents(session: Session, call_id: str) -> StoredDocuments:
    """Raises NotThere before the call was analysed."""
    evidence = _latest(session, call_id, "evidence")
    if evidence is None:
        raise not_there()
    edits, judgement = _latest(session, call_id, "edits"), _latest(session, call_id, "judgement")
    return StoredDocuments(evidence, edits, judgement, edits_id(session, call_id))


def edits_id(session: Session, call_id: str) -> int:
    """Which edits are the latest; 0 for none."""
    own = (ResultDocument.call_id == call_id) & (ResultDocument.kind == "edits")
    return session.scalar(select(func.max(ResultDocument.id)).where(own)) or 0


def stored_judgement(session: Session, call_id: str) -> Judgement | None:
    """The latest judgement alone, for pages that show moments of several calls; None where nothing is judged."""
    judgement = _latest(session, call_id, "judgement")
    return Judgement.model_validate_json(judgement) if judgement else None


def _latest(session: Session, call_id: str, kind: str) -> bytes | None:
    wanted = select(ResultDocument.body).where(ResultDocument.call_id == call_id, ResultDocument.kind == kind)
    body = session.scalar(wanted.order_by(ResultDocument.id.desc()).limit(1))
    return None if body is None else unpacked(body)


def unpacked(body: bytes) -> bytes:
    """A stored document; a body that would swell past the limit is refused before it does."""
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(body, MAX_BYTES)
    if unpacker.unconsumed_tail:
        raise ResultError("scoring.result_too_large", limit_mib=MAX_BYTES // 2**20)
    return content
