"""What calls keep to be compared with others, and campaigns scored again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """One row per call, several per call, and runs of re-scoring."""
    _digest()
    _voice_window()
    _wording()
    _phrase()
    _signature()
    _rescore_run()


def _call_id() -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    own = sa.Column("call_id", sa.String(length=16), nullable=False)
    return own, sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE")


def _digest() -> None:
    op.create_table(
        "digest",
        *_call_id(),
        sa.Column("words", sa.Boolean(), nullable=False),
        sa.Column("two_channels", sa.Boolean(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )


def _voice_window() -> None:
    op.create_table(
        "voice_window",
        *_call_id(),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("channel_class", sa.String(length=40), nullable=False),
        sa.Column("syllables", sa.String(length=8), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )


def _wording() -> None:
    op.create_table(
        "wording",
        *_call_id(),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("runs", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )


def _phrase() -> None:
    op.create_table(
        "phrase",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *_call_id(),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_phrase_call_id", "phrase", ["call_id"], unique=False)


def _signature() -> None:
    op.create_table(
        "signature",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *_call_id(),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("st", sa.LargeBinary(), nullable=False),
        sa.Column("gaps", sa.LargeBinary(), nullable=False),
        sa.Column("db", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_signature_call_id", "signature", ["call_id"], unique=False)
    op.create_index("signature_key", "signature", ["key", "call_id"], unique=False)


def _rescore_run() -> None:
    op.create_table(
        "rescore_run",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("campaign_id", sa.String(length=16), nullable=False),
        sa.Column("asked", sa.String(length=64), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.Float(precision=53), nullable=False),
        sa.Column("ended_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("rescore_run_campaign", "rescore_run", ["campaign_id", "asked", "ended_at"], unique=False)
