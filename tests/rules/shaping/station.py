"""A station on virtual time: what the rules raise and end there, what people do about it, and what people were told."""

from __future__ import annotations

import msgspec

from gateway.rulebook.load import read_rules
from rules.effects import Again, Change, Effect, End, Evidence, Hold, ModeChanged, Raise, alert_id
from rules.events import ClockStepped, Command, Tick, WorldChanged
from rules.rule import Rule
from rules.shaping.site import SiteState, decode, encode
from rules.shaping.stage import next_deadline, shape_in_place
from rules.state import Fact
from rules.world import Definition, Device, Override, Place, World, changed_rules, gone_devices

START = 1_772_409_600_000  # a morning in March 2026, where a minute means a minute
MINUTE = 60_000
RULES = """
- {id: fall, kind: life_safety, severity: critical, when: {event: {type: fall}},
   title: &t {zh: 题, en: title}, todo: &d {zh: [看], en: [look]}}
- {id: seen_walking, kind: life_safety, severity: notice, lowers: fall, when: {event: {type: fall}}, title: *t, todo: *d}
- {id: quiet, kind: life_safety, severity: urgent, when: &door {level: {metric: contact, equals: 0}}, title: *t, todo: *d,
   shape: {again_within_s: 600, inhibited_by: [gateway], flapping: {changes: 3, within_s: 600},
           rises: [{after_s: 600, to: critical}]}}
- {id: tamper, kind: device, severity: notice, when: {event: {type: tamper}}, title: *t, todo: *d,
   shape: {rises: [{after_s: 600, to: urgent}]}}
- {id: door, kind: care, severity: notice, when: *door, title: *t, todo: *d,
   shape: {again_within_s: 600, rises: [{after_s: 900, to: urgent}, {after_s: 1800, to: critical}]}}
- {id: silent, kind: device, severity: notice, when: *door, title: *t, todo: *d,
   shape: {again_within_s: 300, inhibited_by: [gateway, battery], group_within_s: 60}}
- {id: battery, kind: device, severity: notice, when: *door, title: *t, todo: *d, shape: {inhibited_by: [silent]}}
- {id: gateway, kind: device, severity: urgent, when: *door, title: *t, todo: *d}
- {id: shaky, kind: device, severity: notice, when: *door, title: *t, todo: *d,
   shape: {flapping: {changes: 5, within_s: 600}}}
- {id: plain, kind: care, severity: urgent, when: *door, title: *t, todo: *d}
"""
LASTING = ("quiet", "door", "silent", "battery", "gateway", "shaky", "plain")
SINGLE = ("fall", "tamper")


def rules(text: str = RULES) -> tuple[Rule, ...]:
    """The rules of that text."""
    return tuple(rule for rule, *_ in read_rules(text, source="station"))


def definition(
    *,
    version: int = 1,
    text: str = RULES,
    homes: tuple[str, ...] = ("H1", "H2", "H3"),
    moved: tuple[str, ...] = (),
) -> Definition:
    """Homes and a facility of one station; those in ``moved`` belong to another one."""
    keys = (*homes, *moved)
    devices = [Device(f"{key}-{n}", "s", key, "contact", "", 60) for key in (*keys, "F1") for n in (1, 2)]
    return Definition(
        version,
        "Asia/Shanghai",
        (
            *(Place(key, "home", site="other" if key in moved else "s") for key in keys),
            Place("F1", "facility", 9, "s"),
        ),
        tuple(devices),
        rules(text),
    )


class Station:
    """The shaping stage of one site. ``told`` is what came of the last thing that happened, as short texts."""

    def __init__(self) -> None:
        self.definition = definition()
        self.world = World(self.definition)
        self.state = SiteState("s")
        self.now = START
        self.effects: list[Effect] = []
        self.names: dict[str, str] = {}  # the short name of an alert, as the test knows it
        self.commands = 0

    def at(self, minute: float) -> Station:
        """It is that many minutes later than the start; the stage is told the time whenever it asks for it."""
        until = START + int(minute * MINUTE)
        while (due := next_deadline(self.state)) is not None and due <= until:
            self.now = max(due, self.now)
            self.tell(Tick(self.now))
            assert next_deadline(self.state) != due, "a tick settles what has come"
        self.now = until
        return self

    def tell(self, event: Effect | Command | Tick | ClockStepped | WorldChanged) -> Station:
        """Anything at all."""
        self.effects += shape_in_place(self.world, self.state, event, self.now)
        return self

    def begins(
        self, rule: str, key: str = "H1", subject: str = "", name: str = "", facts: tuple[Fact, ...] = ()
    ) -> Station:
        """A rule of the core raises; the alert is called ``name`` (its rule, if nothing is said)."""
        subject = subject or f"{key}-1"
        alert = alert_id(rule, key, subject, str(self.now))
        self.names[alert] = name or rule
        evidence = Evidence("level", facts or (Fact(subject, "contact", 0.0, self.now),), {})
        return self.tell(Raise(alert, rule, key, subject, self.now, self.now, evidence))

    def ends(self, name: str) -> Station:
        """What was raised last under that name ends."""
        return self.tell(End(self.id_of(name), self.now))

    def id_of(self, name: str) -> str:
        """The id of the alert called so; of several the newest."""
        return next(alert for alert in reversed(self.names) if self.names[alert] == name)

    def does(self, kind: str, name: str = "", *, key: str = "", again: bool = False, **data: str) -> Station:
        """A person does something about the first alert of that name."""
        self.commands += not again
        alert = next((alert for alert, known in self.names.items() if known == name), "")
        return self.tell(Command(self.now, f"c{self.commands}", kind, alert, "李敏", data, key))

    def silences(self, name: str = "s1", *, minutes: float, key: str = "", **about: str) -> Station:
        """A person silences a rule, a device or a place for so long."""
        until = str(self.now + int(minutes * MINUTE))
        return self.does("silence", key=key, id=name, until=until, reason="施工", **about)

    def shelves(self, name: str, *, minutes: float, reason: str = "等配件") -> Station:
        """A person puts an alert off for so long."""
        return self.does("shelve", name, until=str(self.now + int(minutes * MINUTE)), reason=reason)

    def changes_to(self, new: Definition) -> Station:
        """Another world from now on."""
        changed, gone = changed_rules(self.definition, new), gone_devices(self.definition, new)
        self.definition, self.world = new, World(new)
        return self.tell(WorldChanged(self.now, new.version, changed, gone))

    def overrides(self, *found: Override) -> Station:
        """Some homes have a rule otherwise."""
        return self.changes_to(msgspec.structs.replace(self.definition, version=2, overrides=found))

    def restarts(self) -> Station:
        """The hub is started again: the state comes from its bytes."""
        self.state = decode(encode(self.state))
        return self

    @property
    def told(self) -> list[str]:
        """What came out since this was last asked, each as a few words."""
        found, self.effects = [self.say(effect) for effect in self.effects], []
        return found

    def say(self, effect: Effect) -> str:
        """An effect in a few words, times in minutes."""
        if isinstance(effect, ModeChanged):
            return f"mode {effect.kind}"
        name = self.names[effect.alert]
        match effect:
            case Raise():
                return f"raise {name}" + (f" with {self.names[effect.group]}" if effect.group else "")
            case End():
                return f"end {name}"
            case Again():
                return f"again {name} {effect.count}"
            case Change():
                return f"{name} {effect.severity} {effect.because} at {(effect.at - START) / MINUTE:g}"
            case Hold():
                kind, bar, by = effect.by.partition(":")
                return f"hold {name} {kind}{bar}{self.names.get(by, by)}"


def said(effects: list[Effect]) -> list[Effect]:
    """Effects without the moment at which they were decided."""
    return [msgspec.structs.replace(e, at=0) if isinstance(e, Raise | Hold) else e for e in effects]
