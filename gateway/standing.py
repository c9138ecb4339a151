"""Alerts that the hub keeps up about its desks: one of a rule for each, raised once and ended when its cause is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.alerts.own import DESK_PLACE
from gateway.duty.plan import Desk
from gateway.operations.handling import Answer
from gateway.operations.own_alerts import END, RAISE
from rules.effects import alert_id


class DeskAlerts:
    """``standing`` are those that an earlier run left, by place. ``command`` journals what the hub says of itself."""

    def __init__(
        self, rule: str, *, standing: dict[str, str], command: Callable[..., Awaitable[Answer]]
    ) -> None:
        self._rule = rule
        self._standing = dict(standing)
        self._command = command

    async def stands(self, desk: Desk, since: int, **data: str) -> None:
        """There is a cause since then (hub time): raise it, unless that is done; what stood for an earlier cause ends."""
        alert = alert_id(self._rule, desk.id, "", str(since))
        if self._standing.get(DESK_PLACE + desk.id) == alert:
            return
        await self.over(desk)
        said = {"rule": self._rule, "desk_id": desk.id, "desk": desk.name, **data}
        await self._say(RAISE, alert, said)
        self._standing[DESK_PLACE + desk.id] = alert

    async def over(self, desk: Desk) -> None:
        """There is no cause any more."""
        alert = self._standing.get(DESK_PLACE + desk.id)
        if alert is not None:
            await self._say(END, alert, {})
            del self._standing[DESK_PLACE + desk.id]

    async def _say(self, kind: str, alert: str, data: dict[str, str]) -> None:
        await self._command(kind=kind, alert=alert, by="", data=data, command_id=f"{alert}:{kind}")
