"""What the demo came to: the simulator's own ledger held against the store, the alerts against what was received."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.demo.receiver import Receipt
from gateway.journal.journal import Journal
from gateway.operations.database import open_database
from gateway.operations.tables import Alert
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query

Identity = tuple[str, str, int]
FOREVER_MS = 1 << 53


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the broker acknowledged to the simulator."""

    identity: Identity
    device: str
    ts: int
    sent_ms: float


def read_ledger(path: Path) -> list[Sent]:
    """The simulator's ledger."""
    found = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            identity = (entry["device"], entry["boot"], entry["seq"])
            found.append(Sent(identity, entry["device"], entry["ts"], entry["sent_ms"]))
    return found


def score(
    data: Path, ledger: Sequence[Sent], receipts: Sequence[Receipt], *, received: int
) -> dict[str, Any]:
    """The keys of ``carehub demo --json``. The hub must have ended: its files are opened here."""
    stored = _stored(data)
    quarantined, named = _quarantined(data)
    lost = {sent.identity for sent in ledger} - stored - named
    alerts = _alerts(data)
    first = _first_received(receipts)
    latencies = sorted(_latencies(alerts, first, ledger))
    return {
        "published": len(ledger),
        "received": received,
        "stored": len(stored),
        "quarantined": quarantined,
        "lost": len(lost),
        "alerts_raised": len(alerts),
        "alerts_delivered": sum(alert.id in first for alert in alerts),
        "alert_latency_ms": {"p50": _percentile(latencies, 50), "p99": _percentile(latencies, 99)},
        "alerts_by_rule": _by_rule(alerts),
        "received_twice": len(receipts) - len({receipt.message_id for receipt in receipts}),
    }


def _stored(data: Path) -> set[Identity]:
    store = DuckDBStore(data / "readings.duckdb")
    try:
        rows = store.read(Query(from_ms=0, to_ms=FOREVER_MS, limit=1 << 31))
    finally:
        store.close()
    return {(row.device, row.boot, row.seq) for row in rows if row.boot is not None and row.seq is not None}


def _quarantined(data: Path) -> tuple[int, set[Identity]]:
    """How many messages are held, and the identities of those that name one."""
    journal = Journal(data / "journal.sqlite")
    try:
        held = [row for row in journal.quarantine(1 << 31) if not row["repaired"]]
    finally:
        journal.close()
    named: set[Identity] = set()
    for row in held:
        try:
            message = json.loads(row["payload"])
            named.add((str(row["topic"]).split("/")[3], message["boot"], message["seq"]))
        except (ValueError, KeyError, IndexError, TypeError):
            continue  # it is held, but names no identity
    return len(held), named


def _alerts(data: Path) -> list[Alert]:
    engine = open_database(data / "operations.sqlite")
    with Session(engine, expire_on_commit=False) as session:
        found = list(session.scalars(select(Alert).order_by(Alert.number)))
    engine.dispose()
    return found


def _first_received(receipts: Iterable[Receipt]) -> dict[str, float]:
    first: dict[str, float] = {}
    for receipt in receipts:
        first.setdefault(receipt.alert, receipt.wall_ms)
    return first


def _latencies(alerts: Iterable[Alert], first: dict[str, float], ledger: Sequence[Sent]) -> Iterable[float]:
    """Wall time from cause to receipt: from the PUBLISH where a message is the cause, else from the raise."""
    sent_at = {(sent.device, sent.ts): sent.sent_ms for sent in ledger}
    for alert in alerts:
        if alert.id not in first:
            continue
        facts = alert.evidence["facts"]
        cause = sent_at.get((facts[0][0], alert.active_at)) if facts else None
        yield first[alert.id] - (cause if cause is not None else alert.raised_wall_ms)


def _percentile(values: Sequence[float], percent: int) -> float | None:
    if not values:
        return None
    return round(values[min(len(values) - 1, len(values) * percent // 100)], 1)


def _by_rule(alerts: Iterable[Alert]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for alert in alerts:
        counted[alert.rule] = counted.get(alert.rule, 0) + 1
    return dict(sorted(counted.items()))
