"""Writes what was decided about alerts: raised, escalated, accepted, ended, closed. One transaction with the cursor.

Everything here is an effect of a journal position. A position at or below the cursor is done already and is not done again,
so a hub that was killed anywhere goes on where its last commit left off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from gateway.alerts.escalation import Climb, Ladder, after_hold, due, first
from gateway.alerts.words import room_en
from gateway.operations.handling import Answer, obey
from gateway.operations.tables import Alert, AlertStep, Cursor, Snapshot
from rules.effects import Effect, End, Raise
from rules.events import Command
from rules.sentence import why
from rules.state import STATE_VERSION
from rules.world import World

ENGINE = "engine"
FLOOR = "engine.floor"
FLOOR_WORLD = "engine.floor.world"

Enqueue: TypeAlias = Callable[[Session, str, int, Sequence[str]], object]


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has come to ``now``; ``held`` while it does not run at people's pace."""

    now: int
    held: bool


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to write, at its journal position. ``world`` is the one an effect was judged in."""

    position: int
    what: Effect | Command | Ticked
    world: World | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """The state of a key at a position; an empty body means that the key is gone."""

    key: str
    position: int
    body: bytes


@dataclass(slots=True)
class Work:
    """What one commit writes: deeds in order, and how far the engine has come."""

    position: int
    deeds: list[Deed] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)
    floor: tuple[int, int] | None = None  # position and world version at which every saved state is whole


@dataclass(slots=True)
class Written:
    """What a commit has changed: alerts, answers by command id, and whether there is something to send."""

    alerts: list[str] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    to_send: bool = False
    raised: int = 0


class AlertLog:
    """The one writer of alerts. ``enqueue`` puts messages for channels into the same transaction."""

    def __init__(
        self, engine: Engine, *, ladder: Ladder, enqueue: Enqueue, wall_ms: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._ladder = ladder
        self._enqueue = enqueue
        self._wall_ms = wall_ms
        self._held_from: int | None = None
        with Session(engine) as session:
            self.next_escalation = _earliest_escalation(session)

    def cursor(self, consumer: str = ENGINE) -> int:
        """The committed position of a consumer, 0 before the first."""
        with Session(self._engine) as session:
            row = session.get(Cursor, consumer)
            return row.position if row else 0

    def count_open(self) -> int:
        """How many alerts are not closed."""
        with Session(self._engine) as session:
            return session.scalar(select(func.count()).select_from(Alert).where(Alert.state != "closed")) or 0

    def saved(self) -> tuple[int, int, list[tuple[int, bytes]]]:
        """The floor, its world version, and every key's saved state with its position.

        The floor is 0, with nothing saved, before the first whole snapshot or where one has another shape: then all is
        replayed.
        """
        floor, version = self.cursor(FLOOR), self.cursor(FLOOR_WORLD)
        with Session(self._engine) as session:
            found = session.execute(select(Snapshot.version, Snapshot.position, Snapshot.body)).all()
        if not floor or any(shape != STATE_VERSION for shape, _, _ in found):
            return 0, 0, []
        return floor, version, [(position, body) for _, position, body in found]

    def commit(self, work: Work) -> Written:
        """Write it all or nothing. Deeds at or below the cursor are left out."""
        written, held_from, earliest = Written(), self._held_from, self.next_escalation
        with Session(self._engine) as session, session.begin():
            cursor = session.get(Cursor, ENGINE)
            done = cursor.position if cursor else 0
            for deed in work.deeds:
                if deed.position <= done:
                    continue
                if isinstance(deed.what, Ticked):
                    held_from = self._escalate(session, deed.what, held_from, written)
                else:
                    self._do(session, deed, written)
            self._save(session, work, max(done, work.position))
            if written.alerts:
                earliest = _earliest_escalation(session)
        self._held_from, self.next_escalation = held_from, earliest  # only now: the commit may have failed
        return written

    def _do(self, session: Session, deed: Deed, written: Written) -> None:
        match deed.what:
            case Raise() as raised:
                assert deed.world is not None, "an effect names its world"  # noqa: S101 made in one place
                self._raise(session, raised, deed.world, written)
            case End() as ended:
                self._end(session, ended, written)
            case Command() as command:
                written.answers[command.id], changed = obey(session, command)
                if changed:
                    written.alerts.append(command.alert)

    def _raise(self, session: Session, raised: Raise, world: World, written: Written) -> None:
        rule = next(rule for rule in world.definition.rules if rule.id == raised.rule)
        device = world.devices.get(raised.subject)
        room = device.room if device else ""
        reason = why(raised.evidence, room, world.zone, room_en=room_en(room))
        climb = first(self._ladder, raised_at=raised.at)
        number = (session.scalar(select(func.max(Alert.number))) or 0) + 1
        new = insert(Alert).values(
            id=raised.alert, number=number, rule=rule.id, kind=rule.kind, severity=rule.severity,
            title=msgspec.to_builtins(rule.title), why=msgspec.to_builtins(reason),
            todo=msgspec.to_builtins(rule.todo), evidence=msgspec.to_builtins(raised.evidence),
            place_id=raised.key, device_id=raised.subject if device else "", room=room,
            active_at=raised.active_at, raised_at=raised.at, raised_wall_ms=self._wall_ms(), recorded=True,
            state="raised", version=1, rung=climb.rung, escalate_at=climb.escalate_at,
        )  # fmt: skip
        if session.execute(new.on_conflict_do_nothing(index_elements=["id"])).rowcount:  # type: ignore[attr-defined]
            session.add(AlertStep(alert_id=raised.alert, kind="raised", at=raised.at, by=""))
            self._send(session, raised.alert, climb, written)
            written.raised += 1

    def _send(self, session: Session, alert: str, climb: Climb, written: Written) -> None:
        session.flush()
        self._enqueue(session, alert, climb.rung, climb.channels)
        written.alerts.append(alert)
        written.to_send = written.to_send or bool(climb.channels)

    def _end(self, session: Session, ended: End, written: Written) -> None:
        alert = session.get(Alert, ended.alert)
        if alert is None or alert.ended_at is not None:
            return
        alert.ended_at, alert.version = ended.at, alert.version + 1
        session.add(AlertStep(alert_id=alert.id, kind="ended", at=ended.at, by=""))
        if alert.kind == "device" and alert.state != "closed":
            alert.state, alert.closed_at, alert.verdict, alert.escalate_at = (
                "closed",
                ended.at,
                "cleared",
                None,
            )
            session.add(AlertStep(alert_id=alert.id, kind="closed", at=ended.at, by="", detail="cleared"))
        written.alerts.append(alert.id)

    def _escalate(
        self, session: Session, tick: Ticked, held_from: int | None, written: Written
    ) -> int | None:
        """Climb what is due; returns since when escalation is held (None: it is not)."""
        if tick.held:
            return held_from or tick.now
        waiting = session.scalars(
            select(Alert)
            .where(Alert.state == "raised", Alert.escalate_at.is_not(None))
            .order_by(Alert.number)
        ).all()
        if held_from is not None:
            for alert in waiting:
                alert.escalate_at = after_hold(
                    alert.escalate_at or 0, raised_at=alert.raised_at, held_from=held_from, now=tick.now
                )
                written.alerts.append(alert.id)
        for alert in waiting:
            while climb := due(
                self._ladder, state=alert.state, rung=alert.rung, escalate_at=alert.escalate_at, now=tick.now
            ):
                alert.rung, alert.escalate_at, alert.version = (
                    climb.rung,
                    climb.escalate_at,
                    alert.version + 1,
                )
                session.add(
                    AlertStep(
                        alert_id=alert.id,
                        kind="escalated",
                        at=tick.now,
                        by="",
                        detail=",".join(climb.channels),
                    )
                )
                self._send(session, alert.id, climb, written)
        return None

    def _save(self, session: Session, work: Work, position: int) -> None:
        rows = [
            {"key": s.key, "position": s.position, "version": STATE_VERSION, "body": s.body}
            for s in work.saved
            if s.body
        ]
        if rows:
            new = insert(Snapshot)
            session.execute(
                new.on_conflict_do_update(
                    index_elements=["key"],
                    set_={name: new.excluded[name] for name in ("position", "version", "body")},
                ),
                rows,
            )
        gone = [saved.key for saved in work.saved if not saved.body]
        if gone:
            session.execute(delete(Snapshot).where(Snapshot.key.in_(gone)))
        cursors: list[tuple[str, int]] = [(ENGINE, position)]
        if work.floor is not None:
            cursors += [(FLOOR, work.floor[0]), (FLOOR_WORLD, work.floor[1])]
        for consumer, value in cursors:
            new = insert(Cursor).values(consumer=consumer, position=value)
            session.execute(new.on_conflict_do_update(index_elements=["consumer"], set_={"position": value}))


def _earliest_escalation(session: Session) -> int | None:
    return session.scalar(select(func.min(Alert.escalate_at)).where(Alert.state == "raised"))
