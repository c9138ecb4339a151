"""The recover bench measures what it says; it waits for real rounds of snapshots, so its whole run is for the deep suite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from parts import real_part

from gateway.bench.city import live, registry_of
from rules.state import decode


def test_a_city_that_has_lived_knows_every_device() -> None:
    (lived,) = live(3, hours=0.25, until_ms=time.time_ns() // 1_000_000)
    states = {name: decode(body) for name, body in lived.saved if not name.startswith("site:")}
    assert states.keys() == {place.id for place in registry_of(3).places}
    assert {name for state in states.values() for name in state.devices} == {
        d.id for d in registry_of(3).devices
    }
    assert all(device.seq == 3 for state in states.values() for device in state.devices.values())


if os.environ.get("CAREHUB_DEEP"):

    def test_a_killed_hub_tells_of_a_fall_again() -> None:
        real_part("mosquitto")
        command = [str(Path(sys.executable).with_name("carehub")), "bench", "recover", "--json"]
        done = subprocess.run(
            [*command, "--devices", "50", "--hours", "0.2"],
            check=False,
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert found["devices"] == 50
        assert found["ready_s"] > 0
        assert found["rss_mb"] > 0
