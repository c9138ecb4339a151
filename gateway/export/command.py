"""``carehub export``: asks the running hub, slice by slice; where none runs, opens its data folder."""

# ruff: noqa: PLC0415 -- what a command needs is imported when it runs, so that --help answers at once

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of, span_of

if TYPE_CHECKING:
    import httpx

    from gateway.export.slices import Wanted
    from gateway.export.whole import Whose
    from gateway.settings import Settings

PAGE = 500
DAYS_MAX = 4_000
TIMEOUT_S = 600  # a day of a city
export_app = typer.Typer(no_args_is_help=True, help="What is kept, as files.")


@export_app.command("readings")
def export_readings(
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")],
    from_: Annotated[str, typer.Option("--from", help="From then on: 2026-03-01, with a time, or epoch ms.")],
    to: Annotated[str, typer.Option("--to", help="Up to then; default: now.")] = "",
    format_: Annotated[
        Literal["parquet", "csv"], typer.Option("--format", help="csv: what rules backtest --events reads.")
    ] = "parquet",
    config: ConfigOption = None,
    *,
    place: Annotated[str, typer.Option(help="Of one home or facility.")] = "",
    device: Annotated[str, typer.Option(help="Of one device.")] = "",
    metric: Annotated[str, typer.Option(help="Of one metric.")] = "",
    hub: Annotated[str, typer.Option(help="URL of a running hub (token: CAREHUB_HTTP__TOKEN).")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write readings of store and archive into one file."""
    with explained():
        from gateway.export.slices import SLICE_MS_MAX, Wanted

        settings = settings_of(config)
        target = _target(output, settings, overwrite=overwrite)
        begin, end = span_of(from_, to, settings.hub.zone)
        if end - begin > DAYS_MAX * SLICE_MS_MAX:
            fail(f"--from {from_}: at most {DAYS_MAX} days at once")
        spans = [(at, min(at + SLICE_MS_MAX, end)) for at in range(begin, end, SLICE_MS_MAX)]
        wanted = [Wanted(*span, device=device, place=place, metric=metric) for span in spans]
        address = hub or f"http://{settings.http.host}:{settings.http.port}"
        with _source(settings, address, must=bool(hub)) as source:
            done = _write(wanted, target, format_, source)
    err.print(f"{target}: {done['rows']} readings", highlight=False, markup=False)
    if done["left_out"]:
        err.print(
            f"  {done['left_out']} do not fit a CSV (texts, the hub's own figures); --format parquet holds them",
            highlight=False, markup=False,
        )  # fmt: skip
    if as_json:
        said = {"file": str(target), "format": format_, "from": begin, "to": end}
        typer.echo(json.dumps(said | done, ensure_ascii=False))


class _Source:
    """Where the slices come from, and whose the devices are."""

    def __init__(self, write: Callable[[Wanted, Path], None], whose: Callable[[], dict[str, Whose]]) -> None:
        self.write = write
        self.whose = whose


def _target(output: Path, settings: Settings, *, overwrite: bool) -> Path:
    """The file to write, if it may be."""
    if output.is_symlink():
        fail(f"-o {output}: it is a link; name the file itself")
    target = output.resolve()
    if not target.parent.is_dir():
        fail(f"-o {output}: there is no folder {target.parent}; make it first")
    if target.exists() and not target.is_file():
        fail(f"-o {output}: it is no file; name a file to write")
    if target.is_relative_to(settings.hub.data.resolve()):
        fail(f"-o {output}: it lies in the hub's own data folder; name a file elsewhere")
    if target.exists() and not overwrite:
        fail(f"-o {output}: it is there already; choose another name, or say --overwrite")
    return target


def _write(
    wanted: list[Wanted], target: Path, format_: Literal["parquet", "csv"], source: _Source
) -> dict[str, int]:
    import duckdb

    from gateway.backtest.show import bar
    from gateway.export.whole import write_whole

    try:
        with (
            tempfile.TemporaryDirectory(prefix=".carehub-export-", dir=target.parent) as name,
            bar(err) as progress,
        ):
            folder, slices = Path(name), []
            for at, each in enumerate(wanted):
                progress("读取 reading", at / len(wanted))
                slices.append(folder / f"{at:06d}.parquet")
                source.write(each, slices[-1])
            progress("写入 writing", 0.99)
            whole = folder / "whole"
            done = write_whole(slices, whole, format_, source.whose() if format_ == "csv" else {}, folder)
            whole.chmod(0o600)  # a home's id with a time is personal data
            whole.replace(target)
    except (OSError, duckdb.Error) as error:
        fail(f"{target}: it cannot be written: {error}", 1)
    return {"rows": done.rows, "left_out": done.left_out}


@contextmanager
def _source(settings: Settings, address: str, *, must: bool) -> Iterator[_Source]:
    import httpx

    token = settings.http.token.get_secret_value()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(
        base_url=f"{address.rstrip('/')}/api/v1/", headers=headers, timeout=TIMEOUT_S
    ) as client:
        try:
            whose = _whose_by(client, address)
        except httpx.ConnectError:
            if must:
                fail(f"{address}: no hub answers; start it, or leave out --hub", 1)
        except httpx.HTTPError as error:
            fail(f"{address}: the hub does not answer ({type(error).__name__}); try again", 1)
        else:
            yield _Source(lambda wanted, file: _asked(client, address, wanted, file), lambda: whose)
            return
    with _own_source(settings) as own:
        yield own


def _asked(client: httpx.Client, address: str, wanted: Wanted, file: Path) -> None:
    import httpx

    span = {"from": wanted.from_ms, "to": wanted.to_ms}
    query: dict[str, str | int] = span | {
        "device": wanted.device,
        "place": wanted.place,
        "metric": wanted.metric,
    }
    try:
        with client.stream("GET", "readings/export", params=query) as answer, file.open("wb") as parquet:
            if not answer.is_success:
                answer.read()
                _fail_as_told(address, answer)
            for part in answer.iter_bytes():
                parquet.write(part)
    except httpx.HTTPError as error:
        fail(f"{address}: the hub went away meanwhile ({type(error).__name__}); ask again", 1)


def _whose_by(client: httpx.Client, address: str) -> dict[str, Whose]:
    """Whose each device is, by the hub's registry."""
    found: dict[str, Whose] = {}
    after: str | None = ""
    while after is not None:
        answer = client.get("places", params={"limit": PAGE} | ({"after": after} if after else {}))
        if not answer.is_success:
            _fail_as_told(address, answer)
        page = answer.json()
        for place in page["places"]:
            for device in place["devices"]:
                found[device["id"]] = (place["site"], place["id"], device["room"], device["kind"])
        after = page["next"]
    return found


@contextmanager
def _own_source(settings: Settings) -> Iterator[_Source]:
    from gateway.export.slices import write_slice
    from gateway.keeping import keep
    from gateway.parts import open_store

    data = settings.hub.data
    if settings.store.kind == "duckdb" and not (data / "readings.duckdb").exists():
        fail(
            f"{data}: no readings are there and no hub answers; name the hub with --hub, or its settings with -c"
        )
    kept = keep(settings, open_store(settings), newest_ms=lambda: 0)
    try:
        yield _Source(
            lambda wanted, file: write_slice(
                wanted, file, copies=kept.copies, archive=kept.archive, book=kept.book
            ),
            lambda: _whose_in(data / "operations.sqlite"),
        )
    finally:
        kept.stop()


def _whose_in(file: Path) -> dict[str, Whose]:
    from sqlalchemy.exc import DBAPIError

    from gateway.operations.database import open_to_read
    from gateway.registry import apply as registry

    if not file.exists():
        return {}
    database = open_to_read(file)
    try:
        devices = registry.read(database).devices
    except DBAPIError as error:
        fail(f"{file}: it cannot be read: {error.orig}; start the hub once to bring it up to date")
    finally:
        database.dispose()
    return {each.id: (each.site, each.place_id, each.room, each.kind) for each in devices}


def _fail_as_told(address: str, answer: Any) -> None:  # noqa: ANN401 httpx is imported late
    try:
        words = answer.json()["words"]["en"]
    except (ValueError, KeyError, TypeError):
        words = f"answered {answer.status_code}: {answer.text[:200]}"
    fail(f"{address}: {words}", 2 if answer.status_code == 422 else 1)  # noqa: PLR2004 the status' own number
