"""The same time judged again: with fewer devices, and by the naive rules, by the hub's own core from what is stored.

Each judgement gives alerts as a score reads them (``alert_rows``). What the whole kit gives is held against what the living
hub raised: any difference is the shell's, for the core is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from gateway.backtest.asked import Asked, Progress, Registered, RuleSet
from gateway.backtest.question import cores, modes_between, registered_in
from gateway.backtest.run import run
from gateway.backtest.stored_copy import copy_in_slices
from gateway.demo import naive
from gateway.demo.alert_rows import Row, would_be_rows
from gateway.operations.database import open_to_read
from gateway.operations.facility_settings import facility_settings, places_of
from gateway.registry import apply as registry
from gateway.rulebook.load import load_rulebook
from gateway.settings import Hub
from gateway.store.duckdb import DuckDBStore
from rules.world import Definition, Device

FULL, NAIVE = "full", "naive"
# What a home is then not fitted with; ``carehub-sim score`` knows the kits by the same names.
WITHOUT: dict[str, frozenset[str]] = {
    FULL: frozenset(),
    "door_pir_pendant": frozenset({"radar"}),
    "door_pir": frozenset({"pendant", "radar"}),
}
COPYING = "copying the store"
LISTED_MAX = 1_000_000
FIRST_TOLD = 10


def judged_again(
    data: Path, homes: Path | None, folder: Path, from_ms: int, to_ms: int, progress: Progress
) -> dict[str, list[Row]]:
    """What would have been raised or held back, by kit, and by the naive rules with the whole kit.

    ``data`` is of a hub that has ended, ``homes`` its file of single homes; ``folder`` takes the copies. Raises
    ``BacktestError`` or ``StoreUnavailable``.
    """
    asked = _asked(data, homes, _copied(data, folder, from_ms, to_ms, progress), from_ms, to_ms)
    found: dict[str, list[Row]] = {}
    for number, (kit, without) in enumerate(WITHOUT.items()):

        def further(what: str, done: float, number: int = number) -> None:
            progress(what, (number + done) / len(WITHOUT))

        with_kit = msgspec.structs.replace(asked, registered=_fitted(asked.registered, without))
        if kit != FULL:
            with_kit = msgspec.structs.replace(with_kit, current=asked.rules)
        answer = run(with_kit, folder / kit, further)
        found[kit] = would_be_rows(answer["alerts"], _by_id(asked.rules))
        if kit == FULL:
            # The naive rules have no rule in common with the others: all that they raised is what is gone.
            found[NAIVE] = would_be_rows(answer["gone"], _by_id(asked.current))
    return found


def differing(live: list[Row], again: list[Row]) -> dict[str, Any]:
    """By how many alerts the living hub and the backtest differ, and the first of these; ids are of the cause alone.

    ``raised_later_s``: by how much later the living hub raised the same alerts: how coarse its time was while it was driven.
    """
    ones, others = ({(row["id"], row["held"]): row for row in rows} for rows in (live, again))
    apart = sorted(ones.keys() ^ others.keys())
    named = [(ones.get(key) or others[key], "live" if key in ones else "backtest") for key in apart]
    later = sorted((ones[key]["raised_ms"] - others[key]["raised_ms"]) / 1000 for key in ones.keys() & others)
    return {
        "live": len(ones),
        "backtest": len(others),
        "differing": len(apart),
        "raised_later_s": {"p50": later[len(later) // 2], "max": later[-1]} if later else None,
        "first": [
            {name: row[name] for name in ("id", "rule", "place", "active_ms", "held")} | {"only": only}
            for row, only in sorted(named, key=lambda each: each[0]["active_ms"])[:FIRST_TOLD]
        ],
    }


def _asked(data: Path, homes: Path | None, files: tuple[str, ...], from_ms: int, to_ms: int) -> Asked:
    database = open_to_read(data / "operations.sqlite")
    try:
        found = registry.read(database)
        places = places_of(found.places, facility_settings(database))
        modes = modes_between(database, from_ms, to_ms)
    finally:
        database.dispose()
    devices = tuple(Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in found.devices)
    book, simple, hub = load_rulebook(homes=homes), naive.rulebook(), Hub()
    definition = Definition(0, hub.zone, places, devices, book.rules, hub.calendar, book.overrides)
    return Asked(
        rules=RuleSet(book.rules, book.overrides),
        current=RuleSet(simple.rules),
        registered=registered_in(definition),
        readings=files,
        from_ms=from_ms,
        to_ms=to_ms,
        modes=modes,
        workers=cores(),
        listed_max=LISTED_MAX,
    )


def _copied(data: Path, folder: Path, from_ms: int, to_ms: int, progress: Progress) -> tuple[str, ...]:
    """Parquet copies of what is stored of that time. A thread of its own makes them: it is niced for good."""
    with closing(DuckDBStore(data / "readings.duckdb")) as store, ThreadPoolExecutor(1) as niced:
        told = lambda done: progress(COPYING, done)  # noqa: E731
        return niced.submit(copy_in_slices, store, folder / "stored", from_ms, to_ms, told).result()


def _fitted(registered: Registered, without: frozenset[str]) -> Registered:
    devices = tuple(device for device in registered.devices if device.kind not in without)
    return msgspec.structs.replace(registered, devices=devices)


def _by_id(rules: RuleSet) -> Mapping[str, Any]:
    return {rule.id: rule for rule in rules.rules}
