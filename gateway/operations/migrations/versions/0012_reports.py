"""reports: those made to be handed in with their signatures, schedules with their runs, offices' own forms."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Bring the tables to this revision."""
    _reports()
    _schedules()
    op.create_table(
        "report_form",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "name", "kind")),
        sa.Column("daily", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("at", "facility", "subject", "file")),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("mapped_at", sa.Integer(), nullable=True),
        sa.Column("mapped_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _reports() -> None:
    op.create_table(
        "filed_report",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "kind", "period", "at", "facility", "subject", "language")
        ),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("filed_report_of", "filed_report", ["at", "kind", "period"])
    op.create_index("filed_report_until", "filed_report", ["until", "id"])
    op.create_table(
        "report_signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["filed_report.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_report_signature_report_id", "report_signature", ["report_id"])


def _schedules() -> None:
    op.create_table(
        "report_schedule",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "kind", "every")),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("at", "facility", "subject")),
        sa.Column("formats", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("language", "channel", "person")),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "report_run",
        sa.Column("schedule_id", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("noted", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["schedule_id"], ["report_schedule.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("schedule_id", "period"),
    )
