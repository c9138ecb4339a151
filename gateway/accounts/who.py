"""Who asks, and how far what they may reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from gateway.accounts.roles import ROLES, May

EVERYWHERE = ""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role at a place of the tree: ``at`` is a path like 区/街道/社区, '' the whole of it."""

    role: str
    at: str = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Reach:
    """The parts of the tree of places that somebody reaches; none is nothing, '' is everything."""

    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, paths: Iterable[str]) -> Self:
        """Without what lies within another part."""
        given = sorted(set(paths))
        return cls(
            tuple(path for path in given if not any(_within(path, other) for other in given if other != path))
        )

    @property
    def everything(self) -> bool:
        """Whether it is the whole tree."""
        return EVERYWHERE in self.paths

    def holds(self, path: str) -> bool:
        """Whether that path lies within."""
        return any(_within(path, part) for part in self.paths)

    def meets(self, path: str) -> bool:
        """Whether that path lies within, or some of this within that path."""
        return self.holds(path) or any(_within(part, path) for part in self.paths)

    def __bool__(self) -> bool:
        return bool(self.paths)


EVERYTHING = Reach((EVERYWHERE,))


class Kind(StrEnum):
    """What asks: a person who is signed in, a program with the hub's token, a device at a desk, or anybody."""

    PERSON = "person"
    PROGRAM = "program"
    DEVICE = "device"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks; ``id`` and ``name`` are those of a person's account, 0 and '' of everybody else.

    ``extra`` is what a program or a device may, at ``at`` and below.
    """

    kind: Kind
    grants: tuple[Grant, ...] = ()
    id: int = 0
    name: str = ""
    extra: frozenset[May] = field(default_factory=frozenset)
    at: str = EVERYWHERE

    def reach(self, may: May) -> Reach:
        """How far this permission of theirs reaches."""
        if may in self.extra:
            return Reach((self.at,))
        return Reach.of(grant.at for grant in self.grants if may in ROLES[grant.role].may)

    def may(self, may: May) -> bool:
        """Whether they have this permission anywhere."""
        return bool(self.reach(may))


PROGRAM = Who(Kind.PROGRAM, extra=frozenset(May))
DEVICE = Who(Kind.DEVICE, extra=frozenset({May.RING}))
NOBODY = Who(Kind.NOBODY)


def _within(path: str, part: str) -> bool:
    return part in {EVERYWHERE, path} or path.startswith(part + "/")
