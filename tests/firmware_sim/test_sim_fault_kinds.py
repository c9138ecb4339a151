"""Each fault by itself, on virtual time."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress

import pytest
from fault_parts import (
    COUNTER,
    DOOR,
    GATEWAY,
    PENDANT,
    START,
    Bench,
    a_day_of_beats,
    body,
    messages,
    ts,
    words,
)

from firmware_sim.daytime import HOUR, MINUTE, SECOND

DAY_OF_BEATS_MS = 240 * MINUTE


def heard_all(bench: Bench, device: str = DOOR) -> list:
    return messages(bench.hears(a_day_of_beats(bench, device), DAY_OF_BEATS_MS + 10 * MINUTE))


def test_clock_skew_shifts_what_the_device_says_of_the_time_and_nothing_else() -> None:
    bench = Bench(f"clock_skew,by=-10m:{DOOR}@1h+1h")
    heard = heard_all(bench)
    shift = [ts(each) - (each.at_ms - START) for each in heard]
    assert shift == [0] * 59 + [-10 * MINUTE] * 60 + [0] * 121
    assert [each.seq for each in heard] == list(range(1, 241))


def test_the_clock_of_another_device_stays_right() -> None:
    bench = Bench(f"clock_skew:{DOOR}")
    heard = messages(bench.hears([bench.says(PENDANT, 1000, worn=True)], MINUTE))
    assert [ts(each) for each in heard] == [1000]


def test_a_clock_that_runs_too_fast_is_ahead_more_and_more() -> None:
    heard = heard_all(Bench(f"clock_skew,by=0s,ppm=1000:{DOOR}"))
    assert [ts(each) - (each.at_ms - START) for each in heard[59::60]] == [3600, 7200, 10800, 14400]


def test_a_device_that_does_not_know_the_time_has_no_skew() -> None:
    bench = Bench("clock_skew")
    blind = bench.devices[DOOR].tell(None, contact=False)[0]
    assert bench.course.turn([blind], START)[0].payload == blind.payload


def test_a_clock_jumps_away_and_back() -> None:
    heard = heard_all(Bench(f"clock_jump,by=-1h,every=30m:{DOOR}"))
    shift = [ts(each) - (each.at_ms - START) for each in heard]
    assert shift[:90] == [-HOUR] * 29 + [0] * 30 + [-HOUR] * 30 + [0]


def test_a_clock_without_a_battery_begins_in_1970() -> None:
    heard = heard_all(Bench(f"clock_jump,year_1970=yes,every=1d:{DOOR}@2m"))
    assert [body(each)["ts"] for each in heard[1:4]] == [0, MINUTE, 2 * MINUTE]


def test_duplicates_are_the_same_bytes_again_within_a_while() -> None:
    bench = Bench(f"duplicates,share=1,times=2,within=5m:{DOOR}")
    heard = bench.hears(a_day_of_beats(bench), DAY_OF_BEATS_MS + 5 * MINUTE)
    assert set(Counter(message.payload for _, message in heard).values()) == {3}
    assert all(0 <= at - ts(message) <= 5 * MINUTE for at, message in heard)
    assert any(at - ts(message) > 2 * MINUTE for at, message in heard)


def test_half_are_duplicated_when_half_is_asked_for() -> None:
    assert 90 < len(heard_all(Bench(f"duplicates,share=0.5:{DOOR}"))) - 240 < 150


def test_reordering_delays_some_and_loses_none() -> None:
    bench = Bench(f"reordering,share=0.5,by=3m:{DOOR}")
    heard = bench.hears(a_day_of_beats(bench), DAY_OF_BEATS_MS + 3 * MINUTE)
    order = [message.seq for _, message in heard]
    assert sorted(order) == list(range(1, 241))
    assert order != sorted(order)
    assert 0 <= max(at - ts(message) for at, message in heard) <= 3 * MINUTE


@pytest.mark.parametrize(("of", "kept"), [("event", {"event"}), ("both", {"event", "telemetry"})])
def test_what_is_news_once_is_left_at_the_broker(of: str, kept: set[str]) -> None:
    bench = Bench(f"retained_leftover,of={of}:{PENDANT}")
    heard = messages(bench.hears([bench.says(PENDANT, 1000, worn=True), bench.falls(2000)], MINUTE))
    assert {each.kind for each in heard if each.retain} == kept
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("of", "said", "value"),
    [
        ("battery", {"battery": 97}, 0.97),
        ("humidity", {"humidity": 45.5}, 0.455),
        ("temperature", {"temperature": 21.5}, 70.7),
        ("rssi", {"rssi": -61}, 61),
    ],
)
def test_the_right_figure_in_another_unit(of: str, said: dict, value: float) -> None:
    bench = Bench(f"wrong_unit,of={of}")
    heard = messages(bench.hears([bench.says(DOOR, 1000, **said, contact=True)], MINUTE))
    assert body(heard[0])["m"] == {of: value, "contact": True}


def test_seconds_for_milliseconds() -> None:
    bench = Bench("wrong_unit,of=ts")
    heard = messages(bench.hears([bench.falls(2000)], MINUTE))
    assert body(heard[0])["ts"] == START // 1000 + 2


def test_a_stuck_reading_stays_at_its_first_value_and_events_are_still_raised() -> None:
    bench = Bench(f"stuck_value:{PENDANT}@30s+30s")
    said = [bench.says(PENDANT, n * 10_000, battery=100 - n) for n in range(1, 8)]
    said.insert(4, bench.falls(45_000))
    heard = messages(bench.hears(said, 2 * MINUTE))
    assert [body(each)["m"]["battery"] for each in heard if each.kind == "telemetry"] == [
        99, 98, 97, 97, 97, 94, 93,
    ]  # fmt: skip
    assert [each.kind for each in heard].count("event") == 1


def test_a_value_can_be_given_to_stick() -> None:
    bench = Bench(f"stuck_value,metric=contact,value=true:{DOOR}")
    heard = messages(bench.hears([bench.says(DOOR, 1000, contact=False, battery=80)], MINUTE))
    assert body(heard[0])["m"] == {"contact": True, "battery": 80}


def counted(bench: Bench) -> list[tuple[int, int, int]]:
    """An empty hall that reports every half hour for five hours and starts anew after four."""
    said = []
    for n in range(1, 11):
        if n == 8:
            bench.devices[COUNTER].reboot(START + n * HOUR // 2)
        said += bench.devices[COUNTER].heartbeat(START + n * HOUR // 2)
    heard = messages(bench.hears(said, 5 * HOUR))
    return [tuple(body(each)["m"][name] for name in ("occupancy", "in", "out")) for each in heard]


def test_a_counter_drifts_and_keeps_what_it_gathered_until_it_starts_anew() -> None:
    found = counted(Bench(f"drifting_counter,per_hour=4:{COUNTER}@1h+1h"))
    extra = [0, 0, 2, 4, 4, 4, 4, 0, 0, 0]
    assert found == [(n, n, 0) for n in extra]


def test_a_counter_that_drifts_the_other_way_never_shows_less_than_nobody() -> None:
    assert counted(Bench(f"drifting_counter,per_hour=-2:{COUNTER}"))[3] == (0, 0, 4)


@pytest.mark.parametrize("how", ["cut", "noise", "zeros", "shape", "any"])
def test_a_corrupt_payload_is_no_message_of_a_device(how: str) -> None:
    heard = heard_all(Bench(f"corrupt_payload,share=1,how={how}:{DOOR}"))
    assert len(heard) == 240
    for each in heard:
        with suppress(ValueError):
            assert "m" not in json.loads(each.payload)
        assert (each.boot, each.seq) == ("", 0)  # nobody can look for it by these


def test_a_radio_that_flaps_delays_what_it_does_not_lose() -> None:
    bench = Bench(f"flapping_radio,every=10m,off=5m,loses=0.25:{PENDANT}")
    falls = [bench.falls(11 * MINUTE)]
    heard = bench.hears(
        sorted([*a_day_of_beats(bench, PENDANT), *falls], key=lambda each: each.at_ms),
        DAY_OF_BEATS_MS + 10 * MINUTE,
    )
    late = Counter(at - ts(message) for at, message in heard if message.kind == "telemetry")
    assert set(late) <= {0, *(n * MINUTE for n in range(1, 6))}
    assert late[0] == 120
    assert 75 <= sum(late.values()) - late[0] <= 105  # of 120, a quarter is lost
    assert [at for at, message in heard if message.kind == "event"] == [15 * MINUTE]


def test_a_gateway_without_network_keeps_what_it_heard_and_says_it_afterwards() -> None:
    bench = Bench(f"gateway_outage:{GATEWAY}@1h+30m")
    heard = bench.hears(a_day_of_beats(bench), DAY_OF_BEATS_MS)
    assert words(heard) == [(60 * MINUTE, "cut", GATEWAY), (90 * MINUTE, "mend", GATEWAY)]
    assert [message.seq for message in messages(heard)] == list(range(1, 241))
    assert [at for at, message in heard if message.seq in (60, 75, 89)] == [90 * MINUTE] * 3
    assert not [at for at, _ in heard if 60 * MINUTE < at < 90 * MINUTE]


def test_a_gateway_that_kept_all_it_could_lets_the_oldest_readings_go_and_events_never() -> None:
    bench = Bench(f"gateway_outage,keeps=3:{GATEWAY}@1m+1h")
    said = [bench.falls(2 * MINUTE), *bench.beats(DOOR, every_ms=10 * MINUTE, to_ms=50 * MINUTE)]
    heard = messages(bench.hears(said, 2 * HOUR))
    assert [(each.kind, each.seq) for each in heard] == [("event", 1), ("telemetry", 4), ("telemetry", 5)]


def test_a_gateway_without_a_will_is_gone_and_so_is_what_was_said_meanwhile() -> None:
    bench = Bench(f"lost_will:{GATEWAY}@10m+10m")
    heard = bench.hears(a_day_of_beats(bench), DAY_OF_BEATS_MS)
    assert words(heard) == [(10 * MINUTE, "cut", GATEWAY), (20 * MINUTE, "mend", GATEWAY)]
    assert [message.seq for message in messages(heard)] == [*range(1, 10), *range(20, 241)]
    assert bench.course.unwilling == {GATEWAY}


def test_a_device_without_power_says_nothing_and_starts_anew_with_its_state_of_then() -> None:
    bench = Bench(f"power_cut:{DOOR}@1m+1m")
    door = bench.devices[DOOR]
    boot = door.boot
    heard = bench.hears(door.feel(START + 90_000, "open"), 119 * SECOND)
    assert heard == []
    back = messages(bench.hears([], 2 * MINUTE))
    assert [each.kind for each in back] == ["status", "telemetry"]
    assert body(back[1])["m"]["contact"] is False
    assert back[1].boot == door.boot != boot
    assert back[1].seq == 1


def test_a_gateway_without_power_takes_everything_behind_it_along() -> None:
    bench = Bench(f"power_cut:{GATEWAY}@1m+1m")
    beats = bench.beats(DOOR, every_ms=30_000, to_ms=4 * MINUTE)
    heard = bench.hears(beats, 4 * MINUTE)
    assert words(heard) == [(60_000, "cut", GATEWAY), (120_000, "mend", GATEWAY)]
    assert [message.seq for message in messages(heard) if message.device == DOOR] == [1, 4, 5, 6, 7, 8]
    assert [message.kind for message in messages(heard) if message.device == GATEWAY] == [
        "status",
        "telemetry",
    ]


def test_an_empty_battery_is_not_charged_by_a_power_cut() -> None:
    bench = Bench(f"power_cut:{DOOR}@1m+1m")
    bench.devices[DOOR].feel(START, "die")
    assert bench.hears([], 3 * MINUTE) == []


def test_a_gateway_flaps_and_loses_nothing() -> None:
    bench = Bench(f"flapping_gateway,every=10m,off=2m:{GATEWAY}@5m+25m")
    heard = bench.hears(a_day_of_beats(bench), DAY_OF_BEATS_MS)
    minutes = [(at // MINUTE, word) for at, word, _ in words(heard)]
    assert minutes == [(5, "cut"), (7, "mend"), (15, "cut"), (17, "mend"), (25, "cut"), (27, "mend")]
    assert [message.seq for message in messages(heard)] == list(range(1, 241))


def test_a_window_that_ends_amid_a_break_ends_the_break() -> None:
    bench = Bench(f"flapping_gateway,every=10m,off=5m:{GATEWAY}@1m+12m")
    heard = bench.hears(a_day_of_beats(bench), DAY_OF_BEATS_MS)
    assert [(at // MINUTE, word) for at, word, _ in words(heard)] == [
        (1, "cut"), (6, "mend"), (11, "cut"), (13, "mend"),
    ]  # fmt: skip
    assert [message.seq for message in messages(heard)] == list(range(1, 241))


def test_a_storm_is_every_connection_in_the_same_moment() -> None:
    bench = Bench("reconnect_storm,times=2,every=1m,off=2s@10m", homes=25)
    heard = bench.hears(a_day_of_beats(bench), DAY_OF_BEATS_MS)
    links = {GATEWAY, "GW-02", "GW-03", COUNTER}
    for at, word in ((600, "cut"), (602, "mend"), (660, "cut"), (662, "mend")):
        assert {link for when, said, link in words(heard) if (when, said) == (at * SECOND, word)} == links
    assert len(words(heard)) == 16
    assert [message.seq for message in messages(heard)] == list(range(1, 241))
