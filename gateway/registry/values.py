"""The registry as values: places, who to call about them, and the devices in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

PlaceKind: TypeAlias = Literal["home", "facility"]


LEVELS = ("区", "街道", "社区", "小区")


@dataclass(frozen=True, slots=True)
class Place:
    """A home or a facility; ``path`` is 区/街道/社区/小区, ``name`` the 称呼 or the facility's name.

    ``line`` is where the file first names it (0 when it was not read from a file); it takes no part in equality.
    """

    id: str
    kind: PlaceKind
    site: str
    path: str
    name: str
    address: str
    capacity: int | None = None
    access_note: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call about a home; ``rank`` 1 is called first."""

    place_id: str
    rank: int
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device, the place and room it is in; it reports at least every ``heartbeat_s`` seconds."""

    id: str
    place_id: str
    site: str
    kind: str
    room: str
    heartbeat_s: int
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything a registry file says, in its order; contacts by place, then rank."""

    places: tuple[Place, ...] = ()
    contacts: tuple[Contact, ...] = ()
    devices: tuple[Device, ...] = ()

    def sites(self) -> frozenset[str]:
        """The sites this registry speaks for: it is the whole truth about each of them."""
        return frozenset(place.site for place in self.places)


@dataclass(frozen=True, slots=True, order=True)
class RegistryFault:
    """One thing wrong with a registry file: where (line from 1, column), what, and the remedy."""

    line: int
    column: str
    what: str
    remedy: str


class RegistryErrors(Exception):  # noqa: N818 it carries all the errors of a file, hence the plural
    """Everything wrong with a registry file at once, by line; ``str()`` has one line for each fault."""

    def __init__(self, source: str, faults: list[RegistryFault]) -> None:
        self.source = source
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(self.messages()))

    def messages(self) -> list[str]:
        """``town.csv:17: place: what is wrong; what to do`` for each fault."""
        return [f"{self.source}:{f.line}: {f.column}: {f.what}; {f.remedy}" for f in self.faults]
