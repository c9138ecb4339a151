"""alerts are found by when they were raised: the numbers of work ask for a span."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_index(op.f("ix_alert_raised_at"), "alert", ["raised_at"], unique=False)
