"""The rules as the web sees them: read, changed by a command and the world that follows it, tried by a backtest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from gateway.backtest.asked import DAY_MS, Asked
from gateway.operations.rule_changes import Change
from gateway.parts import influx_source
from gateway.rule_tries import question
from gateway.web.port import UnavailableError
from gateway.web.rule_port import RuleNow, RuleRefusedError, RuleWanted, TryNow

if TYPE_CHECKING:
    from gateway.hub import Hub

log = logging.getLogger(__name__)
APPLIED_WITHIN_S = 15.0


class ConsoleRulePort:
    """Answers about the rules of a hub."""

    _hub: Hub

    def rule_views(self, place: str = "") -> Sequence[RuleNow]:
        """The rules as the hub, or that place, has them."""
        return self._hub.console_rules.views(self._hub.engine.world.places, place)

    async def change_rule(
        self,
        wanted: RuleWanted,
        *,
        reason: str,
        version: int,
        by: str,
        id: str,  # noqa: A002 the port's word
    ) -> None:
        """Journal a change, then the world with it."""
        hub = self._hub
        prepared = partial(
            hub.console_rules.prepared, wanted, hub.engine.world.places, reason=reason, version=version
        )
        async with hub.reloads.turn:
            await self._apply(await asyncio.to_thread(prepared), wanted.place, by=by, act_id=id)

    async def undo_rule_change(self, change: int, *, reason: str, by: str, id: str) -> None:  # noqa: A002 the port's word
        """Take a change back by another."""
        hub = self._hub

        def prepared() -> tuple[Change, str]:
            wanted, version = hub.console_rules.undoing(change)
            places = hub.engine.world.places
            return (
                hub.console_rules.prepared(wanted, places, reason=reason, version=version, undoes=change), wanted.place
            )  # fmt: skip

        async with hub.reloads.turn:
            found, place = await asyncio.to_thread(prepared)
            await self._apply(found, place, by=by, act_id=id)

    async def _apply(self, change: Change, place: str, *, by: str, act_id: str) -> None:
        line = self._hub.line
        body = {"change": msgspec.json.encode(change).decode()}
        try:
            async with asyncio.timeout(APPLIED_WITHIN_S):
                answer = await line.command(
                    kind="rule", alert="", by=by, data=body, command_id=act_id, key=place
                )
                if not answer.ok:
                    raise RuleRefusedError("rule_refused", answer.reason)
                world = await line.change_world(self._hub.definition())
        except TimeoutError:
            raise UnavailableError(line.trouble or "the hub is busy; try again") from None
        log.info("%s changed rule %s at %s: world %d", by, change.rule, place or "the hub", world.version)

    async def begin_try(self, wanted: RuleWanted, *, days: int) -> str | None:
        """Begin a backtest of the rule as it would be."""
        hub = self._hub
        definition, now = hub.engine.world.definition, hub.clock.now()
        places = hub.engine.world.places
        laid = await asyncio.to_thread(hub.console_rules.tried, wanted, places)

        def ask() -> Asked:
            return question(
                definition, hub.database, laid, rule=wanted.rule, place=wanted.place, from_ms=max(0, now - days * DAY_MS),
                to_ms=now, influx=influx_source(hub.settings),
            )  # fmt: skip

        return hub.tries.begin(ask, wanted.rule, wanted.place)

    async def try_now(self, try_id: str) -> TryNow | None:
        """How far a try is."""
        return await self._hub.tries.find(try_id)
