"""What lets a phrase, a name and a night be looked up among millions of calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004b"
down_revision = "0004"


def upgrade() -> None:
    """Signatures carry when their call began; two indexes on calls."""
    op.add_column("signature", sa.Column("started_at", sa.Float(precision=53), nullable=False, server_default="0"))
    op.execute("UPDATE signature SET started_at = (SELECT started_at FROM call WHERE call.id = signature.call_id)")
    op.drop_index("signature_key", "signature")
    op.create_index("signature_key_started", "signature", ["key", "started_at"], unique=False)
    op.create_index("call_agent_name_started", "call", ["account_id", "agent_name", "started_at"], unique=False)
    op.create_index("call_campaign_received", "call", ["campaign_id", "received_at"], unique=False)
