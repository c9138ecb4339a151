"""What stands in ``duty.yaml``, as people write it; each entry becomes a part of the plan."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from gateway.duty.plan import Class, Desk, Person, Plan, Reach, Rotation, Shift, Step, Substitute, Work
from rules.local_time import Days, Window, minutes

ID = "^[a-z0-9-]{1,64}$"
DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

NO_PLAN = Plan()

Id = Annotated[str, msgspec.Meta(pattern=ID)]
Some = Annotated[str, msgspec.Meta(min_length=1)]
Day = Annotated[str, msgspec.Meta(pattern=DAY)]
Pair = Annotated[dict[Some, Some], msgspec.Meta(min_length=1, max_length=1)]
OneAfterAnother = Annotated[tuple[Some, ...], msgspec.Meta(min_length=1)]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Anything of the file: a key that is not known is a typing error."""


class PersonEntry(Entry, frozen=True):
    """Somebody on duty now and then.

    ``name`` as colleagues say it. ``reach``: how they are told, in the order in which it is tried; each a channel of the
    settings and their address on it, ``- sms: "13800000001"``.
    """

    id: Id
    name: Some
    reach: tuple[Pair, ...] = ()

    def person(self) -> Person:
        """As the plan has it."""
        ways = tuple(Reach(channel, address) for pair in self.reach for channel, address in pair.items())
        return Person(self.id, self.name, ways)


class RotationEntry(Entry, frozen=True):
    """Who takes turns.

    ``people`` in their order. ``every`` day, shift after shift, or every week. ``since``: the day (2026-03-02) when the turn
    of the first begins; by the week, it passes on that day of the week.
    """

    people: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1)]
    every: Literal["day", "week"]
    since: Day

    def __post_init__(self) -> None:
        _real_day(self.since)


class ShiftEntry(Entry, frozen=True):
    """When a desk is staffed.

    ``from`` and ``to`` are times of the day (08:00); where ``to`` is not later, it is that of the next day. Left out: round the
    clock. ``days``: every, workdays, weekends_and_holidays (by the calendar of the State Council, 调休 included), or a list of
    weekdays; a shift past midnight belongs to the day on which it begins. ``people`` have it together, ``rotate`` says who
    takes turns; neither: it is staffed, and its group or its console is told.
    """

    from_time: str = msgspec.field(default="00:00", name="from")
    to_time: str = msgspec.field(default="24:00", name="to")
    days: Days = "every"
    people: tuple[Id, ...] = ()
    rotate: RotationEntry | None = None

    def __post_init__(self) -> None:
        try:
            self.window()
        except ValueError as error:
            words = str(error).replace("from_time", "from").replace("to_time", "to")
            raise ValueError(words) from None

    def window(self) -> Window:
        """As the core has it; raises ``ValueError``."""
        return Window(self.from_time, self.to_time, self.days)

    def shift(self) -> Shift:
        """As the plan has it."""
        turns = self.rotate
        rotate = Rotation(turns.people, turns.every, turns.since) if turns else None
        return Shift(self.window(), self.people, rotate)


class DeskEntry(Entry, frozen=True):
    """A station, a guard's room, a maintainer, an operator.

    ``serves`` says which alerts come here: care (life safety as well), property (facilities; a guard who is asked to knock),
    maintenance (devices), operator (the hub itself). ``at``: where it stands in the tree of places, 区/街道/社区/小区 or the
    beginning of it; left out, it serves everything, else what lies below. ``places``: ids of facilities, where it serves
    only these.
    ``ways``: group channels, used side by side; a list is tried in order. ``shifts``: when it is staffed; left out: at any
    time. ``console``: people sit at an open console there.
    """

    id: Id
    name: Some
    serves: Work
    at: str = ""
    places: tuple[Some, ...] = ()
    ways: tuple[Some | OneAfterAnother, ...] = ()
    shifts: tuple[ShiftEntry, ...] = ()
    console: bool = False

    def orders(self) -> tuple[tuple[str, ...], ...]:
        """The ways, each as an order of channels."""
        return tuple((way,) if isinstance(way, str) else way for way in self.ways)

    def desk(self) -> Desk:
        """As the plan has it."""
        return Desk(
            self.id,
            self.name,
            self.serves,
            self.at,
            self.places,
            self.orders(),
            tuple(shift.shift() for shift in self.shifts),
            self.console,
        )


class SubstituteEntry(Entry, frozen=True):
    """Somebody stands in (替班).

    At the ``desk``, on the shift that begins on ``date`` (2026-03-07), ``person`` comes ``instead_of`` another. ``from``: when
    that shift begins, where the other has two there that day.
    """

    desk: Id
    date: Day
    instead_of: Id
    person: Id
    from_time: str = msgspec.field(default="", name="from")

    def __post_init__(self) -> None:
        _real_day(self.date)
        if self.from_time:
            minutes(self.from_time)

    def substitute(self) -> Substitute:
        """As the plan has it."""
        return Substitute(self.desk, self.date, self.instead_of, self.person, self.from_time)


class StepEntry(Entry, frozen=True):
    """A rung that is written out: ``after_s`` seconds after the alert was raised, the desk of this id is told (``tell``)."""

    after_s: int
    tell: Id

    def step(self) -> Step:
        """As the plan has it."""
        return Step(self.after_s, self.tell)


Waits = tuple[int, ...]
Steps = tuple[StepEntry, ...]
Channels = tuple[Some, ...]


class DutyFile(Entry, frozen=True, kw_only=True):
    """The duty plan (值班安排).

    ``people`` and how they are reached; ``desks`` and their shifts; ``substitutes``. ``waits``: by class of alert, how many
    seconds after the raise each rung is told, from 0 on. ``routes``: by class, the rungs written out, instead of the way up the
    tree. ``family``: the channels to consenting contacts, in the order in which they are tried. ``recontact_s``: life safety
    that is accepted and neither called nor attended for so many seconds is asked after, and the next rung is told.
    ``on_site_s``: the same of somebody who is on the way for so long.
    """

    people: tuple[PersonEntry, ...] = ()
    desks: Annotated[tuple[DeskEntry, ...], msgspec.Meta(min_length=1)]  # the one that must be there
    substitutes: tuple[SubstituteEntry, ...] = ()
    waits: dict[Class, Waits] = {}
    routes: dict[Class, Steps] = {}
    family: Channels = ()
    recontact_s: int = NO_PLAN.recontact_s
    on_site_s: int = NO_PLAN.on_site_s


def _real_day(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no day of the calendar; write it like 2026-03-02") from None
