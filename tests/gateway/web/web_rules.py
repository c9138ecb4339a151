"""The rules of the small hub behind the web: the library, changed as a hub changes it; tries are told by the test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.console_rules import ConsoleRules
from gateway.operations import tables
from gateway.operations.rule_changes import Change
from gateway.rulebook.load import Rulebook, load_rules
from gateway.rules_in_force import RulesInForce
from gateway.web.port import Act, Outcome
from gateway.web.rule_port import RuleNow, RuleRefusedError, RuleWanted, TryNow
from rules.world import Place

LIBRARY = Rulebook(load_rules())


class RuleDesk:
    """What ``Desk`` answers about rules."""

    engine: Engine
    command: Callable[..., Awaitable[Outcome]]
    book: Rulebook = LIBRARY
    tried: list[tuple[RuleWanted, int]]
    tries: dict[str, TryNow]

    @property
    def console_rules(self) -> ConsoleRules:
        return ConsoleRules(self.engine, RulesInForce(lambda: self.book, is_first=True))

    @property
    def rule_places(self) -> Mapping[str, Place]:
        with Session(self.engine) as session:
            rows = session.scalars(select(tables.Place)).all()
            return {row.id: Place(row.id, row.kind, row.capacity, row.site) for row in rows}  # type: ignore[arg-type]

    def rule_views(self, place: str = "") -> Sequence[RuleNow]:
        return self.console_rules.views(self.rule_places, place)

    async def change_rule(self, wanted: RuleWanted, *, reason: str, version: int, by: str, id: str) -> None:  # noqa: A002 the port's word
        change = self.console_rules.prepared(wanted, self.rule_places, reason=reason, version=version)
        await self._change(change, wanted.place, by, id)

    async def undo_rule_change(self, change: int, *, reason: str, by: str, id: str) -> None:  # noqa: A002 the same
        wanted, version = self.console_rules.undoing(change)
        found = self.console_rules.prepared(
            wanted, self.rule_places, reason=reason, version=version, undoes=change
        )
        await self._change(found, wanted.place, by, id)

    async def _change(self, change: Change, place: str, by: str, act_id: str) -> None:
        body = {"change": msgspec.json.encode(change).decode()}
        done = await self.command(Act(kind="rule", by=by, place=place, data=body), id=act_id)
        if not done.ok:
            raise RuleRefusedError("rule_refused", done.reason)

    async def begin_try(self, wanted: RuleWanted, *, days: int) -> str | None:
        self.console_rules.tried(wanted, self.rule_places)
        self.tried = [*getattr(self, "tried", []), (wanted, days)]
        if any(one.state == "running" for one in self.tries_known.values()):
            return None
        self.tries_known["t1"] = TryNow(
            id="t1", rule=wanted.rule, place=wanted.place, state="running", what="judging", done=0.5, error=""
        )
        return "t1"

    async def try_now(self, try_id: str) -> TryNow | None:
        return self.tries_known.get(try_id)

    @property
    def tries_known(self) -> dict[str, TryNow]:
        if not hasattr(self, "tries"):
            self.tries = {}
        return self.tries
