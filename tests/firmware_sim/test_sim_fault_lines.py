"""Faults of connections against a real broker: wills that fire or never come, and storms that lose nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from fault_parts import GATEWAY
from parts import Broker, until, wait_until
from sim_parts import Peer, listening

from firmware_sim import places
from firmware_sim.daytime import SECOND
from firmware_sim.faults import Word, parse
from firmware_sim.faults.faulty_lines import FaultyLines
from firmware_sim.faults.faulty_town import FaultyTown
from firmware_sim.ledger import Ledger
from firmware_sim.links import BrokerAddress
from firmware_sim.places import settle
from firmware_sim.wire import Message


class Stage:
    """A town and its lines, a minute after its start, its time running by itself."""

    def __init__(self, broker: Broker, fault: str, *, homes: int = 1) -> None:
        start_ms = int(time.time() * 1000) - 60 * SECOND
        layout = settle(homes=homes, seed=7)
        self.town = FaultyTown(layout, faults=[parse(fault)], seed=7, start_ms=start_ms)
        self.start_ms = start_ms
        self.ledger = Ledger(None)
        self.lines = FaultyLines(
            self.town,
            BrokerAddress(port=broker.port),
            born_ms=start_ms + 60 * SECOND,
            ledger=self.ledger,
            trouble=lambda _text: None,
        )

    async def begin(self) -> list[Message]:
        said = self.town.advance(self.start_ms + 60 * SECOND)
        await self.lines.start()
        self.lines.go_live()
        self.lines.publish(said)
        await self.lines.settled()
        return said

    def plays(self, to_s: int) -> list[Message]:
        """What the town says until so many seconds after its start, at once."""
        said = self.town.advance(self.start_ms + to_s * SECOND)
        self.lines.publish(said)
        return said

    async def again_connected(self) -> None:
        links = self.lines._uplinks.values()
        await until(lambda: all(each._link is not None for each in links), "all connected again")
        await self.lines.settled()


def named(said: Sequence[Message]) -> set[tuple[str, str, int]]:
    return {(each.device, each.boot, each.seq) for each in said if each.seq and not isinstance(each, Word)}


def gateway_says(peer: Peer, device: str = GATEWAY) -> list[bool]:
    return [each["online"] for each in peer.said(f"care/v1/lianhua/{device}/status")]


def test_a_gateway_s_outage_fires_its_will_and_its_return_gives_births_and_what_it_kept(
    mosquitto: Broker,
) -> None:
    async def play(peer: Peer) -> list[Message]:
        stage = Stage(mosquitto, f"gateway_outage:{GATEWAY}@70s+20m")
        said = await stage.begin()
        said += stage.plays(20 * 60)
        await until(lambda: gateway_says(peer) == [True, False], "the will")
        meanwhile = stage.plays(21 * 60 + 9)
        assert GATEWAY not in {each.link for each in meanwhile}
        said += meanwhile
        heard = len(peer.heard)
        said += stage.plays(30 * 60)
        await stage.again_connected()
        await until(lambda: len(peer.heard) > heard)
        await stage.lines.finish(within_s=5)
        assert stage.ledger.lines == len(named(said))
        return said

    with listening(mosquitto) as peer:
        said = asyncio.run(play(peer))
        wait_until(lambda: named(said) <= set(peer.devices()), what="everything that was kept")
        assert gateway_says(peer) == [True, False, True]
        assert len(peer.devices()) == len(set(peer.devices()))


def test_a_lost_will_is_never_sent(mosquitto: Broker) -> None:
    async def play() -> None:
        stage = Stage(mosquitto, f"lost_will:{GATEWAY}@70s+10m")
        await stage.begin()
        stage.plays(5 * 60)
        links = stage.lines._uplinks
        await until(lambda: links[GATEWAY]._link is None, "the connection gone")
        assert links["F-hall-counter"]._link is not None
        stage.plays(12 * 60)
        await stage.again_connected()
        await stage.lines.finish(within_s=5)

    with listening(mosquitto) as peer:
        asyncio.run(play())
        wait_until(lambda: len(gateway_says(peer)) == 2, what="the second birth")
        assert gateway_says(peer) == [True, True], "the broker was never told"


def test_a_storm_of_many_connections_loses_nothing_and_every_will_fires(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "HOMES_PER_GATEWAY", 1)  # a connection and a will for every home

    async def play(peer: Peer) -> list[Message]:
        stage = Stage(mosquitto, "reconnect_storm,times=2,every=60s,off=5s@70s", homes=60)
        said = await stage.begin()
        wills = 0
        for broken_s, back_s in ((71, 76), (131, 136)):
            before = stage.plays(broken_s - 2)  # still unacknowledged when the sockets die
            said += before + stage.plays(broken_s)
            wills += 61
            await until(lambda: peer_wills(peer) == wills, "every will")  # noqa: B023 awaited here
            said += stage.plays(back_s)
            await stage.again_connected()
        said += stage.plays(600)
        await stage.lines.settled()
        assert stage.lines.totals()["connects"] == 3 * 61
        assert stage.lines.totals()["dropped"] == 0
        await stage.lines.finish(within_s=5)
        return said

    with listening(mosquitto) as peer:
        said = asyncio.run(play(peer))
        assert len(named(said)) > 300
        wait_until(lambda: named(said) <= set(peer.devices()), what="every message")


def peer_wills(peer: Peer) -> int:
    return sum(payload == b'{"online":false}' for _, payload, _ in list(peer.heard))


def test_a_driven_past_tells_the_will_and_the_births_in_their_place(mosquitto: Broker) -> None:
    """Nothing breaks in earnest while time is driven: the order would be anybody's guess."""

    async def play() -> Stage:
        stage = Stage(mosquitto, f"flapping_gateway,every=5m,off=60s:{GATEWAY}@2m+10m")
        await stage.lines.start()
        stage.plays(15 * 60)
        await stage.lines.settled()
        assert stage.lines.totals()["connects"] == 2
        await stage.lines.finish(within_s=5)
        return stage

    with listening(mosquitto) as peer:
        stage = asyncio.run(play())
        wait_until(lambda: gateway_says(peer).count(True) == 3, what="the births")
        assert gateway_says(peer) == [True, False, True, False, True]
        births = [each.get("ts") for each in peer.said(f"care/v1/lianhua/{GATEWAY}/status")][2::2]
        assert births == [stage.start_ms + at * 60 * SECOND for at in (3, 8)]
