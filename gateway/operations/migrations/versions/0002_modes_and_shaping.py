"""modes of homes, alerts held back, silences, and what becomes of an alert after its raise."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the tables to this revision."""
    for column in (
        sa.Column("turn", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("count", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("last_at", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.String(), nullable=False, server_default=sa.text("''")),
        sa.Column("severity_before", sa.String(), nullable=True),
        sa.Column("changed_why", sa.JSON(), nullable=True),
        sa.Column("shelved_until", sa.Integer(), nullable=True),
        sa.Column("shelved_by", sa.String(), nullable=True),
        sa.Column("shelved_why", sa.String(), nullable=True),
    ):
        op.add_column("alert", column)
    op.create_index("alert_group", "alert", ["group_id"], unique=False)
    op.create_index(op.f("ix_alert_shelved_until"), "alert", ["shelved_until"], unique=False)
    op.create_table(
        "held_alert",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("todo", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("place_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("active_at", sa.Integer(), nullable=False),
        sa.Column("held_at", sa.Integer(), nullable=False),
        sa.Column("held_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.Column("told_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("held_alert_place", "held_alert", ["place_id", "held_at"], unique=False)
    op.create_index(op.f("ix_held_alert_held_at"), "held_alert", ["held_at"], unique=False)
    op.create_table(
        "home_mode",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("place_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("ended_because", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("home_mode_place", "home_mode", ["place_id", "since"], unique=False)
    op.create_index("home_mode_now", "home_mode", ["ended_at"], unique=False)
    op.create_table(
        "silence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("place_id", sa.String(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("silence_place", "silence", ["place_id", "until"], unique=False)
