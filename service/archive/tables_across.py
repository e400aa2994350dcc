"""Tables of what one call keeps to be compared with others: numbers and hashes, never words, sound or a voiceprint.

All of it goes with its call. `voice_window` and `signature` were measured of a voice: they are absent where the policy
was no_voice, and hold nothing that says whose voice it was (no height, no level, no timbre).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from service.archive.tables import Base, id_column, now_column


class Digest(Base):
    """What reports need of a call's evidence without unpacking documents. `measures`: of the agent, by name."""

    __tablename__ = "digest"
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[bool]
    two_channels: Mapped[bool]
    measures: Mapped[dict[str, Any]]


class VoiceWindows(Base):
    """The five metallic components of the agent's minutes in a call: what later calls of theirs are read against."""

    __tablename__ = "voice_window"
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    channel_class: Mapped[str] = mapped_column(String(40))
    syllables: Mapped[str] = mapped_column(String(8))
    windows: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class Wording(Base):
    """The agent's words of a call as hashes of their runs, in order: which wording comes back, not what was said."""

    __tablename__ = "wording"
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    runs: Mapped[bytes] = mapped_column(LargeBinary)


class PhraseRow(Base):
    """The wording of one gesture. `key` is the same for the same words and shows none of them."""

    __tablename__ = "phrase"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), index=True)
    act: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(16))


class SignatureRow(Base):
    """How one phrase was said (`audio.signature`): tenths of a semitone, hundredths of ln s, tenths of a dB.

    `started_at`: of its call, so that the latest sayings of a phrase are found among those of all calls.
    """

    __tablename__ = "signature"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(16))
    st: Mapped[bytes] = mapped_column(LargeBinary)
    gaps: Mapped[bytes] = mapped_column(LargeBinary)
    db: Mapped[bytes] = mapped_column(LargeBinary)
    started_at: Mapped[float] = mapped_column(server_default="0")
    __table_args__ = (Index("signature_key_started", "key", "started_at"),)


class RescoreRun(Base):
    """A campaign scored again. `asked`: of what; `after`: the last call that is done, so that it goes on from there."""

    __tablename__ = "rescore_run"
    id: Mapped[str] = id_column()
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    asked: Mapped[str] = mapped_column(String(64))
    after: Mapped[str] = mapped_column(String(16), default="")
    scored: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[float] = now_column()
    ended_at: Mapped[float | None] = mapped_column(default=None)
    __table_args__ = (Index("rescore_run_campaign", "campaign_id", "asked", "ended_at"),)
