"""All connections of the town to its broker: one for each gateway and counter."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.devices import Device
from firmware_sim.ledger import Ledger
from firmware_sim.links import BrokerAddress, Link, new_link
from firmware_sim.links.opening import open_all
from firmware_sim.uplink import Hooks, Uplink
from firmware_sim.wire import Identity, Message

PATIENCE_S = 30.0


class Speakers(Protocol):
    """Whose lines they are: a town, or what is played of one."""

    seed: int
    now_ms: int
    devices: dict[str, Device]

    def command(self, device: str, payload: bytes) -> list[Message]:
        """What a device says at once to a command of the hub."""

    def links(self) -> Sequence[Device]:
        """The devices that hold a connection of their own."""

    def announce(self, link: str, at_ms: int) -> list[Message]:
        """The births of everything alive behind a connection."""


class Lines:
    """Routes each message to the connection it travels on; a connection's will is its holder's own.

    Births are dated with the town's time, but never before ``born_ms``. Each connection hears the commands to the devices
    behind it; ``commanded`` takes them, at first by the town's time as it stands.
    """

    def __init__(
        self,
        town: Speakers,
        broker: BrokerAddress,
        *,
        born_ms: int,
        ledger: Ledger,
        trouble: Callable[[str], None],
    ) -> None:
        self.published_count = 0
        self._ledger = ledger
        self._uplinks: dict[str, Uplink] = {}
        self._hooks: list[Hooks] = []
        self._voice: Uplink | None = None
        self.commanded: Callable[[str, bytes], None] = lambda device, payload: self.publish(
            town.command(device, payload)
        )
        hears: dict[str, dict[str, str]] = defaultdict(dict)  # by connection: device by command topic
        for device in town.devices.values():
            hears[device.who.link][device.who.topic("cmd")] = device.who.device
        for holder in town.links():
            who = holder.who

            def announce(link: str = who.device) -> list[Message]:
                return town.announce(link, max(town.now_ms, born_ms))

            devices = hears[who.device]

            def received(topic: str, payload: bytes, devices: dict[str, str] = devices) -> None:
                self.commanded(devices[topic], payload)

            hooks = Hooks(acked=ledger.note, received=received, announce=announce, trouble=trouble)
            self._hooks.append(hooks)
            self._uplinks[who.device] = Uplink(
                self._maker(broker, who),
                hooks=hooks,
                dice=dice(town.seed, "reconnect", who.device),
                subscriptions=tuple(devices),
            )

    async def start(
        self, *, at_once: int = 1, opened: Callable[[int], None] = lambda _standing: None
    ) -> None:
        """Connect, one after the other or so many at a time; each announces what is behind it."""
        starts = [partial(uplink.start, patience_s=PATIENCE_S) for uplink in self._uplinks.values()]
        await open_all(starts, at_once=at_once, opened=opened)

    def overhear(self, acked: Callable[[Message, float, float], None]) -> None:
        """From here each PUBACK is told to ``acked`` as well as to the ledger."""

        def both(message: Message, sent_ms: float, acked_ms: float) -> None:
            self._ledger.note(message, sent_ms, acked_ms)
            acked(message, sent_ms, acked_ms)

        for hooks in self._hooks:
            hooks.acked = both

    @property
    def count(self) -> int:
        """How many connections there are."""
        return len(self._uplinks)

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

    def go_live(self) -> None:
        """From here on time runs by itself."""

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

    def _maker(self, broker: BrokerAddress, who: Identity) -> Callable[[], Link]:
        return lambda: new_link(broker, f"care-{who.site}-{who.device}", wire.last_will(who))
