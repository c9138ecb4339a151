"""A small hub behind the web: a real operational database, and a port that applies what people do."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Container, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from install_desk import InstallDesk
from parts import free_port, wait_until
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session
from web_cases import DEMO, KINDS
from web_facilities import DeskFacilities
from web_figures import FiguresDesk
from web_homes import HomeDesk
from web_privacy import PrivacyDesk
from web_reports import ReportDesk
from web_rules import RuleDesk

from gateway.audit.trail import Trail
from gateway.duty.plan import Plan
from gateway.notify import outbox
from gateway.operations.alert_log import AlertLog, Deed, Work
from gateway.operations.database import open_database
from gateway.operations.duty_in_force import DutyInForce
from gateway.operations.home_modes import change_mode, mode_in_force
from gateway.operations.links import Links
from gateway.operations.people import People
from gateway.operations.tables import (
    Alert,
    AlertStep,
    Answered,
    Contact,
    DeskState,
    Device,
    HeldAlert,
    Outbox,
    Place,
)
from gateway.web.changes import ChangeFeed
from gateway.web.port import (
    Act,
    Backtest,
    BacktestWanted,
    BackupState,
    ChannelList,
    ChannelNow,
    ChannelTested,
    Chosen,
    DeskList,
    DeskNow,
    DeviceNow,
    DevicePage,
    Export,
    Figure,
    GivenAgain,
    Health,
    Imported,
    Outcome,
    OwnRule,
    Reading,
    ReadingQuery,
    RefusedRow,
    Retried,
    Sample,
    Summary,
    UnknownAddressError,
    Unreadable,
)
from rules.effects import ModeChanged
from rules.events import Command

SUMMARY = Summary(
    begin=0, device="d", place="p", metric="m", count=2, min=0.0, max=1.0, mean=0.5, sum=1.0, last=1.0, first_at=5, last_at=9,
    on_share=None,
)  # fmt: skip
NOW = 1_763_881_380_000  # 2025-11-23 15:03 in Shanghai
PIN = "4711"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the tests are not about its strength


def engine_of(path: Path) -> Engine:
    """The operational database, made and migrated by its own opener; then opened without waiting for the disk."""
    if not path.exists():
        open_database(path).dispose()
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10})

    def hurried(connection: Any, _record: object) -> None:  # noqa: ANN401 a DBAPI connection
        for pragma in ("synchronous=OFF", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", hurried)
    return engine


class Desk(DeskFacilities, HomeDesk, InstallDesk, PrivacyDesk, RuleDesk, FiguresDesk, ReportDesk):
    """The port: one lock makes two people's accepts one after the other, as the journal does."""

    def __init__(self, folder: Path, plan: Plan = Plan()) -> None:  # noqa: B008 frozen
        DeskFacilities.__init__(self)
        self.folder = folder
        self.engine: Engine = engine_of(folder / "operations.db")
        self.changes = ChangeFeed(first_serial=NOW)
        self.links = Links(b"s" * 32, "https://care.example")
        self.trail = Trail(folder / "audit.sqlite")
        self.activity: dict[str, bool] = {}
        self.state = Health(ready=True, hub_now_ms=NOW, broker="mosquitto")
        self.commands: list[dict[str, Any]] = []
        self.played: list[str] = []
        self.reloaded = Imported(ok=True, report={"changed": ["fall"]})
        self.imported: list[tuple[str, bool]] = []
        self.asked: list[ReadingQuery] = []
        self.chosen: list[tuple[str, Chosen, int]] = []
        self.stored: list[Reading] = []
        self.away: Exception | None = None
        self.backtests: dict[str, Backtest] = {}
        self.backups: dict[str, BackupState] = {}
        self.archive_asked: bool | None = None
        self.otherwise: dict[str, list[OwnRule]] = {}
        self._one_at_a_time = threading.Lock()
        self._numbers = 0
        self.beats: list[str] = []
        self.tested: list[tuple[str, str, str]] = []
        self.channel_list = (
            ChannelNow(
                name="值班群", kind="wecom", proves="taken", personal=False, works=True, tried_at=NOW, tested_at=None,
                words="errcode 0",
            ),
        )  # fmt: skip
        self.duty = DutyInForce(self.engine, plan, zone=ZoneInfo("Asia/Shanghai"), calendar="cn")
        self._log = AlertLog(self.engine, duty=self.duty, enqueue=outbox.enqueue, wall_ms=lambda: NOW)
        self._position = self._log.cursor()

    def health(self) -> Health:
        return self.state

    def active_today(self, place_id: str) -> bool | None:
        return self.activity.get(place_id)

    def becomes(self, **changes: Any) -> None:  # noqa: ANN401 fields of Health
        self.state = dataclasses.replace(self.state, **changes)

    async def command(self, act: Act, *, id: str) -> Outcome:  # noqa: A002 the port's word
        if self.away:
            raise self.away
        self.commands.append({"kind": act.kind, "alert": act.alert, "by": act.by, "data": act.data, "id": id})
        if act.alert:
            self.commands[-1]["place"] = act.place
        with self._one_at_a_time:
            return self._apply(act, id)

    def acts(self, kind: str, alert: str = "", by: str = "李敏", **data: str) -> None:
        """Do it as somebody does elsewhere."""
        with self._one_at_a_time:
            done = self._apply(Act(kind=kind, by=by, place="", alert=alert, data=data), f"{kind} {alert}")
        assert done.ok, done.reason

    def _apply(self, act: Act, id: str) -> Outcome:  # noqa: A002 the port's word
        with Session(self.engine) as session, session.begin():
            command = Command(self.state.hub_now_ms, id, act.kind, act.alert, act.by, act.data, act.place)
            self._judge(session, command)
        self._position += 1
        written = self._log.commit(Work(self._position, [Deed(self._position, command)]))
        for alert in dict.fromkeys(written.alerts):
            self.changes.publish(alert)
        for place in dict.fromkeys(written.places):
            self.changes.publish_place(place)
        answer = written.answers[id]
        return Outcome(answer.ok, answer.reason, answer.version)

    def _judge(self, session: Session, command: Command) -> None:
        """What the rules make of a mode; in a hub that comes before the answer, in the same commit."""
        if session.get(Answered, command.id) is not None:
            return
        began = mode_in_force(session, command.key)
        if command.kind == "mode":
            kind, until = command.data["kind"], int(command.data["until"])
            change_mode(session, ModeChanged(command.key, command.at, kind, until, command.by, "command"))
        elif command.kind == "count":
            self.counted(command.key, int(command.data["people"]), command.at)
        elif command.kind == "mode_end" and began is not None:
            change_mode(session, ModeChanged(command.key, command.at, "", 0, command.by, "command"))

    def desks(self) -> DeskList:
        deaf, taken = self.duty.deaf(), self.duty.handed_over()
        with Session(self.engine) as session:
            by = {state.desk: state.handed_over_by for state in session.query(DeskState)}
            notes = {state.desk: state.note for state in session.query(DeskState)}
        return DeskList(
            tuple(
                DeskNow(
                    id=desk.id, name=desk.name, serves=desk.serves, at=desk.at, console=desk.console, staffed=True,
                    on_duty=(), hears_by="console" if desk.id in self.beats else "", deaf_since=deaf.get(desk.id),
                    taken_over_by=by.get(desk.id, ""), taken_over_at=taken.get(desk.id), note=notes.get(desk.id, ""),
                )
                for desk in self.duty.plan.desks
            )
        )  # fmt: skip

    async def reload_duty(self) -> Imported:
        return Imported(
            ok=True, report={"version": "1", "people": 0, "desks": len(self.duty.plan.desks), "warnings": []}
        )

    def beat(self, desk: str) -> bool:
        known = any(one.id == desk and one.console for one in self.duty.plan.desks)
        if known:
            self.beats.append(desk)
        return known

    def channels(self) -> ChannelList:
        return ChannelList(self.channel_list)

    async def test_channel(self, name: str, *, to: str, by: str) -> ChannelTested:
        if name not in {one.name for one in self.channel_list}:
            raise KeyError(name)
        if to == "nobody":
            raise UnknownAddressError("nobody has no address on it")
        self.tested.append((name, to, by))
        return ChannelTested(state="sent", proof="taken", words="errcode 0")

    def rule_titles(self) -> dict[str, dict[str, str]]:
        return {rule: kind["title"] for rule, kind in KINDS.items()}

    def own_rules(self, place: str) -> Sequence[OwnRule]:
        return self.otherwise.get(place, [])

    async def readings(self, query: ReadingQuery) -> Sequence[Reading]:
        if self.away:
            raise self.away
        self.asked.append(query)
        return self.stored

    async def summaries(self, query: ReadingQuery, every: str) -> Sequence[Summary]:
        self.asked.append(query)
        return [dataclasses.replace(SUMMARY, on_share=None if every == "1h" else 0.5)]

    async def export(self, wanted: Export) -> Path:
        if self.away:
            raise self.away
        file = self.folder / "slice.parquet"
        file.write_bytes(f"{wanted.from_ms} {wanted.to_ms} {wanted.device}".encode())
        return file

    async def refused_rows(self, limit: int, *, before: int | None = None) -> Sequence[RefusedRow]:
        return [
            RefusedRow(
                id=row, at=NOW, reason="422", device="d", place="p", metric="m", observed_at=NOW, value="nan", text=""
            )
            for row in range(3, 0, -1)
            if before is None or row < before
        ][:limit]  # fmt: skip

    async def retry_refused(self) -> Retried:
        return Retried(stored=1, too_old=0, waiting=2)

    async def drop_refused(self) -> int:
        return 3

    async def quarantine(
        self, chosen: Chosen, limit: int, *, before: int | None = None
    ) -> Sequence[Unreadable]:
        self.chosen.append(("list", chosen, limit))
        return [
            Unreadable(id=row, received_at=NOW, topic="care/v1/x", reason="malformed", payload="{")
            for row in range(3, 0, -1)
            if before is None or row < before
        ][:limit]

    async def give_again(self, chosen: Chosen, *, after: int) -> GivenAgain:
        if self.away:
            raise self.away
        self.chosen.append(("again", chosen, after))
        return GivenAgain(
            replayed=3, repeated=0, outdated=0, held=1, reasons={"bad_json": 1}, last=9, more=False
        )

    async def drop(self, chosen: Chosen) -> int:
        self.chosen.append(("drop", chosen, 0))
        return 4

    def devices(self, *, limit: int, after: str | None, places: Container[str] | None = None) -> DevicePage:
        found = [
            DeviceNow(
                id=name, kind="radar", place="H0001", room="卫生间", online=True, heard_at=NOW, clock_skew_ms=-90_000,
                refused=1, over_rate=2,
            )
            for name in ("radar-1", "radar-2")
            if (after is None or name > after) and (places is None or "H0001" in places)
        ]  # fmt: skip
        return DevicePage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    async def import_registry(self, text: str, *, dry_run: bool, over_hand: bool = False) -> Imported:  # noqa: ARG002
        self.imported.append((text, dry_run))
        if "wrong" in text:
            return Imported(ok=False, report={"errors": [{"line": 2, "message": "place has three levels"}]})
        return Imported(ok=True, report={"homes": 1})

    async def reload_rules(self) -> Imported:
        if self.away:
            raise self.away
        return self.reloaded

    async def begin_backtest(self, wanted: BacktestWanted) -> str | None:  # noqa: ARG002 the port's
        if self.backtests:
            return None
        self.backtests["b1"] = Backtest(id="b1", state="running", what="judging", done=0.5)
        return "b1"

    def figures(self) -> list[Figure]:
        return [Figure("carehub_received_total", "counter", "Messages.", (Sample(12.0),))]

    def begin_backup(self, *, archive: bool) -> str | None:
        self.archive_asked = archive
        if self.backups:
            return None
        self.backups["k1"] = BackupState(id="k1", state="done", done=1.0, folder="/data/backup/k1")
        return "k1"

    def backup(self, backup_id: str) -> BackupState | None:
        return self.backups.get(backup_id)

    def backtest(self, backtest_id: str) -> Backtest | None:
        return self.backtests.get(backtest_id)

    async def end_backtest(self, backtest_id: str) -> bool:
        return self.backtests.pop(backtest_id, None) is not None

    async def play(self, scenario: str) -> None:
        self.played.append(scenario)

    def settle_in(self) -> None:
        """A home, a hall, two people on duty."""
        path = "福田区/莲花街道/莲花社区/莲花二村"
        with Session(self.engine) as session, session.begin():
            for at, (home, name, door) in enumerate(
                (("H0001", "王女士", "3栋1201"), ("H0002", "李先生", "5栋802"), ("H0003", "周阿姨", "1栋304"))
            ):
                session.add(
                    Place(
                        id=home, kind="home", site="lianhua", path=path, name=name, address=door, capacity=None,
                        access_note="钥匙在门卫处，单元门密码 2580#" if at == 0 else "",
                    )
                )  # fmt: skip
            session.add(
                Place(
                    id="F01", kind="facility", site="lianhua", path=path, name="长者活动室", address="社区中心二楼",
                    capacity=40, access_note="",
                )
            )  # fmt: skip
            session.flush()
            session.add(Contact(place_id="H0001", rank=1, name="女儿 陈静", phone="139 0000 1234"))
            session.add(Contact(place_id="H0001", rank=2, name="邻居 刘先生", phone="0755-8300 1234"))
            session.add(
                Device(
                    id="radar-1",
                    place_id="H0001",
                    site="lianhua",
                    kind="radar",
                    room="卫生间",
                    heartbeat_s=60,
                )
            )
        people = People(self.engine, CHEAP)
        people.add("李敏", PIN)
        people.add("陈国强", "8024")

    def rings(self, rule: str = "fall", place: str = "H0001", **other: Any) -> str:  # noqa: ANN401 columns
        """Raise an alert and tell the feed."""
        alert_id = self.stores(rule, place, **other)
        self.changes.publish(alert_id)
        return alert_id

    def stores(self, rule: str = "fall", place: str = "H0001", **other: Any) -> str:  # noqa: ANN401 columns
        """Put an alert into the database without a word."""
        self._numbers += 1
        now = self.state.hub_now_ms
        values: dict[str, Any] = {
            "id": f"{rule}-{place}-{self._numbers}",
            "number": self._numbers,
            "rule": rule,
            "place_id": place,
            "device_id": "radar-1",
            "evidence": {"confidence": 0.93},
            "active_at": now,
            "raised_at": now,
            "raised_wall_ms": now,
            **KINDS[rule],
            **other,
        }
        with Session(self.engine) as session, session.begin():
            session.add(Alert(**values))
            session.flush()
            session.add(
                AlertStep(alert_id=values["id"], kind="raised", at=values["raised_at"], by="", detail="")
            )
        return str(values["id"])

    def holds(self, rule: str = "no_activity", place: str = "H0001", **other: Any) -> str:  # noqa: ANN401 columns
        """Hold an alert back and tell the feed."""
        self._numbers += 1
        now = self.state.hub_now_ms
        held = {
            "id": f"held-{self._numbers}",
            "held_at": now,
            "held_by": "mode:away",
            "active_at": now,
            **other,
        }
        about = {"rule": rule, "place_id": place, "device_id": "", "evidence": {}, **KINDS[rule]}
        with Session(self.engine) as session, session.begin():
            session.add(HeldAlert(**(about | held | other)))
        self.changes.publish_place(place)
        return str(held["id"])

    def delivers(self, alert_id: str, channel: str, state: str) -> None:
        with Session(self.engine) as session, session.begin():
            session.add(
                Outbox(
                    id=f"{alert_id}/{channel}", alert_id=alert_id, rung=0, channel=channel, state=state,
                    delivered_ms=self.state.hub_now_ms if state == "delivered" else None,
                )
            )  # fmt: skip

    def escalates(self, alert_id: str, after_ms: int) -> None:
        with Session(self.engine) as session, session.begin():
            alert = session.get_one(Alert, alert_id)
            alert.rung, alert.version = alert.rung + 1, alert.version + 1
            at = alert.raised_at + after_ms
            session.add(AlertStep(alert_id=alert_id, kind="escalated", at=at, by="", detail=""))
        self.changes.publish(alert_id)


class _Straight(httpx.BaseTransport):
    """Hands requests to the app without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def answered() -> httpx.Response:
            asked = httpx.Request(request.method, request.url, headers=request.headers, content=body)
            answer = await httpx.ASGITransport(self._app).handle_async_request(asked)
            content = await answer.aread()
            return httpx.Response(answer.status_code, headers=answer.headers, content=content)

        body = request.read()
        return _run(answered())


def _run(asking: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    """In a thread of its own where this one has a loop running: a browser's, which goes on until its module is over."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(asking)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, asking).result()


class Visitor(httpx.Client):
    """A client of the app, with a cookie jar of its own."""

    def __init__(self, app: FastAPI, base_url: str = "http://127.0.0.1:8080") -> None:
        super().__init__(transport=_Straight(app), base_url=base_url)
        self.app = app


@contextmanager
def served(app: FastAPI, desk: Desk) -> Iterator[str]:
    """The app on a real uvicorn in a thread; gives its URL. The port is the one in the app's settings."""
    settings = app.state.context.settings
    server = uvicorn.Server(
        uvicorn.Config(
            app, host=settings.host, port=settings.port, log_level="error", timeout_graceful_shutdown=3
        )
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="web")
    thread.start()
    try:
        wait_until(lambda: server.started, what="uvicorn started")
        yield f"http://127.0.0.1:{settings.port}"
    finally:
        desk.changes.close()
        server.should_exit = True
        thread.join(10)
        desk.engine.dispose()


__all__ = ["DEMO", "NOW", "PIN", "Desk", "Visitor", "free_port", "served"]
