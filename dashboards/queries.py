"""Every InfluxQL text the dashboards ask, named, in one place.

What is read: the bucket ``care_places`` only (facilities, station gateways, the hub itself). The bucket of
homes is never named here: home id + time is personal data, and a Grafana viewer may query whatever its source
can read.

Stored schema: measurement = metric; tags ``device``, ``place``; field ``value`` (float). Counters ``in`` and
``out`` of a head counter count up since its boot. The hub's own figures stand under ``device=carehub,
place=hub``, once a minute: ``hub.received``, ``hub.stored``, ``hub.quarantined`` count up since the hub's
start; ``hub.alerts_open`` is a number of alerts, ``hub.lag`` the seconds the store is behind the journal.

InfluxQL because InfluxDB 1.x, 2.x and 3.x all answer it. Grafana fills ``$timeFilter``, ``$__interval``,
``$place`` (a regular expression) and ``${__to}`` (end of the chosen time, epoch milliseconds).
"""
# ruff: noqa: S608 the texts are put together from this module's own constants; nobody's input goes in

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PLACES = 'SHOW TAG VALUES FROM /^(occupancy|online|battery)$/ WITH KEY = "place"'
"""The values of the variable ``$place``: every facility that has sent a head count, a battery or a status."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question to the store; ``alias`` is the legend, in Grafana's ``$tag_…`` notation."""

    influxql: str
    alias: str = ""
    shape: Literal["time_series", "table"] = "time_series"


_HERE = '"place" =~ /^$place$/ AND $timeFilter'
_HUB = "\"place\" = 'hub' AND $timeFilter"
# A status is sent when a device connects, not every minute: the last one may lie before the chosen time.
_MONTH = "time >= ${__to}ms - 30d AND time <= ${__to}ms"
_LATEST = f'"place" =~ /^$place$/ AND {_MONTH}'
_STEP = "time($__interval)"
# Present now: a counter silent for longer shows as no data, not as a head count of some time ago.
_HALF_HOUR = "time >= ${__to}ms - 30m AND time <= ${__to}ms"

# A facility may have one counter per door; its head count is the sum of theirs. Over time it is the highest of
# each step, so that a wide view does not hide a crowd. No fill() inside: InfluxDB 1.x hands a filled series to
# the outer query out of order, which then adds nothing up; so a step has to be longer than a counter's heartbeat.
_HEADS_NOW = (
    f'SELECT last("value") AS "heads" FROM "occupancy" WHERE "place" =~ /^$place$/ AND {_HALF_HOUR}'
    ' GROUP BY "place", "device"'
)
_HEADS = (
    f'SELECT max("value") AS "heads" FROM "occupancy" WHERE {_HERE}'
    f' GROUP BY {_STEP}, "place", "device" fill(none)'
)


def _passed(counter: str) -> str:
    """People through the doors per interval; a counter that restarts from 0 gives no negative bar."""
    steps = (
        f'SELECT non_negative_difference(max("value")) AS "people" FROM "{counter}" WHERE {_HERE}'
        f' GROUP BY {_STEP}, "place", "device"'
    )
    # The outer query needs the time filter too: without it InfluxDB counts its intervals from 1970.
    return f'SELECT sum("people") FROM ({steps}) WHERE $timeFilter GROUP BY {_STEP}, "place" fill(none)'


def _per_minute(counter: str) -> str:
    """Rates between neighbouring points, then their mean: of grouped points the last rate would fall short."""
    rates = f'SELECT non_negative_derivative("value", 1m) AS "rate" FROM "{counter}" WHERE {_HUB}'
    return f'SELECT mean("rate") FROM ({rates}) WHERE $timeFilter GROUP BY {_STEP} fill(none)'


def _highest(gauge: str) -> str:
    return f'SELECT max("value") FROM "{gauge}" WHERE {_HUB} GROUP BY {_STEP} fill(none)'


def _devices(counted: str) -> str:
    """Count by arithmetic, not by a filter: none is then 0, not an empty answer."""
    states = f'SELECT last("value") AS "state" FROM "online" WHERE {_LATEST} GROUP BY "place", "device"'
    each = f'SELECT {counted} AS "counted" FROM ({states})'
    return f'SELECT sum("counted") FROM ({each}) WHERE {_MONTH}'


OCCUPANCY_NOW = Query(
    f'SELECT sum("heads") FROM ({_HEADS_NOW}) WHERE {_HALF_HOUR} GROUP BY "place"', "$tag_place"
)
OCCUPANCY = Query(
    f'SELECT sum("heads") FROM ({_HEADS}) WHERE $timeFilter GROUP BY {_STEP}, "place" fill(none)',
    "在场人数 $tag_place",
)
PEOPLE_IN = Query(_passed("in"), "进入 $tag_place")
PEOPLE_OUT = Query(_passed("out"), "离开 $tag_place")

ALERTS_OPEN_NOW = Query(f'SELECT last("value") FROM "hub.alerts_open" WHERE {_HUB}', "未办结警情")
ALERTS_OPEN = Query(_highest("hub.alerts_open"), "未办结警情")
RECEIVED = Query(_per_minute("hub.received"), "收到")
STORED = Query(_per_minute("hub.stored"), "入库")
QUARANTINED = Query(_per_minute("hub.quarantined"), "无法识别的数据")
LAG = Query(_highest("hub.lag"), "入库延迟")

DEVICES_ONLINE = Query(_devices('"state"'), "在线")
DEVICES_OFFLINE = Query(_devices('1 - "state"'), "离线")
DEVICE_STATES = Query(
    f'SELECT last("value") AS "state" FROM "online" WHERE {_LATEST} GROUP BY "place", "device"', shape="table"
)
ONLINE = Query(
    f'SELECT last("value") FROM "online" WHERE {_HERE} GROUP BY {_STEP}, "device" fill(previous)',
    "$tag_device",
)
BATTERY = Query(
    f'SELECT last("value") FROM "battery" WHERE {_LATEST} GROUP BY "device"',
    "$tag_device",
)
