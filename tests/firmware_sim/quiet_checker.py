"""A small judge of its own: what eight plain rules would say of the bytes on the wire.

It knows the wire and the registry only, nothing of the simulator's or the hub's code.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

MINUTE, HOUR = 60_000, 3_600_000
ZONE = ZoneInfo("Asia/Shanghai")
Finding = tuple[str, str]


def findings(wire: Iterable[tuple[str, bytes]], registry: str) -> list[Finding]:
    """(rule, home or device) once for every time a rule would raise."""
    devices = {row["device"]: row for row in csv.DictReader(io.StringIO(registry))}
    by_device: dict[str, list[tuple[int, str, dict]]] = defaultdict(list)
    for topic, payload in wire:
        _, _, _, device, kind = topic.split("/")
        body = json.loads(payload)
        by_device[device].append((body["ts"], kind, body))
    by_home: dict[str, list[tuple[int, str, dict]]] = defaultdict(list)
    found: list[Finding] = []
    for device, said in by_device.items():
        row = devices[device]
        heard = [(ts, body) for ts, kind, body in said if kind != "status"]
        found += _silent(device, [ts for ts, _ in heard], 3000 * int(row["heartbeat_s"]))
        found += _battery(device, heard)
        found += _door(device, heard)
        if row["capacity"]:
            found += _capacity(device, heard, int(row["capacity"]))
        if row["home"]:
            by_home[row["home"]] += [each for each in said if each[1] != "status"]
    for home, said in by_home.items():
        said.sort(key=lambda each: each[0])
        found += _falls_and_calls(home, said)
        found += _inactive(home, [(ts, word) for ts, _, body in said for word in [_activity(body)] if word])
    return sorted(found)


def _activity(body: dict) -> str | None:
    m = body.get("m", {})
    if "seq" in body and body["seq"] == 1:
        return None  # the first report after power-up is a state, not a doing
    if m.get("motion") is True or m.get("presence") is True:
        return "inside"
    return "door" if "contact" in m else None


def _silent(device: str, times: list[int], limit: int) -> list[Finding]:
    return [("silent", device) for a, b in itertools.pairwise(times) if b - a > limit]


def _battery(device: str, heard: list[tuple[int, dict]]) -> list[Finding]:
    levels = [body["m"]["battery"] for _, body in heard if "battery" in body.get("m", {})]
    low = [level < 15 for level in levels]
    return [("battery", device) for was, now in zip([False, *low], low, strict=False) if now and not was]


def _door(device: str, heard: list[tuple[int, dict]]) -> list[Finding]:
    states = [(ts, body["m"]["contact"]) for ts, body in heard if "contact" in body.get("m", {})]
    pairs = itertools.pairwise(states)
    return [("door", device) for (a, closed), (b, _) in pairs if not closed and b - a > 10 * MINUTE]


def _capacity(device: str, heard: list[tuple[int, dict]], capacity: int) -> list[Finding]:
    found, since = [], None
    for ts, body in heard:
        if "occupancy" not in body["m"]:
            continue
        if body["m"]["occupancy"] <= capacity:
            if since is not None and ts - since >= MINUTE:
                found.append(("crowd", device))
            since = None
        elif since is None:
            since = ts
    return found


def _falls_and_calls(home: str, said: list[tuple[int, str, dict]]) -> list[Finding]:
    found = []
    for ts, kind, body in said:
        if kind != "event" or body["type"] == "test":
            continue
        found.append((body["type"], home))
        if body["type"] == "fall":
            after = [t for t, _, b in said if ts < t <= ts + 2 * MINUTE and _activity(b)]
            if not after:
                found.append(("fall_confirmed", home))
    return found


def _inactive(home: str, activity: list[tuple[int, str]]) -> list[Finding]:
    """The strict reading: four hours since the last activity, however much of them was night, once everybody is up."""
    found = []
    for (a, what), (b, _) in itertools.pairwise(activity):
        due = a + 4 * HOUR
        dawn = (
            datetime.fromtimestamp(due / 1000, ZONE).replace(hour=10, minute=0, second=0).timestamp() * 1000
        )
        raised = max(due, int(dawn))
        by_day = 10 <= datetime.fromtimestamp(raised / 1000, ZONE).hour < 21
        if what == "inside" and by_day and raised < b:
            found.append(("inactive", home))
    return found
