"""A line keeps the rules' verdict and a person's apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Two columns; calls that are there get them when they are scored again."""
    op.add_column("line", sa.Column("machine_verdict", sa.String(length=20), nullable=True))
    op.add_column("line", sa.Column("person_verdict", sa.String(length=20), nullable=True))
