"""``carehub privacy``: a copy of what is kept of a resident, and its erasure; the running hub does both."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from gateway.asking import address_of, ask, fail_as_told, report_of
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of

if TYPE_CHECKING:
    import httpx

    from gateway.settings import Settings

privacy_app = typer.Typer(no_args_is_help=True, help="What is kept of a resident: a copy, its erasure.")
PlaceArgument = Annotated[str, typer.Argument(help="The home by id, e.g. H0001.")]
ReasonOption = Annotated[str, typer.Option(help="Who has asked, on what day; kept in the audit.")]
HubOption = Annotated[str, typer.Option(help="URL of the running hub (token: CAREHUB_HTTP__TOKEN).")]


@privacy_app.command("copy")
def copy(
    place: PlaceArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="The ZIP file to write.")],
    reason: ReasonOption,
    config: ConfigOption = None,
    hub: HubOption = "",
) -> None:
    """Write everything that is kept of a home's resident into a ZIP file that they can read."""
    with explained():
        if output.exists():
            fail(f"-o {output}: it is there already; choose another name")
        if not output.resolve().parent.is_dir():
            fail(f"-o {output}: there is no folder {output.resolve().parent}; make it first")
        answer = _asked(
            settings_of(config), hub, "GET", f"places/{quote(place, safe='')}/copy", reason=reason
        )
        new = output.with_name(output.name + ".new")
        new.touch(mode=0o600)
        new.write_bytes(answer.content)
        new.replace(output)
    err.print(f"{output}: {len(answer.content) // 1000 or 1} kB", highlight=False, markup=False)


@privacy_app.command("erase")
def erase(
    place: PlaceArgument,
    config: ConfigOption = None,
    reason: ReasonOption = "",
    hub: HubOption = "",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the home's id once more.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase what is kept of a home's resident, after they have left or withdrawn; exit 1 where it cannot be done now."""
    with explained():
        settings, path = settings_of(config), f"places/{quote(place, safe='')}/erasure"
        plan = report_of(_asked(settings, hub, "GET", path))
        if dry_run:
            _show_plan(plan, as_json=as_json)
            return
        if not reason.strip():
            fail("--reason: say who has asked, on what day")
        _show_plan(plan, as_json=False)
        confirm = (
            place if yes else typer.prompt(f"再输入一次编号 type {place} to erase it for good", err=True)
        )
        answer = _asked(settings, hub, "POST", path, json={"confirm": confirm.strip(), "reason": reason})
        done = report_of(answer)
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False))
    err.print(
        f"erased; what stays for the numbers is under {done['pseudonym']}; readings and the journal follow: "
        "carehub privacy list",
        highlight=False, markup=False,
    )  # fmt: skip
    err.print("Delete the backups made before, and take the home out of your registry file.", highlight=False)


@privacy_app.command("list")
def listed(config: ConfigOption = None, hub: HubOption = "", *, as_json: JsonOption = False) -> None:
    """The erasures, and how far each is."""
    with explained():
        found = report_of(_asked(settings_of(config), hub, "GET", "erasures"))["erasures"]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        state = "done" if one["done_at"] else f"going on: {', '.join(one['done']) or 'begun'}"
        typer.echo(f"{one['pseudonym']}\t{one['path']}\t{one['by']}\t{state}")


def _asked(settings: Settings, hub: str, method: str, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401 as ask
    """What the hub answers; where none answers or it refuses, the command ends with words."""
    import httpx

    address = address_of(settings, hub)
    try:
        answer = ask(address, path, settings, method=method, **given)
    except httpx.HTTPError as error:
        fail(f"{address}: no hub answers ({type(error).__name__}); start it, or name it with --hub", 1)
    if not answer.is_success:
        fail_as_told(address, answer, report_of(answer))
    return answer


def _show_plan(plan: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(plan, ensure_ascii=False))
        return
    from gateway.operations.erasing import STAY

    for name, count in plan["rows"].items():
        err.print(f"  {name}: {count}{' (stay without the person)' if name in STAY else ''}", highlight=False)
    err.print(
        "  readings, summaries, archived days, events of the journal: all of that home", highlight=False
    )
    if plan["refused"] == "alert_open":
        err.print("not now: an alert of this home is open; close it first", highlight=False)
    elif plan["refused"]:
        err.print(
            f"not now: still reporting: {', '.join(plan['devices'])}; take their batteries off",
            highlight=False,
        )
