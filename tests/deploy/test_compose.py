"""docker-compose.yml holds its own rules: mirrors, secrets, loopback, health, mounts, the hub's settings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from gateway.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
SECRET = re.compile(r"PASSWORD|TOKEN$|SECRET")
ONE_SHOTS = {"mosquitto-passwords", "influxdb-init"}
# The town is a demonstration; the image's own check would ask a hub that is not in its container.
WITHOUT_HEALTHCHECK = ONE_SHOTS | {"town"}
# Empty means that the broker has no such account at all, so it need not be filled in at a station.
MAY_BE_EMPTY = {"MQTT_TOWN_PASSWORD"}

HUB_SETTINGS = {
    f"CAREHUB_{section}__{key}".upper()
    for section, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    for key in field.annotation.model_fields
}


def services() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(COMPOSE.read_text())["services"])


def each_service() -> list[Any]:
    return [pytest.param(name, service, id=name) for name, service in services().items()]


def environment_of_all() -> list[tuple[str, str, str]]:
    return [
        (service, name, str(value))
        for service, content in services().items()
        for name, value in content.get("environment", {}).items()
    ]


def variables(text: str) -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{(\w+)", text))


@pytest.mark.parametrize(("name", "service"), each_service())
def test_every_image_can_come_from_a_mirror_and_says_its_version(name: str, service: dict[str, Any]) -> None:
    assert re.fullmatch(r"\$\{IMAGE_PREFIX:-\}[a-z/-]+:[\w.]+", service["image"])
    assert not service["image"].endswith(":latest")


@pytest.mark.parametrize(("name", "service"), each_service())
def test_every_service_is_confined_and_its_log_bounded(name: str, service: dict[str, Any]) -> None:
    assert "no-new-privileges:true" in service["security_opt"]
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])
    assert "stop_grace_period" in service
    assert service["restart"] == "no" if name in ONE_SHOTS else service["restart"] != "no"
    assert "privileged" not in service
    assert service.get("network_mode") != "host"


@pytest.mark.parametrize(("name", "service"), each_service())
def test_every_lasting_service_has_a_healthcheck(name: str, service: dict[str, Any]) -> None:
    if name not in WITHOUT_HEALTHCHECK:
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_whoever_needs_a_service_waits_until_it_is_ready() -> None:
    for service in services().values():
        for name, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if name in ONE_SHOTS else "service_healthy"
            assert how["condition"] == wanted


@pytest.mark.parametrize(("name", "service"), each_service())
def test_ports_listen_on_loopback_unless_told_otherwise(name: str, service: dict[str, Any]) -> None:
    for port in service.get("ports", []):
        assert re.match(r"(\$\{BIND:-127\.0\.0\.1\}|\$\{MQTT_BIND:-\$\{BIND:-127\.0\.0\.1\}\}):", port), port


def test_the_database_has_no_port_outside() -> None:
    assert "ports" not in services()["influxdb"]


def test_every_secret_comes_from_env_and_must_be_set() -> None:
    secrets = [entry for entry in environment_of_all() if SECRET.search(entry[1])]
    assert len(secrets) >= 8
    for service, name, value in secrets:
        used = variables(value)
        assert len(used) == 1, f"{service}.{name} is not taken from .env: {value}"
        if used <= MAY_BE_EMPTY:
            assert value == f"${{{used.pop()}-}}"
        else:
            assert re.fullmatch(r"\$\{\w+:\?[^}]*new-env\.sh[^}]*\}", value), f"{service}.{name}"


def test_no_secret_stands_anywhere_in_clear() -> None:
    for path in [COMPOSE, ROOT / "Dockerfile", *(ROOT / "deploy").rglob("*")]:
        if path.is_file():
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                found = re.search(r"(?i)\b\w*(password|token|secret)\w*\s*[:=]\s*[\"']?[A-Za-z0-9]{8,}", line)
                assert not found, f"{path.name}:{number}: {line}"


@pytest.mark.parametrize(("name", "service"), each_service())
def test_what_is_mounted_from_here_exists_and_is_read_only(name: str, service: dict[str, Any]) -> None:
    volumes = set(yaml.safe_load(COMPOSE.read_text())["volumes"])
    for mount in service.get("volumes", []):
        source, target = re.fullmatch(r"(\$\{\w+:-[^}]*\}|[^:]+):(.+)", mount).groups()  # type: ignore[union-attr]
        source = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", source)
        if source.startswith("./"):
            assert (ROOT / source).exists(), mount
            assert target.endswith(":ro"), mount
        else:
            assert source in volumes, mount


def test_the_hub_is_given_settings_it_has() -> None:
    given = {name for service, name, _ in environment_of_all() if service == "hub"}
    assert given <= HUB_SETTINGS, given - HUB_SETTINGS


def test_the_hubs_settings_file_and_the_example_in_it_can_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ROOT / "deploy/hub/carehub.toml"
    assert load_settings(file).hub.zone == "Asia/Shanghai"
    monkeypatch.setenv("DUTY_WECOM_URL", "https://example.org/key")
    monkeypatch.setenv("WATCHDOG_URL", "https://example.org/ping")
    example = tmp_path / "carehub.toml"
    example.write_text(re.sub(r"(?m)^# ?(?=\[|\w+ = )", "", file.read_text()))
    settings = load_settings(example)
    assert settings.ladder[0].channels == (settings.channels[0].name,)
    assert settings.watchdog.url.get_secret_value() == "https://example.org/ping"
    assert settings.log.format == "json"


def test_env_example_lists_exactly_the_variables_used() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    listed = [match[1] for line in lines if (match := re.match(r"#?([A-Z_]+)=", line))]
    assert len(set(listed)) == len(listed)
    assert set(listed) == variables(COMPOSE.read_text())


def test_env_example_has_no_default_for_a_secret_and_the_compose_file_for_all_else() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    to_fill = {match[1] for line in lines if (match := re.match(r"([A-Z_]+)=(.*)", line)) and not match[2]}
    set_already = [line for line in lines if re.match(r"[A-Z_]+=.", line)]
    assert not set_already
    required = set(re.findall(r"(?<!\$)\$\{(\w+):\?", COMPOSE.read_text()))
    assert to_fill == required | MAY_BE_EMPTY
    defaults = dict(re.findall(r"\$\{(\w+):-([^${}]*)\}", COMPOSE.read_text()))
    commented = {match[1]: match[2] for line in lines if (match := re.match(r"#([A-Z_]+)=(.*)", line))}
    assert {name: value for name, value in commented.items() if name != "MQTT_BIND"} == defaults


def test_grafana_reads_one_source_with_a_token_from_a_file() -> None:
    folder = ROOT / "deploy/grafana/provisioning"
    sources = yaml.safe_load((folder / "datasources/places.yml").read_text())["datasources"]
    assert [source["jsonData"]["dbName"] for source in sources] == ["care_places"]
    header = sources[0]["secureJsonData"]["httpHeaderValue1"]
    mounts = {mount.split(":")[-2] for mount in services()["grafana"]["volumes"] if mount.endswith(":ro")}
    assert str(Path(re.fullmatch(r"Token \$__file\{(.+)\}", header)[1]).parent) in mounts  # type: ignore[index]
    provider = yaml.safe_load((folder / "dashboards/carehub.yml").read_text())["providers"][0]
    assert provider["options"]["path"] in mounts


def test_grafana_opens_on_a_dashboard_that_is_there() -> None:
    grafana = services()["grafana"]
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    mounted = next(mount for mount in grafana["volumes"] if f":{home.parent}:ro" in mount)
    folder = re.fullmatch(r"\$\{DASHBOARDS:-(\S+)\}", mounted.removesuffix(f":{home.parent}:ro"))[1]  # type: ignore[index]
    assert (ROOT / folder / home.name).is_file()
    sources = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/places.yml").read_text())
    uid = sources["datasources"][0]["uid"]
    for path in (ROOT / folder).glob("*.json"):
        assert set(re.findall(r'"uid": "([^"]+)"', path.read_text())) <= {uid, f"carehub-{path.stem}"}


def test_the_dashboards_are_built_for_the_grafana_that_runs() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["dev"]
    sdk = next(name for name in extras if name.startswith("grafana-foundation-sdk"))
    running = services()["grafana"]["image"].rpartition(":")[2]
    assert sdk.rpartition("!")[2].split(".")[:2] == running.split(".")[:2]


def test_the_image_is_built_from_what_is_there_and_runs_as_nobody_else() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = {
        word for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE) for word in line.split()
    }
    assert all((ROOT / name).exists() for name in copied)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == kept
    users = re.findall(r"--uid (\d+)", text)
    assert users == [services()["influxdb-init"]["environment"]["HUB_UID"]]
    assert re.search(r"^USER carehub$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    assert not re.search(r"https?://(?!127\.0\.0\.1)", text), "no registry or index address in a file"


def test_compose_itself_accepts_it(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("docker compose is not installed; the file's rules were checked without it")
    example = (ROOT / ".env.example").read_text()
    filled = tmp_path / "filled.env"
    filled.write_text(re.sub(r"(?m)^([A-Z_]+)=$", r"\1=0123456789abcdef", example))
    command = [docker, "compose", "--profile", "demo", "-f", str(COMPOSE), "--env-file"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run([*command, str(filled), "config", "--quiet"], check=True, env=environment)
    empty = subprocess.run(
        [*command, str(ROOT / ".env.example"), "config"], check=False, capture_output=True, env=environment
    )
    assert empty.returncode != 0, "it must not start with empty secrets"
