"""The lines of a case's story, read into acts: what a device says or suffers, what befalls the hub, what people do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from gateway.mistakes import near
from gateway.rulebook.story_time import StoryTime, length_ms
from rules.events import Value
from rules.modes import KINDS
from rules.vocabulary import EVENTS, METRICS

Turn: TypeAlias = Literal["offline", "online", "dead", "alive"]
TURNS: tuple[Turn, ...] = get_args(Turn)
STATES: dict[str, tuple[str, float]] = {  # what a device says, in a word
    "open": ("contact", 0.0),
    "closed": ("contact", 1.0),
    "moving": ("motion", 1.0),
    "still": ("motion", 0.0),
    "occupied": ("presence", 1.0),
    "empty": ("presence", 0.0),
    "worn": ("worn", 1.0),
    "taken off": ("worn", 0.0),
}
TIMES = frozenset({"at", "from", "to", "every"})
MOMENTS_MAX = 20_000  # of one line: every 10 s for two days
VALUE_MAX = 1e15  # no device counts further
OPTIONS = {"seen": "a device", "retained": "a device", "kept": "hub: up", "until": "mode"}
RESERVED = TIMES | OPTIONS.keys() | {"hub", "mode", "accept", "close", "home", "facility", "by"}


class WrongAt(ValueError):  # noqa: N818 it is the writer's mistake, and says where
    """Something is wrong with what stands at ``path`` in a line, or with its very ``name``."""

    def __init__(self, what: str, *path: str, name: bool = False) -> None:
        super().__init__(what)
        self.path, self.name = path, name


@dataclass(frozen=True, slots=True)
class Says:
    """A device reports metrics."""

    at: int
    device: str
    seen: int
    retained: bool
    metrics: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Happens:
    """An event at a device."""

    at: int
    device: str
    seen: int
    retained: bool
    type: str
    data: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Turns:
    """A device, or a radio gateway, goes off the network or comes back: with a will (offline), or without a word (dead)."""

    at: int
    device: str
    to: Turn


@dataclass(frozen=True, slots=True)
class HubTurns:
    """The hub stops, or starts again; ``kept``: the broker kept for it what came meanwhile."""

    at: int
    up: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class SetsMode:
    """Somebody says that the home is in a mode from now on ('' for none), until then (0: as long as such a mode lasts)."""

    at: int
    kind: str
    until: int


@dataclass(frozen=True, slots=True)
class Handles:
    """Somebody accepts or closes the newest alert of a rule."""

    at: int
    what: Literal["accept", "close"]
    rule: str


Act: TypeAlias = Says | Happens | Turns | HubTurns | SetsMode | Handles


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what a story may speak of."""

    clock: StoryTime
    devices: frozenset[str]
    links: frozenset[str]
    rules: frozenset[str]
    has_home: bool

    def acts(self, line: Mapping[str, object]) -> list[Act]:
        """What a line of the story says; raises ``WrongAt``."""
        moments = self._moments(line)
        about = [key for key in line if key not in TIMES and key not in OPTIONS]
        if not about:
            raise WrongAt("says when, but not what; name a device, hub, mode, accept or close")
        self._check_options(line, about)
        return [act for at in moments for key in about for act in self._about(key, line, at)]

    def _moments(self, line: Mapping[str, object]) -> list[int]:
        given = sorted(TIMES & line.keys())
        if given == ["at"]:
            return [self._moment(line, "at")]
        if given != ["every", "from", "to"]:
            raise WrongAt("needs a time: at, or from, to and every")
        first, last = self._moment(line, "from"), self._moment(line, "to")
        try:
            step = length_ms(str(line["every"]))
        except ValueError as error:
            raise WrongAt(str(error), "every") from None
        if last < first or (last - first) // step >= MOMENTS_MAX:
            what = f"must lie after from, and allow for at most {MOMENTS_MAX} repetitions"
            raise WrongAt(what, "to")
        return list(range(first, last + 1, step))

    def _moment(self, line: Mapping[str, object], key: str, *, past: bool = False) -> int:
        try:
            return (self.clock.any_moment if past else self.clock.moment)(str(line[key]))
        except ValueError as error:
            raise WrongAt(str(error), key) from None

    def _check_options(self, line: Mapping[str, object], about: list[str]) -> None:
        for key in OPTIONS.keys() & line.keys():
            fits = {
                "a device": set(about) & self.devices,
                "mode": "mode" in about,
                "hub: up": line.get("hub") == "up",
            }
            if not fits[OPTIONS[key]]:
                raise WrongAt(f"{key} goes with {OPTIONS[key]} only", key, name=True)
        for key in ("retained", "kept"):
            if not isinstance(line.get(key, True), bool):
                raise WrongAt(f"{key} is true or false", key)

    def _about(self, key: str, line: Mapping[str, object], at: int) -> list[Act]:
        what = line[key]
        if key in self.devices or key in self.links:
            return self._of_device(key, line, at)
        match key, what:
            case "hub", "down" | "up":
                return [HubTurns(at, what == "up", bool(line.get("kept", True)))]
            case "hub", _:
                raise WrongAt("the hub is down or up", "hub")
            case "mode", _:
                return [self._mode(line, at)]
            case (("accept" | "close"), _):
                rule = _text(line, key)
                if rule not in self.rules:
                    raise WrongAt(f"there is no rule {rule!r}{near(rule, self.rules)}", key)
                return [Handles(at, "accept" if key == "accept" else "close", rule)]
        known = sorted(self.devices | self.links | RESERVED)
        what_now = near(key, known) or f"; devices here are: {', '.join(sorted(self.devices | self.links))}"
        raise WrongAt(f"there is no device {key!r}{what_now}", key, name=True)

    def _mode(self, line: Mapping[str, object], at: int) -> SetsMode:
        kind = _text(line, "mode")
        if kind not in {*KINDS, "none"}:
            raise WrongAt(
                f"unknown mode {kind!r}; known are: {', '.join(KINDS)}, none{near(kind, KINDS)}", "mode"
            )
        if not self.has_home:
            raise WrongAt("a mode is a home's; this case has none", "mode")
        until = self._moment(line, "until") if "until" in line else 0
        if until and (until <= at or kind == "none"):
            raise WrongAt("must lie after the mode's beginning", "until")
        return SetsMode(at, "" if kind == "none" else kind, until)

    def _of_device(self, name: str, line: Mapping[str, object], at: int) -> list[Act]:
        what = line[name]
        if isinstance(what, str) and what in TURNS:
            return [Turns(at, name, what)]
        if name not in self.devices:
            raise WrongAt(f"{name!r} is a radio gateway: it can be {', '.join(TURNS)}", name)
        seen = self._moment(line, "seen", past=True) if "seen" in line else at
        if seen > at:
            raise WrongAt("must not lie after the time it arrives", "seen")
        kind, told = _told(name, what)
        if kind:
            return [Happens(at, name, seen, line.get("retained") is True, kind, told)]
        return [Says(at, name, seen, line.get("retained") is True, told)]


def _told(name: str, what: object) -> tuple[str, dict[str, Value]]:
    """The event and its data, or '' and metrics, that a device tells of."""
    if isinstance(what, str):
        if what in STATES:
            metric, value = STATES[what]
            return "", {metric: value}
        if what in EVENTS:
            return what, {}
        known = (*STATES, *EVENTS, *TURNS)
        hint = near(what, known) or f"; known are: {', '.join(known)}; or metrics, like {{contact: 0}}"
        raise WrongAt(f"unknown word {what!r}{hint}", name)
    if not isinstance(what, dict) or not what:
        raise WrongAt("write a word, like open, or metrics, like {contact: 0}", name)
    told = {str(key): _value(name, key, value) for key, value in what.items()}
    kind = told.pop("event", "")
    if kind:
        _must_be_known("event", str(kind), EVENTS, (name, "event"))
    else:
        for metric in told:
            _must_be_known("metric", metric, METRICS, (name, metric), name=True)
    return str(kind), told


def _must_be_known(
    what: str, word: str, known: Mapping[str, str], path: tuple[str, str], *, name: bool = False
) -> None:
    if word not in known:
        hint = near(word, known)
        raise WrongAt(f"unknown {what} {word!r}; known are: {', '.join(known)}{hint}", *path, name=name)


def _text(line: Mapping[str, object], key: str) -> str:
    value = line[key]
    if not isinstance(value, str):
        raise WrongAt("must be a text", key)
    return value


def _value(name: str, key: object, value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise WrongAt("must be a number or a text; write 1 for true and 0 for false", name, str(key))
    if isinstance(value, str):
        return value
    if not abs(value) < VALUE_MAX:
        raise WrongAt("is too large for a reading", name, str(key))
    return float(value)
