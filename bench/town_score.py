"""A month of a simulated town, judged by rules and scored by its truth, without broker and hub: for tuning the rules.

``python bench/town_score.py --homes 200 --days 30 --seed N [--rules DIR] [--kits] [--json]``. What the town says goes through
the hub's own decoder, rule core and shaping stage, home by home on virtual time, as a backtest does it: an alert is taken to
be closed an hour after it was raised. With ``--kits`` the same month is judged again without radar, without radar and pendant,
and by the naive rules (``gateway/demo/naive``). Exit: 0 the limits hold, 1 they do not, 2 a rule cannot be read.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from firmware_sim.daytime import DAY, HOUR, ZONE
from firmware_sim.interviews import interviews_csv
from firmware_sim.nature import NATURES
from firmware_sim.places import Layout, settle
from firmware_sim.registry import registry_csv
from firmware_sim.score.alerts import alerts_from
from firmware_sim.score.kits import FULL, KITS
from firmware_sim.score.scoring import score
from firmware_sim.score.table import show
from firmware_sim.score.truth import truth_from
from firmware_sim.town import Town
from firmware_sim.wire import Message
from gateway.backtest.telling import told
from gateway.demo import naive
from gateway.demo.alert_rows import would_be_rows
from gateway.demo.interviews import homes_yaml
from gateway.ingest.decode import Times, Topics, Wrong, decode_from
from gateway.mistakes import FileMistakes
from gateway.operations.facility_settings import places_of
from gateway.registry.csv_file import parse
from gateway.rulebook.load import Rulebook, load_rulebook
from gateway.rulebook.virtual import Virtual
from rules.effects import Effect
from rules.events import Status
from rules.step import Routes, keys, learn
from rules.world import Definition, Device, World

err = Console(stderr=True, soft_wrap=True)
NAIVE = "naive"
STEP_MS = HOUR
Said = tuple[int, str, bytes]  # when, topic, payload
EFFECTS = msgspec.msgpack.Decoder(dict[str, dict[str, list[Effect]]])


@dataclass(frozen=True, slots=True)
class Judgement:
    """Rules, and the kinds of device whose word they do not hear."""

    book: Rulebook
    without: frozenset[str]


def main() -> int:
    """Live through the month, judge it, print the score."""
    options = _options()
    began = time.monotonic()
    layout = settle(homes=options.homes, seed=options.seed, kit="full")
    start = int(datetime.fromisoformat(options.since).replace(tzinfo=ZONE).timestamp() * 1000)
    past_ms, nature = options.days * DAY, NATURES[options.nature]
    town = Town(layout, seed=options.seed, start_ms=start, past_ms=past_ms, nature=nature)
    try:
        with NamedTemporaryFile("w", encoding="utf-8", suffix=".yaml") as homes:
            homes.write(homes_yaml(interviews_csv(town.lives.households, seed=options.seed)))
            homes.flush()
            book = load_rulebook(options.rules, Path(homes.name))
        judgements = {FULL: Judgement(book, frozenset())}
        if options.kits:
            judgements |= {name: Judgement(book, without) for name, without in KITS.items()}
            judgements[NAIVE] = Judgement(naive.rulebook(), frozenset())
    except FileMistakes as error:
        err.print(str(error), markup=False)
        return 2
    worlds = {name: world(layout, judgement) for name, judgement in judgements.items()}
    end = start + past_ms
    messages, effects = _lived(town, worlds, start, end)
    truth = truth_from(town.truth())
    scores = {}
    for name, found in effects.items():
        alerts = told(worlds[name], found, end)
        rows = would_be_rows(map(msgspec.to_builtins, alerts), worlds[name].rules)
        scores[name] = score(truth, alerts_from(rows), kit=name if name in KITS else FULL)
    seconds = round(time.monotonic() - began, 1)
    err.print(
        f"{messages:,} messages, {messages / options.homes / options.days:.0f} a home and day, {seconds} s"
    )
    show(scores, err, listed=options.list)
    if options.json:
        others = {name: found for name, found in scores.items() if name != FULL}
        told_all = {
            "seed": options.seed,
            "messages": messages,
            "seconds": seconds,
            **scores[FULL],
            "others": others,
        }
        print(json.dumps(told_all, ensure_ascii=False))
    return 0 if scores[FULL]["passes"] else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--homes", type=int, default=200)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--since", default="2026-03-02T08:00", help="when it begins, in the town's own time")
    parser.add_argument("--nature", choices=NATURES, default="lifelike")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="a folder of rules (default: the library)")
    parser.add_argument("--kits", action="store_true", help="judge it again with fewer devices, and naively")
    parser.add_argument(
        "--list", type=int, default=15, metavar="N", help="missed and false ones shown (default 15)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser.parse_args()


def world(layout: Layout, judgement: Judgement) -> World:
    """The town as a hub with these rules knows it, without the devices it has not."""
    registry = parse(registry_csv(layout), source="town.csv")
    devices = tuple(
        Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s)
        for d in registry.devices
        if d.kind not in judgement.without
    )
    rules, overrides = judgement.book.rules, judgement.book.overrides
    return World(
        Definition(1, str(ZONE), places_of(registry.places, {}), devices, rules, overrides=overrides)
    )


def _lived(
    town: Town, worlds: dict[str, World], start: int, end: int
) -> tuple[int, dict[str, dict[str, list[Effect]]]]:
    """Let the town live here and the others judge it meanwhile; how many messages, and what was decided in each home."""
    judges = [_Judge(worlds, start, end) for _ in os.sched_getaffinity(0)]
    places = {d.who.device: n % len(judges) for n, home in enumerate(town.layout.homes) for d in home.devices}
    births = [born for link in town.links() for born in town.announce(link.who.device, start + 1)]
    count = 0
    for said in _hours(town, births, start, end):
        count += sum(message.kind in {"telemetry", "event"} for message in said)
        for number, judge in enumerate(judges):
            # A radio gateway's own word is about every home behind it.
            judge.hear(m for m in said if places.get(m.device, number) == number)
    effects: dict[str, dict[str, list[Effect]]] = {name: {} for name in worlds}
    for number, judge in enumerate(judges):
        for name, found in judge.verdict().items():
            # Each judge has heard all the facilities; one word is enough.
            effects[name] |= {key: e for key, e in found.items() if number == 0 or key not in effects[name]}
    return count, effects


def _hours(town: Town, births: list[Message], start: int, end: int) -> Iterator[list[Message]]:
    columns = (TextColumn("小镇与推演 town and rules"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as progress:
        task = progress.add_task("", total=end - start)
        yield births
        for at in range(start + STEP_MS, end + STEP_MS, STEP_MS):
            until = min(at, end)
            yield town.advance(until)
            progress.update(task, completed=until - start)


class _Judge:
    """A process that judges some homes."""

    def __init__(self, worlds: dict[str, World], start: int, end: int) -> None:
        context = multiprocessing.get_context("fork")  # the worlds go with it as they are
        self._here, there = context.Pipe()
        self._process = context.Process(target=_judge, args=(there, worlds, start, end), daemon=True)
        self._process.start()
        there.close()

    def hear(self, messages: Iterable[Message]) -> None:
        """Judge these; nothing earlier comes after them."""
        self._here.send([(m.at_ms, m.topic, m.payload) for m in messages])

    def verdict(self) -> dict[str, dict[str, list[Effect]]]:
        """What was decided, by world and place."""
        self._here.send(None)
        found = EFFECTS.decode(self._here.recv_bytes())
        self._process.join()
        return found


def _judge(there: Connection, worlds: dict[str, World], start: int, end: int) -> None:
    foldings = {name: _Folding(world, start) for name, world in worlds.items()}
    while (messages := there.recv()) is not None:
        for folding in foldings.values():
            folding.hear(messages)
    there.send_bytes(msgspec.msgpack.encode({name: each.end(end) for name, each in foldings.items()}))


class _Folding:
    """The homes of a world that have spoken, each on virtual time."""

    def __init__(self, world: World, start: int) -> None:
        self._world, self._start = world, start
        self._topics, self._routes = Topics(world.devices), Routes()
        self._homes: dict[str, Virtual] = {}
        self._decided: dict[str, list[Effect]] = {}

    def hear(self, messages: list[Said]) -> None:
        """Judge these, in order of time."""
        for at, topic, payload in messages:
            address = self._topics.address(topic)
            if isinstance(address, Wrong):
                continue  # of a device that is not in this kit
            event = decode_from(address, payload, retain=False, times=Times(at, at))
            if isinstance(event, Wrong):
                continue
            if isinstance(event, Status):
                learn(self._world, self._routes, event)
            for key in keys(self._world, self._routes, event):
                self._home(key)[1].extend(self._homes[key].tell(event))

    def _home(self, key: str) -> tuple[Virtual, list[Effect]]:
        if key not in self._homes:
            self._homes[key] = Virtual(self._world, key, self._start)
            self._decided[key] = []
        return self._homes[key], self._decided[key]

    def end(self, at: int) -> dict[str, list[Effect]]:
        """What was decided in each home up to then."""
        return {key: self._decided[key] + home.until(at) for key, home in self._homes.items()}


if __name__ == "__main__":
    sys.exit(main())
