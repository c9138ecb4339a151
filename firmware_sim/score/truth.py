"""What truly happened: the homes, who lives there, and every incident, as the town writes them down.

Times are epoch milliseconds. Keys that are not known here are left alone: a truth file may say more than a score asks.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

FORMAT = "carehub-truth/1"
Class: TypeAlias = Literal["life_safety", "care", "facility", "device"]
CLASSES: tuple[Class, ...] = ("life_safety", "care", "facility", "device")
Word: TypeAlias = Literal[
    "fall", "help", "inactivity", "bathroom", "morning", "not_home", "night_door", "door_open", "stove", "crowded",
    "drift", "battery", "silent", "gateway", "smoke", "leak", "cold", "hot", "other",
]  # fmt: skip


class BadInputError(Exception):
    """A file cannot be scored; the message names file, line and what to do."""


class Detection(msgspec.Struct, frozen=True):
    """A device that reported the incident by an event of its own."""

    device: str
    kind: str
    at_ms: int


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth an alert, over at ``to_ms``; ``raise_`` are the words by which an alert is right about it.

    ``counts`` (of life safety alone) false: it is told, and no recall counts it. ``within_detected_s`` runs from its begin
    where a device detected it, else it is due by ``due_undetected_ms`` (None: over before anybody could know without a
    detector). ``device``: the one that fails, of a device's incident; elsewhere where it shows first.
    """

    id: str
    kind: str
    class_: Class = msgspec.field(name="class")
    place: str
    from_ms: int
    to_ms: int
    raise_: Annotated[tuple[Word, ...], msgspec.Meta(min_length=1)] = msgspec.field(name="raise")
    room: str = ""
    counts: bool = True
    gets_up: bool | None = None
    detections: tuple[Detection, ...] = ()
    within_detected_s: int | None = None
    due_undetected_ms: int | None = None
    by: str = ""
    device: str = ""

    def __post_init__(self) -> None:
        if self.to_ms < self.from_ms:
            raise ValueError(f"incident {self.id}: to_ms is before from_ms")

    @property
    def due_ms(self) -> int | None:
        """By when it should be raised at the latest; None: nobody has said.

        A device that detected it only after ``within_detected_s`` had passed makes it due that long after its word.
        """
        limits = [] if self.due_undetected_ms is None else [self.due_undetected_ms]
        if self.detections and self.within_detected_s is not None:
            within, heard = self.within_detected_s * 1000, min(d.at_ms for d in self.detections)
            limits.append((heard if heard > self.from_ms + within else self.from_ms) + within)
        return min(limits, default=None)


class Home(msgspec.Struct, frozen=True):
    """A home: how many people live there, and its devices with their kinds."""

    home: str
    residents: int = 1
    kind: str = "alone"
    devices: dict[str, str] = {}


class Facility(msgspec.Struct, frozen=True):
    """A station, or a room where people meet."""

    facility: str
    devices: dict[str, str] = {}


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """A town's truth over [from_ms, to_ms)."""

    format: Literal["carehub-truth/1"]
    from_ms: int
    to_ms: int
    zone: str = "Asia/Shanghai"
    seed: int = 0
    homes: tuple[Home, ...] = ()
    facilities: tuple[Facility, ...] = ()
    incidents: tuple[Incident, ...] = ()

    def __post_init__(self) -> None:
        if self.to_ms <= self.from_ms:
            raise ValueError("to_ms must be after from_ms")
        names = [incident.id for incident in self.incidents]
        if len(set(names)) < len(names):
            raise ValueError(f"incident {next(n for n in names if names.count(n) > 1)} stands there twice")

    def without(self, kinds: Collection[str]) -> Truth:
        """The truth for a town that never had devices of these kinds: what only they did has not happened."""
        if not kinds:
            return self
        fitted = [*(home.devices for home in self.homes), *(place.devices for place in self.facilities)]
        missing = {name for devices in fitted for name, kind in devices.items() if kind in kinds}

        def kept(devices: dict[str, str]) -> dict[str, str]:
            return {name: kind for name, kind in devices.items() if kind not in kinds}

        incidents = tuple(
            msgspec.structs.replace(
                each, detections=tuple(seen for seen in each.detections if seen.kind not in kinds)
            )
            for each in self.incidents
            if not (each.class_ == "device" and each.device in missing)
        )
        return msgspec.structs.replace(
            self,
            homes=tuple(msgspec.structs.replace(home, devices=kept(home.devices)) for home in self.homes),
            facilities=tuple(
                msgspec.structs.replace(place, devices=kept(place.devices)) for place in self.facilities
            ),
            incidents=incidents,
        )


def truth_from(told: dict[str, Any]) -> Truth:
    """A truth from plain values, as a town gives it; raises ``msgspec.ValidationError``."""
    return msgspec.convert(told, Truth)


def read_truth(path: Path) -> Truth:
    """The truth file; raises ``BadInputError``."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise BadInputError(
            f"{path}: {problem.strerror}; name a truth file (carehub-sim town --truth FILE)"
        ) from None
    try:
        return msgspec.json.decode(raw, type=Truth)
    except msgspec.ValidationError as problem:
        raise BadInputError(
            f"{path}:{_line_of(raw, str(problem))}: {problem}; a truth has the format {FORMAT}"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadInputError(f"{path}:{_line_at(raw, str(problem))}: no JSON object: {problem}") from None


def _line_at(raw: bytes, problem: str) -> int:
    """On which line the byte stands that the decoder names; the last one where it names none."""
    _, found, place = problem.rpartition("(byte ")
    upto = int(place.rstrip(")")) if found and place.rstrip(")").isdigit() else len(raw)
    return raw[:upto].count(b"\n") + 1


def _line_of(raw: bytes, problem: str) -> int:
    """On which line the incident begins that the decoder names by its number; 1 where it names none."""
    _, found, rest = problem.partition("$.incidents[")
    if not found or not rest[: rest.find("]")].isdigit():
        return 1
    at = raw.find(b'"incidents"')
    for _ in range(int(rest[: rest.find("]")]) + 1):
        at = raw.find(b'"id"', at + 1)
    return raw[: max(at, 0)].count(b"\n") + 1
