"""``carehub bench``: the benchmarks, each beside its floor. Exit code 1 when what was measured is not whole."""

# ruff: noqa: PLC0415 -- what a command needs is imported when it runs, so that --help answers at once

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer
from rich.table import Table

from gateway.terminal import JsonOption, err, explained, fail, seconds

bench_app = typer.Typer(no_args_is_help=True, help="The benchmarks, each beside its floor.")


@contextmanager
def _measured() -> Iterator[None]:
    """What was not measured as it should have been is exit code 1, a wrong setting 2."""
    from gateway.bench.station import BenchError

    with explained():
        try:
            yield
        except BenchError as error:
            fail(str(error), 1)


def _progress(text: str) -> None:
    err.print(text, highlight=False)


def _show(result: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result.items():
        err.print(f"{name:>28}  {value}", highlight=False)


@bench_app.command("ingest")
def ingest(
    messages: Annotated[int, typer.Option(help="Messages to drain.", min=1)] = 1_000_000,
    devices: Annotated[int, typer.Option(help="Devices they come from.", min=1)] = 5_000,
    *,
    peers: Annotated[bool, typer.Option(help="Beside Node-RED, where npm is installed.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Measure how fast the hub drains a broker, beside the bare drain of the same messages."""
    with _measured():
        from gateway.bench.ingest import bench

        result = bench(messages=messages, devices=devices, peers=peers, progress=_progress)
    _show(result, as_json=as_json)


@bench_app.command("latency")
def latency(
    rate: Annotated[float, typer.Option(help="Messages a second from all the other devices.", min=1)] = 5_000,
    devices: Annotated[int, typer.Option(help="Devices of the city, five a home.", min=5)] = 100_000,
    falls: Annotated[int, typer.Option(help="Falls, each in another home.", min=2)] = 1_000,
    for_: Annotated[str, typer.Option("--for", help="How long to measure, e.g. 120s, 10m.")] = "120s",
    *,
    as_json: JsonOption = False,
) -> None:
    """Measure the time from a fall's PUBLISH to its webhook while a city reports, beside a bare relay."""
    with _measured():
        from gateway.bench.latency import bench

        result = bench(
            rate=rate, devices=devices, falls=falls, for_s=seconds("--for", for_), progress=_progress
        )
    _show(result, as_json=as_json)


@bench_app.command("recover")
def recover(
    devices: Annotated[int, typer.Option(help="Devices of the city, five a home.", min=5)] = 100_000,
    hours: Annotated[float, typer.Option(help="Hours of five-minute reports lived before.", min=0)] = 24,
    *,
    as_json: JsonOption = False,
) -> None:
    """Measure how soon a killed hub brings a fall to its webhook again, and the memory that it takes."""
    with _measured():
        from gateway.bench.recover import bench

        result = bench(devices=devices, hours=hours, progress=_progress)
    _show(result, as_json=as_json)


@bench_app.command("rules")
def rules(
    homes: Annotated[int, typer.Option(help="Homes of the town, six devices or so each.")] = 1_000,
    hours: Annotated[
        int,
        typer.Option(help="Hours of the day and of the night to judge; the first is for warming up.", min=2),
    ] = 6,
    *,
    as_json: JsonOption = False,
) -> None:
    """Measure how many events a second the rules judge, with the whole library active for every home."""
    with _measured():
        from gateway.bench.rules import bench

        result = bench(homes=homes, hours=hours, progress=_progress)
    _show(result, as_json=as_json)


@bench_app.command("store")
def store(
    rows: Annotated[int, typer.Option(help="Readings to store.", min=1)] = 1_000_000,
    kind: Annotated[
        Literal["duckdb", "influxdb", "both"],
        typer.Option(help="Which store; InfluxDB where influxd is installed."),
    ] = "both",
    *,
    as_json: JsonOption = False,
) -> None:
    """Measure how fast readings come from the journal into the store, beside the database alone, and are read again."""
    with _measured():
        from gateway.bench.store import bench

        result = bench(
            rows=rows, kinds=("duckdb", "influxdb") if kind == "both" else (kind,), progress=_progress
        )
    if as_json:
        _show(result, as_json=True)
        return
    _show_beside(result)


@bench_app.command("soak")
def soak(
    minutes: Annotated[float, typer.Option(help="How long the load lasts.", min=0.02)] = 10,
    devices: Annotated[int, typer.Option(help="Devices of the city, five a home.", min=5)] = 20_000,
    rate: Annotated[float, typer.Option(help="Messages a second.", min=1)] = 2_000,
    *,
    as_json: JsonOption = False,
) -> None:
    """Hold a hub under a steady load and see that nothing grows, falls behind or gets lost."""
    with _measured():
        from gateway.bench.soak import bench

        result = bench(minutes=minutes, devices=devices, rate=rate, progress=_progress)
    _show(result if as_json else result | {"samples": len(result["samples"])}, as_json=as_json)
    if result["broken"]:
        fail("\n".join(result["broken"]), 1)


def _show_beside(result: dict[str, object]) -> None:
    """What is the same for all, then the stores beside one another."""
    stores = {name: found for name, found in result.items() if isinstance(found, dict)}
    _show({name: value for name, value in result.items() if name not in stores}, as_json=False)
    table = Table("", *stores)
    for name in dict.fromkeys(name for found in stores.values() for name in found):
        table.add_row(name, *(str(found.get(name, "")) for found in stores.values()))
    err.print(table)
