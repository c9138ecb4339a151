"""The rooms of the console, in the order of their links, and who finds which: the first one is where somebody comes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.accounts.roles import May
from gateway.accounts.who import Who


@dataclass(frozen=True, slots=True)
class Room:
    """A page with a link of its own; ``word`` is its name, shown to whoever has ``may`` or one of ``or_may``."""

    path: str
    word: str
    may: May
    or_may: tuple[May, ...] = ()


ROOMS: Final = (
    Room("/", "room_desk", May.ALERTS),
    Room("/calls", "room_calls", May.ATTEND),
    Room("/places", "room_homes", May.HOMES),
    Room("/accounts", "room_accounts", May.ACCOUNTS),
    Room("/area", "room_area", May.AREA),
    Room("/heat", "room_heat", May.AREA),
    Room("/facilities", "room_facilities", May.FACILITIES),
    Room("/figures", "room_figures", May.AREA, (May.FACILITIES, May.DEVICES)),
    Room("/reports", "room_reports", May.FACILITIES),
    Room("/install", "room_install", May.INSTALL),
    Room("/install/tests", "weekly_tests", May.ATTEND),
    Room("/rules", "room_rules", May.RULES),
    Room("/steps", "room_steps", May.RULES_SET),
    Room("/privacy", "room_privacy", May.PRIVACY),
    Room("/audit", "room_audit", May.AUDIT),
)


def room_at(path: str, rooms: list[Room]) -> Room | None:
    """The room that a page lies in: the one whose own page it is, or the one it was come to from."""
    within = [
        room for room in rooms if path == room.path or (room.path != "/" and path.startswith(room.path + "/"))
    ]
    return max(within, key=lambda room: len(room.path), default=None)


def rooms_of(who: Who) -> list[Room]:
    """The rooms somebody may go into."""
    return [room for room in ROOMS if any(who.may(may) for may in (room.may, *room.or_may))]
