"""The duty plan (值班安排): people and how they are reached, desks and their shifts, and the way an alert takes up the tree.

A desk stands at a node of the tree of places (区/街道/社区/小区) and serves one kind of work there. Whoever is told is told
through channels in an order: the next is used where the one before fails.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import msgspec

from rules.local_time import Window

Work: TypeAlias = Literal["care", "property", "maintenance", "operator"]
Class: TypeAlias = Literal["life_safety", "care", "facility", "device", "hub"]

CLASSES: tuple[Class, ...] = get_args(Class)
SERVES: dict[Class, Work] = {
    "life_safety": "care",
    "care": "care",
    "facility": "property",
    "device": "maintenance",
    "hub": "operator",
}


class Reach(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to a person: a channel, and their address on it (a telephone number, a member's id, an e-mail address)."""

    channel: str
    address: str = ""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody on duty now and then; ``reach`` in the order in which it is tried."""

    id: str
    name: str
    reach: tuple[Reach, ...] = ()


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes turns: the first of ``people`` has the week that begins on ``since`` (YYYY-MM-DD), then the next.

    By the ``day``, the turn passes with every shift: a day on which the window does not open takes nobody's turn, else seven
    people at a desk that is closed on Sundays would leave one of them without a shift for ever.
    """

    people: tuple[str, ...]
    every: Literal["day", "week"]
    since: str


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a desk is staffed: a window of the day on some days, by ``people`` together or by one of a rotation."""

    window: Window
    people: tuple[str, ...] = ()
    rotate: Rotation | None = None


class Substitute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody stands in (替班) for another on the shift of a desk that begins on ``date`` (YYYY-MM-DD).

    ``from_time`` (HH:MM) says which, where the other has two shifts there that day.
    """

    desk: str
    date: str
    instead_of: str
    person: str
    from_time: str = ""


class Desk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A station, a guard's room, a maintainer, an operator: where it stands and what it serves.

    ``at`` is a beginning of the path of what it serves ('' for everything); ``places`` are facilities by id where it serves
    only these. ``ways``: group channels, each entry an order of channels of which the next is used where one fails; entries are
    used side by side. No ``shifts``: staffed at any time. ``console``: people sit at an open console there.
    """

    id: str
    name: str
    serves: Work
    at: str = ""
    places: tuple[str, ...] = ()
    ways: tuple[tuple[str, ...], ...] = ()
    shifts: tuple[Shift, ...] = ()
    console: bool = False


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rung of a route that is written out: ``after_s`` seconds after the raise the desk ``tell`` is told."""

    after_s: int
    tell: str


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody and every desk.

    An alert goes up the tree: the desks that cover its place and serve its class, the nearest first; those of one node are one
    rung. ``waits`` says by class how many seconds after the raise each rung is told; ``routes`` writes a class's rungs out
    instead. ``family`` are the channels to consenting contacts, in order. ``heeds_hearing``: a desk that cannot hear is no
    rung; False for the ladder of the settings alone. Of life safety: accepted and neither called nor attended for
    ``recontact_s``, or on the way for ``on_site_s`` (45 min, within which 90 % are to have somebody there), whoever has it is
    asked again and the next rung is told.
    """

    people: tuple[Person, ...] = ()
    desks: tuple[Desk, ...] = ()
    substitutes: tuple[Substitute, ...] = ()
    waits: dict[Class, tuple[int, ...]] = {}
    routes: dict[Class, tuple[Step, ...]] = {}
    family: tuple[str, ...] = ()
    heeds_hearing: bool = True
    recontact_s: int = 180
    on_site_s: int = 2700


# Where the plan says nothing. 60 s and 180 s: within which telecare answers 97.5 % and 99 % of its calls.
WAITS: dict[Class, tuple[int, ...]] = {
    "life_safety": (0, 60, 180, 300),
    "care": (0, 600, 1800, 3600),
    "facility": (0, 900, 1800, 3600),
    "device": (0, 3600, 7200, 14400),
    "hub": (0, 900, 1800, 3600),
}
