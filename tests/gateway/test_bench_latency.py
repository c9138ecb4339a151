"""The latency bench measures what it says: each fall is heard of, by the hub and by the relay beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from parts import real_part


@pytest.mark.skipif(os.environ.get("CAREHUB_DEEP") != "1", reason="a long one: make test-deep")
def test_every_fall_is_heard_of() -> None:
    real_part("mosquitto")
    command = [str(Path(sys.executable).with_name("carehub")), "bench", "latency", "--json"]
    command += ["--devices", "100", "--rate", "100", "--falls", "6", "--for", "2s"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["rate"] == 100
    assert found["falls"] == 6
    assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["max_ms"]
    assert 0 < found["relay_p50_ms"] < found["p50_ms"], "the floor lies below"
    assert found["whole_collections"] >= 1
