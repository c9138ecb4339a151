"""Slices become one file: Parquet with all that is kept, or the events CSV that ``carehub rules backtest`` reads."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from gateway.backtest.scratch import number, open_scratch, quoted

Format: TypeAlias = Literal["parquet", "csv"]
Whose: TypeAlias = tuple[str, str, str, str]  # site, home or facility, room, kind of the device

# A CSV holds numbers: a text (a firmware's name) is of no use to who reads it, nor are the hub's figures of itself.
FITS_CSV = "device <> 'carehub' AND (text IS NULL OR metric = 'online' OR starts_with(metric, 'event.'))"
ISO = "strftime(make_timestamp({0} * 1000), '%Y-%m-%dT%H:%M:%S.%gZ')"
CSV = f"""
SELECT {ISO.format("r.time_ns // 1000000")} AS observed_at, r.device, r.metric, r.value, coalesce(o.site, '') AS site,
    r.place AS home, coalesce(o.room, '') AS room, coalesce(o.kind, '') AS kind, {ISO.format("r.received_at")} AS received_at
FROM read_parquet([{{files}}]) r LEFT JOIN owner o ON o.device = r.device AND o.place = r.place
WHERE {FITS_CSV.replace("device <>", "r.device <>")} ORDER BY r.time_ns, r.device, r.metric
"""  # noqa: S608 names of ours


@dataclass(frozen=True, slots=True)
class Exported:
    """How many readings a file holds, and how many do not fit its format."""

    rows: int
    left_out: int


def write_whole(
    slices: Sequence[Path], target: Path, format_: Format, whose: Mapping[str, Whose], folder: Path
) -> Exported:
    """Make ``target`` of the slices, which are in the order of time. Raises ``OSError``, ``duckdb.Error``."""
    scratch = open_scratch(folder)
    listed = ", ".join(quoted(str(each)) for each in slices)
    all_rows = number(scratch, f"SELECT count(*) FROM read_parquet([{listed}])")  # noqa: S608 quoted
    if format_ == "parquet":
        scratch.execute(
            f"COPY (SELECT time_ns // 1000000 AS observed_at, * FROM read_parquet([{listed}])) "  # noqa: S608 quoted
            f"TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
        scratch.close()
        return Exported(all_rows, 0)
    given = {  # noqa: F841 the question names it
        name: np.array([each[column] for each in _flat(whose)], object)
        for column, name in enumerate(("device", "site", "place", "room", "kind"))
    }
    texts = ", ".join(f"{name}::VARCHAR AS {name}" for name in ("device", "site", "place", "room", "kind"))
    scratch.execute(f"CREATE TABLE owner AS SELECT {texts} FROM given")  # noqa: S608 names of ours
    with target.open("wb") as whole:
        for at, each in enumerate(slices):
            part = folder / "part.csv"
            scratch.execute(
                f"COPY ({CSV.format(files=quoted(str(each)))}) TO {quoted(str(part))} "
                f"(FORMAT csv, HEADER {'true' if at == 0 else 'false'})"
            )
            with part.open("rb") as rows:
                shutil.copyfileobj(rows, whole)
    fitting = number(scratch, f"SELECT count(*) FROM read_parquet([{listed}]) WHERE {FITS_CSV}")  # noqa: S608 quoted
    scratch.close()
    return Exported(fitting, all_rows - fitting)


def _flat(whose: Mapping[str, Whose]) -> list[tuple[str, str, str, str, str]]:
    return [(device, *rest) for device, rest in whose.items()]
