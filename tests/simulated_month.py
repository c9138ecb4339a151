"""A month of a simulated town of three communities (of its homes: the last days), and the figures the hub makes of it.

One of the communities has three homes: fewer than may be told apart. ``simulated_month`` makes it in some twenty seconds (keep
it for a session); ``write_month`` writes what was sent and what was made of it into a store.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec.structs import replace as changed
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from firmware_sim.places import COMMUNITY, HALL, Facility, Fitted, Home, Layout, settle
from firmware_sim.registry import registry_csv
from firmware_sim.town import Town
from firmware_sim.wire import Message
from gateway.alerts.record import Targets
from gateway.area_heat.geometry import point
from gateway.duty.plan import Desk, Person, Plan, Shift
from gateway.duty.roster import on_duty
from gateway.figures_duty import read_points
from gateway.figures_facilities import Facilities
from gateway.figures_fleet import BATTERY_BACK_DAYS
from gateway.figures_kept.fleet import Seen, say_fleet
from gateway.figures_kept.forecast import days_left
from gateway.figures_kept.names import NAMES
from gateway.figures_kept.reading import FigureQuery, FigureStore, Point
from gateway.figures_kept.saying import Saying
from gateway.figures_kept.use import EVERY_MS, Present, say_present
from gateway.figures_sampling import areas_said, asked_of, devices_of
from gateway.ingest.decode import Times, Wrong, decode
from gateway.keeping import ON_OFF
from gateway.occupancy.zones import Room
from gateway.operations import tables
from gateway.operations.database import open_database
from gateway.operations.duty_in_force import DutyInForce, plan_in_force
from gateway.operations.facility_rooms import enter_room
from gateway.operations.facility_settings import (
    facility_settings,
    obey_facility,
    places_of,
    written_hours,
)
from gateway.operations.facility_views import OperatorView, add_operator
from gateway.operations.heat_views import keep_seats, keep_shapes
from gateway.operations.new_alert import write_new
from gateway.operations.visits import obey_visit
from gateway.registry import apply as registry
from gateway.registry.csv_file import parse
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_figures import DuckDBFigures
from gateway.store.duckdb_keeping import DuckDBKeeping
from gateway.store.readings import Readings, Store
from gateway.store.summaries import HOUR_MS, SUMMARISE, SUMMARY_COLUMNS, day_of, texts
from gateway.stored_rows import Rows
from gateway.web.port import DeskNow
from rules.emptiness import empty_at
from rules.events import Command, FromDevice, Status, Telemetry
from rules.headcount import Headcount, estimate, hear
from rules.local_time import Window
from rules.world import Definition, Device, World

ZONE = ZoneInfo("Asia/Shanghai")
DAY_MS, MINUTE_MS = 86_400_000, 60_000
END_MS = 1_763_899_200_000  # 2025-11-23 20:00 in Shanghai, a whole hour
DAYS, HOME_DAYS = 30, 8
OPEN = (Window("08:30", "18:00"),)
STREET = "福田区/莲花街道"
TOWNS = (  # prefix of its ids, community, homes
    ("A", f"{STREET}/莲花社区", 12),
    ("B", f"{STREET}/景田社区", 7),
    ("C", "福田区/梅林街道/梅林社区", 3),
)
CLASSES = ("life_safety", "care", "facility", "device")


@dataclass
class Month:
    """What was sent, and what was made of it. ``homes`` and ``home_devices`` may be found nowhere but in ``care_homes``."""

    begin: int
    end: int
    world: World
    engine: Engine
    readings: list[Readings]
    store: DuckDBStore
    keeping: DuckDBKeeping
    figures: DuckDBFigures
    points: list[Point]
    homes: frozenset[str]
    home_devices: frozenset[str]


@dataclass
class _Told:
    """What each device said last, folded as the rules do it."""

    world: World
    online: dict[str, bool] = field(default_factory=dict)
    latest: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    firmware: dict[str, str] = field(default_factory=dict)
    batteries: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    counts: dict[str, Headcount] = field(default_factory=lambda: defaultdict(Headcount))
    via: dict[str, str] = field(default_factory=dict)

    def hear(self, one: FromDevice) -> None:
        if isinstance(one, Status):
            self.online[one.device] = one.online
            self.via[one.device] = one.via
            if isinstance(fw := one.info.get("fw"), str):
                self.firmware[one.device] = fw
        if not isinstance(one, Telemetry):
            return
        latest = self.latest[one.device]
        for name, value in one.metrics.items():
            if not isinstance(value, str):
                latest[name] = float(value)
        if "battery" in one.metrics:
            self.batteries[one.device][day_of(one.observed_at, ZONE)[0]] = latest["battery"]
        place = self.world.places[self.world.devices[one.device].key]
        if place.kind == "facility" and "occupancy" in one.metrics:
            count = self.counts[place.key]
            at = one.observed_at
            hear(count, one.device, one.metrics, at, empty_at=self._empty(count, at, place.hours))

    def present(self, at: int) -> Iterator[Present]:
        for key, place in self.world.places.items():
            if key in self.counts:
                found = estimate(
                    self.counts[key], empty_at=self._empty(self.counts[key], at, place.hours), whole=True
                )
                yield Present(key, found.people, found.lower, found.upper, place.capacity)

    def seen(self, paths: Mapping[str, str]) -> Iterator[Seen]:
        for device in self.world.devices.values():
            said = self.latest[device.id]
            days = sorted(self.batteries[device.id].items())[-len(BATTERY_BACK_DAYS) * 3 :: 3]
            up = self.online.get(self.via.get(device.id, ""), True)
            yield Seen(
                device=device.id, kind=device.kind, place=device.key, community=paths[device.key],
                facility=self.world.places[device.key].kind == "facility", online=self.online.get(device.id, up) and up,
                battery=said.get("battery"), battery_days=days_left(days), rssi=said.get("rssi"),
                clock_skew_ms=float(hash_of(device.id) % 9_000 - 2_000), firmware=self.firmware.get(device.id, ""),
            )  # fmt: skip

    @staticmethod
    def _empty(count: Headcount, at: int, hours: Sequence[Window] | None) -> int | None:
        return empty_at(max(count.moved_at, count.since), at, hours, ZONE, "none")


def simulated_month(folder: Path, *, days: int = DAYS, seed: int = 7) -> Month:
    """Make it in that folder, the store being a DuckDB."""
    begin = day_of(END_MS - days * DAY_MS, ZONE)[0]
    layouts = [
        moved(settle(homes=homes, seed=seed + n), *TOWNS[n][:2]) for n, (_, _, homes) in enumerate(TOWNS)
    ]
    engine = database_of(folder, layouts, begin)
    world = world_of(engine)
    paths = {place.id: "/".join(place.path.split("/")[:3]) for place in registry.read(engine).places}
    events = _events(layouts, world, begin, seed)
    readings, told = _rows(events, world, begin), _Told(world)
    store = DuckDBStore(folder / "month.duckdb")
    for number, some in enumerate(readings, 1):
        store.write(some, cursor=number)
    keeping, figures = DuckDBKeeping(store, on_off=ON_OFF), DuckDBFigures(store)
    _summarise(store)
    _write_sampled(figures, told, events, paths, begin)
    _live(engine, figures, begin, seed)
    facilities = Facilities(
        engine, keeping, figures, zone=ZONE, calendar="none", devices=lambda: devices_of(world)
    )
    list(facilities.make(range(begin, END_MS, DAY_MS), END_MS))
    points = figures.read(FigureQuery(sorted(NAMES), (), 0, END_MS * 2))
    homes = frozenset(key for key, place in world.places.items() if place.kind == "home")
    return Month(
        begin, END_MS, world, engine, readings, store, keeping, figures, points, homes,
        frozenset(device.id for device in world.devices.values() if device.key in homes),
    )  # fmt: skip


def write_month(month: Month, store: Store, figures: FigureStore) -> None:
    """Write what was sent and what was made of it into another store."""
    at = store.cursor()
    for number, some in enumerate(month.readings, 1):
        store.write(some, cursor=at + number)
    for begin in range(0, len(month.points), 10_000):
        figures.write(month.points[begin : begin + 10_000])


def _summarise(store: DuckDBStore) -> None:
    """All hours of facilities by the statement that makes one of them."""
    question = SUMMARISE.format(source="reading", where="NOT home", on_off=texts(ON_OFF))
    with store.work("summarising") as connection:
        connection.execute(f"INSERT INTO reading_hour ({SUMMARY_COLUMNS}) {question}")


def hash_of(word: str) -> int:
    """A number that is the same in every run."""
    return random.Random(word).getrandbits(30)  # noqa: S311 nobody's secret


def moved(layout: Layout, prefix: str, community: str) -> Layout:
    """The same town elsewhere, with ids of its own."""

    def name(old: str) -> str:
        return f"{prefix}-{old}"

    def fitted(one: Fitted) -> Fitted:
        via = name(one.who.via) if one.who.via else None
        return replace(one, who=replace(one.who, device=name(one.who.device), via=via))

    def place(old: str) -> str:
        return community + old.removeprefix(COMMUNITY)

    def home(one: Home) -> Home:
        return replace(
            one, home=name(one.home), place=place(one.place), devices=tuple(map(fitted, one.devices))
        )

    def facility(one: Facility) -> Facility:
        named = replace(one, facility=name(one.facility), name=f"{one.name}{prefix}", place=place(one.place))
        return replace(named, devices=tuple(map(fitted, one.devices)))

    return Layout(layout.site, tuple(map(home, layout.homes)), tuple(map(facility, layout.facilities)))


def database_of(folder: Path, layouts: Sequence[Layout], begin: int) -> Engine:
    engine = open_database(folder / "operations.sqlite")

    def hurried(connection: object, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]

    event.listen(engine, "connect", hurried)
    heads = [registry_csv(layout).partition("\n") for layout in layouts]
    text = heads[0][0] + "\n" + "".join(rest for _, _, rest in heads)
    registry.apply(engine, parse(text, source="towns.csv"))
    with Session(engine) as session, session.begin():
        for prefix, _, _ in TOWNS[: len(layouts)]:
            hall = f"{prefix}-{HALL}"
            hours = {"hours": written_hours(OPEN)}
            assert not obey_facility(
                session, Command(begin, f"set-{hall}", "facility", "", "李敏", hours, hall)
            )
    for number, (prefix, community, _) in enumerate(TOWNS[: len(layouts)]):
        hall, room = f"{prefix}-{HALL}", "正门"
        made = OperatorView(
            id=f"o-{prefix}",
            name="颐家",
            room=room,
            area_m2=86.5,
            hours_per_month=40,
            made_at=begin,
            made_by="李敏",
        )
        assert not add_operator(engine, hall, made)
        assert enter_room(engine, hall, Room(room, 86.5, "service"), at=begin, by="李敏")
        keep_seats(engine, community, 20 + number, at=begin, by="李敏")
        keep_shapes(engine, {community: point(114.05 + number / 50, 22.55)}, at=begin, by="李敏")
    window = Window("08:00", "20:00")
    desks = tuple(
        Desk(
            f"desk-{prefix}",
            f"服务站{prefix}",
            "care",
            community,
            shifts=(Shift(window, ("li",)),),
            console=True,
        )
        for prefix, community, _ in TOWNS
    )
    DutyInForce(engine, Plan(people=(Person("li", "李敏"),), desks=desks), zone=ZONE, calendar="none")
    return engine


def world_of(engine: Engine) -> World:
    found = registry.read(engine)
    return World(
        Definition(
            version=1, zone=str(ZONE), calendar="none", places=places_of(found.places, facility_settings(engine)),
            devices=tuple(Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in found.devices), rules=(),
        )
    )  # fmt: skip


def _events(layouts: Sequence[Layout], world: World, begin: int, seed: int) -> list[FromDevice]:
    """What the wire carries, decoded; in order of time."""
    found: list[FromDevice] = []
    for number, layout in enumerate(layouts):
        parts = (  # what goes on in homes is long to tell, and but for counts nothing of it is told on
            (replace(layout, homes=()), begin),
            (replace(layout, facilities=()), max(begin, END_MS - HOME_DAYS * DAY_MS)),
        )
        for message in (each for part, since in parts for each in said_by(part, since, seed + number)):
            times = Times(message.at_ms, message.at_ms)
            said = decode(message.topic, message.payload, retain=False, devices=world.devices, times=times)
            assert not isinstance(said, Wrong), said
            found.append(said)
    found.sort(key=lambda one: one.at)
    return found


def said_by(layout: Layout, since: int, seed: int) -> Iterator[Message]:
    town = Town(layout, seed=seed, start_ms=since, past_ms=END_MS - since, incidents_from_ms=END_MS)
    for link in dict.fromkeys(fitted.who.link for fitted in layout.fitted()):
        yield from town.announce(link, since)
    yield from town.advance(END_MS)


def _rows(events: Sequence[FromDevice], world: World, begin: int) -> list[Readings]:
    """A batch for each day; the hub's own figures every ten minutes, in the last two days every minute."""
    found, at = [], 0
    for day in range(begin, END_MS, DAY_MS):
        rows, first = Rows(), at
        while at < len(events) and events[at].at < day + DAY_MS:
            at += 1
        rows.add(events[first:at])
        step = MINUTE_MS if day + 3 * DAY_MS > END_MS else 10 * MINUTE_MS
        for minute in range(day, min(day + DAY_MS, END_MS), step):
            rows.say(_own((minute - begin) / MINUTE_MS), minute)
        found.append(rows.readings(world))
    return found


def _own(minutes: float) -> dict[str, float]:
    wave = minutes % 60 / 60
    return {
        "hub.received": minutes * 12, "hub.stored": minutes * 30, "hub.quarantined": minutes // 50,
        "hub.refused": minutes // 5_000,
        "hub.alerts_open": (0, 5, 6)[int(minutes) % 3], "hub.lag": 0.2 + wave, "hub.journal_mb": 40 + minutes / 900,
        "hub.outbox_waiting": minutes % 4, "hub.loop_lag_s": wave / 100,
    }  # fmt: skip


def _write_sampled(
    figures: DuckDBFigures, told: _Told, events: Sequence[FromDevice], paths: Mapping[str, str], begin: int
) -> None:
    """What the keeper samples: people every five minutes, devices every hour (every sixth, but for the last ten days)."""
    heard = 0
    for day in range(begin, END_MS, DAY_MS):
        said = Saying()
        for at in range(day, min(day + DAY_MS, END_MS), EVERY_MS):
            while heard < len(events) and events[heard].at <= at:
                told.hear(events[heard])
                heard += 1
            say_present(said, told.present(at), at)
            if at % (HOUR_MS if day + 10 * DAY_MS > END_MS else 6 * HOUR_MS) == 0:
                say_fleet(said, told.seen(paths), at)
        figures.write(said.points)


def _live(engine: Engine, figures: DuckDBFigures, begin: int, seed: int) -> None:
    """The stations' days: alerts are raised, accepted and closed, homes are visited; each day is said when it is over."""
    draw = random.Random(seed)  # noqa: S311 nobody's secret
    homes = [
        (place.id, "/".join(place.path.split("/")[:3]))
        for place in registry.read(engine).places
        if place.kind == "home"
    ]
    number = 0
    for day in range(begin, END_MS, DAY_MS):
        with Session(engine) as session, session.begin():
            for prefix, community, _ in TOWNS:
                there = [home for home, at in homes if at == community]
                for kind, count in zip(CLASSES, _counts(prefix, day, draw), strict=True):
                    for _ in range(count):
                        number += 1
                        place = there[number % len(there)] if kind != "facility" else f"{prefix}-{HALL}"
                        _alert(session, number, kind, place, day + draw.randrange(DAY_MS), draw)
                for _ in range(draw.choice((0, 1, 1))):
                    number += 1
                    visit = Command(
                        day + 9 * HOUR_MS, f"v{number}", "visit", "", "李敏", {}, there[number % len(there)]
                    )
                    assert not obey_visit(session, visit)
        end = min(day + DAY_MS, END_MS)
        points: list[Point] = []
        for part in range(day, end, DAY_MS // 2):  # by night the stations are closed
            said = areas_said(engine, _desks(engine, part), part, zone=ZONE, calendar="none").points
            hours = range(part, min(part + DAY_MS // 2, end), HOUR_MS)
            points += [changed(one, at=hour) for hour in hours for one in said]
        if end == day + DAY_MS:
            points += read_points(engine, asked_of(day, end, end, ZONE, Targets()))
        figures.write(points)


def _counts(prefix: str, day: int, draw: random.Random) -> Sequence[int]:
    """Life safety, care, facility, device. On some days nothing happens, on some all of it may be told."""
    turn = day // DAY_MS % 3
    if prefix == "C" or turn == 0:
        return (0, 0, 0, 0) if turn == 0 else (draw.randint(1, 4), draw.randint(0, 3), 0, 1)
    if turn == 1:
        return (draw.randint(5, 9), draw.randint(5, 12), 5, 6)
    return (draw.randint(1, 4), draw.randint(5, 9), 0, draw.randint(1, 4))


def _alert(session: Session, number: int, kind: str, place: str, at: int, draw: random.Random) -> None:
    alert = f"alert-{number}"
    words = {"zh": "警情", "en": "Alert"}
    severity = {"life_safety": "critical", "care": "urgent"}.get(kind, "notice")
    assert write_new(
        session,
        {
            "id": alert, "rule": f"rule-{kind}", "kind": kind, "severity": severity, "title": words, "why": words,
            "todo": {"zh": [], "en": []}, "evidence": {}, "place_id": place, "device_id": "", "room": "", "active_at": at,
            "raised_at": at, "raised_wall_ms": at,
        },
    )  # fmt: skip
    if number % 11 == 0:
        return  # nobody has come yet
    took = draw.choice((20_000, 40_000, 55_000, 100_000, 400_000))
    steps = (("accepted", took), ("on_site", took + 15 * MINUTE_MS), ("closed", took + 40 * MINUTE_MS))
    for step, after in steps:
        session.add(tables.AlertStep(alert_id=alert, kind=step, at=at + after, by="李敏", detail=""))
    row = session.get_one(tables.Alert, alert)
    row.state, row.accepted_at, row.closed_at, row.verdict = "closed", at + took, at + steps[2][1], "true"
    row.settled_at = at + steps[1][1]


def _desks(engine: Engine, at: int) -> list[DeskNow]:
    with Session(engine) as session:
        plan = plan_in_force(session)
    found = []
    for desk in plan.desks:
        people = on_duty(plan, desk, at=at, zone=ZONE, calendar="none")
        found.append(
            DeskNow(
                id=desk.id, name=desk.name, serves=desk.serves, at=desk.at, console=True, staffed=people is not None,
                on_duty=tuple(people or ()), hears_by="console" if people is not None else "", deaf_since=None,
                taken_over_by="", taken_over_at=None, note="",
            )
        )  # fmt: skip
    return found
