"""What the web asks of the hub about installing: the registry changed by hand, who was ever heard, what was set aside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.fitting.service_hours import Hours
from gateway.registry.edits import Edit
from gateway.registry.values import RegistryFault


class EntryRefusedError(Exception):
    """Something cannot be entered into the registry, by the checks of its file; ``fault`` is the first thing wrong."""

    def __init__(self, fault: RegistryFault) -> None:
        super().__init__(f"{fault.column}: {fault.what}; {fault.remedy}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Heard:
    """When a device was last heard (hub time), None where it never was; whether it is on the network, None where unknown."""

    at: int | None
    online: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Messages of one topic that are held for one reason: how many, since when, the newest with its beginning as text."""

    topic: str
    reason: str
    count: int
    first_at: int
    last_at: int
    detail: str
    payload: str


class InstallPort(Protocol):
    """The part of the hub's port that is about installing."""

    async def enter(self, edit: Edit, *, by: str) -> str:
        """Change the registry by hand and judge by it from now on; gives the id of the place that it concerns.

        EntryRefusedError where a registry file that said so would be refused; UnavailableError while it cannot be journalled.
        """

    def heard(self, devices: Collection[str]) -> Mapping[str, Heard]:
        """When these devices of the registry were last heard; cheap, no I/O, from any thread."""

    def service_hours(self) -> Callable[[str, str], Hours]:
        """The service hours of a place by its id and path, by the duty plan; reads the database, so not on the loop."""

    async def set_aside(self) -> Sequence[SetAside]:
        """What is held in quarantine, by topic and reason, the last heard first; without what was read all the same."""
