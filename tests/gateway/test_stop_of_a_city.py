"""A hub that was stopped for twenty minutes and started again: nothing is raised by the stop, in any home of a city.

A thousand homes; ten thousand (forty thousand devices) with CAREHUB_DEEP. The devices go on reporting to a broker that keeps
what they say; the states go through their bytes, as they do through a snapshot.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.engine.engine import Decided, Engine
from gateway.rulebook.load import load_rules
from rules.effects import Raise
from rules.events import ALL, PARTS, AnyEvent, FeedLost, Resumed, Telemetry, Tick, WorldChanged
from rules.state import decode, encode
from rules.world import Definition, Device, Place

HOMES = 10_000 if os.environ.get("CAREHUB_DEEP") else 1_000
MINUTE = 60_000
HEARTBEAT_S = 600
START = int(datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)
STOPPED, STARTED, END = START + 40 * MINUTE, START + 60 * MINUTE, START + 100 * MINUTE
KINDS = (("contact", "入户门"), ("motion", "客厅"), ("motion", "卧室"), ("sos", "卧室"))
OPENED, CLOSED_AGAIN, LEFT_OPEN = START + 35 * MINUTE, START + 38 * MINUTE, START + 36 * MINUTE
CITY = Definition(
    1,
    "Asia/Shanghai",
    tuple(Place(f"H{n:05}", "home", site="lianhua") for n in range(HOMES)),
    tuple(
        Device(f"H{n:05}-{m}", "lianhua", f"H{n:05}", kind, room, HEARTBEAT_S)
        for n in range(HOMES)
        for m, (kind, room) in enumerate(KINDS)
    ),
    load_rules(),
)


def reports(since: int, until: int) -> Iterator[Telemetry]:
    """What every device says: its battery every ten minutes; movement in the living room; some front doors open and close."""
    for slice_ in range(since, until, MINUTE):
        for n in range(HOMES):
            home = f"H{n:05}"
            minute = (slice_ - START) // MINUTE
            if minute % 10 == n % 10:
                for m, (kind, _) in enumerate(KINDS):
                    said = {"motion": 1.0} if (kind, m) == ("motion", 1) else {"battery": 90.0}
                    yield Telemetry(slice_ + m, f"{home}-{m}", slice_ + m, 0, "b", minute * 2, said)
            for at, value in doors(n):
                if slice_ <= at < slice_ + MINUTE:
                    yield Telemetry(at, f"{home}-0", at, 0, "b", minute * 2 + 1, {"contact": value})


def doors(n: int) -> tuple[tuple[int, float], ...]:
    """When the door of the n-th home moves: every 50th opens before the stop and closes during it, every 77th stays open."""
    if n % 50 == 0:
        return (
            (OPENED, 0.0),
            (STOPPED + 3 * MINUTE, 1.0),
        )  # would have been called open too long at 45, had it stayed
    return ((START + MINUTE, 1.0), (LEFT_OPEN, 0.0)) if n % 77 == 0 else ((START + MINUTE, 1.0),)


def live(engine: Engine, since: int, until: int, position: int) -> tuple[list[Decided], int]:
    """Time passes with a tick every five seconds."""
    events: list[AnyEvent] = []
    tick = since
    for told in reports(since, until):
        while told.at >= tick + 5_000:
            tick += 5_000
            events.append(Tick(tick))
        events.append(told)
    events.append(Tick(until))
    events.sort(key=lambda event: event.at)
    return engine.apply(events, position), position + len(events)


def test_a_stop_of_twenty_minutes_raises_nothing_and_a_hold_that_ran_out_keeps_its_own_time() -> None:
    before = Engine(lambda _: CITY)
    before.recover([], world=None, replay=[])
    before.apply([Tick(START), WorldChanged(START, 1, (), ())], 1)
    decided, position = live(before, START, STOPPED, 3)
    assert _raised(decided) == []

    after = Engine(lambda _: CITY)
    states = [(position, decode(encode(state))) for state in before.states.values()]
    after.recover(states, world=CITY, replay=[])
    decided = after.apply([FeedLost(STARTED, STOPPED)], position + 1)
    position += 2
    late = [_late(told) for told in reports(STOPPED, STARTED)]  # the broker kept them, in order
    decided += after.apply(late, position)
    position += len(late)
    decided += after.apply([Resumed(STARTED + 2_000, STOPPED, True)], position)
    more, _ = live(after, STARTED + MINUTE, END, position + 1)

    left_open = sorted(f"H{n:05}-0" for n in range(HOMES) if n % 77 == 0 and n % 50 != 0)
    raised = _raised(decided + more)
    assert sorted(subject for rule, subject, _ in raised if rule == "door_left_open") == left_open
    assert {(rule, at) for rule, _, at in raised} == {("door_left_open", LEFT_OPEN + 10 * MINUTE)}


def test_what_is_due_all_over_a_city_at_once_is_told_part_by_part_and_comes_to_the_same() -> None:
    """A message that comes meanwhile waits for a part, not for all homes."""
    at_once, by_parts = (Engine(lambda _: CITY) for _ in range(2))
    for engine in (at_once, by_parts):
        engine.recover([], world=None, replay=[])
        engine.apply([Tick(START), WorldChanged(START, 1, (), ()), Tick(START)], 1)
    assert by_parts.next_part(START) == ALL, "nothing is due"
    whole = at_once.apply([Tick(END)], 4)
    parts, told = [], list[list[Decided]]()
    while by_parts.next_wake() <= END:
        parts.append(by_parts.next_part(END))
        told.append(by_parts.apply([Tick(END, parts[-1])], 3 + len(parts)))
    assert len(parts) > PARTS / 2
    assert len(set(parts)) == len(parts)
    assert max(len({one.effect.key for one in part}) for part in told[:-1]) < HOMES / PARTS * 2
    assert sorted(_raised(whole)) == sorted(_raised([one for part in told for one in part])) != []
    assert {key: encode(state) for key, state in at_once.states.items()} == {
        key: encode(state) for key, state in by_parts.states.items()
    }


def _late(told: Telemetry) -> Telemetry:
    return Telemetry(STARTED + 1_000, told.device, told.observed_at, 1, told.boot, told.seq, told.metrics)


def _raised(decided: list[Decided]) -> list[tuple[str, str, int]]:
    found = (one.effect for one in decided)
    return [(effect.rule, effect.subject, effect.active_at) for effect in found if isinstance(effect, Raise)]
