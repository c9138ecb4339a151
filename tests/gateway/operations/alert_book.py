"""An alert log on a real database, told at counted positions; and what is told to it."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.duty.ladder import LadderRung, plan_of
from gateway.duty.plan import Plan
from gateway.notify import outbox
from gateway.operations.alert_log import AlertLog, Deed, Ticked, Work, Written
from gateway.operations.database import open_database
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.tables import Alert, AlertStep, HeldAlert, HomeMode, Outbox
from gateway.operations.tables import Place as PlaceRow
from gateway.rulebook.load import load_rules
from rules.effects import Evidence, Hold, Raise
from rules.events import Command
from rules.rule import Words
from rules.state import Fact
from rules.world import Definition, Device, Place, World

AT = 1_772_413_200_000
RULES = load_rules()
FALL = next(rule for rule in RULES if rule.id == "fall")
DOUBT = msgspec.structs.replace(
    FALL, id="seen_walking", title=Words(zh="之后看到在走动", en="seen walking since")
)
WORLD = World(
    Definition(
        1,
        "Asia/Shanghai",
        (Place("H1", "home"),),
        (Device("d", "s", "H1", "pendant", "卧室", 60),),
        (*RULES, DOUBT),
    )
)
LADDER = plan_of(
    [LadderRung(0, ("station",)), LadderRung(60, ("street",)), LadderRung(180, ("street", "guard"))],
    channels=("station", "street", "guard"),
)


class Book:
    """An alert log, told at counted positions."""

    def __init__(self, folder: Path, plan: Plan = LADDER) -> None:
        self.plan = plan
        self.database = open_database(folder / "operations.sqlite")
        self.position = 0
        with Session(self.database) as session, session.begin():
            session.add(
                PlaceRow(
                    id="H1",
                    kind="home",
                    site="s",
                    path="区/街/社区/小区",
                    name="王女士",
                    address="3栋",
                    access_note="",
                )
            )
        self.open()

    def open(self) -> None:
        self.log = AlertLog(
            self.database,
            duty=DutyInForce(self.database, self.plan, zone=ZoneInfo("Asia/Shanghai"), calendar="cn"),
            enqueue=outbox.enqueue,
            wall_ms=lambda: 7,
        )

    def tell(self, *whats: object) -> Written:
        deeds = []
        for what in whats:
            self.position += 1
            deeds.append(Deed(self.position, what, WORLD))  # type: ignore[arg-type]
        return self.log.commit(Work(self.position, deeds))

    def alert(self, name: str = "a1") -> Alert:
        with Session(self.database, expire_on_commit=False) as session:
            found = session.get(Alert, name)
            assert found is not None
            return found

    def steps(self, name: str = "a1") -> list[tuple[str, int, str, str]]:
        with Session(self.database) as session:
            rows = session.scalars(select(AlertStep).where(AlertStep.alert_id == name).order_by(AlertStep.id))
            return [(step.kind, step.at - AT, step.by, step.detail) for step in rows]

    def modes(self) -> list[tuple[str, int, int | None, str]]:
        """Kind, since, end and why it ended, of every mode of H1."""
        with Session(self.database) as session:
            rows = session.scalars(select(HomeMode).order_by(HomeMode.id))
            return [
                (m.kind, m.since - AT, m.ended_at if m.ended_at is None else m.ended_at - AT, m.ended_because)
                for m in rows
            ]

    def held(self, name: str = "a1") -> HeldAlert | None:
        with Session(self.database, expire_on_commit=False) as session:
            return session.get(HeldAlert, name)

    def outbox(self) -> list[tuple[str, int, str]]:
        with Session(self.database) as session:
            return [
                (row.alert_id, row.rung, row.channel)
                for row in session.scalars(select(Outbox).order_by(Outbox.rung, Outbox.channel))
            ]


def raised(name: str = "a1", *, rule: str = "fall", at: int = AT, group: str = "") -> Raise:
    evidence = Evidence("event", (Fact("d", "event.fall", 0.9, at),), {})
    return Raise(name, rule, "H1", "d", at, at, evidence, group)


def held_back(name: str = "a1", *, rule: str = "door_left_open", at: int = AT, by: str = "mode:away") -> Hold:
    told = raised(name, rule=rule, at=at)
    return Hold(name, rule, told.key, told.subject, told.active_at, at, told.evidence, by)


def command(what: str, name: str, /, *, at: int = AT + 5_000, by: str = "李敏", **data: str) -> Command:
    return Command(at, name, what, "a1", by, data, "H1")


def about_place(what: str, name: str, data: dict[str, str], *, at: int = AT + 5_000) -> Command:
    return Command(at, name, what, "", "李敏", data, "H1")


def tick(after_s: float, *, held: bool = False) -> Ticked:
    return Ticked(AT + int(after_s * 1000), held)
