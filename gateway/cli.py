"""``carehub``: the hub's command line. Exit codes: 0 fine, 1 found something wrong, 2 bad input or settings."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.backtest.command import backtest
from gateway.backup.command import backup, restore
from gateway.bench.command import bench_app
from gateway.commands import import_registry, reload_rules, try_cases
from gateway.device_commands import devices_app
from gateway.duty.plan import Plan
from gateway.duty_commands import duty_app
from gateway.export.command import export_app
from gateway.heat_command import heat
from gateway.journal_command import journal_app
from gateway.performance_command import performance
from gateway.privacy.command import privacy_app
from gateway.quarantine_commands import quarantine_app
from gateway.report_command import report_app
from gateway.settings import Settings
from gateway.staff_commands import audit_app, staff_app
from gateway.store_commands import refused_app, store_app
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, seconds, settings_of

log = logging.getLogger(__name__)
app = typer.Typer(
    name="carehub",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=__doc__,
)
rules_app = typer.Typer(no_args_is_help=True, help="The alert rules.")
dashboards_app = typer.Typer(no_args_is_help=True, help="The Grafana dashboards.")
for name, part in (
    ("rules", rules_app),
    ("staff", staff_app),
    ("audit", audit_app),
    ("quarantine", quarantine_app),
    ("devices", devices_app),
    ("duty", duty_app),
    ("export", export_app),
    ("report", report_app),
    ("refused", refused_app),
    ("store", store_app),
    ("journal", journal_app),
    ("privacy", privacy_app),
    ("dashboards", dashboards_app),
    ("bench", bench_app),
):
    app.add_typer(part, name=name)


def main() -> None:
    """Entry point."""
    app()


@app.command()
def run(config: ConfigOption = None) -> None:
    """Run the hub: MQTT in, alerts out, console and API on [http]."""
    try:
        with explained():
            from gateway.logs import begin_logging

            settings = settings_of(config)
            begin_logging(settings.log.format, settings.log.level, settings.hub.zone)
            asyncio.run(_run(settings))
    except typer.Exit:
        raise
    except Exception:  # a fault of the program: told by the log, which leaves its words out
        log.critical("the hub has ended by a fault of the program", exc_info=True)
        raise typer.Exit(1) from None


async def _run(settings: Settings) -> None:
    from gateway.hub import Hub

    hub = Hub(settings)
    where = f"http://{hub.web_settings.host}:{hub.web_settings.port}/"
    err.print(f"carehub: console on {where}, broker {hub.address!r}, store {hub.store.name}", highlight=False)
    await hub.run()


@app.command()
def check(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Check settings and rules without starting anything."""
    with explained():
        from gateway.parts import (
            open_channels,
            open_heartbeat,
            read_duty,
            read_places,
            read_rulebook,
            web_settings,
        )
        from gateway.rules_in_force import doubts

        settings = settings_of(config)
        plan = read_duty(settings, open_channels(settings))
        open_heartbeat(settings, list)
        web_settings(settings)
        book, places = read_rulebook(settings), read_places(settings)
    warnings = doubts(book, places, settings.hub.calendar, time.time_ns() // 1_000_000)
    rules, differences = [rule.id for rule in book.rules], [str(each) for each in book.differences]
    lines = [f"settings are fine; {len(rules)} rules: {', '.join(rules)}"]
    lines += [f"  {difference}" for difference in differences]
    lines += [f"warning: {warning}" for warning in warnings]
    gaps = _gaps_of(settings, plan) if settings.hub.duty else []
    lines += gaps
    for line in lines:
        err.print(line, highlight=False, markup=False, soft_wrap=True)
    if as_json:
        found = {"rules": rules, "overrides": differences, "warnings": warnings, "gaps": gaps}
        typer.echo(json.dumps(found, ensure_ascii=False))
    if gaps:
        raise typer.Exit(1)


def _gaps_of(settings: Settings, plan: Plan) -> list[str]:
    """In words, every hour of the coming weeks in which an alert about a registered place would reach nobody."""
    from zoneinfo import ZoneInfo

    from gateway.duty.coverage import gaps, matters_of
    from gateway.duty.gap_words import lines_of
    from gateway.parts import read_registered

    zone, now = ZoneInfo(settings.hub.zone), time.time_ns() // 1_000_000
    matters = matters_of(plan, read_registered(settings) or ())
    return lines_of(gaps(plan, matters, from_ms=now, zone=zone, calendar=settings.hub.calendar), zone)


app.command(name="import")(import_registry)
app.command(name="backup")(backup)
app.command(name="restore")(restore)
app.command(name="performance")(performance)
app.command(name="heat")(heat)
rules_app.command(name="test")(try_cases)
rules_app.command(name="backtest")(backtest)
rules_app.command(name="reload")(reload_rules)


@rules_app.command("schema")
def rules_schema(
    of: Annotated[Literal["rules", "homes"], typer.Option(help="A file of rules, or homes.yaml.")] = "rules",
) -> None:
    """Print the JSON Schema of a rule file."""
    from gateway.rulebook import schema

    found = schema.rules_schema() if of == "rules" else schema.homes_schema()
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


ConsoleOption = Annotated[str, typer.Option(help="The console's address, for links.")]


@dashboards_app.command("render")
def dashboards_render(folder: Annotated[Path, typer.Argument()] = Path("dashboards/json")) -> None:
    """Write the dashboards as JSON (needs the development dependencies)."""
    from dashboards.render import SdkMissingError, render_all

    try:
        written = render_all(folder)
    except SdkMissingError as missing:
        fail(str(missing))
    for path in written:
        err.print(str(path), highlight=False)


@dashboards_app.command("copy")
def dashboards_copy(
    folder: Annotated[Path, typer.Argument()], console: ConsoleOption = "http://127.0.0.1:8080"
) -> None:
    """Write the dashboards into a folder that a Grafana is given, with links to this console."""
    from dashboards.console import AddressError
    from dashboards.render import copy_all

    try:
        written = copy_all(folder, console=console)
    except AddressError as wrong:
        fail(str(wrong))
    for path in written:
        err.print(str(path), highlight=False)


@dashboards_app.command("push")
def dashboards_push(
    url: Annotated[str, typer.Option(help="Grafana's address.")],
    folder: Annotated[str, typer.Option(help="Folder in Grafana.")] = "Carehub",
    console: ConsoleOption = "http://127.0.0.1:8080",
) -> None:
    """Send the dashboards to a Grafana (token: GRAFANA_TOKEN)."""
    from dashboards.push import PushError, push

    token = os.environ.get("GRAFANA_TOKEN", "")
    if not token:
        fail("set GRAFANA_TOKEN to a Grafana service account token")
    try:
        pushed = push(url=url, token=token, folder=folder, console=console)
    except PushError as refused:
        fail(str(refused))
    for address in pushed:
        err.print(address, highlight=False)


def _pace(text: str) -> float:
    """A number of hub seconds a second; ``max`` is infinity. Ends the command otherwise."""
    try:
        pace = math.inf if text == "max" else float(text)
    except ValueError:
        pace = 0.0
    if text != "max" and not 0 < pace < math.inf:
        fail(f"--speed {text}: write a number of hub seconds per second above 0, or max")
    return pace


@app.command()
def demo(
    homes: Annotated[int, typer.Option(help="Homes in the town.", min=1, max=10_000)] = 40,
    speed: Annotated[
        str,
        typer.Option(help="Hub seconds per second after the days; max: it lives through them and ends."),
    ] = "1",
    for_: Annotated[
        str,
        typer.Option(
            "--for", help="Wall time to run, e.g. 60s, 10m; empty: until Ctrl-C. Not for --speed max."
        ),
    ] = "",
    seed: Annotated[
        int, typer.Option(help="Which town; what happens depends on the hour it starts as well.")
    ] = 7,
    days: Annotated[int, typer.Option(help="Days lived at full speed first.", min=1)] = 1,
    port: Annotated[int, typer.Option(help="Port of the console (0: any free one).")] = 8080,
    broker_port: Annotated[int, typer.Option(help="Port of the broker (0: 1883, or any free one).")] = 0,
    keep: Annotated[
        Path | None, typer.Option(help="Folder for the demo's files; default: a new one each time.")
    ] = None,
    *,
    mosquitto: Annotated[
        bool, typer.Option(help="Use Mosquitto where it is installed, else amqtt (which keeps nothing).")
    ] = True,
    score: Annotated[
        bool, typer.Option("--score", help="Score the alerts by the town's truth; ends after the days.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Set up and run everything: broker, hub, a simulated town, the console.

    With --score it exits with 1 where the limits do not hold.
    """
    from gateway.demo.run import DemoError, DemoOptions, run_demo

    options = DemoOptions(
        homes=homes,
        speed=_pace(speed),
        for_s=seconds("--for", for_) if for_ else None,
        seed=seed,
        days=days,
        port=port,
        broker_port=broker_port,
        keep=keep,
        mosquitto=mosquitto,
        score=score,
    )
    try:
        result = run_demo(options)
    except DemoError as error:
        fail(str(error), 1)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    if score and not result["passes"]:
        raise typer.Exit(1)
