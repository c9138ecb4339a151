"""From bytes to an event: a golden table, every golden wire file, every truncation, and a fuzzer."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.decode import METRICS_MAX, PAYLOAD_MAX, Times, Wrong, decode, observe
from rules.events import AnyEvent, FromDevice, Occurrence, Quality, Status, Telemetry
from rules.state import TEXT_MAX
from rules.world import Device

NOW = 1_772_413_200_000
DAY = 86_400_000
TIMES = Times(NOW, NOW)
DEVICES = {"d-1": Device("d-1", "s", "H1", "radar", "卫生间", 60)}
GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "wire").glob("*.json"))


def read(channel: str, payload: object, *, retain: bool = False, times: Times = TIMES) -> FromDevice | Wrong:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode(f"care/v1/s/d-1/{channel}", body, retain=retain, devices=DEVICES, times=times)


GOOD = Quality.GOOD
TABLE: list[tuple[str, object, FromDevice]] = [
    ("telemetry", {"m": {"motion": True}}, Telemetry(NOW, "d-1", NOW, GOOD, "", 0, {"motion": 1.0})),
    (
        "telemetry",
        {"ts": NOW - 40, "boot": "7f3a", "seq": 42, "m": {"contact": False, "battery": 97}},
        Telemetry(NOW, "d-1", NOW - 40, GOOD, "7f3a", 42, {"contact": 0.0, "battery": 97.0}),
    ),
    (
        "telemetry",
        {"ts": None, "boot": "7f3a", "m": {"rssi": -61.5, "humidity": None, "state": "门"}},
        Telemetry(NOW, "d-1", NOW, GOOD, "", 0, {"rssi": -61.5, "state": "门"}),
    ),
    ("telemetry", {"seq": 4, "m": {"a": 1}}, Telemetry(NOW, "d-1", NOW, GOOD, "", 0, {"a": 1.0})),
    ("telemetry", {"m": {"a": 1}, "more": [1]}, Telemetry(NOW, "d-1", NOW, GOOD, "", 0, {"a": 1.0})),
    (
        "event",
        {"ts": NOW, "boot": "7f3a", "seq": 43, "id": "e1", "type": "fall", "data": {"confidence": 0.93}},
        Occurrence(NOW, "d-1", NOW, GOOD, "7f3a", 43, "e1", "fall", {"confidence": 0.93}),
    ),
    ("event", {"type": "sos"}, Occurrence(NOW, "d-1", NOW, GOOD, "", 0, "", "sos", {})),
    (
        "event",
        {"type": "fall", "data": {"note": "护" * 500}},
        Occurrence(NOW, "d-1", NOW, GOOD, "", 0, "", "fall", {"note": "护" * TEXT_MAX}),
    ),
    (
        "status",
        {"ts": NOW - 5, "online": True, "fw": "1.4.2", "rssi": -61, "via": "gw-12"},
        Status(NOW, "d-1", NOW - 5, GOOD, True, "gw-12", {"fw": "1.4.2", "rssi": -61.0}),
    ),
    ("status", {"online": False}, Status(NOW, "d-1", NOW, GOOD, False, "", {})),
    (
        "status",
        {"online": True, "fw": "v" * 999},
        Status(NOW, "d-1", NOW, GOOD, True, "", {"fw": "v" * TEXT_MAX}),
    ),
]


@pytest.mark.parametrize(("channel", "payload", "event"), TABLE)
def test_the_wire_s_meaning(channel: str, payload: object, event: FromDevice) -> None:
    found = read(channel, payload)
    own_time = isinstance(payload, dict) and payload.get("ts") is not None
    assert found == msgspec.structs.replace(event, own_time=own_time)
    assert not isinstance(found, Wrong)
    assert all(type(value) in (float, str) for value in getattr(found, "metrics", {}).values())


WRONG: list[tuple[str, object, str]] = [
    ("telemetry", b"", "bad_json"),
    ("telemetry", b"{", "bad_json"),
    ("telemetry", b"\xef\xbb\xbf{}", "bad_json"),
    ("telemetry", b'{"m":{"a":"\xff"}}', "bad_json"),
    ("telemetry", b'{"m":{"a":"\\ud800"}}', "bad_json"),
    ("telemetry", b'{"m":' * 10_000, "bad_shape"),
    ("telemetry", b"[" * 60_000, "bad_shape"),
    ("telemetry", b'{"m":{"a":1e999}}', "bad_shape"),
    ("telemetry", b'{"m":{"a":NaN}}', "bad_json"),
    ("telemetry", b'{"ts":1e999,"m":{"a":1}}', "bad_shape"),
    ("telemetry", b"x" * (PAYLOAD_MAX + 1), "too_large"),
    ("telemetry", {}, "bad_shape"),
    ("telemetry", {"m": {}}, "no_values"),
    ("telemetry", {"m": {"a": None}}, "no_values"),
    ("telemetry", {"m": [1]}, "bad_shape"),
    ("telemetry", {"m": {"a": [1]}}, "bad_shape"),
    ("telemetry", {"m": {"": 1}}, "bad_shape"),
    ("telemetry", {"m": {"a b": 1}}, "bad_shape"),
    ("telemetry", {"m": {"a\n": 1}}, "bad_shape"),
    ("telemetry", {"m": {"a" * 65: 1}}, "bad_shape"),
    ("telemetry", {"m": {"a": "x" * (TEXT_MAX + 1)}}, "bad_shape"),
    ("telemetry", {"m": {"event.fall": 1}}, "bad_shape"),
    ("telemetry", {"m": {"online": False}}, "bad_shape"),
    ("telemetry", {"m": {f"m{n}": n for n in range(METRICS_MAX + 1)}}, "bad_shape"),
    ("telemetry", {"ts": "now", "m": {"a": 1}}, "bad_shape"),
    ("telemetry", {"ts": True, "m": {"a": 1}}, "bad_shape"),
    ("telemetry", {"boot": "b" * 65, "m": {"a": 1}}, "bad_shape"),
    ("telemetry", {"boot": "b", "seq": -1, "m": {"a": 1}}, "bad_shape"),
    ("telemetry", {"boot": "b", "seq": 1 << 60, "m": {"a": 1}}, "bad_shape"),
    ("telemetry", {"boot": "b", "seq": 1.5, "m": {"a": 1}}, "bad_shape"),
    ("event", {}, "bad_shape"),
    ("event", {"type": ""}, "bad_shape"),
    ("event", {"type": "fall\n"}, "bad_shape"),
    ("event", {"type": "a/b"}, "bad_shape"),
    ("event", {"type": "fall", "id": 7}, "bad_shape"),
    ("status", {}, "bad_shape"),
    ("status", {"online": "yes"}, "bad_shape"),
    ("cmd", {"online": True}, "bad_topic"),
]


@pytest.mark.parametrize(("channel", "payload", "reason"), WRONG)
def test_what_is_wrong_has_a_reason_and_a_sentence(channel: str, payload: object, reason: str) -> None:
    found = read(channel, payload)
    assert isinstance(found, Wrong), found
    assert found.reason == reason
    assert 3 < len(found.detail) < 500


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("", "bad_topic"),
        ("care/v1/s/d-1", "bad_topic"),
        ("care/v2/s/d-1/status", "bad_topic"),
        ("x/v1/s/d-1/status", "bad_topic"),
        ("care/v1/s/d-1/status/x", "bad_topic"),
        ("care/v1/s/nobody/status", "unknown_device"),
        ("care/v1/elsewhere/d-1/status", "wrong_site"),
    ],
)
def test_where_it_came_from_must_be_known(topic: str, reason: str) -> None:
    found = decode(topic, b'{"online":true}', retain=False, devices=DEVICES, times=TIMES)
    assert isinstance(found, Wrong)
    assert found.reason == reason


def test_a_retained_message_is_state_never_news() -> None:
    for channel, payload in (
        ("telemetry", {"m": {"a": 1}}),
        ("event", {"type": "fall"}),
        ("status", {"online": True}),
    ):
        found = read(channel, payload | {"ts": 5}, retain=True)
        assert not isinstance(found, Wrong)
        assert found.quality == Quality.RETAINED


OBSERVED = [  # the last: whether it is the device's own word
    (None, NOW, Quality.GOOD, False),
    (NOW, NOW, Quality.GOOD, True),
    (NOW - 29_000, NOW - 29_000, Quality.GOOD, True),
    (NOW - 31_000, NOW - 31_000, Quality.LATE, True),
    (NOW - 30 * DAY, NOW - 30 * DAY, Quality.LATE, True),
    (NOW - 32 * DAY, NOW, Quality.CLOCK, False),
    (NOW + 9_000, NOW, Quality.GOOD, False),
    (NOW + 11_000, NOW, Quality.CLOCK, False),
    (4_070_908_800_000, NOW, Quality.CLOCK, False),
    (0, NOW, Quality.CLOCK, False),
    (1_000_000, NOW, Quality.CLOCK, False),
    (-5, NOW, Quality.CLOCK, False),
    (1e300, NOW, Quality.CLOCK, False),
    (NOW / 1000, NOW, Quality.CLOCK, False),
    (NOW / 1000 - 40.5, NOW - 40_500, Quality.CLOCK, True),
]


@pytest.mark.parametrize(("ts", "observed", "quality", "own_time"), OBSERVED)
def test_when_it_was_observed(ts: float | None, observed: int, quality: Quality, own_time: bool) -> None:  # noqa: FBT001 of a table
    assert observe(ts, TIMES) == (observed, quality, own_time)
    found = read("telemetry", {"ts": ts, "boot": "b", "seq": 1, "m": {"motion": 1}})
    assert isinstance(found, Telemetry)
    assert (found.observed_at, found.quality, found.own_time) == (observed, quality, own_time)


def test_while_time_is_driven_a_message_carries_it_as_far_as_the_town_said() -> None:
    driven = Times(NOW, NOW + 60_000)
    assert observe(NOW + 60_000, driven) == (NOW + 60_000, Quality.GOOD, True)
    assert observe(NOW + 90_000, driven) == (NOW, Quality.CLOCK, False)
    found = read("telemetry", {"ts": NOW + 5_000, "m": {"a": 1}}, times=driven)
    assert not isinstance(found, Wrong)
    assert found.at == NOW + 5_000


def test_devices_that_follow_a_wall_clock_behind_the_hub_s_are_read_in_hub_time() -> None:
    assert observe(NOW - 3_600_000, Times(NOW, NOW, ahead=3_600_000)) == (NOW, Quality.GOOD, True)


def golden() -> list[tuple[str, str, bool, str]]:
    return [
        (path.stem, message["topic"], message["retain"], message["payload"])
        for path in GOLDEN
        for message in json.loads(path.read_text(encoding="utf-8"))["messages"]
    ]


def registry_of(topics: list[str]) -> dict[str, Device]:
    levels = [topic.split("/") for topic in topics]
    return {device: Device(device, site, "H", "radar", "", 60) for _, _, site, device, _ in levels}


def test_everything_the_simulator_says_is_read_and_every_part_of_it_is_read_or_refused() -> None:
    messages = golden()
    assert len(messages) > 20
    devices = registry_of([topic for _, topic, _, _ in messages])
    times = Times(1_750_010_000_000, 1_750_010_000_000)
    for name, topic, retain, text in messages:
        payload = text.encode()
        event = decode(topic, payload, retain=retain, devices=devices, times=times)
        assert not isinstance(event, Wrong), (name, text, event)
        for cut in range(len(payload)):
            part = decode(topic, payload[:cut], retain=retain, devices=devices, times=times)
            assert isinstance(part, Wrong), (name, payload[:cut])
            assert part.reason == "bad_json"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=70), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["m", "ts", "boot", "seq", "id", "type", "data", "online", "via", "fw", "rssi", "x"])
WIRE = st.dictionaries(FIELDS, JSON, max_size=8).map(lambda wire: json.dumps(wire).encode())
encoder = msgspec.msgpack.Encoder()
decoder = msgspec.msgpack.Decoder(list[AnyEvent])


@given(
    channel=st.sampled_from(["telemetry", "event", "status"]),
    payload=st.one_of(st.binary(max_size=200), WIRE),
    retain=st.booleans(),
    latest=st.integers(0, 10**6),
)
def test_whatever_comes_is_an_event_the_journal_can_hold_or_a_word(
    channel: str,
    payload: bytes,
    retain: bool,  # noqa: FBT001 given by hypothesis, by name
    latest: int,
) -> None:
    times = Times(NOW, NOW + latest)
    found = read(channel, payload, retain=retain, times=times)
    if isinstance(found, Wrong):
        assert found.reason in {"bad_json", "bad_shape", "no_values"}
        return
    assert NOW <= found.at <= times.latest
    assert found.observed_at <= found.at
    assert decoder.decode(encoder.encode([found])) == [found]
