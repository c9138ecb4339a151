"""accounts: roles at places of the tree, passwords, single sign-on, and sessions one can look through and end."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Bring the tables to this revision; whoever has a PIN goes on as staff on duty for everything."""
    op.create_table(
        "granted",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id", "role", "at"),
    )
    op.execute("INSERT INTO granted (staff_id, role, at) SELECT id, 'duty', '' FROM staff")
    with op.batch_alter_table("staff") as staff:
        staff.add_column(
            sa.Column("password_hash", sa.String(), server_default=sa.text("''"), nullable=False)
        )
        staff.add_column(sa.Column("subject", sa.String(), nullable=True))
        staff.add_column(sa.Column("ended_at", sa.Integer(), nullable=True))
        staff.create_unique_constraint("uq_staff_subject", ["subject"])
    op.add_column("sign_in", sa.Column("made_at", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sign_in", sa.Column("how", sa.String(), server_default=sa.text("'pin'"), nullable=False))
    op.add_column("sign_in", sa.Column("device", sa.String(), server_default=sa.text("''"), nullable=False))
    op.create_index(op.f("ix_sign_in_staff_id"), "sign_in", ["staff_id"], unique=False)
