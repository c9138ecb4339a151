"""What a store refuses is laid aside before its cursor moves, and what is written makes its hour due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.kept_store import KeptStore, hours_of
from gateway.store.dead_letters import DeadLetters
from gateway.store.keeping_book import KeepingBook, readings_of
from gateway.store.readings import Query, Reading, Readings, StoreRefused, StoreUnavailable

HOUR = 3_600_000
AT = 490_000 * HOUR


class Choosy:
    """A store that refuses the devices it is told, one kind a time, or is away."""

    name = "choosy"
    memory_bytes = 0

    def __init__(self) -> None:
        self.at, self.rows, self.bad, self.away = 0, list[Reading](), list[str](), False

    def cursor(self) -> int:
        return self.at

    def write(self, rows: Readings, *, cursor: int) -> None:
        self.write_again(rows)
        self.at = cursor

    def write_again(self, rows: Readings) -> None:
        if self.away:
            raise StoreUnavailable("away")
        for name in self.bad:
            if found := {n: f"no {name}" for n, device in enumerate(rows.device) if device == name}:
                raise StoreRefused(found)
        self.rows += list(rows)

    def read(self, query: Query) -> list[Reading]:
        return self.rows[: query.limit]

    def close(self) -> None:
        pass


class Bench:
    def __init__(self, folder: Path) -> None:
        self.inner = Choosy()
        self.dead = DeadLetters(folder / "dead.sqlite")
        self.book = KeepingBook(folder / "book.sqlite")
        self.store = KeptStore(self.inner, dead=self.dead, book=self.book, now_ms=lambda: AT)  # type: ignore[arg-type]

    def close(self) -> None:
        self.dead.close()
        self.book.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with closing(Bench(tmp_path)) as bench:
        yield bench


def rows(*devices: str, home: bool = True, at: int = AT) -> Readings:
    given = [
        (device, "H1", home, "motion", (at + n) * 1_000_000, 1.0, None, "good", "b", n, at)
        for n, device in enumerate(devices)
    ]
    return Readings(*map(list, zip(*given, strict=True)))


def test_refused_rows_are_laid_aside_and_the_rest_is_written(bench: Bench) -> None:
    bench.inner.bad = ["x", "y"]  # told one after the other, as a database may
    bench.store.write(rows("a", "x", "b", "y", "x"), cursor=9)
    assert [row.device for row in bench.inner.rows] == ["a", "b"]
    assert bench.inner.at == 9
    assert bench.store.stored == 2
    assert [(each.reading.device, each.reason) for each in bench.dead.oldest(10)] == [
        ("x", "no x"), ("x", "no x"), ("y", "no y"),
    ]  # fmt: skip


def test_they_are_laid_aside_once_before_the_cursor_moves(bench: Bench) -> None:
    bench.inner.bad = ["x"]
    refuse = bench.inner.write

    def refuse_and_go_away(given: Readings, *, cursor: int) -> None:
        if "x" not in given.device:
            raise StoreUnavailable("killed here")
        refuse(given, cursor=cursor)

    bench.inner.write = refuse_and_go_away  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            bench.store.write(rows("a", "x"), cursor=9)
        assert (bench.inner.at, bench.dead.waiting, bench.dead.refused) == (0, 1, 1)


def test_retry_writes_them_again_and_what_is_still_refused_stays(bench: Bench) -> None:
    bench.inner.bad = ["x", "y"]
    bench.store.write(rows("x", "y", at=AT), cursor=1)
    bench.store.write(rows("y", at=AT - 50 * HOUR), cursor=2)
    bench.book.reach(
        readings_of(home=True), AT - 10 * HOUR
    )  # older readings have left: they do not come back
    bench.inner.bad = ["x"]
    assert bench.store.retry() == (1, 1)
    assert [row.device for row in bench.inner.rows] == ["y"]
    assert [each.reading.device for each in bench.dead.oldest(10)] == ["x"]
    bench.inner.away = True
    with pytest.raises(StoreUnavailable):
        bench.store.retry()
    assert bench.dead.waiting == 1


def test_hours_are_due_before_they_are_written_and_stay_so_over_a_kill(bench: Bench, tmp_path: Path) -> None:
    bench.inner.away = True
    with pytest.raises(StoreUnavailable):
        bench.store.write(rows("a"), cursor=1)
    with closing(KeepingBook(tmp_path / "book.sqlite")) as again:
        assert again.hours_due() == [(True, AT)]


def test_an_hour_that_is_written_to_while_it_is_summarised_stays_due(bench: Bench) -> None:
    book, key = bench.book, (True, AT)
    bench.store.write(rows("a"), cursor=1)
    ((_, number),) = book.due_hours()
    with book.writing([key]):
        assert book.due_hours() == []
        book.hour_done(key, number, day=AT)
    assert book.due_days() == [(True, AT)]
    ((_, later),) = book.due_hours()
    book.hour_done(key, number, day=None)
    assert book.hours_due() == [key]
    book.hour_done(key, later, day=None)
    assert book.hours_due() == []


def test_the_hours_of_rows() -> None:
    assert hours_of(Readings()) == set()
    both = [rows("a", "b"), rows("a", home=False, at=AT + HOUR)]
    assert hours_of(both[0]) | hours_of(both[1]) == {(True, AT), (False, AT + HOUR)}
    odd = rows("a", "b")
    odd.time_ns[0] = 2**70
    assert hours_of(odd) == {(True, AT)}
