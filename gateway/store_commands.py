"""The commands about the store: rows that it refused, and the room it takes."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.store.dead_letters import DeadLetters

refused_app = typer.Typer(no_args_is_help=True, help="Rows that the store refused.")
store_app = typer.Typer(no_args_is_help=True, help="The store of a hub that is stopped.")
HubOption = Annotated[str, typer.Option(help="URL of a running hub (token: CAREHUB_HTTP__TOKEN).")]


@refused_app.command("list")
def refused_list(
    config: ConfigOption = None, limit: int = 50, hub: HubOption = "", *, as_json: JsonOption = False
) -> None:
    """List them, newest first, with the reason."""
    with explained():
        settings = settings_of(config)
        found = _ask(settings, hub, "GET", "refused", limit=limit)
        rows = found["rows"] if found else _listed(settings, limit)
    if as_json:
        typer.echo(json.dumps({"rows": rows}, ensure_ascii=False))
        return
    for row in rows:
        what = f"{row['id']} {row['device']} {row['metric']} {row['value']}: {row['reason']}"
        err.print(what, highlight=False, markup=False, soft_wrap=True)
    err.print(f"{len(rows)} rows", highlight=False)


@refused_app.command("retry")
def refused_retry(config: ConfigOption = None, hub: HubOption = "", *, as_json: JsonOption = False) -> None:
    """Write them again; those that are refused once more stay (exit 1)."""
    with explained():
        settings = settings_of(config)
        done = _ask(settings, hub, "POST", "refused/retry") or _retried(settings)
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False))
    err.print(
        f"stored {done['stored']} · too old to be kept {done['too_old']} · still refused {done['waiting']}",
        highlight=False,
    )
    if done["waiting"]:
        raise typer.Exit(1)


@refused_app.command("drop")
def refused_drop(config: ConfigOption = None, hub: HubOption = "") -> None:
    """Forget them."""
    with explained():
        settings = settings_of(config)
        found = _ask(settings, hub, "DELETE", "refused")
        if found is None:
            with closing(_dead_letters(settings)) as dead:
                found = {"dropped": dead.forget()}
    err.print(f"{found['dropped']} rows forgotten", highlight=False)


@store_app.command("compact")
def store_compact(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Give the room of removed readings back to the disk; the hub must be stopped."""
    with explained():
        from gateway.lock import FolderLock
        from gateway.store.duckdb_keeping import compact

        settings = settings_of(config)
        file = settings.hub.data / "readings.duckdb"
        if settings.store.kind != "duckdb" or not file.exists():
            fail(f"{file}: there is no such store; InfluxDB makes room by itself")
        lock = FolderLock(settings.hub.data)
        before, after = compact(file)
        lock.release()
    err.print(f"{file}: {before} bytes before, {after} after", highlight=False, markup=False)
    if as_json:
        typer.echo(json.dumps({"file": str(file), "before": before, "after": after}))


def _ask(settings: Settings, hub: str, method: str, path: str, **query: int) -> dict[str, Any] | None:
    """The running hub's answer; None if there is none and none is required."""
    import httpx

    address = hub or f"http://{settings.http.host}:{settings.http.port}"
    token = settings.http.token.get_secret_value()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    url = f"{address.rstrip('/')}/api/v1/{path}"
    try:
        answer = httpx.request(method, url, params=query, headers=headers, timeout=120)
    except httpx.ConnectError:
        if hub:
            fail(f"{address}: no hub answers; start it, or leave out --hub", 1)
        return None
    except httpx.HTTPError as error:
        fail(f"{address}: the hub does not answer ({type(error).__name__}); try again", 1)
    if not answer.is_success:
        fail(f"{address}: answered {answer.status_code}: {answer.text[:200]}", 1)
    found: dict[str, Any] = answer.json()
    return found


def _dead_letters(settings: Settings) -> DeadLetters:
    from gateway.store.dead_letters import DeadLetters

    file = settings.hub.data / "dead_letters.sqlite"
    if not file.exists():
        fail(f"{file}: it is not there and no hub answers; name the hub with --hub, or its settings with -c")
    return DeadLetters(file)


def _listed(settings: Settings, limit: int) -> list[dict[str, Any]]:
    with closing(_dead_letters(settings)) as dead:
        return [
            {
                "id": each.id,
                "at": each.at,
                "reason": each.reason,
                "device": each.reading.device,
                "place": each.reading.place,
                "metric": each.reading.metric,
                "observed_at": each.reading.observed_at,
                "value": str(each.reading.value),
                "text": each.reading.text or "",
            }
            for each in dead.newest(limit)
        ]


def _retried(settings: Settings) -> dict[str, Any]:
    from gateway.keeping import keep
    from gateway.lock import FolderLock
    from gateway.parts import open_store

    _dead_letters(settings).close()
    lock = FolderLock(settings.hub.data)
    kept = keep(settings, open_store(settings), newest_ms=lambda: 0)
    stored, old = kept.store.retry()
    waiting = kept.dead.waiting
    kept.stop()
    lock.release()
    return {"stored": stored, "too_old": old, "waiting": waiting}
