"""A call beside the same agent's earlier calls in the archive: their voices' windows, their wording, their phrases.

Read from the few numbers each call left (`service.archive.across`), never from documents. An agent who does not want
their voice analysed is read against nobody, and nobody against them.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from audio.metallic_baseline import CallKind, EarlierCall
from audio.repetition import Likeness, likeness
from audio.signature import Signature
from audio.word_tempo import SyllableSource
from service.archive.across import (
    agent_words,
    earlier_than,
    first_of_day,
    marks_of,
    phrases_of,
    same_agent,
    signature_of,
    signatures_of,
)
from service.archive.tables import Person
from service.archive.tables_across import PhraseRow, SignatureRow, VoiceWindows, Wording
from service.archive.tables_calls import Call
from service.baselines import NONE_EARLIER, Earlier
from service.scoring.evidence import AcrossCalls, Evidence, Repeat
from service.words.repetition import run_marks, scripted_in_call

MOST_CALLS = 60
"""Of one kind: the latest that a baseline is made of, and that wording is looked for in."""
LAST_CALLS = 12
"""In which a phrase is looked for."""
MOST_PHRASES = 60
"""Of one call that are compared: a comparison takes about 30 ms."""
FEWEST_CALLS = 5
"""Fewer say nothing about what comes back."""
MOST_READINGS, PER_PERSON = 20, 2
"""Of other people, per phrase: the latest."""
FEWEST_READINGS = 5
MOST_LOOKED_AT = 300
"""Sayings of a phrase among which others' readings are looked for: a greeting is said a hundred thousand times."""


def earlier_of(session: Session, call: Call) -> Earlier:
    """What the metallic components of this call are read against."""
    kind = (VoiceWindows.language, VoiceWindows.channel_class, VoiceWindows.syllables)
    newest = func.row_number().over(partition_by=kind, order_by=(Call.started_at.desc(), Call.id)).label("place")
    own = (
        select(Call.id, Call.started_at, *kind, VoiceWindows.windows, newest)
        .join(VoiceWindows, VoiceWindows.call_id == Call.id)
        .where(same_agent(call), earlier_than(call), Call.id != call.id)
        .subquery()
    )
    found = session.execute(select(own).where(own.c.place <= MOST_CALLS))
    calls = tuple(_earlier(*row) for row in found)
    return Earlier(calls, call.started_at) if calls else NONE_EARLIER


def _earlier(
    call_id: str,
    started_at: float,
    language: str,
    channel_class: str,
    syllables: SyllableSource,
    windows: list[dict[str, float | None]],
    _place: int,
) -> EarlierCall:
    return EarlierCall(started_at, CallKind(language, channel_class, syllables), tuple(windows), call_id)


@dataclass(frozen=True)
class Before:
    """Earlier calls with words, newest first: ids, and the marks of their runs."""

    ids: tuple[str, ...]
    marks: tuple[frozenset[int], ...]


def across_calls(session: Session, call: Call, evidence: Evidence) -> AcrossCalls | None:
    """Context from the agent's earlier calls; None where no agent is known, or nobody's words are."""
    roles, language = evidence.roles, evidence.words.language
    sure = roles is not None and roles.decided_by != "assumed" and evidence.outcome.kind == "conversation"
    if not sure or not evidence.words.available or language is None:
        return None
    words, before = agent_words(evidence), _before(session, call, language)
    share = scripted_in_call(run_marks(words), before.marks, len(words), source=evidence.words.source)
    return AcrossCalls(used=before.ids, scripted_share=share, repeats=tuple(_repeats(session, call, evidence, before)))


def _before(session: Session, call: Call, language: str) -> Before:
    wanted = (
        select(Call.id, Wording.runs)
        .join(Wording, Wording.call_id == Call.id)
        .where(same_agent(call), earlier_than(call), Call.id != call.id, Wording.language == language)
        .order_by(Call.started_at.desc(), Call.id)
        .limit(MOST_CALLS)
    )
    rows = session.execute(wanted).all()
    return Before(tuple(row[0] for row in rows), tuple(marks_of(row[1]) for row in rows))


def _repeats(session: Session, call: Call, evidence: Evidence, before: Before) -> Iterator[Repeat]:
    last = before.ids[:LAST_CALLS]
    if len(last) < FEWEST_CALLS:
        return
    held = select(PhraseRow.call_id, PhraseRow.key).where(PhraseRow.call_id.in_(last)).distinct()
    worded = [key for _, key in session.execute(held)]
    own = session.scalars(select(SignatureRow).where(SignatureRow.call_id.in_(last)).order_by(SignatureRow.id)).all()
    signed = {(act.turn, act.span): signature for act, signature in signatures_of(evidence)}
    for act, key in itertools.islice(phrases_of(evidence), MOST_PHRASES):
        same = worded.count(key)
        if not same:
            continue
        signature = signed.get((act.turn, act.span))
        alone = Repeat(act=act.id, turn=act.turn, span=act.span, calls=len(last), same_words=same)
        yield alone if signature is None else _heard(session, call, alone, signature, _sayings(own, signature.key))


def _heard(session: Session, call: Call, repeat: Repeat, signature: Signature, said: Sequence[Signature]) -> Repeat:
    """With how it was said, against the agent's own and others' sayings of the same words."""
    own = _compared(signature, said)
    if not own:
        return repeat
    others = _compared(signature, _readings(session, call, signature.key))
    enough = len(own) >= FEWEST_CALLS and len(others) >= FEWEST_READINGS
    return repeat.model_copy(
        update={
            "compared": len(own),
            "alike": sum(found.near for found in own),
            "apart_st": _median([found.mean_st for found in own]),
            "apart_gaps": _median([found.gaps_rms for found in own]),
            "others": len(others),
            "others_st": _median([found.mean_st for found in others]),
            "others_gaps": _median([found.gaps_rms for found in others]),
            "others_differ_more": _further(others, own) if enough else None,
        }
    )


def _further(others: Sequence[Likeness], own: Sequence[Likeness]) -> bool:
    """Others' readings lie further from this saying than nearly all of the agent's own."""
    return bool(np.median([found.apart for found in others]) > np.percentile([found.apart for found in own], 90))


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 3) if values else None


def _compared(signature: Signature, others: Sequence[Signature]) -> list[Likeness]:
    """Those that can be laid over this saying, and whose melody moves: a flat voice is always close."""
    laid = (likeness(signature, other) for other in others)
    return [found for found in laid if found is not None and found.contour_r is not None]


def _sayings(held: Sequence[SignatureRow], key: str) -> list[Signature]:
    """The first of each call that says this phrase."""
    first: dict[str, SignatureRow] = {}
    for row in held:
        if row.key == key:
            first.setdefault(row.call_id, row)
    return [signature_of(row) for row in first.values()]


def _readings(session: Session, call: Call, key: str) -> list[Signature]:
    """Of other people in the same account: the latest of each, among the latest sayings of the phrase by anybody."""
    before = SignatureRow.started_at < first_of_day(call)
    latest = select(SignatureRow).where(SignatureRow.key == key, before)
    latest_ = aliased(SignatureRow, latest.order_by(SignatureRow.started_at.desc()).limit(MOST_LOOKED_AT).subquery())
    theirs = (
        select(latest_, func.coalesce(Call.agent_id, Call.agent_name))
        .join(Call, Call.id == latest_.call_id)
        .outerjoin(Person, Person.id == Call.agent_id)
        .where(_of_others(call))
        .order_by(latest_.started_at.desc(), latest_.id)
    )
    kept: list[Signature] = []
    by_person: Counter[str] = Counter()
    for row, who in session.execute(theirs):
        by_person[who] += 1
        if by_person[who] <= PER_PERSON and len(kept) < MOST_READINGS:
            kept.append(signature_of(row))
    return kept


def _of_others(call: Call) -> ColumnElement[bool]:
    someone = or_(Call.agent_id.is_not(None), Call.agent_name != "")
    willing = or_(Person.id.is_(None), Person.analyse_voice.is_(True))
    another = or_(Call.agent_id.is_(None), Call.agent_id != call.agent_id) if call.agent_id else ~same_agent(call)
    return and_(Call.account_id == call.account_id, someone, another, willing)
