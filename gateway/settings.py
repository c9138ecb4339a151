"""The hub's settings: a TOML file, overridden by the environment (``CAREHUB_SECTION__KEY``); secrets belong in the latter."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentMistake

from gateway.accounts.roles import ROLES

KEPT_DAYS_MIN = 33  # gateway.ingest.decode.PAST_MAX_MS, a day to be whole, and one to spare
AUDIT_DAYS_MIN = 183


class SettingsError(Exception):
    """The settings cannot be used; the message names the file, the line and what to do."""


class Section(BaseModel):
    """Base of all sections: an unknown key is a typo, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hub(Section):
    """Where the hub keeps its files, which rules it judges by, and how it speaks of time.

    ``rules`` is a folder ('' for the built-in rules), ``overrides`` a file of how single homes differ, ``duty``
    the file of the duty plan ('' for none). An alert is raised when less than ``disk_reserve_mb`` is free where ``data``
    lies (0: never). ``phone`` is the community's, for guards and families.
    """

    data: Path = Path("var")
    zone: str = "Asia/Shanghai"
    rules: str = ""
    overrides: str = ""
    duty: str = ""
    calendar: Literal["cn", "none"] = "cn"
    language: Literal["zh", "en"] = "zh"
    disk_reserve_mb: int = Field(default=500, ge=0)
    phone: str = Field(default="", pattern=r"^(\+?[0-9][0-9 -]{1,30}[0-9])?$")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, such as Asia
            raise ValueError(f"{zone!r} is no time zone; write one like Asia/Shanghai") from None
        return zone


class Journal(Section):
    """How much of the journal is kept once every consumer has it: days, MB (of a million bytes); the quarantine likewise."""

    keep_days: int = Field(default=30, ge=1)
    keep_mb: int = Field(default=4_096, ge=16)
    quarantine_days: int = Field(default=30, ge=1)
    quarantine_mb: int = Field(default=256, ge=1)


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

    @field_validator("ca_file")
    @classmethod
    def _is_there(cls, ca_file: str) -> str:
        if ca_file and not Path(ca_file).is_file():
            raise ValueError(
                f"there is no file {ca_file!r}; give the certificate of the authority in PEM format"
            )
        return ca_file


class Ingest(Section):
    """What is taken from devices. ``device_rate_per_s``: messages a second of one device for long (0: no limit)."""

    device_rate_per_s: float = Field(default=20.0, ge=0, le=100_000)


class Store(Section):
    """Where readings are kept: DuckDB in the data folder, or InfluxDB at ``url``."""

    kind: Literal["duckdb", "influxdb"] = "duckdb"
    url: str = ""
    org: str = "carehub"
    token: SecretStr = SecretStr("")
    token_file: str = ""


class Retention(Section):
    """For how many days data is kept, a class each; 0 is for ever. Readings from homes are sensitive: they leave first.

    Hours and days are summaries. ``archive`` says whose readings go to the archive before they leave the store, and
    ``archive_days`` how long they stay there. ``audit_days`` is for the audit; the Cybersecurity Law of the PRC (art. 21) asks
    for half a year of such logs at least. The rest is of the operational database, counted
    from its end (closed, done, withdrawn, over): ``alert_words_days`` of the words of alerts (sentence, evidence, room, notes),
    ``alerts_days`` of alerts with steps and messages, ``held_days`` of alerts held back, ``modes_days`` of modes, silences and
    follow-ups, ``agreements_days`` of consents and links, ``looks_days`` of looks into rooms, ``answers_days`` of answers
    to commands. ``reports_days`` is for reports that were handed in, with their files. docs/privacy.md says why so long.
    """

    homes_days: int = 90
    places_days: int = 365
    hourly_days: int = 730
    daily_days: int = 1825
    archive: Literal["none", "places", "all"] = "places"
    archive_days: int = Field(default=1825, ge=0)
    audit_days: int = Field(default=1095, ge=0)
    alert_words_days: int = Field(default=365, ge=0)
    alerts_days: int = Field(default=1095, ge=0)
    held_days: int = Field(default=180, ge=0)
    modes_days: int = Field(default=365, ge=0)
    agreements_days: int = Field(default=1095, ge=0)
    looks_days: int = Field(default=1095, ge=0)
    answers_days: int = Field(default=90, ge=0)
    reports_days: int = Field(default=3650, ge=0)

    @field_validator("audit_days")
    @classmethod
    def _half_a_year(cls, days: int) -> int:
        if days and days < AUDIT_DAYS_MIN:
            raise ValueError(
                f"{days} is too few: write {AUDIT_DAYS_MIN} (half a year) or more, or 0 for ever"
            )
        return days

    @field_validator("homes_days", "places_days", "hourly_days", "daily_days")
    @classmethod
    def _after_the_latest(cls, days: int) -> int:
        if days and days < KEPT_DAYS_MIN:
            raise ValueError(
                f"{days} is too few: readings may come 31 days late, and are summarised then; write {KEPT_DAYS_MIN} or "
                "more, or 0 for ever"
            )
        return days


class Http(Section):
    """API and console. Beyond loopback a token is required."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    token: SecretStr = SecretStr("")
    public_url: str = ""


def _secret_of(given: SecretStr) -> SecretStr:
    """The value of the variable where ``env:NAME`` is given, else what is given."""
    text = given.get_secret_value()
    if not text.startswith("env:"):
        return given
    name = text.removeprefix("env:")
    if name not in os.environ:
        raise ValueError(f"the environment has no {name}; set it, or put it into .env")
    return SecretStr(os.environ[name])


class Channel(Section):
    """A way to the outside; docs/通知渠道.md says what each kind needs.

    ``url``, ``secret`` and each of the ``options`` may be ``env:NAME``: then they are read from that variable.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    kind: Literal["webhook", "wecom", "wecom_app", "dingtalk", "feishu", "sms", "voice", "apprise", "mqtt"]
    url: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    options: dict[str, SecretStr] = {}

    @field_validator("url", "secret", mode="after")
    @classmethod
    def _from_environment(cls, given: SecretStr) -> SecretStr:
        return _secret_of(given)

    @field_validator("options", mode="after")
    @classmethod
    def _options_from_environment(cls, given: dict[str, SecretStr]) -> dict[str, SecretStr]:
        return {name: _secret_of(value) for name, value in given.items()}


class Rung(Section):
    """Whom an alert is brought to when nobody has accepted it ``after_s`` seconds after it was raised."""

    after_s: int = Field(ge=0)
    channels: tuple[str, ...]


class Targets(Section):
    """What response is held to, of life safety: within so many seconds of the raise for such a share. Reported, never enforced.

    ``accept`` is for most calls, ``accept_late`` for nearly all: every call beyond it is listed. ``on_site`` likewise.
    """

    accept_s: int = Field(default=60, ge=1, le=86_400)
    accept_share: float = Field(default=0.975, gt=0, le=1)
    accept_late_s: int = Field(default=180, ge=1, le=86_400)
    accept_late_share: float = Field(default=0.99, gt=0, le=1)
    on_site_s: int = Field(default=2_700, ge=1, le=86_400)
    on_site_share: float = Field(default=0.9, gt=0, le=1)
    on_site_late_s: int = Field(default=3_600, ge=1, le=86_400)
    on_site_late_share: float = Field(default=1.0, gt=0, le=1)


class SsoGrant(Section):
    """Whoever has ``value`` in the claim has this role at this place ('' for everything)."""

    value: str = Field(min_length=1)
    role: str
    at: str = ""

    @field_validator("role")
    @classmethod
    def _known_role(cls, role: str) -> str:
        if role not in ROLES:
            raise ValueError(f"there is no role {role!r}; known are {', '.join(ROLES)}")
        return role


class Sso(Section):
    """Single sign-on by OpenID Connect; docs/accounts.md says how. ``client_secret`` may be ``env:NAME``.

    With ``grants`` the values of ``claim`` (groups …) give the roles anew at each sign-on, and accounts are made; without,
    an administrator enters each account's subject.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    name: str = "SSO"
    scope: str = "openid profile"
    claim: str = ""
    grants: tuple[SsoGrant, ...] = ()

    @field_validator("client_secret", mode="after")
    @classmethod
    def _from_environment(cls, given: SecretStr) -> SecretStr:
        return _secret_of(given)

    @field_validator("issuer")
    @classmethod
    def _is_safe(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if issuer and parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError(f"{issuer!r}: a provider beyond this machine is asked by https only")
        return issuer

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.issuer and not (self.client_id and self.client_secret.get_secret_value()):
            raise ValueError("give client_id and client_secret, as the provider has registered this hub")
        if self.grants and not self.claim:
            raise ValueError("grants need a claim: the one that holds the values, such as groups")
        return self


class Log(Section):
    """How the log is written: lines for people, or a JSON object a line for programs."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Watchdog(Section):
    """Somebody outside who calls for help when this hub falls silent. The addresses are secrets; each may be ``env:NAME``."""

    url: SecretStr = SecretStr("")
    fail_url: SecretStr = SecretStr("")
    every_s: int = Field(default=60, ge=1, le=86_400)

    @field_validator("url", "fail_url", mode="after")
    @classmethod
    def _from_environment(cls, given: SecretStr) -> SecretStr:
        return _secret_of(given)


class Simulation(Section):
    """Time comes from a simulated town on the broker. Never on in a real station."""

    enabled: bool = False


class Settings(BaseSettings):
    """Everything the hub can be told."""

    model_config = SettingsConfigDict(
        env_prefix="CAREHUB_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    hub: Hub = Hub()
    journal: Journal = Journal()
    mqtt: Mqtt = Mqtt()
    ingest: Ingest = Ingest()
    store: Store = Store()
    retention: Retention = Retention()
    http: Http = Http()
    channels: tuple[Channel, ...] = ()
    ladder: tuple[Rung, ...] = ()
    targets: Targets = Targets()
    sso: Sso = Sso()
    log: Log = Log()
    watchdog: Watchdog = Watchdog()
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
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise SettingsError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{_place_of(error, path, text)}; see https://toml.io for the syntax") from None
    try:
        return Settings(**given)
    except EnvironmentMistake as error:  # its words, but never the value: that may be a secret
        raise SettingsError(f"environment: {error}; a list or a section is written as JSON") from None
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise SettingsError("\n".join(_explain(mistake, text, path) for mistake in found)) from None


def _place_of(error: tomllib.TOMLDecodeError, path: Path | None, text: str) -> str:
    """A syntax error with its line, as everything else is told: ``file:line: what``."""
    said = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error))
    what, line = (said.group(1), said.group(2)) if said else (str(error), None)
    return f"{path}:{line or len(text.splitlines())}: {what}"


def _explain(found: Any, text: str, source: Path | None) -> str:  # noqa: ANN401 pydantic's ErrorDetails
    path = [str(part) for part in found["loc"]]
    name = ".".join(path)
    variable = f"CAREHUB_{'__'.join(path).upper()}"
    above = ["CAREHUB_" + "__".join(path[:depth]).upper() for depth in range(1, len(path))]
    given = next((v for v in (variable, *above) if v in map(str.upper, os.environ)), None)  # it comes first
    line = _line_of(path, text)
    where = given or (f"{source}:{line}" if line else str(source or variable))
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
        opened = re.match(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$", line)
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
        elif re.match(rf"\s*{re.escape(path[0])}\s*(=|\.)", line) and not section:
            last = number  # written as a dotted key or inline, which is as near as we look
    return last
