"""A home as a hub at work knows it: the sentence, its devices, and what happened, all from what its sensors said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from parts import wait_until
from web_hub import LivingHub

HOUR = 3_600_000


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingHub]:
    hub = LivingHub(Path(tmp_path_factory.mktemp("living")))
    yield hub
    hub.close()


def says(living: LivingHub, device: str, seq: int, **metrics: object) -> None:
    async def told() -> None:
        body = json.dumps({"boot": "b", "seq": seq, "m": metrics}).encode()
        living.heard.says(f"care/v1/lianhua/{device}/telemetry", body)

    living.does(told())


def test_movement_is_said_as_activity_and_by_its_room(living: LivingHub) -> None:
    says(living, "h1-motion", 7, motion=True, battery=55)
    port = living.port

    def battery() -> object:
        now = port.home_now("H0001", [])
        return now and next(one.battery for one in now.devices if one.id == "h1-motion")

    wait_until(lambda: battery() == 55, what="the reading was judged")
    now = port.home_now("H0001", [])
    assert now is not None
    assert (now.sentence.said, now.sentence.usual) == ("active", "learning")
    assert [(one.id, one.alive, one.online) for one in now.devices] == [
        ("h1-motion", True, True),
        ("h1-pendant", True, True),
    ]

    def rooms() -> set[str]:
        at = living.hub.clock.now()
        found = living.does(port.happenings("H0001", at - HOUR, at + HOUR)) or ()
        return {f"{one.room} {one.what}" for one in found}

    wait_until(lambda: {"客厅 motion", "随身 event.sos"} <= rooms(), what="the store has it")


def test_of_a_home_that_only_has_a_pendant_nothing_is_claimed(living: LivingHub) -> None:
    now = living.port.home_now("H0002", [])
    assert now is not None
    assert now.sentence.said == "no_sensors"


def test_a_mode_and_an_alert_of_inactivity_are_said(living: LivingHub) -> None:
    away = living.port.home_now("H0003", [])
    assert away is not None
    assert away.sentence.said == "away"
    quiet = living.port.home_now("H0004", ["fall", "no_activity", "gone_since"])
    assert quiet is not None
    assert quiet.sentence.usual == "inactive"


def test_there_is_nothing_to_say_of_a_hall_or_of_what_is_no_home(living: LivingHub) -> None:
    assert living.port.home_now("F01", []) is None
    assert living.port.home_now("nowhere", []) is None
    assert living.does(living.port.happenings("nowhere", 0, 1)) == []
