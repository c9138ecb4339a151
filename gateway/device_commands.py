"""``carehub devices``: what the running hub knows of its devices."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from gateway.asking import address_of, asked
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of

devices_app = typer.Typer(no_args_is_help=True, help="The registered devices.")


@devices_app.command("list")
def show(
    config: ConfigOption = None,
    hub: Annotated[str, typer.Option(help="URL of the running hub (token: CAREHUB_HTTP__TOKEN).")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """List the devices: heard when, clock off by how much, how many messages refused or too many."""
    found: list[dict[str, Any]] = []
    with explained():
        import httpx

        settings = settings_of(config)
        address, after = address_of(settings, hub), ""
        while True:
            try:
                report = asked(address, "devices", settings, method="GET", after=after)
            except httpx.HTTPError as error:
                fail(
                    f"{address}: no hub answers ({type(error).__name__}); start it, or name it with --hub", 1
                )
            found += report["devices"]
            after = report["next"]
            if not after:
                break
    if as_json:
        typer.echo(json.dumps({"devices": found}, ensure_ascii=False))
        return
    zone = ZoneInfo(settings.hub.zone)
    for device in found:
        err.print(_line(device, zone), highlight=False, markup=False, soft_wrap=True)
    err.print(f"{len(found)} devices", highlight=False)


def _line(device: dict[str, Any], zone: ZoneInfo) -> str:
    heard, skew = device["heard_at"], device["clock_skew_ms"]
    said = [device["id"], device["kind"], device["place"], device["room"]]
    said.append({True: "在线 online", False: "离线 offline", None: "?"}[device["online"]])
    if heard is not None:
        said.append(f"{datetime.fromtimestamp(heard / 1000, zone):%m-%d %H:%M:%S}")
    if skew is not None:
        said.append(f"时钟 clock {skew / 1000:+.1f} s")
    if device["refused"]:
        said.append(f"无法识别 refused {device['refused']}")
    if device["over_rate"]:
        said.append(f"高频上报 too many {device['over_rate']}")
    return "  ".join(part for part in said if part)
