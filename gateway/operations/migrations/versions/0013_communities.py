"""communities: where they lie, and seats that are in no facility of the registry."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "community",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("geometry", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )
