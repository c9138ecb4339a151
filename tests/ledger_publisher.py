"""A publisher that remembers by itself what the broker acknowledged to it: the measure the hub is held to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from parts import Broker, wait_until

Identity = tuple[str, str, int]
NO_CLOCK = -1  # as ``ts``: the message bears no time
UNACKNOWLEDGED_MAX = 30_000  # behind 65,535 paho gives a message's id to another, and the first is never sent


class Publisher:
    """Publishes at QoS 1 over MQTT 5. ``acknowledged`` holds (device, boot, seq) of everything PUBACKed, ``said`` its values.

    When the connection is lost it connects again and sends again what has no PUBACK.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        site: str = "lianhua",
        will: tuple[str, bytes] | None = None,
        keepalive: int = 60,
        port: int = 0,
    ) -> None:
        self.site, self.boot = site, "b007"
        self.acknowledged: set[Identity] = set()
        self.falls: set[Identity] = set()
        self.said: dict[Identity, dict[str, float | str]] = {}
        self._seqs: dict[str, int] = {}
        self._unacknowledged: dict[int, Identity | None] = {}
        self._early: set[int] = set()
        self._lock = threading.Lock()
        self._connected = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.max_inflight_messages_set(2_000)
        self._client.on_connect = lambda *_: self._connected.set()
        self._client.on_publish = lambda _client, _data, mid, *_: self._note(mid)
        if will is not None:
            self._client.will_set(*will, qos=1, retain=True)
        self._client.connect(broker.host, port or broker.port, keepalive)
        self._client.loop_start()
        wait_until(self._connected.is_set, what="the publisher being connected")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def telemetry(self, device: str, *, ts: int | None = None, **metrics: float | str | bool) -> Identity:
        """The device's next message with these readings."""
        values = {n: v if isinstance(v, str) else float(v) for n, v in metrics.items()}
        return self._say(device, "telemetry", {"m": metrics}, ts, values)

    def fall(self, device: str, *, ts: int | None = None, kind: str = "fall") -> Identity:
        """The device's next message: it felt somebody fall."""
        seq = self._seqs.get(device, 0) + 1
        body: dict[str, object] = {
            "id": f"{device}-{self.boot}-{seq}",
            "type": kind,
            "data": {"confidence": 0.9},
        }
        identity = self._say(device, "event", body, ts, {f"event.{kind}": 0.9})
        self.falls.add(identity)
        return identity

    def raw(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """These bytes on this topic; without an identity."""
        self._publish(topic, payload, None, retain=retain, qos=qos)

    def settled(self, within_s: float = 30.0) -> None:
        """Wait for every PUBACK."""
        wait_until(lambda: not self._unacknowledged, within_s=within_s, what="every PUBACK")

    def vanish(self) -> None:
        """Break the connection off without DISCONNECT: the broker sends the will."""
        socket = self._client.socket()
        self._client.loop_stop()
        assert socket is not None
        socket.close()

    def _say(
        self,
        device: str,
        kind: str,
        body: dict[str, object],
        ts: int | None,
        values: dict[str, float | str],
    ) -> Identity:
        seq = self._seqs[device] = self._seqs.get(device, 0) + 1
        when: dict[str, object] = {} if ts == NO_CLOCK else {"ts": now_ms() if ts is None else ts}
        body = when | {"boot": self.boot, "seq": seq, **body}
        identity = (device, self.boot, seq)
        self.said[identity] = values
        self._publish(f"care/v1/{self.site}/{device}/{kind}", json.dumps(body).encode(), identity)
        return identity

    def _publish(
        self, topic: str, payload: bytes, identity: Identity | None, *, retain: bool = False, qos: int = 1
    ) -> None:
        if len(self._unacknowledged) >= UNACKNOWLEDGED_MAX:
            wait_until(
                lambda: len(self._unacknowledged) < UNACKNOWLEDGED_MAX // 2, within_s=60, what="room for more"
            )
        mid = self._client.publish(topic, payload, qos=qos, retain=retain).mid
        with self._lock:  # the PUBACK may have come before publish() returned
            if mid in self._early:
                self._early.discard(mid)
                self._add(identity)
            else:
                self._unacknowledged[mid] = identity

    def _note(self, mid: int) -> None:
        with self._lock:
            if mid in self._unacknowledged:
                self._add(self._unacknowledged.pop(mid))
            else:
                self._early.add(mid)

    def _add(self, identity: Identity | None) -> None:
        if identity is not None:
            self.acknowledged.add(identity)


class Flow:
    """Messages that keep flowing from every device of ``homes`` homes, a fall of each radar among them now and then.

    ``fall_every`` has no divisor in common with ``homes``: a hub remembers only so many event ids of one device.
    """

    def __init__(
        self, publisher: Publisher, *, homes: int, fall_every: int = 199, doors_every: int = 0, pace: int = 4
    ) -> None:
        self._publisher, self._homes, self._fall_every = publisher, homes, fall_every
        self._doors_every, self._pace = doors_every, pace
        self.ended = 1 << 60  # from then on the devices really are silent
        self.paused = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flow", daemon=True)
        self.said = 0

    def has_come_to(self, number: int) -> bool:
        """Whether so many messages were said."""
        return self.said >= number

    def _run(self) -> None:
        """About 250 a second for each of its pace: a pace, not a wait for anything."""
        while not self._stop.wait(0.004):
            for _ in range(0 if self.paused else self._pace):
                self._say(self.said)
                self.said += 1

    def _say(self, number: int) -> None:
        home, kind = f"H{number % self._homes + 1:04d}", number // self._homes % 4
        if number % self._fall_every == self._fall_every - 1:
            self._publisher.fall(f"{home}-radar")
        elif number % 50 == 0:
            self._publisher.telemetry("GW-01", rssi=-60)
        elif kind == 0:
            self._publisher.telemetry(f"{home}-pir", motion=number % 3 > 0, battery=90)
        elif kind == 1:
            self._publisher.telemetry(f"{home}-door", contact=self._is_shut(number))
        elif kind == 2:
            self._publisher.telemetry(f"{home}-radar", presence=True)
        else:
            self._publisher.telemetry(f"{home}-pendant", battery=80, worn=True)

    def _is_shut(self, number: int) -> bool:
        """By turns of ``doors_every`` messages, so that a door stands open long enough to be told; else now and then."""
        return number // self._doors_every % 3 > 0 if self._doors_every else number % 5 > 0


@contextmanager
def flowing(
    publisher: Publisher, *, homes: int, fall_every: int = 199, doors_every: int = 0, pace: int = 4
) -> Iterator[Flow]:
    flow = Flow(publisher, homes=homes, fall_every=fall_every, doors_every=doors_every, pace=pace)
    flow._thread.start()
    try:
        yield flow
    finally:
        flow._stop.set()
        flow._thread.join(10)
        publisher.settled()
        flow.ended = now_ms()


def now_ms() -> int:
    return time.time_ns() // 1_000_000
