"""deploy/mosquitto on a real Mosquitto: it starts, asks for a name, and lets each name do its own work only."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from parts import Broker, free_port, listens, real_part, wait_until

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy/mosquitto"
PASSWORDS = {"hub": "a1", "lianhua": "b2", "town": "c3", "H0001-pendant": "d4"}
FROM_ENV = {
    "MQTT_HUB_PASSWORD": "a1",
    "MQTT_SITE": "lianhua",
    "MQTT_SITE_PASSWORD": "b2",
    "MQTT_TOWN_PASSWORD": "c3",
}


def make_passwords(file: Path, *arguments: str, env: dict[str, str] | None = None, typed: str = "") -> str:
    """Run passwords.sh on a file; its output, or AssertionError with what it said."""
    real_part("mosquitto")  # mosquitto_passwd comes with it
    done = subprocess.run(
        ["sh", str(DEPLOY / "passwords.sh"), *arguments],
        env={"PATH": os.environ["PATH"], "PASSWD_FILE": str(file), **(FROM_ENV if env is None else env)},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # no terminal: the password is read from standard input
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Station:
    """A broker with the house's settings, and clients that sign in by name."""

    broker: Broker

    @contextmanager
    def client(self, name: str) -> Iterator[Client]:
        client = Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(name, PASSWORDS[name])
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        wait_until(client.is_connected, what=f"{name} signed in")
        yield client
        client.disconnect()
        client.loop_stop()

    def heard(
        self, reader: str, filter_: str, said: list[tuple[str, str]], *, mark: str = "care/v1/_hub/mark"
    ) -> list[str]:
        """Topics that reach the reader of all that was said, as (writer, topic).

        ``mark``: a topic the hub may write and the reader may read. It is published last and subscribed to, so
        that its arrival says: everything before it has been decided.
        """
        topics: list[str] = []
        subscribed = threading.Event()
        with self.client(reader) as listening, self.client("hub") as hub:
            listening.on_message = lambda _client, _data, message: topics.append(message.topic)
            listening.on_subscribe = lambda *_: subscribed.set()
            listening.subscribe([(filter_, 1), (mark, 1)])
            assert subscribed.wait(5)
            for writer, topic in said:
                with self.client(writer) as speaking:
                    speaking.publish(topic, "it", qos=1).wait_for_publish(5)
            hub.publish(mark, "mark", qos=1).wait_for_publish(5)
            wait_until(lambda: mark in topics, what="the mark")
        return [topic for topic in topics if topic != mark]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # Not pytest's tmp_path: the broker gives up root and could not enter it.
    with tempfile.TemporaryDirectory(prefix="carehub-deploy-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def settings(folder: Path, port: int) -> str:
    """mosquitto.conf with this machine's paths and a free loopback port in place of the container's."""
    text = (DEPLOY / "mosquitto.conf").read_text()
    for inside, here in {
        "listener 1883": f"listener {port} 127.0.0.1",
        "/mosquitto/secrets/passwd": str(folder / "passwd"),
        "/mosquitto/config/acl": str(DEPLOY / "acl"),
        "/mosquitto/data/": f"{folder}/data/",
        "/mosquitto/config/conf.d": str(folder / "conf.d"),
    }.items():
        assert inside in text, inside
        text = text.replace(inside, here)
    return text


@pytest.fixture(scope="module")
def station(folder: Path) -> Iterator[Station]:
    program = real_part("mosquitto")
    make_passwords(folder / "passwd")
    make_passwords(folder / "passwd", "add", "H0001-pendant", typed="d4\nd4\n")
    (folder / "passwd").chmod(0o644)  # the broker of this machine has another user than the image's 1883
    (folder / "conf.d").mkdir()
    (folder / "data").mkdir()
    (folder / "data").chmod(0o777)
    port = free_port()
    broker = Broker(program, folder, port=port, conf=settings(folder, port))
    broker.start()
    yield Station(broker)
    broker.kill()


def healthcheck() -> str:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return str(services["mosquitto"]["healthcheck"]["test"][1]).replace("$$", "$")


def test_the_settings_are_the_designs() -> None:
    text = (DEPLOY / "mosquitto.conf").read_text()
    given = dict(line.split(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    wanted = {
        "allow_anonymous": "false",
        "persistence": "true",
        "max_queued_messages": "0",
        "max_inflight_messages": "0",
        "queue_qos0_messages": "false",
        "set_tcp_nodelay": "true",
    }
    assert wanted.items() <= given.items()
    assert int(given["max_queued_bytes"]) > 0


@pytest.mark.parametrize("who", [[], ["-u", "hub"], ["-u", "hub", "-P", "no"], ["-u", "gw-9", "-P", "a1"]])
def test_nobody_comes_in_without_a_name_and_its_password(station: Station, who: list[str]) -> None:
    command = [real_part("mosquitto_pub"), "-p", str(station.broker.port), *who, "-t", "care/x", "-m", "{}"]
    not_authorised = 5
    assert subprocess.run(command, capture_output=True, check=False).returncode == not_authorised


def test_the_healthcheck_passes_on_it_and_fails_without_it(station: Station) -> None:
    command = healthcheck()
    assert "-p 1883" in command
    for port, healthy in ((station.broker.port, True), (free_port(), False)):
        done = subprocess.run(["sh", "-c", command.replace("-p 1883", f"-p {port}")], check=False)
        assert (done.returncode == 0) is healthy


@pytest.mark.parametrize("writer", ["town", "lianhua", "H0001-pendant"])
def test_devices_of_the_site_are_heard_by_the_hub(station: Station, writer: str) -> None:
    topics = [f"care/v1/lianhua/H0001-pendant/{kind}" for kind in ("telemetry", "event", "status")]
    assert station.heard("hub", "care/#", [(writer, topic) for topic in topics]) == topics


def test_nobody_speaks_for_others(station: Station) -> None:
    said = [
        ("lianhua", "care/v1/futian/x/telemetry"),
        ("lianhua", "care/v1/lianhua/H0001-pendant/cmd"),
        ("lianhua", "care/v1/_sim/clock"),
        ("lianhua", "care/v1/_hub/fence"),
        ("town", "care/v1/futian/x/telemetry"),
        ("town", "care/v1/_hub/fence"),
        ("H0001-pendant", "care/v1/lianhua/H0001-radar/event"),
        ("hub", "care/v1/lianhua/H0001-pendant/event"),
    ]
    assert station.heard("hub", "care/#", said) == []


def test_the_hub_hears_its_own_fence(station: Station) -> None:
    assert station.heard("hub", "care/#", [("hub", "care/v1/_hub/fence")]) == ["care/v1/_hub/fence"]


OWN_COMMAND = "care/v1/lianhua/H0001-pendant/cmd"  # as the mark: it arrives


@pytest.mark.parametrize("device", ["town", "lianhua", "H0001-pendant"])
def test_a_device_hears_its_commands_and_nothing_else(station: Station, device: str) -> None:
    said = [
        ("hub", "care/v1/futian/F0001-door/cmd"),
        ("hub", "care/v1/_hub/fence"),
        ("town", "care/v1/lianhua/H0002-radar/event"),
        ("lianhua", "care/v1/lianhua/H0002-radar/telemetry"),
    ]
    assert station.heard(device, "care/#", said, mark=OWN_COMMAND) == []


def test_the_town_keeps_time_with_a_hub_in_simulation(station: Station) -> None:
    clock, echo = "care/v1/_sim/clock", "care/v1/_sim/echo"
    assert station.heard("hub", "care/#", [("town", clock)]) == [clock]
    assert station.heard("town", "care/v1/_sim/+", [("hub", echo)], mark=OWN_COMMAND) == [echo]


def test_passwords_are_hashed_and_accounts_made_by_hand_stay(tmp_path: Path) -> None:
    file = tmp_path / "passwd"
    make_passwords(file)
    make_passwords(file, "add", "gw-12", typed="x\nx\n")
    make_passwords(file, env={**FROM_ENV, "MQTT_TOWN_PASSWORD": ""})
    lines = dict(line.split(":", 1) for line in file.read_text().splitlines())
    assert set(lines) == {"hub", "lianhua", "gw-12"}, "without a password the town has no account"
    assert all(re.match(r"\$\d\$", hashed) for hashed in lines.values())
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        ((), {**FROM_ENV, "MQTT_HUB_PASSWORD": ""}),
        ((), {**FROM_ENV, "MQTT_SITE": "hub"}),
        ((), {**FROM_ENV, "MQTT_SITE": "a/b"}),
        (("add", "_sim"), FROM_ENV),
        (("add", "town"), FROM_ENV),
    ],
)
def test_names_with_a_meaning_of_their_own_are_refused(
    tmp_path: Path, arguments: tuple[str, ...], env: dict[str, str]
) -> None:
    with pytest.raises(AssertionError, match=r"set it in \.env|MQTT_SITE|letters"):
        make_passwords(tmp_path / "passwd", *arguments, env=env)


def test_the_tls_example_works(station: Station, folder: Path) -> None:
    key, certificate = folder / "server.key", folder / "server.crt"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([real_part("openssl"), *request.split(), *names], check=True, capture_output=True)
    key.chmod(0o644)
    secure, example = free_port(), (DEPLOY / "conf.d/tls.conf.example").read_text()
    tls = example.replace("listener 8883", f"listener {secure} 127.0.0.1").replace(
        "/mosquitto/certs", str(folder)
    )
    (folder / "conf.d/tls.conf").write_text(tls)
    station.broker.stop()
    station.broker.start()
    wait_until(lambda: listens(secure), what="the TLS listener")
    send = [real_part("mosquitto_pub"), "-h", "localhost", "-p", str(secure), "-u", "lianhua", "-P", "b2"]
    send += ["-q", "1", "-t", "care/v1/lianhua/x/telemetry", "-m", "{}"]
    trusted = subprocess.run([*send, "--cafile", str(certificate)], capture_output=True, check=False)
    in_clear = subprocess.run(send, capture_output=True, check=False)
    assert trusted.returncode == 0, trusted.stderr
    assert in_clear.returncode != 0
