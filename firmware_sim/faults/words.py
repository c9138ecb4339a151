"""Words to a connection, said in the same stream as the messages so that their order is plain."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.wire import Message


@dataclass(frozen=True, slots=True)
class Word(Message):
    """Something that happens to the connection ``link`` at ``at_ms``; nothing of it is published."""


@dataclass(frozen=True, slots=True)
class Cut(Word):
    """The socket dies; the broker sends the will unless the connection was made without one.

    ``keeps``: what is not yet acknowledged is sent again later; otherwise it is lost with the power.
    """

    keeps: bool = True


@dataclass(frozen=True, slots=True)
class Mend(Word):
    """The connection can be made again, and is; births are given anew."""


def cut(link: str, at_ms: int, *, keeps: bool) -> Cut:
    """The socket of that connection dies."""
    return Cut(at_ms, link, link, "control", "", b"", keeps=keeps)


def mend(link: str, at_ms: int) -> Mend:
    """It may connect again."""
    return Mend(at_ms, link, link, "control", "", b"")
