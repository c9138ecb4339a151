"""From the bytes of the wire to an event, or to a word about what is wrong with them. Pure: time is an argument.

The wire (``care/v1/{site}/{device}/telemetry|event|status``) is strict about shapes and lenient about what is not there:
no ``ts`` means hub time, no ``boot`` means that the message has no identity of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, TypeAlias

import msgspec

from rules.conditions.condition import LATE_MS
from rules.events import FromDevice, Occurrence, Quality, Status, Telemetry, Value
from rules.state import TEXT_MAX
from rules.world import Device

PAYLOAD_MAX = 65_536  # bytes; a firmware that sends more is broken
METRICS_MAX = 64
NUMBER_MAX = 1e300  # what is larger, infinity included, is no measurement
# An enum is slow to look up, message by message.
GOOD, LATE, CLOCK, RETAINED = Quality.GOOD, Quality.LATE, Quality.CLOCK, Quality.RETAINED
SECONDS_FROM, SECONDS_TO = 1_000_000_000, 100_000_000_000  # such a ts is seconds since 1970, not milliseconds
FUTURE_OK_MS = 10_000  # a clock that is this much ahead is simply read as "now"
PAST_MAX_MS = 31 * 86_400_000  # no device buffers longer than that
NAME = re.compile(r"(?!event\.)[A-Za-z0-9_.-]{1,64}")  # ``event.<type>`` is how the hub itself keeps an event
ONLINE = "online"  # and this a status
CHANNELS = ("telemetry", "event", "status")

Counted = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
Name = Annotated[str, msgspec.Meta(max_length=64)]
Scalar: TypeAlias = float | bool | str | None
Address: TypeAlias = tuple[str, str]  # device id, channel


class TelemetryWire(msgspec.Struct):
    """``…/telemetry``."""

    m: dict[str, Scalar]
    ts: float | None = None
    boot: Name = ""
    seq: Counted | None = None


class OccurrenceWire(msgspec.Struct):
    """``…/event``."""

    type: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
    ts: float | None = None
    boot: Name = ""
    seq: Counted | None = None
    id: Name = ""
    data: Any = None


class StatusWire(msgspec.Struct):
    """``…/status``, also the last will."""

    online: bool
    ts: float | None = None
    via: Name = ""
    fw: str | None = None
    rssi: float | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a message cannot be read: a short reason for counting, and a sentence for a person."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Times:
    """Hub time; the latest time a device may speak of; by how much hub time is ahead of the devices' (all ms).

    ``latest`` is ``now``, but for a driven clock: there a message carries time with it. ``of_wall`` is by how much hub time is
    ahead of the wall clock, where that is wrong (another figure than ``ahead``) and some devices may follow it.
    """

    now: int
    latest: int
    ahead: int = 0
    of_wall: int | None = None


def decode(
    topic: str, payload: bytes, *, retain: bool, devices: Mapping[str, Device], times: Times
) -> FromDevice | Wrong:
    """One message of a device as an event, or what is wrong with it. Never raises."""
    address = Topics(devices).address(topic)
    if isinstance(address, Wrong):
        return address
    return decode_from(address, payload, retain=retain, times=times)


class Topics:
    """Which device and channel a topic stands for; those of the registry are remembered, for they come again."""

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self.devices = devices
        self._known: dict[str, Address] = {}
        self.telemetry: dict[str, str] = {}  # device by topic, of those of this channel that have come

    def address(self, topic: str) -> Address | Wrong:
        """Device and channel of a topic, or why it has none."""
        known = self._known.get(topic)
        if known is not None:
            return known
        found = _address(topic, self.devices)
        if not isinstance(found, Wrong):
            self._known[topic] = found  # three channels a device: bounded by the registry
            if found[1] == "telemetry":
                self.telemetry[topic] = found[0]
        return found


def decode_from(address: Address, payload: bytes, *, retain: bool, times: Times) -> FromDevice | Wrong:
    """``decode`` for a topic whose address is known."""
    device, channel = address
    if len(payload) > PAYLOAD_MAX:
        return Wrong("too_large", f"{len(payload)} bytes, at most {PAYLOAD_MAX} are read")
    try:
        if not payload.isascii():
            payload.decode()  # the decoder does not look into names it does not know
        if channel == "telemetry":
            return _telemetry(_telemetry_decoder.decode(payload), device, retain=retain, times=times)
        if channel == "event":
            return _occurrence(_occurrence_decoder.decode(payload), device, retain=retain, times=times)
        return _status(_status_decoder.decode(payload), device, retain=retain, times=times)
    except msgspec.ValidationError as error:
        return Wrong("bad_shape", str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Wrong("bad_json", str(error))


def plain(device: str, payload: bytes, times: Times) -> Telemetry | None:  # noqa: C901, PLR0911 in one piece, calls cost
    """A message of readings as nearly every one is: counted by its device, timed now, of known metrics; else None.

    None is no verdict: ``decode_from`` knows the rest.
    """
    if len(payload) > PAYLOAD_MAX or not payload.isascii():
        return None
    try:
        wire = _telemetry_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    now, observed, seq, metrics = times.now, wire.ts, wire.seq, wire.m
    own_time = observed is not None
    if observed is None:
        observed = now
    elif now - LATE_MS <= observed + times.ahead <= times.latest:
        observed = int(observed) + times.ahead
        now = max(now, observed)  # while it is driven, a message carries time with it
    else:
        return None
    if not wire.boot or seq is None or not metrics or len(metrics) > METRICS_MAX:
        return None
    for name, value in metrics.items():
        kind = type(value)
        if name not in _good_names:
            return None
        if kind is bool:
            metrics[name] = 1.0 if value else 0.0
        elif kind is not float or not -NUMBER_MAX < value < NUMBER_MAX:  # type: ignore[operator]  # it is a float here
            return None
    if 0.0 < metrics.get("battery", 1.0) < 1.0:  # type: ignore[operator]  # no percent: see ``units``
        return None
    return Telemetry(now, device, observed, 0, wire.boot, seq, metrics, own_time)  # type: ignore[arg-type]  # seen above


def _address(topic: str, devices: Mapping[str, Device]) -> Address | Wrong:
    match topic.split("/"):
        case ["care", "v1", site, device_id, channel] if channel in CHANNELS:
            pass
        case _:
            return Wrong("bad_topic", f"{topic!r:.300} is not care/v1/site/device/telemetry|event|status")
    device = devices.get(device_id)
    if device is None:
        return Wrong(
            "unknown_device", f"device {device_id!r} is not in the registry; import it with carehub import"
        )
    if device.site != site:
        return Wrong(
            "wrong_site", f"device {device_id!r} belongs to site {device.site!r} and came as {site!r}"
        )
    return device_id, channel


def _telemetry(wire: TelemetryWire, device: str, *, retain: bool, times: Times) -> Telemetry | Wrong:
    metrics = _values(wire.m)
    if isinstance(metrics, Wrong):
        return metrics
    if not metrics:
        return Wrong("no_values", "m holds no value")
    observed, quality, own_time = observe(wire.ts, times)
    if retain:
        quality = RETAINED
    now = times.now
    boot, seq = (wire.boot, wire.seq) if wire.boot and wire.seq is not None else ("", 0)
    return Telemetry(max(observed, now), device, observed, quality, boot, seq, metrics, own_time)


def _occurrence(wire: OccurrenceWire, device: str, *, retain: bool, times: Times) -> Occurrence:
    data = _judged(wire.data)
    observed, quality, own_time = observe(wire.ts, times)
    if retain:
        quality = RETAINED
    at = max(times.now, observed)
    # Power-up and number; both or neither, because one alone tells nothing apart.
    boot, seq = (wire.boot, wire.seq) if wire.boot and wire.seq is not None else ("", 0)
    return Occurrence(at, device, observed, quality, boot, seq, wire.id, wire.type, data, own_time)


def _judged(data: object) -> dict[str, Value]:
    """What rules can judge of an event's data. The rest is left out: a fall is not refused for its prose."""
    found: dict[str, Value] = {}
    for name, value in data.items() if isinstance(data, dict) else ():
        if len(found) == METRICS_MAX or not (name in _good_names or _is_good_name(name)):
            continue
        if isinstance(value, str):
            found[name] = value[:TEXT_MAX]
        elif isinstance(value, float | int) and abs(value) < NUMBER_MAX:
            found[name] = float(value)
    return found


def _status(wire: StatusWire, device: str, *, retain: bool, times: Times) -> Status:
    observed, quality, own_time = observe(wire.ts, times)
    if retain:
        quality = RETAINED
    info: dict[str, Value] = {}
    if wire.fw:
        info["fw"] = wire.fw[:TEXT_MAX]
    if wire.rssi is not None:
        info["rssi"] = wire.rssi
    at = max(times.now, observed)
    return Status(at, device, observed, quality, wire.online, wire.via, info, own_time)


def observe(ts: float | None, times: Times) -> tuple[int, Quality, bool]:
    """When the device saw it, in hub time, what to think of that, and whether it is the device's own word.

    An impossible clock (before last month, ahead of now, seconds for milliseconds) gives hub time and ``CLOCK``.
    """
    if ts is None:
        return times.now, GOOD, False
    if times.now - LATE_MS <= ts + times.ahead <= times.latest:
        return int(ts) + times.ahead, GOOD, True  # nearly always
    return _observe_odd(ts, times)


def _observe_odd(ts: float, times: Times) -> tuple[int, Quality, bool]:
    quality = GOOD
    if SECONDS_FROM <= ts < SECONDS_TO:
        ts, quality = ts * 1000, CLOCK
    ahead = times.ahead
    if times.of_wall not in {None, ahead} and not _is_fresh(ts + ahead, times):
        ahead = times.of_wall if _is_fresh(ts + times.of_wall, times) else ahead  # it follows that wall clock
    if not times.now - PAST_MAX_MS <= ts + ahead <= times.latest + FUTURE_OK_MS:
        return times.now, CLOCK, False  # no number included
    at = min(int(ts) + ahead, times.latest)
    if at == times.latest:
        return times.now, quality, False
    return at, LATE if quality == GOOD and at < times.now - LATE_MS else quality, True


def _is_fresh(at: float, times: Times) -> bool:
    return times.now - LATE_MS <= at <= times.latest + FUTURE_OK_MS


def _values(given: dict[str, Scalar]) -> dict[str, Value] | Wrong:
    """Values as the hub keeps them: booleans 0 and 1, texts as they are; null means not measured.

    Works in the dictionary it is given: this is the hottest path of the hub, and nobody else holds it.
    """
    if len(given) > METRICS_MAX:
        return Wrong("bad_shape", f"{len(given)} values, at most {METRICS_MAX} are read")
    for name, value in given.items():
        if name not in _good_names and not _is_good_name(name):
            return Wrong("bad_shape", f"{name[:80]!r} is no name for a metric")
        if type(value) is bool:
            given[name] = float(value)
        elif isinstance(value, str):
            if len(value) > TEXT_MAX:
                return Wrong("bad_shape", f"the text of {name!r} is longer than {TEXT_MAX}")
        elif value is not None and not isfinite(value):
            return Wrong("bad_shape", f"{name!r} is {value}, which is no measurement")
    if None in given.values():
        return {name: value for name, value in given.items() if value is not None}
    return given  # type: ignore[return-value]  # what was no Value has just been replaced or left out


def _is_good_name(name: str) -> bool:
    good = NAME.fullmatch(name) is not None and name != ONLINE
    if good and len(_good_names) < GOOD_NAMES_MAX:
        _good_names.add(name)
    return good


GOOD_NAMES_MAX = 10_000
_good_names: set[str] = set()  # a memo of what the pattern accepts, nothing else
_telemetry_decoder = msgspec.json.Decoder(TelemetryWire)
_occurrence_decoder = msgspec.json.Decoder(OccurrenceWire)
_status_decoder = msgspec.json.Decoder(StatusWire)
