"""A load claims what its broker did, no more: against a broker on virtual time that is slow, narrow, and refuses some."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_loop import VirtualLoop, live_through

from firmware_sim.delays import SHORTEST_MS, STEP, Delays
from firmware_sim.links import LinkEvents
from firmware_sim.load import STALLED_S, TICK_MIN_S, Load, StalledError
from firmware_sim.load_book import BEHIND_MS, shortfalls
from firmware_sim.load_devices import Speech

ROUNDING_MS = 0.006
EXAMPLES = 1_000 if os.environ.get("CAREHUB_DEEP") == "1" else 40


@dataclass
class SlowBroker:
    """Takes ``per_s`` messages a second over all connections, one after the other, and answers ``delay_s`` later."""

    per_s: float
    delay_s: float
    window: int
    refuses_every: int = 0
    dies_after: int = 10**9
    loop: VirtualLoop = field(init=False)
    sent_s: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    refused: int = 0
    free_s: float = 0.0
    last_s: float = 0.0
    links: int = 0

    def link(self, *_address: object) -> SlowLink:
        self.links += 1
        return SlowLink(self)


class SlowLink:
    def __init__(self, broker: SlowBroker) -> None:
        self.broker, self.window, self.in_flight = broker, broker.window, 0
        self.events: LinkEvents

    async def open(self, events: LinkEvents, _subscriptions: tuple[str, ...]) -> None:
        self.events = events

    def send(self, tag: int, _topic: str, _payload: bytes, **_retain: bool) -> None:
        broker, loop = self.broker, self.broker.loop
        self.in_flight += 1
        assert self.in_flight <= broker.window
        number, now_s = len(broker.sent_s), loop.time()
        broker.sent_s.append(now_s)
        if number >= broker.dies_after:
            return
        broker.free_s = max(broker.free_s, now_s) + 1 / broker.per_s
        refused = bool(broker.refuses_every) and number % broker.refuses_every == 0
        refusal = "NOT_AUTHORIZED" if refused else None
        loop.call_at(broker.free_s + broker.delay_s, self.answer, tag, now_s, refusal)

    def answer(self, tag: int, sent_s: float, refusal: str | None) -> None:
        broker = self.broker
        self.in_flight -= 1
        broker.last_s = broker.loop.time()
        if refusal:
            broker.refused += 1
        else:
            broker.took_s.append(broker.last_s - sent_s)
        self.events.acked(tag, refusal)

    async def close(self) -> None:
        pass

    def drop(self) -> None:
        pass


def perform(load: Load, broker: SlowBroker) -> dict:
    async def life(loop: VirtualLoop) -> dict:
        broker.loop = loop
        return await load.run()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("firmware_sim.load.new_link", broker.link)
        return live_through(life)


def exactly(took: list[float], share: float) -> float:
    return sorted(took)[math.ceil(share * len(took)) - 1] * 1000 if took else 0.0


brokers = st.builds(
    SlowBroker,
    per_s=st.floats(50, 50_000),
    delay_s=st.floats(0, 0.4),
    window=st.integers(1, 40),
    refuses_every=st.sampled_from([0, 0, 1, 3]),
)
loads = st.builds(
    Load,
    messages=st.integers(1, 150),
    devices=st.integers(6, 40),
    connections=st.integers(1, 6),
    rate=st.one_of(st.just(0.0), st.floats(20, 5_000)),
    event_every=st.integers(0, 9),
)


@settings(max_examples=EXAMPLES)
@given(loads, brokers)
def test_nothing_is_claimed_that_the_broker_did_not_do(load: Load, broker: SlowBroker) -> None:
    found = perform(load, broker)
    assert found["published"] == len(broker.sent_s) == load.messages
    assert (found["acked"], found["refused"]) == (len(broker.took_s), broker.refused)
    assert found["connects"] == broker.links == load.connections
    took_s = broker.last_s - broker.sent_s[0]
    assert found["msgs_per_s"] <= len(broker.took_s) / took_s * 1.001 + 0.1
    assert found["seconds"] >= took_s - 1e-6
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        true = exactly(broker.took_s, share)
        assert true - ROUNDING_MS <= found["puback_ms"][name] <= max(true, SHORTEST_MS) * STEP + ROUNDING_MS
    assert found["puback_ms"]["max"] == pytest.approx(max(broker.took_s, default=0) * 1000, abs=ROUNDING_MS)
    assert bool(found["refused_why"]) == bool(broker.refused)


@settings(max_examples=EXAMPLES)
@given(loads.filter(lambda load: load.rate), brokers)
def test_how_far_it_fell_behind_its_schedule_is_said(load: Load, broker: SlowBroker) -> None:
    found = perform(load, broker)
    began_s = broker.sent_s[0]
    # However it was sent, the n-th send can at best have been the n-th of the schedule.
    behind = [(sent - began_s - n / load.rate) * 1000 for n, sent in enumerate(sorted(broker.sent_s))]
    assert found["loop"] == "open"
    assert found["behind_ms"]["max"] >= max(behind) - ROUNDING_MS
    assert found["msgs_per_s"] <= load.rate * 1.001 + 0.1
    if abs(found["behind_ms"]["max"] - BEHIND_MS) > ROUNDING_MS:
        assert found["rate_kept"] == (found["behind_ms"]["max"] < BEHIND_MS)
    assert any("rate was not kept" in line for line in shortfalls(found)) == (not found["rate_kept"])
    if broker.took_s:
        assert found["due_to_puback_ms"]["max"] >= found["puback_ms"]["max"] - ROUNDING_MS


def test_a_broker_with_room_keeps_the_rate_and_one_without_does_not() -> None:
    load = Load(messages=1_000, devices=50, connections=5, rate=1_000)
    quick = perform(load, SlowBroker(per_s=20_000, delay_s=0.002, window=100))
    assert quick["rate_kept"]
    assert quick["msgs_per_s"] == pytest.approx(quick["acked"] / quick["seconds"], abs=0.1)
    assert quick["behind_ms"]["max"] <= TICK_MIN_S * 1000 + 1
    slow = perform(load, SlowBroker(per_s=500, delay_s=0.002, window=10))
    assert not slow["rate_kept"]
    assert slow["msgs_per_s"] == pytest.approx(500, rel=0.01)
    # Asked as the schedule wants it, each waited; asked one after the other, the broker seems quick.
    assert slow["due_to_puback_ms"]["p99"] > 5 * slow["puback_ms"]["p99"]


def test_thousands_of_connections_do_not_speak_all_at_once() -> None:
    broker = SlowBroker(per_s=1e9, delay_s=0, window=10)
    perform(Load(messages=500, devices=500, connections=500, rate=100), broker)
    assert all(sent * 100 >= n - 1e-6 for n, sent in enumerate(broker.sent_s))


def test_a_broker_that_stops_answering_ends_it_with_the_count() -> None:
    broker = SlowBroker(per_s=1_000, delay_s=0.001, window=10, dies_after=25)
    with pytest.raises(StalledError, match=f"nothing for {STALLED_S:.0f} s; 25 of 100 messages"):
        perform(Load(messages=100, devices=10, connections=2), broker)


def test_every_device_speaks_in_order_over_one_connection() -> None:
    said: dict[str, list[tuple[int, int]]] = {}
    for connections in (3, 10, 47):
        load = Load(messages=500, devices=47, connections=connections, event_every=7)
        crowd, shares = load.crowd(), load.crowd().shares()
        assert sorted(device for share in shares for device in share) == list(range(47))
        assert all(shares)
        said.clear()
        events = 0
        for number, mine in enumerate(shares):
            for message in crowd.messages(number, mine, Speech(500, 2, 0.2, 7, 7), "7f3a"):
                said.setdefault(message.device, []).append((number, message.seq))
                events += message.kind == "event"
                assert message.kind != "event" or message.device.endswith("pendant")
        for spoken in said.values():
            assert len({number for number, _ in spoken}) == 1
            assert [seq for _, seq in spoken] == list(range(1, len(spoken) + 1))
        assert 500 // 7 <= events <= 500 // 7 + 1


@given(st.lists(st.floats(0, 1e7), min_size=1), st.floats(0, 1))
def test_a_percentile_is_never_too_short_and_hardly_too_long(took: list[float], share: float) -> None:
    delays = Delays()
    for ms in took:
        delays.note(ms)
    true = sorted(took)[max(math.ceil(share * len(took)), 1) - 1]
    assert true * (1 - 1e-9) <= delays.within(share) <= max(true, SHORTEST_MS) * STEP * (1 + 1e-9)
    assert delays.count == len(took)
    assert delays.max_ms == max(took)


def test_no_delays_are_nothing() -> None:
    assert Delays().summary() == {"p50": 0, "p99": 0, "max": 0}
