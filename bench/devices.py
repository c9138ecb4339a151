"""Ten thousand devices from one process on one core, and five thousand connections with a will each.

``python bench/devices.py [--seconds 120] [--devices 10000] [--connections 5000] [--rate 2000] [--json]``. Each in turn,
on a real Mosquitto; the broker and this bench on one core, the simulator on the other:

- machine: a day and an hour of the whole town, without a broker, in the steps of a live one: what a day costs, how long the
  longest step is (midnight among them, when everybody's next day begins).
- gateways: ``carehub-sim town`` live at real-time speed, behind radio gateways, from everybody's power-up within a minute on.
- own: the same with a connection, a birth and a will for each device; then it is killed, and wills are counted.
- fewer: as many homes as in own, behind gateways: what its connections take of memory is the difference.
- load: ``carehub-sim load --own-connections`` at a rate.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import paho.mqtt.client as paho

from firmware_sim.daytime import DAY, HOUR
from firmware_sim.links.files import make_room
from firmware_sim.nature import LIFELIKE
from firmware_sim.places import settle
from firmware_sim.town import Town
from firmware_sim.wired import each_by_itself, homes_at_most
from gateway.bench import process
from gateway.bench.station import bench_broker, machine

SEED = 7
NOON_MS = 1_764_302_400_000
WILLS_WITHIN_S = 60.0
SIMULATOR = [sys.executable, "-c", "from firmware_sim.cli import main; main()"]
OFFLINE = b'{"online":false}'


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seconds", type=float, default=120)
    asked.add_argument("--devices", type=int, default=10_000)
    asked.add_argument("--connections", type=int, default=5_000)
    asked.add_argument("--rate", type=int, default=2_000)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("two cores are needed: one for the broker, one for the simulator")
    make_room(given.connections)  # the broker's limit is this process's
    homes, own = _homes_for(given.devices), _own_homes(given.connections)
    found: dict[str, Any] = {"machine_is": machine(), "load_before": _load(), "seconds": given.seconds}
    found["machine"] = _a_day(homes)
    os.sched_setaffinity(0, {cores[0]})
    runs = _Runs(cores[1])
    found["gateways"] = runs.run("town", "--homes", str(homes), "--until", str(given.seconds))
    found["own"] = runs.run("town", "--homes", str(own), "--own-connections", "--until", str(given.seconds))
    found["fewer"] = runs.run("town", "--homes", str(own), "--until", "60")
    rate = ["--rate", str(given.rate), "--messages", str(int(given.rate * given.seconds / 2))]
    found["load"] = runs.run("load", "--devices", str(given.connections), "--own-connections", *rate)
    found["wills"] = _wills(runs, own)
    more = found["own"]["connections"] - found["fewer"]["connections"]
    grown = found["own"]["rss_max_mb"] - found["fewer"]["rss_max_mb"]
    found["kib_a_connection"] = round(grown * 1024 / more, 1)
    found["load_after"] = _load()
    print(json.dumps(found) if given.json else _table(found))


class _Runs:
    """Runs of the simulator on its core, one after the other, each with a broker of its own."""

    def __init__(self, core: int) -> None:
        self.core = core

    def start(self, port: int, *options: str) -> subprocess.Popen[str]:
        command = [*SIMULATOR, options[0], "--port", str(port), "--seed", str(SEED), "--json", *options[1:]]
        started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        os.sched_setaffinity(started.pid, {self.core})
        return started

    def run(self, *options: str) -> dict[str, Any]:
        print(" ".join(options), file=sys.stderr)
        with bench_broker() as (broker, _):
            out, words = self.start(broker.port, *options).communicate()
            if not out:
                sys.exit(f"carehub-sim {' '.join(options)} failed: {words.strip()}")
            found: dict[str, Any] = json.loads(out)
            found["broker_cpu_s"] = round(process.cpu_s(broker.process.pid), 2)
            found["broker_rss_mb"] = round(process.memory_mb(broker.process.pid), 1)
        found.pop("incidents", None)
        return found


def _wills(runs: _Runs, homes: int) -> dict[str, Any]:
    """Kill a town with thousands of connections as soon as everybody is born, and count who is said to be gone."""
    everybody = {each.who.device for each in each_by_itself(settle(homes=homes, seed=SEED)).fitted()}
    print(f"town of {len(everybody)} connections, killed", file=sys.stderr)
    born, gone, changed = set[str](), set[str](), threading.Condition()

    def hear(_client: object, _data: object, message: paho.MQTTMessage) -> None:
        with changed:
            (gone if message.payload == OFFLINE else born).add(message.topic.split("/")[3])
            changed.notify_all()

    with bench_broker() as (broker, _):
        ear = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        ear.on_message = hear
        ear.on_connect = lambda client, *_: client.subscribe("care/v1/+/+/status", qos=1)
        ear.connect("127.0.0.1", broker.port)
        ear.loop_start()
        town = runs.start(broker.port, "town", "--homes", str(homes), "--own-connections")
        with changed:
            changed.wait_for(lambda: born == everybody, WILLS_WITHIN_S)
        began = time.monotonic()
        town.send_signal(signal.SIGKILL)
        with changed:
            changed.wait_for(lambda: gone == everybody, WILLS_WITHIN_S)
        seconds = time.monotonic() - began
        town.communicate()
        ear.disconnect()
        ear.loop_stop()
    return {
        "connections": len(everybody),
        "born": len(born),
        "gone": len(gone),
        "within_s": round(seconds, 2),
    }


def _a_day(homes: int) -> dict[str, Any]:
    """The whole town as a machine, from noon over midnight, in steps as a live one takes them."""
    print("a day of the town, without a broker", file=sys.stderr)
    town = Town(settle(homes=homes, seed=SEED), seed=SEED, start_ms=NOON_MS, nature=LIFELIKE)
    began = time.process_time()
    town.advance(NOON_MS)
    first_s = time.process_time() - began
    gc.collect()
    gc.freeze()
    began, messages, longest_s = time.process_time(), 0, 0.0
    while town.now_ms < NOON_MS + DAY + HOUR:
        step = time.process_time()
        messages += len(town.advance(max(town.next_ms(), town.now_ms + 50)))
        longest_s = max(longest_s, time.process_time() - step)
    cpu_s = time.process_time() - began
    gc.unfreeze()
    return {
        "homes": homes,
        "devices": len(town.devices),
        "messages": messages,
        "first_plan_s": round(first_s, 2),
        "cpu_s": round(cpu_s, 1),
        "cpu_share": round(cpu_s / ((DAY + HOUR) / 1000), 5),
        "longest_step_ms": round(longest_s * 1000),
    }


def _homes_for(devices: int) -> int:
    """So many homes have that many devices, gateways and counter not counted."""
    layout, hung = settle(homes=min(devices, 9_999), seed=SEED), 0
    for number, home in enumerate(layout.homes, 1):
        hung += len(home.devices)
        if hung >= devices:
            return number
    return len(layout.homes)


def _own_homes(connections: int) -> int:
    layout = each_by_itself(settle(homes=connections, seed=SEED))
    return homes_at_most(layout, connections)


def _load() -> list[float]:
    return [round(each, 2) for each in os.getloadavg()]


def _table(found: dict[str, Any]) -> str:
    day, wills = found["machine"], found["wills"]
    day_took = f"{day['cpu_s']} s CPU ({100 * day['cpu_share']:.3f} % of a core)"
    load = f"load of the machine before {found['load_before']}, after {found['load_after']}"
    columns = ("live at ×1", "connections", "published", "acked", "due to PUBACK p50 / p99 / max, ms")
    columns += ("behind at most, ms", "kept up", "core", "memory, MB", "broker CPU s, MB")
    return "\n".join(
        (
            f"{found['machine_is']}; {load}",
            f"25 hours of {day['devices']} devices: {day['messages']} messages, {day_took}",
            f"  longest step {day['longest_step_ms']} ms",
            "",
            f"| {' | '.join(columns)} |",
            "|---|---:|---:|---:|---:|---:|---|---:|---:|---:|",
            _row("gateways", found["gateways"]),
            _row("own", found["own"]),
            "",
            f"{found['kib_a_connection']} KiB of memory a connection, with what is kept for it",
            *_load_lines(found["load"]),
            f"killed: {wills['gone']} wills of {wills['connections']} within {wills['within_s']} s",
        )
    )


def _row(name: str, one: dict[str, Any]) -> str:
    late = one["late_ms"]
    cells = (
        name,
        one["connects"],
        one["published"],
        one["acked"],
        f"{late['p50']} / {late['p99']} / {late['max']}",
        one["behind_max_ms"],
        "yes" if one["kept_up"] else "NO",
        f"{100 * one['cpu_share']:.1f} %",
        one["rss_max_mb"],
        f"{one['broker_cpu_s']}, {one['broker_rss_mb']}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def _load_lines(load: dict[str, Any]) -> list[str]:
    puback, due = load["puback_ms"], load["due_to_puback_ms"]
    asked = f"{load['rate_asked']:g} a second asked for, {load['msgs_per_s']:g} achieved"
    return [
        f"load over {load['connects']} connections, opened in {load['connecting_s']} s: {asked}",
        f"  {load['acked']} of {load['published']} acknowledged; at most {load['behind_ms']['max']} ms behind its schedule",
        f"  PUBACK p50 {puback['p50']}, p99 {puback['p99']}, max {puback['max']} ms",
        f"  from when it was due p50 {due['p50']}, p99 {due['p99']}, max {due['max']} ms",
    ]


if __name__ == "__main__":
    main()
