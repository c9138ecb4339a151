"""What is DuckDB's own: one file, one process, kills and full disks."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from store_rows import EVERYTHING, NOW, columns, row
from write_until_killed import BATCH

from gateway.store.duckdb import SCHEMA, DuckDBStore
from gateway.store.readings import StoreRefused, StoreUnavailable

WRITER = Path(__file__).with_name("write_until_killed.py")


@contextmanager
def writer(path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, str(WRITER), str(path), *options], stdout=subprocess.PIPE, text=True
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


def promised(child: subprocess.Popen[str], *, at_least: int) -> int:
    """Kill the writer -9 in the midst of its work, once that cursor is out; the last one it promised."""
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) >= at_least:
            child.kill()
            rest = child.stdout.read().splitlines()
            return int([line, *(said for said in rest if said.isdigit())][-1])
    pytest.fail("the writer ended by itself")


def holds_what_its_cursor_says(path: Path, *, at_least: int) -> None:
    store = DuckDBStore(path)
    assert at_least <= store.cursor() <= at_least + 1
    per_batch = Counter((reading.observed_at - NOW) // 1000 for reading in store.read(EVERYTHING))
    assert per_batch == dict.fromkeys(range(1, store.cursor() + 1), BATCH)
    store.close()


def test_what_was_promised_survives_kill_9_and_nothing_comes_twice(tmp_path: Path):
    path = tmp_path / "readings.duckdb"
    for at_least in (5, 40, 60):  # each run goes on where the file says the last one stopped
        with writer(path) as child:
            last = promised(child, at_least=at_least)
        holds_what_its_cursor_says(path, at_least=last)


def test_a_full_disk_loses_nothing_and_passes(tmp_path: Path):
    path = tmp_path / "readings.duckdb"
    with writer(path, "100000") as child:
        assert child.stdout is not None
        said = next(line for line in child.stdout if not line.rstrip().isdigit())
        assert "File too large" in said
        last = promised(child, at_least=20)
    holds_what_its_cursor_says(path, at_least=last)


def test_a_file_that_another_process_has_open_is_named(tmp_path: Path):
    path = tmp_path / "readings.duckdb"
    with writer(path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(StoreUnavailable, match=r"readings\.duckdb cannot be opened: .*lock"):
            DuckDBStore(path)


def test_a_file_that_is_no_database_is_named_and_kept(tmp_path: Path):
    path = tmp_path / "readings.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreUnavailable, match=r"readings\.duckdb cannot be opened"):
        DuckDBStore(path)
    assert path.read_bytes().startswith(b"not a database")


@pytest.mark.parametrize("bad", [[7], [0, 3, 4, 199], []])
def test_rows_that_only_duckdb_does_not_take_are_named_and_the_rest_is_written(
    tmp_path: Path, bad: list[int]
):
    """As a fault of the program would have it: every check of ours has let them pass."""
    path = tmp_path / "readings.duckdb"
    stricter(path, "value DOUBLE NOT NULL CHECK (value < 100)")
    store = DuckDBStore(path)
    rows = columns([row(seq=n, value=1e6 if n in bad else n / 10) for n in range(200)])
    if bad:
        with pytest.raises(StoreRefused) as refused:
            store.write(rows, cursor=5)
        assert sorted(refused.value.rows) == bad
        assert "CHECK constraint" in refused.value.rows[bad[0]]
        assert (store.cursor(), store.read(EVERYTHING)) == (0, [])
        with pytest.raises(StoreRefused) as again:
            store.write_again(rows)
        assert list(again.value.rows) == bad[:1], "one a time"
        assert store.read(EVERYTHING) == []
    store.write(rows.without(set(bad)), cursor=5)
    assert (store.cursor(), len(store.read(EVERYTHING))) == (5, 200 - len(bad))
    store.close()


def test_a_fault_that_is_of_no_row_is_told_to_be_tried_again(tmp_path: Path):
    path = tmp_path / "readings.duckdb"
    stricter(path, "value DOUBLE NOT NULL, more INTEGER NOT NULL", without="boot VARCHAR, ")
    store = DuckDBStore(path)
    with pytest.raises(StoreUnavailable, match=r"readings\.duckdb failed by a fault of the program: .*boot"):
        store.write(columns([row(), row(seq=9)]), cursor=5)
    assert store.cursor() == 0
    store.close()


def stricter(path: Path, value: str, *, without: str = "\0") -> None:
    """A file whose table takes less than ours."""
    with duckdb.connect(path) as database:
        table, _, _ = SCHEMA.partition(";")
        database.execute(table.replace("value DOUBLE NOT NULL", value).replace(without, ""))


def test_a_closed_store_says_so(tmp_path: Path):
    store = DuckDBStore(tmp_path / "readings.duckdb")
    store.close()
    with pytest.raises(StoreUnavailable, match="is closed"):
        store.read(EVERYTHING)
    with pytest.raises(StoreUnavailable, match="is closed"):
        store.write(columns([row()]), cursor=1)


def test_the_schema_is_the_one_others_query(tmp_path: Path):
    DuckDBStore(tmp_path / "readings.duckdb").close()
    with duckdb.connect(tmp_path / "readings.duckdb", read_only=True) as database:
        found = database.execute("SELECT column_name, column_type FROM (DESCRIBE reading)").fetchall()
    assert found == [
        ("device", "VARCHAR"),
        ("place", "VARCHAR"),
        ("home", "BOOLEAN"),
        ("metric", "VARCHAR"),
        ("time_ns", "BIGINT"),
        ("value", "DOUBLE"),
        ("text", "VARCHAR"),
        ("quality", "VARCHAR"),
        ("boot", "VARCHAR"),
        ("seq", "BIGINT"),
        ("received_at", "BIGINT"),
    ]


def test_it_never_fetches_extensions_and_keeps_to_its_memory(tmp_path: Path):
    store = DuckDBStore(tmp_path / "readings.duckdb", memory_limit="64MB", threads=2)
    connection = store._connection()
    names = ("autoinstall_known_extensions", "autoload_known_extensions", "memory_limit", "threads")
    found = [connection.execute("SELECT current_setting(?)", [name]).fetchall()[0][0] for name in names]
    connection.close()
    store.close()
    assert found == [False, False, "61.0 MiB", 2]


def test_nothing_of_the_past_is_held_while_the_file_is_open(tmp_path: Path):
    """A question left half read keeps its transaction: then memory grows with every row, and the log is never taken in."""
    path = tmp_path / "readings.duckdb"
    store = DuckDBStore(path)
    for cursor in range(1, 21):
        store.write(columns(row(NOW + n) for n in range(1_000)), cursor=cursor)
    assert 0 < store.memory_bytes < 1 << 29, "its own account, within its limit"
    with store.work("asking") as connection:
        held = connection.execute("SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'TRANSACTION'")
        ((size,),) = held.fetchall()
        assert size < 100_000, "more than this question itself takes"
        connection.execute("CHECKPOINT")
    log = path.with_name(path.name + ".wal")
    assert not log.exists() or log.stat().st_size == 0
    store.close()
