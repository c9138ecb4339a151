"""What of the journal is stored: one row for each value a device gave. Pure.

Rows are made a column at a time: a city's readings cost what touching them costs, so each is touched once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gateway.store.columns import Coded, Gapped, Ints
from gateway.store.readings import NS_PER_MS, Readings
from rules.events import AnyEvent, FromDevice, Occurrence, Status, Telemetry, Value
from rules.world import World

SELF, SELF_PLACE = "carehub", "hub"  # the hub as a device of its own
UNKNOWN = ("unknown", True)  # a device that has left the registry since: kept as a home's, which few may read
QUALITY = ("good", "late", "clock", "retained")  # by rules.events.Quality
STORED = frozenset({Telemetry, Occurrence, Status})

Codes: TypeAlias = npt.NDArray[np.int32]


class Rows:
    """Collects rows event by event, in order; ``readings`` gives them all. The rest of the journal is not stored."""

    def __init__(self) -> None:
        self._devices = _Words()
        self._metrics = _Words()
        self._boots = _Words()
        self._texts = _Words()
        self._texts[None] = 0
        self._parts: list[tuple[npt.NDArray[np.generic], ...]] = []
        self.count = 0

    def add(self, events: Iterable[AnyEvent]) -> None:
        """The rows of what devices said."""
        said: list[FromDevice] = [event for event in events if type(event) in STORED]  # type: ignore[misc]
        if not said:
            return
        numbered = [event if not isinstance(event, Status) else NO_NUMBER for event in said]
        values = [event.metrics if isinstance(event, Telemetry) else _values(event) for event in said]
        each = np.fromiter(map(len, values), np.int64, len(said))
        seq = _ints(event.seq for event in numbered)
        self._put(
            said,
            values,
            np.repeat(_codes(self._devices, [event.device for event in said]), each),
            np.repeat(_ints(event.observed_at for event in said) * NS_PER_MS + seq % NS_PER_MS, each),
            np.repeat(_codes(self._boots, [event.boot for event in numbered]), each),
            np.repeat(seq, each),
            np.repeat(np.array([event.quality for event in said], np.int8), each),
            np.repeat(_ints(event.at for event in said), each),
        )

    def _put(
        self, said: list[FromDevice], values: list[Mapping[str, Value]], *columns: npt.NDArray[np.generic]
    ) -> None:
        found: list[Value] = list(chain.from_iterable(map(dict.values, values)))  # type: ignore[arg-type]
        texts = self._take_texts(said, values, found)
        metrics = _codes(self._metrics, list(chain.from_iterable(values)))
        self._parts.append((*columns, metrics, np.array(found, np.float64), texts))
        self.count += len(found)

    def _take_texts(
        self, said: list[FromDevice], values: list[Mapping[str, Value]], found: list[Value]
    ) -> Codes:
        """Codes of the texts beside the values; a value that is a text becomes one, with 0 in its place."""
        texts = np.zeros(len(found), np.int32)
        if str in set(map(type, found)):
            for row, value in enumerate(found):
                if isinstance(value, str):
                    texts[row], found[row] = self._texts[value], 0.0
        rare = [number for number, event in enumerate(said) if type(event) is not Telemetry]
        starts = np.cumsum([0, *map(len, values)]) if rare else ()
        for number in rare:
            event = said[number]
            text = (
                event.via if isinstance(event, Status) else event.id if isinstance(event, Occurrence) else ""
            )
            if text:  # it belongs to the first row: the event itself, or ``online``
                texts[starts[number]] = self._texts[text]
        return texts

    def say(self, figures: Mapping[str, float], at: int) -> None:
        """What the hub says of itself at ``at`` (ms)."""
        self.add([Telemetry(at, SELF, at, 0, "", 0, dict(figures))])

    def say_of_clocks(self, skews: Mapping[str, float], at: int) -> None:
        """What the hub says at ``at`` of its devices' clocks: ms ahead of hub time, as readings of theirs."""
        self.add(Telemetry(at, name, at, 0, "", 0, {"clock_skew_ms": ms}) for name, ms in skews.items())

    def readings(self, world: World) -> Readings:
        """The rows as columns, each device where the world has it."""
        if not self._parts:
            return Readings()
        device, time_ns, boot, seq, quality, at, metric, value, text = map(
            np.concatenate, zip(*self._parts, strict=True)
        )
        places = [_place_of(name, world) for name in self._devices]
        homes = np.array([home for _, home in places], np.bool_)
        seats = Coded.of([place for place, _ in places])
        boots = [name or None for name in self._boots]
        known = np.array([name is not None for name in boots], np.bool_)[boot]
        return Readings(
            device=Coded(list(self._devices), device),
            place=Coded(seats.words, seats.codes[device]),
            home=homes[device],
            metric=Coded(list(self._metrics), metric),
            time_ns=time_ns,
            value=value,
            text=Coded(list(self._texts), text),
            quality=Coded(QUALITY, quality),
            boot=Coded(boots, boot),
            seq=Gapped(seq, known),
            received_at=at,
        )


class _Words(dict[str | None, int]):
    """Words in the order in which they came, with their numbers."""

    def __missing__(self, word: str | None) -> int:
        code = self[word] = len(self)
        return code


def _codes(book: _Words, words: list[str]) -> Codes:
    return np.fromiter(map(book.__getitem__, words), np.int32, len(words))


def _ints(numbers: Iterable[int]) -> Ints:
    return np.array(list(numbers), np.int64)


def _values(event: Occurrence | Status) -> Mapping[str, Value]:
    if isinstance(event, Status):
        return {"online": float(event.online)} | event.info
    confidence = event.data.get("confidence", 1.0)
    return {f"event.{event.type}": 1.0 if isinstance(confidence, str) else confidence}


def _place_of(device_id: str | None, world: World) -> tuple[str, bool]:
    device = world.devices.get(device_id or "")
    place = world.places.get(device.key) if device else None
    if place is not None:
        return place.key, place.kind == "home"
    return (SELF_PLACE, False) if device_id == SELF else UNKNOWN


NO_NUMBER = Telemetry(0, "", 0, 0, "", 0, {})  # a status has none
