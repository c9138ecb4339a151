"""What follows when somebody has done something about an alert: who is told, when it is asked after, what is left to do."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.duty.route import Told
from gateway.operations.climbing import Brought, Climbing
from gateway.operations.follow_ups import set_follow_up
from gateway.operations.tables import Alert, Outbox
from rules.events import Command


class Settling:
    """Works in the transaction in which the act was written."""

    def __init__(self, climbing: Climbing) -> None:
        self._climbing = climbing

    def after(
        self, session: Session, alert: Alert, command: Command, brought: Brought, *, goes_up: bool
    ) -> None:
        """Do what the act asks for; ``goes_up``: it goes up a rung instead of being settled."""
        at = command.at
        if goes_up:
            self._climbing.go_up(session, alert, at, brought, why="escalated")
            return
        match command.kind:
            case "accept" | "depart" | "arrive" | "call":
                self._climbing.look_after(session, alert, at)
            case "raise_up":
                self._climbing.go_up(session, alert, at, brought, why="escalated")
            case "hand_over" | "assign":
                if command.kind == "hand_over":
                    self._climbing.look_after(session, alert, at)
                self._ask(session, alert, command.data["to"].strip(), brought)
            case "unshelve":
                if alert.state == "raised":
                    self._climbing.tell_again(session, alert, at, brought, anew=True)
            case "reopen":
                self._climbing.tell_again(session, alert, at, brought, anew=True)
            case "close":
                set_follow_up(session, alert, at, self._climbing.duty.zone)
                self._tell_outcome(session, alert, brought)

    def _ask(self, session: Session, alert: Alert, name: str, brought: Brought) -> None:
        """Tell a person of the duty plan that it is theirs now; whoever is not in it is told by whoever gave it to them."""
        plan = self._climbing.duty.of(session)
        person = next((one for one in plan.people if one.name == name), None)
        if person is not None and person.reach:
            told = Told(person.id, "desk", "", tuple(reach.channel for reach in person.reach))
            alert.turn += 1
            about = "alert" if alert.state == "raised" else "recontact"
            self._climbing.tell(session, alert, [told], brought, about=about)

    def _tell_outcome(self, session: Session, alert: Alert, brought: Brought) -> None:
        """The contacts who were told of it are told how it ended, as far as they are still to be told anything."""
        plan = self._climbing.duty.of(session)
        agreed = self._climbing.duty.matter(session, alert.kind, alert.place_id).family
        was_told = set(
            session.scalars(select(Outbox.person).where(Outbox.alert_id == alert.id, Outbox.role == "family"))
        )
        told = [Told(one, "family", "", plan.family) for one in agreed if one in was_told and plan.family]
        if told:
            self._climbing.tell(session, alert, told, brought, about="outcome")
