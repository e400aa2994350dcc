"""What a call leaves behind for others to be compared with, kept in the transaction that keeps its evidence.

Of the voice only where it was measured, and only of an agent whom the call names for sure. A phrase that holds a
private passage leaves nothing: a hash of few words may be guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from sqlalchemy import ColumnElement, and_, delete, false, select
from sqlalchemy.orm import Session

from audio.signature import Signature
from audio.timeline import Span
from service.archive.tables_across import Digest, PhraseRow, SignatureRow, VoiceWindows, Wording
from service.archive.tables_calls import Call
from service.baselines import kept_windows
from service.refinding import has_delivery
from service.scoring.evidence import Act, Evidence
from service.words.repetition import phrase_key, plain_words, run_marks

DIGESTED: Mapping[str, str] = {
    "talk_share": "%",
    "longest_monologue": "s",
    "latency_p50": "ms",
    "room_after_question": "%",
    "interruptions": "/10 min",
    "backchannels": "/min",
    "articulation_rate": "syll/s",
    "pitch_spread": "st",
    "loudness_spread": "dB",
    "metallic_share": "%",
}
"""Of the agent's measures, what reports follow over time, with their units."""
OF_THE_CALL: Mapping[str, str] = {"dead_air_share": "%", "overlap_share": "%"}
DAY_S = 86_400.0
_STEPS: Mapping[str, float] = {"st": 0.1, "gaps": 0.01, "db": 0.1}
_MARK = np.dtype("<u4")
_TENTH = np.dtype("<i2")


def keep_across(session: Session, call_id: str, evidence: Evidence) -> None:
    """Replaces what the call had left."""
    for table in (Digest, VoiceWindows, Wording, PhraseRow, SignatureRow):
        session.execute(delete(table).where(table.call_id == call_id))
    session.add(_digest(call_id, evidence))
    roles = evidence.roles
    if roles is None or roles.decided_by == "assumed" or evidence.outcome.kind != "conversation":
        return
    windows = kept_windows(evidence)
    if windows is not None:
        key, values = windows
        session.add(VoiceWindows(call_id=call_id, **key._asdict(), windows=list(values)))
    language = evidence.words.language
    if evidence.words.available and language is not None:
        marks = run_marks(agent_words(evidence))
        session.add(Wording(call_id=call_id, language=language, runs=np.array(marks, dtype=_MARK).tobytes()))
        session.add_all(PhraseRow(call_id=call_id, act=act.id, key=key) for act, key in phrases_of(evidence))
    started_at = session.get_one(Call, call_id).started_at
    session.add_all(_signature(call_id, started_at, held) for _, held in signatures_of(evidence))


def _digest(call_id: str, evidence: Evidence) -> Digest:
    named = {m.name: m.value for m in evidence.measures.get("agent", ()) if m.name in DIGESTED}
    named |= {m.name: m.value for m in evidence.call_measures if m.name in OF_THE_CALL}
    found = {name: value for name, value in named.items() if value is not None}
    return Digest(
        call_id=call_id,
        words=evidence.words.available,
        two_channels=evidence.source == "two channels",
        measures=found,
    )


def agent_words(evidence: Evidence) -> tuple[str, ...]:
    """The agent's words in order, folded, without hesitations and private passages."""
    turns = (t.text for t in evidence.turns if t.party == "agent")
    return tuple(word for text in turns for word in plain_words(text, evidence.words.language))


def phrases_of(evidence: Evidence) -> Iterator[tuple[Act, str]]:
    """The agent's acts that can be a gesture, with the key of their words."""
    for act in evidence.acts:
        if has_delivery(act) and not act.absent and not _private(act.span, evidence):
            key = phrase_key(act.quote, evidence.words.language)
            if key:
                yield act, key


def signatures_of(evidence: Evidence) -> Iterator[tuple[Act, Signature]]:
    """The same acts with how they were said, where that was measured and the words are known."""
    for held in evidence.deliveries:
        act, signature = evidence.acts[held.act], held.signature
        if signature is not None and signature.key and not _private(held.delivery.span, evidence):
            yield act, signature


def _private(span: Span, evidence: Evidence) -> bool:
    return any(r.span.overlap(span) is not None for r in evidence.redactions)


def _signature(call_id: str, started_at: float, found: Signature) -> SignatureRow:
    return SignatureRow(
        call_id=call_id,
        started_at=started_at,
        key=found.key,
        st=_packed(found.st, "st"),
        gaps=_packed(found.ln_gaps, "gaps"),
        db=_packed(found.db, "db"),
    )


def _packed(values: tuple[float, ...], kind: str) -> bytes:
    return np.clip(np.round(np.array(values) / _STEPS[kind]), -32768, 32767).astype(_TENTH).tobytes()


def _unpacked(held: bytes, kind: str) -> tuple[float, ...]:
    return tuple(np.round(np.frombuffer(held, dtype=_TENTH) * _STEPS[kind], 2).tolist())


def signature_of(row: SignatureRow) -> Signature:
    """A signature as it was kept."""
    return Signature(row.key, _unpacked(row.st, "st"), _unpacked(row.gaps, "gaps"), _unpacked(row.db, "db"))


def marks_of(runs: bytes) -> frozenset[int]:
    """The marks of a call's runs."""
    return frozenset(np.frombuffer(runs, dtype=_MARK).tolist())


def same_agent(call: Call) -> ColumnElement[bool]:
    """Calls of the agent of this one: a person we know, else the same name in the same account; nobody's match none."""
    if call.agent_id is not None:
        return Call.agent_id == call.agent_id
    if not call.agent_name.strip():
        return false()
    return and_(Call.agent_id.is_(None), Call.agent_name == call.agent_name, Call.account_id == call.account_id)


def earlier_than(call: Call) -> ColumnElement[bool]:
    """Calls that count as earlier: begun before `first_of_day`."""
    return Call.started_at < first_of_day(call)


def first_of_day(call: Call) -> float:
    """The beginning of the day (UTC) of the call; only what began before it is earlier.

    Not what began on the same day: which of a night's calls are analysed first is luck, and no result may rest on it.
    """
    return call.started_at // DAY_S * DAY_S


def forget_voice(session: Session, agent_id: str) -> None:
    """Nothing that was measured of this agent's voice is left to compare with; their results stay as they are."""
    own = select(Call.id).where(Call.agent_id == agent_id)
    for table in (VoiceWindows, SignatureRow):
        session.execute(delete(table).where(table.call_id.in_(own)))
