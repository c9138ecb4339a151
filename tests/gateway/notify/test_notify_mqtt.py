"""The MQTT channel against a real Mosquitto and a real subscriber: who listens, and what that proves."""

from __future__ import annotations

import asyncio
import json
import queue
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from parts import Broker, free_port, real_part
from test_notify_channels import FALL, NOTICE

from gateway.alerts.message import AlertMessage
from gateway.notify.attempt import attempt
from gateway.notify.channel import Channel, NotForChannel, Proof, Receipt, Recoverable, Unrecoverable
from gateway.notify.http import ChannelError
from gateway.notify.mqtt_topic import MqttTopic, Place
from gateway.notify.opening import Given, open_channel
from gateway.notify.outbox import Waiting

TOPIC = "site/siren/hall"
HEARD = Receipt("PUBACK, subscriber matched", Proof.REACHED)
UNKNOWN = Receipt("PUBACK, whether anybody listens is unknown", Proof.TAKEN)


@contextmanager
def listening(broker: Broker, topic: str = TOPIC) -> Iterator[queue.Queue[paho.MQTTMessage]]:
    """A subscriber of another library's version than ours, MQTT 3.1.1, as a cheap siren has it."""
    heard: queue.Queue[paho.MQTTMessage] = queue.Queue()
    subscribed: queue.Queue[int] = queue.Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    client.on_connect = lambda own, *_: own.subscribe(topic, 1)
    client.on_subscribe = lambda *_: subscribed.put(1)
    client.on_message = lambda _own, _data, message: heard.put(message)
    client.connect(broker.host, broker.port)
    client.loop_start()
    subscribed.get(timeout=5)
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def siren(port: int, timeout_s: float = 4.0, **options: Any) -> MqttTopic:  # noqa: ANN401 whatever the channel takes
    return MqttTopic("siren", Place("127.0.0.1", port, TOPIC), timeout_s=timeout_s, **options)


def send(channel: Channel, *messages: Any) -> list[Receipt]:  # noqa: ANN401 alert messages
    async def all_of_them() -> list[Receipt]:
        try:
            return [await channel.send(f"id-{number}", message) for number, message in enumerate(messages)]
        finally:
            await channel.aclose()

    return asyncio.run(all_of_them())


def test_a_siren_that_listens_gets_the_alert_and_that_is_proven(mosquitto: Broker) -> None:
    with listening(mosquitto) as heard:
        assert send(siren(mosquitto.port), FALL) == [HEARD]
        message = heard.get(timeout=5)
        assert (message.topic, message.qos, message.retain) == (TOPIC, 1, False)
        assert json.loads(message.payload) == {
            "id": "id-0",
            "number": 417,
            "severity": "critical",
            "kind": "life_safety",
            "about": "alert",
            "text_zh": "紧急：疑似跌倒。警情0417，请接警",
        }
        test = replace(NOTICE, about="test")  # somebody tries the siren: it sounds, whatever its class
        assert send(siren(mosquitto.port), test) == [HEARD]
        assert json.loads(heard.get(timeout=5).payload)["about"] == "test"
        assert heard.empty()


def test_nobody_on_the_topic_is_no_success(mosquitto: Broker) -> None:
    with pytest.raises(Recoverable, match="nobody is subscribed to the topic"):
        send(siren(mosquitto.port), FALL)
    with listening(mosquitto, "site/siren/yard"), pytest.raises(Recoverable, match="nobody is subscribed"):
        send(siren(mosquitto.port), FALL)


def test_one_that_hears_everything_proves_nothing(mosquitto: Broker) -> None:
    with listening(mosquitto, "site/#"):
        assert send(siren(mosquitto.port), FALL) == [UNKNOWN]


def test_a_siren_does_not_sound_for_a_flat_battery_nor_for_an_outcome(mosquitto: Broker) -> None:
    with listening(mosquitto) as heard:
        with pytest.raises(NotForChannel, match="it is for life_safety, and this is device"):
            send(siren(mosquitto.port), NOTICE)
        for about in ("outcome", "digest", "step", "recontact"):
            with pytest.raises(NotForChannel, match=f"alerts only, not of '{about}'"):
                send(siren(mosquitto.port), replace(FALL, about=about))
        # Told last, heard first: nothing went before it.
        assert send(siren(mosquitto.port, classes=("facility", "device")), NOTICE) == [HEARD]
        assert json.loads(heard.get(timeout=5).payload)["kind"] == "device"
        assert heard.empty()


def test_what_is_not_for_a_siren_does_not_say_that_it_is_broken() -> None:
    async def tried(told: AlertMessage) -> tuple[str, bool | None]:
        waiting = Waiting(
            id="1",
            alert_id="5f0c",
            channel="siren",
            attempts=0,
            raised_wall_ms=0,
            withdrawn=False,
            message=told,
        )
        result = await attempt("siren", siren(free_port()), waiting, now_ms=lambda: 0)
        return result.outcome.state, result.works

    assert asyncio.run(tried(NOTICE)) == ("failed", None)
    assert asyncio.run(tried(FALL)) == ("waiting", False)  # nothing listens on that port


@pytest.mark.parametrize(
    ("payload_on", "payload"),
    [
        ("ON", b"ON"),
        ("on $number", b"on 417"),
        (
            '{"state": "on", "n": "$number", "say": "$text_zh!", "price": "$$5", "list": ["$id", 7, null]}',
            None,
        ),
    ],
)
def test_the_payload_is_as_the_device_wants_it(
    mosquitto: Broker, payload_on: str, payload: bytes | None
) -> None:
    told = replace(FALL, text={"zh": '他说"跌倒"\\$id', "en": ""})
    with listening(mosquitto) as heard:
        assert send(siren(mosquitto.port, payload_on=payload_on), told) == [HEARD]
        got = heard.get(timeout=5).payload
    if payload is not None:
        assert got == payload
        return
    assert json.loads(got) == {
        "state": "on",
        "n": 417,
        "say": '他说"跌倒"\\$id!',
        "price": "$5",
        "list": ["id-0", 7, None],
    }


def test_a_broker_that_is_away_or_silent_or_refuses_is_recoverable(mosquitto: Broker) -> None:
    with pytest.raises(Recoverable, match="not to be reached"):
        send(siren(free_port()), FALL)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(Recoverable, match="no PUBACK"):
            send(siren(silent.getsockname()[1], timeout_s=0.3), FALL)
        assert time.monotonic() - began < 2
    mosquitto.stop()
    mosquitto.conf = mosquitto.conf.replace("allow_anonymous true", "allow_anonymous false")
    mosquitto.start()
    given = Given(
        name="siren",
        url=f"mqtt://bell@127.0.0.1:{mosquitto.port}",
        secret="let-me-in",
        options={"topic": TOPIC},
    )
    with pytest.raises(Recoverable, match="check user and password") as caught:
        send(open_channel("mqtt", given), FALL)
    assert "let-me-in" not in caught.value.reason


@contextmanager
def answering(*answers: bytes) -> Iterator[int]:
    """A port on which each connection is answered with these bytes, whatever it says, and then closed."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(4096)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with server:
        yield server.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 40, "ended the connection"),  # begins like a PUBACK
        (b"\x20\x02\x00\x01", "not MQTT 5's"),  # of a broker that knows 3.1.1 only
        (b"\x40\x03\x00\x01\x00", "not MQTT 5's"),  # a PUBACK to the CONNECT
        (b"\x20\xff\xff\xff\x7f" + b"x" * 200_000, "not MQTT 5's"),  # a packet of 256 MiB
        (b"\x20\x03\x00\x00\x00\x40\x02\x00", "ended the connection"),
        (b"\x20\x03\x00\x00\x00\xe0\x01\x8b", "ended the connection: SERVER_SHUTTING_DOWN"),
        (b"\x20\x03\x00\x00\x00\x40\x03\x00\x01\x97", "refused the message: QUOTA_EXCEEDED"),
        (b"", "ended the connection"),
    ],
)
def test_what_is_no_answer_of_a_broker_is_recoverable(answer: bytes, word: str) -> None:
    with answering(answer) as port, pytest.raises(Recoverable, match=word):
        send(siren(port), FALL)


def test_a_broker_that_never_says_that_nobody_listens_proves_nothing() -> None:
    taken = b"\x20\x03\x00\x00\x00" + b"\x40\x02\x00\x01" + b"\x40\x02\x00\x02"
    with answering(taken, taken[:-4]) as port:
        assert send(siren(port), FALL, FALL) == [UNKNOWN, UNKNOWN]


def test_a_topic_the_account_may_not_write_is_said_so(mosquitto: Broker) -> None:
    mosquitto.stop()
    acl = mosquitto.folder / "acl"
    acl.write_text("topic write site/light\n")
    acl.chmod(0o644)
    mosquitto.conf += f"acl_file {acl}\n"
    mosquitto.start()
    with pytest.raises(Unrecoverable, match="does not let this account publish"):
        send(siren(mosquitto.port), FALL)


def test_a_broker_behind_tls_is_believed_by_its_own_authority_only(mosquitto: Broker, tmp_path: Path) -> None:
    mosquitto.stop()
    key, certificate = tmp_path / "server.key", tmp_path / "server.crt"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([real_part("openssl"), *request.split(), *names], check=True, capture_output=True)
    for file in (key, certificate):
        shutil.copy(file, mosquitto.folder / file.name)
        (mosquitto.folder / file.name).chmod(0o644)
    secured, inside = free_port(), mosquitto.folder
    mosquitto.conf += (
        f"listener {secured} 127.0.0.1\ncertfile {inside}/server.crt\nkeyfile {inside}/server.key\n"
    )
    mosquitto.start()
    url = f"mqtts://127.0.0.1:{secured}"
    with listening(mosquitto) as heard:
        options = {"topic": TOPIC, "ca_file": str(certificate)}
        assert send(open_channel("mqtt", Given(name="siren", url=url, options=options)), FALL) == [HEARD]
        with pytest.raises(Recoverable, match="certificate is not believed"):
            send(open_channel("mqtt", Given(name="siren", url=url, options={"topic": TOPIC})), FALL)
        heard.get(timeout=5)
        assert heard.empty()


def test_several_at_once_are_each_answered(mosquitto: Broker) -> None:
    async def four(channel: MqttTopic) -> list[Receipt]:
        try:
            return await asyncio.gather(*(channel.send(f"id-{number}", FALL) for number in range(4)))
        finally:
            await channel.aclose()

    with listening(mosquitto) as heard:
        assert asyncio.run(four(siren(mosquitto.port))) == [HEARD] * 4
        ids = {json.loads(heard.get(timeout=5).payload)["id"] for _ in range(4)}
    assert ids == {"id-0", "id-1", "id-2", "id-3"}


def refused(url: str, **options: str) -> Callable[[], Channel]:
    return lambda: open_channel("mqtt", Given(name="siren", url=url, options=options))


@pytest.mark.parametrize(
    ("opened", "word"),
    [
        (refused("mqtt://h"), "topic is missing"),
        (refused("http://h", topic="a"), "url must be like mqtt://"),
        (refused("mqtt://", topic="a"), "url must be like mqtt://"),
        (refused("mqtt://h:port", topic="a"), "url is no address"),
        (refused("mqtt://u:pass-word@h", topic="a"), "put it into 'secret'"),
        (refused("mqtt://h", topic="a/#"), "one topic"),
        (
            refused("mqtts://h", topic="a", ca_file="/nowhere/ca.crt"),
            "ca_file cannot be used (FileNotFoundError)",
        ),
        (refused("mqtt://h", topic="a", classes="life_safety, lift"), "unknown 'lift'"),
        (refused("mqtt://h", topic="a", classes=" "), "classes is empty"),
        (refused("mqtt://h", topic="a", payload_on="$who"), "payload_on may hold $id, $number"),
        (refused("mqtt://h", topic="a", payload_on="5 $"), "payload_on may hold $id, $number"),
        (refused("mqtt://h", topic="a", class_="care"), "did you mean 'classes'?"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_words(opened: Callable[[], Channel], word: str) -> None:
    with pytest.raises(ChannelError) as caught:
        opened()
    assert word in str(caught.value)
    assert "channel 'siren'" in str(caught.value)
    assert "pass-word" not in str(caught.value)


def test_the_password_is_in_no_picture_of_the_place() -> None:
    channel = open_channel(
        "mqtt",
        Given(name="s", url="mqtts://b@h", secret="let-me-in", options={"topic": "a", "classes": "care"}),
    )
    assert isinstance(channel, MqttTopic)
    assert (channel.proves, channel.personal, channel.gathers) == (Proof.REACHED, False, False)
    place = channel._place
    assert (place.port, place.tls, place.username, place.password) == (8883, True, "b", "let-me-in")
    assert not re.search("let-me-in", repr(place))
    asyncio.run(channel.aclose())
