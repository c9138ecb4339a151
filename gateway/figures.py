"""What a running hub tells of itself: is it keeping up, how far behind is it, what did it refuse. No label names a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from sqlalchemy.exc import DBAPIError

from gateway.clock import TIME_MS_MIN
from gateway.disk import MB
from gateway.health import MAD_FOR_MS, reasons
from gateway.histogram import Histogram
from gateway.journal.journal import JournalError
from gateway.notify import outbox
from gateway.operations.alert_log import FLOOR
from gateway.operations.open_told import open_told
from gateway.process_figures import process_figures
from gateway.web.port import Figure, Sample

if TYPE_CHECKING:
    from gateway.hub import Hub

NOT_REFUSED = ("read", "repeated", "cleared")  # of what ingest counts: all else is a reason for refusing
OUTCOMES = ("sent", "delivered", "failed", "waiting", "withdrawn")


def figures(hub: Hub) -> list[Figure]:
    """Everything for /metrics; asks the disk. What the disk does not answer is left out."""
    found = [*_line(hub), *_refused(hub), *_behind(hub), *_world(hub)]
    try:
        found += _waiting(hub)
    except (DBAPIError, sqlite3.Error, JournalError):
        found.append(gauge("carehub_disk_unanswered", "1 while a figure cannot be read from the disk.", 1))
    return [*found, *_room(hub), *process_figures(hub.settings.hub.data)]


def about_itself(hub: Hub) -> Mapping[str, float]:
    """What is stored beside the readings, under the hub's own name.

    Counts are since the start; ``refused`` are rows that the store did not take, ``loop_lag_s`` the worst since the last time.
    """
    counts = hub.line.reader.ingest.counts
    return {
        "hub.received": float(counts["read"]),
        "hub.stored": float(hub.kept.store.stored),
        "hub.quarantined": float(counts.total() - sum(counts[name] for name in NOT_REFUSED)),
        "hub.alerts_open": float(open_told(hub.database)),
        "hub.refused": float(hub.kept.dead.refused),
        "hub.journal_mb": hub.retention.used_bytes / MB,
        "hub.outbox_waiting": float(sum(number for number, _ in outbox.waiting(hub.database).values())),
        "hub.loop_lag_s": hub.pulse.take_worst_s(),
        "hub.lag": lag_s(hub.journal.last_at, hub.writer.last_at),
    }


def lag_s(journal_at: int, stored_at: int) -> float:
    """How far the store is behind the journal, by the times (ms) of the last event in each; none before time is known."""
    return (journal_at - stored_at) / 1000 if stored_at >= TIME_MS_MIN else 0.0


def _line(hub: Hub) -> list[Figure]:
    line, reader = hub.line, hub.line.reader
    counts = reader.ingest.counts
    return [
        gauge("carehub_ready", "1 while the hub does its whole work, as /readyz says.", not reasons(hub)),
        counter("carehub_messages_read_total", "Messages that became events.", counts["read"]),
        counter("carehub_messages_repeated_total", "Messages known already, dropped.", counts["repeated"]),
        counter("carehub_messages_cleared_total", "Retained states that were taken back.", counts["cleared"]),
        gauge("carehub_inbox_messages", "Messages received and not yet read.", hub.inbox.depth),
        histogram(
            "carehub_journal_commit_seconds",
            "How long a commit of the journal took, all its tries together.",
            {(): line.commits.seconds},
        ),
        histogram("carehub_journal_commit_events", "Events in a commit.", {(): line.commits.events}),
        histogram(
            "carehub_loop_lag_seconds",
            "How late the event loop wakes: what a console or a channel waits for besides its own work.",
            {(): hub.pulse.lag},
        ),
        histogram(
            "carehub_alert_delivery_seconds",
            "From an alert's raise to its channel's receipt, first rung only.",
            {
                (("channel", name), ("kind", kind)): h
                for (name, kind), h in list(hub.delivery.seconds.items())
            },
        ),
        counter("carehub_alerts_raised_total", "Alerts raised.", line.raised),
        counter("carehub_rows_stored_total", "Rows that the store has taken.", hub.kept.store.stored),
        gauge(
            "carehub_store_memory_bytes",
            "What DuckDB holds in memory, of at most 512 MB.",
            hub.kept.store.memory_bytes,
        ),
        gauge("carehub_speed_ratio", "Hub seconds a second; other than 1 in a simulation only.", hub.speed),
    ]


def _refused(hub: Hub) -> list[Figure]:
    counts = dict(hub.line.reader.ingest.counts)
    tries = dict(hub.delivery.tries)
    return [
        labelled(
            "carehub_messages_refused_total",
            "counter",
            "Messages set aside in quarantine, by reason.",
            [(count, {"reason": name}) for name, count in sorted(counts.items()) if name not in NOT_REFUSED],
        ),
        labelled(
            "carehub_deliveries_total",
            "counter",
            "Tries to bring a message to a channel, by what became of them; sent: not proven; waiting: it is tried again.",
            [
                (tries.get((name, outcome), 0), {"channel": name, "outcome": outcome})
                for name in hub.delivery.channels
                for outcome in OUTCOMES
            ],
        ),
        labelled(
            "carehub_channel_works",
            "gauge",
            "1 for a channel whose last message or test was taken, 0 where it was not or it was never tried.",
            [(float(hub.delivery.states.works(name)), {"channel": name}) for name in hub.delivery.channels],
        ),
        gauge("carehub_desks_deaf", "Desks that are staffed and cannot hear.", len(hub.duty.deaf())),
        gauge(
            "carehub_devices_over_rate",
            "Devices that lately sent more than they may; what was too much is refused as too_many.",
            len(hub.line.reader.ingest.limit.mad(since=hub.clock.now() - MAD_FOR_MS)),
        ),
        counter("carehub_rows_refused_total", "Rows that the store did not take.", hub.kept.dead.refused),
        gauge("carehub_dead_letters", "Rows that the store did not take, laid aside.", hub.kept.dead.waiting),
        counter(
            "carehub_dead_letters_dropped_total",
            "Of these, given up: for want of room, or too old.",
            hub.kept.dead.dropped,
        ),
        gauge("carehub_hours_to_summarise", "Hours that wait for a summary.", len(hub.kept.book.hours_due())),
        counter("carehub_hours_summarised_total", "Hours summarised.", hub.kept.keeper.summarised),
        counter(
            "carehub_figures_kept_total", "Figures written beside the readings.", hub.figures_keeper.written
        ),
        gauge("carehub_figures_waiting", "Figures and days of them that wait.", hub.figures_keeper.waiting),
        counter(
            "carehub_figures_lost_total",
            "Figures that waited for the store in vain.",
            hub.figures_keeper.lost,
        ),
        counter(
            "carehub_broker_dropped_total",
            "Messages the broker itself dropped, to whomever, since it began.",
            hub.line.reader.dropped,
        ),
        labelled(
            "carehub_watchdog_pings_total",
            "counter",
            "Signs of life sent to the watchdog outside, by outcome.",
            [(count, {"outcome": outcome}) for outcome, count in sorted(hub.heartbeat.pings.items())],
        ),
    ]


def _room(hub: Hub) -> list[Figure]:
    """What the journal takes, and what is not in it yet."""
    return [
        gauge("carehub_disk_reserve_bytes", "With less free an alert is raised.", hub.disk.reserve_mb * MB),
        gauge("carehub_journal_begins", "Events that are thinned out.", hub.journal.begins),
        gauge(
            "carehub_journal_bytes", "What the journal takes, quarantine included.", hub.retention.used_bytes
        ),
        counter("carehub_journal_thinned_total", "Events thinned out by this run.", hub.retention.thinned),
        counter(
            "carehub_quarantine_thinned_total",
            "Refused messages thinned out by this run.",
            hub.retention.quarantine_thinned,
        ),
        gauge(
            "carehub_alerts_unrecorded",
            "Alerts told from memory and not written yet.",
            len(hub.line.unrecorded.told),
        ),
    ]


def _behind(hub: Hub) -> list[Figure]:
    lost_at = hub.line.reader.feed.lost_at
    lost_s = (hub.clock.now() - lost_at) / 1000 if lost_at is not None else 0
    position = hub.journal.position
    return [
        gauge("carehub_journal_position", "Events in the journal.", position),
        gauge("carehub_store_position", "Events of which the store has the rows.", hub.writer.position),
        gauge("carehub_store_behind_events", "Events not yet stored.", position - hub.writer.position),
        gauge(
            "carehub_clock_wrong_seconds",
            "By how much the machine's clock is ahead of what most devices agree on.",
            hub.clock.wrong_by() / 1000,
        ),
        gauge(
            "carehub_snapshot_position",
            "Where the last whole round of snapshots began.",
            hub.line.snapshots.floor,
        ),
        counter(
            "carehub_snapshot_rounds_total",
            "Whole rounds of snapshots since the start.",
            hub.line.snapshots.rounds,
        ),
        gauge("carehub_feed_lost", "1 while the broker cannot be heard.", lost_at is not None),
        gauge("carehub_feed_lost_seconds", "For how long the broker has not been heard.", max(0.0, lost_s)),
        gauge(
            "carehub_broker_receive_maximum",
            "Messages the broker may have in flight to the hub.",
            hub.line.reader.receive_max,
        ),
    ]


def _waiting(hub: Hub) -> list[Figure]:
    """What has to be asked of the disk."""
    position, stored = hub.journal.position, hub.writer.position
    oldest = next(hub.journal.read(stored, limit=1), None) if position > stored else None
    store_s = (hub.clock.now() - oldest[1].at) / 1000 if oldest else 0
    waiting, now_ms = outbox.waiting(hub.database), hub.wall_ms()
    return [
        gauge("carehub_store_behind_seconds", "Age of the oldest event not yet stored.", max(0.0, store_s)),
        gauge(
            "carehub_snapshot_behind_events",
            "Events that a start would replay.",
            max(0, position - hub.alert_log.cursor(FLOOR)),
        ),
        labelled(
            "carehub_outbox_waiting_messages",
            "gauge",
            "Messages that wait for a channel.",
            [(number, {"channel": name, "kind": kind}) for (name, kind), (number, _) in waiting.items()],
        ),
        labelled(
            "carehub_outbox_oldest_seconds",
            "gauge",
            "Since when the oldest alert is raised of which a message still waits.",
            [
                (max(0, now_ms - oldest_ms) / 1000, {"channel": name, "kind": kind})
                for (name, kind), (_, oldest_ms) in waiting.items()
            ],
        ),
    ]


def _world(hub: Hub) -> list[Figure]:
    world = hub.engine.world
    return [
        labelled("carehub_build_info", "gauge", "The hub's version.", [(1, {"version": version("carehub")})]),
        gauge("carehub_keys", "Homes and facilities that are judged.", len(hub.engine.states)),
        gauge("carehub_rules", "Rules in force.", len(hub.engine.world.rules)),
        gauge("carehub_rule_overrides", "Differences of single homes.", len(world.definition.overrides)),
        gauge(
            "carehub_rule_mistakes", "Mistakes for which rule files were refused.", len(hub.rules.mistakes)
        ),
        gauge("carehub_world_version", "How often registry or rules have changed.", world.version),
    ]


def gauge(name: str, about: str, value: float) -> Figure:
    """A value that rises and falls."""
    return Figure(name, "gauge", about, (Sample(float(value)),))


def counter(name: str, about: str, value: float) -> Figure:
    """A value that only rises while the hub runs."""
    return Figure(name, "counter", about, (Sample(float(value)),))


def labelled(
    name: str,
    kind: Literal["counter", "gauge"],
    about: str,
    samples: Iterable[tuple[float, dict[str, str]]],
) -> Figure:
    """A value for each combination of labels."""
    return Figure(name, kind, about, tuple(Sample(float(value), labels) for value, labels in samples))


def histogram(name: str, about: str, found: Mapping[tuple[tuple[str, str], ...], Histogram]) -> Figure:
    """How observations are distributed, for each combination of labels."""
    samples: list[Sample] = []
    for labels, counted in found.items():
        named = dict(labels)
        buckets = list(counted.up_to())
        for bound, count in buckets:
            at = "+Inf" if bound == float("inf") else f"{bound:g}"
            samples.append(Sample(float(count), named | {"le": at}, "_bucket"))
        samples.append(Sample(counted.sum, named, "_sum"))
        samples.append(Sample(float(buckets[-1][1]), named, "_count"))
    return Figure(name, "histogram", about, tuple(samples))
