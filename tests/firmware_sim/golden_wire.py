"""The exact bytes of each kind of device: files in tests/golden/wire with what happens to the device and what it says.

A kind has its own file, ``leak.json``; more stories of it are ``leak-<name>.json``.

``happens`` is a list of [seconds after power-up, word] or [seconds, word, value]; ``wake`` stands for the device's own timer,
``command`` takes a JSON object in the value's place.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from firmware_sim.chance import dice
from firmware_sim.daytime import SECOND
from firmware_sim.devices import Device
from firmware_sim.wire import Identity, Message, last_will

FOLDER = Path(__file__).parents[1] / "golden" / "wire"
T0 = 1_750_000_000_000
HOW = (
    'say in it what happens to the device, for example {{"kind": "{kind}", "device": "H0001-{kind}", "via": "GW-01", '
    '"happens": [[60, "word"], [90, "battery", 5]]}}; then CAREHUB_GOLDEN=write pytest {test} adds what it says: read it over'
)
TEST = "tests/firmware_sim/test_sim_devices.py"


def make(
    kinds: dict[str, type[Device]], kind: str, device: str, via: str | None, *, charge: float = 1.0
) -> Device:
    who = Identity("lianhua", device, via)
    return kinds[kind](who, dice=dice("golden", device), since_ms=T0, charge=charge)


def check(kinds: dict[str, type[Device]], folder: Path = FOLDER) -> list[str]:
    """What is wrong between the kinds and their files, in words; with CAREHUB_GOLDEN=write the files are made right."""
    wrong = [
        f"{folder / kind}.json is missing: {HOW.format(kind=kind, test=TEST)}"
        for kind in kinds
        if not (folder / f"{kind}.json").is_file()
    ]
    for path in sorted(folder.glob("*.json")):
        golden = json.loads(path.read_text(encoding="utf-8"))
        if golden["kind"] != path.stem.split("-")[0] or golden["kind"] not in kinds:
            wrong.append(f"{path} tells of {golden['kind']!r}, which is no kind of device or not its name")
            continue
        said = _as_golden(_said(kinds, golden))
        if said == golden.get("messages"):
            continue
        if os.environ.get("CAREHUB_GOLDEN") == "write":
            path.write_text(_written({**golden, "messages": said}), encoding="utf-8")
        else:
            wrong.append(
                f"{path} does not hold what the device says: {HOW.format(kind=path.stem, test=TEST)}"
            )
    return wrong


def _said(kinds: dict[str, type[Device]], golden: dict[str, Any]) -> list[Message]:
    device = make(kinds, golden["kind"], golden["device"], golden.get("via"))
    said = [device.status(T0), *device.power_up(T0 + SECOND)]
    for after_s, word, *value in golden["happens"]:
        at = T0 + after_s * SECOND
        match word:
            case "wake":
                said += device.wake(at)
            case "command":
                said += device.command(at, json.dumps(value[0]).encode())
            case _:
                said += device.feel(at, word, *value)
    said += device.heartbeat(T0 + kinds[golden["kind"]].heartbeat_s * SECOND)
    return said if device.who.via else [*said, last_will(device.who)]


def _as_golden(said: list[Message]) -> list[dict[str, object]]:
    return [{"topic": m.topic, "retain": m.retain, "payload": m.payload.decode()} for m in said]


def _written(golden: dict[str, object]) -> str:
    """JSON as people read it: a line for each thing that happens."""
    happens = ",\n".join(f"    {json.dumps(each, ensure_ascii=False)}" for each in golden["happens"])
    text = json.dumps({**golden, "happens": []}, indent=2, ensure_ascii=False)
    listed = f"[\n{happens}\n  ]" if happens else "[]"
    return re.sub(r'"happens": \[\]', lambda _: f'"happens": {listed}', text, count=1) + "\n"
