"""What is over its time goes, in steps; what is open, in force or still asked for stays however old it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

import gateway.record_keeper
from gateway.operations.database import open_database
from gateway.operations.outdated import DAY_MS, GOES, OVER_TIME, ROWS_MAX, Days, let_go
from gateway.operations.tables import (
    Alert,
    AlertStep,
    Answered,
    Base,
    Consent,
    FollowUp,
    HeldAlert,
    HomeMode,
    Link,
    Look,
    Outbox,
    Silence,
    Visit,
)
from gateway.record_keeper import RecordKeeper, days_of
from gateway.settings import Retention

NOW = 1_800_000_000_000
DAYS = days_of(Retention())
NOTE = "明月老师说是误按"
_SAID: dict[str, Any] = {
    "rule": "sos", "kind": "life_safety", "severity": "critical", "title": {"zh": "呼救", "en": "call"},
    "why": {"zh": "卫生间 02:10", "en": "bathroom 02:10"}, "todo": {}, "evidence": {"facts": [1]}, "place_id": "H1",
    "device_id": "h1-pendant", "room": "卫生间", "active_at": 0,
}  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(tmp_path / "operations.sqlite")
    yield engine
    engine.dispose()


def _alert(number: int, *, closed_days_ago: int | None) -> list[Base]:
    closed = None if closed_days_ago is None else NOW - closed_days_ago * DAY_MS
    name = f"a{number}"
    return [
        Alert(
            **_SAID, id=name, number=number, raised_at=0, raised_wall_ms=0, note=NOTE, closed_at=closed,
            state="raised" if closed is None else "closed",
        ),
        AlertStep(alert_id=name, kind="called", at=0, by="李敏", detail=NOTE),
        AlertStep(alert_id=name, kind="merged_in", at=0, by="李敏", detail="7"),
        Outbox(id=f"m{number}", alert_id=name, rung=0, channel="sms", receipt="to 139", error=""),
        Link(token_hash=f"l{number}", purpose="accept", alert_id=name, made_at=0, ends_at=None),
    ]  # fmt: skip


def _write(database: Engine, *rows: Base) -> None:
    with Session(database) as session, session.begin():
        session.add_all(rows)
        session.flush()


def _left(database: Engine, model: type[Base]) -> int:
    with Session(database) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _all_of_it(database: Engine, days: Days = DAYS, now: int = NOW) -> dict[str, int]:
    gone: dict[str, int] = {}
    while step := let_go(database, days, now):
        for name, count in step.items():
            assert count <= ROWS_MAX
            gone[name] = gone.get(name, 0) + count
    return gone


def test_words_of_an_alert_go_first_then_the_alert_and_the_newest_stays(
    database: Engine, tmp_path: Path
) -> None:
    ages = {1: 2_000, 2: 500, 3: 10, 4: None, 5: 2_000}
    for number, age in ages.items():
        _write(database, *_alert(number, closed_days_ago=age))
    assert _all_of_it(database) == {"alert": 1, "alert words": 2}
    with Session(database) as session:
        found = {row.number: row for row in session.scalars(select(Alert))}
        assert sorted(found) == [2, 3, 4, 5]  # the newest number is never given again
        assert {n for n, row in found.items() if row.why == OVER_TIME} == {2, 5}
        bare = found[2]
        assert (bare.evidence, bare.room, bare.device_id, bare.note) == ({}, "", "", None)
        assert (bare.rule, bare.place_id) == ("sos", "H1")
        assert (found[3].note, found[4].note) == (NOTE, NOTE)
        steps = session.scalars(select(AlertStep.detail).where(AlertStep.alert_id == "a2")).all()
        assert sorted(steps) == ["", "7"]
        assert session.scalars(select(Link.token_hash).order_by(Link.token_hash)).all() == [
            "l2",
            "l3",
            "l4",
            "l5",
        ]
    assert _left(database, Outbox) == 4
    assert _all_of_it(database) == {}


def test_what_is_over_goes_and_what_is_in_force_stays_however_old(database: Engine) -> None:
    old = NOW - 4_000 * DAY_MS
    held: dict[str, Any] = {**_SAID, "held_by": "mode"}
    standing = NOW - 200 * DAY_MS  # held back for longer than is kept, and it may stand still
    over: list[Base] = [
        HeldAlert(**held, id="h1", held_at=old, ended_at=old), HeldAlert(**held, id="h2", held_at=old, told_at=old),
        HomeMode(place_id="H1", kind="away", since=old, until=old, by="李敏", ended_at=old),
        Silence(id="s1", rule="", device_id="", place_id="H1", since=old, until=old, by="李敏", reason="x"),
        FollowUp(id="f1", alert_id="a9", place_id="H1", due_at=old, done_at=old),
        Consent(id="c1", place_id="H1", scope="guard", since=old, by="李敏", ended_at=old),
        Link(token_hash="l1", purpose="family", place_id="H1", made_at=old, ended_at=old),
        Look(place_id="H1", staff_id=1, by="李敏", at=old, until=old, reason="x"),
        Answered(id="x1", outcome={}, at=old),
        Visit(id="v1", place_id="H1", path="区", at=old, by="李敏", kind="home", note="x"),
    ]  # fmt: skip
    open_: list[Base] = [
        HeldAlert(**held, id="h3", held_at=standing),
        HomeMode(place_id="H2", kind="away", since=old, until=NOW + 1, by="李敏"),
        Silence(id="s2", rule="", device_id="", place_id="H2", since=old, until=NOW + 1, by="李敏", reason="x"),
        FollowUp(id="f2", alert_id="a9", place_id="H2", due_at=old),
        Consent(id="c2", place_id="H2", scope="guard", since=old, by="李敏"),
        Link(token_hash="l2", purpose="family", place_id="H2", made_at=old),
        Look(place_id="H2", staff_id=1, by="李敏", at=NOW, until=NOW, reason="x"),
        Answered(id="x2", outcome={}, at=NOW),
        Visit(id="v2", place_id="H2", path="区", at=standing, by="李敏", kind="home", note="x"),
    ]  # fmt: skip
    _write(database, *_alert(9, closed_days_ago=None))
    _write(database, *over, *open_)
    gone = _all_of_it(database)
    assert gone == {
        "held_alert": 2, "home_mode": 1, "silence": 1, "follow_up": 1, "consent": 1, "link": 1, "look": 1, "answered": 1,
        "visit": 1,
    }  # fmt: skip
    assert {over.model.__tablename__ for over in GOES} == {*gone, "alert"}
    assert [
        _left(database, model)
        for model in (HeldAlert, HomeMode, Silence, FollowUp, Consent, Look, Answered, Visit)
    ] == [1] * 8
    assert _left(database, Link) == 2  # the family's, and the open alert's


@pytest.mark.parametrize("setting", sorted({over.setting for over in GOES} | {"alert_words_days"}))
def test_nought_days_is_for_ever(database: Engine, setting: str) -> None:
    _write(database, *_alert(1, closed_days_ago=9_000), *_alert(2, closed_days_ago=None))
    days = Days(**{name: 1 if name != setting else 0 for name in Days.__dataclass_fields__})
    gone = _all_of_it(database, days)
    assert ("alert" in gone) is (setting != "alerts_days")
    assert ("alert words" in gone) is (setting == "alerts_days")


def test_a_round_takes_steps_and_what_it_took_is_overwritten_in_the_file(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.record_keeper, "PAUSE_S", 0)
    reason = "给女儿打电话确认 4471"
    old = NOW - 3_000 * DAY_MS
    _write(
        database,
        *(Look(place_id="H1", staff_id=1, by="李敏", at=old, until=old, reason=reason) for _ in range(2 * ROWS_MAX + 1)),
    )  # fmt: skip
    clock = [old]
    keeper = RecordKeeper(database, DAYS, now=lambda: clock[0])
    asyncio.run(keeper.round())
    assert _left(database, Look) == 2 * ROWS_MAX + 1  # their time has not come yet
    clock[0] = NOW
    asyncio.run(keeper.round())
    assert keeper.gone == {"look": 2 * ROWS_MAX + 1}
    with database.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert reason.encode() not in (tmp_path / "operations.sqlite").read_bytes()
