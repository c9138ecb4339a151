"""Rules changed on the console of a hub at work: judged by at once, over a restart, after a kill, and taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from parts import wait_until
from sqlalchemy import select
from sqlalchemy.orm import Session
from web_hub import SIGNED_IN, LivingHub

from gateway.health import warnings
from gateway.journal.journal import Entry, Journal
from gateway.operations.rule_changes import Change
from gateway.operations.tables import Alert, Granted, RuleChange, Staff
from gateway.rulebook.load import Rulebook
from gateway.rulebook.parameters import rebuilt
from gateway.web.settings import WebSettings
from rules.events import Command, WorldChanged

FLAT = "battery_low"
CHANGE = f"/api/v1/rules/{FLAT}/change"


class Room:
    """A hub in a folder, and its head of station at the console."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.living = LivingHub(folder)
        self._number = 0
        with Session(self.living.hub.database) as session, session.begin():
            me = session.scalars(select(Staff).where(Staff.name == SIGNED_IN)).one()
            session.merge(Granted(staff_id=me.id, role="head", at=""))
        self.app: FastAPI = self.living.app(WebSettings())
        self.cookie = self.living.signed_in(self.app)

    def asks(self, method: str, path: str, body: object = None, *, status: int = 200, key: str = "") -> Any:  # noqa: ANN401 JSON
        headers = {"content-type": "application/json", "cookie": self.cookie}
        headers |= {"idempotency-key": key} if key else {}
        answer = self.living.asks(self.app, method, path, headers, json.dumps(body or {}).encode())
        assert answer.status == status, answer.body
        return answer.json() if answer.body else None

    def rule(self, rule: str = FLAT, place: str = "") -> dict[str, Any]:
        found = self.asks("GET", f"/api/v1/rules?place={place}")["rules"]
        return next(one for one in found if one["id"] == rule)

    def flat_battery(self, home: int) -> int:
        """A pendant says 5 %, and everything it leads to has happened; how many alerts there are of it."""
        self._number += 1
        body = {"boot": "b", "seq": 100 + self._number, "m": {"battery": 5}}
        self.living.heard.says(f"care/v1/lianhua/h{home}-pendant/telemetry", json.dumps(body).encode())
        self.living.does(self._said())
        with Session(self.living.hub.database) as session:
            return len(
                session.scalars(
                    select(Alert).where(Alert.rule == FLAT, Alert.place_id == f"H000{home}")
                ).all()
            )

    def began_anew(self) -> tuple[str, ...]:
        """What the newest world has let begin anew."""
        journal = self.living.hub.journal
        events = [event for _, event in journal.read(0) if isinstance(event, WorldChanged)]
        return events[-1].changed

    async def _said(self) -> None:
        name = f"said-{self._number}-{id(self)}"
        await self.living.hub.line.command(
            kind="see", alert=self.living.alerts[0], by="", data={}, command_id=name
        )

    def ends(self) -> None:
        self.living.close()

    def begins_again(self) -> None:
        self.ends()
        self.__init__(self.folder)  # type: ignore[misc]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.ends()


def test_a_switch_holds_at_once_and_over_a_restart_and_is_taken_back(room: Room) -> None:
    assert room.flat_battery(1) == 1
    before = room.living.hub.engine.world.version
    answer = room.asks("POST", CHANGE, {"off": True, "reason": "一批电池读数不准", "version": 0}, key="k1")
    assert (answer["off"], answer["changed"]) == (True, True)
    again = room.asks("POST", CHANGE, {"off": True, "reason": "一批电池读数不准", "version": 0}, key="k1")
    assert again["version"] == answer["version"], "the same tap again is the same change"
    assert room.living.hub.engine.world.version == before + 1
    assert room.began_anew() == (FLAT,), "no other rule begins anew"
    assert room.flat_battery(2) == 0
    with Session(room.living.hub.database) as session:
        (open_one,) = session.scalars(select(Alert).where(Alert.rule == FLAT))
        assert (open_one.state, open_one.place_id) == ("raised", "H0001"), "an open alert stays"

    room.begins_again()
    assert room.rule()["off"] is True
    assert room.flat_battery(3) == 0

    (change,) = room.asks("GET", f"/api/v1/rules/changes?rule={FLAT}")["changes"]
    room.asks("POST", f"/api/v1/rules/changes/{change['id']}/undo", {"reason": "换过电池了"}, status=204)
    assert room.rule()["off"] is False
    assert room.flat_battery(3) == 1
    told = room.asks("GET", f"/api/v1/rules/changes?rule={FLAT}")["changes"]
    assert [(one["reason"], one["undoes"], one["after"]["off"], one["newest"]) for one in told] == [
        ("换过电池了", change["id"], False, True), ("一批电池读数不准", None, True, False),
    ]  # fmt: skip


def test_what_was_journalled_when_the_hub_was_killed_holds_at_the_next_start(room: Room) -> None:
    room.living.close()
    journal = Journal(room.folder / "journal.sqlite")
    change = Change(
        rule=FLAT, title={"zh": "电量低", "en": "Battery low"}, said={"off": True, "numbers": {}}, base="",
        before={"off": False}, after={"off": True}, reason="断电前", version=0,
    )  # fmt: skip
    data = {"change": msgspec.json.encode(change).decode()}
    journal.append(Entry(events=[Command(journal.last_at + 1, "c1", "rule", "", SIGNED_IN, data, "")]))
    journal.close()
    room.__init__(room.folder)  # type: ignore[misc]
    assert FLAT not in {rule.id for rule in room.living.hub.engine.world.definition.rules}
    with Session(room.living.hub.database) as session:
        assert session.scalars(select(RuleChange.reason)).all() == ["断电前"]
    assert room.rule()["conflict"]["why"] == "files_changed", "it did not say what the files said"


def test_one_home_s_number_leaves_the_others_and_what_they_wait_for(room: Room) -> None:
    world = room.living.hub.engine.world
    body = {"numbers": {"level.below": 4}, "reason": "这一户的电池报得偏低", "version": 0}
    told = room.asks("POST", f"/api/v1/places/H0002/rules/{FLAT}", body)
    assert told["waits_for"]["zh"] == "电量低于 4%。"
    assert room.began_anew() == (f"{FLAT}@H0002",)
    after = room.living.hub.engine.world
    assert after.definition.rules == world.definition.rules
    assert room.flat_battery(2) == 0
    assert room.flat_battery(5) == 1
    assert room.rule()["places"] == ["H0002"]
    reloaded = room.living.does(room.living.hub.reloads.rules())
    assert (reloaded.changed, room.living.hub.engine.world.version) == ((), after.version), (
        "a reload takes nothing away"
    )


def test_broken_rule_files_at_a_start_leave_what_holds_and_say_so(tmp_path: Path) -> None:
    """The world of the journal has the console's words in it; they are not laid on a second time."""
    room = Room(tmp_path)
    room.asks("POST", CHANGE, {"numbers": {"level.below": 20}, "reason": "早点换", "version": 0})
    hub = room.living.hub
    before = hub.definition()
    hub.rules._refused = hub.rules._refused or _mistakes()
    hub.rules.go_on_from(hub.journal.newest_world())
    try:
        assert msgspec.structs.replace(hub.definition(), version=0) == before
        refusal = room.asks("POST", CHANGE, {"off": True, "reason": "试", "version": 1}, status=409)
        assert refusal["reason"] == "rule_files_refused"
    finally:
        room.ends()


def test_files_that_say_something_else_since_are_told_to_the_operator(room: Room) -> None:
    room.asks("POST", CHANGE, {"numbers": {"level.below": 20}, "reason": "早点换", "version": 0})
    hub = room.living.hub
    assert hub.console_rules.warnings() == []
    files = tuple(rebuilt(one, {"level.below": 10.0}) if one.id == FLAT else one for one in hub.rules.rules)
    hub.rules._read = lambda: Rulebook(files)
    room.living.does(hub.reloads.rules())
    assert room.rule()["numbers"][0]["value"] == 20, "what somebody set holds"
    assert hub.console_rules.warnings() == [
        "rule files and console do not agree on battery_low: decide on the page /rules"
    ]
    assert hub.console_rules.warnings()[0] in warnings(hub)
    room.asks("POST", CHANGE, {"follow_files": True, "reason": "按文件", "version": 1})
    assert (room.rule()["numbers"][0]["value"], hub.console_rules.warnings()) == (10, [])


def _mistakes() -> Any:  # noqa: ANN401 what files are refused with
    from gateway.mistakes import FileMistakes, Mistake  # noqa: PLC0415 only here

    return FileMistakes([Mistake("own.yaml", 1, 1, "wrong")])


def test_a_try_says_what_would_have_come_and_what_people_found_of_it(room: Room) -> None:
    hub = room.living.hub
    wait_until(lambda: hub.writer.position >= hub.journal.position, what="everything is stored")

    def tried(place: str, *, off: bool) -> dict[str, Any]:
        begun = room.asks(
            "POST", "/api/v1/rules/sos/try", {"place": place, "off": off, "days": 1}, status=202
        )
        found: list[dict[str, Any]] = []

        def over() -> bool:
            found.append(room.asks("GET", f"/api/v1/rules/tries/{begun['id']}"))
            return bool(found[-1]["state"] != "running")

        wait_until(over, what="the try is over")
        assert found[-1]["state"] == "done", found[-1]
        return dict(found[-1]["answer"])

    home = tried("H0002", off=True)
    assert (home["changed"]["raised"], home["as_it_is"]["raised"], home["as_it_is"]["test"]) == (0, 1, 1)
    everywhere = tried("", off=False)["changed"]
    assert (everywhere["raised"], everywhere["test"], everywhere["unknown"]) == (6, 1, 5)


def test_two_at_once_the_second_is_told_to_look_again(room: Room) -> None:
    async def both() -> list[object]:
        from gateway.web.rule_port import RuleWanted  # noqa: PLC0415 only here

        port = room.living.port
        return await asyncio.gather(
            *(
                port.change_rule(
                    RuleWanted(rule=FLAT, numbers={"level.below": below}), reason="试", version=0, by=name, id=name
                )
                for name, below in (("甲", 20.0), ("乙", 25.0))
            ),
            return_exceptions=True,
        )  # fmt: skip

    first, second = room.living.does(both())
    assert first is None
    assert "meanwhile" in str(second)
    assert room.rule()["numbers"][0]["value"] == 20
