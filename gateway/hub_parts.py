"""Settings become parts that only a running hub has: its clock, its session with the broker, the bounds of its journal."""

from __future__ import annotations

from gateway.clock import Clock, LiveClock, TownClock
from gateway.disk import MB
from gateway.ingest.mqtt5_session import Mqtt5Session
from gateway.ingest.mqtt311_session import Mqtt311Session
from gateway.ingest.source import BrokerAddress, Inbox, Source
from gateway.retention import Limits
from gateway.settings import Settings

SAID_AHEAD_MS = (
    60_000  # what a killed hub had not read of a step of the town is at most so far ahead of the journal
)


def open_clock(settings: Settings, last_at: int) -> Clock:
    """Hub time from ``last_at`` on: that of the world, or that of a simulated town."""
    if settings.simulation.enabled:
        return TownClock(max(last_at, 1), until=last_at + SAID_AHEAD_MS if last_at else 0)
    return LiveClock(last_at)


def open_source(settings: Settings, address: BrokerAddress, inbox: Inbox, clock: Clock) -> Source:
    """A session with the broker, in the protocol that is set."""
    session = Mqtt5Session if settings.mqtt.protocol == "5" else Mqtt311Session
    return session(address, inbox, clock.now)


def journal_limits(settings: Settings) -> Limits:
    """How much of the journal and the quarantine is kept."""
    given = settings.journal
    return Limits(
        days=given.keep_days,
        bytes_max=given.keep_mb * MB,
        quarantine_days=given.quarantine_days,
        quarantine_bytes_max=given.quarantine_mb * MB,
    )
