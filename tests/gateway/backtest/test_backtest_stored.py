"""What a store holds becomes a history: presence and radio gateways, and when the hub itself heard nobody."""

from __future__ import annotations

from pathlib import Path

from backtest_cases import DAY, HOUR, MINUTE, SILENT, ZONE, rule_set

from gateway.backtest.asked import DAY_MS, Asked, Registered
from gateway.backtest.run import run
from gateway.backtest.stored_copy import copy_in_slices
from gateway.store.duckdb import DuckDBStore
from gateway.stored_rows import Rows
from rules.events import AnyEvent, Command, Status, Telemetry
from rules.world import Definition, Device, Place, World

HOMES = ("H1", "H2", "H3")
DEVICES = (
    *(Device(f"{home}-pir", "s", home, "motion", "", 600) for home in HOMES),
    Device("GW", "s", "F1", "gateway", "", 600),
)
PLACES = (*(Place(home, "home", site="s") for home in HOMES), Place("F1", "facility", site="s"))


def beats(*, until: int, without: range = range(0), only: tuple[str, ...] = ()) -> list[AnyEvent]:
    """Every device says something every ten minutes, but for the time ``without``."""
    return [
        Telemetry(DAY + at, device.id, DAY + at, 0, "b", at // MINUTE + 1, {"battery": 90.0})
        for at in range(0, until, 10 * MINUTE)
        if at not in without
        for device in DEVICES
        if not only or device.id in only
    ]


def over_store(folder: Path, events: list[AnyEvent], until: int, *modes: Command) -> dict[str, object]:
    """Store what was said, copy the store, and ask."""
    world = World(Definition(1, ZONE, PLACES, DEVICES, ()))
    store = DuckDBStore(folder / "readings.duckdb")
    rows = Rows()
    rows.add(sorted(events, key=lambda event: event.at))
    store.write(rows.readings(world), cursor=1)
    files = copy_in_slices(store, folder / "copy", DAY - DAY_MS, DAY + until, lambda _done: None)
    store.close()
    rules = rule_set(SILENT)
    asked = Asked(
        rules=rules, current=rules, registered=Registered(ZONE, "cn", PLACES, DEVICES), readings=files,
        from_ms=DAY, to_ms=DAY + until, modes=modes, workers=1,
    )  # fmt: skip
    return run(asked, folder / "scratch", lambda _what, _done: None)


def raised(answer: dict[str, object]) -> list[tuple[str, int]]:
    return [(a["subject"], a["active_at"] - DAY) for a in answer["alerts"]]  # type: ignore[attr-defined]


def test_a_device_that_stops_is_silent_after_its_heartbeats(tmp_path: Path) -> None:
    others = tuple(device.id for device in DEVICES if device.id != "H1-pir")
    events = beats(until=2 * HOUR) + beats(until=6 * HOUR, only=others)[2 * 6 * len(others) :]
    answer = over_store(tmp_path, events, 6 * HOUR)
    assert raised(answer) == [("H1-pir", HOUR + 50 * MINUTE + 30 * MINUTE)]
    assert answer["heartbeats"] == "registered"
    assert answer["feed_losses"] == []
    assert answer["devices_quiet"] == 0


def test_what_the_hub_itself_missed_makes_nobody_silent(tmp_path: Path) -> None:
    gone = range(2 * HOUR, 4 * HOUR)
    answer = over_store(tmp_path, beats(until=6 * HOUR, without=gone), 6 * HOUR)
    assert answer["feed_losses"] == [[DAY + 2 * HOUR - 10 * MINUTE, DAY + 4 * HOUR]]
    assert raised(answer) == []


def test_homes_behind_a_radio_gateway_that_is_off_are_not_called_silent(tmp_path: Path) -> None:
    """The gateway's own alert is the one that counts; behind which gateway a device is stands in the store."""
    behind: list[AnyEvent] = [Status(DAY, f"{home}-pir", DAY, 0, True, "GW", {}) for home in ("H1", "H2")]
    off: list[AnyEvent] = [Status(DAY + HOUR, "GW", DAY + HOUR, 0, False, "", {})]
    events = behind + off + beats(until=HOUR) + beats(until=5 * HOUR, only=("H3-pir",))[6:]
    answer = over_store(tmp_path, events, 5 * HOUR)
    assert raised(answer) == [("GW", HOUR + 5 * MINUTE)]


def test_modes_that_people_had_set_hold_back_as_they_did(tmp_path: Path) -> None:
    others = tuple(device.id for device in DEVICES if device.id != "H1-pir")
    events = beats(until=HOUR) + beats(until=5 * HOUR, only=others)[6 * len(others) :]
    until = str(DAY + 5 * HOUR)
    mode = Command(DAY + HOUR, "m", "mode", "", "李敏", {"kind": "maintenance", "until": until}, "H1")
    answer = over_store(tmp_path, events, 4 * HOUR, mode)
    figures = answer["rules"]["device_silent"]  # type: ignore[index]
    assert (figures["alerts"], figures["held"]) == (0, 1)
    assert answer["alerts"][0]["held_by"] == "mode:maintenance"  # type: ignore[index]
