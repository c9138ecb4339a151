"""``carehub journal``: what of the journal is damaged, and going on without it when a person says so."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from gateway.settings import Settings
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of

if TYPE_CHECKING:
    from gateway.journal.repair import Findings, Lost

journal_app = typer.Typer(no_args_is_help=True, help="The journal: is it whole, and what if not.")


@journal_app.command("check")
def journal_check(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Read the whole journal, also beside a running hub, and say what of it is lost. 1 when something is."""
    with explained():
        from gateway.journal.repair import examine

        settings = settings_of(config)
        findings = examine(settings.hub.data / "journal.sqlite", known_to=_known_to(settings, running=True))
    _tell(findings, settings)
    if as_json:
        typer.echo(json.dumps(asdict(findings), ensure_ascii=False))
    if not findings.whole:
        raise typer.Exit(1)


@journal_app.command("repair")
def journal_repair(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Go on without what is lost: what can be read becomes the journal, the damaged one is set aside. Stop the hub first."""
    with explained():
        from gateway.journal.repair import examine, repair
        from gateway.lock import FolderLock

        settings = settings_of(config)
        path = settings.hub.data / "journal.sqlite"
        FolderLock(settings.hub.data)  # until this process ends
        known_to = _known_to(settings, running=False)
        if examine(path, known_to=known_to).whole:
            err.print(f"{path}: whole, nothing to repair", highlight=False, markup=False, soft_wrap=True)
            return
        try:
            findings, aside = repair(
                path, known_to=known_to, name=f"journal-damaged-{time.time_ns() // 1_000_000}.sqlite"
            )
        except (OSError, sqlite3.Error) as error:
            fail(f"{path}: not repaired, and as it was: {error}; it needs room for a second journal", 1)
    _tell(findings, settings)
    err.print(f"the damaged journal: {aside}", highlight=False, markup=False, soft_wrap=True)
    err.print("the hub can be started; it counts on from there", highlight=False)
    if as_json:
        typer.echo(json.dumps(asdict(findings) | {"aside": str(aside)}, ensure_ascii=False))


def _known_to(settings: Settings, *, running: bool) -> int:
    """The furthest event that the alerts or the store were written from, as far as that can be asked."""
    from sqlalchemy import func, select
    from sqlalchemy.exc import DBAPIError

    from gateway.operations.database import open_to_read
    from gateway.operations.tables import Cursor

    known = 0
    if (settings.hub.data / "operations.sqlite").exists():
        database = open_to_read(settings.hub.data / "operations.sqlite")
        try:
            with database.connect() as connection:
                known = (
                    connection.scalar(select(func.max(Cursor.position)).where(Cursor.consumer == "engine"))
                    or 0
                )
        except DBAPIError as error:
            err.print(f"the alerts' position is not known: {error.orig}", highlight=False, markup=False)
        database.dispose()
    return max(known, 0 if running else _stored_to(settings))


def _stored_to(settings: Settings) -> int:
    from gateway.parts import open_store
    from gateway.store.readings import StoreUnavailable

    try:
        with closing(open_store(settings)) as store:
            return store.cursor()
    except StoreUnavailable as error:
        err.print(
            f"the store's position is not known: {error}", highlight=False, markup=False, soft_wrap=True
        )
        return 0


def _tell(findings: Findings, settings: Settings) -> None:
    zone = ZoneInfo(settings.hub.zone)
    lines = [
        f"events {findings.begins + 1} to {findings.position}: {findings.events} can be read",
        *(_lost(each, zone) for each in findings.lost),
        *findings.notes,
    ]
    for line in lines:
        err.print(line, highlight=False, markup=False, soft_wrap=True)


def _lost(lost: Lost, zone: ZoneInfo) -> str:
    count = lost.last - lost.first + 1
    after = f" after {_clock(lost.after, zone)}" if lost.after else ""
    before = f" before {_clock(lost.before, zone)}" if lost.before else ""
    return f"lost: {count} events, {lost.first} to {lost.last}{after}{before}"


def _clock(at: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(0, zone) + timedelta(milliseconds=at):%Y-%m-%d %H:%M:%S}"
