"""What the web asks of the hub, declared here and provided by the wiring."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
from sqlalchemy import Engine

from gateway.audit.trail import Trail
from gateway.operations.links import Links
from gateway.web.changes import ChangeFeed
from gateway.web.facility_port import FacilityPort
from gateway.web.figures_port import FiguresPort
from gateway.web.home_port import HomePort
from gateway.web.install_port import InstallPort
from gateway.web.privacy_port import PrivacyPort
from gateway.web.report_port import ReportPort
from gateway.web.rule_port import RulePort
from rules.rule import Rule
from rules.world import Override


class UnavailableError(Exception):
    """The hub cannot do it now; the message says why. Answered as 503."""


class UnknownAddressError(Exception):
    """A message cannot be for this person; the message says why. Answered as 422."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskNow:
    """A desk of the duty plan as it is now.

    ``staffed``: by the plan; ``on_duty`` are the names of those who are. ``hears_by``: ``console``, a channel, '' by nothing.
    ``deaf_since`` is hub time, None while it is not known to be deaf. ``taken_over_by`` confirmed the last hand-over.
    """

    id: str
    name: str
    serves: str
    at: str
    console: bool
    staffed: bool
    on_duty: tuple[str, ...]
    hears_by: str
    deaf_since: int | None
    taken_over_by: str
    taken_over_at: int | None
    note: str


@dataclass(frozen=True, slots=True)
class DeskList:
    """Every desk of the duty plan."""

    desks: tuple[DeskNow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelNow:
    """A channel of the settings. ``works`` is None where it was never put to the test; times are wall clock ms.

    ``proves``: taken, reached or read. ``personal``: it needs an address for each person. ``words``: what the last try came to.
    """

    name: str
    kind: str
    proves: str
    personal: bool
    works: bool | None
    tried_at: int | None
    tested_at: int | None
    words: str


@dataclass(frozen=True, slots=True)
class ChannelList:
    """Every channel of the settings."""

    channels: tuple[ChannelNow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTested:
    """What a test message came to: sent (taken, nothing proven), delivered or failed; the receipt or the reason."""

    state: str
    proof: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a person (``by``) does to an alert, or to a place: the kinds and their data are those of ``rules.events.Command``.

    ``place`` is always given: of an alert, the place it is about; '' for what concerns every place.
    """

    kind: str
    by: str
    place: str
    alert: str = ""
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: applied, or the reason why not, and the alert's version since."""

    ok: bool
    reason: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a figure; ``suffix`` is what a histogram's parts have behind the name."""

    value: float
    labels: dict[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """What /metrics tells under one name: a word of help, and a sample for each combination of labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupState:
    """A backup at work: how much is done (0 to 1); in which folder of the hub's data it lies when it is done."""

    id: str
    state: Literal["running", "done", "failed"]
    what: str = ""
    done: float = 0.0
    error: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecorded:
    """An alert told from memory while nothing can be written: its sentence by language."""

    id: str
    text: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the hub is. ``ready`` is false with ``reasons``; ``speed`` is hub seconds per second.

    ``warnings`` do not keep it from its work and yet want somebody's attention.

    ``driven``: time comes from the simulator. ``feed_lost_since`` is hub time, None while the broker is heard. ``unrecorded``
    are alerts that were told and cannot be written yet; they name people.
    """

    ready: bool
    hub_now_ms: int
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    broker: str = ""
    store: str = ""
    protocol: str = ""
    speed: float = 1.0
    driven: bool = False
    feed_lost_since: int | None = None
    unrecorded: tuple[Unrecorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """A rule that a place has otherwise than all others, as it stands there; None where it is off."""

    rule: str
    title: dict[str, str]
    off: bool
    rule_as_it_is: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingQuery:
    """Readings of one place or one device (the other is empty), from ≤ time < to, epoch ms; newest ``limit``."""

    place: str
    device: str
    metric: str
    from_ms: int
    to_ms: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A stored reading; booleans are 0.0 and 1.0, times epoch ms."""

    observed_at: int
    received_at: int
    device: str
    place: str
    metric: str
    value: float
    text: str = ""
    quality: int = 0
    boot: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A series from ``begin`` on, for an hour or a day; times are epoch ms.

    ``on_share`` of the time between its first and its last reading an on/off metric was on; None where that is not known.
    """

    begin: int
    device: str
    place: str
    metric: str
    count: int
    min: float
    max: float
    mean: float
    sum: float
    last: float
    first_at: int
    last_at: int
    on_share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Readings observed from ≤ time < to (epoch ms); '' is any."""

    from_ms: int
    to_ms: int
    device: str = ""
    place: str = ""
    metric: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that the store refused at ``at``, and why; ``value`` is text, for it may be no number."""

    id: int
    at: int
    reason: str
    device: str
    place: str
    metric: str
    observed_at: int
    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """How many refused rows are stored now, are too old to be kept, are refused still."""

    stored: int
    too_old: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A message that could not be read or placed, and why (无法识别的数据); ``payload`` is its beginning as text."""

    id: int
    received_at: int
    topic: str
    reason: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Some of the messages in quarantine: those that fit everything that is given. Nothing given: all of them."""

    ids: tuple[int, ...] = ()
    reason: str = ""
    device: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAgain:
    """What became of messages that were given again.

    ``replayed`` passed; ``repeated`` had been taken before; ``outdated`` is a status that says nothing any more; ``held`` still
    cannot be read, by ``reasons``. Where there are ``more``, go on ``after`` the message ``last``.
    """

    replayed: int
    repeated: int
    outdated: int
    held: int
    reasons: dict[str, int]
    last: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceNow:
    """A device of the registry as it is now; times epoch ms, None where nothing is known yet.

    ``clock_skew_ms``: by how much its clock is ahead of hub time. ``refused`` and ``over_rate`` count since the hub started:
    messages that could not be read, and those put aside because it sent too many.
    """

    id: str
    kind: str
    place: str
    room: str
    online: bool | None
    heard_at: int | None
    clock_skew_ms: int | None
    refused: int
    over_rate: int


@dataclass(frozen=True, slots=True)
class DevicePage:
    """Some devices by id, and the cursor for those that follow."""

    devices: list[DeviceNow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of a registry or of rules did or would do; ``report`` is JSON, with errors by line and remedy."""

    ok: bool
    report: dict[str, Any]


class BacktestWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What rules would have done over the stored history, from ≤ time < to, epoch ms; without ``rules`` those in force."""

    from_ms: int = msgspec.field(name="from")
    to_ms: int = msgspec.field(name="to")
    rules: tuple[Rule, ...] | None = None
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A backtest: what it is at, how much of that is done (0 to 1); its ``answer`` as JSON when it is done."""

    id: str
    state: Literal["running", "done", "failed"]
    what: str = ""
    done: float = 0.0
    error: str = ""
    answer: bytes = b""


class HubPort(FacilityPort, HomePort, InstallPort, PrivacyPort, RulePort, FiguresPort, ReportPort, Protocol):
    """The hub as the web sees it. Everything async is answered without blocking the loop."""

    @property
    def engine(self) -> Engine:
        """Engine of the operational database."""

    @property
    def changes(self) -> ChangeFeed:
        """Where the hub publishes the id of every alert and place it changed, after the commit."""

    @property
    def links(self) -> Links:
        """Makes and reads the links of this hub."""

    @property
    def trail(self) -> Trail:
        """The audit."""

    def active_today(self, place_id: str) -> bool | None:
        """Whether somebody was active there since midnight in the hub's zone; None where nothing is known.

        Cheap, no I/O; from any thread.
        """

    def health(self) -> Health:
        """How the hub is right now; cheap, no I/O."""

    def figures(self) -> Sequence[Figure]:
        """Everything the hub tells of itself for /metrics; asks the disk, so not on the loop."""

    def begin_backup(self, *, archive: bool) -> str | None:
        """Begin one beside the alarm path, with the archive or without; its id, or None while another is at work."""

    def backup(self, backup_id: str) -> BackupState | None:
        """How far that one is; None when it is not known."""

    async def command(self, act: Act, *, id: str) -> Outcome:  # noqa: A002 the command's own word
        """Journal what a person did and answer once it is applied.

        The same ``id`` again gets the first answer. UnavailableError when it cannot be journalled.
        """

    def desks(self) -> DeskList:
        """The desks of the duty plan as they are now; reads the database, so not on the loop."""

    async def reload_duty(self) -> Imported:
        """Read the duty plan again and tell people by it; where it has mistakes or gaps, go on as before."""

    def beat(self, desk: str) -> bool:
        """A console at that desk can be heard; whether there is such a desk. Reads the database, so not on the loop."""

    def channels(self) -> ChannelList:
        """The channels of the settings; cheap, no I/O."""

    async def test_channel(self, name: str, *, to: str, by: str) -> ChannelTested:
        """Send a test message; KeyError for an unknown channel, UnknownAddressError for a person it cannot reach."""

    def rule_titles(self) -> dict[str, dict[str, str]]:
        """The titles of the rules in force, by id and language; cheap, no I/O."""

    def own_rules(self, place: str) -> Sequence[OwnRule]:
        """Which rules that place has otherwise than all others; cheap, no I/O."""

    async def readings(self, query: ReadingQuery) -> Sequence[Reading]:
        """Read from the store, newest first; UnavailableError when the store does not answer."""

    async def summaries(self, query: ReadingQuery, every: Literal["1h", "1d"]) -> Sequence[Summary]:
        """Give the hours or days that begin in that time and have readings, newest first; UnavailableError as above."""

    async def export(self, wanted: Export) -> Path:
        """Write a Parquet file of what is kept, which the asker removes; UnavailableError as above."""

    async def refused_rows(self, limit: int, *, before: int | None = None) -> Sequence[RefusedRow]:
        """Give the newest rows that the store refused, of those with an id below ``before``."""

    async def retry_refused(self) -> Retried:
        """Write the refused rows again; UnavailableError as above."""

    async def drop_refused(self) -> int:
        """Forget the refused rows; how many."""

    async def quarantine(
        self, chosen: Chosen, limit: int, *, before: int | None = None
    ) -> Sequence[Unreadable]:
        """Give the newest messages that could not be read or placed, of those with an id below ``before``."""

    async def give_again(self, chosen: Chosen, *, after: int) -> GivenAgain:
        """Read held messages again, in order of arrival; durable when it answers. UnavailableError when that cannot be now."""

    async def drop(self, chosen: Chosen) -> int:
        """Remove held messages for good; returns how many."""

    def devices(self, *, limit: int, after: str | None, places: Container[str] | None = None) -> DevicePage:
        """The devices of the registry by id, of those in ``places`` (None: all), a page at a time; cheap, no I/O."""

    async def import_registry(self, text: str, *, dry_run: bool, over_hand: bool = False) -> Imported:
        """Replace the registry by this CSV, or only say what that would do; ``over_hand``: also where it undoes handwork."""

    async def reload_rules(self) -> Imported:
        """Read the rule files again and judge by them from now on; where they hold mistakes, go on as before."""

    async def begin_backtest(self, wanted: BacktestWanted) -> str | None:
        """Begin one beside the alarm path; its id, or None while another is at work."""

    def backtest(self, backtest_id: str) -> Backtest | None:
        """How far that one is; None when it is not known or forgotten."""

    async def end_backtest(self, backtest_id: str) -> bool:
        """End and forget it; whether it was known."""

    async def play(self, scenario: str) -> None:
        """Ask the simulated town for a scenario; only called when the settings have a demo panel."""
