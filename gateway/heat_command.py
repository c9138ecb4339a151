"""``carehub heat``: the heat map of the running hub as GeoJSON, and the outlines of communities into it."""

# ruff: noqa: PLC0415 -- what a command needs is imported when it runs, so that --help answers at once

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of

if TYPE_CHECKING:
    import httpx

    from gateway.settings import Settings

REFUSED = 422


def heat(
    config: ConfigOption = None,
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the heat map there, as GeoJSON.")
    ] = None,
    outlines: Annotated[
        Path | None, typer.Option(help="Bring the outlines of communities from this GeoJSON (WGS-84).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the outlines.")] = False,
    demand: Annotated[str, typer.Option(help="elders, alerts or visits.")] = "elders",
    supply: Annotated[str, typer.Option(help="stations, hours or seats.")] = "stations",
    hub: Annotated[str, typer.Option(help="URL of the running hub (token: CAREHUB_HTTP__TOKEN).")] = "",
    as_json: JsonOption = False,
) -> None:
    """Write demand over supply of every community as GeoJSON; or bring the communities' outlines in."""
    with explained():
        settings = settings_of(config)
        if (output is None) == (outlines is None):
            fail("name either -o, a file to write the heat map to, or --outlines, a file to bring in")
        if outlines is not None:
            _bring(settings, hub, outlines, dry_run=dry_run, as_json=as_json)
            return
        answer = _ask(settings, hub, "heat.geojson", {"demand": demand, "supply": supply})
        if output is not None:
            output.write_bytes(answer.content)
            err.print(f"{output}: {len(answer.json()['features'])} communities", highlight=False)
        if as_json:
            typer.echo(answer.text)


def _bring(settings: Settings, hub: str, file: Path, *, dry_run: bool, as_json: bool) -> None:
    try:
        text = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    answer = _ask(settings, hub, "heat/geometry", {"dry_run": int(dry_run)}, text)
    done = answer.json()
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False))
    verb = "would be kept" if dry_run else "kept"
    err.print(f"{done['kept']} outlines {verb}, {done['forgotten']} forgotten", highlight=False)
    if done["unknown"]:
        err.print(
            f"warning: not in the registry: {', '.join(done['unknown'])}", highlight=False, markup=False
        )


def _ask(
    settings: Settings, hub: str, path: str, query: dict[str, str | int], body: bytes | None = None
) -> httpx.Response:
    import httpx

    from gateway.asking import address_of, fail_as_told, report_of, texts

    address = address_of(settings, hub)
    token = settings.http.token.get_secret_value()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["content-type"] = "application/geo+json"
    try:
        answer = httpx.request(
            "GET" if body is None else "POST", f"{address.rstrip('/')}/api/v1/{path}", params=query, content=body,
            headers=headers, timeout=120,
        )  # fmt: skip
    except httpx.HTTPError as error:
        fail(f"{address}: no hub answers ({type(error).__name__}); start it, or name it with --hub", 1)
    if answer.status_code == REFUSED and (mistakes := texts(report_of(answer).get("errors"))):
        fail("\n".join(mistakes))
    if not answer.is_success:
        fail_as_told(address, answer, report_of(answer))
    return answer
