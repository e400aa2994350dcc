"""A campaign's calls scored again: what would change, counted before anything does; then the new judgements kept.

No document is changed: a new judgement is added where it differs from the one before. Where other packs find other
acts, the evidence with these is added too, the sound's part of it the same: else the next scoring would read the old
ones. A run that is stopped goes on after the last call it finished, with its count.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from service.archive.engine import Archive
from service.archive.errors import ArchiveError
from service.archive.results import (
    StoredDocuments,
    edits_id,
    keep_found_again,
    keep_judgement,
    stored_documents,
)
from service.archive.tables_across import RescoreRun
from service.archive.tables_calls import Call
from service.errors import ServiceError
from service.rescoring import Asked, judged_again, rescored
from service.scoring.documents import rounded_as_json
from service.scoring.errors import ScoringError
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement
from service.scoring.rubric_lock import hash_of
from service.version import timbre_version

PORTION = 200
NONE = "none"
"""Stands for no verdict, no quadrant: a line or a scorecard that is not there."""
Move = tuple[str, str, str]
Plain = Mapping[str, Any]
_COUNTED: Any = {
    "quadrant": True,
    "gestures": {"__all__": {"id", "verdict"}},
    "criteria": {"__all__": {"id", "score"}},
    "moments": {"__all__": {"id", "kind", "good"}},
}


@dataclass(frozen=True, eq=False)
class Again:
    """One call scored again: the judgement before, as it was written, and the new one with what it rests on.

    `found_again`: the evidence with the acts of other packs, where these find others.
    """

    before: Plain
    judgement: Judgement
    evidence: Evidence
    found_again: Evidence | None
    changed: bool
    edits_id: int


def as_plain(judgement: Judgement) -> Plain:
    """The few fields that are counted."""
    return judgement.model_dump(mode="python", include=_COUNTED)


@dataclass
class Tally:
    """What changed over many calls. A move is (line, from, to); calls are counted, never named.

    `criteria`: calls in which the score of a line of conduct changed; `moments`: calls with other moments.
    """

    n: int = 0
    changed: int = 0
    verdicts: Counter[Move] = field(default_factory=Counter)
    criteria: Counter[str] = field(default_factory=Counter)
    quadrants: Counter[tuple[str, str]] = field(default_factory=Counter)
    moments: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0

    @property
    def per_s(self) -> float:
        """Calls a second."""
        return self.n / self.took_s if self.took_s else 0.0

    def add(self, done: Again) -> None:
        """One call, from one judgement to the other."""
        before, after = done.before, as_plain(done.judgement)
        self.n += 1
        self.changed += done.changed
        self.verdicts.update(_moved(_verdicts(before), _verdicts(after)))
        self.criteria.update(name for name, _, _ in _moved(_scores(before), _scores(after)))
        was, now = before["quadrant"] or NONE, after["quadrant"] or NONE
        self.quadrants[was, now] += was != now
        self.moments += _moments(before) != _moments(after)

    def document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "calls": self.n,
            "changed": self.changed,
            "verdicts": [
                {"line": m[0], "from": m[1], "to": m[2], "calls": n} for m, n in sorted(self.verdicts.items())
            ],
            "criteria": dict(sorted(self.criteria.items())),
            "quadrants": [{"from": a, "to": b, "calls": n} for (a, b), n in sorted(self.quadrants.items()) if n],
            "calls_with_other_moments": self.moments,
            "failed": dict(sorted(self.failed.items())),
            "calls_per_s": round(self.per_s, 1),
        }


def _moved(was: dict[str, str], now: dict[str, str]) -> Iterator[Move]:
    for line in dict.fromkeys((*was, *now)):
        before, after = was.get(line, NONE), now.get(line, NONE)
        if before != after:
            yield line, before, after


def _verdicts(judgement: Plain) -> dict[str, str]:
    return {g["id"]: g["verdict"] for g in judgement["gestures"]}


def _scores(judgement: Plain) -> dict[str, str]:
    return {c["id"]: NONE if c["score"] is None else f"{c['score']:.3f}" for c in judgement["criteria"]}


def _moments(judgement: Plain) -> set[tuple[str, str, bool]]:
    return {(m["id"], m["kind"], m["good"]) for m in judgement["moments"]}


def count_calls(session: Session, campaign_id: str) -> int:
    """How many calls of the campaign have a scorecard."""
    return session.scalar(select(func.count()).select_from(Call).where(*_scored(campaign_id))) or 0


def _scored(campaign_id: str) -> tuple[ColumnElement[bool], ...]:
    return Call.campaign_id == campaign_id, Call.state == "done", Call.rubric.is_not(None)


def _call_ids(archive: Archive, campaign_id: str, after: str = "") -> Iterator[str]:
    """In the order of their ids, a portion at a time."""
    while True:
        wanted = select(Call.id).where(*_scored(campaign_id), Call.id > after).order_by(Call.id).limit(PORTION)
        with archive.reading() as session:
            found = list(session.scalars(wanted))
        yield from found
        if len(found) < PORTION:
            return
        after = found[-1]


def previewed(archive: Archive, campaign_id: str, asked: Asked) -> Iterator[Tally]:
    """The count so far after each call; nothing is written."""
    tally, begun_s = Tally(), time.monotonic()
    for call_id in _call_ids(archive, campaign_id):
        done = _judged(archive, call_id, asked, tally)
        if done is not None:
            tally.add(done)
        tally.took_s = time.monotonic() - begun_s
        yield tally


def _judged(archive: Archive, call_id: str, asked: Asked, tally: Tally) -> Again | None:
    """None for a call that can't be scored under what was asked: counted by its reason."""
    with archive.reading() as session:
        stored = stored_documents(session, call_id)
    try:
        return _again(stored, asked)
    except (ServiceError, ScoringError) as exc:
        tally.failed[exc.note.code] += 1
        return None


def _again(stored: StoredDocuments, asked: Asked) -> Again | None:
    """None for a call without a scorecard."""
    if stored.judgement is None:
        return None
    quick = None if stored.edits else judged_again(stored.evidence, stored.judgement, asked)
    found_again = None
    if quick is None:
        old = stored.result()
        whole = rescored(old, asked).result
        quick = whole.evidence, cast(Judgement, whole.judgement)
        found_again = whole.evidence if asked.packs is not None and whole.evidence != old.evidence else None
    evidence, judgement = quick
    changed = found_again is not None or rounded_as_json(judgement) != stored.judgement
    return Again(msgspec.json.decode(stored.judgement), judgement, evidence, found_again, changed, stored.edits_id)


def applied(archive: Archive, campaign_id: str, asked: Asked) -> Iterator[Tally]:
    """The same, kept: a new judgement for each call that changes. Goes on where the last such run was stopped.

    Raises ArchiveError when another program does the same at the same time.
    """
    run = _run_of(archive, campaign_id, asked)
    tally, begun_s = Tally(), time.monotonic()
    after = run.after
    for call_id in _call_ids(archive, campaign_id, after):
        _keep_one(archive, run.id, (after, call_id), asked, tally)
        after = call_id
        tally.took_s = time.monotonic() - begun_s
        yield tally
    with archive.writing() as session:
        session.get_one(RescoreRun, run.id).ended_at = time.time()


def already_done(archive: Archive, campaign_id: str, asked: Asked) -> int:
    """How many calls a stopped run of the same has done."""
    with archive.reading() as session:
        run = session.scalars(_open_run(campaign_id, asked)).first()
        return run.scored if run else 0


def _run_of(archive: Archive, campaign_id: str, asked: Asked) -> RescoreRun:
    with archive.writing() as session:
        run = session.scalars(_open_run(campaign_id, asked)).first()
        if run is None:
            run = RescoreRun(campaign_id=campaign_id, asked=fingerprint(asked))
            session.add(run)
            session.flush()
        return run


def _open_run(campaign_id: str, asked: Asked) -> Select[RescoreRun]:
    same = (RescoreRun.campaign_id == campaign_id) & (RescoreRun.asked == fingerprint(asked))
    return select(RescoreRun).where(same, RescoreRun.ended_at.is_(None)).order_by(RescoreRun.begun_at.desc())


def fingerprint(asked: Asked) -> str:
    """Of what was asked and of this program's version: only the same goes on where it was stopped."""
    packs = None if asked.packs is None else [pack.name for pack in asked.packs]
    rubric = hash_of(asked.rubric) if asked.rubric else ""
    said = [rubric, packs, asked.policy, timbre_version()]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class _Edited(Exception):
    """Somebody put the call right between its scoring and its keeping."""


def _keep_one(archive: Archive, run_id: str, step: tuple[str, str], asked: Asked, tally: Tally) -> None:
    """Scored outside of a transaction; kept, unless the call was edited meanwhile: then again."""
    while True:
        done = _judged(archive, step[1], asked, tally)
        try:
            with archive.writing() as session:
                _kept(session, run_id, step, done)
        except _Edited:
            continue
        if done is not None:
            tally.add(done)
        return


def _kept(session: Session, run_id: str, step: tuple[str, str], done: Again | None) -> None:
    before, call_id = step
    _move_on(session, run_id, before, call_id, scored=done is not None)
    if done is None:
        return
    if edits_id(session, call_id) != done.edits_id:
        raise _Edited
    if done.found_again is not None:
        keep_found_again(session, call_id, done.found_again)
    if done.changed:
        keep_judgement(session, call_id, done.judgement, evidence=done.evidence)


def _move_on(session: Session, run_id: str, before: str, call_id: str, *, scored: bool) -> None:
    column = RescoreRun.scored if scored else RescoreRun.failed
    mine = (RescoreRun.id == run_id) & (RescoreRun.after == before)
    moved = update(RescoreRun).where(mine).values({"after": call_id, column.key: column + 1})
    if cast(CursorResult[tuple[()]], session.execute(moved)).rowcount != 1:
        raise ArchiveError("archive.rescored_twice")
