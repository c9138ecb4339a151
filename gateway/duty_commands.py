"""``carehub duty``: the duty plan (值班安排) checked, shown, and described for editors."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.settings import Settings
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of, time_of

if TYPE_CHECKING:
    from gateway.duty.plan import Desk, Plan
    from gateway.duty.roster import Span
    from gateway.registry.values import Place

duty_app = typer.Typer(no_args_is_help=True, help="The duty plan: who is told of an alert, and when.")
FileArgument = Annotated[Path | None, typer.Argument(help="The plan; default: [hub] duty.")]
AtOption = Annotated[str, typer.Option("--at", help="The time that is asked about; default: now.")]


@duty_app.command("check")
def check(
    file: FileArgument = None,
    config: ConfigOption = None,
    *,
    registry: Annotated[
        Path | None, typer.Option(help="Registry CSV; default: that of the data folder.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days to look ahead.")] = 28,
    at: AtOption = "",
    as_json: JsonOption = False,
) -> None:
    """Name every mistake in the plan, and every hour in which an alert would reach nobody."""
    with explained():
        from gateway.duty.coverage import doubts, gaps, matters_of
        from gateway.duty.gap_words import lines_of

        settings = settings_of(config)
        plan = _plan(settings, file)
        places = _places(settings, registry)
        zone, calendar = ZoneInfo(settings.hub.zone), settings.hub.calendar
        found = gaps(
            plan, matters_of(plan, places), from_ms=_at(at, zone), days=days, zone=zone, calendar=calendar
        )
        warnings = doubts(plan, calendar)
    for words in warnings:
        _say(f"warning: {words['zh']} · {words['en']}")
    for line in lines_of(found, zone):
        _say(line)
    _say(
        f"{len(plan.people)} 人 people, {len(plan.desks)} 个值班点 desks, {days} 天 days: {len(found)} 个空档 gaps"
    )
    if as_json:
        told = {"gaps": [asdict(gap) for gap in found], "warnings": warnings}
        typer.echo(json.dumps(told, ensure_ascii=False))
    if found:
        raise typer.Exit(1)


@duty_app.command("show")
def show(
    file: FileArgument = None, config: ConfigOption = None, *, at: AtOption = "", as_json: JsonOption = False
) -> None:
    """Show who is on duty at each desk in the week of a time, Monday to Sunday."""
    with explained():
        from gateway.duty.roster import spans
        from rules.local_time import local_day, moment

        settings = settings_of(config)
        plan = _plan(settings, file)
        zone, calendar = ZoneInfo(settings.hub.zone), settings.hub.calendar
        today = local_day(_at(at, zone), zone)
        monday = today - timedelta(days=today.weekday())
        begins, ends = moment(monday, 0, zone), moment(monday + timedelta(days=7), 0, zone)
        week = {
            desk.id: list(spans(plan, desk, from_ms=begins, to_ms=ends, zone=zone, calendar=calendar))
            for desk in plan.desks
        }
    for desk in plan.desks:
        _print_desk(plan, desk, week[desk.id], zone)
    if as_json:
        desks = [
            {"id": desk.id, "name": desk.name, "spans": [asdict(span) for span in week[desk.id]]}
            for desk in plan.desks
        ]
        typer.echo(json.dumps({"from_ms": begins, "to_ms": ends, "desks": desks}, ensure_ascii=False))


@duty_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a duty plan."""
    from gateway.duty.schema import duty_schema

    typer.echo(json.dumps(duty_schema(), ensure_ascii=False, indent=2))


def _plan(settings: Settings, file: Path | None) -> Plan:
    from gateway.parts import open_channels, read_plan

    plan = read_plan(settings, open_channels(settings), file)
    if plan is None:
        fail("no duty plan: name the file, or set [hub] duty; docs/duty.md shows how to write one")
    return plan


def _places(settings: Settings, file: Path | None) -> tuple[Place, ...]:
    from gateway.parts import read_registered
    from gateway.registry import csv_file

    if file is not None:
        try:
            text = csv_file.decode(file.read_bytes(), source=str(file))
        except OSError as error:
            fail(f"{file}: {error.strerror}")
        return csv_file.parse(text, source=str(file)).places
    found = read_registered(settings)
    if found is None:
        fail(f"no registry in {settings.hub.data}; import one, or name a file with --registry")
    return found


def _at(text: str, zone: ZoneInfo) -> int:
    return time_of(text, zone.key, "--at") if text else time.time_ns() // 1_000_000


def _print_desk(plan: Plan, desk: Desk, week: list[Span], zone: ZoneInfo) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from gateway.duty.gap_words import moment

    names = {person.id: person.name for person in plan.people}
    table = Table(title=Text(f"{desk.name} ({desk.id})"), box=box.SIMPLE, title_justify="left")
    for heading in ("从 from", "到 to", "在岗 on duty"):
        table.add_column(heading)
    for span in week:
        table.add_row(moment(span.from_ms, zone), moment(span.to_ms, zone), Text(_who(span, names)))
    err.print(table)


def _who(span: Span, names: dict[str, str]) -> str:
    if span.people is None:
        return "关闭 closed"
    return "、".join(names.get(person, person) for person in span.people) or "在岗 staffed"


def _say(line: str) -> None:
    err.print(line, highlight=False, markup=False, soft_wrap=True)
