"""installation: what was entered by hand, tests of homes, the ledger, faults as jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _time(name: str, *, open_ended: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=open_ended)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "by_hand",
        *(_text("what"), _text("id"), _text("site"), _text("act"), _time("at"), _text("by")),
        sa.PrimaryKeyConstraint("what", "id"),
    )
    op.create_table(
        "rejected_device",
        *(_text("site"), _text("device_id"), _time("at"), _text("by"), _text("reason")),
        *(_time("ended_at", open_ended=True), _text("ended_by")),
        sa.PrimaryKeyConstraint("site", "device_id"),
    )
    op.create_table(
        "home_test",
        *(_text("id"), _text("place_id"), _text("kind"), _time("since"), _time("until"), _text("by")),
        *(_time("ended_at", open_ended=True), _text("ended_by")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("home_test_place", "home_test", ["place_id", "since"])
    op.create_index("home_test_until", "home_test", ["until"])
    op.create_table(
        "point_proven",
        *(_text("test_id"), _text("device_id"), _text("place_id"), _text("room"), _time("at"), _text("said")),
        sa.PrimaryKeyConstraint("test_id", "device_id"),
    )
    op.create_index("point_proven_device", "point_proven", ["device_id", "at"])
    _ledger_and_jobs()


def _ledger_and_jobs() -> None:
    op.create_table(
        "ledger_item",
        *(
            _text(name)
            for name in ("id", "place_id", "item", "device_id", "room", "day", "installer", "note")
        ),
        *(
            _time("entered_at"),
            _text("entered_by"),
            _time("accepted_at", open_ended=True),
            _text("accepted_by"),
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_ledger_item_place_id"), "ledger_item", ["place_id"])
    op.create_table(
        "sign_off",
        *(_text("id"), _text("place_id"), _time("at"), _text("by"), _text("accepted_by")),
        *(sa.Column("open_points", sa.JSON(), nullable=False), _text("note")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sign_off_place_id"), "sign_off", ["place_id"])
    op.create_table(
        "fault_job",
        *(_text(name) for name in ("alert_id", "device_id", "place_id", "device_kind", "rule")),
        *(_time("opened_at"), _text("owner"), _time("owned_at", open_ended=True)),
        *(_text("substitute"), _time("substitute_at", open_ended=True), _text("substitute_by")),
        *(_text("fixed"), _time("fixed_at", open_ended=True), _text("fixed_by")),
        _time("proven_at", open_ended=True),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    op.create_index(op.f("ix_fault_job_opened_at"), "fault_job", ["opened_at"])
    op.create_index("fault_job_device", "fault_job", ["device_id", "opened_at"])
