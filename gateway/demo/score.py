"""What the demo came to: the simulator's own ledger held against the store, the alerts against what was received."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.demo.ledger import Compared, Identity, Ledger
from gateway.demo.receiver import Receipt
from gateway.journal.journal import Journal
from gateway.operations.database import open_database
from gateway.operations.tables import Alert


def read_ledger(path: Path) -> Ledger:
    """The simulator's ledger."""
    return Ledger(path)


def score(data: Path, ledger: Ledger, receipts: Sequence[Receipt], *, received: int) -> dict[str, Any]:
    """The keys of ``carehub demo --json``. The hub must have ended: its files are opened here."""
    quarantined, named = _quarantined(data)
    alerts = _alerts(data)
    first = _first_received(receipts)
    with ledger.beside(data / "readings.duckdb") as compared:
        published, stored = compared.published(), compared.stored()
        lost = compared.not_stored() - named
        latencies = sorted(_latencies(alerts, first, compared))
    return {
        "published": published,
        "received": received,
        "stored": stored,
        "quarantined": quarantined,
        "lost": len(lost),
        "alerts_raised": len(alerts),
        "alerts_delivered": sum(alert.id in first for alert in alerts),
        "alert_latency_ms": {"p50": _percentile(latencies, 50), "p99": _percentile(latencies, 99)},
        "alerts_by_rule": _by_rule(alerts),
        "received_twice": len(receipts) - len({receipt.message_id for receipt in receipts}),
    }


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


def _latencies(alerts: Iterable[Alert], first: dict[str, float], compared: Compared) -> Iterable[float]:
    """Wall time from cause to receipt: from the PUBLISH where a message is the cause, else from the raise."""
    told = [alert for alert in alerts if alert.id in first]
    cause_of = {a.id: (str(a.evidence["facts"][0][0]), a.active_at) for a in told if a.evidence["facts"]}
    sent_at = compared.sent_at(cause_of.values())
    for alert in told:
        cause = sent_at.get(cause_of[alert.id]) if alert.id in cause_of else None
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
