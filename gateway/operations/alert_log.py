"""Writes what was decided, and what people did: alerts and their course, modes, silences. One transaction with the cursor.

Everything here is an effect of a journal position. A position at or below the cursor is done already and is not done again,
so a hub that was killed anywhere goes on where its last commit left off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.operations import own_alerts
from gateway.operations.climbing import Brought, Climbing, Enqueue, timely
from gateway.operations.course import Tell, again, change, end, take_from_shelf
from gateway.operations.database import repeatable, sync
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.handling import Answer, obey
from gateway.operations.home_modes import change_mode
from gateway.operations.raising import hold_back, kind_of, lead_of, next_lead, raise_alert
from gateway.operations.settling import Settling
from gateway.operations.tables import Alert, Cursor, HeldAlert, Snapshot
from rules.effects import Again, Change, Effect, End, Hold, ModeChanged, Raise
from rules.events import Command
from rules.state import STATE_VERSION
from rules.world import World

ENGINE = "engine"
FLOOR = "engine.floor"
FLOOR_WORLD = "engine.floor.world"

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
class Written(Brought):
    """What a commit has changed: alerts, places, answers by command id, and what there is to send."""

    places: list[str] = field(
        default_factory=list
    )  # whose mode, silences or held alerts have changed; '' for all
    answers: dict[str, Answer] = field(default_factory=dict)
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
        duty: DutyInForce,
        enqueue: Enqueue,
        wall_ms: Callable[[], int],
        compose: Compose = lambda _session, _ids: (),
    ) -> None:
        self._engine = engine
        self._climbing = Climbing(duty, enqueue)
        self._settling = Settling(self._climbing)
        self._compose = compose
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
                session.flush()
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
        first = None
        if lead_of(session, raised) is None:
            kind = kind_of(session, raised, world)
            first = self._climbing.first(session, kind, raised.key, raised.at)
        if raise_alert(session, raised, world, wall_ms=self._wall_ms(), first=first):
            written.raised += 1
            if first is None:
                written.alerts.append(raised.alert)
            else:
                self._climbing.tell_first(session, raised.alert, raised.at, first, written)
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
            self._climbing.tell_again(session, alert, at, written, anew=tell is Tell.ANEW)

    def _obey(self, session: Session, command: Command, written: Written) -> None:
        if command.kind in {own_alerts.RAISE, own_alerts.END}:
            self._say_own(session, command, written)
            return
        written.answers[command.id], done = obey(session, command, self._climbing.duty)
        if not done.changed:
            return
        alert = session.get(Alert, command.alert) if command.alert else None
        if alert is None:
            written.places.append(command.key)
            if command.kind == "deaf":
                self._climbing.skip(session, command.data["desk"], command.at, written)
            return
        written.alerts.append(alert.id)
        self._lead_on(session, alert, command.at, written)
        self._settling.after(session, alert, command, written, goes_up=done.goes_up)

    def _say_own(self, session: Session, command: Command, written: Written) -> None:
        """What the hub says of itself: an alert with a ladder like any other, which ends by itself."""
        if command.kind == own_alerts.END:
            self._end(session, End(command.alert, command.at), written)
        else:
            place = own_alerts.place_of(command)
            first = self._climbing.first(session, own_alerts.KIND, place, command.at)
            if own_alerts.raise_own(session, command, wall_ms=self._wall_ms(), first=first):
                written.raised += 1
                self._climbing.tell_first(session, command.alert, command.at, first, written)
        written.answers[command.id] = Answer(ok=True, reason="", version=0)

    def _lead_on(self, session: Session, lead: Alert, at: int, written: Written) -> None:
        """When the lead of a group is closed, what is left of the group is told of by the next."""
        following = next_lead(session, lead) if lead.state == "closed" else None
        if following is not None:
            self._climbing.begin(session, following, at, written)

    def _escalate(
        self, session: Session, tick: Ticked, held_from: int | None, written: Written
    ) -> int | None:
        """Climb what is due; returns since when escalation is held (None: it is not)."""
        if tick.held:
            return held_from or tick.now
        self._unshelve(session, tick.now, written)
        self._climbing.climb_due(session, tick.now, held_from, written)
        return None

    def _unshelve(self, session: Session, now: int, written: Written) -> None:
        """What has been on the shelf for its time is told anew, also where its condition has ended meanwhile."""
        for alert in timely(session, Alert.shelved_until <= now):
            take_from_shelf(session, alert, now)
            self._climbing.tell_again(session, alert, now, written, anew=True)


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
    f"SELECT * FROM (SELECT {time} FROM alert WHERE {time} IS NOT NULL AND +state <> 'closed' ORDER BY {time} LIMIT 1)"  # noqa: S608
    for time in ("escalate_at", "shelved_until")
)


def _judged_in(deed: Deed) -> World:
    assert deed.world is not None, "an effect names its world"  # noqa: S101 made in one place
    return deed.world
