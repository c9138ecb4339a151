"""Whether most devices' clocks agree that the hub's is wrong: a backlog, a station and a power cut do not make it seem so."""

from __future__ import annotations

import random
from itertools import count

import pytest

from gateway.ingest.agreement import LOOKED_AT, NEEDED, OF_A_PLACE, STEADY_MS, Agreement

NOW = 1_772_413_200_000
HOUR, MINUTE, S = 3_600_000, 60_000, 1_000
HOMES = 3


def hear(agreement: Agreement, device: str, place: str, lag: int, at: int) -> None:
    if agreement.wants(device, at):
        agreement.note(device, place, lag, at)


def town(
    agreement: Agreement, *, since: int, minutes: int, lag: int, seed: int = 1, homes: int = HOMES
) -> int:
    """Every device speaks twice a minute, a little late; returns when the last one did."""
    rng = random.Random(seed)  # noqa: S311 a seeded story
    at = since
    for turn in range(2 * minutes):
        for home in range(homes):
            for device in range(4):
                at = since + turn * 30 * S + home * 7
                hear(agreement, f"{home}-{device}", f"H{home}", lag + int(rng.expovariate(1 / 60)), at)
    return at


@pytest.mark.parametrize("lag", [0, HOUR, -HOUR])
def test_a_town_agrees_within_a_minute_and_keeps_to_it(lag: int) -> None:
    agreement = Agreement()
    town(agreement, since=NOW, minutes=1, lag=lag)
    assert agreement.lag is not None
    assert lag <= agreement.lag <= lag + 200
    before = agreement.lag
    town(agreement, since=NOW + 5 * MINUTE, minutes=60, lag=lag)
    assert agreement.lag == before, "each change would put messages out of order"


def test_too_few_agree_on_nothing() -> None:
    agreement = Agreement()
    for turn in range(20):
        for device in range(NEEDED - 1):
            hear(agreement, f"d{device}", "H", HOUR, NOW + turn * MINUTE)
    assert agreement.lag is None


def test_a_backlog_of_the_whole_town_is_no_wrong_clock() -> None:
    """An hour kept by radio gateways, sent within a minute, or three times as fast as it was lived."""
    for over in (MINUTE, 20 * MINUTE):
        agreement = Agreement()
        for step in range(400):
            at = NOW + step * over // 400
            seen = NOW - HOUR + step * (HOUR + over) // 400
            for home in range(HOMES):
                hear(agreement, f"{home}-{step % 4}", f"H{home}", at - seen, at)
        assert agreement.lag in {None, 0} or agreement.lag < 5 * S
        town(agreement, since=NOW + over, minutes=2, lag=0)
        assert agreement.lag is not None
        assert agreement.lag < 200


def test_what_all_said_when_the_power_went_and_sent_when_it_came_back_is_no_wrong_clock() -> None:
    agreement = Agreement()
    for number in range(200):
        at = NOW + number * 400
        hear(agreement, f"d{number}", f"H{number // 4}", at - (NOW - HOUR), at)
    assert agreement.lag is None


def test_a_station_with_many_devices_does_not_outvote_the_homes() -> None:
    agreement = Agreement()
    for turn in range(20):
        for device in range(80):
            hear(agreement, f"s{device}", "F1", HOUR, NOW + turn * 10 * S)
        town(agreement, since=NOW + turn * 10 * S, minutes=1, lag=0)
    assert agreement.lag is not None
    assert agreement.lag < 200


def test_a_jump_of_hub_time_is_known_at_once_and_taken_back_where_devices_jump_too() -> None:
    agreement = Agreement()
    at = town(agreement, since=NOW, minutes=2, lag=0)
    agreement.jumped(HOUR, at + HOUR)
    assert agreement.lag is not None
    assert HOUR <= agreement.lag < HOUR + 200
    hear(agreement, "0-0", "H0", -5, at)  # received before, read after
    assert HOUR <= agreement.lag < HOUR + 200
    town(agreement, since=at + HOUR, minutes=2, lag=0)
    assert agreement.lag < 200


def test_devices_that_hang_for_a_moment_with_the_hub_change_nothing() -> None:
    agreement = Agreement()
    at = town(agreement, since=NOW, minutes=2, lag=HOUR)
    before = agreement.lag
    for number in range(12):
        hear(agreement, f"{number // 4}-{number % 4}", f"H{number // 4}", HOUR + 12 * S, at + 12 * S)
    town(agreement, since=at + 20 * S, minutes=1, lag=HOUR)
    assert agreement.lag == before


def test_of_a_city_a_few_hundred_are_looked_at_and_it_is_known_soon() -> None:
    agreement, rng, looked = Agreement(), random.Random(3), count()  # noqa: S311 a seeded story
    for at in range(NOW, NOW + 90 * S, 5):  # what the sampler lets through: 200 a second
        device = rng.randrange(50_000)
        if agreement.wants(str(device), at):
            next(looked)
            agreement.note(str(device), f"H{device // 6}", HOUR + rng.randrange(400), at)
    assert agreement.lag is not None
    assert abs(agreement.lag - HOUR) < S
    assert len(agreement._lags) == LOOKED_AT
    assert max(agreement._of_place.values()) <= OF_A_PLACE
    assert next(looked) < 2 * LOOKED_AT + 90 * S // 100


def test_devices_that_go_make_room() -> None:
    agreement = Agreement()
    town(agreement, since=NOW, minutes=1, lag=0)
    agreement.forget([f"{home}-{device}" for home in range(HOMES) for device in range(4)])
    assert agreement.wants("new", NOW + STEADY_MS)
    assert not agreement._lags
    assert not any(agreement._of_place.values())
