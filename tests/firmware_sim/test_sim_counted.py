"""Facilities whose counters miscount: the truth is a possible one, and what befalls a counter shows on the wire."""

from __future__ import annotations

import json
from datetime import date

import pytest

from firmware_sim.counted import Counted
from firmware_sim.daytime import DAY, HOUR, MINUTE
from firmware_sim.devices.counter import EXACT, Flaws
from firmware_sim.footfall import CANTEEN, CENTRE, HALL, KINDS_OF_FACILITY, STATION, Footfall, Kind
from firmware_sim.script import Stimulus

FIRST = date(2026, 3, 2)


def said(made: Counted, door: str) -> list[tuple[int, int, int]]:
    """(ms, in, out) of each message with figures."""
    found = []
    for message in made.messages():
        if message.device == door and message.kind == "telemetry":
            body = json.loads(message.payload)
            found.append((message.at_ms, body["m"]["in"], body["m"]["out"]))
    return found


@pytest.mark.parametrize("kind", KINDS_OF_FACILITY, ids=lambda kind: kind.name)
def test_nobody_leaves_who_has_not_come_and_nobody_stays_overnight(kind: Kind) -> None:
    lived = Footfall(kind, "F", FIRST, 7, seed=3)
    start = Counted(kind, "F", FIRST, 7, 3).start_ms
    people = [lived.people_at(start + minute * MINUTE) for minute in range(7 * 24 * 60)]
    assert min(people) == 0
    assert max(people) > 8
    assert all(lived.people_at(start + day * DAY + 3 * HOUR) == 0 for day in range(7))
    assert lived.people_at(start + 7 * DAY) == 0


def test_the_same_facility_says_the_same_bytes_and_another_seed_others() -> None:
    one, other, third = (Counted(HALL, "F", FIRST, 2, seed) for seed in (3, 3, 4))
    assert one.messages() == other.messages()
    assert one.messages() != third.messages()


def test_exact_counters_tell_the_truth_together() -> None:
    made = Counted(CENTRE, "F", FIRST, 1, 5, EXACT)
    noon = made.start_ms + 12 * HOUR
    sums = [[(c, w) for at, c, w in said(made, door) if at <= noon][-1] for door in made.doors]
    assert sum(came - went for came, went in sums) == made.people_at(noon) > 0


def test_counters_miss_and_double_as_many_as_they_are_said_to() -> None:
    truth = Counted(CANTEEN, "F", FIRST, 20, 5, EXACT)
    entry = truth.doors[0]
    came = said(truth, entry)[-1][1]
    misses = said(Counted(CANTEEN, "F", FIRST, 20, 5, Flaws(misses_in=0.05)), entry)[-1][1]
    doubles = said(Counted(CANTEEN, "F", FIRST, 20, 5, Flaws(doubles=0.05)), entry)[-1][1]
    assert 0.93 < misses / came < 0.97
    assert 1.03 < doubles / came < 1.07


def test_an_entrance_counts_who_comes_and_an_exit_who_goes() -> None:
    made = Counted(CANTEEN, "F", FIRST, 1, 5, EXACT)
    assert said(made, made.doors[0])[-1][2] == 0
    assert said(made, made.doors[1])[-1][1] == 0


def test_a_counter_rolls_over() -> None:
    made = Counted(STATION, "F", FIRST, 1, 5, EXACT, bits=16, begun=65_530)
    figures = [came for _, came, _ in said(made, made.doors[0])]
    assert max(figures) == 65_535
    assert 0 < figures[-1] < 200


def test_a_flat_battery_is_silent_and_a_new_one_counts_from_zero() -> None:
    made = Counted(STATION, "F", FIRST, 2, 5, EXACT)
    door, begin = made.doors[0], made.start_ms + 11 * HOUR
    made.befalls += [Stimulus(begin, door, "die"), Stimulus(begin + 23 * HOUR, door, "swap")]
    heard = said(made, door)
    assert not [at for at, _, _ in heard if begin < at < begin + 23 * HOUR]
    before = [one for one in heard if one[0] <= begin][-1]
    after = next(one for one in heard if one[0] > begin)
    assert before[1] > 0
    assert after[1:] == (0, 0)
    assert any(m.payload == b'{"online":false}' for m in made.messages())


def test_a_covered_counter_goes_on_reporting_and_counts_nobody() -> None:
    made = Counted(STATION, "F", FIRST, 1, 5, EXACT)
    door, begin = made.doors[0], made.start_ms + 11 * HOUR
    made.befalls += [Stimulus(begin, door, "cover"), Stimulus(begin + 3 * HOUR, door, "uncover")]
    heard = [one for one in said(made, door) if begin < one[0] < begin + 3 * HOUR]
    assert len(heard) > 30
    assert len({one[1:] for one in heard}) == 1
