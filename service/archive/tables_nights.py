"""Tables of nights: which ones the service has begun and ended, and which files sampling left out of batches."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.archive.tables import Base, now_column


class NightRun(Base):
    """One night of the service's own work. Leased by one process; `told`: what each task that ended came to."""

    __tablename__ = "night_run"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    leased_by: Mapped[str | None] = mapped_column(String(60), default=None)
    leased_until: Mapped[float] = mapped_column(default=0.0)
    begun_at: Mapped[float] = now_column()
    ended_at: Mapped[float | None] = mapped_column(default=None)
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)


class PassedOver(Base):
    """A file that sampling left out, known by path, size, time and facts. `ticket`: what it drew, to be read once;
    `rule`: under which it was left out.
    """

    __tablename__ = "passed_over"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    ticket: Mapped[str] = mapped_column(String(16))
    rule: Mapped[str] = mapped_column(String(20))
    at: Mapped[float] = now_column()
    __table_args__ = (Index("passed_over_campaign_at", "campaign_id", "at"),)
