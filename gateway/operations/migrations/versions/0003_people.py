"""the way of an alert to a person until it is settled: duty plan, desks, consents, recipients, follow-ups, links."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "channel_state",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("tested_ms", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("place_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("contact", sa.Integer(), nullable=True),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_consent_place_id"), "consent", ["place_id"], unique=False)
    op.create_table(
        "desk_state",
        sa.Column("desk", sa.String(), nullable=False),
        sa.Column("deaf_since", sa.Integer(), nullable=True),
        sa.Column("handed_over_at", sa.Integer(), nullable=True),
        sa.Column("handed_over_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("desk"),
    )
    op.create_table(
        "duty_plan",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("in_force_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "link",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("place_id", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("ends_at", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("link_alert", "link", ["alert_id"], unique=False)
    op.create_index("link_place", "link", ["place_id"], unique=False)
    op.create_table(
        "follow_up",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("place_id", sa.String(), nullable=False),
        sa.Column("due_at", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.Integer(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_follow_up_due_at"), "follow_up", ["due_at"], unique=False)
    op.add_column("alert", sa.Column("reason", sa.String(), nullable=True))
    op.add_column("alert", sa.Column("outcome", sa.String(), nullable=True))
    op.add_column("alert", sa.Column("settled_at", sa.Integer(), nullable=True))
    op.add_column("alert", sa.Column("assigned_to", sa.String(), nullable=True))
    op.add_column("alert", sa.Column("merged_into", sa.String(), nullable=True))
    op.add_column("alert", sa.Column("reopened", sa.Integer(), server_default="0", nullable=False))
    op.add_column("alert_step", sa.Column("via", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "outbox", sa.Column("about", sa.String(), server_default=sa.text("'alert'"), nullable=False)
    )
    op.add_column("outbox", sa.Column("person", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("outbox", sa.Column("role", sa.String(), server_default=sa.text("'desk'"), nullable=False))
    op.add_column("outbox", sa.Column("desk", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("outbox", sa.Column("turn", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("errand", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("outbox", sa.Column("ways", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("outbox", sa.Column("proof", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("outbox", sa.Column("digest_id", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("outbox", sa.Column("step_id", sa.Integer(), nullable=True))
    op.create_index("outbox_digest", "outbox", ["digest_id"], unique=False)
    op.create_index("outbox_errand", "outbox", ["errand"], unique=False)
