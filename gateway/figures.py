"""How a running hub is: why it is not ready, what it has counted, what it stores about itself."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.hub import Hub

FAR_BEHIND = 100_000  # events not yet stored: then the store is not ready


def reasons(hub: Hub) -> list[str]:
    """Why the hub does not do its whole work right now; empty when it does."""
    line, reader, found = hub.line, hub.line.reader, []
    if not reader.feed.whole:
        why = f": {reader.unheard}" if reader.unheard else ""
        found.append(f"the broker {hub.address!r} cannot be heard{why}")
    if line.trouble:
        found.append(line.trouble)
    if hub.writer.trouble:
        found.append(f"store: {hub.writer.trouble}")
    elif hub.writer.started and not hub.writer.alive:
        found.append("store: its writer has ended; see the log")
    if hub.journal.position - hub.writer.position > FAR_BEHIND:
        found.append(f"store: {hub.journal.position - hub.writer.position} events behind")
    if reader.dropped_first is not None and reader.dropped > reader.dropped_first:
        found.append(
            f"the broker dropped {reader.dropped - reader.dropped_first} messages; "
            "set max_queued_messages 0 and a larger max_queued_bytes"
        )
    return found


def warnings(hub: Hub) -> list[str]:
    """What does not keep the hub from its work and yet wants somebody's attention."""
    world = hub.engine.world
    return hub.rules.warnings(world.places, hub.settings.hub.calendar, hub.clock.now())


def counters(hub: Hub) -> dict[str, float]:
    """Figures for /metrics."""
    line, reader = hub.line, hub.line.reader
    counts = reader.ingest.counts  # besides these three, each is a reason for refusing
    named = {
        "messages_read_total": counts["read"],
        "messages_repeated_total": counts["repeated"],
        "messages_cleared_total": counts["cleared"],
        "messages_refused_total": counts.total() - counts["read"] - counts["repeated"] - counts["cleared"],
        "journal_position": hub.journal.position,
        "store_position": hub.writer.position,
        "store_behind": hub.journal.position - hub.writer.position,
        "rows_stored_total": hub.writer.stored,
        "rows_refused_total": hub.writer.refused,
        "alerts_raised_total": line.raised,
        "snapshot_rounds_total": line.rounds,
        "snapshot_position": line.floor,
        "collections_total": gc.get_stats()[-1]["collections"],  # of all garbage: the ones that may be felt
        "keys": len(hub.engine.states),
        "rules": len(hub.rules.rules),
        "rule_overrides": len(hub.engine.world.definition.overrides),
        "rule_mistakes": len(hub.rules.mistakes),
        "world_version": hub.engine.world.version,
        "broker_receive_maximum": reader.receive_max,
        "broker_dropped_total": reader.dropped,
    }
    tries = {f"deliveries_{state}_total": 0 for state in ("delivered", "failed", "waiting")}
    for (_, state), count in hub.delivery.tries.items():
        tries[f"deliveries_{state}_total"] = tries.get(f"deliveries_{state}_total", 0) + count
    return {name: float(value) for name, value in (named | tries).items()}


def about_itself(hub: Hub) -> Mapping[str, float]:
    """What is stored beside the readings, under the hub's own name; the lag is in seconds."""
    counted = counters(hub)
    return {
        "hub.received": counted["messages_read_total"],
        "hub.stored": counted["rows_stored_total"],
        "hub.quarantined": counted["messages_refused_total"],
        "hub.alerts_open": float(hub.alert_log.count_open()),
        "hub.lag": (hub.journal.last_at - hub.writer.last_at) / 1000 if hub.writer.last_at else 0.0,
    }
