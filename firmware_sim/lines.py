"""All connections of the town to its broker: one for each gateway and counter."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.ledger import Ledger
from firmware_sim.links import BrokerAddress, Link, new_link
from firmware_sim.town import Town
from firmware_sim.uplink import Hooks, Uplink
from firmware_sim.wire import Identity, Message

PATIENCE_S = 30.0


class Lines:
    """Routes each message to the connection it travels on; a connection's will is its holder's own.

    Births are dated with the town's time, but never before ``born_ms``. Each connection hears the commands to the devices
    behind it; ``commanded`` takes them, at first by the town's time as it stands.
    """

    def __init__(
        self,
        town: Town,
        broker: BrokerAddress,
        *,
        born_ms: int,
        ledger: Ledger,
        trouble: Callable[[str], None],
    ) -> None:
        self.published_count = 0
        self._ledger = ledger
        self._uplinks: dict[str, Uplink] = {}
        self.commanded: Callable[[str, bytes], None] = lambda device, payload: self.publish(
            town.command(device, payload)
        )
        hears: dict[str, dict[str, str]] = defaultdict(dict)  # by connection: device by command topic
        for device in town.devices.values():
            hears[device.who.link][device.who.topic("cmd")] = device.who.device
        self._voice: Uplink | None = None
        for holder in town.links():
            who = holder.who

            def announce(link: str = who.device) -> list[Message]:
                return town.announce(link, max(town.now_ms, born_ms))

            devices = hears[who.device]

            def received(topic: str, payload: bytes, devices: dict[str, str] = devices) -> None:
                self.commanded(devices[topic], payload)

            hooks = Hooks(acked=ledger.note, received=received, announce=announce, trouble=trouble)
            self._uplinks[who.device] = Uplink(
                self._maker(broker, who),
                hooks=hooks,
                dice=dice(town.seed, "reconnect", who.device),
                subscriptions=tuple(devices),
            )

    async def start(self) -> None:
        """Connect one after the other; each announces what is behind it."""
        for uplink in self._uplinks.values():
            await uplink.start(patience_s=PATIENCE_S)

    def publish(self, messages: Iterable[Message]) -> None:
        """Hand each message to its connection, or to the one voice; what is unplugged says nothing."""
        for message in messages:
            uplink = self._uplinks[message.link]
            if self._voice is not None and uplink.plugged:
                uplink = self._voice
            taken_on = uplink.publish(message)
            self.published_count += taken_on and message.kind != "status"

    @contextmanager
    def one_voice(self, voice: Uplink) -> Iterator[None]:
        """Meanwhile ``voice`` carries what everybody says, for it arrives in the order in which it is said only so.

        The connections stand all the same: their births, and the will of one that is unplugged, are their own.
        """
        self._voice = voice
        try:
            yield
        finally:
            self._voice = None

    async def settled(self) -> None:
        """Wait for every PUBACK."""
        for uplink in (*self._uplinks.values(), *([self._voice] if self._voice is not None else [])):
            await uplink.settled()

    def check(self) -> None:
        """Raise ``BrokerRefusedError`` when the broker has refused a publish."""
        for uplink in self._uplinks.values():
            uplink.check()

    def unplug(self, link: str) -> None:
        """Cut a gateway's power: its will fires and what is behind it falls silent."""
        self._uplinks[link].unplug()

    def plug(self, link: str) -> None:
        """Give it back."""
        self._uplinks[link].plug()

    async def finish(self, *, within_s: float) -> None:
        """Wait so long for the last PUBACKs, then disconnect politely."""
        async with asyncio.TaskGroup() as leaving:
            for uplink in self._uplinks.values():
                leaving.create_task(uplink.finish(within_s=within_s))

    def totals(self) -> dict[str, int]:
        """Counts for the summary; published and acked are telemetry and events, each message once."""
        every = self._uplinks.values()
        return {
            "published": self.published_count,
            "acked": self._ledger.lines,
            "resent": sum(each.resent_count for each in every),
            "dropped": sum(each.dropped_count for each in every),
            "connections": len(every),
            "connects": sum(each.connections for each in every),
        }

    @staticmethod
    def _maker(broker: BrokerAddress, who: Identity) -> Callable[[], Link]:
        return lambda: new_link(broker, f"care-{who.site}-{who.device}", wire.last_will(who))
