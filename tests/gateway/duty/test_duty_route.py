"""Whom an alert is brought to: nearest first, past those who cannot hear, and never to nobody."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest
from duty_town import (
    CENTRE,
    COMMUNITY,
    ESTATE,
    GUARDS,
    MINUTE,
    PEOPLE,
    POINT,
    STATION,
    STREET,
    SUNDAY,
    TOWN,
    TUESDAY,
    by_day,
    matter,
    ms,
    now,
    passed,
    people,
    person,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.duty.plan import CLASSES, Class, Desk, Plan, Shift, Step
from gateway.duty.route import (
    AGAIN_S,
    LOOK_AGAIN_S,
    Circumstances,
    Climb,
    Matter,
    addresses,
    begin,
    climb,
    everybody,
    guards_of,
    rungs_of,
    told_so_far,
)
from rules.local_time import Window

with_desks: Callable[..., Plan] = lambda *desks: msgspec.structs.replace(TOWN, desks=desks)  # noqa: E731


def higher(plan: Plan, what: Matter, rung: int, when: Circumstances) -> Climb:
    found = climb(plan, what, rung=rung, now=when)
    assert found is not None
    return found


def test_the_nearest_are_told_first_and_then_up_the_tree() -> None:
    first = begin(TOWN, matter(), now(TUESDAY))
    assert people(first) == ["ann"]
    assert first.told[0].ways == ("sms", "voice")
    assert first.escalate_at == ms(TUESDAY) + MINUTE
    second = higher(TOWN, matter(), 0, now("2026-03-03 10:01"))
    assert (second.rung, people(second)) == (1, ["station:group", "bob"])
    assert second.escalate_at == ms("2026-03-03 10:03")
    top = higher(TOWN, matter(), 1, now("2026-03-03 10:03"))
    assert (top.rung, people(top)) == (2, ["cho"])
    assert not any((first.passed, second.passed, top.passed))


def test_a_place_elsewhere_is_not_this_stations() -> None:
    beside = Matter(kind="care", place_id="H2", path=f"{STREET}/莲花社区二期/甲村")
    assert [desk.id for rung in rungs_of(TOWN, beside) for desk in rung.desks] == ["centre"]


def test_life_safety_goes_past_closed_desks_at_once() -> None:
    first = begin(TOWN, matter(), now(SUNDAY))
    assert (first.rung, people(first)) == (2, ["cho"])
    assert passed(first) == [(0, "point", "closed"), (1, "station", "closed")]


def test_anything_else_waits_at_a_closed_desk_for_its_time() -> None:
    first = begin(TOWN, matter("care"), now(SUNDAY))
    assert (first.rung, people(first), passed(first)) == (0, [], [(0, "point", "closed")])
    assert first.escalate_at == ms("2026-03-08 03:20")
    assert people(higher(TOWN, matter("care"), 0, now("2026-03-08 03:20"))) == []
    top = higher(TOWN, matter("care"), 1, now("2026-03-08 03:40"))
    assert (people(top), top.escalate_at) == (["cho"], None)


def test_a_deaf_desk_is_told_and_gone_past_all_the_same() -> None:
    first = begin(TOWN, matter(), now(TUESDAY, "point"))
    assert (first.rung, people(first)) == (1, ["ann", "station:group", "bob"])
    assert passed(first) == [(0, "point", "deaf")]
    assert begin(TOWN, matter("care"), now(TUESDAY, "point")).rung == 0


def test_a_desk_with_nobody_to_reach_is_gone_past_and_an_open_console_is_not() -> None:
    dumb = msgspec.structs.replace(POINT, shifts=(by_day("nobody"),))
    first = begin(with_desks(dumb, STATION), matter(), now(TUESDAY))
    assert (first.rung, passed(first)) == (1, [(0, "point", "unreachable")])
    attended = begin(with_desks(msgspec.structs.replace(dumb, console=True), STATION), matter(), now(TUESDAY))
    assert (attended.rung, people(attended), passed(attended)) == (0, [], [])


def test_one_of_two_desks_at_a_node_that_hears_is_enough() -> None:
    second = Desk("point-b", "服务点乙", "care", ESTATE, shifts=(Shift(Window(), ("cho",)),))
    first = begin(with_desks(POINT, second, STATION), matter(), now(SUNDAY))
    assert (first.rung, people(first), passed(first)) == (0, ["cho"], [])


def test_where_nobody_is_on_duty_up_to_the_top_those_off_duty_are_woken() -> None:
    plan = with_desks(POINT, STATION)
    first = begin(plan, matter(), now(SUNDAY))
    assert (first.rung, people(first)) == (1, ["ann", "station:group", "bob"])
    assert first.escalate_at == ms(SUNDAY) + AGAIN_S * 1000
    assert people(begin(plan, matter("care"), now(SUNDAY))) == [], "nobody is woken for what can wait"


def test_where_all_above_are_silent_those_below_are_told_again_as_well() -> None:
    top = msgspec.structs.replace(CENTRE, shifts=(by_day("cho"),))
    below = msgspec.structs.replace(POINT, shifts=(Shift(Window(), ("ann",)),))
    up = higher(with_desks(below, top), matter(), 0, now(SUNDAY))
    assert people(up) == ["ann", "cho"]
    deaf = higher(with_desks(below, CENTRE), matter(), 0, now(SUNDAY, "centre"))
    assert people(deaf) == ["cho", "ann"], "the deaf one first: it is its turn"


def test_life_safety_beyond_the_top_is_asked_again_until_somebody_accepts() -> None:
    home = matter(family=("contact1",), guard=True)
    top = higher(TOWN, home, 1, now("2026-03-03 10:03"))
    assert top.escalate_at == ms("2026-03-03 10:08")
    again = higher(TOWN, home, 2, now("2026-03-03 10:08"))
    assert again.rung == 3
    assert people(again) == ["ann", "station:group", "bob", "cho"], "family and guard were told at once"
    later = higher(TOWN, home, 3, now("2026-03-03 10:13"))
    assert (later.rung, people(later)) == (4, ["ann", "station:group", "bob", "cho"])
    assert again.escalate_at == ms("2026-03-03 10:18")
    assert later.escalate_at == ms("2026-03-03 10:33")
    often = higher(TOWN, home, 30, now("2026-03-03 12:00"))
    assert often.escalate_at == ms("2026-03-03 12:30"), "never more seldom than every half hour"
    nobody = higher(with_desks(POINT, STATION), home, 7, now(SUNDAY))
    assert people(nobody) == ["ann", "station:group", "bob"]


def test_what_found_nobody_at_the_top_comes_when_the_next_desk_opens() -> None:
    plan = with_desks(POINT, STATION)
    top = higher(plan, matter("care"), 0, now("2026-03-08 03:20"))
    assert (people(top), top.escalate_at) == ([], ms("2026-03-09 08:00"))
    opened = higher(plan, matter("care"), 1, now("2026-03-09 08:00"))
    assert (people(opened), opened.escalate_at) == (["ann", "station:group", "bob"], None)
    deaf = begin(with_desks(CENTRE), matter("care"), now(SUNDAY, "centre"))
    assert deaf.escalate_at == ms(SUNDAY) + LOOK_AGAIN_S * 1000


def test_where_no_desk_covers_the_place_every_care_desk_hears_of_a_life_at_stake() -> None:
    nowhere = Matter(kind="life_safety", place_id="H9", path="南山区/a/b/c", guard=True)
    assert people(begin(TOWN, nowhere, now(TUESDAY))) == ["cho", "ann", "station:group", "bob"]
    for kind in ("care", "facility"):
        lost = Matter(kind=kind, place_id="H9", path="南山区/a/b/c")  # type: ignore[arg-type]
        assert begin(TOWN, lost, now(TUESDAY)) == Climb(0, (), (), None)
        assert climb(TOWN, lost, rung=0, now=now(TUESDAY)) is None


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("when", [TUESDAY, SUNDAY])
def test_a_class_reaches_those_who_serve_it_and_nobody_else(kind: Class, when: str) -> None:
    what = Matter(kind=kind, place_id="H1", path="" if kind == "hub" else ESTATE, family=("contact1",))
    found = begin(TOWN, what, now(when, "point", "guards", "maintainer", "operator"))
    reached = {*people(found), *(one.to for one in told_so_far(TOWN, what, rung=9, now=now(when)))}
    for rung in range(5):
        reached |= {*people(climb(TOWN, what, rung=rung, now=now(when)) or found)}
    care = {"ann", "bob", "cho", "station:group", ""}
    allowed: dict[Class, set[str]] = {
        "life_safety": {*care, "contact1"},
        "care": care,
        "facility": {"gus"},
        "device": {"max"},
        "hub": {"oli"},
    }
    assert reached <= allowed[kind]
    assert reached


def test_guard_and_family_hear_of_life_safety_only_and_only_where_consented() -> None:
    assert people(begin(TOWN, matter(), now(TUESDAY))) == ["ann"]
    both = begin(TOWN, matter(family=("contact1", "contact2"), guard=True), now(SUNDAY))
    assert people(both) == ["cho", "contact1", "contact2", "gus"]
    assert [(one.role, one.desk, one.ways) for one in both.told[1:]] == [
        ("family", "", ("sms",)), ("family", "", ("sms",)), ("guard", "guards", ("sms", "voice")),
    ]  # fmt: skip
    assert people(begin(TOWN, matter("care", family=("contact1",), guard=True), now(TUESDAY))) == ["ann"]
    assert people(higher(TOWN, matter(family=("contact1",), guard=True), 0, now(TUESDAY)))[-1] == "bob"


def test_where_the_guards_room_is_closed_the_next_is_asked() -> None:
    by_night = Desk("office", "物业", "property", COMMUNITY, shifts=(Shift(Window(), ("max",)),))
    plan = with_desks(CENTRE, msgspec.structs.replace(GUARDS, shifts=(by_day("gus"),)), by_night)
    assert people(begin(plan, matter(guard=True), now(SUNDAY))) == ["cho", "max"]
    assert people(begin(plan, matter(guard=True), now(TUESDAY))) == ["cho", "gus"]
    assert [desk.id for desk in guards_of(plan, matter())] == ["guards"]


def test_the_facilitys_own_people_hear_of_smoke_in_it_beside_the_care_desks() -> None:
    own = Desk("hall", "党群服务中心", "property", places=("F1",), shifts=(Shift(Window(), ("max",)),))
    plan = with_desks(CENTRE, GUARDS, own)
    smoke = Matter(kind="life_safety", place_id="F1", path=ESTATE)
    assert people(begin(plan, smoke, now(SUNDAY))) == ["cho", "max"]
    crowd = Matter(kind="facility", place_id="F1", path=ESTATE)
    assert people(begin(plan, crowd, now(SUNDAY))) == ["max"], "its own desk is nearer than the guards"
    assert people(higher(plan, crowd, 0, now(SUNDAY))) == ["gus"]


def test_a_person_on_two_desks_is_told_once() -> None:
    twice = Desk("point-b", "服务点乙", "care", ESTATE, shifts=(Shift(Window(), ("ann",)),))
    plan = with_desks(POINT, twice, STATION)
    assert people(begin(plan, matter(), now(TUESDAY))) == ["ann"]
    assert [one.to for one in told_so_far(plan, matter(), rung=1, now=now(TUESDAY))] == ["ann", "", "bob"]


def test_a_route_that_is_written_out_stands_for_the_tree() -> None:
    steps = (Step(0, "station"), Step(0, "point"), Step(120, "centre"))
    plan = msgspec.structs.replace(TOWN, routes={"care": steps})
    first = begin(plan, matter("care"), now(TUESDAY))
    assert people(first) == ["station:group", "bob", "ann"]
    assert first.escalate_at == ms(TUESDAY) + 2 * MINUTE
    assert people(begin(plan, matter(), now(TUESDAY))) == ["ann"], "another class goes up the tree"


def test_waits_that_are_given_and_those_beyond_them() -> None:
    plan = msgspec.structs.replace(TOWN, waits={"life_safety": (0, 30)})
    assert [rung.after_s for rung in rungs_of(plan, matter())] == [0, 30, 60]
    assert [rung.after_s for rung in rungs_of(TOWN, matter("care"))] == [0, 600, 1800]


def test_the_ladder_of_the_settings_ends_at_its_top() -> None:
    desks = (Desk("rung-0", "", "care", ways=(("a",), ("b",))), Desk("rung-1", "", "care", ways=(("c",),)))
    plan = Plan(
        desks=desks,
        routes={"life_safety": (Step(0, "rung-0"), Step(60, "rung-1"))},
        heeds_hearing=False,
    )
    assert people(begin(plan, matter(), now(SUNDAY, "rung-0"))) == ["rung-0:a", "rung-0:b"]
    top = higher(plan, matter(), 0, now(SUNDAY))
    assert (people(top), top.escalate_at) == (["rung-1:c"], None)
    assert climb(plan, matter(), rung=1, now=now(SUNDAY)) is None


def test_where_nothing_can_be_read_everybody_on_duty_who_serves_is_told() -> None:
    assert [one.to for one in everybody(TOWN, "life_safety", now(TUESDAY))] == ["cho", "ann", "", "bob"]
    assert [one.to for one in everybody(TOWN, "facility", now(SUNDAY))] == ["gus"]


def test_addresses_are_by_person_and_channel() -> None:
    assert addresses(TOWN)["ann", "voice"] == "ann@voice"


WINDOWS = st.sampled_from([Window(), Window("08:00", "20:00"), Window("20:00", "08:00", ("fri", "sun"))])
PATHS = st.sampled_from(["", "福田区", STREET, COMMUNITY, ESTATE, f"{COMMUNITY}/莲花三村"])
NAMES = [one.id for one in PEOPLE]


@st.composite
def desks(draw: st.DrawFn) -> tuple[Desk, ...]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        shifts = [
            Shift(draw(WINDOWS), tuple(draw(st.lists(st.sampled_from([*NAMES, "mute"]), max_size=2))))
            for _ in range(draw(st.integers(0, 2)))
        ]
        ways = ((f"group{number}",),) if draw(st.booleans()) else ()
        serves = draw(st.sampled_from(["care", "property"]))
        found.append(
            Desk(f"d{number}", "", serves, draw(PATHS), (), ways, tuple(shifts), draw(st.booleans()))
        )
    return tuple(found)


TIMES = st.integers(ms("2026-02-10 00:00"), ms("2026-03-20 00:00"))
DEAF = st.sets(st.sampled_from([f"d{number}" for number in range(6)]))


@given(desks(), TIMES, DEAF, st.randoms(use_true_random=False))
def test_the_order_in_the_file_does_not_matter(
    given_desks: tuple[Desk, ...], at: int, deaf: set[str], chance: random.Random
) -> None:
    team = [*PEOPLE, person("mute")]
    when = Circumstances(at=at, zone=now(SUNDAY).zone, calendar="cn", deaf=deaf)
    plan = Plan(people=tuple(team), desks=given_desks, family=("sms",))
    shuffled = [list(team), list(given_desks)]
    for part in shuffled:
        chance.shuffle(part)
    other = Plan(people=tuple(shuffled[0]), desks=tuple(shuffled[1]), family=("sms",))  # type: ignore[arg-type]
    kinds: tuple[Class, ...] = ("life_safety", "care", "facility")
    for kind in kinds:
        what = matter(kind, family=("contact1",), guard=True)
        assert begin(plan, what, when) == begin(other, what, when)
        for rung in (0, 3):
            assert climb(plan, what, rung=rung, now=when) == climb(other, what, rung=rung, now=when)


@given(desks(), TIMES, DEAF)
def test_life_safety_reaches_whoever_can_be_reached_and_is_never_left_lying(
    given_desks: tuple[Desk, ...], at: int, deaf: set[str]
) -> None:
    plan = Plan(people=(*PEOPLE, person("mute")), desks=given_desks)
    when = Circumstances(at=at, zone=now(SUNDAY).zone, calendar="cn", deaf=deaf)
    rungs = rungs_of(plan, matter())
    assert bool(rungs) == any(desk.serves == "care" for desk in given_desks)
    found: Climb | None = begin(plan, matter(), when)
    for expected in range(len(rungs) + 2):
        if not rungs:
            break
        assert found is not None
        assert found.rung >= min(expected, len(rungs) - 1)
        assert found.escalate_at is not None
        assert found.escalate_at > at
        keys = [(one.role, one.to or one.ways) for one in found.told]
        assert len(keys) == len(set(keys)), "each is told once"
        if not found.told:  # then a console hears it, or there is nobody anywhere
            ways = any(desk.ways for rung in rungs for desk in rung.desks)
            consoles = any(desk.console for rung in rungs for desk in rung.desks)
            named = {one for rung in rungs for desk in rung.desks for s in desk.shifts for one in s.people}
            assert consoles or not (ways or named - {"mute"})
        found = climb(plan, matter(), rung=found.rung, now=when)
