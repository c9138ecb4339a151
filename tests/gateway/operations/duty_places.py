"""A duty plan of a neighbourhood point, a station that closes, and a street centre, with a guard; and what to write into it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.duty.plan import Desk, Person, Plan, Reach, Shift
from gateway.operations.tables import Contact, FollowUp, Outbox
from rules.local_time import Window

PATH = "区/街/社区/小区"
DAY = Window("08:00", "20:00", ("mon", "tue", "wed", "thu", "fri", "sat"))
PLAN = Plan(
    people=(
        Person("li", "李敏", (Reach("sms", "13800000001"), Reach("voice", "13800000001"))),
        Person("guard-chen", "陈师傅", (Reach("sms", "13800000002"),)),
    ),
    desks=(
        Desk("point", "小区长者服务点", "care", at=PATH, ways=(("point-group",),), shifts=(Shift(DAY, ()),)),
        Desk("station", "社区长者服务站", "care", at="区/街/社区", ways=(("station-group",),), shifts=(Shift(DAY, ("li",)),)),
        Desk("street", "街道长者服务中心", "care", at="区/街", ways=(("street-group",),), console=True),
        Desk("gate", "小区门岗", "property", at=PATH, shifts=(Shift(Window(), ("guard-chen",)),)),
        Desk("repair", "设备维护", "maintenance", ways=(("repair-group",),)),
        Desk("operator", "运维", "operator", ways=(("operator-group",),)),
    ),
    family=("sms", "voice"),
)  # fmt: skip


def agree(session: Session, *, family: tuple[int, ...] = (), guard: bool = False) -> None:
    """What a home agrees to, without the command."""
    from gateway.operations.tables import Consent  # noqa: PLC0415 only here

    for rank in family:
        session.add(Consent(id=f"f{rank}", place_id="H1", scope="family", contact=rank, since=0, by="李敏"))
    if guard:
        session.add(Consent(id="g", place_id="H1", scope="guard", contact=None, since=0, by="李敏"))


def contacts(session: Session) -> None:
    session.add(Contact(place_id="H1", rank=1, name="王小明", phone="13900000001"))
    session.add(Contact(place_id="H1", rank=2, name="王小红", phone="13900000002"))


def told(session: Session, *, about: str = "alert") -> list[tuple[int, str, str, str]]:
    """Rung, role, person and channel of every message about something, in order."""
    rows = session.scalars(select(Outbox).where(Outbox.about == about)).all()
    return sorted((row.rung, row.role, row.person, row.channel) for row in rows)


def follow_ups(session: Session) -> list[FollowUp]:
    return list(session.scalars(select(FollowUp)))
