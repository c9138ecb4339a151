"""What the demo says of itself: the simulator's ledger against store and quarantine, alerts against what was received."""

from __future__ import annotations

import hmac
import json
import socket
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from parts import real_part

from gateway.demo.broker import BrokerError, free_port, start_broker
from gateway.demo.receiver import Receipt, Receiver
from gateway.demo.score import read_ledger, score
from gateway.duty.plan import Plan
from gateway.journal.journal import Entry, Journal, Refused
from gateway.operations.alert_log import AlertLog, Deed, Work
from gateway.operations.database import open_database
from gateway.operations.duty_in_force import DutyInForce
from gateway.rulebook.load import load_rules
from gateway.store.duckdb import DuckDBStore
from gateway.store_writer import StoreWriter
from rules.effects import Evidence, Raise
from rules.events import Telemetry
from rules.state import Fact
from rules.world import Definition, Place, World

AT = 1_772_413_200_000
WORLD = World(Definition(1, "UTC", (Place("H1", "home"),), (), load_rules()))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five messages sent: three stored, one in quarantine, one nowhere; two alerts raised, one received twice."""
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        events = [Telemetry(AT, "d", AT + n, 0, "b", n, {"motion": 1.0, "battery": 9.0}) for n in (1, 2, 3)]
        payload = json.dumps({"boot": "b", "seq": 4, "m": {}}).encode()
        topic = "care/v1/s/d/telemetry"
        journal.append(
            Entry(
                list(events),
                refused=[
                    Refused(AT, topic, payload, len(payload), "no_values", "…"),
                    Refused(AT, topic, b"{", 1, "bad_json", "…"),
                    Refused(AT, topic, b'{"boot":"b","seq":5}', 20, "clock", "…", repaired=True),
                ],
            )
        )
        store = DuckDBStore(tmp_path / "readings.duckdb")
        StoreWriter(journal, store, world=lambda: WORLD, about_itself=dict)._write_some()
        store.close()
    database = open_database(tmp_path / "operations.sqlite")
    log = AlertLog(
        database,
        duty=DutyInForce(database, Plan(), zone=ZoneInfo("Asia/Shanghai"), calendar="none"),
        enqueue=lambda *_: (),
        wall_ms=lambda: 5_000,
    )
    facts = Evidence("event", (Fact("d", "event.fall", 1.0, AT + 2),), {})
    silent = Evidence("silent", (Fact("d", "online", 1.0, AT),), {"heartbeats": 3.0, "offline_for_s": 300.0})
    log.commit(
        Work(
            2,
            [
                Deed(1, Raise("a1", "fall", "H1", "d", AT + 2, AT + 2, facts), WORLD),
                Deed(2, Raise("a2", "device_silent", "H1", "d", AT + 9, AT + 9, silent), WORLD),
            ],
        )
    )
    database.dispose()
    return tmp_path


def test_the_score(data: Path) -> None:
    ledger = data / "ledger.jsonl"
    lines = [
        {"device": "d", "boot": "b", "seq": n, "ts": AT + n, "sent_ms": 4_000.0 + n} for n in range(1, 6)
    ]
    ledger.write_text("".join(json.dumps(line) + "\n" for line in lines))
    receipts = [
        Receipt("station", "m1", "a1", 4_010.0),
        Receipt("street", "m2", "a1", 9_999.0),
        Receipt("station", "m1", "a1", 9_999.0),
    ]
    assert score(data, read_ledger(ledger), receipts, received=5) == {
        "published": 5,
        "received": 5,
        "stored": 3,
        "quarantined": 2,
        "lost": 1,
        "alerts_raised": 2,
        "alerts_delivered": 1,
        "alert_latency_ms": {"p50": 8.0, "p99": 8.0},
        "alerts_by_rule": {"device_silent": 1, "fall": 1},
        "received_twice": 1,
    }


def test_an_alert_that_no_message_caused_is_measured_from_its_raise(data: Path) -> None:
    (data / "ledger.jsonl").touch()
    nothing = read_ledger(data / "ledger.jsonl")
    found = score(data, nothing, [Receipt("station", "m1", "a2", 5_030.0)], received=0)
    assert found["alert_latency_ms"] == {"p50": 30.0, "p99": 30.0}
    assert score(data, nothing, [], received=0)["alert_latency_ms"] == {"p50": None, "p99": None}


def test_only_a_message_with_a_right_signature_is_received() -> None:
    receiver = Receiver("s3cret")
    try:
        body = json.dumps({"alert": {"id": "a1"}}).encode()
        for key, status in ((b"s3cret", 204), (b"other", 401)):
            signature = "v1=" + hmac.new(key, b"17." + body, sha256).hexdigest()
            headers = {"X-Carehub-Timestamp": "17", "X-Carehub-Signature": signature, "X-Carehub-Id": "m1"}
            answer = httpx.post(receiver.address + "/station", content=body, headers=headers)
            assert answer.status_code == status
        assert httpx.post(receiver.address + "/station", content=body).status_code == 401
        assert [(r.channel, r.message_id, r.alert) for r in receiver.receipts] == [("station", "m1", "a1")]
        assert receiver.rejected == 2
    finally:
        receiver.close()


def test_a_port_that_is_taken_is_said_and_the_foreign_program_is_not_taken_for_the_broker(
    tmp_path: Path,
) -> None:
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        port = foreign.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} is taken"):
            start_broker(tmp_path, port)


def test_the_demo_s_broker_listens_and_ends(tmp_path: Path) -> None:
    real_part("mosquitto")
    broker = start_broker(tmp_path / "broker", free_port())
    try:
        assert (broker.name, broker.protocol, broker.durable) == ("Mosquitto", "5", True)
        with socket.create_connection(("127.0.0.1", broker.port), timeout=5):
            pass
    finally:
        broker.stop()
    assert broker.process.returncode is not None
