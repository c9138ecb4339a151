"""A home (or facility) on virtual time, told as a story: what its devices say at what o'clock, and what was raised.

Times of day are those of one day, Monday 2 March 2026, unless another is given; the clock ticks exactly when the rules ask
for it.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.rulebook.load import load_rules, read_rules
from rules.effects import Effect, End, Raise
from rules.events import (
    AnyEvent,
    ClockStepped,
    Command,
    FeedLost,
    Occurrence,
    Quality,
    Resumed,
    Status,
    Telemetry,
    Tick,
    Value,
    WorldChanged,
)
from rules.rule import Rule
from rules.state import KeyState, decode, encode
from rules.step import advance, next_deadline
from rules.world import EMPTY, Definition, Device, Place, World, changed_rules, gone_devices

MONDAY = date(2026, 3, 2)
HEARTBEAT_S = 600
HOME = ("door:contact", "pir:motion", "pir2:motion", "pendant:pendant", "radar:radar", "sos:sos")


def built_in(rule_id: str) -> Rule:
    """A rule of the library."""
    return next(rule for rule in load_rules() if rule.id == rule_id)


def rule(when: str, *, rule_id: str = "the_rule", kinds: str = "") -> Rule:
    """A rule of one condition, in the YAML people write."""
    text = f"- {{id: {rule_id}, kind: care, severity: notice, title: {{zh: 题, en: title}}, todo: {{zh: [看], en: [look]}}, "
    return read_rules(text + f"device_kinds: [{kinds}], when: {{{when}}}}}", source="story")[0][0]


class Story:
    """One place and the rules about it, from ``start`` on."""

    def __init__(
        self,
        *rules: Rule,
        devices: tuple[str, ...] = HOME,
        start: str = "08:00",
        day: date = MONDAY,
        zone: str = "Asia/Shanghai",
        capacity: int | None = None,
    ) -> None:
        self.day, self.zone, self.key = day, ZoneInfo(zone), "H1" if capacity is None else "F1"
        self.capacity, self.rules, self.devices = capacity, rules, devices
        self.now = self.clock(start)
        self.effects: list[Effect] = []
        self.seq = 0
        self.heartbeat: tuple[str, ...] = ()  # devices that report, in passing, every ten minutes
        self.state = KeyState(self.key)
        self.definition = EMPTY
        self.changes()

    # ---- time

    def clock(self, text: str, *, days: int = 0) -> int:
        """That time of day in ms; ``days`` later."""
        local = datetime.combine(self.day + timedelta(days=days), time.fromisoformat(text), self.zone)
        return int(local.timestamp() * 1000)

    def text(self, at: int) -> str:
        """A moment as a time of day."""
        return datetime.fromtimestamp(at / 1000, self.zone).strftime("%H:%M:%S").removesuffix(":00")

    def at(self, text: str, *, days: int = 0) -> Story:
        """Time passes until then; the rules are asked at every deadline on the way."""
        until = self.clock(text, days=days)
        assert until >= self.now, f"{text} is past"
        while self.heartbeat and self.now + HEARTBEAT_S * 1000 < until:
            self._tick(self.now + HEARTBEAT_S * 1000)
            for device in self.heartbeat if not self.state.lost_at else ():
                self.says(device, battery=90.0)
        return self._tick(until)

    def _tick(self, until: int) -> Story:
        while (due := next_deadline(self.world, self.state)) is not None and due <= until:
            self._tell(Tick(max(due, self.now)))
            assert next_deadline(self.world, self.state) != due, "a tick settles what has come"
        return self._tell(Tick(until))

    # ---- what happens

    def says(
        self,
        device: str,
        *,
        seen: str = "",
        timeless: bool = False,
        at_once: bool = False,
        retained: bool = False,
        **metrics: Value,
    ) -> Story:
        """A device reports metrics, now or ``seen`` earlier; ``timeless``: it has no clock, so the hub's is used.

        ``at_once``: it says now to the millisecond.
        """
        observed = self.clock(seen) if seen else self.now - (0 if timeless or at_once else 50)
        quality = Quality.RETAINED if retained else Quality.GOOD
        self.seq += 1
        return self._tell(
            Telemetry(self.now, device, observed, quality, "b007", self.seq, metrics, own_time=not timeless)
        )

    def event(
        self,
        device: str,
        kind: str = "fall",
        *,
        seen: str = "",
        name: str | None = None,
        seq: int = 0,
        retained: bool = False,
        **data: Value,
    ) -> Story:
        """Something happens at a device, now or ``seen`` earlier."""
        self.seq += 1
        observed = self.clock(seen) if seen else self.now
        quality = Quality.RETAINED if retained else Quality.GOOD
        name = f"{device}-{self.seq}" if name is None else name
        return self._tell(
            Occurrence(self.now, device, observed, quality, "b007", seq or self.seq, name, kind, data)
        )

    def status(self, device: str, *, online: bool, via: str = "", retained: bool = False) -> Story:
        """A device (or its will, which knows no time) says whether it is on the network."""
        quality = Quality.RETAINED if retained else Quality.GOOD
        return self._tell(Status(self.now, device, self.now, quality, online, via, {}))

    def mode(self, kind: str, *, until: str = "") -> Story:
        """Somebody puts the home into a mode."""
        data = {"kind": kind, "until": str(self.clock(until)) if until else ""}
        return self._tell(Command(self.now, f"c{self.now}", "mode", "", "王", data, self.key))

    def counts(self, people: int) -> Story:
        """Somebody has counted the people of the facility."""
        data = {"people": str(people)}
        return self._tell(Command(self.now, f"n{self.now}", "count", "", "王", data, self.key))

    def mode_ends(self) -> Story:
        """Somebody ends the home's mode."""
        return self._tell(Command(self.now, f"c{self.now}", "mode_end", "", "王", {}, self.key))

    def feed_lost(self, since: str = "") -> Story:
        """The broker is gone, unheard ``since``."""
        return self._tell(FeedLost(self.now, self.clock(since) if since else self.now))

    def resumed(self, *, kept: bool) -> Story:
        """The broker is back and everything it kept has been read."""
        return self._tell(Resumed(self.now, self.state.lost_at, kept))

    def clock_stepped(self, by_s: int) -> Story:
        """The wall clock jumps ahead, and hub time with it."""
        self.now += by_s * 1000
        return self._tell(ClockStepped(self.now, by_s * 1000))

    def restarts(self) -> Story:
        """The hub is started again: the state comes from its bytes."""
        self.state = decode(encode(self.state))
        return self

    def changes(
        self, *rules: Rule, devices: tuple[str, ...] | None = None, capacity: int | None = None
    ) -> Story:
        """Other rules, devices or capacity hold from now on."""
        self.rules, self.capacity = rules or self.rules, capacity or self.capacity
        self.devices = self.devices if devices is None else devices
        registered = [(*text.split(":"), "")[:3] for text in self.devices]
        new = Definition(
            self.definition.version + 1,
            self.zone.key,
            (Place(self.key, "home" if self.capacity is None else "facility", self.capacity),),
            tuple(
                Device(name, "lianhua", self.key, kind, room, HEARTBEAT_S) for name, kind, room in registered
            ),
            self.rules,
        )
        changed, gone = changed_rules(self.definition, new), gone_devices(self.definition, new)
        self.world, self.definition = World(new), new
        return self._tell(WorldChanged(self.now, new.version, changed, gone))

    def _tell(self, event: AnyEvent) -> Story:
        self.now = event.at
        self.effects += advance(self.world, self.state, event, self.now)
        return self

    # ---- what came of it

    @property
    def raised(self) -> list[str]:
        """Each alert as ``rule subject active_at``, in order."""
        return [f"{e.rule} {e.subject} {self.text(e.active_at)}" for e in self.alerts]

    @property
    def alerts(self) -> list[Raise]:
        """Each alert in full."""
        return [effect for effect in self.effects if isinstance(effect, Raise)]

    @property
    def ends(self) -> list[End]:
        """Each end in full."""
        return [effect for effect in self.effects if isinstance(effect, End)]

    @property
    def ended(self) -> list[str]:
        """Each end as ``rule subject at``, in order."""
        by_id = {alert.alert: alert for alert in self.alerts}
        ends = [end for end in self.ends if end.alert in by_id]
        return [f"{by_id[end.alert].rule} {by_id[end.alert].subject} {self.text(end.at)}" for end in ends]
