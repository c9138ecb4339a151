"""Tries a case: its story is lived through on virtual time by the production engine, and what came is held to what must come.

Theory of operation
-------------------
A trial stands for everything between a sensor and the engine: devices that report in the background, radio gateways that
take their devices with them, a broker that keeps messages while the hub is down. The hub's own clock ticks exactly when the
engine asks for it. What a technician writes is thus what happens in the home; what the hub hears of it follows.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import msgspec

from gateway.engine.engine import Decided, Engine
from gateway.rulebook.cases import Case
from gateway.rulebook.story import Act, Handles, Happens, HubTurns, Says, SetsMode, Turns
from rules.effects import Again, Change, Effect, End, Hold, ModeChanged, Raise
from rules.events import (
    AnyEvent,
    Command,
    FeedLost,
    FromDevice,
    Occurrence,
    Quality,
    Resumed,
    Status,
    Telemetry,
    Tick,
    Value,
    WorldChanged,
)
from rules.vocabulary import ACTIVITY_BY_VALUE
from rules.world import EMPTY, changed_rules

LATE_MS = 30_000  # what is older is marked late, as the hub's decoder does
PAST_MAX_MS = 31 * 86_400_000  # and what is older than that is not believed
BOOT = "case"
WHO = "case"  # who sets modes and handles alerts


@dataclass(slots=True)
class Came:
    """An alert that came ``count`` times, or was held back; ``ended`` is 0 while it stands, ``severity`` what it is at last."""

    effect: Raise | Hold
    severity: str
    ended: int = 0
    count: int = 1


@dataclass(slots=True)
class _Radio:
    """One device, or radio gateway, as it really is: on the network or not, and what it last said of each metric."""

    on: bool = True
    beat: int = 0
    latest: dict[str, tuple[int, Value]] = field(default_factory=dict)


class Trial:
    """One case, lived through once."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.came: list[Came] = []
        self.refused: list[str] = []  # what somebody wanted to do and could not
        self._engine = Engine(lambda _: case.definition)
        self._position = 0
        self._now = case.clock.start
        self._seq = 0
        self._down_since = 0
        self._kept: list[FromDevice] = []  # by the broker, while the hub is down
        self._devices = {device.id: device for device in case.definition.devices}
        self._radios = {name: _Radio() for name in (*self._devices, *case.vias.values())}
        self._beats: list[tuple[int, str]] = []
        self._severity = {rule.id: rule.severity for rule in case.definition.rules}

    def run(self) -> list[Came]:
        """Everything that came, in order."""
        changed = changed_rules(EMPTY, self.case.definition)
        self._judge(WorldChanged(self._now, 1, changed, ()))
        for name in self._radios:
            self._reports(name, self._now)
        for act in self.case.acts:
            self._live_until(act.at)
            self._do(act)
        self._live_until(self.case.until)
        self._pass(self.case.until)
        return self.came

    def _do(self, act: Act) -> None:
        match act:
            case Says() | Happens():
                self._tell(act)
            case Turns():
                self._turn(act)
            case HubTurns():
                self._turn_hub(act)
            case SetsMode():
                data = {"kind": act.kind, "until": str(act.until) if act.until else ""}
                self._ask(act.at, "mode" if act.kind else "mode_end", data if act.kind else {}, key="home")
            case Handles():
                alert = next((c.effect for c in reversed(self.came) if c.effect.rule == act.rule), None)
                if alert is None:
                    self.refused.append(f"{self.case.clock.text(act.at)} {act.what}: {act.rule}")
                else:
                    self._ask(act.at, act.what, {}, key=alert.key, alert=alert.alert)

    # ---- devices

    def _live_until(self, at: int) -> None:
        """The devices report in the background, up to then."""
        while self._beats and self._beats[0][0] < at:
            due, name = heapq.heappop(self._beats)
            if self._radios[name].beat == due:
                self._reports(name, due)

    def _reports(self, name: str, at: int) -> None:
        """A device says that it is there, and what it last said: never movement, which is news each time."""
        radio, device = self._radios[name], self._devices.get(name)
        if device is not None:
            radio.beat = at + device.heartbeat_s * 1000
            heapq.heappush(self._beats, (radio.beat, name))
        if not self._reaches(name):
            return
        metrics = {m: value for m, (_, value) in radio.latest.items() if m not in ACTIVITY_BY_VALUE}
        if metrics:
            self._send(Telemetry(at, name, at, Quality.GOOD, BOOT, self._next_seq(), metrics))
        else:
            self._send(self._status(name, at, online=True))

    def _reaches(self, name: str) -> bool:
        """Whether the broker can hear that device."""
        via = self.case.vias.get(name)
        return self._radios[name].on and (via is None or self._radios[via].on)

    def _tell(self, act: Says | Happens) -> None:
        radio = self._radios[act.device]
        if not self._reaches(act.device):
            return
        seen, quality = _believed(act)
        seq = self._next_seq()
        if isinstance(act, Happens):
            name = f"{act.device}-{seq}"
            self._send(Occurrence(act.at, act.device, seen, quality, BOOT, seq, name, act.type, act.data))
            return
        for metric, value in act.metrics.items():
            if seen >= radio.latest.get(metric, (0, 0.0))[0]:
                radio.latest[metric] = (seen, value)
        self._send(Telemetry(act.at, act.device, seen, quality, BOOT, seq, act.metrics))

    def _turn(self, act: Turns) -> None:
        radio = self._radios[act.device]
        concerned = [act.device, *(name for name, via in self.case.vias.items() if via == act.device)]
        if act.to == "dead":
            for name in concerned:
                self._reports(name, act.at)  # its last
        if act.to == "offline" and self._reaches(act.device):
            self._send(self._status(act.device, act.at, online=False))
        radio.on = act.to in {"online", "alive"}
        for name in concerned if radio.on else ():  # devices rejoin with their radio gateway
            if self._reaches(name):
                self._send(self._status(name, act.at, online=True))
                self._reports(name, act.at)

    def _status(self, name: str, at: int, *, online: bool, quality: Quality = Quality.GOOD) -> Status:
        return Status(at, name, at, quality, online, self.case.vias.get(name, ""), {})

    # ---- the hub

    def _turn_hub(self, act: HubTurns) -> None:
        if act.up == (not self._down_since):
            self.refused.append(f"{self.case.clock.text(act.at)} hub: {'up' if act.up else 'down'}")
            return
        if not act.up:
            self._pass(act.at)
            self._down_since = act.at
            return
        lost_at, self._down_since = self._down_since, 0
        self._judge(FeedLost(act.at, lost_at))
        # To a hub that it does not know the broker gives only the last word of each device on being there.
        last = [
            self._status(n, act.at, online=r.on, quality=Quality.RETAINED) for n, r in self._radios.items()
        ]
        for event in self._kept if act.kept else last:
            self._judge(msgspec.structs.replace(event, at=act.at))
        self._kept = []
        self._judge(Resumed(act.at, lost_at, act.kept))

    def _send(self, event: FromDevice) -> None:
        if self._down_since:
            self._kept.append(event)
        else:
            self._pass(event.at)
            self._judge(event)

    def _ask(self, at: int, kind: str, data: dict[str, str], *, key: str, alert: str = "") -> None:
        if self._down_since:
            self.refused.append(f"{self.case.clock.text(at)} {kind}")
            return
        self._pass(at)
        self._judge(Command(at, f"{BOOT}-{self._next_seq()}", kind, alert, WHO, data, key))

    def _pass(self, until: int) -> None:
        """Time passes; the engine is ticked exactly when it asks for it."""
        while not self._down_since and (wake := self._engine.next_wake()) <= until:
            self._judge(Tick(max(wake, self._now)))
            if self._engine.next_wake() <= self._now:
                raise RuntimeError(f"a tick at {self._now} left {wake} unsettled: a bug in a condition")

    def _judge(self, event: AnyEvent) -> None:
        self._position += 1
        self._now = event.at
        for decided in self._engine.apply((event,), self._position):
            self._note(decided)

    def _note(self, decided: Decided) -> None:
        effect: Effect = decided.effect
        match effect:
            case Raise() | Hold():
                self.came.append(Came(effect, self._severity[effect.rule]))
            case End():
                for came in self._those(effect.alert):
                    came.ended = effect.at
            case Change():
                for came in self._those(effect.alert):
                    came.severity = effect.severity
            case Again():
                for came in self._those(effect.alert):
                    came.count, came.ended = effect.count, 0
            case ModeChanged():
                pass  # what it holds back is told

    def _those(self, alert: str) -> list[Came]:
        return [came for came in self.came if came.effect.alert == alert]

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq


def _believed(act: Says | Happens) -> tuple[int, Quality]:
    """When the hub takes it to have been seen, and what it thinks of that time."""
    if act.at - act.seen > PAST_MAX_MS:
        return act.at, Quality.CLOCK
    late = act.at - act.seen > LATE_MS
    return act.seen, Quality.RETAINED if act.retained else Quality.LATE if late else Quality.GOOD
