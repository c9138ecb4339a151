"""The hub's settings: a TOML file, overridden by the environment (``CAREHUB_SECTION__KEY``); secrets belong in the latter."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class SettingsError(Exception):
    """The settings cannot be used; the message names the file, the line and what to do."""


class Section(BaseModel):
    """Base of all sections: an unknown key is a typo, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hub(Section):
    """Where the hub keeps its files and how it speaks of time."""

    data: Path = Path("var")
    zone: str = "Asia/Shanghai"
    rules: str = ""
    language: Literal["zh", "en"] = "zh"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{zone!r} is no time zone; write one like Asia/Shanghai") from None
        return zone


class Mqtt(Section):
    """The broker."""

    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    protocol: Literal["5", "3.1.1"] = "5"
    username: str = ""
    password: SecretStr = SecretStr("")
    tls: bool = False
    ca_file: str = ""
    client_id: str = Field(default="carehub", pattern=r"^[A-Za-z0-9_-]{1,64}$")


class Store(Section):
    """Where readings are kept: DuckDB in the data folder, or InfluxDB at ``url``."""

    kind: Literal["duckdb", "influxdb"] = "duckdb"
    url: str = ""
    org: str = "carehub"
    token: SecretStr = SecretStr("")
    token_file: str = ""


class Http(Section):
    """API and console. Beyond loopback a token is required."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    token: SecretStr = SecretStr("")
    public_url: str = ""


class Channel(Section):
    """A way to the outside. ``url`` and ``secret`` may be ``env:NAME``: then they are read from that variable."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    kind: Literal["webhook", "wecom"]
    url: SecretStr
    secret: SecretStr = SecretStr("")

    @field_validator("url", "secret", mode="after")
    @classmethod
    def _from_environment(cls, given: SecretStr) -> SecretStr:
        text = given.get_secret_value()
        if not text.startswith("env:"):
            return given
        name = text.removeprefix("env:")
        if name not in os.environ:
            raise ValueError(f"the environment has no {name}; set it, or put it into .env")
        return SecretStr(os.environ[name])


class Rung(Section):
    """Whom an alert is brought to when nobody has accepted it ``after_s`` seconds after it was raised."""

    after_s: int = Field(ge=0)
    channels: tuple[str, ...]


class Simulation(Section):
    """Time comes from a simulated town on the broker. Never on in a real station."""

    enabled: bool = False


class Settings(BaseSettings):
    """Everything the hub can be told."""

    model_config = SettingsConfigDict(
        env_prefix="CAREHUB_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    hub: Hub = Hub()
    mqtt: Mqtt = Mqtt()
    store: Store = Store()
    http: Http = Http()
    channels: tuple[Channel, ...] = ()
    ladder: tuple[Rung, ...] = ()
    simulation: Simulation = Simulation()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file, which comes as the initial values."""
        return env_settings, init_settings


def load_settings(path: Path | None) -> Settings:
    """Settings of the file (None: defaults) and the environment; raises ``SettingsError`` with every mistake, a line each."""
    text = ""
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}; give the settings file with -c") from None
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None
    try:
        return Settings(**given)
    except ValidationError as error:
        source = str(path) if path is not None else "environment"
        lines = [
            _explain(found, text, source) for found in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("\n".join(lines)) from None


def _explain(found: Any, text: str, source: str) -> str:  # noqa: ANN401 pydantic's ErrorDetails
    path = [str(part) for part in found["loc"]]
    name = ".".join(path)
    where = (
        f"{source}:{_line_of(path, text)}" if _line_of(path, text) else f"CAREHUB_{'__'.join(path).upper()}"
    )
    if found["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path[-1], _known_keys(path[:-1]), n=1, cutoff=0.5)
        remedy = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(_known_keys(path[:-1]))}"
        return f"{where}: {name}: unknown setting; {remedy}"
    return f"{where}: {name}: {found['msg']}"


def _known_keys(path: list[str]) -> list[str]:
    model: Any = Settings
    for part in path:
        if part.isdigit():
            continue
        annotation = model.model_fields[part].annotation
        model = getattr(annotation, "__args__", [annotation])[0]
    return sorted(model.model_fields)


def _line_of(path: list[str], text: str) -> int:
    """The line on which a setting stands, 0 when it is not in the file."""
    header, section = [part for part in path[:-1] if not part.isdigit()], ""
    wanted = int(next((part for part in path if part.isdigit()), "0"))
    count, last = -1, 0
    for number, line in enumerate(text.splitlines(), 1):
        opened = re.match(r"\s*\[\[?\s*([\w.]+)\s*\]\]?", line)
        if opened:
            section = opened.group(1)
            count += section == (header[0] if header else path[0])
            if section == ".".join(path) or (count == wanted and section == ".".join(header)):
                last = number
        elif (
            section == ".".join(header)
            and (count == wanted or not header)
            and re.match(rf"\s*\"?{re.escape(path[-1])}\"?\s*=", line)
        ):
            return number
    return last
