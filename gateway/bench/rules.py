"""How many events a second the rules judge, on one core, with the whole library active for every home.

The events are what the simulated town says (``carehub-sim transcript``): by day, when people move about, and by night. The
quiet stream is of the same town with chatty devices: each repeats once a minute what it said last, and one reading in fifty is
new. Messages are decoded as the hub decodes them, outside the measured time; measured is what the engine does with them,
ticks included, after an hour in which devices are born and every rule looks at its home for the first time. Time is the
CPU's, so that a busy machine counts less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from gateway.engine.engine import Engine
from gateway.ingest.decode import Times, Topics, Wrong, decode_from
from gateway.memory import release_memory, settle_memory
from gateway.registry.csv_file import parse
from gateway.rulebook.load import load_rules
from gateway.settings import SettingsError
from rules.events import FromDevice, Occurrence, Telemetry, Tick, WorldChanged
from rules.state import encode
from rules.world import Definition, Device, Place

SIMULATOR = Path(sys.executable).with_name("carehub-sim")
WITHIN_S = 900
TICK_MS = 5_000  # as often as a hub ticks at least
BATCH = 512
WARM_UP_MS = 3_600_000
REPEAT_MS = 60_000
NEW_IN = 50  # of the quiet stream's readings one in so many is new
DAY, NIGHT = "2026-03-02T08:00", "2026-03-03T00:30"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the town's time, written down."""

    transcript: Path
    from_ms: int


@dataclass(frozen=True, slots=True)
class Fold:
    """What came of one stretch. ``changing``: the share of messages in which a watched value was another than before."""

    messages: int
    seconds: float
    mix: dict[str, int]
    changing: float
    alerts: int
    bytes_per_home: float


def bench(*, homes: int, hours: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run it; the keys are those of ``carehub bench rules --json``. Raises ``SettingsError`` without the simulator."""
    with tempfile.TemporaryDirectory(prefix="carehub-bench-") as name:
        folder = Path(name)
        progress("writing down what the town says by day and by night …")
        stretches = [_transcribe(folder, since, homes=homes, hours=hours) for since in (DAY, NIGHT)]
        definition = definition_of(folder / "town.csv")
        found = []
        for what, stretch in zip(("day", "night"), stretches, strict=True):
            progress(f"judging the {what} …")
            found.append(fold(definition, stretch.from_ms, decoded(definition, stretch)))
        progress("judging a quiet stream …")
        quiet = fold(definition, stretches[0].from_ms, repeated(definition, stretches[0], hours=hours))
    day, night = found
    return {
        "homes": homes,
        "rules": len(definition.rules),
        "events_per_s": round(day.messages / day.seconds),
        "quiet_events_per_s": round(quiet.messages / quiet.seconds),
        "night_events_per_s": round(night.messages / night.seconds),
        "state_bytes_per_home": round(day.bytes_per_home),
        "mix": day.mix,
        "changing": round(day.changing, 3),
        "quiet_mix": quiet.mix,
        "quiet_changing": round(quiet.changing, 3),
        "night_mix": night.mix,
        "night_changing": round(night.changing, 3),
        "alerts": day.alerts,
        "machine": f"{os.cpu_count()} cores, Python {sys.version.split()[0]}",
    }


def definition_of(sheet: Path) -> Definition:
    """The world of a registry file under the built-in library."""
    found = parse(sheet.read_text(encoding="utf-8"), source=sheet.name)
    return Definition(
        1,
        "Asia/Shanghai",
        tuple(Place(place.id, place.kind, place.capacity, place.site) for place in found.places),
        tuple(Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in found.devices),
        load_rules(),
    )


def fold(definition: Definition, from_ms: int, stream: Iterator[FromDevice]) -> Fold:
    """Let an engine judge a stream that begins at ``from_ms``, from its first message to its last."""
    engine = Engine(lambda _: definition)
    engine.recover([], world=None, replay=[])
    engine.apply([WorldChanged(from_ms, 1, (), ()), Tick(from_ms)], 1)
    settle_memory()  # as a hub does when it has recovered
    warm = from_ms + WARM_UP_MS
    said, last = Counter[str](), dict[str, dict[str, Any]]()
    position, seconds, alerts, changing, tick = 3, 0.0, 0, 0, from_ms
    for batch in _batches(stream):
        for event in batch:
            if event.at >= warm:
                changing += _counts(event, said, last)
        events = list[FromDevice | Tick]()
        for event in batch:
            while event.at > tick + TICK_MS:
                tick += TICK_MS
                events.append(Tick(tick))
            events.append(event)
        began = time.thread_time()
        alerts += len(engine.apply(events, position))
        if batch[0].at >= warm:
            seconds += time.thread_time() - began
        position += len(events)
    release_memory()
    messages = said.total()
    homes = [place.key for place in definition.places if place.kind == "home"]
    size = sum(len(encode(engine.states[key])) for key in homes) / len(homes)
    return Fold(messages, seconds, dict(said.most_common()), changing / messages, alerts, size)


def _counts(event: FromDevice, said: Counter[str], last: dict[str, dict[str, Any]]) -> bool:
    """Count the message by what it says; whether it says anything new."""
    if isinstance(event, Occurrence):
        said[f"event.{event.type}"] += 1
        return True
    if not isinstance(event, Telemetry):
        said["status"] += 1
        return False
    said["+".join(sorted(event.metrics))] += 1
    before = last.setdefault(event.device, {})
    new = any(before.get(metric) != value for metric, value in event.metrics.items())
    before.update(event.metrics)
    return new


def repeated(definition: Definition, stretch: Stretch, *, hours: int) -> Iterator[FromDevice]:
    """What the stretch's first hour says, then every device once a minute the same again."""
    last: dict[str, Telemetry] = {}
    for event in decoded(definition, stretch):
        if event.at >= stretch.from_ms + WARM_UP_MS:
            break
        if isinstance(event, Telemetry):
            last[event.device] = event
        yield event
    start = stretch.from_ms + WARM_UP_MS
    devices = sorted(last, key=lambda name: blake2b(name.encode(), digest_size=8).digest())
    for number in range(
        (hours - 1) * 3_600_000 // REPEAT_MS // 5
    ):  # a fifth of the time is enough to measure
        for place, name in enumerate(devices):
            at = start + number * REPEAT_MS + REPEAT_MS * place // len(devices)
            last[name] = told = _once_more(last[name], at, new=(number * len(devices) + place) % NEW_IN == 0)
            yield _again.decode(_to_bytes.encode(told))  # as fresh as from the wire


def _once_more(before: Telemetry, at: int, *, new: bool) -> Telemetry:
    metrics = dict(before.metrics)
    if new:
        metric, value = next(iter(metrics.items()))
        metrics[metric] = 1.0 - value if value in {0.0, 1.0} else value
    return msgspec.structs.replace(before, at=at, observed_at=at - 80, seq=before.seq + 1, metrics=metrics)


def decoded(definition: Definition, stretch: Stretch) -> Iterator[FromDevice]:
    """The stretch's messages as the hub decodes them."""
    topics = Topics({device.id: device for device in definition.devices})
    with stretch.transcript.open("rb") as lines:
        for line in lines:
            written = _line.decode(line)
            address = topics.address(written.topic)
            assert not isinstance(address, Wrong), written.topic  # noqa: S101 the registry is of the same town
            times = Times(now=written.at, latest=written.at)
            event = decode_from(address, bytes(written.payload), retain=False, times=times)
            assert not isinstance(event, Wrong), event  # noqa: S101 what the town says can be read
            yield event


def _batches(events: Iterator[FromDevice]) -> Iterator[list[FromDevice]]:
    while batch := list(islice(events, BATCH)):
        yield batch


def _transcribe(folder: Path, since: str, *, homes: int, hours: int) -> Stretch:
    path = folder / f"{since[-5:-3]}.jsonl"
    command = [str(SIMULATOR), "transcript", str(path), "--homes", str(homes), "--since", since]
    command += ["--for", f"{hours}h", "--registry", str(folder / "town.csv"), "--json"]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=WITHIN_S)
    except FileNotFoundError:
        raise SettingsError(f"{SIMULATOR} is missing: install the project again") from None
    if done.returncode:
        raise SettingsError(f"carehub-sim transcript failed: {done.stderr.strip()}")
    return Stretch(path, json.loads(done.stdout)["from_ms"])


class _Line(msgspec.Struct):
    at: int
    topic: str
    payload: msgspec.Raw


_again = msgspec.msgpack.Decoder(Telemetry)
_to_bytes = msgspec.msgpack.Encoder()
_line = msgspec.json.Decoder(_Line)
