"""Those who are to be told cannot be: a receiver is down, refuses, hangs; the way outside is cut. The alert waits and arrives.

Ten minutes of it on virtual time are in ``tests/gateway/test_outages.py``, in real time here with CAREHUB_DEEP.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hub_process import HubProcess, a_hub, channel, ids
from ledger_publisher import Publisher
from parts import Broker, wait_until
from quick_rules import FALL
from receiver import Receiver, Reply, receiving
from reckoning import drained, falls_of, reckon, told
from tcp_proxy import TcpProxy

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
SOON_S = 5.0
AWAY_S = 600 if DEEP else 0
BACK_S = 90 if DEEP else 60  # between two tries: a minute at most
HASTY = {"gateway.notify.webhook:Webhook.__init__.__kwdefaults__": {"timeout_s": 1.0}}  # not the usual 5 s


def tries(hub: HubProcess, name: str, outcome: str) -> float:
    """How often a message was brought to that channel, by what became of it."""
    return hub.figures()[f'deliveries_total{{channel="{name}",outcome="{outcome}"}}']


def has_all(receiver: Receiver, publisher: Publisher) -> bool:
    return falls_of(publisher) <= set(told(receiver).values())


@pytest.mark.parametrize("how", ["busy", "hangs"] if DEEP else ["hangs"])
def test_a_receiver_in_trouble_holds_up_no_other_and_gets_all_at_its_return_although_the_hub_was_killed(
    mosquitto: Broker, tmp_path: Path, how: str
) -> None:
    trouble = Reply(hang=True) if how == "hangs" else Reply(status=503)
    with (
        receiving() as street,
        receiving(trouble) as station,
        a_hub(
            tmp_path, mosquitto, rules=FALL, more=channel(station.url) + channel(street.url, name="street")
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        for number in range(1, 4):
            began = time.monotonic()
            publisher.fall(f"H000{number}-pendant")
            publisher.settled()
            wait_until(
                lambda: has_all(street, publisher), within_s=SOON_S, what="the other channel being told"
            )
            print(f"{how}: the other channel after {(time.monotonic() - began) * 1000:.0f} ms")  # noqa: T201 a figure
        wait_until(lambda: len(set(station.ids())) == 3, what="each being tried")
        tried = set(station.ids())
        wait_until(
            lambda: tries(hub, "street", "delivered") == 3,
            what="the other's receipts being written",
        )
        hub.kill()
        hub.start()
        wait_until(lambda: len(station.ids()) > 3, within_s=20, what="being tried after the kill")
        threading.Event().wait(AWAY_S)
        with station.lock:
            before, station.requests, station.reply = station.requests, [], Reply()
        station.release()
        wait_until(lambda: has_all(station, publisher), within_s=BACK_S, what="all being told at its return")
        assert set(station.ids()) == tried == {request.id for request in before}, (
            "the same messages as before"
        )
        drained(hub, publisher)
        assert tries(hub, "station", "failed") == 0
        reckon(publisher, hub, receiver=station)
        assert len(street.ids()) == len(set(street.ids())) == 3, "what the other has taken is not sent again"


@pytest.mark.parametrize("how", ["refused", "swallowed"] if DEEP else ["swallowed"])
def test_with_the_uplink_cut_the_house_goes_on_and_what_was_to_go_out_goes_when_it_is_back(
    mosquitto: Broker, tmp_path: Path, how: str
) -> None:
    """The console, the broker and a receiver in the house are there; the receiver outside is behind the uplink."""
    with (
        receiving() as outside,
        receiving() as inside,
        TcpProxy(urlsplit(outside.url).port or 0) as uplink,
        a_hub(
            tmp_path,
            mosquitto,
            rules=FALL,  # of ten minutes without a word others would have to tell
            more=channel(f"http://127.0.0.1:{uplink.port}") + channel(inside.url, name="house"),
            constants=HASTY,
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        publisher.fall("H0001-pendant")
        publisher.settled()
        wait_until(lambda: has_all(outside, publisher), what="the fall before the cut")
        uplink.away, uplink.dead = how == "refused", how == "swallowed"
        uplink.cut()
        for number in (1, 2, 3):
            publisher.fall(f"H000{number}-radar")
        publisher.settled()
        wait_until(lambda: has_all(inside, publisher), within_s=SOON_S, what="the house being told")
        stands(hub, publisher)
        assert len(outside.ids()) == 1
        wait_until(lambda: tries(hub, "station", "waiting") >= 3, what="the figures telling of it")
        threading.Event().wait(AWAY_S)
        assert hub.is_ready(), "readiness is about hearing and keeping, and both go on"
        uplink.away = uplink.dead = False
        uplink.cut()
        wait_until(
            lambda: has_all(outside, publisher), within_s=BACK_S, what="all being told when it is back"
        )
        reckon(publisher, hub, receiver=outside)
        assert sorted(told(inside).values()) == sorted(told(outside).values())


def stands(hub: HubProcess, publisher: Publisher) -> None:
    """The alerts stand on the console."""
    assert set(ids(hub.alerts())) == falls_of(publisher)
    page = hub.http.get("/")
    assert page.is_success
