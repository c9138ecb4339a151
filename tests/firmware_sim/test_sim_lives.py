"""People's days: without gaps, plausible, and what their sensors feel of them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.daytime import DAY, HOUR, MINUTE, local_day, midnight_ms
from firmware_sim.devices.pendant import HANDLINGS_PER_WEEK, Flaws
from firmware_sim.lives.days import Stay, cut, stays, usual_rise_ms
from firmware_sim.lives.fate import mishaps_of
from firmware_sim.lives.habits import household
from firmware_sim.lives.town import Lives
from firmware_sim.places import KitName, Layout, settle
from firmware_sim.script import Incident

MONDAY = date(2026, 3, 2)
SEEDS = st.integers(0, 10_000)


def town(homes: int, seed: int) -> tuple[Layout, Lives]:
    layout = settle(homes=homes, seed=seed, kit=KitName.FULL)
    return layout, Lives(layout, seed=seed, calm=False)


def days_of(seed: int, *, homes: int = 10, days: int = 14) -> list[list[Stay]]:
    layout, lives = town(homes, seed)
    return [
        stays(each, person, MONDAY + timedelta(days=n), seed=seed, calm=False)
        for each in (lives.households[home.home] for home in layout.homes)
        for person in each.people
        for n in range(days)
    ]


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, day=st.integers(0, 700), calm=st.booleans())
def test_a_day_goes_from_midnight_to_midnight_without_gaps(seed: int, day: int, *, calm: bool) -> None:
    lives = household(settle(homes=3, seed=seed).homes[2], seed=seed)
    when = MONDAY + timedelta(days=day)
    for person in lives.people:
        lived = stays(lives, person, when, seed=seed, calm=calm)
        assert lived[0].start_ms == midnight_ms(when)
        assert lived[-1].end_ms == midnight_ms(when) + DAY
        assert all(a.end_ms == b.start_ms for a, b in pairwise(lived))
        assert all(stay.start_ms < stay.end_ms for stay in lived)


def test_stays_in_the_bathroom_are_no_longer_than_those_of_real_homes() -> None:
    there = [s for lived in days_of(5) for s in lived if s.room == "bath"]
    toilets = sorted(s.end_ms - s.start_ms for s in there if s.doing == "toilet")
    showers = [s.end_ms - s.start_ms for s in there if s.doing == "shower"]
    assert toilets[-1] <= 30 * MINUTE
    assert 2 * MINUTE < toilets[len(toilets) // 2] < 7 * MINUTE
    assert max(showers) <= 16 * MINUTE


def test_people_are_up_about_when_they_usually_are() -> None:
    layout, lives = town(20, 9)
    late = []
    for home in layout.homes:
        each = lives.households[home.home]
        for n in range(20):
            day = MONDAY + timedelta(days=n)
            lived = stays(each, each.people[0], day, seed=9, calm=False)
            noon = midnight_ms(day) + 12 * HOUR
            slept = [s.end_ms for s in lived if s.doing == "asleep" and s.end_ms < noon]
            if slept:
                late.append((slept[-1] - usual_rise_ms(each.people[0], day)) / MINUTE)
    late.sort()
    assert -8 < late[len(late) // 2] < 8
    assert 10 < late[len(late) * 9 // 10] < 40


def test_nobody_at_home_and_up_is_unseen_for_three_hours_by_day() -> None:
    layout, lives = town(25, 12)
    for home in layout.homes:
        if len(lives.households[home.home].people) > 1:
            continue  # of two, one may be out and the other nap
        for n in range(5):
            day = MONDAY + timedelta(days=n)
            felt = lives.stimuli(home, day)
            seen = [s.at_ms for s in felt if s.word in {"motion", "open", "close"}]
            lived = lives._day(home, day).stays[0]
            for before, after in pairwise(seen):
                if after - before < 3 * HOUR:
                    continue
                between = {s.doing for s in lived if before < (s.start_ms + s.end_ms) // 2 < after}
                assert between <= {"asleep", "out"}, (home.home, day, between)


def test_the_pendant_is_worn_for_the_share_of_waking_hours_that_its_flaws_say() -> None:
    layout, lives = town(60, 3)
    worn = waking = handled = 0
    for home in layout.homes:
        for n in range(7):
            day = MONDAY + timedelta(days=n)
            on: int | None = None
            for stimulus in lives.stimuli(home, day):
                if not stimulus.device.endswith("-pendant"):
                    continue
                handled += stimulus.word in {"bump", "drop", "flop"}
                if stimulus.word == "wear":
                    on = stimulus.at_ms
                elif stimulus.word == "doff" and on is not None:
                    worn, on = worn + stimulus.at_ms - on, None
            lived = lives._day(home, day).stays[0]
            waking += sum(s.end_ms - s.start_ms for s in lived if s.doing != "asleep")
    assert worn / waking == pytest.approx(Flaws().worn, abs=0.05)
    assert handled / len(layout.homes) == pytest.approx(HANDLINGS_PER_WEEK, rel=0.1)


def test_it_is_taken_off_in_the_shower() -> None:
    layout, lives = town(20, 8)
    seen = 0
    for home in layout.homes:
        day = MONDAY
        felt = [s for s in lives.stimuli(home, day) if s.device.endswith("-pendant")]
        for shower in (s for s in lives._day(home, day).stays[0] if s.doing == "shower"):
            middle = (shower.start_ms + shower.end_ms) // 2
            before = [s.word for s in felt if s.word in {"wear", "doff"} and s.at_ms <= middle]
            seen += bool(before)
            assert not before or before[-1] == "doff"
    assert seen


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, 24 * 60), length=st.integers(1, 36 * 60))
def test_a_cut_day_is_still_whole(start: int, length: int) -> None:
    lives = household(settle(homes=1, seed=4).homes[0], seed=4)
    lived = stays(lives, lives.people[0], MONDAY, seed=4, calm=True)
    from_ms = midnight_ms(MONDAY) + start * MINUTE
    now = cut(lived, from_ms, from_ms + length * MINUTE, "bath", "down")
    assert (now[0].start_ms, now[-1].end_ms) == (lived[0].start_ms, lived[-1].end_ms)
    assert all(a.end_ms == b.start_ms for a, b in pairwise(now))


def happened(seed: int, *, homes: int = 80, eventful: float = 3.0) -> list[Incident]:
    layout, lives = town(homes, seed)
    start = midnight_ms(MONDAY)
    return [
        mishap.incident
        for home in layout.homes
        for mishap in mishaps_of(
            home, lives.households[home.home], start, start + 20 * DAY, seed=seed, eventful=eventful
        )
    ]


def test_how_long_people_lie_is_as_the_field_knows_it() -> None:
    """Of people over 90 who fell, 30 % lay an hour or more (BMJ 337:a2227); couples help one another sooner."""
    falls = [i for seed in (1, 2, 3) for i in happened(seed) if i.kind.startswith("fall")]
    lay = sorted((i.to_ms - i.from_ms) / MINUTE for i in falls)
    assert len(lay) > 300
    assert 0.12 < sum(minutes >= 60 for minutes in lay) / len(lay) < 0.4
    assert 0.4 < sum(bool(i.gets_up) for i in falls) / len(falls) < 0.75
    assert {i.by for i in falls} == {"day", "night"}


def test_falls_are_spread_over_the_waking_day_and_know_nothing_of_rules() -> None:
    hours = [
        (i.from_ms - midnight_ms(local_day(i.from_ms))) // HOUR
        for seed in (1, 2, 3)
        for i in happened(seed)
        if i.kind in {"fall_hard", "fall_soft"}
    ]
    by_day = [hour for hour in hours if 7 <= hour < 21]
    for begin in range(7, 21, 2):
        assert sum(begin <= hour < begin + 2 for hour in by_day) > 0.05 * len(by_day)
    assert 0.1 < sum(hour < 6 or hour >= 22 for hour in hours) / len(hours) < 0.45


def test_what_is_over_before_anybody_could_know_is_due_never() -> None:
    for incident in happened(4):
        if incident.due_ms is not None and incident.kind != "sos":
            assert incident.due_ms < incident.to_ms
        assert incident.from_ms < incident.to_ms


def test_who_lies_down_does_nothing_until_found() -> None:
    layout, lives = town(40, 6)
    start = midnight_ms(MONDAY)
    looked = 0
    for home in layout.homes:
        each = lives.households[home.home]
        if len(each.people) > 1 or each.pet:
            continue
        for mishap in mishaps_of(home, each, start, start + 5 * DAY, seed=6, eventful=6.0):
            lives.disturb(mishap)
            one = mishap.incident
            if one.kind not in {"fall_hard", "fall_soft", "fall_chair", "lie_long"}:
                continue
            days = {local_day(one.from_ms), local_day(one.to_ms)}
            felt = [s for day in sorted(days) for s in lives.stimuli(home, day)]
            helped = mishap.helper.start_ms if mishap.helper else one.to_ms
            moves = [s for s in felt if s.word == "motion" and one.from_ms < s.at_ms < min(one.to_ms, helped)]
            guests = [g for day in days for g in lives._day(home, day).guests]
            assert all(any(g.start_ms <= s.at_ms < g.end_ms for g in guests) for s in moves)
            looked += 1
    assert looked > 10
