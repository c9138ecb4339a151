"""The migrations give exactly the tables that the models describe, and a start that is killed in them can be repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.orm import Session

from gateway.operations.database import MIGRATIONS, open_database
from gateway.operations.tables import Alert, Base


def test_the_migrated_tables_are_the_models(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "operations.sqlite")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        engine = open_database(tmp_path / "a%20b?c#d" / "operations.sqlite")
        with engine.begin() as connection:
            connection.execute(
                text("INSERT INTO cursor VALUES ('x', 1) ON CONFLICT DO UPDATE SET position = position + 1")
            )
        engine.dispose()
    engine = open_database(tmp_path / "a%20b?c#d" / "operations.sqlite")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT position FROM cursor")).scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_alerts_of_the_first_shape_are_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "operations.sqlite"
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    old = create_engine(f"sqlite:///{path}")
    with old.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO alert (id, number, rule, kind, severity, title, why, todo, evidence, place_id, device_id, "
                "room, active_at, raised_at, raised_wall_ms, recorded, state, version, rung) VALUES ('a', 1, 'fall', "
                "'life_safety', 'critical', '{}', '{}', '{}', '{}', 'H1', 'd', '', 1, 1, 1, 1, 'raised', 1, 0)"
            )
        )
    old.dispose()
    engine = open_database(path)
    with Session(engine) as session:
        alert = session.get_one(Alert, "a")
        assert (alert.count, alert.turn, alert.group_id, alert.shelved_until) == (1, 0, "", None)
    engine.dispose()


def test_a_first_start_killed_amid_the_migration_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next start would find half of the tables and no word that they are there."""
    upgrade = command.upgrade

    def killed(config: Config, revision: str) -> None:
        upgrade(config, revision)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", killed)
    path = tmp_path / "operations.sqlite"
    with pytest.raises(KeyboardInterrupt):
        open_database(path)
    bare = create_engine(f"sqlite:///{path}")
    assert inspect(bare).get_table_names() == []
    bare.dispose()
    monkeypatch.setattr(command, "upgrade", upgrade)
    open_database(path).dispose()
