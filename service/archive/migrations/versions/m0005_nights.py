"""Nights of the service's own, and what sampling left out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004b"


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "night_run",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("leased_by", sa.String(length=60), nullable=True),
        sa.Column("leased_until", sa.Float(precision=53), nullable=False),
        sa.Column("begun_at", sa.Float(precision=53), nullable=False),
        sa.Column("ended_at", sa.Float(precision=53), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "passed_over",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=16), nullable=False),
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("passed_over_campaign_at", "passed_over", ["campaign_id", "at"], unique=False)
