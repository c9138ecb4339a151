"""kill -9 of the hub at any moment while messages flow: nothing is missing, no alert is lost, doubled or made up."""

from __future__ import annotations

import os
import random
from functools import partial
from pathlib import Path

import pytest
from hub_process import HubProcess, a_hub, channel
from ledger_publisher import Flow, Publisher, flowing
from parts import Broker, wait_until
from quick_rules import DOOR, FALL, NO_ACTIVITY, WORN_AND_FIXED, silent
from receiver import receiving
from reckoning import reckon, twin

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
KILLS = 200 if DEEP else 5
HOMES = 5
# Anything silent for 6 s raises: an absence of the hub that were counted as a device's would show.
RULES = FALL + DOOR + silent(WORN_AND_FIXED + ", gateway") + NO_ACTIVITY


def kill_again_and_again(hub: HubProcess, flow: Flow, dice: random.Random) -> None:
    """Kill at a random message: every other time anywhere from the first moment of the process, else while it works."""
    for number in range(KILLS):
        hub.spawn()
        if number % 2:
            wait_until(hub.answers, within_s=40, what="the hub answering")
        moment = flow.said + dice.randint(0, 1_500 if number % 2 else 3_000)
        wait_until(partial(flow.has_come_to, moment), within_s=60, what="the next moment")
        hub.kill()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"] if DEEP else ["5"])
def test_killed_at_random_moments_it_loses_nothing_and_raises_everything_once(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    seed = random.SystemRandom().randrange(1 << 32) if DEEP else 20_251_123
    print(f"seed {seed}")  # noqa: T201 shown when it fails
    same = {"homes": HOMES, "heartbeat_s": 2, "rules": RULES}
    with (
        receiving() as receiver,
        twin(tmp_path, mosquitto, **same) as undisturbed,
        a_hub(
            tmp_path, mosquitto, mqtt=f'protocol = "{protocol}"', more=channel(receiver.url), **same
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        with flowing(publisher, homes=HOMES, doors_every=2_000) as flow:
            hub.kill()
            kill_again_and_again(hub, flow, random.Random(seed))  # noqa: S311 seeded on purpose
            hub.start()
        reckon(publisher, hub, undisturbed=undisturbed, receiver=receiver, until=flow.ended)
