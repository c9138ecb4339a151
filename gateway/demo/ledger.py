"""The simulator's own ledger of what the broker acknowledged, held against the store.

After a month it has millions of lines: DuckDB reads and joins them, for one by one they would take minutes and gigabytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from gateway.store.duckdb import DuckDBStore

Identity = tuple[str, str, int]
SENT = (
    "CREATE TEMP TABLE sent AS SELECT * FROM read_json(?, format = 'newline_delimited', columns = "
    "{device: 'VARCHAR', boot: 'VARCHAR', seq: 'BIGINT', ts: 'BIGINT', sent_ms: 'DOUBLE'})"
)
STORED = (
    "CREATE TEMP TABLE stored AS SELECT DISTINCT device, boot, seq FROM reading "
    "WHERE boot IS NOT NULL AND seq IS NOT NULL"
)
NOT_STORED = "SELECT DISTINCT device, boot, seq FROM sent ANTI JOIN stored USING (device, boot, seq)"
SENT_AT = (
    "SELECT device, ts, max(sent_ms) FROM sent JOIN (SELECT unnest(?) AS device, unnest(?) AS ts) "
    "USING (device, ts) GROUP BY ALL"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the broker acknowledged to the simulator."""

    identity: Identity
    device: str
    ts: int
    sent_ms: float


class Ledger:
    """The file at ``path``, one JSON line a message. Iterated over, it gives them one by one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[Sent]:
        with self._path.open(encoding="utf-8") as lines:
            for line in lines:
                entry = json.loads(line)
                identity = (entry["device"], entry["boot"], entry["seq"])
                yield Sent(identity, entry["device"], entry["ts"], entry["sent_ms"])

    @contextmanager
    def beside(self, readings: Path) -> Iterator[Compared]:
        """The ledger beside what a hub that has ended stored in that file."""
        store = DuckDBStore(readings)
        try:
            with store.work("counting in") as connection:
                connection.execute(SENT, [str(self._path)])
                connection.execute(STORED)
                yield Compared(connection)
        finally:
            store.close()


class Compared:
    """What a ledger and a store say of the same messages."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def published(self) -> int:
        """How many messages the ledger has."""
        return self._count("sent")

    def stored(self) -> int:
        """How many different messages the store has."""
        return self._count("stored")

    def not_stored(self) -> set[Identity]:
        """Those of the ledger that are not in the store."""
        return set(self._connection.execute(NOT_STORED).fetchall())

    def sent_at(self, causes: Iterable[tuple[str, int]]) -> dict[tuple[str, int], float]:
        """When a message of that device and that time was first sent (wall ms), for each of these that the ledger has."""
        found = list(causes)
        asked = [[device for device, _ in found], [ts for _, ts in found]]
        return {(device, ts): at for device, ts, at in self._connection.execute(SENT_AT, asked).fetchall()}

    def _count(self, table: str) -> int:
        found = self._connection.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608 one of two fixed words
        return int(found[0][0])
