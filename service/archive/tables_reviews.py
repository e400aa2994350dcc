"""Tables of what people do with calls: what they heard, disputes, coaching, examples, calibration, listening tests.

What the machine said and what a person said stand in different rows and are never joined into one series.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.archive.tables import Base, id_column, now_column
from service.archive.tables_calls import Call


def call_column() -> Mapped[str]:
    """The call a row belongs to, and goes with."""
    return mapped_column(ForeignKey(Call.id, ondelete="CASCADE"), index=True)


class Heard(Base):
    """Seconds of a call that a person really played, as the player tells them."""

    __tablename__ = "heard"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    start_s: Mapped[float]
    end_s: Mapped[float]
    at: Mapped[float] = now_column()
    __table_args__ = (Index("heard_call_person", "call_id", "person_id"),)


class Dispute(Base):
    """An agent says that a line is wrong. While it is `open` the line counts in no aggregate.

    `state`: open, upheld (the agent was right), declined, withdrawn. `answer`: why, by `decided_by`.
    """

    __tablename__ = "dispute"
    id: Mapped[str] = id_column()
    call_id: Mapped[str] = call_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    target: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(2000))
    opened_at: Mapped[float] = now_column()
    deadline_at: Mapped[float]
    state: Mapped[str] = mapped_column(String(10), default="open")
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)
    decided_at: Mapped[float | None] = mapped_column(default=None)
    answer: Mapped[str] = mapped_column(String(2000), default="")
    __table_args__ = (Index("dispute_state_deadline", "state", "deadline_at"),)


class Acknowledgement(Base):
    """An agent has read a released call."""

    __tablename__ = "acknowledgement"
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[float] = now_column()


class Example(Base):
    """A moment (or, with an empty one, a call) that its agent proposes for others to hear; used once it is accepted."""

    __tablename__ = "example"
    id: Mapped[str] = id_column()
    call_id: Mapped[str] = call_column()
    moment: Mapped[str] = mapped_column(String(16), default="")
    comment: Mapped[str] = mapped_column(String(2000), default="")
    proposed_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[float] = now_column()
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)
    decided_at: Mapped[float | None] = mapped_column(default=None)


class CoachingSession(Base):
    """What one coach and one agent listen to in one week. `week`: as ISO 8601 writes it, 2026-W47."""

    __tablename__ = "coaching_session"
    id: Mapped[str] = id_column()
    agent_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    coach_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    week: Mapped[str] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(String(2000), default="")
    created_at: Mapped[float] = now_column()
    done_at: Mapped[float | None] = mapped_column(default=None)
    __table_args__ = (UniqueConstraint("agent_id", "coach_id", "week"),)


class SessionMoment(Base):
    """A moment of a session's list, at its place in it. `part`: good, or work."""

    __tablename__ = "session_moment"
    session_id: Mapped[str] = mapped_column(ForeignKey("coaching_session.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = call_column()
    moment: Mapped[str] = mapped_column(String(16))
    part: Mapped[str] = mapped_column(String(4))


class Goal(Base):
    """The one gesture an agent works on, set in a session of `week`; open until the next is set or it is closed."""

    __tablename__ = "goal"
    id: Mapped[str] = id_column()
    agent_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    coach_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    gesture: Mapped[str] = mapped_column(String(60))
    week: Mapped[str] = mapped_column(String(8))
    set_at: Mapped[float] = now_column()
    closed_at: Mapped[float | None] = mapped_column(default=None)


class Calibration(Base):
    """One call that several people score without seeing each other, against one of them (`reference_id`)."""

    __tablename__ = "calibration"
    id: Mapped[str] = id_column()
    call_id: Mapped[str] = call_column()
    title: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    reference_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[float] = now_column()
    closed_at: Mapped[float | None] = mapped_column(default=None)


class CalibrationMember(Base):
    """Who takes part, and when they had scored every line."""

    __tablename__ = "calibration_member"
    calibration_id: Mapped[str] = mapped_column(ForeignKey("calibration.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    finished_at: Mapped[float | None] = mapped_column(default=None)


class CalibrationScore(Base):
    """What one of them says of one line. `value`: {"verdict": ...} of a gesture, {"score": 0..1} of a criterion."""

    __tablename__ = "calibration_score"
    calibration_id: Mapped[str] = mapped_column(ForeignKey("calibration.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    line: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[dict[str, Any]]
    comment: Mapped[str] = mapped_column(String(2000), default="")
    at: Mapped[float] = now_column()


class ListeningTest(Base):
    """Clips of gestures drawn by `seed`, to be heard without what the machine said of them."""

    __tablename__ = "listening_test"
    id: Mapped[str] = id_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    title: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(2), default="")
    seed: Mapped[int]
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[float] = now_column()
    closed_at: Mapped[float | None] = mapped_column(default=None)


class ListeningClip(Base):
    """One clip. `verdict`: the machine's when the test was drawn, kept from those who rate."""

    __tablename__ = "listening_clip"
    test_id: Mapped[str] = mapped_column(ForeignKey("listening_test.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = call_column()
    line: Mapped[str] = mapped_column(String(60))
    verdict: Mapped[str] = mapped_column(String(20))
    start_s: Mapped[float]
    end_s: Mapped[float]


class ListeningRating(Base):
    """How lived a clip sounds to one person: 1 (recited) to 5 (lived)."""

    __tablename__ = "listening_rating"
    test_id: Mapped[str] = mapped_column(ForeignKey("listening_test.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    rating: Mapped[int]
    at: Mapped[float] = now_column()
