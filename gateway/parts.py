"""Settings become parts: the broker's address, channels, ladder, web, store. A part that cannot be is a ``SettingsError``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from gateway.accounts.identity import Rule
from gateway.alerts.record import Targets
from gateway.backtest.asked import Influx
from gateway.demo.panel import panel
from gateway.duty.file import load_plan
from gateway.duty.ladder import LadderError, LadderRung, plan_of
from gateway.duty.plan import Plan
from gateway.heartbeat import Heartbeat
from gateway.ingest.source import BrokerAddress
from gateway.notify.channel import Channel
from gateway.notify.http import ChannelError
from gateway.notify.opening import Given, followed_by, open_channel
from gateway.operations.database import open_to_read
from gateway.registry import apply as registry
from gateway.registry.values import Place as RegisteredPlace
from gateway.rulebook.load import Rulebook, load_rulebook
from gateway.settings import Channel as ChannelSettings
from gateway.settings import Settings, SettingsError
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Store
from gateway.web.settings import WebSettings
from gateway.web.sign_on import SignOnHere
from rules.world import Place


def broker_address(settings: Settings) -> BrokerAddress:
    """Where the broker is."""
    mqtt = settings.mqtt
    return BrokerAddress(
        host=mqtt.host,
        port=mqtt.port,
        client_id=mqtt.client_id,
        username=mqtt.username,
        password=mqtt.password.get_secret_value(),
        tls=mqtt.tls,
        ca_file=mqtt.ca_file,
    )


def open_channels(settings: Settings) -> dict[str, Channel]:
    """The channels by name; raises ``SettingsError``."""
    found: dict[str, Channel] = {}
    for one in settings.channels:
        if one.name in found:
            raise SettingsError(f"channels: {one.name!r} stands twice; give each channel its own name")
        try:
            found[one.name] = open_channel(one.kind, _given(one))
        except ChannelError as error:
            raise SettingsError(f"channels: {error}") from None
    return found


def read_followers(settings: Settings) -> dict[str, frozenset[str]]:
    """Which channels are told of every step, and of which classes of alerts. The channels have been opened before."""
    followers = {one.name: followed_by(_given(one)) for one in settings.channels if one.kind == "webhook"}
    return {name: classes for name, classes in followers.items() if classes}


def _given(one: ChannelSettings) -> Given:
    return Given(
        name=one.name,
        url=one.url.get_secret_value(),
        secret=one.secret.get_secret_value(),
        options={name: value.get_secret_value() for name, value in one.options.items()},
    )


def open_heartbeat(settings: Settings, reasons: Callable[[], list[str]]) -> Heartbeat:
    """The sign of life to a watchdog outside; raises ``SettingsError``."""
    given = settings.watchdog
    try:
        return Heartbeat(
            given.url.get_secret_value(),
            given.fail_url.get_secret_value(),
            every_s=given.every_s,
            reasons=reasons,
        )
    except ChannelError as error:
        raise SettingsError(str(error)) from None


def read_duty(settings: Settings, channels: Mapping[str, Channel]) -> Plan:
    """The duty plan of the file that is set, else the ladder of the settings; without one, every channel is told at once.

    Raises ``SettingsError``, or ``FileMistakes`` of the file.
    """
    plan = read_plan(settings, channels)
    if plan is not None and settings.ladder:
        raise SettingsError(
            "hub.duty and [[ladder]] both say who is told; keep the duty plan, and leave out the ladder"
        )
    if plan is not None:
        return plan
    names = [channel.name for channel in settings.channels]
    rungs = [LadderRung(rung.after_s, rung.channels) for rung in settings.ladder]
    try:
        return plan_of(rungs or [LadderRung(0, tuple(names))], channels=names)
    except LadderError as error:
        raise SettingsError(str(error)) from None


def read_rulebook(settings: Settings) -> Rulebook:
    """The rule files that are set, else the built-in rules; raises ``FileMistakes``."""
    folder, homes = settings.hub.rules, settings.hub.overrides
    return load_rulebook(Path(folder) if folder else None, Path(homes) if homes else None)


def read_plan(settings: Settings, channels: Mapping[str, Channel], file: Path | None = None) -> Plan | None:
    """The duty plan of ``file``, else the one that is set; None where none is. Raises ``FileMistakes``."""
    if file is None and not settings.hub.duty:
        return None
    personal = [name for name, channel in channels.items() if channel.personal]
    return load_plan(file or Path(settings.hub.duty), channels=channels, personal=personal)


def read_places(settings: Settings) -> dict[str, Place] | None:
    """The places by key in the data folder's registry, which is only read; None when there is none, or not of this version."""
    found = read_registered(settings)
    if found is None:
        return None
    return {place.id: Place(place.id, place.kind, place.capacity, place.site) for place in found}


def read_registered(settings: Settings) -> tuple[RegisteredPlace, ...] | None:
    """The same as the registry has them, with their paths."""
    file = settings.hub.data / "operations.sqlite"
    if not file.exists():
        return None
    database = open_to_read(file)
    try:
        return registry.read(database).places
    except DBAPIError:
        return None
    finally:
        database.dispose()


def targets(settings: Settings) -> Targets:
    """What response is held to."""
    return Targets(**settings.targets.model_dump())


def web_settings(settings: Settings) -> WebSettings:
    """How the web is served; raises ``SettingsError`` when it would be open to the network."""
    http = settings.http
    try:
        return WebSettings(
            host=http.host,
            port=http.port,
            token=http.token.get_secret_value(),
            zone=settings.hub.zone,
            language=settings.hub.language,
            demo=panel() if settings.simulation.enabled else None,
            public_url=http.public_url,
            phone=settings.hub.phone,
            targets=targets(settings),
            sso=open_sign_on(settings),
            kept_days=kept_days(settings),
        )
    except ValueError as error:
        raise SettingsError(str(error)) from None


def kept_days(settings: Settings) -> dict[str, int]:
    """For how many days what is kept, by section and name; 0 is for ever."""
    sections = {"retention": settings.retention.model_dump(), "journal": settings.journal.model_dump()}
    return {
        f"{section}.{name}": days
        for section, given in sections.items()
        for name, days in given.items()
        if name.endswith("_days")
    }


def open_sign_on(settings: Settings) -> SignOnHere | None:
    """Single sign-on, where a provider is set."""
    sso = settings.sso
    if not sso.issuer:
        return None
    from gateway.sso.oidc import Provider, SingleSignOn  # noqa: PLC0415 what it imports takes half a second

    provider = Provider(
        issuer=sso.issuer,
        client_id=sso.client_id,
        client_secret=sso.client_secret.get_secret_value(),
        scope=sso.scope,
        claim=sso.claim,
    )
    rules = tuple(Rule(one.value, one.role, one.at) for one in sso.grants)
    return SignOnHere(provider=SingleSignOn(provider), name=sso.name, rules=rules)


def open_store(settings: Settings) -> Store:
    """The store that is set; raises ``SettingsError``."""
    data, store = settings.hub.data, settings.store
    if store.kind == "duckdb":
        return DuckDBStore(data / "readings.duckdb")
    from gateway.store.influxdb import InfluxStore  # noqa: PLC0415 its client takes a second to import

    influx = influx_source(settings)
    assert influx is not None, "there are two kinds of store"  # noqa: S101 an invariant
    return InfluxStore(
        url=influx.url, org=influx.org, token=influx.token, cursor_file=data / "influxdb.cursor"
    )


def influx_source(settings: Settings) -> Influx | None:
    """Where the InfluxDB is, if the store is one; raises ``SettingsError``."""
    store = settings.store
    if store.kind != "influxdb":
        return None
    token = store.token.get_secret_value()
    if store.token_file:
        try:
            token = Path(store.token_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"store.token_file: {store.token_file}: {error.strerror}") from None
    if not store.url:
        raise SettingsError("store.url: needed for InfluxDB; write it like http://127.0.0.1:8086")
    return Influx(store.url, store.org, token)
