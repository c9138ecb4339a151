"""An events CSV becomes rows of a history; what cannot be read is counted, told by line, and left out.

Columns: ``observed_at,device,metric,value``, and where they are known ``received_at`` (it orders the rows as the hub would
have seen them), ``home,kind,room,site`` (then the file is its own registry).
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from gateway.backtest.asked import BacktestError, Registered
from gateway.backtest.scratch import number, quoted
from rules.vocabulary import DEVICE_KINDS
from rules.world import Device, Place

NEEDED = ("observed_at", "device", "metric", "value")
OPTIONAL = ("site", "home", "room", "kind", "received_at")
OWN_REGISTRY = ("home", "kind")
AT_FACILITIES = frozenset({"counter", "gateway"})
FAR_HEARTBEAT_S = (
    10 * 365 * 86_400
)  # how often a device reports is not known: never is it silent for too long
MISTAKES_SHOWN = 20
REJECTS_MAX = 100_000
TEXT_MAX = 64

TIME = (
    "CASE WHEN regexp_full_match({0}, '[0-9]{{12,14}}') THEN CAST({0} AS BIGINT) "
    "ELSE epoch_ms(TRY_CAST({0} AS TIMESTAMPTZ)) END"
)
PLAUSIBLE = "BETWEEN 946684800000 AND 4102444800000"  # 2000 to 2100
READ = """
COPY (
    WITH line AS (
        SELECT * REPLACE (TRY_CAST(value AS DOUBLE) AS value), value AS said_value, {seen} AS seen, {received} AS received
        FROM read_csv({file}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
                      columns = {{{columns}}}, store_rejects = true, rejects_limit = {rejects_max})
    )
    SELECT device, metric AS what, value, NULL::VARCHAR AS text, {own}
        greatest(seen, coalesce(received, seen)) AS heard_at, seen AS observed,
        CASE WHEN received - seen > 30000 THEN 1 ELSE 0 END::TINYINT AS quality,
        CASE WHEN device IS NULL OR length(device) > {text_max} THEN 'device'
             WHEN metric IS NULL OR length(metric) > {text_max} THEN 'metric'
             WHEN value IS NULL OR NOT isfinite(value) THEN 'value'
             WHEN seen IS NULL OR NOT seen {plausible} THEN 'observed_at'
             {received_fault} {kind_fault} END AS fault,
        CASE WHEN fault IS NOT NULL THEN [coalesce(observed_at, ''), coalesce(device, ''), coalesce(metric, ''),
             coalesce(said_value, '')] END AS said
    FROM line
) TO {target} (FORMAT parquet)
"""
REMEDIES = {
    "device": "the device is missing or longer than 64 characters",
    "metric": "the metric is missing or longer than 64 characters",
    "value": "the value is no number; write 1 for true and 0 for false",
    "observed_at": "no time of this century; write ISO 8601, such as 2026-03-01T08:00:00+08:00, or epoch milliseconds",
    "received_at": "no time of this century; write it as observed_at, or leave it empty",
    "kind": "unknown kind of device; known are: " + ", ".join(DEVICE_KINDS),
}


@dataclass(frozen=True, slots=True)
class EventsFile:
    """The rows of a file, as a Parquet file ``rows``; ``registered`` if it is its own registry.

    ``bad`` lines were left out; ``mistakes`` names the first of them, each as ``file:line: what``.
    """

    rows: Path
    count: int
    bad: int
    mistakes: tuple[str, ...]
    registered: Registered | None


def read_events(
    scratch: duckdb.DuckDBPyConnection, file: Path, folder: Path, *, zone: str, calendar: str
) -> EventsFile:
    """Read the file in the scratch's time zone. Raises ``BacktestError`` when nothing of it can be used."""
    columns = _header(file)
    own = all(name in columns for name in OWN_REGISTRY)
    target = folder / "events.parquet"
    kinds = ", ".join(quoted(kind) for kind in DEVICE_KINDS)
    question = READ.format(
        file=quoted(str(file)),
        columns=", ".join(f"{quoted(name)}: 'VARCHAR'" for name in columns),
        rejects_max=REJECTS_MAX,
        text_max=TEXT_MAX,
        seen=TIME.format("observed_at"),
        received=TIME.format("received_at") if "received_at" in columns else "NULL::BIGINT",
        own="".join(
            f"{name}, " if name in columns else f"NULL::VARCHAR AS {name}, "
            for name in (*OWN_REGISTRY, "room", "site")
        )
        if own
        else "",
        plausible=PLAUSIBLE,
        received_fault=f"WHEN received_at IS NOT NULL AND (received IS NULL OR NOT received {PLAUSIBLE}) THEN 'received_at'"
        if "received_at" in columns
        else "",
        kind_fault=f"WHEN kind NOT IN ({kinds}) OR kind IS NULL OR home IS NULL THEN 'kind'" if own else "",
        target=quoted(str(target)),
    )
    try:
        scratch.execute(question)
    except duckdb.Error as error:
        raise BacktestError(
            f"{file}: it cannot be read as CSV: {str(error).splitlines()[0]}; save it as CSV UTF-8"
        ) from None
    scratch.execute(
        f"CREATE OR REPLACE VIEW history AS SELECT * FROM read_parquet({quoted(str(target))}) WHERE fault IS NULL"  # noqa: S608
    )
    bad, mistakes = _mistakes(scratch, file, target, columns)
    count = number(scratch, "SELECT count(*) FROM history")
    if not count:
        told = "\n".join(mistakes) or f"{file}: it holds no line but the header"
        raise BacktestError(f"{told}\n{file}: no line of it can be used")
    return EventsFile(target, count, bad, mistakes, _own_registry(scratch, zone, calendar) if own else None)


def _header(file: Path) -> list[str]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            columns = [name.strip() for name in next(csv.reader(lines), [])]
    except OSError as error:
        raise BacktestError(f"{file}: {error.strerror}; name an events CSV with --events") from None
    except UnicodeDecodeError:
        raise BacktestError(f"{file}:1: not UTF-8; save the file as CSV UTF-8") from None
    for name in columns:
        if name not in (*NEEDED, *OPTIONAL):
            near = difflib.get_close_matches(name, (*NEEDED, *OPTIONAL), n=1, cutoff=0.6)
            hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join((*NEEDED, *OPTIONAL))}"
            raise BacktestError(f"{file}:1: unknown column {name!r}; {hint}")
    missing = [name for name in NEEDED if name not in columns]
    if missing or len(set(columns)) < len(columns):
        what = f"column {missing[0]!r} is missing" if missing else "a column stands there twice"
        raise BacktestError(f"{file}:1: {what}; the first line must name the columns {','.join(NEEDED)}")
    return columns


def _mistakes(
    scratch: duckdb.DuckDBPyConnection, file: Path, target: Path, columns: list[str]
) -> tuple[int, tuple[str, ...]]:
    """How many lines are left out, and what is wrong with the first ones."""
    found = {
        line: f"{kind.lower().replace('_', ' ')}; a line has {len(columns)} columns, in UTF-8"
        for line, kind in scratch.execute(
            "SELECT line, first(error_type) FROM reject_errors GROUP BY line ORDER BY line"
        ).fetchall()
    }
    refused = len(found)
    odd = f"FROM read_parquet({quoted(str(target))}) WHERE fault IS NOT NULL"
    wrong = number(scratch, f"SELECT count(*) {odd}")
    if wrong:
        faults = scratch.execute(f"SELECT DISTINCT said, fault {odd} LIMIT {MISTAKES_SHOWN}").fetchall()
        found |= _lines_of({tuple(said): fault for said, fault in faults}, file, columns)
    first = sorted(found.items())[:MISTAKES_SHOWN]
    return refused + wrong, tuple(f"{file}:{line}: {what}" for line, what in first)


def _lines_of(faults: dict[tuple[str, ...], str], file: Path, columns: list[str]) -> dict[int, str]:
    """On which line each fault stands first: the file is read again, but only if something is wrong with it."""
    needed = [columns.index(name) for name in NEEDED]
    waiting, found = dict(faults), {}
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        reader = csv.reader(lines)
        next(reader)
        for row in reader:
            if len(row) != len(columns):
                continue
            fault = waiting.pop(tuple(row[column] for column in needed), None)
            if fault:
                found[reader.line_num] = REMEDIES[fault]
            if not waiting:
                break
    return found


def _own_registry(scratch: duckdb.DuckDBPyConnection, zone: str, calendar: str) -> Registered:
    """Each device as its rows say; raises ``BacktestError`` for one that is in two homes or of two kinds."""
    question = """
        SELECT device, min(home), max(home), min(kind), max(kind), coalesce(any_value(room), ''), coalesce(any_value(site), '')
        FROM history GROUP BY device ORDER BY device
    """
    devices: list[Device] = []
    kinds: dict[str, set[str]] = {}
    sites: dict[str, str] = {}
    for device, home, last_home, kind, last_kind, room, site in scratch.execute(question).fetchall():
        if home != last_home or kind != last_kind:
            what = f"in {home!r} and in {last_home!r}" if home != last_home else f"a {kind} and a {last_kind}"
            raise BacktestError(f"device {device!r} is {what}; give each device one home and one kind")
        devices.append(Device(device, site, home, kind, room, FAR_HEARTBEAT_S))
        kinds.setdefault(home, set()).add(kind)
        sites.setdefault(home, site)
    places = tuple(
        Place(home, "facility" if found <= AT_FACILITIES else "home", site=sites[home])
        for home, found in sorted(kinds.items())
    )
    return msgspec.structs.replace(Registered(zone, calendar), places=places, devices=tuple(devices))
