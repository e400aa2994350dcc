"""What people do with calls: lines, series, what was heard, disputes, coaching, calibration, listening tests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """New tables, those that others point at first; then new columns of known ones."""
    _series()
    _coaching_session()
    _goal()
    _listening_test()
    _acknowledgement()
    _calibration()
    _dispute()
    _example()
    _heard()
    _line()
    _listening_clip()
    _listening_rating()
    _session_moment()
    _calibration_member()
    _calibration_score()
    _call()
    _campaign()
    _review()


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("rubric", sa.String(length=100), nullable=False),
        sa.Column("policy", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("first_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _coaching_session() -> None:
    op.create_table(
        "coaching_session",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("agent_id", sa.String(length=16), nullable=False),
        sa.Column("coach_id", sa.String(length=16), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("done_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["coach_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agent_id", "coach_id", "week"),
    )


def _goal() -> None:
    op.create_table(
        "goal",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("agent_id", sa.String(length=16), nullable=False),
        sa.Column("coach_id", sa.String(length=16), nullable=False),
        sa.Column("gesture", sa.String(length=60), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("set_at", sa.Float(precision=53), nullable=False),
        sa.Column("closed_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["coach_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("goal") as batch:
        batch.create_index("ix_goal_agent_id", ["agent_id"], unique=False)


def _listening_test() -> None:
    op.create_table(
        "listening_test",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("closed_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )


def _acknowledgement() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("call_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("call_id", "person_id"),
    )


def _calibration() -> None:
    op.create_table(
        "calibration",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.String(length=16), nullable=False),
        sa.Column("reference_id", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("closed_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reference_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("calibration") as batch:
        batch.create_index("ix_calibration_call_id", ["call_id"], unique=False)


def _dispute() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("opened_at", sa.Float(precision=53), nullable=False),
        sa.Column("deadline_at", sa.Float(precision=53), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=16), nullable=True),
        sa.Column("decided_at", sa.Float(precision=53), nullable=True),
        sa.Column("answer", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("dispute") as batch:
        batch.create_index("dispute_state_deadline", ["state", "deadline_at"], unique=False)
        batch.create_index("ix_dispute_call_id", ["call_id"], unique=False)


def _example() -> None:
    op.create_table(
        "example",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.String(length=16), nullable=False),
        sa.Column("moment", sa.String(length=16), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("proposed_by", sa.String(length=16), nullable=False),
        sa.Column("proposed_at", sa.Float(precision=53), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=16), nullable=True),
        sa.Column("decided_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("example") as batch:
        batch.create_index("ix_example_call_id", ["call_id"], unique=False)


def _heard() -> None:
    op.create_table(
        "heard",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.String(length=16), nullable=False),
        sa.Column("start_s", sa.Float(precision=53), nullable=False),
        sa.Column("end_s", sa.Float(precision=53), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("heard") as batch:
        batch.create_index("heard_call_person", ["call_id", "person_id"], unique=False)


def _line() -> None:
    op.create_table(
        "line",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(length=16), nullable=False),
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("score", sa.Float(precision=53), nullable=True),
        sa.Column("start_s", sa.Float(precision=53), nullable=True),
        sa.Column("end_s", sa.Float(precision=53), nullable=True),
        sa.Column("expected", sa.Boolean(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("team_id", sa.String(length=16), nullable=True),
        sa.Column("agent_id", sa.String(length=16), nullable=True),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_id", "line"),
    )
    with op.batch_alter_table("line") as batch:
        batch.create_index(
            "line_agent_week", ["agent_id", "line", "week", "verdict", "disputed", "call_id"], unique=False
        )
        batch.create_index(
            "line_team_week",
            ["team_id", "week", "line", "verdict", "series", "disputed", "agent_id", "score"],
            unique=False,
        )


def _listening_clip() -> None:
    op.create_table(
        "listening_clip",
        sa.Column("test_id", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=16), nullable=False),
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("start_s", sa.Float(precision=53), nullable=False),
        sa.Column("end_s", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["test_id"], ["listening_test.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("test_id", "place"),
    )
    with op.batch_alter_table("listening_clip") as batch:
        batch.create_index("ix_listening_clip_call_id", ["call_id"], unique=False)


def _listening_rating() -> None:
    op.create_table(
        "listening_rating",
        sa.Column("test_id", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(["test_id"], ["listening_test.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("test_id", "place", "person_id"),
    )


def _session_moment() -> None:
    op.create_table(
        "session_moment",
        sa.Column("session_id", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=16), nullable=False),
        sa.Column("moment", sa.String(length=16), nullable=False),
        sa.Column("part", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session_id"], ["coaching_session.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "place"),
    )
    with op.batch_alter_table("session_moment") as batch:
        batch.create_index("ix_session_moment_call_id", ["call_id"], unique=False)


def _calibration_member() -> None:
    op.create_table(
        "calibration_member",
        sa.Column("calibration_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("finished_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(["calibration_id"], ["calibration.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("calibration_id", "person_id"),
    )


def _calibration_score() -> None:
    op.create_table(
        "calibration_score",
        sa.Column("calibration_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["calibration_id"], ["calibration.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("calibration_id", "person_id", "line"),
    )


def _call() -> None:
    with op.batch_alter_table("call") as batch:
        batch.add_column(sa.Column("series", sa.String(length=16), nullable=True))


def _campaign() -> None:
    with op.batch_alter_table("campaign") as batch:
        batch.add_column(sa.Column("dispute_days", sa.Integer(), server_default="7", nullable=False))


def _review() -> None:
    with op.batch_alter_table("review") as batch:
        batch.add_column(sa.Column("blind", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("heard", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("machine", sa.JSON(), nullable=True))
        batch.create_index("review_blind", ["blind", "heard", "target"], unique=False)
