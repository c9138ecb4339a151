"""The commands about who may come in (``carehub staff``) and what was done (``carehub audit``); the hub may be running."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

import getpass
import json
import os
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.accounts.roles import ROLES
from gateway.accounts.who import Grant
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from gateway.audit.trail import Trail
    from gateway.operations.accounts import AccountView

staff_app = typer.Typer(no_args_is_help=True, help="Who may come in, and what they may.")
audit_app = typer.Typer(no_args_is_help=True, help="Who has looked at which record, and what was done.")

NameArgument = Annotated[str, typer.Argument(help="As it stands on the tile, e.g. 李敏.")]
RoleArgument = Annotated[str, typer.Argument(help=f"One of: {', '.join(ROLES)}.")]
RoleOption = Annotated[str, typer.Option(help=f"One of: {', '.join(ROLES)}.")]
AtOption = Annotated[str, typer.Option(help="Part of the tree, e.g. 福田区/莲花街道; left out: everything.")]


@staff_app.command("add")
def staff_add(
    name: NameArgument,
    role: RoleOption = "duty",
    at: AtOption = "",
    config: ConfigOption = None,
    *,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password instead of a PIN.")
    ] = False,
) -> None:
    """Make an account; asks for a PIN (or reads it from CAREHUB_PIN, a password from CAREHUB_PASSWORD)."""
    with explained():
        from sqlalchemy.orm import Session

        from gateway.operations.accounts import fault_of
        from gateway.operations.people import People

        engine, grant = _database(config), Grant(role, at)
        with Session(engine) as session:
            if fault := fault_of(session, grant):
                fail(fault)
        secret = _secret(password=password)
        pin, word = ("", secret) if password else (secret, "")
        try:
            People(engine).add(name, pin, password=word, grants=(grant,))
        except ValueError as error:
            fail(str(error))
        _note(config, "make_account", name)
    err.print(f"{name} may sign in.", highlight=False, markup=False)


@staff_app.command("list")
def staff_list(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Every account with its roles."""
    with explained():
        found = _accounts(_database(config))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        roles = "、".join(f"{grant.role}@{grant.at or '*'}" for grant in one.grants) or "-"
        ways = [
            name for name, has in (("PIN", one.pin), ("password", one.password), ("SSO", one.subject)) if has
        ]
        gone = " (ended)" if one.ended_at else ""
        typer.echo(f"{one.name}{gone}\t{roles}\t{', '.join(ways) or '-'}")


@staff_app.command("grant")
def staff_grant(
    name: NameArgument, role: RoleArgument, at: AtOption = "", config: ConfigOption = None
) -> None:
    """Give an account one more role."""
    _change_grants(config, name, add=Grant(role, at))


@staff_app.command("revoke")
def staff_revoke(
    name: NameArgument, role: RoleArgument, at: AtOption = "", config: ConfigOption = None
) -> None:
    """Take a role from an account."""
    _change_grants(config, name, take=Grant(role, at))


@staff_app.command("secret")
def staff_secret(
    name: NameArgument,
    config: ConfigOption = None,
    *,
    password: Annotated[bool, typer.Option("--password", help="A password instead of a PIN.")] = False,
) -> None:
    """Give an account a new PIN or password; it is signed out everywhere."""
    with explained():
        from gateway.operations.accounts import set_secrets
        from gateway.operations.people import People

        engine = _database(config)
        account, secret = _named(engine, name), _secret(password=password)
        given = {"password": secret} if password else {"pin": secret}
        try:
            set_secrets(People(engine), engine, account.id, **given)
        except ValueError as error:
            fail(str(error))
        _note(config, "set_secrets", name)


@staff_app.command("end")
def staff_end(name: NameArgument, config: ConfigOption = None) -> None:
    """End an account: signed out everywhere, comes in no more."""
    with explained():
        from gateway.operations.accounts import end

        engine = _database(config)
        try:
            end(engine, _named(engine, name).id, _now_ms())
        except ValueError as error:
            fail(str(error))
        _note(config, "end_account", name)


@audit_app.command("verify")
def audit_verify(
    config: ConfigOption = None,
    *,
    head: Annotated[str, typer.Option(help="NUMBER:SEAL as noted elsewhere (the log, a backup).")] = "",
    as_json: JsonOption = False,
) -> None:
    """Check that nothing in the audit was altered or taken out; ends with 1 where something was."""
    with explained():
        from gateway.audit.trail import Head

        trail = _trail(config)
        broken, last = trail.first_broken(), trail.head()
        number, _, sealed = head.partition(":")
        if head and not (number.isdigit() and sealed):
            fail(f"--head {head!r}: write it as NUMBER:SEAL, as the hub's log has it")
        foreign = bool(head) and not trail.holds(Head(int(number), sealed))
        trail.close()
    if as_json:
        found = {
            "whole": broken is None and not foreign,
            "broken": broken,
            "foreign": foreign,
            "head": asdict(last),
        }
        typer.echo(json.dumps(found))
    if broken is not None:
        err.print(f"altered or missing from entry {broken} on", highlight=False)
    elif foreign:
        err.print(f"entry {number} was sealed otherwise: this is another chain", highlight=False)
    else:
        err.print(f"whole up to entry {last.number}, seal {last.seal or 'none'}", highlight=False)
    if broken is not None or foreign:
        raise typer.Exit(1)


@audit_app.command("show")
def audit_show(
    words: Annotated[str, typer.Argument(help="Names, ids, reasons; all where nothing is given.")] = "",
    config: ConfigOption = None,
    *,
    place: Annotated[str, typer.Option(help="A home or facility by id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    as_json: JsonOption = False,
) -> None:
    """The newest entries of the audit."""
    with explained():
        from gateway.audit.trail import Asked

        zone = ZoneInfo(settings_of(config).hub.zone)
        trail = _trail(config)
        found = trail.read(Asked(words=words, place=place), limit)
        trail.close()
    if as_json:
        entries = [{"number": one.number, **asdict(one.entry)} for one in found]
        typer.echo(json.dumps(entries, ensure_ascii=False))
        return
    for one in found:
        entry, at = one.entry, datetime.fromtimestamp(one.entry.at / 1000, zone)
        about = " ".join(part for part in (entry.place, entry.subject, entry.reason) if part)
        columns = (
            str(one.number), f"{at:%Y-%m-%d %H:%M:%S}", entry.who or entry.kind, entry.what, about, str(entry.status)
        )  # fmt: skip
        typer.echo("\t".join(map(_on_a_line, columns)))


def _on_a_line(text: str) -> str:
    """What somebody gave as a name may hold a newline, and read as an entry of its own; or what a terminal obeys."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _change_grants(
    config: Path | None, name: str, *, add: Grant | None = None, take: Grant | None = None
) -> None:
    with explained():
        from gateway.operations.accounts import set_grants

        engine = _database(config)
        account = _named(engine, name)
        if take is not None and take not in account.grants:
            fail(f"{name} has no role {take.role} at {take.at or 'everything'}; it has: {account.grants}")
        kept = {*account.grants, *([add] if add else [])} - ({take} if take else set())
        try:
            set_grants(engine, account.id, kept)
        except ValueError as error:
            fail(str(error))
        _note(config, "set_grants", name)


def _note(config: Path | None, what: str, about: str) -> None:
    """What is done from the shell stands in the audit as well, under the user of the machine."""
    from gateway.audit.chain import Entry
    from gateway.audit.trail import Trail

    trail = Trail(settings_of(config).hub.data / "audit.sqlite")
    trail.write(
        Entry(
            at=_now_ms(), who=getpass.getuser(), who_id=0, kind="shell", what=what, method="", place="", subject=about, path="",
            status=200, reason="", via="shell",
        )
    )  # fmt: skip
    trail.close()


def _database(config: Path | None) -> Engine:
    from gateway.operations.database import open_database

    return open_database(settings_of(config).hub.data / "operations.sqlite")


def _trail(config: Path | None) -> Trail:
    from gateway.audit.trail import Trail

    file = settings_of(config).hub.data / "audit.sqlite"
    if not file.exists():
        fail(f"{file}: there is no audit yet; it begins with the hub's first start")
    return Trail(file)


def _accounts(engine: Engine) -> list[AccountView]:
    from gateway.operations.accounts import accounts

    return accounts(engine, _now_ms())


def _named(engine: Engine, name: str) -> AccountView:
    found = next((one for one in _accounts(engine) if one.name == name), None)
    if found is None:
        fail(f"there is no account {name!r}; see: carehub staff list")
    return found


def _secret(*, password: bool) -> str:
    variable, asked = ("CAREHUB_PASSWORD", "Password") if password else ("CAREHUB_PIN", "PIN (4 to 8 digits)")
    return os.environ.get(variable) or str(typer.prompt(asked, hide_input=True, err=True))


def _now_ms() -> int:
    import time

    return time.time_ns() // 1_000_000
