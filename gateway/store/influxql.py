"""InfluxQL for reading stored readings back: query text out, answers in. Pure.

Only what InfluxDB 1.x, 2.x and 3.x understand alike is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.store.readings import Query, Reading

COLUMNS = ("value", "text", "quality", "boot", "seq", "received_at", "device", "place")
ALWAYS_THERE = ("value", "quality", "received_at", "device", "place")
# the escapes InfluxQL knows inside quotes
_IDENTIFIER = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
_STRING = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n"})


class QueryFailed(Exception):  # noqa: N818 it is what happened
    """InfluxDB has not given what was asked."""


def identifier(name: str) -> str:
    """Quote a measurement's name."""
    return f'"{name.translate(_IDENTIFIER)}"'


def string(text: str) -> str:
    """Quote a tag's value."""
    return f"'{text.translate(_STRING)}'"


def select(query: Query, *, sent: bool = False) -> str:
    """Ask for a query's readings in one bucket; the limit holds for each metric on its own.

    ``sent``: where figures stand beside what was sent, without these.
    """
    start, end = query.bounds_ns()
    return _select(query, f"time >= {start} AND time < {end}", sent=sent) + (
        f" ORDER BY time {'DESC' if query.newest_first else 'ASC'} LIMIT {query.limit}"
    )


def select_instant(query: Query, metric: str, time_ns: int) -> str:
    """Ask for all of a metric's readings of one instant: a limit may have cut between them."""
    return _select(query, f"time = {time_ns}", metric)


def _select(query: Query, when: str, metric: str | None = None, *, sent: bool = False) -> str:
    metric = metric if metric is not None else query.metric
    source = "/.*/" if metric is None else identifier(metric)
    conditions = [when]
    if query.device is not None:
        conditions.append(f'"device" = {string(query.device)}')
    if query.place is not None:
        conditions.append(f'"place" = {string(query.place)}')
    if sent:
        conditions.append('"received_at" >= 0')
    wanted = ", ".join(f'"{column}"' for column in COLUMNS)
    return f"SELECT {wanted} FROM {source} WHERE {' AND '.join(conditions)}"  # noqa: S608 all parts escaped


def readings(answer: bytes, *, home: bool) -> dict[str, list[Reading]]:
    """Take the readings, by metric, from an answer in ns; points that are not Carehub's are left out.

    The answer is what ``chunked=true`` gives, one JSON object a line: an answer in one piece is cut at
    InfluxDB's max-row-limit, and its mark ``partial`` also stands where nothing is missing.
    Raises QueryFailed with InfluxDB's own words.
    """
    by_metric: dict[str, list[Reading]] = {}
    for one in series(answer):
        by_metric.setdefault(one["name"], []).extend(_rows(one, home=home))
    return by_metric


def series(answer: bytes) -> Iterator[dict[str, Any]]:
    """Take the series from such an answer: ``name``, ``tags`` where there are some, ``columns``, ``values``."""
    for chunk in answer.splitlines():
        try:
            results = msgspec.json.decode(chunk)["results"]
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise QueryFailed(f"this is not the answer of an InfluxDB: {chunk.decode()}") from error
        for result in results:
            if "error" in result:
                raise QueryFailed(str(result["error"]))
            yield from result.get("series", ())


def instant(time_ns: int) -> str:
    """The time as RFC 3339 writes it, to the nanosecond."""
    seconds, rest = divmod(time_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def _rows(series: dict[str, Any], *, home: bool) -> Iterator[Reading]:
    for values in series["values"]:
        point = dict(zip(series["columns"], values, strict=True))
        if any(point.get(column) is None for column in ALWAYS_THERE):
            continue
        yield Reading(
            device=point["device"],
            place=point["place"],
            home=home,
            metric=series["name"],
            time_ns=point["time"],
            value=float(point["value"]),  # 1.0 comes back as 1
            text=point.get("text"),
            quality=point["quality"],
            boot=point.get("boot"),
            seq=point.get("seq"),
            received_at=point["received_at"],
        )
