"""``carehub performance``: the numbers of work, from the running hub, else from its database."""

# ruff: noqa: PLC0415 -- what a command needs is imported when it runs, so that --help answers at once

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.asking import address_of, asked
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of, span_of

if TYPE_CHECKING:
    from gateway.settings import Settings


def performance(
    config: ConfigOption = None,
    *,
    from_: Annotated[
        str, typer.Option("--from", help="Alerts raised from then on: 2026-03-01, with a time, or epoch ms.")
    ] = "",
    to: Annotated[str, typer.Option(help="Up to then; default: now.")] = "",
    station: Annotated[str, typer.Option(help="One station: 区/街道/社区, or the community's name.")] = "",
    hub: Annotated[str, typer.Option(help="URL of a running hub (token: CAREHUB_HTTP__TOKEN).")] = "",
    homes: Annotated[
        bool,
        typer.Option(
            "--homes", help="By home and device as well; reads the data folder, a hub tells it to staff."
        ),
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when a target is missed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say how soon alerts were answered, how many there were, and how many were right; default: the last 30 days."""
    with explained():
        from gateway.performance_tables import show

        if homes and hub:
            fail("--homes reads the data folder; leave out --hub")
        settings = settings_of(config)
        span = span_of(from_, to, settings.hub.zone) if from_ else None
        if to and not from_:
            fail("give --from as well")
        answer = None if homes else _asked_of_hub(settings, hub, span, station)
        if answer is None:
            answer = _own(settings, span, station, homes=homes)
    show(answer, err)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    if strict and any(target["met"] is False for target in answer["response"]["targets"]):
        raise typer.Exit(1)


def _asked_of_hub(
    settings: Settings, hub: str, span: tuple[int, int] | None, station: str
) -> dict[str, Any] | None:
    """The running hub's answer; None where none runs and none is required."""
    import httpx

    address = address_of(settings, hub)
    query: dict[str, int | str] = {"station": station}
    if span:
        query |= {"from": span[0], "to": span[1]}
    try:
        return asked(address, "performance", settings, method="GET", **query)
    except httpx.HTTPError as error:
        if hub:
            fail(f"{address}: no hub answers ({type(error).__name__}); start it or leave out --hub", 1)
        return None


def _own(settings: Settings, span: tuple[int, int] | None, station: str, *, homes: bool) -> dict[str, Any]:
    import msgspec
    from sqlalchemy.exc import DBAPIError

    from gateway.alerts.record import DAY_MS, MONTH_DAYS, Asked
    from gateway.operations.database import open_to_read
    from gateway.operations.performance_views import read_performance
    from gateway.parts import targets

    file = settings.hub.data / "operations.sqlite"
    if not file.exists():
        fail(
            f"{file}: no hub answers, and there is no database; name the hub with --hub, or its settings with -c"
        )
    now = time.time_ns() // 1_000_000
    begin, end = span or (now - MONTH_DAYS * DAY_MS, now + 1)
    question = Asked(
        begin=begin, end=end, now=now, zone=settings.hub.zone, station=station, by_home=homes,
        targets=targets(settings),
    )  # fmt: skip
    database = open_to_read(file)
    try:
        found: dict[str, Any] = msgspec.to_builtins(read_performance(database, question))
    except DBAPIError as error:
        fail(f"{file}: it cannot be read: {error.orig}; start the hub once to bring it up to date")
    finally:
        database.dispose()
    return found
