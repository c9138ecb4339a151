"""What a backtest is asked, and what can be wrong with the question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from rules.events import Command
from rules.rule import Rule
from rules.world import Device, Override, Place

DAY_MS = 86_400_000
WARM_UP_MS = 7 * DAY_MS  # before ``from_ms``: what is learned of a home is there when the counting begins

Progress: TypeAlias = Callable[[str, float], None]  # what is being done, and how much of it (0 to 1)


class BacktestError(Exception):
    """The history cannot be judged; the message says where, why and what to do."""


class RuleSet(msgspec.Struct, frozen=True):
    """Rules, and how single homes differ from them."""

    rules: tuple[Rule, ...]
    overrides: tuple[Override, ...] = ()


class Registered(msgspec.Struct, frozen=True):
    """Where people live and what watches over them, as registered today."""

    zone: str
    calendar: str = "cn"
    places: tuple[Place, ...] = ()
    devices: tuple[Device, ...] = ()


class Influx(msgspec.Struct, frozen=True):
    """An InfluxDB that holds the history."""

    url: str
    org: str
    token: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A backtest: ``rules`` over a history, beside ``current``, the rules in force.

    The history is an events CSV (``events``), copies of a store in Parquet (``readings``), or ``influx``. ``from_ms`` and
    ``to_ms`` bound a store's; a CSV is judged from its first line to its last. ``modes`` are what people set meanwhile.
    At most ``listed_max`` alerts are listed of each set of rules; all are counted.
    """

    rules: RuleSet
    current: RuleSet
    registered: Registered
    events: str = ""
    readings: tuple[str, ...] = ()
    influx: Influx | None = None
    from_ms: int = 0
    to_ms: int = 0
    modes: tuple[Command, ...] = ()
    workers: int = 1
    listed_max: int = 10_000


Heartbeats: TypeAlias = Literal["registered", "checked", "unknown"]


class Loss(msgspec.Struct, frozen=True):
    """The hub heard nobody from ``lost_at`` to ``found_at``; by ``read_at`` what the broker had ``kept`` was read."""

    lost_at: int
    found_at: int
    read_at: int
    kept: bool
