"""``carehub rules backtest``: asks the running hub about what is stored, or judges a file itself."""

# ruff: noqa: PLC0415 -- what a command needs is imported when it runs, so that --help answers at once

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of, span_of

if TYPE_CHECKING:
    from gateway.backtest.asked import Asked, Progress, RuleSet
    from gateway.settings import Settings
    from rules.world import Definition

LOOK_EVERY_S = 0.5
BACKTEST = "/api/v1/rules/backtest"


def backtest(
    config: ConfigOption = None,
    *,
    rules: Annotated[
        Path | None, typer.Option(help="Folder of rules to try; default: the rules in force.")
    ] = None,
    events: Annotated[Path | None, typer.Option(help="History as an events CSV.")] = None,
    from_: Annotated[
        str, typer.Option("--from", help="Stored history from then on: 2026-03-01, with a time, or epoch ms.")
    ] = "",
    to: Annotated[str, typer.Option(help="Up to then; default: now.")] = "",
    hub: Annotated[str, typer.Option(help="URL of a running hub (token: CAREHUB_HTTP__TOKEN).")] = "",
    workers: Annotated[
        int, typer.Option(help="Processes that judge; default: one for each core.", min=0, max=256)
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Say what rules would have done over a history, beside the rules in force."""
    with explained():
        from gateway.backtest.show import bar, show

        if bool(events) == bool(from_):
            fail("give a history: --events FILE.csv, or --from (and --to) for what the hub has stored")
        settings = settings_of(config)
        asked_rules = _rules_in(rules)
        with bar(err) as progress:
            if events:
                answer = _over_file(settings, events, asked_rules, workers, progress)
            else:
                span = span_of(from_, to, settings.hub.zone)
                answer = _over_store(settings, hub, asked_rules, span, workers, progress)
    show(answer, err)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))


def _rules_in(folder: Path | None) -> RuleSet | None:
    from gateway.backtest.asked import RuleSet
    from gateway.rulebook.load import load_rulebook

    if folder is None:
        return None
    book = load_rulebook(folder)
    return RuleSet(book.rules, book.overrides)


def _over_file(
    settings: Settings, events: Path, rules: RuleSet | None, workers: int, progress: Progress
) -> dict[str, Any]:
    from gateway.backtest.question import about_file

    return _run_here(about_file(_definition(settings), events, rules=rules, workers=workers), progress)


def _over_store(
    settings: Settings,
    hub: str,
    rules: RuleSet | None,
    span: tuple[int, int],
    workers: int,
    progress: Progress,
) -> dict[str, Any]:
    """The running hub's answer; where none runs, its data folder is read here."""
    address = hub or f"http://{settings.http.host}:{settings.http.port}"
    answer = _asked_of_hub(settings, address, rules, span, progress)
    if answer is not None:
        return answer
    if hub:
        fail(f"{address}: no hub answers; start it, or leave out --hub", 1)
    return _over_own_store(settings, rules, span, workers, progress)


def _asked_of_hub(
    settings: Settings, address: str, rules: RuleSet | None, span: tuple[int, int], progress: Progress
) -> dict[str, Any] | None:
    import httpx
    import msgspec

    token = settings.http.token.get_secret_value()
    wanted: dict[str, Any] = {"from": span[0], "to": span[1]}
    if rules is not None:
        wanted |= {"rules": rules.rules, "overrides": rules.overrides}
    with httpx.Client(
        base_url=address,
        headers={"authorization": f"Bearer {token}"} if token else {},
        timeout=60,
    ) as client:
        try:
            begun = client.post(
                BACKTEST, content=msgspec.json.encode(wanted), headers={"content-type": "application/json"}
            )
        except httpx.ConnectError:
            return None
        if begun.status_code != httpx.codes.ACCEPTED:
            fail(
                f"{address}: {_words(begun)}",
                2 if begun.status_code == httpx.codes.UNPROCESSABLE_ENTITY else 1,
            )
        job = begun.json()["id"]
        try:
            return _awaited(client, job, progress)
        except KeyboardInterrupt:
            client.delete(f"{BACKTEST}/{job}")
            raise
        except httpx.HTTPError as error:
            fail(f"{address}: the hub went away meanwhile ({type(error).__name__}); ask again", 1)


def _awaited(client: Any, job: str, progress: Progress) -> dict[str, Any]:  # noqa: ANN401 httpx is imported late
    while True:
        said = client.get(f"{BACKTEST}/{job}").raise_for_status().json()
        if said["state"] == "done":
            answer: dict[str, Any] = said["answer"]
            return answer
        if said["state"] == "failed":
            fail(said["error"])
        progress(said["what"], said["done"])
        time.sleep(LOOK_EVERY_S)


def _words(answer: Any) -> str:  # noqa: ANN401 httpx is imported late
    try:
        return str(answer.json()["words"]["en"])
    except (ValueError, KeyError, TypeError):
        return f"answered {answer.status_code}: {answer.text[:200]}"


def _over_own_store(
    settings: Settings, rules: RuleSet | None, span: tuple[int, int], workers: int, progress: Progress
) -> dict[str, Any]:
    import msgspec

    from gateway.backtest.asked import WARM_UP_MS
    from gateway.backtest.jobs import COPYING
    from gateway.backtest.question import about_store
    from gateway.backtest.stored_copy import copy_in_slices
    from gateway.operations.database import open_to_read
    from gateway.parts import influx_source, open_store
    from gateway.store.duckdb import DuckDBStore

    definition = _definition(settings)
    if not definition.devices:
        fail(
            f"{settings.hub.data}: no device is registered there; import the registry first (carehub import)"
        )
    database = open_to_read(settings.hub.data / "operations.sqlite")
    asked = about_store(
        definition,
        database,
        rules=rules,
        from_ms=span[0],
        to_ms=span[1],
        influx=influx_source(settings),
        workers=workers,
    )
    database.dispose()
    if asked.influx is not None:
        return _run_here(asked, progress)
    store = open_store(settings)
    assert isinstance(store, DuckDBStore)  # noqa: S101 the other kind of store
    with tempfile.TemporaryDirectory(prefix="carehub-backtest-", ignore_cleanup_errors=True) as folder:
        files = copy_in_slices(
            store, Path(folder), span[0] - WARM_UP_MS, span[1], lambda done: progress(COPYING, done)
        )
        store.close()
        return _run_here(msgspec.structs.replace(asked, readings=files), progress)


def _definition(settings: Settings) -> Definition:
    """The world as the data folder's registry and the rule files have it; without a registry, the rules alone."""
    from sqlalchemy.exc import DBAPIError

    from gateway.operations.database import open_to_read
    from gateway.operations.facility_settings import facility_settings, places_of
    from gateway.parts import read_rulebook
    from gateway.registry import apply as registry
    from rules.world import Definition, Device, Place

    book = read_rulebook(settings)
    places: tuple[Place, ...] = ()
    devices: tuple[Device, ...] = ()
    file = settings.hub.data / "operations.sqlite"
    if file.exists():
        database = open_to_read(file)
        try:
            found = registry.read(database)
            places = places_of(found.places, facility_settings(database))
        except DBAPIError as error:
            fail(f"{file}: it cannot be read: {error.orig}; start the hub once to bring it up to date")
        finally:
            database.dispose()
        devices = tuple(
            Device(d.id, d.site, d.place_id, d.kind, d.room, d.heartbeat_s) for d in found.devices
        )
    known = {place.key for place in places}
    overrides = tuple(override for override in book.overrides if override.key in known)
    return Definition(0, settings.hub.zone, places, devices, book.rules, settings.hub.calendar, overrides)


def _run_here(asked: Asked, progress: Progress) -> dict[str, Any]:
    from gateway.backtest.asked import BacktestError
    from gateway.backtest.run import run
    from gateway.backtest.stored_copy import NICE

    os.nice(NICE)  # a hub may run beside
    with tempfile.TemporaryDirectory(prefix="carehub-backtest-", ignore_cleanup_errors=True) as folder:
        try:
            return run(asked, Path(folder), progress)
        except BacktestError as error:
            fail(str(error))
