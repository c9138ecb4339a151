"""What the queries are put together from: who, when, and in which shape.

Grafana fills ``$timeFilter``, ``$__interval``, ``$place``, ``$street``, ``$community`` (regular expressions, escaped) and
``${__to}`` (end of the chosen time, epoch milliseconds). A subquery and what is around it both need the time: without it
InfluxDB counts its steps from 1970.
"""
# ruff: noqa: S608 the texts are put together from these modules' own constants; nobody's input goes in

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Query:
    """One question to the store; ``alias`` is the legend, in Grafana's ``$tag_…`` notation."""

    influxql: str
    alias: str = ""
    shape: Literal["time_series", "table"] = "time_series"


# Who. The path of a community is district/street/community; a street is the beginning of one.
HERE: Final = '"place" =~ /^$place$/'
AREA: Final = '"place" =~ /^$street(\\/|$)/ AND "place" =~ /^$community$/ AND "place" != \'hub\''
HUB: Final = "\"place\" = 'hub'"

# When. A page that shows a year must not read its minutes: what is written every hour or minute is read for the last month of
# the chosen time, what is written every five minutes for its last day. What is written once a day is read for all of it, but
# for what has many series: InfluxDB keeps a week by itself, so a year of each series is 52 places to look at.
CHOSEN: Final = "$timeFilter"


def last(span: str) -> str:
    """The end of the chosen time, as long as ``span``: 30m, 3h, 31d."""
    return f"time >= ${{__to}}ms - {span} AND time <= ${{__to}}ms"


MONTH: Final = f"{CHOSEN} AND {last('31d')}"
QUARTER: Final = f"{CHOSEN} AND {last('92d')}"
WEEK: Final = f"{CHOSEN} AND {last('7d')}"  # of what is written every hour for each of many
LIVE: Final = last("24h")
NOW: Final = last("30m")  # of what is written every five minutes
HOUR: Final = last("3h")  # of what is written every hour
DAY: Final = last("3d")  # of what is written every day

STEP: Final = "time($__interval)"
# The day of a place begins where its clock says so, which is no whole UTC day: a step of a quarter of an hour keeps the
# time that was written, wherever that is.
DATED: Final = "time(15m)"


def tags(*by: str) -> str:
    """Tags for GROUP BY."""
    return ", ".join(f'"{tag}"' for tag in by)


def latest(metric: str, name: str, *, who: str, when: str, by: tuple[str, ...] = ("place",)) -> Query:
    """A table of the last values, one column called ``name`` beside the tags."""
    return Query(
        f'SELECT last("value") AS "{name}" FROM "{metric}" WHERE {who} AND {when} GROUP BY {tags(*by)}',
        shape="table",
    )


def latest_sum(
    metric: str,
    name: str,
    *,
    who: str,
    when: str,
    by: tuple[str, ...] = (),
    each: tuple[str, ...] = ("place",),
) -> Query:
    """The sum of the last values of each series; a table of it by ``by``, or one number with ``name`` as its legend."""
    ones = f'SELECT last("value") AS "n" FROM "{metric}" WHERE {who} AND {when} GROUP BY {tags(*each)}'
    text = f'SELECT sum("n") AS "{name}" FROM ({ones}) WHERE {when}'
    if by:
        return Query(f"{text} GROUP BY {tags(*by)}", shape="table")
    return Query(text, name)


def course(
    metric: str, alias: str, *, who: str, when: str, how: str = "mean", by: tuple[str, ...] = ("place",)
) -> Query:
    """A line for each series of ``by``: in each step the mean, the max or the sum of what was written."""
    group = ", ".join([STEP, *filter(None, [tags(*by)])])
    return Query(
        f'SELECT {how}("value") FROM "{metric}" WHERE {who} AND {when} GROUP BY {group} fill(none)', alias
    )


def course_of_sum(metric: str, alias: str, *, who: str, when: str, by: tuple[str, ...] = ()) -> Query:
    """A line of the sum over all series of what is written every hour: each hour's sum, and in a longer step their mean.

    Every series has its point at the whole hour, so one pass adds them up. No ``fill()`` inside: InfluxDB 1.x hands a filled
    series to the outer query out of order, which then adds nothing up.
    """
    inner, outer = (", ".join([step, *filter(None, [tags(*by)])]) for step in ("time(1h)", STEP))
    sums = f'SELECT sum("value") AS "n" FROM "{metric}" WHERE {who} AND {when} GROUP BY {inner} fill(none)'
    return Query(f'SELECT mean("n") FROM ({sums}) WHERE {when} GROUP BY {outer} fill(none)', alias)


def daily(metric: str, alias: str, *, who: str, when: str = CHOSEN) -> Query:
    """Each place's days, one series of the store each, as they were written."""
    return Query(
        f'SELECT "value" FROM "{metric}" WHERE {who} AND {when} GROUP BY {tags("place", "device")}', alias
    )


def daily_sum(metric: str, alias: str, *, who: str, by: tuple[str, ...] = ()) -> Query:
    """The days of several places added up, at the time they were written: a day begins when the place's clock says so."""
    group = ", ".join([DATED, *filter(None, [tags(*by)])])
    return Query(
        f'SELECT sum("value") FROM "{metric}" WHERE {who} AND {CHOSEN} GROUP BY {group} fill(none)', alias
    )


def total(metric: str, name: str, *, who: str, by: tuple[str, ...] = ("place",), how: str = "sum") -> Query:
    """A table of the sum (or the max) over the chosen time, its last month at most, one column called ``name``."""
    return Query(
        f'SELECT {how}("value") AS "{name}" FROM "{metric}" WHERE {who} AND {MONTH} GROUP BY {tags(*by)}',
        shape="table",
    )


def marks(metric: str, *, who: str, when: str = CHOSEN) -> str:
    """An annotation's query: when a figure was above nothing, and where."""
    return f'SELECT "value", "place" FROM "{metric}" WHERE "value" > 0 AND {who} AND {when}'
