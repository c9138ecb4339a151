"""The part of the small hub that is about installing: a real registry, and devices that were heard or not as the test says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import Engine

from gateway.fitting.service_hours import Hours, windows_of
from gateway.operations.duty_in_force import DutyInForce
from gateway.registry.by_hand import enter
from gateway.registry.edits import Edit
from gateway.registry.values import RegistryErrors
from gateway.web.install_port import EntryRefusedError, Heard, SetAside
from gateway.web.port import Health


class InstallDesk:
    """Enters into the registry for real; ``were_heard`` and ``aside`` are what the test says."""

    engine: Engine
    duty: DutyInForce
    state: Health

    @property
    def were_heard(self) -> dict[str, Heard]:
        found: dict[str, Heard] = self.__dict__.setdefault("_were_heard", {})
        return found

    @property
    def aside(self) -> list[SetAside]:
        found: list[SetAside] = self.__dict__.setdefault("_aside", [])
        return found

    async def enter(self, edit: Edit, *, by: str) -> str:
        try:
            return enter(self.engine, edit, by=by, at=self.state.hub_now_ms).place_id
        except RegistryErrors as errors:
            raise EntryRefusedError(errors.faults[0]) from errors

    def heard(self, devices: Collection[str]) -> Mapping[str, Heard]:
        return {name: self.were_heard[name] for name in devices if name in self.were_heard}

    def service_hours(self) -> Callable[[str, str], Hours]:
        plan = self.duty.plan
        return lambda place_id, path: Hours(windows_of(plan, place_id, path), self.duty.zone, "cn")

    async def set_aside(self) -> Sequence[SetAside]:
        return self.aside
