"""Tables of who and what for: accounts, campaigns, teams, people, their sessions and tokens, and the audit.

Times are Unix seconds (UTC) as floats; public ids are random and say nothing. A rubric, packs, hotwords, sampling,
keeping and policy hang on a campaign.
"""

from __future__ import annotations

import secrets
import string
import time
from typing import Any, Literal

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Role = Literal["admin", "qa", "coach", "agent", "auditor"]
ROLES: tuple[Role, ...] = ("admin", "qa", "coach", "agent", "auditor")


class Base(DeclarativeBase):
    """All tables of the archive."""

    type_annotation_map = {dict[str, Any]: JSON, list[str]: JSON, float: Float(53)}  # noqa: RUF012 - read by SQLAlchemy


def new_id() -> str:
    """A public id: 16 letters and digits (95 random bits).

    It begins with a letter, so that no shell takes it for an option and no spreadsheet for a formula or a number.
    """
    rest = (secrets.choice(string.ascii_letters + string.digits) for _ in range(15))
    return secrets.choice(string.ascii_letters) + "".join(rest)


def id_column() -> Mapped[str]:
    """The primary key of a table whose rows are named in addresses."""
    return mapped_column(String(16), primary_key=True, default=new_id)


def now_column() -> Mapped[float]:
    """When the row was made."""
    return mapped_column(default=time.time)


class Account(Base):
    """A client: its campaigns, and the auditors who may look at them."""

    __tablename__ = "account"
    id: Mapped[str] = id_column()
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[float] = now_column()


class Campaign(Base):
    """What calls of one kind are asked for, and how long they are kept."""

    __tablename__ = "campaign"
    id: Mapped[str] = id_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(200))
    rubric: Mapped[str] = mapped_column(String(200), default="inbound_service")
    packs: Mapped[list[str]] = mapped_column(default=list)
    policy: Mapped[str | None] = mapped_column(String(20), default=None)
    sample_per_agent_week: Mapped[int] = mapped_column(default=0)
    dispute_days: Mapped[int] = mapped_column(default=7, server_default="7")
    audio_days: Mapped[int] = mapped_column(default=183)
    analysis_days: Mapped[int] = mapped_column(default=365)
    created_at: Mapped[float] = now_column()
    __table_args__ = (UniqueConstraint("account_id", "name"),)


class Team(Base):
    """A team of agents in a campaign."""

    __tablename__ = "team"
    id: Mapped[str] = id_column()
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str] = mapped_column(String(200))
    __table_args__ = (UniqueConstraint("campaign_id", "name"),)


class Person(Base):
    """Somebody who logs in, or is only heard in calls (no password). `account_id` empty: of the house, not a client.

    `analyse_voice` False: this agent asked that their voice is not analysed; no reason is needed or kept.
    """

    __tablename__ = "person"
    id: Mapped[str] = id_column()
    login: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    team_id: Mapped[str | None] = mapped_column(ForeignKey("team.id"), default=None)
    telephony_id: Mapped[str | None] = mapped_column(String(200), unique=True, default=None)
    password_hash: Mapped[str | None] = mapped_column(String(200), default=None)
    analyse_voice: Mapped[bool] = mapped_column(default=True)
    lang: Mapped[str] = mapped_column(String(2), default="fr")
    active_from: Mapped[float | None] = mapped_column(default=None)
    active_until: Mapped[float | None] = mapped_column(default=None)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[float] = now_column()


class Coaching(Base):
    """Which teams a coach coaches."""

    __tablename__ = "coaching"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True)


class LoginSession(Base):
    """A browser that is logged in. Only the hash of its cookie is kept."""

    __tablename__ = "login_session"
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    csrf: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[float] = now_column()
    expires_at: Mapped[float]


class Token(Base):
    """A program that may act for a person, within `scopes`. Only the hash of its secret is kept."""

    __tablename__ = "token"
    id: Mapped[str] = id_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[float] = now_column()
    expires_at: Mapped[float | None] = mapped_column(default=None)
    revoked_at: Mapped[float | None] = mapped_column(default=None)


class LoginTry(Base):
    """Logins tried from one address, for the rate limit; old rows are swept."""

    __tablename__ = "login_try"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[float] = now_column()
    __table_args__ = (Index("login_try_address_at", "address", "at"),)


class AuditRow(Base):
    """One thing a person did. Rows are only added. `call_id` and `person_id` are no foreign keys: they outlive both."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[float] = now_column()
    person_id: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(40))
    call_id: Mapped[str | None] = mapped_column(String(16), default=None)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    __table_args__ = (Index("audit_call", "call_id", "at"), Index("audit_at", "at"))
