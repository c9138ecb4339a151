"""Writes what was decided, and what people did: alerts and their course, modes, silences. One transaction with the cursor.

Everything here is an effect of a journal position. A position at or below the cursor is done already and is not done again,
so a hub that was killed anywhere goes on where its last commit left off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Engine, func, literal_column, select
from sqlalchemy.orm import Session

from gateway.alerts.escalation import Climb, Ladder, after_hold, due, first
from gateway.operations import own_alerts
from gateway.operations.course import Tell, again, change, end, take_from_shelf
from gateway.operations.database import repeatable, sync
from gateway.operations.handling import Answer, obey
from gateway.operations.home_modes import change_mode
from gateway.operations.raising import hold_back, lead_of, next_lead, raise_alert
from gateway.operations.tables import Alert, AlertStep, Cursor, HeldAlert, Snapshot
from rules.effects import Again, Change, Effect, End, Hold, ModeChanged, Raise
from rules.events import Command
from rules.state import STATE_VERSION
from rules.world import World

ENGINE = "engine"
FLOOR = "engine.floor"
FLOOR_WORLD = "engine.floor.world"

# Of an alert, a rung, its channels and the turn; gives the ids of the messages.
Enqueue: TypeAlias = Callable[[Session, str, int, Sequence[str], int], Iterable[str]]
Compose: TypeAlias = Callable[[Session, Sequence[str]], Sequence[Any]]  # messages of these ids


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
    """What a commit has changed: alerts, places, answers by command id, and what there is to send."""

    alerts: list[str] = field(default_factory=list)
    places: list[str] = field(
        default_factory=list
    )  # whose mode, silences or held alerts have changed; '' for all
    answers: dict[str, Answer] = field(default_factory=dict)
    queued: list[str] = field(default_factory=list)  # ids of messages
    messages: Sequence[Any] = ()  # the same by ``Compose``; none where they are to be looked up
    raised: int = 0


class AlertLog:
    """The one writer of alerts.

    ``enqueue`` puts messages for channels into the same transaction and gives their ids; ``compose`` reads them in it.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        ladder: Ladder,
        enqueue: Enqueue,
        wall_ms: Callable[[], int],
        compose: Compose = lambda _session, _ids: (),
    ) -> None:
        self._engine = engine
        self._ladder = ladder
        self._enqueue, self._compose = enqueue, compose
        self._wall_ms = wall_ms
        self._held_from: int | None = None
        with Session(engine) as session:
            self.next_escalation = _earliest_escalation(session)
        self._done = self.cursor()

    def cursor(self, consumer: str = ENGINE) -> int:
        """The committed position of a consumer, 0 before the first."""
        with Session(self._engine) as session:
            row = session.get(Cursor, consumer)
            return row.position if row else 0

    def cursor_on_disk(self, consumer: str) -> int:
        """The position of a consumer once no power cut can take it back: what is behind it may be thinned out.

        Raises ``DBAPIError`` or ``OSError`` when the disk does not let itself be read or synced.
        """
        position = self.cursor(consumer)
        sync(self._engine)
        return position

    def count_open(self) -> int:
        """How many alerts are not closed."""
        with Session(self._engine) as session:
            return session.scalar(select(func.count()).select_from(Alert).where(Alert.state != "closed")) or 0

    def saved(self) -> tuple[int, int, list[tuple[str, int, bytes]]]:
        """The floor, its world version, and every saved state: of which key or site, at which position.

        The floor is 0, with nothing saved, before the first whole snapshot or where one has another shape: then all is
        replayed.
        """
        floor, version = self.cursor(FLOOR), self.cursor(FLOOR_WORLD)
        with Session(self._engine) as session:
            found = session.scalars(select(Snapshot).order_by(Snapshot.key)).all()
        if not floor or any(saved.version != STATE_VERSION for saved in found):
            return 0, 0, []
        return floor, version, [(saved.key, saved.position, saved.body) for saved in found]

    def commit(self, work: Work) -> Written:
        """Write it all or nothing, without waiting for the disk: a replay would write it again.

        Deeds at or below the cursor are left out.
        """
        written, held_from, earliest = Written(), self._held_from, self.next_escalation
        with repeatable(self._engine) as connection, Session(connection) as session, session.begin():
            done = self._done
            for deed in work.deeds:
                if deed.position <= done:
                    continue
                if isinstance(deed.what, Ticked):
                    held_from = self._escalate(session, deed.what, held_from, written)
                else:
                    self._do(session, deed, written)
            if written.queued:
                written.messages = self._compose(session, written.queued)
            _save(session, work, max(done, work.position))
            if written.alerts:  # else nothing has moved on a ladder
                earliest = _earliest_escalation(session)
        self._done = max(done, work.position)  # only now: the commit may have failed
        self._held_from, self.next_escalation = held_from, earliest
        return written

    def _do(self, session: Session, deed: Deed, written: Written) -> None:
        match deed.what:
            case Raise() as raised:
                self._raise(session, raised, _judged_in(deed), written)
            case End() as ended:
                self._end(session, ended, written)
            case Again() as came:
                self._follow(session, again(session, came), came.at, written)
            case Change() as changed:
                self._follow(session, change(session, changed, _judged_in(deed)), changed.at, written)
            case Hold() as hold:
                hold_back(session, hold, _judged_in(deed))
                written.places.append(hold.key)
            case ModeChanged() as changed:
                change_mode(session, changed)
                written.places.append(changed.key)
            case Command() as command:
                self._obey(session, command, written)

    def _raise(self, session: Session, raised: Raise, world: World, written: Written) -> None:
        """Who leads a group is told of, who follows is shown below it; those who follow climb no ladder of their own."""
        follows = lead_of(session, raised) is not None
        climb = first(self._ladder, raised_at=raised.at)
        escalate_at = None if follows else climb.escalate_at
        if raise_alert(session, raised, world, wall_ms=self._wall_ms(), escalate_at=escalate_at):
            written.raised += 1
            if follows:
                written.alerts.append(raised.alert)
            else:
                self._send(session, raised.alert, climb, written)
        elif (known := session.get(Alert, raised.alert)) is not None and known.ended_at is not None:
            came = Again(raised.alert, raised.at, known.count + 1)
            self._follow(session, again(session, came), raised.at, written)

    def _end(self, session: Session, ended: End, written: Written) -> None:
        over = end(session, ended)
        if isinstance(over, HeldAlert):
            written.places.append(over.place_id)
        elif over is not None:
            written.alerts.append(over.id)
            self._lead_on(session, over, ended.at, written)

    def _follow(self, session: Session, course: tuple[Alert, Tell] | None, at: int, written: Written) -> None:
        if course is None:
            return
        alert, tell = course
        if tell is Tell.NOBODY:
            written.alerts.append(alert.id)
        else:
            self._tell(session, alert, at, written, anew=tell is Tell.ANEW)

    def _obey(self, session: Session, command: Command, written: Written) -> None:
        if command.kind in {own_alerts.RAISE, own_alerts.END}:
            self._say_own(session, command, written)
            return
        written.answers[command.id], changed = obey(session, command)
        if not changed:
            return
        alert = session.get(Alert, command.alert) if command.alert else None
        if alert is None:
            written.places.append(command.key)
            return
        written.alerts.append(alert.id)
        self._lead_on(session, alert, command.at, written)
        if command.kind == "unshelve" and alert.state == "raised":
            self._tell(session, alert, command.at, written, anew=True)

    def _say_own(self, session: Session, command: Command, written: Written) -> None:
        """What the hub says of itself: an alert with a ladder like any other, which ends by itself."""
        if command.kind == own_alerts.END:
            self._end(session, End(command.alert, command.at), written)
        else:
            climb = first(self._ladder, raised_at=command.at)
            if own_alerts.raise_own(session, command, wall_ms=self._wall_ms(), escalate_at=climb.escalate_at):
                written.raised += 1
                self._send(session, command.alert, climb, written)
        written.answers[command.id] = Answer(ok=True, reason="", version=0)

    def _lead_on(self, session: Session, lead: Alert, at: int, written: Written) -> None:
        """When the lead of a group is closed, what is left of the group is told of by the next."""
        following = next_lead(session, lead) if lead.state == "closed" else None
        if following is not None:
            climb = first(self._ladder, raised_at=at)
            following.escalate_at, following.version = climb.escalate_at, following.version + 1
            self._send(session, following.id, climb, written)

    def _tell(self, session: Session, alert: Alert, at: int, written: Written, *, anew: bool) -> None:
        """Once more, to all who were told of it; ``anew`` begins with the first rung."""
        alert.turn += 1
        if anew:
            alert.rung, alert.escalate_at = 0, first(self._ladder, raised_at=at).escalate_at
        told = dict.fromkeys(name for rung in self._ladder[: alert.rung + 1] for name in rung.channels)
        self._send(session, alert.id, Climb(alert.rung, tuple(told), None), written, turn=alert.turn)

    def _send(self, session: Session, alert: str, climb: Climb, written: Written, *, turn: int = 0) -> None:
        session.flush()
        written.queued += self._enqueue(session, alert, climb.rung, climb.channels, turn)
        written.alerts.append(alert)

    def _escalate(
        self, session: Session, tick: Ticked, held_from: int | None, written: Written
    ) -> int | None:
        """Climb what is due; returns since when escalation is held (None: it is not)."""
        if tick.held:
            return held_from or tick.now
        self._unshelve(session, tick.now, written)
        everybody, whose_turn = Alert.escalate_at.is_not(None), Alert.escalate_at <= tick.now
        waiting = _raised(session, whose_turn if held_from is None else everybody)
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
                self._send(session, alert.id, climb, written, turn=alert.turn)
        return None

    def _unshelve(self, session: Session, now: int, written: Written) -> None:
        """What has been on the shelf for its time is told anew, also where its condition has ended meanwhile."""
        for alert in _raised(session, Alert.shelved_until <= now):
            take_from_shelf(session, alert, now)
            self._tell(session, alert, now, written, anew=True)


def _save(session: Session, work: Work, position: int) -> None:
    """States and cursors, past the object mapper: they are many, and meanwhile nobody who fell is heard."""
    connection = session.connection()
    states = [(s.key, s.position, STATE_VERSION, s.body) for s in work.saved if s.body]
    if states:
        connection.exec_driver_sql(_SAVE, states)
    gone = [(saved.key,) for saved in work.saved if not saved.body]
    if gone:
        connection.exec_driver_sql("DELETE FROM snapshot WHERE key = ?", gone)
    cursors = [(ENGINE, position)]
    if work.floor is not None:
        cursors += [(FLOOR, work.floor[0]), (FLOOR_WORLD, work.floor[1])]
    connection.exec_driver_sql(_ADVANCE, cursors)


def _raised(session: Session, timely: ColumnElement[bool]) -> list[Alert]:
    """What nobody has accepted and whose time is such, oldest first; found by the index of that time, as below."""
    found = session.scalars(select(Alert).where(literal_column("+alert.state") == "raised", timely))
    return sorted(found, key=lambda alert: alert.number)


def _earliest_escalation(session: Session) -> int | None:
    """When the next rung of any ladder is due, or the next alert comes off the shelf."""
    return min((at for (at,) in session.connection().exec_driver_sql(_EARLIEST)), default=None)


_SAVE = (
    "INSERT INTO snapshot (key, position, version, body) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE "
    "SET position = excluded.position, version = excluded.version, body = excluded.body"
)
_ADVANCE = (
    "INSERT INTO cursor (consumer, position) VALUES (?, ?) ON CONFLICT (consumer) DO UPDATE "
    "SET position = excluded.position"
)
# By the index of the times, not of the states ("+"): in a storm nearly every alert is open, and this is asked at each of them.
_EARLIEST = " UNION ALL ".join(
    f"SELECT * FROM (SELECT {time} FROM alert WHERE {time} IS NOT NULL AND +state = 'raised' ORDER BY {time} LIMIT 1)"  # noqa: S608
    for time in ("escalate_at", "shelved_until")
)


def _judged_in(deed: Deed) -> World:
    assert deed.world is not None, "an effect names its world"  # noqa: S101 made in one place
    return deed.world
