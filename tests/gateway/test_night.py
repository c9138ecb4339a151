"""A fall at 03:10 on a Sunday, on virtual time: who got which words when, until it is closed and followed up.

The whole way is the product's: message, journal, rules, alerts, the duty plan of the example, outbox, delivery, words. What
people received is held as a transcript (``tests/golden/night.txt``); ``CAREHUB_GOLDEN=write`` writes it anew, to be read aloud.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from line_desk import Desk
from parts import until
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.alerts.message import AlertMessage
from gateway.alerts.terms import CALLS, DOORS, OUTCOMES, PASSED, STEPS, VERDICTS, WHOM
from gateway.duty.file import load_plan
from gateway.notify.channel import GROUP, Proof, Receipt, Recipient
from gateway.notify.delivery import Delivery
from gateway.notify.outbox_words import Wording
from gateway.operations.tables import Alert, AlertStep, Contact, FollowUp, Outbox
from gateway.operations.tables import Place as PlaceRow
from gateway.rulebook.load import load_rules
from rules.world import Definition, Device, Place

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "night.txt"
ZONE = ZoneInfo("Asia/Shanghai")
SUNDAY = int(datetime(2026, 3, 8, 3, 9, tzinfo=ZONE).timestamp() * 1000)
PERSONAL = ("wecom", "sms", "voice")
GROUPS = ("lianhua-group", "jiedao-group")
HOME = Definition(
    0,
    "Asia/Shanghai",
    (Place("H1", "home", site="s"),),
    (
        Device("h1-radar", "s", "H1", "radar", "卫生间", 86_400),
        Device("h1-motion", "s", "H1", "motion", "客厅", 86_400),
        Device("h1-door", "s", "H1", "contact", "入户门", 86_400),
    ),
    load_rules(),
)


@dataclass
class Transcript:
    """What happened, in the order in which people saw it."""

    desk: Desk
    lines: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def clock(self, at: int | None = None) -> str:
        moment = datetime.fromtimestamp((self.desk.clock.at if at is None else at) / 1000, ZONE)
        return f"{'一二三四五六日'[moment.weekday()]} {moment:%H:%M:%S}"

    def note(self, text: str) -> None:
        self.lines.append(f"{self.clock()}  {text}")


@dataclass
class Heard:
    """A channel on which people hear; each message becomes a line of the transcript."""

    name: str
    transcript: Transcript
    personal: bool
    proves: Proof = Proof.TAKEN
    gathers: bool = True

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:  # noqa: ARG002 the port's
        who = self.transcript.names.get(to.id, to.id) if self.personal else "群"
        assert to.address or not self.personal
        self.transcript.note(f"【{self.name} → {who}】{message.text['zh']}")
        return Receipt("taken")

    async def aclose(self) -> None:
        """Nothing to close."""


def registered(desk: Desk) -> None:
    """The home as the registry and its consents have it; the access note must never be seen outside."""
    with Session(desk.database) as session, session.begin():
        session.add(
            PlaceRow(
                id="H1", kind="home", site="s", path="福田区/莲花街道/莲花社区/莲花二村", name="王女士",
                address="莲花二村3栋1201", access_note="密码 2580#，钥匙在门卫", capacity=None,
            )
        )  # fmt: skip
        session.flush()
        session.add(Contact(place_id="H1", rank=1, name="王小明", phone="13900000001"))
        session.add(Contact(place_id="H1", rank=2, name="王小红", phone="13900000002"))


@asynccontextmanager
async def a_night(folder: Path) -> AsyncIterator[tuple[Desk, Transcript]]:
    """A hub at 03:09 on Sunday with the duty plan of the example, its channels noting what people hear."""
    plan = load_plan(
        ROOT / "deploy" / "hub" / "duty.example.yaml", channels=[*PERSONAL, *GROUPS], personal=[*PERSONAL]
    )
    desk = Desk(folder, at=SUNDAY, plan=plan)
    registered(desk)
    await desk.open(HOME)
    transcript = Transcript(desk)
    transcript.names = {person.id: person.name for person in plan.people}
    transcript.names |= {"contact:1": "家属王小明", "contact:2": "家属王小红"}
    channels = {name: Heard(name, transcript, personal=name in PERSONAL) for name in (*PERSONAL, *GROUPS)}
    worker = Delivery(
        desk.database,
        channels,
        words=Wording(zone=ZONE, address_of=desk.duty.address_of),
        now_ms=lambda: desk.clock.at,
        hub_now_ms=lambda: desk.clock.at,
    )
    desk.line._on_send = worker.take
    running = asyncio.create_task(worker.run())
    await until(lambda: worker.running)
    try:
        yield desk, transcript
    finally:
        running.cancel()
        await asyncio.wait([running])


async def settled(desk: Desk) -> None:
    """Everything that was to be sent has been."""

    def none_waits() -> bool:
        with Session(desk.database) as session:
            return session.scalar(select(Outbox.id).where(Outbox.state == "waiting").limit(1)) is None

    await until(none_waits, "no message waiting")


async def at(desk: Desk, clock: str) -> None:
    """Time comes to a moment of this Sunday, or of Monday (``+``), a second at a time where alerts are young."""
    day = 9 if clock.startswith("+") else 8
    hour, minute, second = map(int, clock.lstrip("+").split(":"))
    until_ms = int(datetime(2026, 3, day, hour, minute, second, tzinfo=ZONE).timestamp() * 1000)
    while desk.clock.at < until_ms:
        await desk.go(
            min(5_000 if until_ms - desk.clock.at < 1_200_000 else 600_000, until_ms - desk.clock.at)
        )
        await settled(desk)


async def does(
    desk: Desk, transcript: Transcript, by: str, what: str, said: str, number: int = 1, **data: str
) -> None:
    """Somebody does something, which the transcript tells before what follows from it."""
    transcript.note(f"〔{by}〕{said}")
    alert = desk.alerts()[number - 1].id
    answer = await desk.asks(
        what, alert, f"{what}-{desk.clock.at}-{number}", key="H1", by=by, via="console", **data
    )
    assert answer.ok, answer.reason
    await settled(desk)


def history(desk: Desk) -> list[str]:
    """The steps of every alert as its page tells them."""
    words = {**DOORS, **CALLS, **OUTCOMES, **VERDICTS, **WHOM, **PASSED}
    desks = {one.id: one.name for one in desk.duty.plan.desks}
    found: list[str] = []
    transcript = Transcript(desk)
    with Session(desk.database) as session:
        for alert in session.scalars(select(Alert).order_by(Alert.number)):
            found += ["", f"警情{alert.number:04d} {alert.title['zh']}"]
            for step in session.scalars(
                select(AlertStep).where(AlertStep.alert_id == alert.id).order_by(AlertStep.id)
            ):
                if step.kind in {"sent", "delivered"}:
                    continue
                detail = " ".join(
                    words[word]["zh"] if word in words else word for word in step.detail.split(" ")
                )
                found.append(
                    f"  {transcript.clock(step.at)}  {STEPS[step.kind]['zh']} {desks.get(step.by, step.by)} {detail}".rstrip()
                )
        for due in session.scalars(select(FollowUp)):
            done = f"，{transcript.clock(due.done_at)} {due.done_by}：{due.note}" if due.done_at else ""
            found += ["", f"次日回访 {transcript.clock(due.due_at)}{done}"]
    return found


async def live(folder: Path) -> list[str]:
    """The story."""
    async with a_night(folder) as (desk, transcript):
        desk.connects(kept=False)
        await desk.carry()
        await desk.carry()
        await desk.asks("consent", "", "c1", key="H1", id="1", scope="family", contact="1")
        await desk.asks("consent", "", "c2", key="H1", id="2", scope="guard")
        await at(desk, "03:10:00")
        transcript.note("（星期日凌晨，卫生间雷达报告跌倒）")
        desk.says(
            "h1-radar",
            "event",
            ts=desk.clock.at,
            boot="b",
            seq=1,
            id="fall-1",
            type="fall",
            data={"confidence": 0.93},
        )
        await desk.carry()
        await settled(desk)
        await at(desk, "03:10:40")
        on_duty = transcript.names[(await asyncio.to_thread(lambda: _on_duty(desk)))]
        await does(desk, transcript, on_duty, "accept", "接警")
        await at(desk, "03:11:10")
        await does(
            desk, transcript, on_duty, "call", "打电话给长者：无人接", whom="elder", result="no_answer"
        )
        await at(desk, "03:12:30")
        await does(desk, transcript, on_duty, "accept", "接警（后一条）", 2)
        await does(desk, transcript, on_duty, "merge", "并入前一条", 2, into=desk.alerts()[0].id)
        await does(desk, transcript, on_duty, "depart", "已出发")
        await at(desk, "03:17:00")
        await does(desk, transcript, "莲花二村保安室", "slip", "协助单：已到", answer="arrived")
        await at(desk, "03:18:00")
        await does(desk, transcript, "莲花二村保安室", "slip", "协助单：有人应答", answer="answered")
        await at(desk, "03:31:00")
        await does(desk, transcript, on_duty, "arrive", "已到达")
        await at(desk, "03:52:00")
        await does(
            desk,
            transcript,
            on_duty,
            "close",
            "办结：属实，已协助",
            verdict="true",
            outcome="assisted",
            note="扶起，无外伤",
        )
        transcript.note("〔陈静〕设为外出：家属接走，到周一中午")
        until = int(datetime(2026, 3, 9, 12, tzinfo=ZONE).timestamp() * 1000)
        assert (await desk.asks("mode", "", "m1", key="H1", kind="away", until=str(until))).ok
        await at(desk, "+09:00:00")
        with Session(desk.database) as session:
            (due,) = session.scalars(select(FollowUp.id))
        transcript.note("〔李敏〕次日回访：在儿子家，能走动，早饭已吃")
        assert (
            await desk.asks("follow_up", "", "f1", key="H1", id=due, note="在儿子家，能走动，早饭已吃")
        ).ok
        await settled(desk)
        return [*transcript.lines, *history(desk)]


def _on_duty(desk: Desk) -> str:
    plan = desk.duty.plan
    street = next(one for one in plan.desks if one.id == "jiedao")
    (person,) = desk.duty.on_duty(plan, street, desk.clock.at) or ()
    return person


def test_a_fall_at_ten_past_three_on_a_sunday_reaches_people_and_is_settled(tmp_path: Path) -> None:
    told = asyncio.run(live(tmp_path))
    if os.environ.get("CAREHUB_GOLDEN") == "write":
        GOLDEN.write_text("\n".join(told) + "\n", encoding="utf-8")
    assert told == GOLDEN.read_text(encoding="utf-8").splitlines()
    within_a_minute = [line for line in told if line.startswith("日 03:10:") and "【" in line]
    assert any("家属王小明" in line for line in within_a_minute)
    assert any("师傅" in line for line in within_a_minute), "the guard"
    assert not any("王小红" in line for line in told), "who has not agreed is not told"
    for secret in ("2580", "钥匙", "13900000001"):
        assert not any(secret in line for line in told)
