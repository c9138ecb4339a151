"""A broker behind TLS and a password, and the clear word when either is wrong or nobody is there."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest
from hub_process import a_hub
from parts import BROKER_CONF, Broker, real_part, wait_until

PROTOCOLS = ["5", "3.1.1"]
FALL = "care/v1/lianhua/H0001-pendant/event"


def speaks(protocol: str) -> str:
    return f'protocol = "{protocol}"'


TLS_CONF = (
    BROKER_CONF.replace("allow_anonymous true", "allow_anonymous false").replace(
        "listener {port} 127.0.0.1", "per_listener_settings false\nlistener {port} 127.0.0.1"
    )
    + """\
password_file {data}/passwords
cafile {data}/ca.crt
certfile {data}/broker.crt
keyfile {data}/broker.key
"""
)


def make_certificates(folder: Path) -> None:
    """A certificate authority and a broker's certificate for 127.0.0.1, by openssl."""
    openssl = real_part("openssl")

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test authority")
    run("req", *key[:-2], "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=127.0.0.1")
    (folder / "san.cnf").write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    signing = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "san.cnf")
    run("x509", "-req", "-in", "broker.csr", "-out", "broker.crt", *signing)
    for file in folder.iterdir():
        file.chmod(0o644)  # started as root, Mosquitto reads them as another user


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tls_and_password_and_a_clear_word_when_either_is_wrong(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    mosquitto.stop()
    make_certificates(mosquitto.folder)
    passwords = mosquitto.folder / "passwords"
    subprocess.run(
        [real_part("mosquitto_passwd"), "-c", "-b", str(passwords), "hub", "a-password"], check=True
    )
    passwords.chmod(0o644)
    mosquitto.conf = TLS_CONF
    mosquitto.start()
    ca_file = mosquitto.folder / "ca.crt"
    secured = f'{speaks(protocol)}\nusername = "hub"\ntls = true\nca_file = "{ca_file}"'
    environment = {"CAREHUB_MQTT__PASSWORD": "a-password"}
    with a_hub(tmp_path, mosquitto, mqtt=secured, environment=environment) as hub:
        publish = [real_part("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(mosquitto.port), "-q", "1"]
        publish += ["--cafile", str(ca_file), "-u", "hub", "-P", "a-password", "-t", FALL]
        subprocess.run([*publish, "-m", '{"type":"fall"}'], check=True)
        wait_until(lambda: hub.rules_open() == ["fall"], what="a fall over TLS")
        hub.stop()
        hub.environment = {"CAREHUB_MQTT__PASSWORD": "another-password"}
        hub.spawn()
        wait_until(hub.answers, within_s=40, what="the hub answering")
        wait_until(lambda: "password" in hub.reasons(), what=f"readyz naming the password: {hub.reasons()}")
        assert "another-password" not in hub.log() + hub.reasons()
        hub.stop()
        hub.mqtt = f'{speaks(protocol)}\nusername = "hub"\ntls = true'  # an authority nobody knows
        hub.environment = environment
        hub.write_settings()
        hub.spawn()
        wait_until(hub.answers, within_s=40, what="the hub answering")
        wait_until(lambda: "certificate" in hub.reasons(), what=f"readyz naming the CA: {hub.reasons()}")


def test_nobody_at_the_brokers_address_is_said_with_the_address(tmp_path: Path, mosquitto: Broker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = int(bound.getsockname()[1])
    with a_hub(tmp_path, mosquitto, broker_port=port, started=False) as hub:
        hub.spawn()
        wait_until(hub.answers, within_s=40, what="the hub answering")
        assert f"127.0.0.1:{port}" in hub.reasons()
