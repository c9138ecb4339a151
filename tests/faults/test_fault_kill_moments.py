"""kill -9 at the very moments between which a promise could break: each is named, hit in a real process, and reckoned with.

The random kills (``test_fault_kill.py``) find what nobody thought of; these make sure that what was thought of is hit at all.
"""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

from hub_nursery import Moment
from hub_process import HubProcess, a_hub, channel
from ledger_publisher import Flow, Publisher, flowing
from parts import Broker, wait_until
from quick_rules import DOOR, FALL, WORN_AND_FIXED, silent
from receiver import receiving
from reckoning import reckon, twin

HOMES = 5
RULES = FALL + DOOR + silent(WORN_AND_FIXED)
DEEP = os.environ.get("CAREHUB_DEEP") == "1"
MOMENTS = {
    "recovered, not a word written": Moment("gateway.engine.engine:Engine.recover"),
    "recovered, the owed deeds written": Moment("gateway.operations.alert_log:AlertLog.commit"),
    "between commit and PUBACK": Moment("gateway.journal.journal:Journal.append", 4),
    "after PUBACK, not judged": Moment("gateway.ingest.mqtt5_session:Mqtt5Session.acknowledge", 4),
    "judged, not written": Moment("gateway.operations.alert_log:AlertLog.commit", 5, before=True),
    "amid a round of snapshots": Moment("gateway.operations.alert_log:AlertLog.commit", 7),
    "the store has written": Moment("gateway.store.duckdb:DuckDBStore.write"),
    "sent, and not written down": Moment("gateway.notify.outbox:settle", before=True),
}
MORE_MOMENTS = {
    "recovered, the opening in the journal": Moment("gateway.journal.journal:Journal.append"),
    "before a commit": Moment("gateway.journal.journal:Journal.append", 5, before=True),
    "written, nobody told": Moment("gateway.operations.alert_log:AlertLog.commit", 7),
    "a round of snapshots begun": Moment("gateway.snapshots:Snapshots.begin", 3),
    "before the store writes": Moment("gateway.store.duckdb:DuckDBStore.write", 2, before=True),
    "sent and written down": Moment("gateway.notify.outbox:settle", 2),
}
# A state a commit and a round every half second: a round spans many turns, as a city's does.
CITY = {"gateway.snapshots:SNAPSHOT_KEYS_MAX": 1, "gateway.snapshots:SNAPSHOT_EVERY_MS": 500}


def strike(hub: HubProcess, moment: Moment, name: str, flow: Flow) -> None:
    """Let it run into the moment; deep: twice in a row, so that a recovery is met by the same fate."""
    for _ in range(2 if DEEP else 1):
        began = time.monotonic()
        hub.spawn(moment)
        wait_until(hub.has_ended, within_s=40, what=f"the hub coming to: {name}; {hub.log()[-2000:]}")
        assert hub.process is not None
        assert hub.process.poll() == -9, (name, hub.log()[-2000:])
        hub.process = None
        print(f"{time.monotonic() - began:.1f} s to: {name}")  # noqa: T201 a figure of the run
    said = flow.said + 60
    wait_until(partial(flow.has_come_to, said), within_s=30, what="some more messages")


def test_killed_at_each_moment_that_matters_it_loses_nothing_and_raises_everything_once(
    mosquitto: Broker, tmp_path: Path
) -> None:
    same = {"homes": HOMES, "heartbeat_s": 10, "rules": RULES}
    with (
        receiving() as receiver,
        twin(tmp_path, mosquitto, **same) as undisturbed,
        a_hub(tmp_path, mosquitto, more=channel(receiver.url), constants=CITY, **same) as hub,
        Publisher(mosquitto) as publisher,
    ):
        with flowing(publisher, homes=HOMES, fall_every=29, doors_every=500, pace=1) as flow:
            hub.kill()
            for name, moment in (MOMENTS | MORE_MOMENTS if DEEP else MOMENTS).items():
                strike(hub, moment, name, flow)
            hub.start()
        reckon(publisher, hub, undisturbed=undisturbed, receiver=receiver, until=flow.ended)
