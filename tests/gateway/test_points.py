"""What proves a device, by kind; and the watch that ticks it, on a real journal and database."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gateway.fitting.points import PROVING_CHANGES, PROVING_EVENTS, WEEK_MS, Values, is_due, proof_of
from gateway.journal.journal import Entry, Journal
from gateway.operations.database import open_database
from gateway.operations.home_tests import last_proven, obey_test, proven_in, under_way
from gateway.operations.tables import Device as DeviceRow
from gateway.operations.tables import Place
from gateway.point_watch import PointWatch
from rules.events import AnyEvent, Command, Occurrence, Quality, Status, Telemetry
from rules.state import DeviceState, KeyState, Latest
from rules.vocabulary import DEVICE_KINDS
from rules.world import Device

SINCE = 1_000_000


def says(metric: str, value: float, at: int = SINCE + 1, quality: int = 0, device: str = "d") -> Telemetry:
    return Telemetry(at, device, at, quality, "b", at, {metric: value})


def happens(kind: str, at: int = SINCE + 1, device: str = "d") -> Occurrence:
    return Occurrence(at, device, at, 0, "b", at, f"e{at}", kind, {})


@pytest.mark.parametrize(
    ("kind", "events", "proof"),
    [
        ("pendant", [happens("sos")], "event.sos"),
        ("pendant", [happens("fall")], "event.fall"),
        ("pendant", [happens("tamper")], ""),
        ("pendant", [says("battery", 90), says("worn", 1)], ""),
        ("sos", [happens("test")], "event.test"),
        ("contact", [says("contact", 1), says("contact", 1)], ""),
        ("contact", [says("contact", 1), says("contact", 0)], "contact"),
        ("motion", [says("motion", 0)], ""),
        ("motion", [says("motion", 1)], "motion"),
        ("radar", [says("presence", 1), says("presence", 1)], ""),
        ("radar", [says("presence", 1), says("presence", 0)], "presence"),
        ("radar", [happens("fall")], "event.fall"),
        ("smoke", [says("smoke", 0), says("smoke", 1)], "smoke"),
        ("counter", [says("in", 7), says("in", 8)], "in"),
        ("counter", [says("occupancy", 7), says("occupancy", 8)], ""),
        ("climate", [says("temperature", 21)], "temperature"),
        ("gateway", [Status(SINCE + 1, "d", SINCE + 1, 0, True, "", {})], "status"),
        ("gateway", [Status(SINCE + 1, "d", SINCE + 1, 0, False, "", {})], ""),
        ("contact", [Status(SINCE + 1, "d", SINCE + 1, 0, True, "", {})], ""),
    ],
)
def test_what_proves_a_device(kind: str, events: list[AnyEvent], proof: str) -> None:
    before: Values = {}
    assert [found for event in events if (found := proof_of(kind, event, SINCE, before))] == [proof] * bool(
        proof
    )


@pytest.mark.parametrize("quality", [Quality.LATE, Quality.RETAINED])
def test_what_is_late_or_replayed_proves_nothing(quality: Quality) -> None:
    assert not proof_of("motion", says("motion", 1, quality=int(quality)), SINCE, {})


def test_what_was_seen_before_the_test_proves_nothing() -> None:
    assert not proof_of("sos", happens("sos", at=SINCE - 1), SINCE, {})
    seen_long_before = Occurrence(SINCE + 1, "d", SINCE - 60_000, 0, "b", 1, "e", "sos", {}, own_time=True)
    assert not proof_of("sos", seen_long_before, SINCE, {})
    clock_a_little_off = Occurrence(SINCE + 1, "d", SINCE - 20_000, 0, "b", 1, "e", "sos", {}, own_time=True)
    assert proof_of("sos", clock_a_little_off, SINCE, {})


@given(st.sampled_from(DEVICE_KINDS), st.lists(st.sampled_from(["contact", "bed", "seat", "presence", "in"])))
def test_heartbeats_that_say_the_same_never_prove_a_change(kind: str, metrics: list[str]) -> None:
    before: Values = {}
    proofs = [proof_of(kind, says(metric, 1), SINCE, before) for metric in metrics]
    assert kind in {"climate", "gateway"} or not any(proofs)


def test_every_kind_can_be_proven() -> None:
    speaking = {"climate", "gateway"}
    assert set(PROVING_EVENTS) | set(PROVING_CHANGES) | speaking == set(DEVICE_KINDS)


@given(st.integers(min_value=0, max_value=1 << 50), st.integers(min_value=0, max_value=3 * WEEK_MS))
def test_a_week_after_its_press_a_button_is_due_and_not_before(proven: int, later: int) -> None:
    assert is_due(None, proven)
    assert is_due(proven, proven + later) == (later >= WEEK_MS)


# the watch


class Watched:
    """A journal, a database with a home, and a watch on both; the rules' states are what the test says."""

    def __init__(self, folder: Path) -> None:
        self.database: Engine = open_database(folder / "operations.sqlite")
        self.journal = Journal(folder / "journal.sqlite")
        self.at = SINCE
        devices = {
            name: Device(name, "s", "H1", kind, room, 60)
            for name, kind, room in (("door", "contact", "入户门"), ("sos", "sos", "卧室"))
        }
        self.states: dict[str, KeyState] = {"H1": KeyState("H1")}
        with Session(self.database) as session, session.begin():
            session.add(
                Place(
                    id="H1", kind="home", site="s", path="a/b/c/d", name="王女士", address="1", access_note=""
                )
            )
            session.flush()
            session.add_all(
                DeviceRow(id=d.id, place_id="H1", site="s", kind=d.kind, room=d.room, heartbeat_s=60)
                for d in devices.values()
            )
        self.engine: Any = SimpleNamespace(world=SimpleNamespace(devices=devices), states=self.states)
        self.watch = self.started()

    def started(self) -> PointWatch:
        return PointWatch(
            self.database, following=self.journal.following, newest=lambda: self.journal.position,
            engine=self.engine, now=lambda: self.at,
        )  # fmt: skip

    def begins(self, name: str, kind: str = "walk") -> None:
        with Session(self.database) as session, session.begin():
            command = Command(self.at, name, "test", "", "李敏", {"id": name, "kind": kind}, "H1")
            assert obey_test(session, command) == ""

    def hears(self, *events: AnyEvent) -> int:
        self.at += 1_000
        self.journal.append(Entry(events=list(events)))
        return self.watch.look()

    def ticks(self, test: str) -> dict[str, str]:
        return {name: one.said for name, one in proven_in(self.database, test).items()}

    def close(self) -> None:
        self.journal.close()
        self.database.dispose()


@pytest.fixture
def watched(tmp_path: Path) -> Any:  # noqa: ANN401 a generator of one
    made = Watched(tmp_path)
    yield made
    made.close()


def test_devices_are_ticked_as_they_are_heard_and_only_during_a_test(watched: Watched) -> None:
    assert watched.hears(happens("sos", device="sos", at=watched.at)) == 0, "no test is under way"
    watched.begins("t1")
    assert watched.hears(says("contact", 1, device="door", at=watched.at)) == 0
    assert watched.hears(says("contact", 0, device="door", at=watched.at)) == 1
    assert (
        watched.hears(happens("sos", device="sos", at=watched.at), happens("sos", device="x", at=watched.at))
        == 1
    )
    assert watched.ticks("t1") == {"door": "contact", "sos": "event.sos"}
    assert set(last_proven(watched.database, ["H1"])) == {"door", "sos"}


def test_what_the_door_said_before_the_test_is_known(watched: Watched) -> None:
    """One opening is enough: the hub remembers that it was closed."""
    watched.states["H1"].devices["door"] = DeviceState(1, latest={"contact": Latest(1, 1.0, 1)})
    watched.begins("t1")
    assert watched.hears(says("contact", 0, device="door", at=watched.at)) == 1


def test_after_a_kill_what_was_journalled_during_the_test_is_looked_at_again(watched: Watched) -> None:
    watched.begins("t1")
    watched.journal.append(Entry(events=[happens("sos", device="sos", at=watched.at + 1)]))
    watched.watch = watched.started()
    assert watched.watch.look() == 1
    watched.watch = watched.started()
    watched.watch.look()
    assert watched.ticks("t1") == {"sos": "event.sos"}, "once"


def test_a_test_ends_by_itself_and_by_the_next(watched: Watched) -> None:
    watched.begins("t1", "weekly")
    watched.begins("t2")
    assert [test.id for test in under_way(watched.database, watched.at)] == ["t2"]
    watched.at += 2 * 3_600_000
    assert under_way(watched.database, watched.at) == []
    assert watched.hears(happens("sos", device="sos", at=watched.at)) == 0


def test_a_device_that_was_moved_is_to_be_proven_anew(watched: Watched) -> None:
    watched.begins("t1")
    watched.hears(happens("sos", device="sos", at=watched.at))
    with Session(watched.database) as session, session.begin():
        session.get_one(DeviceRow, "sos").room = "卫生间"
    assert last_proven(watched.database, ["H1"]) == {}
