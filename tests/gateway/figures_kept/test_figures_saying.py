"""Where points are made: what belongs to people is told as a cell or not at all, whatever the counts."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.cells import Cell, cell
from gateway.figures_kept.fleet import Seen, say_fleet
from gateway.figures_kept.names import NAMES, is_kept, of_class
from gateway.figures_kept.saying import Saying

AT = 1_763_899_200_000
COMMUNITY = "福田区/莲花街道/莲花社区"


def test_a_name_nobody_knows_or_of_another_kind_is_a_bug() -> None:
    said = Saying()
    with pytest.raises(KeyError):
        said.plain("area.residents", COMMUNITY, AT, 3)
    with pytest.raises(ValueError, match=r"area.homes is a count"):
        said.plain("area.homes", COMMUNITY, AT, 3)
    with pytest.raises(ValueError, match=r"duty_1d.per_hour is a shown"):
        said.facility("duty_1d.per_hour", COMMUNITY, AT, 0.1)
    assert said.points == []


def test_every_name_has_a_kind_and_a_class() -> None:
    assert {kind for kind, _ in NAMES.values()} == {"facility", "count", "plain", "shown"}
    assert sorted([*of_class("raw"), *of_class("1h"), *of_class("1d")]) == sorted(NAMES)
    assert is_kept("area.homes")
    assert not is_kept("occupancy")


@given(st.integers(0, 12))
def test_a_count_is_told_exactly_or_not_at_all(count: int) -> None:
    said = Saying()
    said.count("area.homes", COMMUNITY, AT, cell(count))
    assert [point.value for point in said.points] == ([] if 0 < count < 5 else [count])


@given(st.lists(st.integers(0, 12), max_size=6))
def test_a_sum_is_of_what_is_told(counts: list[int]) -> None:
    said = Saying()
    said.count_together("fleet.devices", AT, map(cell, counts), device="pendant")
    told = [count for count in counts if count == 0 or count >= 5]
    assert [(point.place, point.value) for point in said.points] == ([("hub", sum(told))] if told else [])


@given(st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_what_rests_on_a_hidden_count_is_hidden(counts: list[int]) -> None:
    said = Saying()
    said.shown("duty_1d.per_hour", COMMUNITY, AT, 0.25, of=map(cell, counts))
    assert bool(said.points) is not any(0 < count < 5 for count in counts)


def seen(number: int, kind: str, community: str, **known: object) -> Seen:
    return Seen(
        device=f"d{number}",
        kind=kind,
        place=f"H{number}",
        facility=False,
        community=community,
        online=True,
        **known,
    )  # type: ignore[arg-type]


devices = st.builds(
    lambda kind, community, online, battery, left, rssi, skew, firmware: {
        "kind": kind, "community": community, "online": online, "battery": battery, "battery_days": left, "rssi": rssi,
        "clock_skew_ms": skew, "firmware": firmware,
    },
    st.sampled_from(["pendant", "radar"]),
    st.sampled_from([f"区/街/社{number}" for number in range(3)]),
    st.booleans(),
    st.none() | st.floats(0, 100),
    st.none() | st.floats(0, 100),
    st.none() | st.floats(-120, -20),
    st.none() | st.floats(-9_000, 9_000),
    st.sampled_from(["", "1.4.2", "1.5.0"]),
)  # fmt: skip


@given(st.lists(devices, max_size=60))
def test_of_devices_in_homes_nothing_is_told_but_counts_that_hide_nobody(
    given_: list[dict[str, object]],
) -> None:
    fleet = [
        Seen(device=f"d{number}", place=f"H{number}", facility=False, **one)  # type: ignore[arg-type]
        for number, one in enumerate(given_)
    ]
    said = Saying()
    say_fleet(said, fleet, AT)
    communities = {one.community for one in fleet} | {"hub"}
    for point in said.points:
        assert point.metric.startswith("fleet.")
        assert point.place in communities
        assert point.value == 0 or point.value >= 5
    # Whoever subtracts what is told of a community from what is told of it learns nothing that is hidden.
    told = {(point.metric, point.place, point.device): point.value for point in said.points}
    for (metric, place, kind), many in told.items():
        if metric == "fleet.devices" and place != "hub":
            assert many == told["fleet.online", place, kind] + told["fleet.silent", place, kind]
    for name in {metric for metric, _, _ in told} - {"fleet.firmware"}:
        for kind in ("pendant", "radar"):
            parts = [
                v
                for (metric, place, device), v in told.items()
                if (metric, device) == (name, kind) and place != "hub"
            ]
            assert told.get((name, "hub", kind)) == (sum(parts) if parts else None)
    truth = Counter((f"{one.kind} {one.firmware}") for one in fleet if one.firmware)
    for (metric, _, version), many in told.items():
        assert metric != "fleet.firmware" or many <= truth[version]


def test_a_device_of_a_facility_is_told_by_its_name_and_one_of_a_home_is_not() -> None:
    said = Saying()
    hall = Seen(
        device="c1", kind="counter", place="F-hall", facility=True, community=COMMUNITY, online=True, battery=14.0,
        battery_days=12.5, rssi=-90.0, clock_skew_ms=-6_000.0, firmware="1.4.2",
    )  # fmt: skip
    say_fleet(said, [hall, seen(1, "pendant", COMMUNITY, battery=3.0)], AT)
    one_by_one = {point.metric: point for point in said.points if point.metric.startswith("device.")}
    assert {point.device for point in one_by_one.values()} == {"c1"}
    assert one_by_one["device.battery_days"].value == 12.5
    assert one_by_one["device.clock_skew_ms"].value == -6_000.0
    assert len(one_by_one) == 5


def test_five_of_a_kind_are_counted() -> None:
    said = Saying()
    say_fleet(said, [seen(n, "pendant", COMMUNITY, battery=10.0, battery_days=9.0) for n in range(5)], AT)
    told = {(point.metric, point.place): point.value for point in said.points}
    assert told["fleet.devices", COMMUNITY] == told["fleet.devices", "hub"] == 5
    assert told["fleet.battery_low", COMMUNITY] == told["fleet.battery_30d", COMMUNITY] == 5
    assert told["fleet.silent", COMMUNITY] == told["fleet.signal_weak", "hub"] == 0
    assert Cell(0, 0).shown == "0"
