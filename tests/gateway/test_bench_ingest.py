"""The ingest bench measures what it says: every message of the load is read, stored and counted, beside its floor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from parts import real_part

MESSAGES = 3_000


def test_the_bench_counts_what_it_drains() -> None:
    real_part("mosquitto")
    command = [str(Path(sys.executable).with_name("carehub")), "bench", "ingest", "--no-peers", "--json"]
    command += ["--messages", str(MESSAGES), "--devices", "200"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"bare_msgs_per_s", "hub_msgs_per_s", "ratio", "cpu_us_per_msg"} <= found.keys()
    assert found["hub_read"] == MESSAGES
    assert found["rows_stored"] == 2 * MESSAGES, "every metric a row; so few messages hold no fall"
    assert found["nodered_msgs_per_s"] is None
    assert "--no-peers" in found["nodered"]
    assert 0 < found["hub_msgs_per_s"] < found["bare_msgs_per_s"] * 2
