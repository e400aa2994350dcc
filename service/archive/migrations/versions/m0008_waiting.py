"""What waits in an inbox is found without looking through all calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
WAITS = "SELECT 1 FROM moment WHERE moment.call_id = call.id AND moment.reviewed_at IS NULL AND NOT moment.good"


def upgrade() -> None:
    """A column, filled, and three indexes."""
    op.add_column("call", sa.Column("has_work", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(f"UPDATE call SET has_work = EXISTS ({WAITS})")  # noqa: S608 - no value in it
    op.create_index("call_work_started", "call", ["has_work", "started_at", "id"], unique=False)
    op.create_index("call_state_released", "call", ["state", "released_at", "started_at", "id"], unique=False)
    op.create_index("call_state_agent", "call", ["state", "agent_id", "started_at", "id"], unique=False)
