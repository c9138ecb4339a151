"""Tries of a changed rule: what it would have raised lately, by a backtest, and what people found of what came then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Engine

from gateway.alerts.hindsight import Would, hindsight
from gateway.backtest.asked import Asked, Influx, RuleSet
from gateway.backtest.jobs import BusyError, Job, Jobs
from gateway.backtest.question import about_store
from gateway.operations.hindsight_views import came
from gateway.rulebook.layer import Laid
from gateway.web.rule_port import Hindsight, TryAnswer, TryNow
from rules.rule import Rule
from rules.world import Definition


@dataclass(slots=True)
class _Try:
    """What was asked; its answer once it was read."""

    rule: str
    place: str
    answer: TryAnswer | None = None


class Tries:
    """The tries of a hub: backtests like any other, one at a time, of which the rule and the place are known."""

    def __init__(self, jobs: Jobs, database: Engine) -> None:
        self._jobs, self._database = jobs, database
        self._tries: dict[str, _Try] = {}

    def begin(self, ask: Callable[[], Asked], rule: str, place: str) -> str | None:
        """Begin one; None while another backtest is at work."""
        try:
            job = self._jobs.begin(ask)
        except BusyError:
            return None
        for old in [name for name in self._tries if self._jobs.find(name) is None]:
            del self._tries[old]
        self._tries[job.id] = _Try(rule, place)
        return job.id

    async def find(self, name: str) -> TryNow | None:
        """How far it is; its answer is read once."""
        asked, job = self._tries.get(name), self._jobs.find(name)
        if asked is None or job is None:
            return None
        if job.state == "done" and asked.answer is None:
            asked.answer = await asyncio.to_thread(self._read, job, asked)
        return TryNow(
            id=name, rule=asked.rule, place=asked.place, state=job.state, what=job.what, done=job.done, error=job.error,
            answer=asked.answer,
        )  # fmt: skip

    def _read(self, job: Job, asked: _Try) -> TryAnswer:
        told = msgspec.json.decode(job.answer)
        return answer_of(told, self._database, rule=asked.rule, place=asked.place)


def question(
    definition: Definition,
    database: Engine,
    laid: Laid,
    *,
    rule: str,
    place: str,
    from_ms: int,
    to_ms: int,
    influx: Influx | None,
) -> Asked:
    """Ask for the rule as it would be (``laid``) beside as it is; only what bears upon it is judged.

    Of one place: with the facilities of its station, where the radio gateways are.
    """
    about = bearing(rule, (*definition.rules, *laid.rules))
    where = _around(definition, place)
    part = msgspec.structs.replace(
        definition,
        places=tuple(one for one in definition.places if one.key in where),
        devices=tuple(one for one in definition.devices if one.key in where),
        rules=tuple(one for one in definition.rules if one.id in about),
        overrides=tuple(one for one in definition.overrides if one.rule in about and one.key in where),
    )
    changed = RuleSet(
        tuple(one for one in laid.rules if one.id in about),
        tuple(one for one in laid.overrides if one.rule in about and one.key in where),
    )
    return about_store(part, database, rules=changed, from_ms=from_ms, to_ms=to_ms, influx=influx)


def bearing(rule: str, every: Iterable[Rule]) -> set[str]:
    """The rule, those that hold its alerts back, and those that lower its alerts or that it lowers; and so on."""
    beside: dict[str, set[str]] = {}
    for one in every:
        for other in (*one.shape.inhibited_by, *one.lowered):
            beside.setdefault(one.id, set()).add(other)
        for other in one.lowered:
            beside.setdefault(other, set()).add(one.id)
    found, left = {rule}, [rule]
    while left:
        for other in beside.get(left.pop(), set()) - found:
            found.add(other)
            left.append(other)
    return found


def answer_of(told: Mapping[str, Any], database: Engine, *, rule: str, place: str) -> TryAnswer:
    """What a backtest's answer says of that rule there, with what people found."""
    from_ms, to_ms = told["from_ms"], told["to_ms"]
    here = [one for one in told["alerts"] if one["rule"] == rule and place in {"", one["place"]}]
    gone = [one for one in told["gone"] if one["rule"] == rule and place in {"", one["place"]}]
    before = [
        one | {"active_at": one["active_at"] - one["moved_ms"]} for one in here if one["change"] != "new"
    ]
    figures = told["rules"].get(rule, {})
    known = came(database, rule, place, from_ms, to_ms)

    def looked_back(alerts: list[dict[str, Any]], counted: int) -> Hindsight:
        would = [Would(one["place"], one["active_at"]) for one in alerts if not one["held_by"]]
        found = hindsight(would, known)
        raised = len(would) if place else max(counted, len(would))  # a long list is cut, its count is not
        found["unknown"] += raised - len(would)
        return Hindsight(raised=raised, held=len(alerts) - len(would), **found)

    return TryAnswer(
        from_ms=from_ms, to_ms=to_ms, homes=told["homes"], changed=looked_back(here, figures.get("alerts", 0)),
        as_it_is=looked_back(before + gone, sum(figures.get(name, 0) for name in ("same", "moved", "gone"))),
    )  # fmt: skip


def _around(definition: Definition, place: str) -> set[str]:
    if not place:
        return {one.key for one in definition.places}
    site = next((one.site for one in definition.places if one.key == place), "")
    return {
        one.key
        for one in definition.places
        if one.key == place or (one.kind == "facility" and one.site == site)
    }
