"""The numbers of work: figures worked out by hand, and what holds whatever the alerts are."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alerts.load import Load, chattering, floods, loads, most_within, together, worst
from gateway.alerts.performance import performance
from gateway.alerts.precision import Z_ONE_SIDED, false_per_resident_month, often_false, precision_of, wilson
from gateway.alerts.record import DAY_MS, HOUR_MS, Asked, Facts, Record, Standing, Targets, station_of
from gateway.alerts.remedies import REMEDIES, remedy_for
from gateway.alerts.response import Met, late_calls, response_of, spread
from rules.closing import REASONS

T = 1_772_380_800_000  # 2026-03-02 00:00 in Shanghai, a full hour
MIN = 60_000
LATER = T + 30 * DAY_MS
A, B = "区/街/社区一", "区/街/社区二"


def record(number: int = 1, **other: Any) -> Record:  # noqa: ANN401 fields of a record
    usual: dict[str, Any] = {
        "rule": "fall", "kind": "life_safety", "place": "H1", "station": A, "raised_at": T, "device": "d",
        "device_kind": "radar", "closed": True,
    }  # fmt: skip
    return Record(number=number, **(usual | other))


def facts(*records: Record, **other: Any) -> Facts:  # noqa: ANN401 fields of facts
    return Facts(**({"records": records, "standing": [], "operators": {}, "homes": {A: 10, B: 10}} | other))


def asked(**other: Any) -> Asked:  # noqa: ANN401 fields of a question
    return Asked(**({"begin": T, "end": T + DAY_MS, "now": LATER} | other))


def met(records: list[Record], now: int = LATER, targets: Targets = Targets()) -> dict[str, Met]:  # noqa: B008 frozen
    return {one.name: one for one in response_of(records, targets, now).targets}


# response


def test_a_spread_is_of_times_that_occurred() -> None:
    """Of 1 … 20 s: half within the 10th, 90 % within the 18th, 95 % within the 19th."""
    found = spread([at * 1000 for at in range(20, 0, -1)] + [None])
    assert (found.count, found.p50_s, found.p90_s, found.p95_s, found.max_s) == (20, 10, 18, 19, 20)
    one = spread([1_500])
    assert (one.p50_s, one.p90_s, one.p95_s, one.max_s) == (1.5, 1.5, 1.5, 1.5)
    assert spread([None]).max_s is None


def test_shares_are_held_to_their_targets() -> None:
    """Of 40 calls 38 within 60 s (95 % < 97.5 %), one in 180 s exactly, one in 181 s: 39 of 40 within 180 s (97.5 % < 99 %)."""
    times = [30_000] * 38 + [180_000, 181_000]
    calls = [record(at, accepted_ms=ms) for at, ms in enumerate(times, 1)]
    found = met(calls)
    assert (found["accept"].within, found["accept"].of, found["accept"].met) == (38, 40, False)
    assert (found["accept_late"].within, found["accept_late"].share, found["accept_late"].met) == (
        39,
        0.975,
        False,
    )
    assert late_calls(calls, Targets(), LATER) == [40]
    lenient = met(calls, targets=Targets(accept_share=0.95, accept_late_share=0.975))
    assert lenient["accept"].met
    assert lenient["accept_late"].met


def test_what_is_open_is_late_once_past_the_target_and_not_judged_before() -> None:
    calls = [record(1, accepted_ms=5_000), record(2, closed=False)]
    early = met(calls, T + 60_000)
    assert (early["accept"].of, early["accept"].met) == (1, True)
    late = met(calls, T + 60_001)
    assert (late["accept"].of, late["accept"].within, late["accept"].met) == (2, 1, False)
    assert late["accept_late"].of == 1
    assert late_calls(calls, Targets(), T + 180_000) == []
    assert late_calls(calls, Targets(), T + 180_001) == [2]


def test_nobody_has_to_come_once_a_call_has_settled_it() -> None:
    """Two came (44 and 50 min), one waits for an hour and a second, one was settled by a call, one closed without a visit."""
    calls = [
        record(1, on_site_ms=44 * MIN), record(2, on_site_ms=50 * MIN), record(3, closed=False),
        record(4, closed=False, settled=True), record(5),
    ]  # fmt: skip
    found = met(calls, T + 60 * MIN + 1_000)
    assert (found["on_site"].within, found["on_site"].of) == (1, 3)
    assert (found["on_site_late"].within, found["on_site_late"].of, found["on_site_late"].met) == (
        2,
        3,
        False,
    )
    assert response_of(calls, Targets(), LATER).unvisited == 1


def test_targets_are_about_life_safety_and_without_any_of_it_neither_met_nor_missed() -> None:
    found = met([record(1, kind="care", accepted_ms=900_000)])
    assert all(one.of == 0 and one.share is None and one.met is None for one in found.values())
    assert late_calls([record(1, kind="care", accepted_ms=900_000)], Targets(), LATER) == []


# load


def at_minutes(*minutes: float) -> list[int]:
    return [T + int(minute * MIN) for minute in minutes]


def test_a_flood_begins_with_the_tenth_within_ten_minutes_and_ends_below_five() -> None:
    """Nine are none. With ten at minutes 0 … 4.5 there are fewer than five from 2.5 + 10 on: the 5th from last falls out."""
    assert floods("s", at_minutes(*(at / 2 for at in range(9))), LATER) == []
    assert floods("s", at_minutes(*(at * 2 for at in range(20))), LATER) == []
    (flood,) = floods("s", at_minutes(*(at / 2 for at in range(10))), LATER)
    assert (flood.begin, flood.end, flood.alarms, flood.most) == (T, T + int(12.5 * MIN), 10, 10)


def test_a_flood_lasts_as_long_as_five_come_within_ten_minutes() -> None:
    """After eleven in a minute one every two minutes: five within ten, the flood goes on; the next begins anew."""
    steady = [*(at / 10 for at in range(11)), *range(3, 23, 2)]
    again = [*(60 + at / 10 for at in range(12))]
    first, second = floods("s", at_minutes(*steady, *again), LATER)
    assert first.alarms == 21
    assert first.end == T + 23 * MIN  # the last is at 21, the fifth from last at 13
    assert (second.begin, second.alarms) == (T + 60 * MIN, 12)
    (going,) = floods("s", at_minutes(*(at / 10 for at in range(11))), T + 2 * MIN)
    assert going.end is None


def test_hours_are_fine_manageable_or_too_much_for_each_who_acted() -> None:
    """Hours of 6, 7, 12, 13 alarms, and 13 for two people (6.5 each); 19 hours without: 20 fine, 3 manageable, 1 too much."""
    counts = {0: 6, 1: 7, 2: 12, 3: 13, 4: 13}
    times = [T + hour * HOUR_MS + at * 4 * MIN for hour, count in counts.items() for at in range(count)]
    records = [record(at, raised_at=time) for at, time in enumerate(times)]
    people = {(A, T // HOUR_MS + 4): 2, (A, T // HOUR_MS): 1}
    load = loads(records, facts(operators=people, homes={A: 1}), asked())[A]
    assert (load.fine_hours, load.manageable_hours, load.overloaded_hours) == (20, 3, 1)
    assert (load.hours, load.operator_hours, load.alarms) == (24, 25, 51)
    assert load.per_operator_hour == pytest.approx(51 / 25)
    assert load.per_ten_minutes == pytest.approx(51 / 144)
    assert load.most_per_operator_hour == 13
    assert load.most_in_ten_minutes == 3
    assert load.floods == []


def test_stale_and_shelved_are_as_of_now_whenever_they_were_raised() -> None:
    standing = [
        Standing(1, "care", A, LATER - DAY_MS - 1, shelved=True),
        Standing(2, "care", B, LATER - DAY_MS, shelved=False),
    ]
    of = loads([], facts(standing=standing), asked())
    assert ([load.stale for load in of.values()], [load.shelved for load in of.values()]) == (
        [[1], []],
        [1, 0],
    )
    assert (together(of.values(), asked()).stale, together(of.values(), asked()).hours) == ([1], 48)


def test_three_within_a_minute_chatter_and_so_does_one_alert_that_came_often() -> None:
    close = [record(at, raised_at=T + at * 30_000) for at in range(3)]
    apart = [record(at, rule="sos", raised_at=T + at * 30_001) for at in range(10, 13)]
    often = [
        record(20, rule="door", count=5, last_at=T + 120_000),
        record(21, rule="bed", count=5, last_at=T + 120_001),
    ]
    found = chattering([*close, *apart, *often])
    assert [(one.rule, one.alarms, one.first) for one in found] == [("door", 5, 20), ("fall", 3, 0)]


def test_the_ten_worst_sources_have_their_share() -> None:
    records = [record(at, device=f"d{at % 12:02d}") for at in range(24)] + [
        record(99, device="", place="H9")
    ] * 6
    found = worst(records)
    assert len(found) == 10
    assert (found[0].subject, found[0].alarms, found[0].share) == ("H9", 6, 0.2)
    assert found[1].subject == "d00"


# precision


def test_one_of_one_is_not_a_hundred_percent() -> None:
    """Wilson for n of n: the lower bound is n / (n + z²), so 1 / 4.8415; for 0 of n the upper is z² / (n + z²)."""
    found = precision_of(
        [record(verdict="true"), record(verdict="test"), record(verdict="unconfirmed"), record()]
    )
    assert (found.right, found.wrong, found.unconfirmed, found.test) == (1, 0, 1, 1)
    assert found.precision == 1
    assert found.low == pytest.approx(1 / 4.8415, abs=1e-4)
    assert wilson(0, 3, Z_ONE_SIDED)[1] == pytest.approx(2.7055 / 5.7055, abs=1e-4)
    assert precision_of([record()]).precision is None
    # A published worked example: 8 of 10 is 0.4902 to 0.9433.
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def device(right: int, wrong: int, reasons: tuple[str, ...] = ("pet",), **other: Any) -> list[Record]:  # noqa: ANN401
    verdicts = ["true"] * right + ["false"] * wrong
    return [
        record(
            at, verdict=verdict, reason=reasons[at % len(reasons)] if verdict == "false" else None, **other
        )
        for at, verdict in enumerate(verdicts)
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "listed"),
    [(0, 2, False), (0, 3, True), (1, 3, False), (1, 6, True), (20, 5, False)],
)
def test_a_device_is_listed_when_it_is_surely_more_often_wrong_than_right(
    right: int,
    wrong: int,
    listed: bool,  # noqa: FBT001 a case
) -> None:
    assert bool(often_false(device(right, wrong), T + 1)) is listed


def test_a_device_that_is_often_wrong_comes_with_what_to_do() -> None:
    (found,) = often_false(device(0, 5, ("other", "sat_down")), T + 1)
    assert (found.device, found.kind, found.wrong) == ("d", "radar", 5)
    assert found.reasons == {"other": 3, "sat_down": 2}
    assert found.remedy == REMEDIES["other"]
    assert remedy_for({"other": 2, "sat_down": 2}) == REMEDIES["sat_down"]
    assert remedy_for({"something": 9}) == REMEDIES["other"]


def test_what_a_device_did_more_than_thirty_days_ago_is_forgiven() -> None:
    assert often_false(device(0, 5, raised_at=T - 30 * DAY_MS), T + 1) == []
    assert often_false(device(0, 5, raised_at=T - 30 * DAY_MS + 1), T + 1)


def test_every_reason_that_can_be_given_has_a_remedy_in_both_languages() -> None:
    assert {reason for reasons in REASONS.values() for reason in reasons} == set(REMEDIES)
    assert all(set(words) == {"zh", "en"} and all(words.values()) for words in REMEDIES.values())


def test_false_alarms_are_counted_for_each_resident_and_month() -> None:
    """Three false alarms at homes in ten days of 60 homes: 3 / (60 × ⅓)."""
    records = [*device(2, 3), *device(0, 4, home=False)]
    assert false_per_resident_month(records, {A: 40, B: 20}, T, T + 10 * DAY_MS) == pytest.approx(0.15)
    assert false_per_resident_month(records, {}, T, T + DAY_MS) is None
    assert false_per_resident_month(records, {A: 1}, T, T) is None


# the whole


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])  # of 23 and of 25 hours in Berlin
def test_days_are_those_of_the_zone_also_when_they_have_another_length(day: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    begin = int(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp() * 1000)
    length = {"2026-03-29": 23, "2026-10-25": 25}[day] * HOUR_MS
    times = [begin - 1, begin, begin + length - 1, begin + length]
    records = [record(at, raised_at=time) for at, time in enumerate(times)]
    question = asked(
        begin=begin - DAY_MS, end=begin + 2 * DAY_MS, now=begin + 3 * DAY_MS, zone="Europe/Berlin"
    )
    found = performance(facts(*records), question).by_day
    assert [one.raised for one in found.values()] == [1, 2, 1]
    assert list(found)[1] == day


def test_only_the_span_is_counted_but_devices_over_thirty_days() -> None:
    old = device(0, 3, raised_at=T - 10 * DAY_MS)
    found = performance(facts(*old, record(9, raised_at=T + DAY_MS)), asked(by_home=True))
    assert found.response.raised == 0
    assert found.by_home is not None
    assert [one.device for one in found.by_home.often_false] == ["d"]
    hidden = performance(facts(*old), asked())
    assert hidden.by_home is None
    assert hidden.often_false_count == 1


def test_a_station_is_asked_for_by_its_path_or_its_name() -> None:
    assert station_of("区/街/社区一/小区") == A
    assert all(asked(station=name).fits(A) for name in ("", A, "社区一"))
    assert not any(asked(station=name).fits(A) for name in ("街/社区一", "社区二", "区"))


RECORDS = st.lists(
    st.builds(
        record,
        number=st.integers(1, 500),
        rule=st.sampled_from(["fall", "sos"]),
        kind=st.sampled_from(["life_safety", "care"]),
        station=st.sampled_from([A, B]),
        place=st.sampled_from(["H1", "H2"]),
        raised_at=st.integers(0, 200).map(lambda at: T + at * 20_000),
        accepted_ms=st.none() | st.integers(0, 400_000),
        on_site_ms=st.none() | st.integers(0, 5_000_000),
        closed=st.booleans(),
        verdict=st.sampled_from([None, "true", "false", "test"]),
    ),
    max_size=30,
)
SHORTER = settings(max_examples=25, deadline=None)


@SHORTER
@given(RECORDS, st.integers(1, 400), st.integers(0, 200))
def test_a_longer_target_never_has_a_smaller_share_within(
    records: list[Record], within_s: int, more: int
) -> None:
    """Of all that were accepted or are past both targets; what is not judged yet has no part in it."""
    strict, lenient = (
        met(records, targets=Targets(accept_s=limit))["accept"] for limit in (within_s, within_s + more)
    )
    assert strict.of == lenient.of  # a month later nothing is undecided
    assert strict.within <= lenient.within


@SHORTER
@given(RECORDS, st.integers())
def test_the_order_of_alerts_changes_nothing(records: list[Record], seed: int) -> None:
    shuffled = random.Random(seed).sample(records, len(records))  # noqa: S311 an order
    first, second = (performance(facts(*each), asked(by_home=True)) for each in (records, shuffled))
    assert msgspec.json.encode(first) == msgspec.json.encode(second)


@SHORTER
@given(RECORDS)
def test_the_stations_add_up_to_the_whole(records: list[Record]) -> None:
    found = performance(facts(*records), asked())
    parts = list(found.by_station.values())
    assert sum(part.raised for part in parts) == found.response.raised == len(records)
    for at, whole in enumerate(found.response.targets):
        assert sum(part.targets[at].of for part in parts) == whole.of
        assert sum(part.targets[at].within for part in parts) == whole.within
    of: list[Load] = list(found.load_by_station.values())
    assert sum(load.alarms for load in of) == found.load.alarms
    assert sum(len(load.floods) for load in of) == len(found.load.floods)
    assert sum(load.overloaded_hours for load in of) == found.load.overloaded_hours
    assert (
        found.load.fine_hours + found.load.manageable_hours + found.load.overloaded_hours == found.load.hours
    )
    alone = performance(facts(*(one for one in records if one.station == A), homes={A: 10}), asked(station=A))
    assert found.by_station.get(A, alone.response) == alone.response
    assert found.load_by_station[A] == alone.load_by_station[A]


@SHORTER
@given(st.lists(st.integers(0, 3_000_000), max_size=60))
def test_floods_are_those_of_a_look_at_every_moment(offsets: list[int]) -> None:
    """Held to the plain definition: at every moment at which the count can change, counted anew."""
    times = sorted(T + offset for offset in offsets)
    window = 600_000
    begins, flooded = 0, False
    for moment in sorted({*times, *(time + window for time in times)}):
        count = sum(moment - window < time <= moment for time in times)
        if flooded and count < 5:
            flooded = False
        elif not flooded and count >= 10:
            flooded, begins = True, begins + 1
    found = floods("s", times, LATER)
    assert len(found) == begins
    assert all(flood.most <= most_within(times, window) for flood in found)
