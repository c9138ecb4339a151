"""From the journal into the store: every value once, at the store's own pace, whatever the store does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from parts import wait_until

from gateway import store_writer
from gateway.journal.journal import Entry, Journal, JournalError
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query, Reading, Readings, StoreUnavailable, check
from gateway.store_writer import StoreWriter
from rules.events import AnyEvent, Occurrence, Status, Telemetry, Tick, WorldChanged
from rules.world import Definition, Device, Place, World

AT = 1_772_413_200_000
WORLD = World(
    Definition(
        1,
        "UTC",
        (Place("H1", "home"), Place("F1", "facility")),
        (Device("h", "s", "H1", "sos", "", 60), Device("f", "s", "F1", "counter", "", 60)),
        (),
    )
)


class Fickle:
    """A store in memory that is away as it is told."""

    name = "memory"
    memory_bytes = 0

    def __init__(self, cursor: int = 0) -> None:
        self.at, self.rows, self.away, self.tries = cursor, list[Reading](), False, 0

    def cursor(self) -> int:
        return self.at

    def write(self, rows: Readings, *, cursor: int) -> None:
        self.tries += 1
        if self.away:
            raise StoreUnavailable("the store is away")
        check(rows)
        self.rows += list(rows)
        self.at = cursor

    def read(self, query: Query) -> list[Reading]:
        return self.rows[: query.limit]

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_writer, "RETRY_S", (0.01,))
    monkeypatch.setattr(store_writer, "IDLE_S", 0.01)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        yield journal


def writer_of(journal: Journal, store: object) -> StoreWriter:
    return StoreWriter(journal, store, world=lambda: WORLD, about_itself=lambda: {"hub.x": 4.0})  # type: ignore[arg-type]


def said(count: int, *, device: str = "h", first: int = 1) -> list[AnyEvent]:
    return [Telemetry(AT, device, AT + n, 0, "b", first + n, {"motion": 1.0}) for n in range(count)]


def of(store: Fickle, device: str) -> list[Reading]:
    return [row for row in store.rows if row.device == device]


def test_each_kind_of_event_becomes_its_rows(journal: Journal) -> None:
    store = Fickle()
    journal.append(
        Entry(
            [
                Telemetry(AT + 5, "h", AT, 1, "b", 7, {"motion": 1.0, "state": "门"}),
                Occurrence(AT, "h", AT, 0, "", 0, "e1", "fall", {"confidence": 0.5}),
                Occurrence(AT, "h", AT, 0, "b", 8, "e2", "fall", {"confidence": "sure"}),
                Occurrence(AT, "f", AT, 2, "b", 9, "", "sos", {}),
                Status(AT, "f", AT, 3, False, "gw", {"fw": "1.4", "rssi": -61.0}),
                Telemetry(AT, "gone", AT, 0, "b", 1, {"motion": 0.0}),
                Tick(AT),
            ]
        )
    )
    writer = writer_of(journal, store)
    assert writer._write_some() is False
    ns = AT * 1_000_000
    assert [
        (r.device, r.place, r.home, r.metric, r.time_ns - ns, r.value, r.text, r.quality, r.boot, r.seq, r.received_at - AT)
        for r in store.rows
    ] == [
        ("h", "H1", True, "motion", 7, 1.0, None, "late", "b", 7, 5),
        ("h", "H1", True, "state", 7, 0.0, "门", "late", "b", 7, 5),
        ("h", "H1", True, "event.fall", 0, 0.5, "e1", "good", None, None, 0),
        ("h", "H1", True, "event.fall", 8, 1.0, "e2", "good", "b", 8, 0),
        ("f", "F1", False, "event.sos", 9, 1.0, None, "clock", "b", 9, 0),
        ("f", "F1", False, "online", 0, 0.0, "gw", "retained", None, None, 0),
        ("f", "F1", False, "fw", 0, 0.0, "1.4", "retained", None, None, 0),
        ("f", "F1", False, "rssi", 0, -61.0, None, "retained", None, None, 0),
        ("gone", "unknown", True, "motion", 1, 0.0, None, "good", "b", 1, 0),
        ("carehub", "hub", False, "hub.x", 0, 4.0, None, "good", None, None, 0),
    ]  # fmt: skip
    assert (writer.position, writer.last_at) == (7, AT)


def test_a_store_that_was_away_is_behind_and_then_is_not(journal: Journal) -> None:
    store = Fickle()
    store.away = True
    writer = writer_of(journal, store)
    journal.append(Entry(said(3)))
    writer.start()
    wait_until(lambda: store.tries > 2, what="several tries")
    assert writer.trouble == "the store is away"
    journal.append(Entry(said(3, first=4)))
    store.away = False
    writer.wake()
    wait_until(lambda: writer.position == 6, what="the store has caught up")
    assert writer.trouble == ""
    writer.stop()
    assert [row.seq for row in of(store, "h")] == [1, 2, 3, 4, 5, 6]


def test_a_store_that_asks_for_time_gets_it_and_a_stop_does_not_wait_for_that(journal: Journal) -> None:
    store = Fickle()

    def busy(rows: Readings, *, cursor: int) -> None:
        store.tries += 1
        raise StoreUnavailable("busy", retry_after_s=300)

    store.write = busy  # type: ignore[method-assign]
    writer = writer_of(journal, store)
    journal.append(Entry(said(3)))
    writer.start()
    wait_until(lambda: writer.trouble == "busy", what="the first try")
    writer.wake()
    writer.stop()
    assert store.tries == 1


FAULTS = {
    "ValueError, a fault of the program: see the log; it is tried again": ValueError("of H1's 13800000001"),
    "events 3 to 4 are damaged": JournalError("events 3 to 4 are damaged"),
}


@pytest.mark.parametrize("words", FAULTS)
def test_a_fault_is_told_and_tried_again_and_never_ends_the_writer(
    journal: Journal, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    store, write = Fickle(), Fickle.write
    faults = [FAULTS[words]] * 2

    def faulty(rows: Readings, *, cursor: int) -> None:
        if faults:
            told.append(writer.trouble)
            raise faults.pop()
        write(store, rows, cursor=cursor)

    told: list[str] = []
    store.write = faulty  # type: ignore[method-assign]
    writer = writer_of(journal, store)
    journal.append(Entry(said(2)))
    writer.start()
    wait_until(lambda: writer.position == 2, what="the rows being there")
    assert told == ["", words]
    wait_until(lambda: not writer.trouble, what="the trouble being over")
    writer.stop()
    assert len(of(store, "h")) == 2
    assert caplog.text.count("Traceback") == words.startswith("ValueError"), "the log says where, once"


def test_a_device_that_has_moved_is_stored_where_it_was_also_when_it_is_written_again(
    journal: Journal,
) -> None:
    """Else a store that comes back gives one home what was said in another, and a point written again is a second one."""
    moved = Definition(2, "UTC", WORLD.definition.places, (Device("h", "s", "F1", "sos", "", 60),), ())
    journal.append(Entry(events=[WorldChanged(AT, 1, (), ()), *said(2)], world=WORLD.definition))
    journal.append(Entry(events=[*said(1, first=3), Tick(AT)]))
    journal.append(Entry(events=[Tick(AT), WorldChanged(AT, 2, (), ()), *said(2, first=4)], world=moved))
    wanted = [("H1", 1), ("H1", 2), ("H1", 3), ("F1", 4), ("F1", 5)]
    for cursor in (0, 2, 5, 6, 7):
        store = Fickle(cursor)
        writer = StoreWriter(journal, store, world=lambda: World(moved), about_itself=dict)
        writer.start()
        wait_until(lambda writer=writer: writer.position == journal.position, what="all being written")  # type: ignore[misc]
        writer.stop()
        assert [(row.place, row.seq) for row in store.rows] == wanted[-len(store.rows) :]
        assert len(store.rows) == {0: 5, 2: 4, 5: 2, 6: 2, 7: 2}[cursor]


def test_a_world_that_is_lost_holds_nothing_up(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """A repaired journal may lack it; readings that are never stored keep the journal from being thinned."""
    journal.append(Entry(events=[WorldChanged(AT, 7, (), ()), *said(2)]))
    store = Fickle()
    writer_of(journal, store)._write_some()
    assert [row.place for row in of(store, "h")] == ["H1", "H1"]
    assert "world 7 is missing" in caplog.text


def test_the_end_writes_what_is_in_the_journal_by_then(journal: Journal) -> None:
    """Also what came while the thread was writing its last part and was told to end."""
    store = Fickle()
    writer = writer_of(journal, store)
    write = store.write

    def told_to_end_meanwhile(rows: Readings, *, cursor: int) -> None:
        write(rows, cursor=cursor)
        if cursor == 1:
            journal.append(Entry(said(1, first=2)))
            writer._stopping.set()

    store.write = told_to_end_meanwhile  # type: ignore[method-assign]  # a moment between reading and asking
    journal.append(Entry(said(1)))
    writer.start()
    wait_until(lambda: not writer.alive, what="the writer has ended")
    assert (writer.position, store.at) == (2, 2)


def test_an_end_while_the_store_is_away_does_not_wait_for_it(journal: Journal) -> None:
    store = Fickle()
    store.away = True
    writer = writer_of(journal, store)
    journal.append(Entry(said(1)))
    writer.start()
    writer.stop()
    assert not writer.alive
    assert store.rows == []


def test_a_long_journal_is_written_in_bounded_parts(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_writer, "EVENTS_PER_WRITE_MAX", 10)
    store = Fickle()
    writer = writer_of(journal, store)
    journal.append(Entry(said(35)))
    assert [writer._write_some() for _ in range(5)] == [True, True, True, False, False]
    assert [row.seq for row in of(store, "h")] == list(range(1, 36))


def test_the_hub_speaks_of_itself_once_a_minute(journal: Journal) -> None:
    store = Fickle()
    writer = writer_of(journal, store)
    for minute in (0, 0.5, 1, 1.5, 2):
        at = AT + math.floor(minute * 60_000)
        journal.append(Entry([Telemetry(at, "h", at, 0, "b", int(minute * 2), {"motion": 1.0})]))
        writer._write_some()
    assert [row.received_at - AT for row in of(store, "carehub")] == [0, 60_000, 120_000]


def test_a_journal_older_than_the_store_is_refused(journal: Journal) -> None:
    with pytest.raises(JournalError, match="ends at event 0, but the store holds events up to 7"):
        writer_of(journal, Fickle(7))


def test_a_restart_goes_on_where_the_store_s_own_cursor_stands(tmp_path: Path, journal: Journal) -> None:
    for part in range(3):
        store = DuckDBStore(tmp_path / "readings.duckdb")
        writer = writer_of(journal, store)
        assert writer.position == part * 4
        journal.append(Entry(said(4, first=part * 4 + 1)))
        writer._write_some()
        found = store.read(Query(from_ms=0, to_ms=1 << 50, device="h"))
        store.close()
        assert sorted(row.seq or 0 for row in found) == list(range(1, part * 4 + 5))


def test_told_to_end_far_behind_it_ends_in_time_and_the_next_start_goes_on(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_writer, "EVENTS_PER_WRITE_MAX", 10)
    journal.append(Entry(events=said(1_000)))
    store = Fickle()
    writer = writer_of(journal, store)
    writer._stopping.set()  # told so before it began
    writer.start()
    writer.stop(within_s=-1.0)
    assert not writer.alive
    assert store.at < 1_000
    later = writer_of(journal, store)
    later.start()
    later.stop()
    assert store.at == 1_000
    assert sum(row.device == "h" for row in store.rows) == 1_000


def test_once_an_hour_clocks_that_are_wrong_are_stored_among_their_devices_readings(journal: Journal) -> None:
    store = Fickle()
    writer = StoreWriter(
        journal, store, world=lambda: WORLD, about_itself=dict, clock_skews=lambda: {"h": -90_000.0, "f": 5e3}
    )  # type: ignore[arg-type]
    for minute in range(0, 125, 5):
        at = AT + minute * 60_000
        journal.append(Entry([Telemetry(at, "h", at, 0, "b", minute + 1, {"motion": 1.0})]))
        writer._write_some()
    skews = [row for row in store.rows if row.metric == "clock_skew_ms"]
    assert [(row.device, row.place, row.home, row.value) for row in skews[:2]] == [
        ("h", "H1", True, -90_000.0),
        ("f", "F1", False, 5_000.0),
    ]
    assert [(row.received_at - AT) // 60_000 for row in skews] == [60, 60, 120, 120]
