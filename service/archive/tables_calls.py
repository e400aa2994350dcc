"""Tables of calls: the call, its recordings, its documents, its moments, what people said about them, and the work.

Lists read `call` and `moment` alone: the two documents of a result lie in a table of their own, so that no list ever
touches them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from service.archive.tables import Base, id_column, now_column


class Call(Base):
    """One call. `content_key`: of its recordings and of what names it; the same call sent twice is one row.

    The two scores stand in columns for trends, and no list may be sorted by them. `has_work`: a moment to work on that
    nobody has judged is in it, so that an inbox looks through no others.
    """

    __tablename__ = "call"
    id: Mapped[str] = id_column()
    content_key: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    team_id: Mapped[str | None] = mapped_column(ForeignKey("team.id"), default=None)
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)
    agent_name: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str] = mapped_column(String(200), default="")
    direction: Mapped[str] = mapped_column(String(10), default="inbound")
    language: Mapped[str] = mapped_column(String(2), default="")
    agent_channel: Mapped[int | None] = mapped_column(default=None)
    leg_offset_s: Mapped[float] = mapped_column(default=0.0)
    started_at: Mapped[float]
    received_at: Mapped[float] = now_column()
    do_not_analyse: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    problem: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    duration_s: Mapped[float | None] = mapped_column(default=None)
    outcome: Mapped[str | None] = mapped_column(String(20), default=None)
    policy: Mapped[str | None] = mapped_column(String(20), default=None)
    rubric: Mapped[str | None] = mapped_column(String(100), default=None)
    series: Mapped[str | None] = mapped_column(String(16), default=None)
    script: Mapped[float | None] = mapped_column(default=None)
    intention: Mapped[float | None] = mapped_column(default=None)
    open_moments: Mapped[int] = mapped_column(default=0)
    has_work: Mapped[bool] = mapped_column(default=False, server_default=false())
    released_at: Mapped[float | None] = mapped_column(default=None)
    legal_hold: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        UniqueConstraint("account_id", "content_key"),
        Index("call_account_started", "account_id", "started_at", "id"),
        Index("call_campaign_started", "campaign_id", "started_at", "id"),
        Index("call_team_started", "team_id", "started_at", "id"),
        Index("call_agent_started", "agent_id", "started_at", "id"),
        Index("call_started", "started_at", "id"),
        Index("call_state_started", "state", "started_at", "id"),
        Index("call_agent_name_started", "account_id", "agent_name", "started_at"),
        Index("call_campaign_received", "campaign_id", "received_at"),
        Index("call_work_started", "has_work", "started_at", "id"),
        Index("call_state_released", "state", "released_at", "started_at", "id"),
        Index("call_state_agent", "state", "agent_id", "started_at", "id"),
    )


class RecordingFile(Base):
    """A file of a call as it was sent, or the copy that browsers play. `place`: where it lies in the blob store."""

    __tablename__ = "recording"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(60), default="application/octet-stream")
    place: Mapped[str] = mapped_column(String(200))
    __table_args__ = (UniqueConstraint("call_id", "kind"), Index("recording_place", "place"))


class SeenFile(Base):
    """A file a batch has received, by its path, size and time: it need not be read again to know that it is known."""

    __tablename__ = "seen"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), index=True)


class ResultDocument(Base):
    """Evidence, judgement or edits of a call: compressed JSON. The latest of each kind counts; older ones stay."""

    __tablename__ = "document"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[float] = now_column()
    __table_args__ = (Index("document_call_kind", "call_id", "kind", "id"),)


class MomentRow(Base):
    """A moment of the latest judgement. `moment` is its id in the judgement and survives re-scoring."""

    __tablename__ = "moment"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    moment: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(40))
    good: Mapped[bool]
    severity: Mapped[float]
    start_s: Mapped[float]
    end_s: Mapped[float]
    reviewed_at: Mapped[float | None] = mapped_column(default=None)
    __table_args__ = (UniqueConstraint("call_id", "moment"), Index("moment_kind_call", "kind", "call_id"))


class Series(Base):
    """What calls must share to be compared over time: rubric, packs, models, policy. `id` is of their content."""

    __tablename__ = "series"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    rubric: Mapped[str] = mapped_column(String(100))
    policy: Mapped[str] = mapped_column(String(20))
    detail: Mapped[dict[str, Any]]
    first_at: Mapped[float] = now_column()


class LineRow(Base):
    """A line of the latest judgement: `line` is gesture:ID or criterion:ID. What trends and agreement are counted from.

    Team, agent, week (`service.archive.weeks`) and series are the call's, repeated here so that
    counting over many calls reads one index. `disputed`: while its agent disputes it, it counts nowhere.
    `verdict` is what holds; `machine_verdict` what the rules said and `person_verdict` what a person decided otherwise,
    for series that never mix the two.
    """

    __tablename__ = "line"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    line: Mapped[str] = mapped_column(String(60))
    verdict: Mapped[str | None] = mapped_column(String(20), default=None)
    machine_verdict: Mapped[str | None] = mapped_column(String(20), default=None)
    person_verdict: Mapped[str | None] = mapped_column(String(20), default=None)
    score: Mapped[float | None] = mapped_column(default=None)
    start_s: Mapped[float | None] = mapped_column(default=None)
    end_s: Mapped[float | None] = mapped_column(default=None)
    expected: Mapped[bool] = mapped_column(default=True)
    disputed: Mapped[bool] = mapped_column(default=False)
    team_id: Mapped[str | None] = mapped_column(String(16), default=None)
    agent_id: Mapped[str | None] = mapped_column(String(16), default=None)
    week: Mapped[int] = mapped_column(default=0)
    series: Mapped[str | None] = mapped_column(String(16), default=None)
    __table_args__ = (
        UniqueConstraint("call_id", "line"),
        Index("line_team_week", "team_id", "week", "line", "verdict", "series", "disputed", "agent_id", "score"),
        Index("line_agent_week", "agent_id", "line", "week", "verdict", "disputed", "call_id"),
    )


class ReviewRow(Base):
    """What a person said about a line or a moment of a call (`service.archive.reviewing`).

    `says`: agree, disagree, comment, override, blind. `value`: what the person holds for right, {"verdict": ...} of a
    gesture, {"score": ...} of a criterion; of `agree` the machine's own, of `disagree` and `comment` empty. `machine`:
    what it said then, in the same form, whatever people decided. `blind`: given before the machine's was shown to them
    (a row that says "blind" of somebody who had seen it already is not). `heard`: they had played its seconds.
    """

    __tablename__ = "review"
    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    target: Mapped[str] = mapped_column(String(60))
    says: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(2000), default="")
    value: Mapped[dict[str, Any]] = mapped_column(default=dict)
    blind: Mapped[bool] = mapped_column(default=False, server_default=false())
    heard: Mapped[bool] = mapped_column(default=False, server_default=false())
    machine: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    created_at: Mapped[float] = now_column()
    __table_args__ = (
        Index("review_call", "call_id", "created_at"),
        Index("review_blind", "blind", "heard", "target"),
    )


class Job(Base):
    """One stage of work on one call. Leased by a worker; a lease that ran out may be taken by any other.

    `priority`: lower goes first; what people upload goes before the archive.
    """

    __tablename__ = "job"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    stage: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(10), default="ready")
    priority: Mapped[int] = mapped_column(default=10)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[float] = mapped_column(default=0.0)
    leased_by: Mapped[str | None] = mapped_column(String(60), default=None)
    leased_until: Mapped[float | None] = mapped_column(default=None)
    progress: Mapped[float] = mapped_column(default=0.0)
    problem: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    created_at: Mapped[float] = now_column()
    __table_args__ = (UniqueConstraint("call_id", "stage"), Index("job_next", "state", "priority", "not_before", "id"))


class Event(Base):
    """What happened to a call, for those who watch it: numbered, so that a watcher who was away catches up."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[float] = now_column()
    __table_args__ = (Index("event_call", "call_id", "id"),)


class Webhook(Base):
    """An address of a client's own that is told when a call is done. `secret` signs what is sent."""

    __tablename__ = "webhook"
    id: Mapped[str] = id_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    url: Mapped[str] = mapped_column(String(2000))
    secret: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[float] = now_column()
    disabled_at: Mapped[float | None] = mapped_column(default=None)
