"""One shard of a history through the production core: rows become events, events become effects, home by home.

Theory of operation
-------------------
The rows of a home come in the order in which the hub received them. Values of one device with the same times are one message.
Messages have no identity here: a store holds each once, and in a file every line counts. A home begins with its first row
and each device is expected from its own first row on, so nothing is silent before it was there.

The rules in force are judged beside the asked ones, but only as far as they differ: rules do not hear one another, so those
that both sets have decide the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import msgspec
import numpy as np

from gateway.backtest.asked import DAY_MS, Heartbeats, Loss, Registered, RuleSet
from gateway.backtest.events_file import FAR_HEARTBEAT_S
from gateway.backtest.scratch import quoted
from gateway.rulebook.virtual import Virtual
from rules.conditions.silent import HEARTBEATS
from rules.effects import Effect
from rules.events import AnyEvent, Command, FeedLost, Occurrence, Resumed, Status, Telemetry
from rules.state import NEVER
from rules.world import Definition, World

ROWS = """
SELECT key, device, what, value, coalesce(text, '') AS text, heard_at, observed, quality,
       CASE WHEN what = 'online' THEN 2 WHEN starts_with(what, 'event.') THEN 1 ELSE 0 END::TINYINT AS sort
FROM read_parquet({files}) ORDER BY key, heard_at, observed, device, sort, what
"""
# Gaps that a device which keeps its heartbeat would not show, against the days over which it was heard.
REPORTS = """
SELECT device, min(heard_at), max(heard_at), list(heard_at - before) FILTER (heard_at - before > 1000)
FROM (
    SELECT device, heard_at, lag(heard_at) OVER (PARTITION BY device ORDER BY heard_at) AS before
    FROM read_parquet({files})
)
GROUP BY device
"""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A shard to judge. ``begin`` and ``until`` bound the time that counts (``until`` None: to each home's last row)."""

    files: str
    registered: Registered
    asked: RuleSet
    current: RuleSet
    heartbeats: Heartbeats
    begin: int
    until: int | None
    losses: tuple[Loss, ...]
    modes: tuple[Command, ...]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What both sets of rules decided about each place, in order; rules that both have stand only in ``asked``.

    ``watched_ms``: for how long each place was watched. ``unsure`` names devices whose heartbeat the rows do not show.
    """

    rows: int
    asked: dict[str, list[Effect]]
    current: dict[str, list[Effect]]
    watched_ms: dict[str, int]
    unsure: list[str]


def judge(work: Work) -> Judged:
    """Fold every home of the shard."""
    reader = duckdb.connect(config={"threads": 1, "memory_limit": "300MB"})
    columns = _Columns(reader, work.files)
    registered, unsure = work.registered, list[str]()
    if work.heartbeats == "checked":
        registered, unsure = _believed(reader, work)
    reader.close()
    first_heard = columns.first_heard()
    homes = {place.key for place in registered.places}
    worlds = [world_of(registered, rules) for rules in (work.asked, _differing(work.current, work.asked))]
    effects: tuple[dict[str, list[Effect]], dict[str, list[Effect]]] = ({}, {})
    watched = {}
    for key, start, end in columns.homes():
        if key not in homes:
            continue
        until = columns.at[end - 1] if work.until is None else work.until
        watched[key] = max(until - max(columns.at[start], work.begin), 0)
        events = list(_interrupted(columns.events(start, end), _others(work, key, columns.at[start], until)))
        for world, decided in zip(worlds, effects, strict=True):
            if world.definition.rules:
                decided[key] = _fold(world, key, columns.at[start], until, first_heard, events)
    return Judged(
        rows=len(columns.at), asked=effects[0], current=effects[1], watched_ms=watched, unsure=unsure
    )


def _fold(
    world: World, key: str, start: int, until: int, first_heard: dict[str, int], events: Sequence[AnyEvent]
) -> list[Effect]:
    home = Virtual(world, key, start)
    for name, device in home.state.devices.items():
        # Before its first report a device was not there: its silence counts from then on.
        device.heard_at = max(device.heard_at, first_heard.get(name, start))
    tell = home.tell
    effects: list[Effect] = []
    for event in events:
        decided = tell(event)
        if decided:
            effects += decided
    return effects + home.until(max(until, home.now))


def world_of(registered: Registered, rules: RuleSet) -> World:
    """The world with these places, devices and rules."""
    homes = {place.key for place in registered.places}
    return World(
        Definition(
            version=1,
            zone=registered.zone,
            places=registered.places,
            devices=registered.devices,
            rules=rules.rules,
            calendar=registered.calendar,
            overrides=tuple(override for override in rules.overrides if override.key in homes),
        )
    )


def differing(these: RuleSet, those: RuleSet) -> set[str]:
    """Ids of the rules that the two sets have not alike, with their differences in single homes."""
    ones, others = ({rule.id: rule for rule in rules.rules} for rules in (these, those))
    found = {name for name in ones.keys() | others.keys() if ones.get(name) != others.get(name)}
    apart = {(o.key, o.rule, o.instead) for o in these.overrides} ^ {
        (o.key, o.rule, o.instead) for o in those.overrides
    }
    return found | {rule for _, rule, _ in apart}


def _differing(these: RuleSet, those: RuleSet) -> RuleSet:
    """What of these rules is not the same in those."""
    names = differing(these, those)
    return RuleSet(
        tuple(rule for rule in these.rules if rule.id in names),
        tuple(override for override in these.overrides if override.rule in names),
    )


def _believed(reader: duckdb.DuckDBPyConnection, work: Work) -> tuple[Registered, list[str]]:
    """The devices with the heartbeats that their rows show; the others are never called silent for want of reports.

    A file may hold changes only. A device is believed to report as registered if it missed no more than one report a day.
    """
    gaps = {row[0]: row[1:] for row in reader.execute(REPORTS.format(files=quoted(work.files))).fetchall()}
    devices, unsure = [], []
    for device in work.registered.devices:
        first, last, between = gaps.get(device.id, (0, 0, None))
        missed = sum(gap > HEARTBEATS * device.heartbeat_s * 1000 for gap in between or ())
        if between and missed <= max((last - first) / DAY_MS, 0):
            devices.append(device)
        else:
            unsure.append(device.id)
            devices.append(msgspec.structs.replace(device, heartbeat_s=FAR_HEARTBEAT_S))
    return msgspec.structs.replace(work.registered, devices=tuple(devices)), unsure


def _others(work: Work, key: str, start: int, until: int) -> list[AnyEvent]:
    """What a home is told besides its rows, in order: the hub's losses, and what people set."""
    told: list[AnyEvent] = [command for command in work.modes if command.key == key]
    for loss in work.losses:
        told += [FeedLost(loss.found_at, loss.lost_at), Resumed(loss.read_at + 1, loss.lost_at, loss.kept)]
    return sorted((event for event in told if start <= event.at <= until), key=lambda event: event.at)


def _interrupted(events: Iterator[AnyEvent], others: list[AnyEvent]) -> Iterator[AnyEvent]:
    """Both streams as one, in order of time; at the same moment the others come first."""
    waiting = iter(others)
    other = next(waiting, None)
    due = other.at if other else NEVER
    for event in events:
        while other is not None and due <= event.at:
            yield other
            other = next(waiting, None)
            due = other.at if other else NEVER
        yield event
    while other is not None:
        yield other
        other = next(waiting, None)


class _Columns:
    """The rows of a shard as lists, sorted by home and time; a text stands in memory once."""

    def __init__(self, reader: duckdb.DuckDBPyConnection, files: str) -> None:
        found: dict[str, Any] = reader.execute(ROWS.format(files=quoted(files))).fetchnumpy()
        shared: dict[str, str] = {}
        self.key, self.device, self.what, self.text = (
            [shared.setdefault(text, text) for text in found[name].tolist()]
            for name in ("key", "device", "what", "text")
        )
        self.value: list[float] = found["value"].tolist()
        self.at: list[int] = found["heard_at"].tolist()
        self.observed: list[int] = found["observed"].tolist()
        self.quality: list[int] = found["quality"].tolist()
        self.sort: list[int] = found["sort"].tolist()
        self._key_ends = np.flatnonzero(found["key"][1:] != found["key"][:-1]) + 1

    def homes(self) -> Iterator[tuple[str, int, int]]:
        """Each home with the first of its rows and the one behind the last."""
        ends = [*self._key_ends.tolist(), len(self.at)]
        for start, end in zip([0, *ends], ends, strict=False):
            if start < end:
                yield self.key[start], start, end

    def first_heard(self) -> dict[str, int]:
        """When each device spoke first, by the hub's time."""
        found: dict[str, int] = {}
        for device, at in zip(self.device, self.at, strict=True):
            if found.get(device, NEVER) > at:
                found[device] = at
        return found

    def events(self, start: int, end: int) -> Iterator[AnyEvent]:
        """What happened in the rows from ``start`` to ``end`` (excluded), message by message."""
        device, at, observed, what, value = self.device, self.at, self.observed, self.what, self.value
        row = start
        while row < end:
            name, now, seen = device[row], at[row], observed[row]
            if self.sort[row]:
                yield self._rare(row)
                row += 1
                continue
            metrics: dict[str, float | str] = {what[row]: value[row]}
            quality = self.quality[row]
            row += 1
            while (
                row < end
                and at[row] == now
                and device[row] is name
                and observed[row] == seen
                and not self.sort[row]
            ):
                metrics[what[row]] = value[row]
                row += 1
            yield Telemetry(now, name, seen, quality, "", 0, metrics)

    def _rare(self, row: int) -> AnyEvent:
        """An event, or a word about the network."""
        head = self.at[row], self.device[row], self.observed[row], self.quality[row]
        value, text = self.value[row], self.text[row]
        if self.what[row] == "online":
            return Status(*head, bool(value), text, {})
        kind = self.what[row].removeprefix("event.")
        return Occurrence(*head, "", 0, text, kind, {"confidence": value})
