"""Makes the question of a backtest from what a hub knows: its registry, its rules in force, the modes its people set."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from gateway.backtest.asked import WARM_UP_MS, Asked, Influx, Registered, RuleSet
from gateway.operations.tables import HomeMode
from rules.events import Command
from rules.world import Definition


def about_store(
    definition: Definition,
    database: Engine,
    *,
    rules: RuleSet | None,
    from_ms: int,
    to_ms: int,
    influx: Influx | None = None,
    workers: int = 0,
) -> Asked:
    """Ask what ``rules`` (None: those in force) would have done over what is stored."""
    current = RuleSet(definition.rules, definition.overrides)
    return Asked(
        rules=rules or current,
        current=current,
        registered=registered_in(definition),
        from_ms=from_ms,
        to_ms=to_ms,
        influx=influx,
        modes=modes_between(database, from_ms - WARM_UP_MS, to_ms),
        workers=workers or cores(),
    )


def about_file(definition: Definition, events: Path, *, rules: RuleSet | None, workers: int = 0) -> Asked:
    """Ask what ``rules`` (None: those in force) would have done over an events CSV."""
    current = RuleSet(definition.rules, definition.overrides)
    return Asked(
        rules=rules or current,
        current=current,
        registered=registered_in(definition),
        events=str(events.resolve()),
        workers=workers or cores(),
    )


def registered_in(definition: Definition) -> Registered:
    """The places and devices of a world."""
    return Registered(definition.zone, definition.calendar, definition.places, definition.devices)


def modes_between(database: Engine, from_ms: int, to_ms: int) -> tuple[Command, ...]:
    """What people set and ended; an end by time, by activity or by another mode is the rules' own to find."""
    told = []
    with Session(database) as session:
        question = select(HomeMode).where(
            HomeMode.since < to_ms, or_(HomeMode.ended_at.is_(None), HomeMode.ended_at > from_ms)
        )
        for mode in session.scalars(question):
            name = f"mode-{mode.id}"
            data = {"kind": mode.kind, "until": str(mode.until)}
            told.append(Command(mode.since, name, "mode", "", mode.by, data, mode.place_id))
            if mode.ended_at is not None and mode.ended_because == "command":
                told.append(
                    Command(mode.ended_at, f"{name}-end", "mode_end", "", mode.ended_by, {}, mode.place_id)
                )
    return tuple(sorted(told, key=lambda command: (command.at, command.id)))


def cores() -> int:
    """How many processes at most: as many as there are cores for this one."""
    return len(os.sched_getaffinity(0))
