"""A line keeps the rules' verdict and a person's apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Two columns. Where nobody put anything right, what holds is what the rules said; other calls get both when they
    are scored again, and until then count in no series of the rules.
    """
    op.add_column("line", sa.Column("machine_verdict", sa.String(length=20), nullable=True))
    op.add_column("line", sa.Column("person_verdict", sa.String(length=20), nullable=True))
    edited = "SELECT call_id FROM document WHERE kind = 'edits'"
    op.execute(f"UPDATE line SET machine_verdict = verdict WHERE call_id NOT IN ({edited})")  # noqa: S608
