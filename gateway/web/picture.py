"""A small picture of what happened in a home: a row for each room, its marks along the time, alerts across. Pure.

Sizes are those of the drawing, which is as wide as an old phone: nothing has to be made smaller there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.web.home_port import Happening

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 360
ROW = 40  # the name of the room, and the line of its marks below
LINE = 27  # from the top of a row to the middle of its line
HEAD = 20  # the hours
MARK = 3  # the least width of a mark
HOUR_MS = 3_600_000
HOURS_SHOWN = 6
TOGETHER_MS = 600_000  # the same again within ten minutes is one line
LINES_MAX = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark from ``x`` on, ``width`` wide; ``kind``: move, door or event."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """A room: where its row begins, its marks, how often something happened there, and when last (ms)."""

    room: str
    y: int
    marks: tuple[Mark, ...]
    count: int
    last: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: rooms, the hours (x, ms) and the alerts (x, ms, what)."""

    height: int
    rows: tuple[Row, ...]
    hours: tuple[tuple[float, int], ...]
    alerts: tuple[tuple[float, int, dict[str, str]], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The same thing in the same room, once or several times without much between: from the first to the last (ms)."""

    room: str
    what: str
    on: bool
    first: int
    last: int
    count: int


def drawn(
    happenings: Sequence[Happening],
    from_ms: int,
    to_ms: int,
    *,
    alerts: Iterable[tuple[int, dict[str, str]]] = (),
    hour_of: Callable[[int], int],
) -> Picture:
    """The picture of that time; ``hour_of`` gives the hour of the day of a moment, where the home is."""

    def x(at: int) -> float:
        return min(round((at - from_ms) / (to_ms - from_ms) * WIDTH, 1), WIDTH - MARK)

    rooms: dict[str, list[Happening]] = {}
    for one in happenings:
        rooms.setdefault(one.room, []).append(one)
    rows = tuple(
        Row(
            room,
            HEAD + at * ROW,
            tuple(_marks([(x(one.at), _kind(one)) for one in of_room])),
            len(of_room),
            of_room[-1].at,
        )
        for at, (room, of_room) in enumerate(sorted(rooms.items()))
    )
    every = max(1, (to_ms - from_ms) // HOUR_MS // HOURS_SHOWN)
    whole = range(-(-from_ms // HOUR_MS) * HOUR_MS, to_ms, HOUR_MS)
    return Picture(
        height=HEAD + ROW * len(rows),
        rows=rows,
        hours=tuple((x(at), at) for at in whole if hour_of(at) % every == 0),
        alerts=tuple((x(at), at, what) for at, what in alerts if from_ms <= at < to_ms),
    )


def grouped(happenings: Iterable[Happening]) -> list[Group]:
    """What happened in few lines, the newest first."""
    found: list[Group] = []
    for one in happenings:
        last = found[-1] if found else None
        same = last is not None and (last.room, last.what, last.on) == (one.room, one.what, one.on)
        if last is not None and same and one.at - last.last <= TOGETHER_MS:
            found[-1] = Group(one.room, one.what, one.on, last.first, one.at, last.count + 1)
        else:
            found.append(Group(one.room, one.what, one.on, one.at, one.at, 1))
    return found[::-1]


def _kind(one: Happening) -> str:
    if one.what.startswith("event."):
        return "event"
    return "door" if one.what == "contact" else "move"


def _marks(points: list[tuple[float, str]]) -> Iterable[Mark]:
    """Marks that would touch become one."""
    open_marks: dict[str, Mark] = {}
    for x, kind in points:
        known = open_marks.get(kind)
        if known is not None and x <= known.x + known.width + 1:
            open_marks[kind] = Mark(known.x, round(max(known.width, x + MARK - known.x), 1), kind)
            continue
        if known is not None:
            yield known
        open_marks[kind] = Mark(x, MARK, kind)
    yield from open_marks.values()
