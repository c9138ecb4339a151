"""The registry changed by hand: in one transaction, written as an import writes, and marked."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from gateway.registry import apply as registry
from gateway.registry.compare import Plan, compare
from gateway.registry.edits import SOURCE, Edit, edited
from gateway.registry.marks import mark


@dataclass(frozen=True, slots=True)
class Entered:
    """What was done: the place it concerns, and the changes."""

    place_id: str
    plan: Plan


def enter(engine: Engine, edit: Edit, *, by: str, at: int) -> Entered:
    """Do it in one transaction. Raises ``RegistryErrors``, and then nothing has changed."""
    with engine.connect() as connection:
        # The lock comes before the first read, as with an import.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        stored = registry.read_within(connection)
        wanted, place_id = edited(stored, edit)
        done = compare(stored, wanted, source=SOURCE)
        registry.carry_out(connection, wanted, done)
        mark(connection, done, site=next(iter(wanted.sites())), by=by, at=at)
        connection.commit()
        return Entered(place_id, done)
