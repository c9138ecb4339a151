"""Case files: what happens in a home or facility, and which alerts must come of it, in YAML.

``read_cases`` gives each case ready to be tried (``gateway.rulebook.trial``): its world, its acts on a timeline in
epoch milliseconds, its expectations. Everything that can be wrong with a case is found here, with its place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import yaml

from gateway.mistakes import FileMistakes, Mistake, child, mistake_at, near, read_list, read_text
from gateway.rulebook.fittings import USUAL_HOME, Fitted, device_of, fitted_as
from gateway.rulebook.story import Act, Cast, WrongAt
from gateway.rulebook.story_time import StoryTime, length_ms, story_time, zone_of
from rules.rule import Rule, Severity
from rules.world import Definition, Device, Place

BEGINS = "cases, each beginning with '- case:'"
HOUR_MS = 3_600_000
SPAN_MAX_MS = 400 * 24 * HOUR_MS  # a year and a bit: a slip in a date would otherwise run for hours


class Awaited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alert as a case awaits it; what is left out may be anything."""

    rule: str
    at: str
    subject: str = ""
    ends: str = ""
    within: str = "1s"
    severity: Severity | None = None
    says: str = ""
    by: str = ""
    count: int | None = None


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case as it stands in the file."""

    case: str
    start: str
    story: tuple[dict[str, Any], ...]
    rule: str | tuple[str, ...] = ()
    zone: str = "Asia/Shanghai"
    calendar: Literal["cn", "none"] = "cn"
    home: dict[str, str | Fitted] | None = None
    facility: dict[str, str | Fitted] | None = None
    capacity: int | None = None
    until: str = ""
    alerts: tuple[Awaited, ...] = ()
    held: tuple[Awaited, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert that must come: ``at`` and ``ends`` in ms, give or take ``within``; ``ends`` 0: it still stands at the end.

    ``ends``, ``severity`` and ``count`` are None, texts are empty where the case does not say.
    """

    rule: str
    at: int
    within: int
    subject: str
    ends: int | None
    severity: str | None
    says: str
    by: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """One case, ready to be tried; ``named`` are the rules it is about (none: it is about the whole set)."""

    name: str
    source: str
    line: int
    named: tuple[str, ...]
    definition: Definition
    vias: dict[str, str]
    clock: StoryTime
    until: int
    acts: tuple[Act, ...]
    alerts: tuple[Expected, ...]
    held: tuple[Expected, ...]


def load_cases(paths: Sequence[Path], rules: Sequence[Rule]) -> list[Case]:
    """The cases of files, and of all ``*.yaml`` files in folders; raises ``FileMistakes`` with every mistake of every file."""
    cases: list[Case] = []
    mistakes: list[Mistake] = []
    for path in paths:
        files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        if not files:
            mistakes.append(Mistake(str(path), 1, 1, "no *.yaml file in this folder"))
        for file in files:
            try:
                cases += read_cases(read_text(file), source=str(file), rules=rules)
            except FileMistakes as error:
                mistakes += error.mistakes
    if mistakes:
        raise FileMistakes(mistakes)
    return cases


def read_cases(text: str, *, source: str, rules: Sequence[Rule]) -> list[Case]:
    """The cases of one file, to be judged by ``rules``; raises ``FileMistakes``."""
    cases: list[Case] = []
    mistakes: list[Mistake] = []
    entries = read_list(text, source=source, of=lambda _: Written, begins=BEGINS)
    if not entries:
        raise FileMistakes([Mistake(source, 1, 1, f"holds no case; write a list of {BEGINS}")])
    for written, node in entries:
        try:
            cases.append(_Reader(written, node, source, {rule.id: rule for rule in rules}).read())
        except FileMistakes as error:
            mistakes += error.mistakes
    if mistakes:
        raise FileMistakes(mistakes)
    return cases


class _Reader:
    """Reads one case, and gathers its mistakes as it goes."""

    def __init__(self, written: Written, node: yaml.Node, source: str, rules: dict[str, Rule]) -> None:
        self.written, self.node, self.source, self.rules = written, node, source, rules
        self.named = (written.rule,) if isinstance(written.rule, str) else written.rule
        self.has_home = written.home is not None or written.facility is None
        self.mistakes: list[Mistake] = []

    def read(self) -> Case:
        """The case; raises ``FileMistakes``."""
        written = self.written
        for at, rule in enumerate(self.named):
            with self._noting("rule", at):
                _must_be_known(rule, self.rules)
        devices, vias = self._devices()
        clock = self._clock()
        self._stop_if_wrong()
        rules = frozenset(self.named or self.rules)
        cast = Cast(clock, frozenset(devices), frozenset(vias.values()), rules, self.has_home)
        acts: list[Act] = []
        for at, line in enumerate(written.story):
            with self._noting("story", at):
                acts += cast.acts(line)
        alerts = [self._expected(clock, one, "alerts", at) for at, one in enumerate(written.alerts)]
        held = [self._expected(clock, one, "held", at) for at, one in enumerate(written.held)]
        self._stop_if_wrong()
        moments = [clock.start, *(act.at for act in acts)]
        moments += [moment for one in (*alerts, *held) for moment in (one.at, one.ends or 0)]
        until = self._until(clock, max(moments))
        self._stop_if_wrong()
        return Case(
            name=written.case,
            source=self.source,
            line=self.node.start_mark.line + 1,
            named=self.named,
            definition=self._definition(devices),
            vias=vias,
            clock=clock,
            until=until,
            acts=tuple(sorted(acts, key=lambda act: act.at)),
            alerts=tuple(alerts),
            held=tuple(held),
        )

    @contextmanager
    def _noting(self, *path: str | int) -> Iterator[None]:
        """A ``ValueError`` is a mistake at ``path``, and the rest of the case is read all the same."""
        try:
            yield
        except WrongAt as error:
            place = child(self.node, *path, *error.path[: -1 if error.name else None])
            if error.name and isinstance(place, yaml.MappingNode):
                place = next((key for key, _ in place.value if key.value == error.path[-1]), place)
            self.mistakes.append(mistake_at(place, str(error), self.source))
        except ValueError as error:
            self.mistakes.append(mistake_at(child(self.node, *path), str(error), self.source))

    def _stop_if_wrong(self) -> None:
        if self.mistakes:
            raise FileMistakes(self.mistakes)

    def _clock(self) -> StoryTime:
        zone = ZoneInfo("UTC")
        with self._noting("zone"):
            zone = zone_of(self.written.zone)
        clock = StoryTime(date.min, zone)  # not looked at if the start is a mistake
        with self._noting("start"):
            clock = story_time(self.written.start, zone)
        return clock  # noqa: RET504 a mistake leaves the block before it is set

    def _devices(self) -> tuple[dict[str, Device], dict[str, str]]:
        """All devices, and the radio gateways they are behind."""
        found: dict[str, Device] = {}
        vias: dict[str, str] = {}
        home = USUAL_HOME if self.written.home is None and self.has_home else self.written.home
        for key, devices in (("home", home), ("facility", self.written.facility)):
            for name, as_written in (devices or {}).items():
                with self._noting(key, name):
                    if name in found:
                        raise ValueError(
                            f"{name!r} is in the home already; give each device a name of its own"
                        )
                    fitted = fitted_as(as_written)
                    found[name] = device_of(name, key, fitted)
                    if fitted.via:
                        vias[name] = fitted.via
        return found, vias

    def _definition(self, devices: dict[str, Device]) -> Definition:
        places = [Place("home", "home")] if self.has_home else []
        if self.written.facility is not None:
            places.append(Place("facility", "facility", self.written.capacity))
        rules = tuple(rule for name, rule in self.rules.items() if not self.named or name in self.named)
        return Definition(
            version=1,
            zone=self.written.zone,
            places=tuple(places),
            devices=tuple(devices.values()),
            rules=rules,
            calendar=self.written.calendar,
        )

    def _expected(self, clock: StoryTime, one: Awaited, which: str, at: int) -> Expected:
        with self._noting(which, at, "rule"):
            _must_be_known(one.rule, self.rules)
            if self.named and one.rule not in self.named:
                raise ValueError(
                    f"rule {one.rule!r} is not loaded here; add it to `rule`, or leave `rule` out"
                )
        with self._noting(which, at, "by"):
            if one.by and which == "alerts":
                raise ValueError("what is held back stands under `held`, not under `alerts`")
        moments: dict[str, int] = {}
        for key in ("at", "ends"):
            with self._noting(which, at, key):
                text: str = getattr(one, key)
                moments[key] = 0 if key == "ends" and text in {"", "never"} else clock.moment(text)
        within = 0
        with self._noting(which, at, "within"):
            within = length_ms(one.within)
        return Expected(
            rule=one.rule,
            at=moments.get("at", 0),
            within=within,
            subject=one.subject,
            ends=moments.get("ends", 0) if one.ends else None,
            severity=one.severity,
            says=one.says,
            by=one.by,
            count=one.count,
        )

    def _until(self, clock: StoryTime, last: int) -> int:
        until = last + HOUR_MS
        with self._noting("until"):
            if self.written.until:
                until = clock.moment(self.written.until)
            if until < last:
                raise ValueError(f"the case goes on until {clock.text(last)} at least; give a later end")
            if until > clock.start + SPAN_MAX_MS:
                raise ValueError(f"the case would last until {clock.text(until)}; at most 400 days are told")
        return until


def _must_be_known(rule: str, rules: dict[str, Rule]) -> None:
    if rule not in rules:
        raise ValueError(f"there is no rule {rule!r}{near(rule, rules)}")
