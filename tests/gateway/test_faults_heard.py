"""What the hub makes of faulty devices and connections: a town under a fault, before the real decoder, journal and rules."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from line_desk import Desk

from firmware_sim import wire
from firmware_sim.chance import dice
from firmware_sim.daytime import HOUR, MINUTE, SECOND
from firmware_sim.devices import KINDS, Device
from firmware_sim.faults import Course, Cut, Mend, parse
from firmware_sim.places import settle
from firmware_sim.wire import Message
from gateway.rulebook.load import load_rules
from rules import world
from rules.events import FromDevice, Occurrence, Quality, Telemetry

START = 1_772_413_200_000  # 2 March 2026, 09:00 in Shanghai
DOOR, PENDANT, RADAR, COUNTER, GATEWAY = (
    "H0001-door",
    "H0001-pendant",
    "H0001-radar",
    "F-hall-counter",
    "GW-01",
)


class Heard:
    """A home, its gateway and a hall under faults, heard by a hub; times are ms after the start."""

    def __init__(
        self, desk: Desk, *faults: str, homes: int = 1, registered: dict[str, str] | None = None
    ) -> None:
        self.desk = desk
        self.registered = registered or {}  # kinds that the registry has otherwise
        self.layout = settle(homes=homes, seed=7)
        self.devices: dict[str, Device] = {
            each.who.device: KINDS[each.kind](each.who, dice=dice(7, each.who.device), since_ms=START)
            for each in self.layout.fitted()
        }
        self.course = Course(
            [parse(each) for each in faults], layout=self.layout, devices=self.devices, seed=7, start_ms=START
        )
        self.kept: dict[str, bytes] = {}  # what the broker retains, by topic
        self.sent: list[Message] = []

    def definition(self) -> world.Definition:
        homes = [(home.home, "home", home.devices, None) for home in self.layout.homes]
        halls = [(each.facility, "facility", each.devices, each.capacity) for each in self.layout.facilities]
        places, devices = [], []
        for key, kind, fitted, capacity in (*homes, *halls):
            places.append(world.Place(key, kind, capacity, self.layout.site))  # type: ignore[arg-type]
            for each in fitted:
                beat = KINDS[each.kind].heartbeat_s
                devices.append(
                    world.Device(
                        each.who.device,
                        self.layout.site,
                        key,
                        self.registered.get(each.who.device, each.kind),
                        each.room,
                        beat,
                    )
                )
        return world.Definition(0, "Asia/Shanghai", tuple(places), tuple(devices), load_rules())

    async def begin(self) -> None:
        await self.desk.open(self.definition())
        self.desk.connects(kept=False)
        await self.desk.carry()
        await self.desk.carry()
        for link in (each for each in self.devices.values() if each.who.via is None):
            await self._say(self._births(link.who.device, START))
        await self.desk.carry()

    def _births(self, link: str, at_ms: int) -> list[Message]:
        behind = [each for each in self.devices.values() if each.who.link == link]
        births = [each.status(at_ms) for each in sorted(behind, key=lambda each: each.who.via is not None)]
        return self.course.birth(births, at_ms)

    async def live(self, said: list[Message], to_ms: int) -> None:
        """These are said until then, with every heartbeat of every device; the hub looks at the clock every minute."""
        beats = [
            message
            for device in self.devices.values()
            for at in range(device.heartbeat_s * SECOND, to_ms, device.heartbeat_s * SECOND)
            for message in device.heartbeat(START + at)
        ]
        waiting = sorted((*said, *beats), key=lambda each: each.at_ms)
        looks = iter(range(START + MINUTE, START + to_ms + 1, MINUTE))
        look = next(looks, None)
        while look is not None:
            due = min(waiting[0].at_ms if waiting else look, self.course.next_ms(), look)
            now = [waiting.pop(0)] if waiting and waiting[0].at_ms == due else []
            self.desk.clock.at = max(due, self.desk.clock.at)
            await self._say(self.course.turn(now, due))
            if due == look:
                await self.desk.go(0)
                look = next(looks, None)

    async def _say(self, messages: list[Message]) -> None:
        for message in messages:
            match message:
                case Cut() if message.link not in self.course.unwilling:
                    self._arrive(wire.last_will(self.devices[message.link].who))
                case Mend():
                    for birth in self._births(message.link, message.at_ms):
                        self._arrive(birth)
                case Cut():
                    pass
                case _:
                    self._arrive(message)
        if messages:
            await self.desk.carry()

    def _arrive(self, message: Message) -> None:
        self.sent.append(message)
        if message.retain:
            self.kept[message.topic] = message.payload
        self.desk.arrives(message.topic, message.payload)

    async def subscribes_anew(self) -> None:
        """The broker has lost the hub's session: the hub hears what is retained."""
        self.desk.disconnects()
        self.desk.connects(kept=False)
        for topic, payload in self.kept.items():
            self.desk.arrives(topic, payload, retain=True)
        await self.desk.carry()
        await self.desk.carry()

    # what the devices feel

    def feels(self, device: str, at_ms: int, word: str, value: float | None = None) -> list[Message]:
        return self.devices[device].feel(START + at_ms, word, value)

    # what came of it

    def taken(self, device: str = "") -> list[Any]:
        """The readings and events in the journal."""
        events = [event for _, event in self.desk.journal.read(0)]
        kinds = (Telemetry, Occurrence)
        return [each for each in events if isinstance(each, kinds) and device in ("", each.device)]

    def raised(self) -> Counter[str]:
        return Counter(alert.rule for alert in self.desk.alerts())

    def latest(self, device: str, metric: str) -> float | str:
        found = self.desk.engine.states[device.partition("-")[0]].devices[device].latest[metric]
        return found.value

    def aside(self) -> list[dict[str, Any]]:
        return self.desk.journal.quarantine(10_000)


def hears(
    folder: Path,
    story: Callable[[Heard], Awaitable[None]],
    *faults: str,
    **given: Any,  # noqa: ANN401 of Heard
) -> Heard:
    """The story told under these faults."""

    async def run() -> Heard:
        heard = Heard(Desk(folder, at=START), *faults, **given)
        await heard.begin()
        await story(heard)
        return heard

    return asyncio.run(asyncio.wait_for(run(), 30))


async def a_fall_and_a_door(heard: Heard) -> None:
    """Somebody comes and goes by the door, falls, and gets up; then an hour of usual life."""
    said: list[Message] = []
    for n in range(12):
        at = (5 + 5 * n) * MINUTE
        said += heard.feels(DOOR, at, "open") + heard.feels(DOOR, at + 20 * SECOND, "close")
    said += heard.devices[PENDANT].raise_event(START + 31 * MINUTE, "fall", confidence=0.9)
    said += heard.feels("H0001-pir-living", 31 * MINUTE + 40 * SECOND, "motion")
    await heard.live(said, 2 * HOUR)


def identities(events: list[FromDevice]) -> list[tuple[str, str, int]]:
    return [(each.device, each.boot, each.seq) for each in events]  # type: ignore[union-attr]


def test_duplicates_count_once(tmp_path: Path) -> None:
    sound = hears(tmp_path / "sound", a_fall_and_a_door)
    faulty = hears(tmp_path / "faulty", a_fall_and_a_door, "duplicates,share=1,times=2")
    assert len(faulty.sent) > 2.5 * len(sound.sent)
    assert identities(faulty.taken()) == identities(sound.taken())
    assert faulty.raised() == sound.raised()
    assert faulty.raised()["fall"] == 1


def test_what_is_overtaken_is_history_and_never_the_latest(tmp_path: Path) -> None:
    sound = hears(tmp_path / "sound", a_fall_and_a_door)
    faulty = hears(tmp_path / "faulty", a_fall_and_a_door, f"reordering,share=0.5,by=4m:{DOOR}")
    by_time = sorted(identities(faulty.taken(DOOR)))
    assert by_time == sorted(identities(sound.taken(DOOR)))
    assert identities(faulty.taken(DOOR)) != by_time, "it did come in another order"
    late = [each for each in faulty.taken(DOOR) if each.quality == Quality.LATE]
    assert late
    assert {each.observed_at for each in faulty.taken(DOOR)} == {
        each.observed_at for each in sound.taken(DOOR)
    }
    assert faulty.latest(DOOR, "contact") == sound.latest(DOOR, "contact") == 1.0
    assert faulty.raised() == sound.raised()


@pytest.mark.parametrize(
    ("fault", "quality"),
    [
        (f"clock_skew,by=2h:{DOOR}", Quality.CLOCK),
        (f"clock_skew,by=-2h:{DOOR}", Quality.LATE),
        (f"clock_jump,year_1970=yes,every=1d:{DOOR}", Quality.CLOCK),
        (f"wrong_unit,of=ts:{DOOR}", Quality.CLOCK),
    ],
)
def test_a_wrong_clock_is_repaired_or_flagged(tmp_path: Path, fault: str, quality: Quality) -> None:
    heard = hears(tmp_path, a_fall_and_a_door, fault)
    found = heard.taken(DOOR)
    assert {each.quality for each in found} == {quality}
    assert all(START - 3 * HOUR <= each.observed_at <= each.at for each in found)
    if quality == Quality.CLOCK:
        assert all(each.at - each.observed_at < SECOND for each in found), "hub time, or the same mended"
        assert {(row["reason"], row["repaired"]) for row in heard.aside()} == {("clock", 1)}
    assert heard.raised()["fall"] == 1


def test_what_the_broker_has_kept_of_an_old_fall_raises_nothing(tmp_path: Path) -> None:
    async def story(heard: Heard) -> None:
        await a_fall_and_a_door(heard)
        before = heard.raised()
        await heard.subscribes_anew()
        for _ in range(30):
            await heard.desk.go(MINUTE)
        assert any(topic.endswith("/event") for topic in heard.kept)
        assert heard.raised()["fall"] == before["fall"] == 1

    hears(tmp_path, story, f"retained_leftover:{PENDANT}")


@pytest.mark.parametrize("how", ["cut", "noise", "zeros", "shape"])
def test_what_is_no_message_is_set_aside_with_its_reason(tmp_path: Path, how: str) -> None:
    heard = hears(tmp_path, a_fall_and_a_door, f"corrupt_payload,share=1,how={how}:{DOOR}")
    sent = [each for each in heard.sent if each.device == DOOR]
    assert len(sent) > 20
    assert heard.taken(DOOR) == []
    aside = [row for row in heard.aside() if row["topic"].split("/")[3] == DOOR]
    assert len(aside) == len(sent)
    assert {row["reason"] for row in aside} <= {"bad_json", "bad_shape"}
    assert heard.raised()["fall"] == 1, "the others are heard as ever"


def test_a_battery_from_0_to_1_is_left_out_and_flagged(tmp_path: Path) -> None:
    """0.97 read as percent would be an empty battery; told as 97 it might be a dying one called full."""

    async def story(heard: Heard) -> None:
        await heard.live(heard.feels(PENDANT, MINUTE, "battery", 97), 3 * HOUR)

    heard = hears(tmp_path, story, f"wrong_unit,of=battery:{PENDANT}")
    sent = [json.loads(each.payload) for each in heard.sent if each.device == PENDANT and each.seq]
    assert [0 < each["m"]["battery"] < 1 for each in sent] == [True, True, True]
    assert [set(each.metrics) for each in heard.taken(PENDANT)] == [{"rssi"}, {"rssi"}]
    assert heard.raised()["battery_low"] == 0
    flagged = [(row["reason"], row["repaired"]) for row in reversed(heard.aside())]
    assert flagged[:2] == [("unit", 0), ("unit", 1)], "one said nothing else, the other is read without it"


def test_fahrenheit_is_told_as_a_home_that_is_too_hot(tmp_path: Path) -> None:
    """70 degrees Celsius may be a fire: nobody converts it. It is an alert, and whoever looks finds the sensor."""

    async def story(heard: Heard) -> None:
        wall = heard.devices[RADAR]
        said = [each for n in range(1, 30) for each in wall.tell(START + n * 10 * MINUTE, temperature=21.5)]
        await heard.live(said, 5 * HOUR)

    as_climate = {RADAR: "climate"}
    sound = hears(tmp_path / "sound", story, registered=as_climate)
    faulty = hears(tmp_path / "faulty", story, "wrong_unit,of=temperature", registered=as_climate)
    assert (sound.raised()["home_too_hot"], faulty.raised()["home_too_hot"]) == (0, 1)


def test_a_gateway_s_outage_is_one_alert_and_what_it_kept_still_raises(tmp_path: Path) -> None:
    async def story(heard: Heard) -> None:
        said = heard.devices[PENDANT].raise_event(START + 90 * MINUTE, "fall", confidence=0.9)
        await heard.live(said, 5 * HOUR)

    heard = hears(tmp_path, story, f"gateway_outage:{GATEWAY}@1h+3h", homes=3)
    found = heard.raised()
    assert found["gateway_lost"] == 1
    assert found["device_silent"] == 0, "nobody behind it is called silent"
    assert found["fall"] == 1
    fall = next(each for each in heard.taken(PENDANT) if isinstance(each, Occurrence))
    assert (fall.observed_at - START, fall.quality) == (90 * MINUTE, Quality.LATE)


def test_without_a_will_a_gateway_is_missed_after_three_heartbeats(tmp_path: Path) -> None:
    async def story(heard: Heard) -> None:
        await heard.live([], 5 * HOUR)

    heard = hears(tmp_path / "short", story, f"lost_will:{GATEWAY}@61m+35m", homes=3)
    lost = [alert for alert in heard.desk.alerts() if alert.rule == "gateway_lost"]
    assert [alert.active_at - START for alert in lost] == [75 * MINUTE]
    assert (heard.raised()["gateway_lost"], heard.raised()["device_silent"]) == (1, 0)
    # Beyond their own heartbeats the devices are missed too: only the gateway's word tells the hub who is behind it.
    longer = hears(tmp_path / "long", story, f"lost_will:{GATEWAY}@61m+3h", homes=3).raised()
    assert longer["gateway_lost"] == 1
    assert longer["device_silent"] >= 1


def test_a_device_that_starts_anew_is_not_taken_for_its_own_repeat(tmp_path: Path) -> None:
    heard = hears(tmp_path, a_fall_and_a_door, f"power_cut:{DOOR}@30m+10m")
    boots = Counter(each.boot for each in heard.taken(DOOR))
    assert len(boots) == 2
    sent = [each for each in heard.sent if each.device == DOOR and each.kind == "telemetry"]
    assert identities(heard.taken(DOOR)) == [(each.device, each.boot, each.seq) for each in sent]


@pytest.mark.parametrize(
    "fault", ["flapping_gateway,every=10m", "reconnect_storm,times=4@5m", f"flapping_radio,loses=0:{DOOR}"]
)
def test_what_comes_and_goes_loses_nothing_and_raises_nothing_of_its_own(tmp_path: Path, fault: str) -> None:
    sound = hears(tmp_path / "sound", a_fall_and_a_door)
    faulty = hears(tmp_path / "faulty", a_fall_and_a_door, fault)
    assert sorted(identities(faulty.taken())) == sorted(identities(sound.taken()))
    assert faulty.raised() == sound.raised()


def test_a_drifting_counter_is_counted_as_it_says(tmp_path: Path) -> None:
    async def story(heard: Heard) -> None:
        await heard.live(heard.feels(COUNTER, MINUTE, "enter"), 2 * HOUR)

    heard = hears(tmp_path, story, f"drifting_counter,per_hour=10:{COUNTER}")
    assert heard.taken(COUNTER)[-1].metrics["in"] == 20


def test_a_stuck_reading_is_kept_as_it_comes(tmp_path: Path) -> None:
    heard = hears(tmp_path, a_fall_and_a_door, f"stuck_value,metric=contact,value=false:{DOOR}")
    assert {each.metrics["contact"] for each in heard.taken(DOOR) if "contact" in each.metrics} == {0.0}
    assert heard.raised()["door_left_open"] == 1
