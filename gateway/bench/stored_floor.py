"""The floors of the store: what its database does with the same rows when nothing else is asked of anybody.

``python -m gateway.bench.stored_floor duckdb READINGS NEW``: the rows of that file, held in memory by DuckDB, into the same
table of a new file by one statement. ``… influxdb JOURNAL PORT PROXY``: ready line protocol, POSTed in requests of the hub's
size, straight and by the proxy.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import duckdb

from gateway.bench.pinned import pin
from gateway.journal.journal import Journal
from gateway.store import line_protocol
from gateway.store.duckdb import SCHEMA
from gateway.store.influxdb import LINES_MAX
from gateway.stored_rows import Rows
from rules.world import World

STRAIGHT, BY_PROXY = "floor", "floor_by_proxy"  # the databases
EVENTS = 10_000  # made ready at a time


def into_duckdb(readings: Path, new: Path) -> dict[str, Any]:
    """Seconds from BEGIN to COMMIT, as one core of DuckDB takes them, and how many rows."""
    with duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False}) as database:
        database.execute(f"ATTACH '{readings}' AS store (READ_ONLY)")
        database.execute("CREATE TABLE ready AS FROM store.reading")
        database.execute("DETACH store")
        duckdb.connect(new).execute(SCHEMA).close()
        database.execute(f"ATTACH '{new}' AS floor")
        began, cpu = time.perf_counter(), time.process_time()
        database.execute("BEGIN")
        database.execute("INSERT INTO floor.reading FROM ready")
        database.execute("COMMIT")
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        row = database.execute("SELECT count(*) FROM floor.reading").fetchone()
        database.execute("DETACH floor")
    rows = int(row[0]) if row else 0
    return {"seconds": seconds, "cpu_s": cpu, "rows": rows, "bytes": new.stat().st_size}


def into_influxdb(journal: Path, port: int, proxy: str) -> dict[str, Any]:
    """Seconds from the first request to the last answer, straight and by the proxy, and how many lines."""
    bodies = list(_bodies(journal))
    cpu = time.process_time()
    _ask(port, "/query", urlencode({"q": f'CREATE DATABASE "{STRAIGHT}"'}).encode())
    seconds = _post(port, f"/write?db={STRAIGHT}&precision=n", bodies)
    cpu = time.process_time() - cpu
    by_proxy = _post(urlsplit(proxy).port or 0, f"/api/v2/write?bucket={BY_PROXY}&precision=ns", bodies)
    rows = sum(body.count(b"\n") + 1 for body in bodies)
    return {"seconds": seconds, "cpu_s": cpu, "rows": rows, "seconds_by_proxy": by_proxy}


def _bodies(file: Path) -> Iterator[bytes]:
    """The journal's readings as requests of the size that the hub sends."""
    journal = Journal(file)
    definition = journal.newest_world()
    assert definition is not None  # noqa: S101 the bench has written one
    lines = _lines(journal, World(definition))
    while some := list(islice(lines, LINES_MAX)):
        yield "\n".join(some).encode()
    journal.close()


def _lines(journal: Journal, world: World) -> Iterator[str]:
    position = 0
    while position < journal.position:
        rows = Rows()
        events, position = journal.following(position, most=EVENTS)
        rows.add(events)
        yield from line_protocol.encode(rows.readings(world))


def _post(port: int, path: str, bodies: list[bytes]) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    began = time.perf_counter()
    for body in bodies:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != http.client.NO_CONTENT:
            sys.exit(f"{path} answered {answer.status}: {said[:300]!r}")
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


def _ask(port: int, path: str, body: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    connection.getresponse().read()
    connection.close()


if __name__ == "__main__":
    pin()
    kind, source, target, *proxy_url = sys.argv[1:]
    found = (
        into_duckdb(Path(source), Path(target))
        if kind == "duckdb"
        else into_influxdb(Path(source), int(target), proxy_url[0])
    )
    sys.stdout.write(json.dumps(found))
