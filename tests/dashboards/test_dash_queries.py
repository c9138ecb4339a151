"""What the queries mean, on a real InfluxDB with points one can count by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from asking import ASKED, Places, target
from parts import Influx

from dashboards.filling import Asked, Chosen, filled, step

HOUR_MS, DAY_MS, MINUTE_MS = 3_600_000, 86_400_000, 60_000
END_MS = 1_763_899_200_000  # 2025-11-23 20:00 in Shanghai
MIDNIGHT_MS = END_MS - 20 * HOUR_MS
LOTUS, LAKE = "福田区/莲花街道/莲花社区", "福田区/莲花街道北/湖畔社区 (东)"
TODAY = Chosen(END_MS - DAY_MS, END_MS)


def point(metric: str, place: str, value: float, at: int, *, device: str = "carehub") -> str:
    tags = [tag.replace(" ", "\\ ").replace(",", "\\,") for tag in (device, place)]
    return f'{metric},device={tags[0]},place={tags[1]} value={float(value)},quality="good" {at}'


def a_day() -> Iterator[str]:
    for at in range(END_MS - DAY_MS, END_MS + 1, 5 * MINUTE_MS):
        for place, people in (("F-hall", 12), ("F-pool", 30)):
            yield point("use.people", place, people, at)
            yield point("use.capacity", place, 40, at)
    yield point("use.people", "F-annex", 9, END_MS - 2 * HOUR_MS)  # silent since
    for hour in range(24):
        at = END_MS - hour * HOUR_MS
        for place, people in (("F-hall", 12), ("F-pool", 30)):
            yield point("use_1h.people", place, people, at)
            yield point("use_1h.came", place, 2, at)
        for community, open_ in ((LOTUS, 7), (LAKE, 20)):
            yield point("area.open", community, open_, at, device="urgent")
            yield point("area.open", community, 5, at, device="critical")
            yield point("area.covered", community, 3, at)
            yield point("area.neighbourhoods", community, 4, at)
        yield point("fleet.devices", LOTUS, 9, at, device="pendant")
        yield point("fleet.devices", LOTUS, 6, at, device="motion")
        yield point("fleet.devices", LAKE, 8, at, device="pendant")
        yield point("fleet.devices", "hub", 23, at, device="pendant")
    for day in range(3):
        for community in (LOTUS, LAKE):
            for kind in ("care", "device"):
                yield point("duty_1d.alerts", community, 5 + day, MIDNIGHT_MS - day * DAY_MS, device=kind)
    for minute in range(121):
        at = END_MS - (120 - minute) * MINUTE_MS
        # It began anew in between: its counters with it.
        yield point("hub.received", "hub", (minute if minute < 60 else minute - 60) * 300, at)
        yield point("hub.alerts_open", "hub", minute // 40, at)


@pytest.fixture(scope="module")
def places(influxd: Influx) -> Iterator[Places]:
    found = Places(influxd.url, "dashboards_by_hand")
    found.ask(f'CREATE DATABASE "{found.database}"')
    found.write([*a_day()])
    yield found
    found.ask(f'DROP DATABASE "{found.database}"')


def values(places: Places, asked: Asked, chosen: Chosen = TODAY) -> list[Any]:
    return [row[-1] for row in places.rows(asked, chosen)]


def test_people_now_are_the_sum_over_facilities_and_none_of_long_ago(places: Places) -> None:
    asked = target("occupancy", 101)
    assert values(places, asked) == [42]
    assert values(places, asked, Chosen(TODAY.from_ms, END_MS, {"place": ["F-hall"]})) == [12]
    assert values(places, asked, Chosen(TODAY.from_ms, END_MS, {"place": ["F-annex"]})) == []


def test_a_place_is_matched_whole_and_to_the_letter(places: Places) -> None:
    asked = target("occupancy", 101)
    assert values(places, asked, Chosen(TODAY.from_ms, END_MS, {"place": ["F-hal", "F.pool"]})) == []


def test_what_is_open_is_added_over_severities_and_communities(places: Places) -> None:
    asked = target("area", 101)
    assert values(places, asked) == [37]
    assert values(places, asked, Chosen(TODAY.from_ms, END_MS, {"community": [LAKE]})) == [25]


def test_a_street_is_no_beginning_of_another_streets_name(places: Places) -> None:
    one = Chosen(TODAY.from_ms, END_MS, {"street": ["福田区/莲花街道"]})
    assert values(places, target("area", 101), one) == [12]
    offered = next(a for a in _variables() if a.where == "community")
    assert {row[-1] for row in places.rows(offered, one)} <= {LOTUS}


def _variables() -> list[Asked]:
    return [one for one in ASKED if one.kind == "variable" and one.dashboard == "carehub-area"]


def test_devices_of_communities_are_added_and_the_hubs_own_total_is_not_added_to_them(places: Places) -> None:
    assert values(places, target("fleet", 101)) == [23]
    by_kind = places.ask(filled(target("fleet", 201), TODAY))
    assert {one["tags"]["device"]: one["values"][0][1] for one in by_kind} == {"pendant": 17, "motion": 6}


def test_a_line_of_hours_is_the_sum_of_each_hour_and_their_mean_in_longer_steps(places: Places) -> None:
    for span in (DAY_MS, 60 * DAY_MS):
        chosen = Chosen(END_MS - span, END_MS)
        found = places.ask(filled(target("area", 301), chosen))
        open_ = {one["tags"]["device"]: {n for _, n in one["values"] if n is not None} for one in found}
        assert open_ == {"critical": {10}, "urgent": {27}}


def test_the_week_is_made_of_each_hours_people_in_all_chosen_facilities(places: Places) -> None:
    rows = places.rows(target("occupancy", 201), TODAY)
    assert len(rows) == 24
    assert {row[-1] for row in rows} == {42}


def test_a_day_stands_where_its_place_began_it(places: Places) -> None:
    found = places.ask(filled(target("duty", 103), Chosen(END_MS - 30 * DAY_MS, END_MS)))
    care = next(one for one in found if one["tags"]["device"] == "care")
    assert care["values"] == [[MIDNIGHT_MS - day * DAY_MS, 2 * (5 + day)] for day in (2, 1, 0)]


def test_rates_are_per_minute_whatever_the_step_and_never_below_nothing(places: Places) -> None:
    for span in (2 * HOUR_MS, 7 * DAY_MS):
        rates = values(places, target("hub", 201), Chosen(END_MS - span, END_MS))
        assert rates
        assert all(rate == pytest.approx(300) for rate in rates)


def test_a_mark_is_where_more_alerts_were_open_than_before(places: Places) -> None:
    mark = next(one for one in ASKED if one.kind == "annotation" and one.dashboard == "carehub-hub")
    assert places.rows(mark, TODAY) == [[END_MS - ago * MINUTE_MS, 1] for ago in (80, 40, 0)]


def test_a_year_reads_no_more_hours_and_minutes_than_a_month_does(places: Places) -> None:
    """Every query but those of days and of what is offered is bounded by itself, so a wide view stays quick."""
    for one in ASKED:
        daily = any(family in one.text for family in ('"use_1d.', '"duty_1d.', '"duty_30d.', '"zone_1d.'))
        bounded = "${__to}ms - " in one.text
        assert bounded or daily or one.kind == "variable", one.where


# What InfluxQL of 1.x, 2.x and 3.x know alike; 3.x has no SLIMIT, no cardinality, no INTO.
KNOWN = {"last", "max", "min", "mean", "sum", "difference", "non_negative_derivative"}


def test_only_what_every_influxdb_knows_is_asked() -> None:
    for one in ASKED:
        assert set(re.findall(r"(?<!\$)\b([a-z_]+)\(", one.text)) - {"time", "fill"} <= KNOWN, one.where
        assert not re.search(r"SLIMIT|SOFFSET|CARDINALITY|INTO|EXPLAIN|tz\(", one.text), one.where
        assert not re.search(r"fill\((?!none)", one.text), one.where
        assert len(re.findall(r"FROM [^(]", one.text)) == 1, (
            "several sources are one series in 1.x and several in 3.x"
        )


def test_values_with_signs_of_expressions_are_taken_literally() -> None:
    asked = Asked("d", "panel", "p", 'SELECT "value" FROM "m" WHERE "place" =~ /^$place$/', "1m")
    chosen = Chosen(0, DAY_MS, {"place": ["区/街(东)", "a.b$"]})
    assert filled(asked, chosen).endswith(r'"place" =~ /^(区\/街\(东\)|a\.b\$)$/')


def test_a_macro_nobody_fills_in_is_said() -> None:
    with pytest.raises(ValueError, match="not all is filled in"):
        filled(Asked("d", "panel", "p", "SELECT 1 WHERE $unknown"), Chosen(0, DAY_MS))


def test_a_step_is_as_long_as_asked_for_and_as_a_panel_is_wide() -> None:
    assert step("1h", DAY_MS) == "1h"
    assert step("1m", 31 * DAY_MS) == "1h"
    assert step("1h", 366 * DAY_MS) == "12h"
