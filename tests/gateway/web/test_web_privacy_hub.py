"""A copy of a resident's record and its erasure, at a hub that lives; and what its files hold afterwards, byte for byte."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import web_hub
from parts import wait_until
from sqlalchemy.orm import Session
from web_hub import SIGNED_IN, LivingHub

from gateway.audit.trail import Asked
from gateway.engine.engine import Engine
from gateway.journal.journal import Entry, Journal
from gateway.operations import erasing
from gateway.operations.erasing import PARTS
from gateway.operations.tables import Alert, Erasure
from gateway.store.readings import Query, StoreUnavailable
from gateway.store.summaries import Series
from rules.events import Command, Telemetry

HOME = "H0002"
NAME, DOOR, CONTACT, PHONE, KEY = "诸葛明月", "七号楼709", "诸葛小星", "13900007777", "钥匙在花盆下"
REASON, NOTE = "明月去女儿家小住", "明月老师本人签字"
MARKS = (NAME, DOOR, CONTACT, PHONE, KEY, REASON, NOTE)
FAR = 1 << 50


@pytest.fixture
def living(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LivingHub]:
    """A hub in which one home has a name of its own, was away once and has agreed that a guard knocks."""
    usual = f",,{HOME},,王女士,3栋1202,,女儿 陈静,139 0000 1234,,,钥匙在门卫处,"
    own = f",,{HOME},,{NAME},{DOOR},,{CONTACT},{PHONE},,,{KEY},"
    at = "lianhua,福田区/莲花街道/莲花社区/莲花二村"
    lines = web_hub.REGISTRY.replace(f"{at}{usual[1:]}", f"{at}{own[1:]}")
    assert NAME in lines
    monkeypatch.setattr("web_hub.REGISTRY", lines)
    monkeypatch.setattr("gateway.snapshots.SNAPSHOT_EVERY_MS", 200)
    hub = LivingHub(tmp_path)
    _lived_in(hub)
    yield hub
    hub.close()


def _lived_in(living: LivingHub) -> None:
    until = str(living.hub.clock.now() + 3_600_000)
    _does(living, "mode", {"kind": "away", "until": until, "reason": REASON, "id": "m2"})
    _does(living, "mode_end", {})
    _does(living, "consent", {"id": "c2", "scope": "guard", "note": NOTE})


def _does(living: LivingHub, kind: str, data: dict[str, str]) -> None:
    answer = living.does(
        living.hub.line.command(
            kind=kind, alert="", by=SIGNED_IN, data=data, command_id=f"{kind}-x", key=HOME
        )
    )
    assert answer.ok, answer


def _asks(living: LivingHub, method: str, path: str, body: object = None) -> web_hub.Answer:
    app = living.app()
    headers = {"content-type": "application/json", "cookie": living.signed_in(app)}
    return living.asks(app, method, path, headers, json.dumps(body or {}).encode())


def _fallen_silent(living: LivingHub) -> None:
    """Its devices were taken out two hours ago."""
    for device in living.hub.engine.states[HOME].devices.values():
        device.heard_at -= 7_200_000


def _erased(living: LivingHub) -> Any:  # noqa: ANN401 JSON
    _fallen_silent(living)
    answer = _asks(living, "POST", f"/api/v1/places/{HOME}/erasure", {"confirm": HOME, "reason": "迁出"})
    assert answer.status == 202, answer.body
    return answer.json()


def _carried_out(living: LivingHub) -> None:
    def done() -> bool:
        living.does(living.hub.eraser.round())
        return not erasing.pending(living.hub.database)

    wait_until(done, what="the erasure is carried out")


def _held(folder: Path, words: tuple[str, ...] = MARKS) -> dict[str, list[str]]:
    """Which files hold which of the words, in UTF-8 or as JSON writes them in ASCII."""
    found: dict[str, list[str]] = {}
    for file in folder.rglob("*"):
        if file.is_file():
            body = file.read_bytes()
            hits = [
                word for word in words if word.encode() in body or json.dumps(word)[1:-1].encode() in body
            ]
            if hits:
                found[str(file.relative_to(folder))] = hits
    return found


def test_a_copy_holds_what_is_kept_of_one_resident_and_nobody_else(living: LivingHub) -> None:
    wait_until(
        lambda: bool(living.hub.store.read(Query(0, FAR, place=HOME))), what="the press is in the store"
    )
    assert _asks(living, "GET", f"/api/v1/places/{HOME}/copy").status == 422  # no reason
    answer = _asks(living, "GET", f"/api/v1/places/{HOME}/copy?reason=%E6%9C%AC%E4%BA%BA")
    assert answer.status == 200
    files = zipfile.ZipFile(io.BytesIO(answer.body))
    assert set(files.namelist()) == {
        "index.html", "record.json", "readings.csv", "hours.csv", "days.csv", "readings.parquet",
    }  # fmt: skip
    page, record = files.read("index.html").decode(), json.loads(files.read("record.json"))
    for word in (NAME, DOOR, CONTACT, KEY, REASON, NOTE, "139****7777"):
        assert word in page, word
    assert PHONE not in page
    assert PHONE not in files.read("record.json").decode()
    assert [one["verdict"] for one in record["alert"]] == ["test"]
    assert {one["place_id"] for table in record.values() for one in table if one.get("place_id")} == {HOME}
    rows = list(csv.DictReader(io.StringIO(files.read("readings.csv").decode())))
    assert [row["metric"] for row in rows if row["device"] == "h2-pendant"].count("event.sos") == 1
    assert {row["device"] for row in rows} == {"h2-pendant"}
    everything = b"".join(files.read(name) for name in files.namelist())
    assert "王女士".encode() not in everything
    assert b"argon2" not in everything
    entry = living.hub.trail.read(Asked(place=HOME))[0].entry
    assert (entry.what, entry.place, entry.reason) == ("copy_home", HOME, "本人")
    assert not list((living.hub.settings.hub.data / "export").glob("*"))  # nothing of it is left


def test_it_is_refused_while_devices_report_or_an_alert_is_open(living: LivingHub) -> None:
    path, given = f"/api/v1/places/{HOME}/erasure", {"confirm": HOME, "reason": "迁出"}
    plan = _asks(living, "GET", path).json()
    assert (plan["refused"], plan["devices"]) == ("reporting", ["h2-pendant"])
    assert plan["rows"]["contact"] == 1
    refused = _asks(living, "POST", path, given)
    assert (refused.status, refused.json()["reason"]) == (409, "erase_reporting")
    assert "h2-pendant" in refused.json()["words"]["zh"]
    _fallen_silent(living)
    wrong = _asks(living, "POST", path, given | {"confirm": "H0003"})
    assert (wrong.status, wrong.json()["reason"]) == (422, "erase_confirm")
    for device in living.hub.engine.states["H0001"].devices.values():
        device.heard_at -= 7_200_000
    other = _asks(living, "POST", "/api/v1/places/H0001/erasure", {"confirm": "H0001", "reason": "迁出"})
    assert (other.status, other.json()["reason"]) == (409, "erase_open")
    assert _asks(living, "GET", "/api/v1/places/H0001").status == 200


def test_after_an_erasure_no_file_holds_the_name_the_door_or_a_note(
    living: LivingHub, tmp_path: Path
) -> None:
    assert {"operations.sqlite-wal", "journal.sqlite-wal"} & set(_held(tmp_path))
    wait_until(lambda: bool(living.hub.store.read(Query(0, FAR, place=HOME))), what="it is in the store")
    with Session(living.hub.database) as session:
        before = {row.number: row.id for row in session.query(Alert)}
        mine = session.query(Alert).filter(Alert.place_id == HOME).one()
        number, old = mine.number, mine.id
    done = _erased(living)
    assert _asks(living, "GET", f"/api/v1/places/{HOME}").status == 404
    assert HOME not in living.hub.engine.states
    _carried_out(living)

    assert _held(tmp_path) == {}
    assert set(_held(tmp_path, ("h2-pendant",))) <= {
        "readings.duckdb",
        "readings.duckdb.wal",
        "journal.sqlite",
    }
    assert living.hub.store.read(Query(0, FAR, place=HOME)) == []
    assert living.hub.kept.keeping.fresh(Series(0, FAR, place=HOME)) == []
    assert living.hub.kept.keeping.kept("1h", Series(0, FAR, place=HOME)) == []
    with Session(living.hub.database) as session:
        kept = session.query(Alert).filter(Alert.number == number).one()
        assert (kept.place_id, kept.device_id, kept.room, kept.note) == (done["pseudonym"], "", "", None)
        assert (kept.rule, kept.verdict, kept.closed_by) == ("sos", "test", SIGNED_IN)
        others = {row.number: row.id for row in session.query(Alert) if row.number != number}
        assert others == {n: name for n, name in before.items() if n != number}
        row = session.query(Erasure).one()
        assert (row.place_id, row.devices, row.names, set(row.done)) == ("", [], [], set(PARTS))
    # nor does anything lead from the pseudonym to the home: ids, as they stood, are in no table any more
    with sqlite3.connect(tmp_path / "operations.sqlite") as connection:
        dump = "\n".join(
            line for line in connection.iterdump() if '"answered"' not in line
        )  # ids of this test's own
    for word in (old, f"'{HOME}'", "h2-pendant"):
        assert word not in dump, word
    assert _asks(living, "GET", f"/api/v1/alerts/{kept.id}").status == 200
    again = _asks(living, "POST", f"/api/v1/alerts/{kept.id}/reopen", {"reason": "再看看"})
    assert again.status == 409, again.body  # there is nobody to attend to
    listed = _asks(living, "GET", "/api/v1/erasures").json()["erasures"]
    assert [(one["pseudonym"], one["done_at"] is not None) for one in listed] == [(done["pseudonym"], True)]


def test_what_is_left_of_the_journal_decides_the_same_for_everybody_else(living: LivingHub) -> None:
    journal = living.hub.journal

    def decided() -> list[tuple[int, str]]:
        engine = Engine(journal.world)
        found = engine.recover([], world=None, replay=journal.read(0))
        return [(one.position, repr(one.effect)) for one in found if HOME not in repr(one.effect)]

    def spoken() -> list[object]:
        return [
            event
            for _, event in journal.read(0)
            if (isinstance(event, Telemetry) and event.device == "h2-pendant")
            or (isinstance(event, Command) and event.key == HOME)
            or getattr(event, "device", "") == "h2-pendant"
        ]

    assert len(spoken()) >= 4
    _erased(living)
    wait_until(lambda: living.hub.line.idle, what="the line rests")
    before = decided()
    positions = [position for position, _ in journal.read(0)]
    _carried_out(living)
    assert spoken() == []
    after = decided()
    assert [one for one in after if one[0] <= positions[-1]] == before
    assert [position for position, _ in journal.read(0)][: len(positions)] == positions


@pytest.mark.parametrize("part", PARTS)
def test_a_kill_amid_it_is_finished_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr("gateway.snapshots.SNAPSHOT_EVERY_MS", 200)
    first = LivingHub(tmp_path)
    _lived_in(first)
    _erased(first)
    eraser = first.hub.eraser
    whole = eraser._does

    async def until(name: str, one: erasing.Pending) -> bool:
        if name == part:
            raise RuntimeError("killed")
        return await whole(name, one)

    monkeypatch.setattr(eraser, "_does", until)
    with pytest.raises(RuntimeError, match="killed"):
        first.does(eraser.round())
    first.close()
    left = [line for line in web_hub.REGISTRY.split("\n") if HOME not in line]  # else the file brings it back
    monkeypatch.setattr("web_hub.REGISTRY", "\n".join(left))
    again = LivingHub(tmp_path)
    try:
        _carried_out(again)
        assert _held(tmp_path, (REASON, NOTE)) == {}
        assert again.hub.store.read(Query(0, FAR, place=HOME)) == []
    finally:
        again.close()


@pytest.mark.parametrize("applied", [True, False])
def test_a_kill_before_the_world_has_followed_leaves_no_half_of_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, applied: bool
) -> None:
    monkeypatch.setattr("gateway.snapshots.SNAPSHOT_EVERY_MS", 200)
    first = LivingHub(tmp_path)
    _lived_in(first)
    if applied:
        _does(first, "erase", {"secret": "5" * 32})
        assert HOME in first.hub.engine.world.places
    first.close()
    if not applied:  # journalled, and nothing came of it
        journal = Journal(tmp_path / "journal.sqlite")
        command = Command(journal.last_at, "erase-x", "erase", "", SIGNED_IN, {"secret": "5" * 32}, HOME)
        journal.append(Entry(events=[command]))
        journal.close()
    else:
        left = [line for line in web_hub.REGISTRY.split("\n") if HOME not in line]
        monkeypatch.setattr("web_hub.REGISTRY", "\n".join(left))
    again = LivingHub(tmp_path)
    try:
        assert HOME not in again.hub.engine.world.places
        assert [one.place_id for one in erasing.pending(again.hub.database)] == [HOME]
        _carried_out(again)
        assert _held(tmp_path, (REASON, NOTE, "5" * 32)) == {}
    finally:
        again.close()


def test_a_store_that_is_away_holds_up_only_its_own_part_and_is_told_of(
    living: LivingHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_place: str) -> None:
        raise StoreUnavailable("InfluxDB is away")

    with monkeypatch.context() as patched:
        patched.setattr(living.hub.kept.keeping, "erase_place", away)
        _erased(living)

        def all_but_the_store() -> bool:
            living.does(living.hub.eraser.round())
            return set(erasing.pending(living.hub.database)[0].done) == set(PARTS) - {"store"}

        wait_until(all_but_the_store, what="the other parts are done")
        assert _held(tmp_path) == {}
        # The hub's own round may be on: what troubles it is told when it is over.
        wait_until(
            lambda: any("InfluxDB is away" in said for said in living.port.health().warnings),
            what="the trouble being told",
        )
    _carried_out(living)
    assert not living.hub.eraser.trouble
