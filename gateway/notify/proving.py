"""Asks providers later what became of messages they took: on the telephone, read, answered with a key, or never arrived."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from gateway.notify.channel import Proof, Proven, Proving, Recoverable, Unrecoverable
from gateway.notify.outbox import use_next_way
from gateway.notify.outbox_words import AddressOf, recipient
from gateway.operations.database import repeatable

log = logging.getLogger(__name__)

ASK_FOR_MS = 3_600_000  # what is not proven within an hour stays "sent, unconfirmed"
AT_ONCE_MAX = 50
MILD_S = 5.0  # between two rounds at least

T = TypeVar("T")
# Somebody accepted on the channel itself: of an alert, by a person of the plan, under the id of the message.
Accepted = Callable[[str, str, str], Awaitable[None]]
Stored = Callable[..., Awaitable[Any]]


class Prover:
    """Asks one channel's provider. ``stored`` runs what touches the database in its thread."""

    def __init__(
        self,
        name: str,
        channel: Proving,
        *,
        engine: Engine,
        stored: Stored,
        address_of: AddressOf,
        now_ms: Callable[[], int],
        hub_now_ms: Callable[[], int],
        accepted: Accepted,
        changed: Callable[[str], None],
        follows: Callable[[str], Awaitable[None]],
    ) -> None:
        self._name, self._channel = name, channel
        self._engine, self._stored, self._address_of = engine, stored, address_of
        self._now_ms, self._hub_now_ms = now_ms, hub_now_ms
        self._accepted, self._changed, self._follows = accepted, changed, follows

    async def run(self) -> None:
        """Ask for ever."""
        pause_s = max(MILD_S, self._channel.proof_after_s)
        while True:
            await asyncio.sleep(pause_s)
            try:
                await self.ask_all()
            except SQLAlchemyError as error:
                log.warning(
                    "channel %s: receipts are not looked at: %s", self._name, getattr(error, "orig", None)
                )

    async def ask_all(self) -> None:
        """Ask once about everything that is sent, old enough to be known, and not proven."""
        for row in await self._stored(self._unproven):
            try:
                proven = await self._channel.proof(row.id, row.receipt, recipient(row, self._address_of))
            except (Recoverable, Unrecoverable) as refusal:
                log.info(
                    "channel %s: nothing is known yet of message %s: %s", self._name, row.id, refusal.reason
                )
                continue
            if proven is not None:
                await self._take(row, proven)

    async def _take(self, row: Row[Any], proven: Proven) -> None:
        if proven.accepted:  # first: were the hub killed in between, it would be asked about once more
            await self._accepted(row.alert_id, row.person, row.id)
        if proven.proof is Proof.TAKEN:
            return
        follows = await self._stored(self._write, row, proven)
        self._changed(row.alert_id)
        if follows:
            await self._follows(follows)

    def _unproven(self) -> list[Row[Any]]:
        now_ms = self._now_ms()
        latest = now_ms - int(self._channel.proof_after_s * 1000)
        asked = (self._name, now_ms - ASK_FOR_MS, latest, AT_ONCE_MAX)
        with self._engine.connect() as connection:
            return list(connection.exec_driver_sql(_UNPROVEN, asked).all())

    def _write(self, row: Row[Any], proven: Proven) -> str:
        """Write it down; gives the channel that takes over where it never arrived."""
        ways = tuple(filter(None, row.ways.split(",")))
        state = "failed" if proven.proof is None else "delivered"
        with repeatable(self._engine) as connection:
            changed = connection.exec_driver_sql(
                "UPDATE outbox SET state = ?, proof = ?, error = ?, ways = '' WHERE id = ? AND state = 'sent'",
                (state, proven.proof or "", proven.text if proven.proof is None else "", row.id),
            )
            if not changed.rowcount:
                return ""
            if proven.proof is None:
                if ways:
                    use_next_way(connection, row.id, ways)
                return ways[0] if ways else ""
            step = (row.alert_id, "delivered", self._hub_now_ms(), self._name, str(proven.proof), row.person)
            connection.exec_driver_sql(
                'INSERT INTO alert_step (alert_id, kind, at, "by", detail, via) VALUES (?, ?, ?, ?, ?, ?)',
                step,
            )
        return ""


_UNPROVEN = (
    "SELECT o.id, o.alert_id, o.channel, o.person, o.receipt, o.ways, c.phone AS contact_phone FROM outbox o "
    "JOIN alert a ON a.id = o.alert_id LEFT JOIN contact c ON c.place_id = a.place_id AND 'contact:' || c.rank = o.person "
    "WHERE o.channel = ? AND o.state = 'sent' AND o.delivered_ms > ? AND o.delivered_ms <= ? ORDER BY o.delivered_ms LIMIT ?"
)
