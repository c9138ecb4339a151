"""A broker of the demo's own: Mosquitto where it is installed, else amqtt, which keeps nothing for an absent hub."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MQTT_PORT = 1883
SBIN = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")

MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {data}/
max_queued_messages 0
max_queued_bytes 1073741824
max_inflight_messages 0
queue_qos0_messages false
set_tcp_nodelay true
"""

AMQTT = """\
listeners:
  default:
    type: tcp
    bind: 127.0.0.1:{port}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin:
    allow_anonymous: true
"""


class BrokerError(Exception):
    """The demo's broker does not start; the message says why."""


@dataclass(slots=True)
class DemoBroker:
    """A running broker process."""

    name: str
    port: int
    protocol: str
    process: subprocess.Popen[bytes]

    @property
    def durable(self) -> bool:
        """Whether it keeps what comes while the hub is away."""
        return self.name == "Mosquitto"

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_broker(folder: Path, port: int, *, mosquitto: bool = True) -> DemoBroker:
    """Start a broker on loopback (port 0: 1883, or any free one) and wait until it listens; raises ``BrokerError``.

    ``mosquitto`` False leaves it aside even where it is installed.
    """
    if port and _listens(port):
        raise BrokerError(
            f"port {port} is taken by another program; choose another port for the demo's broker"
        )
    port = port or (MQTT_PORT if not _listens(MQTT_PORT) else free_port())
    places = os.pathsep.join([os.environ.get("PATH", ""), *SBIN])
    program = shutil.which("mosquitto", path=places) if mosquitto else None
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)  # started as root, Mosquitto becomes another user before it writes
    if program:
        conf = folder / "mosquitto.conf"
        conf.write_text(MOSQUITTO.format(port=port, data=folder))
        command, name, protocol = [program, "-c", str(conf)], "Mosquitto", "5"
    else:
        conf = folder / "amqtt.yaml"
        conf.write_text(AMQTT.format(port=port))
        command, name, protocol = (
            [str(Path(sys.executable).with_name("amqtt")), "-c", str(conf)],
            "amqtt",
            "3.1.1",
        )
    with (folder / "broker.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    deadline = time.monotonic() + 20
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            words = (folder / "broker.log").read_text(errors="replace")[-500:]
            process.kill()
            process.wait()
            raise BrokerError(f"{name} does not start on port {port}: {words.strip() or 'no word of why'}")
        time.sleep(0.05)
    return DemoBroker(name, port, protocol, process)


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
