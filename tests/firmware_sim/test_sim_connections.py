"""Many devices and many connections: each with a will of its own, opened in turn, and the limits said beforehand."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from parts import BROKER_CONF, Broker, wait_until
from sim_parts import Peer, listening
from typer.testing import CliRunner

from firmware_sim.cli import app
from firmware_sim.links import BrokerRefusedError
from firmware_sim.links.files import SPARE, TooFewFilesError, make_room
from firmware_sim.links.opening import NotAllOpenError, open_all
from firmware_sim.live import Live
from firmware_sim.places import settle
from firmware_sim.punctual import LATE_MS, Punctual
from firmware_sim.registry import registry_csv
from firmware_sim.town import Town
from firmware_sim.wire import Identity, Message, telemetry
from firmware_sim.wired import CONNECTIONS_MAX, each_by_itself, homes_at_most

SIMULATOR = [sys.executable, "-c", "from firmware_sim.cli import main; main()"]
DEEP = os.environ.get("CAREHUB_DEEP") == "1"
OFFLINE = b'{"online":false}'


def statuses(peer: Peer) -> dict[str, list[bytes]]:
    """What each device's status has been, in turn."""
    said: dict[str, list[bytes]] = {}
    for topic, payload, _ in list(peer.heard):
        if topic.endswith("/status"):
            said.setdefault(topic.split("/")[3], []).append(payload)
    return said


def start(broker: Broker, *options: str) -> subprocess.Popen[str]:
    command = [*SIMULATOR, options[0], "--port", str(broker.port), "--json", *options[1:]]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


TOWN = {each.who.device for each in each_by_itself(settle(homes=2, seed=7)).fitted()}
L_HOME = {f"L0001-{suffix}" for suffix in ("pendant", "door", "pir", "sos", "radar")}


@pytest.mark.parametrize(
    ("options", "holders"),
    [
        (["town", "--homes", "2", "--own-connections"], TOWN),
        (["town", "--homes", "2", "--own-connections", "--protocol", "3.1.1"], TOWN),
        (["load", "--devices", "5", "--own-connections", "--rate", "20"], L_HOME),
        (
            ["load", "--devices", "12", "--connections", "2", "--wills", "--rate", "20"],
            {"L-GW-0001", "L-GW-0002"},
        ),
    ],
)
def test_killed_everybody_with_a_connection_is_said_to_be_gone(
    mosquitto: Broker, options: list[str], holders: set[str]
) -> None:
    with listening(mosquitto) as peer:
        process = start(mosquitto, *options)
        try:
            wait_until(lambda: statuses(peer).keys() >= holders, what="all births")
            assert all(b'"online":true' in said[0] for said in statuses(peer).values())
        finally:
            process.kill()
            process.communicate()
        wait_until(lambda: all(said[-1] == OFFLINE for said in statuses(peer).values()), what="all wills")
    assert statuses(peer).keys() == holders
    assert {len(said) for said in statuses(peer).values()} == {2}


def test_a_load_that_ends_leaves_no_wills_and_was_born_before_it_spoke(
    mosquitto: Broker, tmp_path: Path
) -> None:
    sheet = tmp_path / "load.csv"
    with listening(mosquitto) as peer:
        done = CliRunner().invoke(
            app,
            [
                *["load", "--port", str(mosquitto.port), "--devices", "7", "--own-connections", "--messages", "70"],
                *["--registry", str(sheet), "--json"],
            ],
        )  # fmt: skip
        assert done.exit_code == 0, done.output
        wait_until(lambda: len(peer.devices()) == 70, what="all messages")
    found = json.loads(done.stdout)
    assert (found["connections"], found["connects"], found["acked"]) == (7, 7, 70)
    spoken: dict[str, list[str]] = {}
    for topic, payload, _ in peer.heard:
        assert payload != OFFLINE
        spoken.setdefault(topic.split("/")[3], []).append(topic.split("/")[-1])
    assert {device: kinds[0] for device, kinds in spoken.items()} == dict.fromkeys(spoken, "status")
    assert all(f",{device}," in sheet.read_text(encoding="utf-8") for device in spoken)
    assert "gateway" not in sheet.read_text(encoding="utf-8")


@pytest.mark.skipif(not DEEP, reason="a long one: make test-deep")
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_five_thousand_connections_and_five_thousand_wills(mosquitto: Broker, protocol: str) -> None:
    devices = [f"L{n // 5 + 1:04d}" for n in range(CONNECTIONS_MAX)]
    with listening(mosquitto) as peer:
        options = [
            "--devices",
            str(len(devices)),
            "--own-connections",
            "--rate",
            "500",
            "--protocol",
            protocol,
        ]
        process = start(mosquitto, "load", *options)
        try:
            wait_until(
                lambda: (
                    sum(topic.endswith("/telemetry") for topic, _, _ in list(peer.heard)) > 2 * len(devices)
                ),
                within_s=180,
                what="everybody having spoken twice",
            )
            assert len(statuses(peer)) == len(devices)
            assert not [payload for _, payload, _ in peer.heard if payload == OFFLINE]
        finally:
            process.kill()
            process.communicate()
        wait_until(
            lambda: sum(payload == OFFLINE for _, payload, _ in list(peer.heard)) == len(devices),
            within_s=60,
            what="everybody's will",
        )


def test_a_broker_that_takes_no_more_is_named_with_what_to_look_at(mosquitto: Broker) -> None:
    mosquitto.stop()
    mosquitto.conf = BROKER_CONF + "max_connections 4\n"
    mosquitto.start()
    done = CliRunner().invoke(
        app, ["load", "--port", str(mosquitto.port), "--devices", "10", "--own-connections"]
    )
    assert done.exit_code == 1
    assert "of 10 connections stood when the next failed" in done.stderr
    assert "max_connections" in done.stderr


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["town", "--homes", "900", "--own-connections"], "--homes 8"),
        (["load", "--devices", "6000", "--own-connections"], "at most 5000"),
        (["load", "--devices", "10", "--connections", "11"], "at most 10"),
    ],
)
def test_more_connections_than_there_may_be_are_not_tried(options: list[str], word: str) -> None:
    done = CliRunner().invoke(app, options)
    assert done.exit_code == 2
    assert word in done.stderr


def test_each_by_itself_is_everybody_but_the_gateways() -> None:
    layout = settle(homes=14, seed=3)
    freed = each_by_itself(layout)
    kept = [(each.who.device, each.kind, each.room) for each in layout.fitted() if each.kind != "gateway"]
    assert [(each.who.device, each.kind, each.room) for each in freed.fitted()] == kept
    assert all(each.who.via is None for each in freed.fitted())
    told = [line for line in registry_csv(layout).splitlines() if ",gateway," not in line]
    assert registry_csv(freed).splitlines() == told
    assert [device.who for device in Town(freed, seed=3, start_ms=0).links()] == [
        each.who for each in freed.fitted()
    ]


def test_as_many_homes_as_fit_are_named() -> None:
    layout = each_by_itself(settle(homes=900, seed=7))
    fitting = homes_at_most(layout)
    of = {n: len(replace(layout, homes=layout.homes[:n]).fitted()) for n in (fitting, fitting + 1)}
    assert of[fitting] <= CONNECTIONS_MAX < of[fitting + 1]


def limits(patch: pytest.MonkeyPatch, soft: int, hard: int) -> list[tuple[int, int]]:
    raised: list[tuple[int, int]] = []
    patch.setattr(resource, "getrlimit", lambda _which: (soft, hard))
    patch.setattr(resource, "setrlimit", lambda _which, both: raised.append(both))
    return raised


def test_the_soft_limit_of_files_is_raised_only_as_far_as_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    raised = limits(monkeypatch, 1024, 20_000)
    make_room(1024 - SPARE)
    assert raised == []
    make_room(5_000)
    assert raised == [(5_000 + SPARE, 20_000)]


@pytest.mark.parametrize("soft", [resource.RLIM_INFINITY, 1024])
def test_without_a_hard_limit_there_is_room(monkeypatch: pytest.MonkeyPatch, soft: int) -> None:
    raised = limits(monkeypatch, soft, resource.RLIM_INFINITY)
    make_room(5_000)
    assert len(raised) == (soft == 1024)


def test_a_hard_limit_too_low_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    raised = limits(monkeypatch, 1024, 4096)
    with pytest.raises(TooFewFilesError, match=r"5000 connections need 5064 open files.*4096.*LimitNOFILE"):
        make_room(5_000)
    assert raised == []


class Opening:
    """Openers that take a turn of the loop each; the one numbered ``fails`` fails."""

    def __init__(self, fails: int = -1, why: Exception | None = None) -> None:
        self.began: list[int] = []
        self.at_once = self.most_at_once = 0
        self.fails, self.why = fails, why

    async def open(self, number: int) -> None:
        self.began.append(number)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if number == self.fails and self.why is not None:
            raise self.why

    def all(self, many: int, *, at_once: int) -> list[int]:
        stood: list[int] = []
        asyncio.run(
            open_all([lambda n=n: self.open(n) for n in range(many)], at_once=at_once, opened=stood.append)
        )
        return stood


@pytest.mark.parametrize("at_once", [1, 3, 50])
def test_connections_are_opened_in_order_so_many_at_a_time(at_once: int) -> None:
    opening = Opening()
    assert opening.all(20, at_once=at_once) == list(range(1, 21))
    assert opening.began == list(range(20))
    assert opening.most_at_once == min(at_once, 19)  # the first one goes alone


def test_a_failure_ends_the_opening() -> None:
    opening = Opening(fails=3, why=ConnectionResetError("closed by the broker"))
    with pytest.raises(NotAllOpenError, match=r"3 of 20 connections stood .* closed by the broker"):
        opening.all(20, at_once=1)
    assert opening.began == [0, 1, 2, 3]
    with pytest.raises(ConnectionRefusedError):  # nobody there at all: not a matter of how many
        Opening(fails=0, why=ConnectionRefusedError()).all(20, at_once=1)
    with pytest.raises(BrokerRefusedError):
        Opening(fails=5, why=BrokerRefusedError("not authorised")).all(20, at_once=1)
    assert Opening().all(0, at_once=4) == []


class QuietLines:
    """In the place of connections: remembers what it is given."""

    def __init__(self) -> None:
        self.published: list[Message] = []

    def overhear(self, _acked: object) -> None:
        pass

    def check(self) -> None:
        pass

    def publish(self, messages: list[Message]) -> None:
        self.published += messages


def test_what_came_due_while_connecting_is_said_at_once_and_is_not_called_late() -> None:
    town, lines = Town(settle(homes=3, seed=7), seed=7, start_ms=1_750_000_000_000), QuietLines()
    told: list[str] = []
    now_ms = town.now_ms + 20_000
    live = Live(town, lines, lines, speed=1, trouble=told.append, from_ms=now_ms)  # type: ignore[arg-type]
    live._turn()
    assert lines.published
    assert all(message.at_ms <= live.now_ms() for message in lines.published)
    assert 0 <= live.now_ms() - now_ms < 20_000
    for message in lines.published:
        live.punctual.acked(message, 0, 0)
    assert live.punctual.summary()["timed"] == 0
    assert told == []


def reading(at_ms: int) -> Message:
    return telemetry(Identity("lianhua", "H0001-door"), at_ms, "7f3a", 1, {"contact": True})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The monotonic clock, to be set."""
    now_s = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    return iter([now_s])


def test_a_town_that_is_late_says_how_late(clock: Iterator[list[float]]) -> None:
    (now_s,), told = clock, []
    punctual = Punctual(lambda at_ms: 100 + at_ms / 1000, from_ms=0, trouble=told.append)
    for at_ms in range(100, 10_100, 100):
        now_s[0] = 100 + at_ms / 1000 + 0.010
        punctual.published(at_ms)
        punctual.acked(reading(at_ms), 0, 0)
    summary = punctual.summary()
    assert summary["timed"] == 100
    assert summary["kept_up"]
    assert summary["late_ms"]["max"] == summary["behind_max_ms"] == 10
    assert told == []

    now_s[0] += LATE_MS / 1000 + 1
    punctual.published(10_000)
    punctual.acked(reading(10_000), 0, 0)
    assert told == ["the town is 2.0 s behind its time"]
    summary = punctual.summary()
    assert not summary["kept_up"]
    assert summary["late_ms"]["max"] == summary["behind_max_ms"] == pytest.approx(2_010)
    assert "did not keep up" in told[1]


def test_a_slow_broker_is_late_without_the_town_being_behind(clock: Iterator[list[float]]) -> None:
    (now_s,), told = clock, []
    punctual = Punctual(lambda at_ms: 100 + at_ms / 1000, from_ms=0, trouble=told.append)
    punctual.published(500)
    now_s[0] = 105.5
    punctual.acked(reading(500), 0, 0)
    summary = punctual.summary()
    assert (summary["behind_max_ms"], summary["late_ms"]["p50"], summary["kept_up"]) == (0.0, 5_000, False)
    assert len(told) == 1


def test_a_town_sums_up_how_it_kept_its_time(mosquitto: Broker) -> None:
    town = start(mosquitto, "town", "--homes", "3", "--speed", "600", "--until", "0.3")
    out, err = town.communicate(timeout=30)
    found = json.loads(out)
    assert found["timed"] > 0, err
    assert 0 < found["late_ms"]["p50"] <= found["late_ms"]["p99"] <= found["late_ms"]["max"]
    assert found["kept_up"] == ("did not keep up" not in err)
    assert found["rss_max_mb"] > 1
