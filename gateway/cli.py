"""``carehub``: the hub's command line. Exit codes: 0 fine, 1 found something wrong, 2 bad input or settings."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from gateway.settings import Settings, SettingsError, load_settings

app = typer.Typer(
    name="carehub",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=__doc__,
)
rules_app = typer.Typer(no_args_is_help=True, help="The alert rules.")
staff_app = typer.Typer(no_args_is_help=True, help="Who may accept and close alerts.")
quarantine_app = typer.Typer(no_args_is_help=True, help="Messages that could not be read.")
dashboards_app = typer.Typer(no_args_is_help=True, help="The Grafana dashboards.")
bench_app = typer.Typer(no_args_is_help=True, help="The benchmarks, each beside its floor.")
for name, part in (
    ("rules", rules_app),
    ("staff", staff_app),
    ("quarantine", quarantine_app),
    ("dashboards", dashboards_app),
    ("bench", bench_app),
):
    app.add_typer(part, name=name)

err = Console(stderr=True)
ConfigOption = Annotated[Path | None, typer.Option("-c", "--config", help="Settings file (TOML).")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, the rest on stderr.")]


def main() -> None:
    """Entry point."""
    app()


def fail(what: str, code: int = 2) -> NoReturn:
    """Say what is wrong, on stderr, and end."""
    sys.stderr.write(what.rstrip() + "\n")
    raise typer.Exit(code)


@contextmanager
def explained() -> Iterator[None]:
    """Turn mistakes in settings, rules and registry into exit code 2 with their own words."""
    from gateway.journal.journal import JournalError
    from gateway.registry.values import RegistryErrors
    from gateway.rulebook.load import RuleMistakes
    from gateway.store.readings import StoreUnavailable

    try:
        yield
    except (SettingsError, RuleMistakes, RegistryErrors, JournalError, StoreUnavailable) as error:
        fail(str(error))


def settings_of(config: Path | None) -> Settings:
    """The settings; ``carehub.toml`` in this folder if none is named and it is there."""
    default = Path("carehub.toml")
    return load_settings(config if config is not None else default if default.exists() else None)


def log_to_stderr(level: str = "") -> None:
    """Logs, one line each, on stderr."""
    logging.basicConfig(
        stream=sys.stderr,
        level=(level or os.environ.get("CAREHUB_LOG", "INFO")).upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)


@app.command()
def run(config: ConfigOption = None) -> None:
    """Run the hub: MQTT in, alerts out, console and API on [http]."""
    log_to_stderr()
    with explained():
        settings = settings_of(config)
        asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    from gateway.hub import Hub

    hub = Hub(settings)
    where = f"http://{hub.web_settings.host}:{hub.web_settings.port}/"
    err.print(f"carehub: console on {where}, broker {hub.address!r}, store {hub.store.name}", highlight=False)
    await hub.run()


@app.command()
def check(config: ConfigOption = None) -> None:
    """Check settings and rules without starting anything."""
    with explained():
        from gateway.hub import open_channels, read_ladder, web_settings
        from gateway.rulebook.load import load_rules, unheeded_events

        settings = settings_of(config)
        open_channels(settings)
        read_ladder(settings)
        web_settings(settings)
        rules = load_rules(Path(settings.hub.rules) if settings.hub.rules else None)
    names = ", ".join(rule.id for rule in rules)
    err.print(f"settings are fine; {len(rules)} rules: {names}", highlight=False, soft_wrap=True)
    for event in unheeded_events(rules):
        what = f"warning: no rule raises an alert at {event!r}; is the folder [hub] rules complete?"
        err.print(what, highlight=False, markup=False, soft_wrap=True)


@app.command(name="import")
def import_registry(
    file: Annotated[Path, typer.Argument(help="Registry CSV: places, contacts, devices.")],
    config: ConfigOption = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    hub: Annotated[str, typer.Option(help="URL of a running hub (token: CAREHUB_HTTP__TOKEN).")] = "",
) -> None:
    """Bring a registry CSV into the hub: the running one if it answers, else its data folder."""
    with explained():
        from gateway.registry import csv_file

        try:
            text = csv_file.decode(file.read_bytes(), source=str(file))
        except OSError as error:
            fail(f"{file}: {error.strerror}")
        wanted = csv_file.parse(text, source=str(file))
        settings = settings_of(config)
        address = hub or f"http://{settings.http.host}:{settings.http.port}"
        report = _import_through(address, text, settings, dry_run=dry_run, must=bool(hub))
        if report is None:
            from gateway.operations.database import open_database
            from gateway.registry import apply as registry

            database = open_database(settings.hub.data / "operations.sqlite")
            done = (registry.plan if dry_run else registry.apply)(database, wanted, source=str(file))
            report = {
                "counts": done.counts(),
                "changes": [{"zh": c.zh, "en": c.en} for c in done.changes if c.action != "unchanged"],
                "doubts": [str(doubt) for doubt in done.doubts],
            }
    _print_import(report, dry_run=dry_run)


def _import_through(
    address: str, text: str, settings: Settings, *, dry_run: bool, must: bool
) -> dict[str, object] | None:
    """Ask a running hub; None if there is none and none is required."""
    import httpx

    token = settings.http.token.get_secret_value()
    headers = {"content-type": "text/csv"} | ({"authorization": f"Bearer {token}"} if token else {})
    try:
        answer = httpx.post(
            f"{address.rstrip('/')}/api/v1/registry",
            params={"dry_run": int(dry_run)},
            content=text.encode(),
            headers=headers,
            timeout=120,
        )
    except httpx.HTTPError as error:
        if must:
            fail(f"{address}: no hub answers ({type(error).__name__}); start it or leave out --hub", 1)
        return None
    report: dict[str, object] = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    if answer.status_code == httpx.codes.OK:
        return report
    errors = report.get("errors")
    if isinstance(errors, list):
        fail("\n".join(map(str, errors)))
    fail(f"{address}: answered {answer.status_code}: {report or answer.text[:200]}", 1)


def _print_import(report: dict[str, object], *, dry_run: bool) -> None:
    changes = report.get("changes")
    for change in changes if isinstance(changes, list) else []:
        err.print(f"  {change['zh']} · {change['en']}", highlight=False, markup=False, soft_wrap=True)
    doubts = report.get("doubts")
    for doubt in doubts if isinstance(doubts, list) else []:
        err.print(f"  ? {doubt}", highlight=False, markup=False, style="yellow")
    word = "would be" if dry_run else "done:"
    err.print(f"{word} {report.get('counts')}", highlight=False, markup=False)


@staff_app.command("add")
def staff_add(
    name: Annotated[str, typer.Argument(help="As it stands on the tile, e.g. 李敏.")],
    config: ConfigOption = None,
) -> None:
    """Let a person accept and close alerts; asks for a PIN (or reads it from CAREHUB_PIN)."""
    with explained():
        from gateway.operations.database import open_database
        from gateway.operations.people import People

        settings = settings_of(config)
        pin = os.environ.get("CAREHUB_PIN") or typer.prompt("PIN (4 to 8 digits)", hide_input=True, err=True)
        try:
            People(open_database(settings.hub.data / "operations.sqlite")).add(name, pin)
        except ValueError as error:
            fail(str(error))
    err.print(f"{name} may sign in.", highlight=False, markup=False)


@rules_app.command("schema")
def rules_schema() -> None:
    """Print the JSON Schema of a rule file."""
    from gateway.rulebook.load import rules_schema as schema

    typer.echo(json.dumps(schema(), ensure_ascii=False, indent=2))


@quarantine_app.command("list")
def quarantine_list(config: ConfigOption = None, limit: int = 50, *, as_json: JsonOption = False) -> None:
    """List messages that could not be read, newest first, with the reason."""
    with explained():
        from gateway.journal.journal import Journal

        journal = Journal(settings_of(config).hub.data / "journal.sqlite")
        rows = journal.quarantine(limit)
        journal.close()
    for row in rows:
        payload = row.pop("payload")
        row["payload"] = bytes(payload[:500]).decode(errors="replace") if isinstance(payload, bytes) else ""
    if as_json:
        typer.echo(json.dumps({"messages": rows}, ensure_ascii=False))
        return
    for row in rows:
        err.print(
            f"{row['id']} {row['topic']} {row['reason']}: {row['detail']}", highlight=False, markup=False
        )
    err.print(f"{len(rows)} messages", highlight=False)


@dashboards_app.command("render")
def dashboards_render(folder: Annotated[Path, typer.Argument()] = Path("dashboards/json")) -> None:
    """Write the dashboards as JSON (needs the development dependencies)."""
    from dashboards.render import render_all

    for written in render_all(folder):
        err.print(str(written), highlight=False)


@dashboards_app.command("push")
def dashboards_push(
    url: Annotated[str, typer.Option(help="Grafana's address.")],
    folder: Annotated[str, typer.Option(help="Folder in Grafana.")] = "Carehub",
) -> None:
    """Send the dashboards to a Grafana (token: GRAFANA_TOKEN)."""
    from dashboards.push import push

    token = os.environ.get("GRAFANA_TOKEN", "")
    if not token:
        fail("set GRAFANA_TOKEN to a Grafana service account token")
    for title in push(url=url, token=token, folder=folder):
        err.print(title, highlight=False)


@bench_app.command("ingest")
def bench_ingest(
    messages: Annotated[int, typer.Option(help="Messages to drain.")] = 100_000,
    devices: Annotated[int, typer.Option(help="Devices they come from.")] = 5_000,
    *,
    as_json: JsonOption = False,
) -> None:
    """Measure how fast the hub drains a broker, beside the bare drain of the same messages."""
    from gateway.bench.ingest import bench

    with explained():
        result = bench(messages=messages, devices=devices)
    _show(result, as_json=as_json)


def _show(result: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result.items():
        err.print(f"{name:>28}  {value}", highlight=False)


@app.command()
def demo(
    homes: Annotated[int, typer.Option(help="Homes in the town.", min=1, max=10_000)] = 40,
    speed: Annotated[float, typer.Option(help="Hub seconds per second after the first day.")] = 1.0,
    for_: Annotated[
        str, typer.Option("--for", help="Wall time to run, e.g. 60s, 10m; empty: until Ctrl-C.")
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
    as_json: JsonOption = False,
) -> None:
    """Set up and run everything: broker, hub, a simulated town, the console."""
    from gateway.demo.run import DemoError, DemoOptions, run_demo

    options = DemoOptions(
        homes=homes,
        speed=speed,
        for_s=_seconds(for_),
        seed=seed,
        days=days,
        port=port,
        broker_port=broker_port,
        keep=keep,
        mosquitto=mosquitto,
    )
    try:
        result = run_demo(options)
    except DemoError as error:
        fail(str(error), 1)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))


def _seconds(text: str) -> float | None:
    if not text:
        return None
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1])
    try:
        return float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        fail(f"--for {text!r}: write a time like 60s, 10m or 1h")
