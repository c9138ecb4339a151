"""Writes the copy (副本) of what is kept of a resident: a ZIP with a page to read and print, the record, the readings.

Nobody else is in it but staff, by name, as those who did the work; a contact's number is covered. In a thread that has the
least share; the store's own engine writes the readings.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Engine

from gateway.alerts import terms
from gateway.archive import Archive
from gateway.audit.trail import Asked, Trail
from gateway.journal.quarantine import Quarantine, Which
from gateway.operations.resident import Resident, copied
from gateway.privacy.inventory import INVENTORY, both, until_words
from gateway.store.readings import StoreUnavailable
from gateway.store.summaries import PLACE_FILES, Keeping
from gateway.web.words import WORDS

AUDIT_MAX = 100_000
MESSAGES_MAX = 10_000
FAR_MS = 1 << 62
MEMORY = "300MB"  # what sorting does not hold in it goes beside the copy
LEFT_OUT_OF_AUDIT = frozenset({"via", "who_id", "path", "status", "method"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where what is kept of a resident lies, and for how long."""

    database: Engine
    keeping: Keeping
    archive: Archive
    quarantine: Quarantine
    trail: Trail
    zone: ZoneInfo
    kept_days: Mapping[str, int]


def write_copy(sources: Sources, place_id: str, file: Path, *, at: int) -> None:
    """Write it as of hub time ``at``. Raises ``KeyError`` without such a home, ``StoreUnavailable``, ``OSError``."""
    found = copied(sources.database, place_id)
    if found is None:
        raise KeyError(place_id)
    home, record = found
    record["audit"] = _audit(sources.trail, place_id)
    record["unreadable"] = _messages(sources.quarantine, home)
    parts = file.with_name(file.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    try:
        series = _readings(sources, place_id, parts)
        page = _page(sources, record, series, at)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("index.html", page)
            archive.writestr("record.json", json.dumps(record, ensure_ascii=False, indent=1, default=str))
            for each in sorted(parts.glob("*.csv")):
                archive.write(each, each.name)
            archive.write(parts / PLACE_FILES[0], PLACE_FILES[0], zipfile.ZIP_STORED)
    except duckdb.Error as error:
        raise StoreUnavailable(f"the copy cannot be written: {error}") from error
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(parts, ignore_errors=True)
    file.chmod(0o600)


def _audit(trail: Trail, place_id: str) -> list[dict[str, Any]]:
    """Who has looked at the record and done what about it, oldest first; not from which machine."""
    found = trail.read(Asked(place=place_id), AUDIT_MAX)
    return [
        {name: value for name, value in asdict(one.entry).items() if name not in LEFT_OUT_OF_AUDIT}
        for one in reversed(found)
    ]


def _messages(quarantine: Quarantine, home: Resident) -> list[dict[str, Any]]:
    return [
        {
            "at": one.at,
            "topic": one.topic,
            "reason": one.reason,
            "payload": one.payload.decode(errors="replace"),
        }
        for device in home.devices
        for one in quarantine.held(Which(device=device), limit=MESSAGES_MAX)
    ]


def _readings(sources: Sources, place_id: str, parts: Path) -> list[dict[str, Any]]:
    """Readings and summaries as CSV (times in UTC), the readings as Parquet as well; gives what there is of each series."""
    sources.keeping.copy_place(place_id, parts)
    live, *summaries = (parts / name for name in PLACE_FILES)
    archived = [str(day.file) for day in sources.archive.days(0, FAR_MS) if day.home]
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1, "memory_limit": MEMORY, "temp_directory": str(parts / "spill"),
    }  # fmt: skip
    with duckdb.connect(config=config) as scratch:
        scratch.execute("CREATE VIEW kept AS FROM read_parquet(" + _quoted(live) + ")")
        rows = "FROM kept"
        if archived:
            listed = ", ".join(map(_quoted, archived))
            rows = f"FROM kept UNION FROM read_parquet([{listed}]) WHERE place = {_quoted(place_id)}"  # once, if it is in both
        whole = parts / "whole.parquet"
        scratch.execute(
            f"COPY (FROM ({rows}) ORDER BY time_ns, device, metric) TO {_quoted(whole)} (FORMAT parquet)"
        )
        whole.replace(live)
        scratch.execute(
            "COPY (SELECT strftime(make_timestamp(time_ns // 1000), '%Y-%m-%dT%H:%M:%S.%gZ') AS observed_at, device, metric, "  # noqa: S608 quoted
            f"value, text, quality FROM read_parquet({_quoted(live)})) TO {_quoted(parts / 'readings.csv')} (HEADER)"
        )
        for each in summaries:
            scratch.execute(
                "COPY (SELECT strftime(make_timestamp(begin_ms * 1000), '%Y-%m-%dT%H:%M:%SZ') AS begins_at, * EXCLUDE "  # noqa: S608 quoted
                f"(begin_ms, home, place) FROM read_parquet({_quoted(each)})) TO {_quoted(each.with_suffix('.csv'))} (HEADER)"
            )
        found = scratch.execute(
            f"SELECT device, metric, count(*), min(time_ns) // 1000000, max(time_ns) // 1000000 "  # noqa: S608 quoted
            f"FROM read_parquet({_quoted(live)}) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return [dict(zip(("device", "metric", "count", "first", "last"), row, strict=True)) for row in found]


def _quoted(text: Path | str) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _page(
    sources: Sources, record: Mapping[str, list[dict[str, Any]]], series: list[dict[str, Any]], at: int
) -> str:

    def clock(ms: int | None) -> str:
        return f"{datetime.fromtimestamp(ms / 1000, sources.zone):%Y-%m-%d %H:%M}" if ms else ""

    steps: dict[str, list[dict[str, Any]]] = {}
    for step in record["alert_step"]:
        steps.setdefault(step["alert_id"], []).append(step)
    return (
        _environment()
        .get_template("copy.html")
        .render(
            record=record,
            place=record["place"][0],
            steps=steps,
            series=series,
            at=at,
            clock=clock,
            kept=[
                (both(one.what), both(until_words(one, sources.kept_days)), both(one.erased))
                for one in INVENTORY
                if one.personal and one.resident
            ],
            term=_term,
            what=lambda name: both(WORDS.get(f"did_{name}", (name, name))),
            own=lambda text: both((text.get("zh", ""), text.get("en", ""))) if text else "",
            mode=lambda kind: both(WORDS.get(f"mode_{kind}", (kind, kind))),
        )
    )


def _term(group: str, key: str | None) -> str:
    """A term in both languages, or the key itself."""
    known = getattr(terms, group).get(key)
    return both((known["zh"], known["en"])) if known else key or ""


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
