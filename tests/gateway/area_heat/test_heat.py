"""Demand over supply: what is hidden stays hidden whoever divides or subtracts, and what is shown holds the truth."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.alerts.cells import Cell, cell
from gateway.area_heat.features import features
from gateway.area_heat.heat import (
    DEMANDS,
    SHOWS,
    SUPPLIES,
    Counts,
    Heat,
    heat_of,
    kept_values,
    ratio,
    together,
    value_of,
)
from gateway.area_heat.scale import STEPS, scale_of

small = st.integers(0, 12)
counts = st.builds(
    Counts,
    homes=small,
    alerts=st.lists(small, min_size=4, max_size=4),
    visits=st.none() | small,
    stations=st.none() | st.integers(0, 3),
    hours=st.none() | st.sampled_from([0.0, 7.5, 40.0, 168.0]),
    seats=st.none() | st.integers(0, 60),
)
towns = st.lists(counts, min_size=1, max_size=4)


def other_than(count: int, draw: int) -> int:
    """Another count that is shown as this one is."""
    return draw if 0 < count < 5 else count


def another(town: Counts, data: st.DataObject) -> Counts:
    """The same town as far as anybody is told: every hidden count is another one."""
    hidden = st.integers(1, 4)
    return Counts(
        homes=other_than(town.homes, data.draw(hidden)),
        alerts=[other_than(part, data.draw(hidden)) for part in town.alerts],
        visits=None if town.visits is None else other_than(town.visits, data.draw(hidden)),
        stations=town.stations, hours=town.hours, seats=town.seats,
    )  # fmt: skip


def told(heats: list[Heat]) -> str:
    """Everything that leaves the hub of these communities: each number and ratio, the sums, the colours, GeoJSON, the store."""
    every = [*heats, together(heats)]
    parts: list[object] = [kept_values(one) for one in every]
    for show in SHOWS:
        for demand in DEMANDS:
            for supply in SUPPLIES:
                values = [value_of(one, show, demand, supply) for one in every]
                scale = scale_of(values, whole=show == "demand")
                parts.append([(str(one), scale.colour(one)) for one in values])
                parts.append(features(heats, {}, demand, supply))
    return json.dumps(parts, ensure_ascii=False)


@given(towns, st.data())
def test_whoever_divides_or_subtracts_learns_nothing(town: list[Counts], data: st.DataObject) -> None:
    """Two towns that differ in hidden counts alone are told alike to the last letter: nothing told depends on them."""
    heats = [heat_of(f"区/街/{at}", one) for at, one in enumerate(town)]
    others = [heat_of(f"区/街/{at}", another(one, data)) for at, one in enumerate(town)]
    assert told(heats) == told(others)


@given(counts)
def test_what_is_shown_holds_the_truth(town: Counts) -> None:
    heat = heat_of("区/街/社", town)
    truth = {"elders": town.homes, "alerts": sum(town.alerts), "visits": town.visits}
    for demand in DEMANDS:
        for supply, there in {"stations": town.stations, "hours": town.hours, "seats": town.seats}.items():
            found, real = value_of(heat, "ratio", demand, supply), truth[demand]  # type: ignore[arg-type]
            if real is None or there is None:
                assert found.state == "missing"
            elif there == 0:
                assert found.state == ("no_service" if real else "nothing")
            else:
                assert found.low is not None
                assert found.high is not None
                assert found.low <= real / there <= found.high


@given(counts)
def test_a_store_that_others_read_gets_what_is_exact_or_nothing(town: Counts) -> None:
    kept = kept_values(heat_of("区/街/社", town))
    assert all(
        kept[name] == 0 or kept[name] >= 5 for name in ("heat.elders", "heat.visits_30d") if name in kept
    )
    assert ("heat.alerts_30d" in kept) == (not any(0 < part < 5 for part in town.alerts))
    assert ("heat.seats" in kept) == (town.seats is not None)


def test_a_ratio_as_it_is_written() -> None:
    assert (ratio(cell(126), 2).shown, ratio(cell(13), 2).shown, ratio(cell(5), 168).shown) == (
        "63",
        "6.5",
        "0.03",
    )
    assert (ratio(cell(3), 2).state, ratio(cell(3), 2).shown) == ("few", "<2.5")
    assert (ratio(Cell(41, 44), 3).state, ratio(Cell(41, 44), 3).shown) == ("range", "13–15"), (
        "rounded outwards"
    )
    assert (ratio(cell(3), 0).state, ratio(cell(0), 0).state) == ("no_service", "nothing")
    assert ratio(None, 2).state == ratio(cell(9), None).state == "missing"


def test_a_sum_that_lacks_a_part_is_no_sum() -> None:
    def one(seats: int | None, visits: int | None) -> Heat:
        return heat_of(
            "a/b/c", Counts(homes=9, alerts=[0], visits=visits, stations=1, hours=8.0, seats=seats)
        )

    assert together([one(3, 7), one(4, 2)]).seats == 7
    assert together([one(3, 7), one(None, 7)]).seats is None
    assert together([one(3, 7), one(3, None)]).visits is None
    assert together([one(3, 7), one(4, 2)]).visits == Cell(8, 11)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=9), st.booleans())
def test_five_colours_cover_what_is_shown(numbers: list[float], whole: bool) -> None:  # noqa: FBT001 hypothesis gives it
    assume(all(number == 0 or number > 1e-6 for number in numbers))
    values = [ratio(cell(5), 5 / number) if number else ratio(cell(0), 1) for number in numbers]
    scale = scale_of(values, whole=whole)
    most = max(number for number in numbers)
    assert most <= scale.step * STEPS * (1 + 1e-9), "the highest is within the last colour"
    assert whole or not most or most > scale.step, "and not all are of the first"
    colours = [scale.colour(value) for value in sorted(values, key=lambda one: one.low or 0)]
    assert colours == sorted(colours, key=lambda one: -1 if one is None else one), "the more, the darker"
    assert not whole or math.isclose(scale.step, round(scale.step))


def test_what_has_no_number_has_no_colour() -> None:
    scale = scale_of([ratio(cell(9), 0), ratio(None, 1)], whole=False)
    assert [scale.colour(one) for one in (ratio(cell(9), 0), ratio(None, 1))] == [None, None]


def test_an_exact_count_below_five_is_not_a_count() -> None:
    with pytest.raises(ValueError, match="negative"):
        heat_of("a/b/c", Counts(homes=-1, alerts=[], visits=0, stations=0, hours=0, seats=0))
