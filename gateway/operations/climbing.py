"""Brings alerts up their ladders, within a transaction: whom to tell now goes into the outbox.

``escalate_at`` of an alert is when the hub does something about it next: the next rung while nobody has accepted; and for a
matter of life that is accepted, the moment by which whoever has it should have called or be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, literal_column, select
from sqlalchemy.orm import Session

from gateway.duty.ladder import after_hold
from gateway.duty.plan import Plan
from gateway.duty.route import Climb, Matter, Told, begin, climb, rungs_of, told_so_far
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.tables import Alert, AlertStep

# Of an alert, a rung, whom to tell, the turn, and what about it; gives the ids of the messages.
Enqueue: TypeAlias = Callable[[Connection, str, int, Sequence[Told], int, str], Iterable[str]]


@dataclass(slots=True)
class Brought:
    """What of alerts has changed, and the ids of messages that are to be sent."""

    alerts: list[str] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)


class Climbing:
    """The ladders of all alerts. Every method works in the session's transaction and notes what it did in ``brought``."""

    def __init__(self, duty: DutyInForce, enqueue: Enqueue) -> None:
        self.duty = duty
        self._enqueue = enqueue

    def first(self, session: Session, kind: str, place_id: str, at: int) -> Climb:
        """The first rung of an alert of that class about that place, raised at ``at``; nothing is sent yet."""
        matter = self.duty.matter(session, kind, place_id)
        return begin(self.duty.of(session), matter, self.duty.now(session, at))

    def tell_first(self, session: Session, alert_id: str, at: int, first: Climb, brought: Brought) -> None:
        """Send what ``first`` found, for an alert that is written."""
        session.flush()
        self._note_passed(session, alert_id, at, first)
        self._send(session, alert_id, first.rung, first.told, brought)

    def begin(self, session: Session, alert: Alert, at: int, brought: Brought) -> None:
        """Let an alert that is written already climb from the bottom: it leads its group now, or is open again."""
        first = self.first(session, alert.kind, alert.place_id, at)
        alert.rung, alert.escalate_at, alert.version = first.rung, first.escalate_at, alert.version + 1
        session.flush()
        self._note_passed(session, alert.id, at, first)
        self._send(session, alert.id, first.rung, first.told, brought, turn=alert.turn)

    def tell_again(self, session: Session, alert: Alert, at: int, brought: Brought, *, anew: bool) -> None:
        """Once more to all who were told of it and are on duty; ``anew`` begins with the first rung."""
        alert.turn += 1
        if anew:
            self.begin(session, alert, at, brought)
            return
        told = told_so_far(
            self.duty.of(session),
            self._matter(session, alert),
            rung=alert.rung,
            now=self.duty.now(session, at),
        )
        session.flush()
        self._send(session, alert.id, alert.rung, told, brought, turn=alert.turn)

    def go_up(self, session: Session, alert: Alert, at: int, brought: Brought, *, why: str) -> None:
        """One rung up, now: nobody has accepted (``escalated``), nothing is settled, nobody answered, or somebody asks for it.

        At the top all who were told are told once more where the alert is in hand.
        """
        plan, matter, now = self.duty.of(session), self._matter(session, alert), self.duty.now(session, at)
        step = climb(plan, matter, rung=alert.rung, now=now)
        about = "alert" if alert.state == "raised" else "recontact"
        if step is None and alert.state == "raised":
            alert.escalate_at = None
            return
        alert.version += 1
        if step is None:
            alert.turn += 1
            told = told_so_far(plan, matter, rung=alert.rung, now=now)
        else:
            alert.rung, told = step.rung, step.told
            self._note_passed(session, alert.id, at, step)
        if alert.state == "raised":
            alert.escalate_at = step.escalate_at if step else None
        else:
            self.look_after(session, alert, at)
        names = ",".join(dict.fromkeys(way for one in told for way in one.ways[:1]))
        session.add(AlertStep(alert_id=alert.id, kind=why, at=at, by="", detail=names))
        session.flush()
        self._send(session, alert.id, alert.rung, told, brought, turn=alert.turn, about=about)

    def look_after(self, session: Session, alert: Alert, at: int) -> None:
        """An alert in hand: when it is asked after next; not at all once somebody is there, or a call has settled it."""
        plan = self.duty.of(session)
        alert.escalate_at = asked_after(alert.kind, alert.state, alert.settled_at, plan, at)

    def climb_due(self, session: Session, now: int, held_from: int | None, brought: Brought) -> None:
        """Climb what is due by ``now``; after a hold what remained when it began remains."""
        everybody, whose_turn = Alert.escalate_at.is_not(None), Alert.escalate_at <= now
        waiting = timely(session, whose_turn if held_from is None else everybody)
        if held_from is not None:
            for alert in waiting:
                alert.escalate_at = after_hold(
                    alert.escalate_at or 0, raised_at=alert.raised_at, held_from=held_from, now=now
                )
                brought.alerts.append(alert.id)
        for alert in waiting:
            while alert.escalate_at is not None and alert.escalate_at <= now:
                due_at = alert.escalate_at
                self.go_up(session, alert, now, brought, why=_why(alert))
                if (
                    alert.state == "raised"
                    and alert.escalate_at is not None
                    and self._below_top(session, alert)
                ):
                    # Counted from when it was due: lateness does not add up. From the top on everybody is asked again,
                    # and a hub that was away for hours does not make up for every time it missed.
                    alert.escalate_at += due_at - now

    def skip(self, session: Session, desk: str, now: int, brought: Brought) -> None:
        """A desk cannot hear any more: what concerns somebody's life and waits for it alone goes up at once."""
        life = (Alert.state == "raised", Alert.kind == "life_safety", Alert.escalate_at.is_not(None))
        plan, deaf = self.duty.of(session), self.duty.now(session, now).deaf
        for alert in session.scalars(select(Alert).where(*life).order_by(Alert.number)).all():
            rungs = rungs_of(plan, self._matter(session, alert))
            waits_for = {one.id for one in rungs[alert.rung].desks} if alert.rung < len(rungs) else set()
            if desk in waits_for and waits_for <= set(deaf):
                self.go_up(session, alert, now, brought, why="escalated")

    def tell(
        self, session: Session, alert: Alert, told: Sequence[Told], brought: Brought, *, about: str
    ) -> None:
        """Tell somebody in particular."""
        session.flush()
        self._send(session, alert.id, alert.rung, told, brought, turn=alert.turn, about=about)

    def _below_top(self, session: Session, alert: Alert) -> bool:
        return alert.rung + 1 < len(rungs_of(self.duty.of(session), self._matter(session, alert)))

    def _matter(self, session: Session, alert: Alert) -> Matter:
        return self.duty.matter(session, alert.kind, alert.place_id)

    def _note_passed(self, session: Session, alert_id: str, at: int, step: Climb) -> None:
        for rung in step.passed:
            session.add(AlertStep(alert_id=alert_id, kind="passed", at=at, by=rung.desk, detail=rung.why))

    def _send(
        self,
        session: Session,
        alert: str,
        rung: int,
        told: Sequence[Told],
        brought: Brought,
        *,
        turn: int = 0,
        about: str = "alert",
    ) -> None:
        brought.queued += self._enqueue(session.connection(), alert, rung, told, turn, about)
        brought.alerts.append(alert)


def asked_after(kind: str, state: str, settled_at: int | None, plan: Plan, at: int) -> int | None:
    """When somebody is asked after an alert in hand, in hub time; None where nobody has to be."""
    if kind != "life_safety" or settled_at is not None:
        return None
    match state:
        case "accepted":
            return at + plan.recontact_s * 1000
        case "on_way":
            return at + plan.on_site_s * 1000
        case _:
            return None


def timely(session: Session, when: ColumnElement[bool]) -> list[Alert]:
    """What is open and whose time is such, oldest first; found by the index of that time, not of the states ("+")."""
    found = session.scalars(select(Alert).where(literal_column("+alert.state") != "closed", when))
    return sorted(found, key=lambda alert: alert.number)


def _why(alert: Alert) -> str:
    return "escalated" if alert.state == "raised" else "recontact"
