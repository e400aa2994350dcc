"""The table of legal holds."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.archive.tables import Base, id_column, now_column


class Hold(Base):
    """Nothing of these calls may go while it is open. `kind`: call, agent or campaign, and `target` its id.

    No foreign keys: that there was a hold outlives what it held.
    """

    __tablename__ = "hold"
    id: Mapped[str] = id_column()
    kind: Mapped[str] = mapped_column(String(10))
    target: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(400))
    by: Mapped[str] = mapped_column(String(16))
    at: Mapped[float] = now_column()
    released_by: Mapped[str | None] = mapped_column(String(16), default=None)
    released_at: Mapped[float | None] = mapped_column(default=None)
    __table_args__ = (Index("hold_target", "target", "released_at"),)
