"""A siren or a light: an alert as a message on an MQTT topic, and whether anybody listens there.

Needs MQTT 5, whose PUBACK may say *no matching subscribers* (reason 0x10, section 3.4.2.1). A broker need not say so, and one
that keeps a record of every topic counts as a listener. So beside each message an empty one goes to a topic below, to which
nobody can have subscribed by name: only where that one is said to reach nobody does the other's reaching somebody prove
anything. Even then it proves that the siren's subscription took it, not that it was heard: a session the broker keeps for a
siren that is off counts too, and gets the message when it is back, unless that has expired.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Template
from urllib.parse import unquote, urlsplit

import mqtt5

from gateway.alerts.message import AlertMessage
from gateway.notify.channel import GROUP, NotForChannel, Proof, Receipt, Recipient, Recoverable, Unrecoverable
from gateway.notify.http import ChannelError

TIMEOUT_S = 4.0
PROBE_WAIT_S = 0.5  # how long the answer to the empty message is waited for once the alert's is there
EXPIRY_S = 300  # a siren that was off must not sound for an alert of long ago
KEEP_ALIVE_S = 10
GOODBYE_S = 0.2
READ_BYTES = 4096
UNREAD_BYTES_MAX = 65_536  # the answers to a connection and two messages are a few dozen bytes
KINDS = ("life_safety", "care", "facility", "device")
SOUNDED = ("alert", "test")  # outcomes, digests and what is told to people are no reason to sound

_FIELDS = ("id", "number", "severity", "kind", "about", "text_zh")
HEARD = Receipt("PUBACK, subscriber matched", Proof.REACHED)
UNKNOWN = Receipt("PUBACK, whether anybody listens is unknown", Proof.TAKEN)
_DEFAULT = json.dumps({name: f"${name}" for name in _FIELDS})


@dataclass(frozen=True, slots=True)
class Place:
    """Where to publish: broker, account and topic. ``password`` is never told."""

    host: str
    port: int
    topic: str
    username: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: str = ""  # whose certificates are believed; the system's without it


class MqttTopic:
    """Publishes at QoS 1, not retained, over a connection of its own for each message; nobody listening is no success."""

    proves = Proof.REACHED
    personal = False
    gathers = False

    def __init__(
        self,
        name: str,
        place: Place,
        *,
        payload_on: str = "",
        classes: tuple[str, ...] = ("life_safety",),
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._place, self._classes, self._timeout_s = place, classes, timeout_s
        self._payload = _payload(name, payload_on or _DEFAULT)
        self._tls = _trust(name, place)

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:  # noqa: ARG002 a siren
        """Publish once; what is not for this channel is refused, so that it is never shown as delivered."""
        if message.about not in SOUNDED:
            raise NotForChannel(f"not for this channel: it is told of alerts only, not of {message.about!r}")
        if message.about != "test" and message.kind not in self._classes:
            raise NotForChannel(
                f"not for this channel: it is for {', '.join(self._classes)}, and this is {message.kind}"
            )
        payload = self._payload(_values(message_id, message)).encode()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._publish(payload)
        except TimeoutError:
            raise Recoverable(f"no PUBACK within {self._timeout_s:g} s") from None
        except ssl.SSLCertVerificationError:
            raise Recoverable("the broker's certificate is not believed; set ca_file") from None
        except OSError as error:
            raise Recoverable(f"the broker is not to be reached ({type(error).__name__})") from None

    async def aclose(self) -> None:
        """Nothing is kept open between messages."""

    async def _publish(self, payload: bytes) -> Receipt:
        connection = _Connection(
            *await asyncio.open_connection(self._place.host, self._place.port, ssl=self._tls)
        )
        try:
            await connection.sign_in(self._place)
            _refuse(await connection.publish(self._place.topic, payload))
            # An empty message for nobody: the broker's word on it says what its word on the alert is worth.
            try:
                async with asyncio.timeout(PROBE_WAIT_S):
                    word = await connection.publish(f"{self._place.topic}/nobody-{secrets.token_hex(8)}", b"")
            except (TimeoutError, OSError, Recoverable):
                return UNKNOWN
            return HEARD if word == mqtt5.PubAckReasonCode.NO_MATCHING_SUBSCRIBERS else UNKNOWN
        finally:
            await connection.end()


class _Connection:
    """One MQTT 5 connection, for a message or two: one packet out, one answer in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._unread = b""
        self._last_id = 0

    async def sign_in(self, place: Place) -> None:
        """Connect as the place's account; raises ``Recoverable``."""
        packet = mqtt5.ConnectPacket(
            "",  # the broker gives a name
            username=place.username or None,
            password=place.password.encode() if place.password else None,
            clean_start=True,
            keep_alive=KEEP_ALIVE_S,
        )
        self._writer.write(packet.write())
        answer = await self._read()
        if not isinstance(answer, mqtt5.ConnAckPacket):
            raise Recoverable("the broker's answer is not MQTT 5's")
        if answer.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
            raise Recoverable(f"the broker refused us: {answer.reason_code.name}; check user and password")

    async def publish(self, topic: str, payload: bytes) -> mqtt5.PubAckReasonCode:
        """Publish at QoS 1; what the PUBACK says of it. Raises ``Recoverable``."""
        self._last_id += 1
        packet = mqtt5.PublishPacket(
            topic,
            payload,
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            packet_id=self._last_id,
            message_expiry_interval=EXPIRY_S,
        )
        self._writer.write(packet.write())
        while True:
            answer = await self._read()
            if isinstance(answer, mqtt5.PubAckPacket) and answer.packet_id == self._last_id:
                return answer.reason_code
            if isinstance(answer, mqtt5.DisconnectPacket):
                raise Recoverable(f"the broker ended the connection: {answer.reason_code.name}")

    async def end(self) -> None:
        """Say goodbye, and wait for no answer to it."""
        self._writer.write(mqtt5.DisconnectPacket().write())
        self._writer.close()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._writer.wait_closed()
        except (TimeoutError, OSError):
            self._writer.transport.abort()

    async def _read(self) -> mqtt5.Packet:
        while True:
            try:
                packet, size = mqtt5.read(memoryview(self._unread))
            except IndexError:  # not whole yet
                more = await self._reader.read(READ_BYTES)
                if not more:
                    raise Recoverable("the broker ended the connection") from None
                if len(self._unread) > UNREAD_BYTES_MAX:
                    raise Recoverable("the broker's answer is not MQTT 5's") from None
                self._unread += more
            except ValueError:
                raise Recoverable("the broker's answer is not MQTT 5's") from None
            else:
                self._unread = self._unread[size:]
                return packet


def _refuse(reason: mqtt5.PubAckReasonCode) -> None:
    if reason == mqtt5.PubAckReasonCode.NO_MATCHING_SUBSCRIBERS:
        raise Recoverable("nobody is subscribed to the topic: siren off, or another topic")
    if reason == mqtt5.PubAckReasonCode.NOT_AUTHORIZED:
        raise Unrecoverable("the broker does not let this account publish to the topic")
    if reason != mqtt5.PubAckReasonCode.SUCCESS:
        raise Recoverable(f"the broker refused the message: {reason.name}")


def place_of(name: str, url: str, topic: str, password: str, ca_file: str = "") -> Place:
    """Broker and account of ``mqtt://user@host:1883`` or ``mqtts://…:8883``; raises ``ChannelError``."""
    what = f"channel {name!r}"
    try:
        parsed = urlsplit(url)
        port = parsed.port
    except ValueError:
        raise ChannelError(f"{what}: url is no address; write it like mqtts://user@host:8883") from None
    if parsed.scheme not in {"mqtt", "mqtts"} or not parsed.hostname:
        raise ChannelError(f"{what}: url must be like mqtt://user@host:1883 or mqtts://user@host:8883")
    if parsed.password:
        raise ChannelError(f"{what}: url holds a password; put it into 'secret'")
    if "#" in topic or "+" in topic or topic.startswith("$"):
        raise ChannelError(f"{what}: options: topic must name one topic, without # or + and not under $")
    return Place(
        host=parsed.hostname,
        port=port or (8883 if parsed.scheme == "mqtts" else 1883),
        topic=topic,
        username=unquote(parsed.username or ""),
        password=password,
        tls=parsed.scheme == "mqtts",
        ca_file=ca_file,
    )


def classes_of(name: str, given: str) -> tuple[str, ...]:
    """The classes of alert the channel sounds for, from a comma list; raises ``ChannelError``."""
    classes = tuple(filter(None, (word.strip() for word in given.split(","))))
    for word in classes:
        if word not in KINDS:
            raise ChannelError(
                f"channel {name!r}: options: classes: unknown {word!r}; use {', '.join(KINDS)}"
            )
    if not classes:
        raise ChannelError(
            f"channel {name!r}: options: classes is empty; use one or more of {', '.join(KINDS)}"
        )
    return classes


def _trust(name: str, place: Place) -> ssl.SSLContext | None:
    if not place.tls:
        return None
    try:
        return ssl.create_default_context(cafile=place.ca_file or None)
    except OSError as error:
        raise ChannelError(
            f"channel {name!r}: options: ca_file cannot be used ({type(error).__name__}); name a PEM file the hub may read"
        ) from None


def _values(message_id: str, message: AlertMessage) -> dict[str, str | int]:
    return {
        "id": message_id,
        "number": message.number,
        "severity": message.severity,
        "kind": message.kind,
        "about": message.about,
        "text_zh": message.text.get("zh", ""),
    }


def _payload(name: str, given: str) -> Callable[[Mapping[str, str | int]], str]:
    """How the payload is made: JSON whose strings may hold ``$field``, or plain text such as ``ON``."""
    known = set(Template(given).get_identifiers())
    if not Template(given).is_valid() or not known <= set(_FIELDS):
        raise ChannelError(
            f"channel {name!r}: options: payload_on may hold ${', $'.join(_FIELDS)} and nothing else after a $ ($$ for $)"
        )
    try:
        shape = json.loads(given)
    except ValueError:
        return lambda values: Template(given).substitute(values)
    return lambda values: json.dumps(_filled(shape, values), ensure_ascii=False)


def _filled(shape: object, values: Mapping[str, str | int]) -> object:
    if isinstance(shape, dict):
        return {key: _filled(value, values) for key, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(value, values) for value in shape]
    if isinstance(shape, str):
        whole = values.get(shape.removeprefix("$")) if shape.startswith("$") else None
        return Template(shape).substitute(values) if whole is None else whole
    return shape
