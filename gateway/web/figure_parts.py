"""The pictures of each part of the figures: what is drawn of what the store was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.figures_kept.reading import Point
from gateway.occupancy.usual import Week
from gateway.web.drawing import Chart, Limit, Ranks, Series, Table
from gateway.web.figure_asking import Asked, between, hourly, latest, named, of_hub
from gateway.web.figure_spans import (
    BUCKET_DAYS,
    Fold,
    Span,
    bucketed,
    by_day,
    increases,
    lengths_s,
    mean,
    span_of,
    summed_by_time,
)

SEVERITIES = ("critical", "urgent", "notice")
LOAD_FINE, LOAD_MOST, FLOOD = 6.0, 12.0, 10.0  # ISA-18.2: alerts an hour per operator; in ten minutes
FLEET = ("devices", "online", "silent", "battery_low", "battery_30d", "signal_weak", "clock_wrong")
HUB_RATES, HUB_GROWS = ("received", "stored"), ("quarantined", "refused")
HUB_LEVELS = ("lag", "loop_lag_s", "journal_mb", "outbox_waiting", "alerts_open")
BATTERIES_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is shown of a part, in order."""

    charts: Sequence[Chart] = ()
    ranks: Sequence[Ranks] = ()
    tables: Sequence[Table] = ()
    week: Week = field(default_factory=dict)
    capacity: int | None = None


def area(asked: Asked) -> Part:
    """Communities together: alerts and visits of thirty days, open alerts, stations; and which has how many alerts.

    Thirty days as ``/area`` and ``/heat`` show them, and no day by itself: from their totals one that is hidden could be found.
    """
    begins = asked.span.begins
    demand, open_now, stations = (
        hourly(asked, ["heat.alerts_30d", "heat.visits_30d"]), hourly(asked, ["area.open"]),
        hourly(asked, ["area.stations", "area.staffed", "area.hearing"]),
    )  # fmt: skip
    lately = {one.place: one.value for one in latest(asked, ["heat.alerts_30d"])}
    return Part(
        charts=[
            Chart(
                word="figures_alerts", said="figures_alerts_said", kind="lines", begins=begins,
                series=[
                    Series(f"figures_{name}", _summed(asked.span, named(demand, f"heat.{name}"), mean))
                    for name in ("alerts_30d", "visits_30d")
                ],
            ),
            Chart(
                word="figures_open", said="figures_open_said", kind="lines", begins=begins,
                series=[
                    Series(f"figures_{name}", _summed(asked.span, (one for one in open_now if one.device == name), mean))
                    for name in SEVERITIES
                ],
            ),
            Chart(
                word="figures_stations", said="figures_stations_said", kind="lines", begins=begins,
                series=[
                    Series(f"figures_{name}", _summed(asked.span, named(stations, f"area.{name}"), mean))
                    for name in ("stations", "staffed", "hearing")
                ],
            ),
        ],
        ranks=[Ranks(word="figures_by_community", said="figures_by_community_said", rows=_ranked(lately))],
    )  # fmt: skip


def duty(asked: Asked) -> Part:
    """The load of stations against 6 and 12 an hour and the flood, and the shares within targets: of several the worst."""
    days = by_day(asked.span, asked.now, asked.zone)
    names = ("per_hour", "peak_10min", "floods", "over_12h", "chatter", "stale", "shelved")
    work, shares = (
        between(asked, [f"duty_1d.{name}" for name in names], days),
        between(asked, ["duty_30d.share"], days),
    )
    targets = sorted({one.device for one in shares})

    def of(name: str, fold: Fold) -> list[float | None]:
        return bucketed(days, named(work, f"duty_1d.{name}"), fold)

    charts = [
        Chart(
            word="figures_load", said="figures_load_said", kind="lines", begins=days.begins,
            series=[Series("figures_per_hour", _whole(of("per_hour", max)))],
            limits=[Limit(LOAD_FINE, "figures_limit_6"), Limit(LOAD_MOST, "figures_limit_12")],
        ),
        Chart(
            word="figures_flood", said="figures_flood_said", kind="lines", begins=days.begins,
            series=[Series("figures_peak_10min", of("peak_10min", max))], limits=[Limit(FLOOD, "figures_limit_flood")],
        ),
        Chart(
            word="figures_shares", said="figures_shares_said", kind="lines", begins=days.begins, top=100.0,
            series=[
                Series(f"figures_target_{name}", bucketed(days, (one for one in shares if one.device == name), min))
                for name in targets
            ],
        ),
        Chart(
            word="figures_burden", said="figures_burden_said", kind="lines", begins=days.begins,
            series=[
                Series(f"figures_{name}", _summed(days, named(work, f"duty_1d.{name}"), max))
                for name in ("chatter", "stale", "shelved")
            ],
        ),
        Chart(
            word="figures_overload", said="figures_overload_said", kind="bars", begins=days.begins,
            series=[Series(f"figures_{name}", of(name, sum)) for name in ("floods", "over_12h")],
        ),
    ]  # fmt: skip
    return Part(charts=charts)


def facility(asked: Asked) -> Part:
    """One facility: people with their band against the capacity, in and out, drift; the week by hour and weekday."""
    live, hours = asked.span.name == "day", asked.span.name != "year"
    family = "use" if live else "use_1h" if hours else "use_1d"
    days = by_day(asked.span, asked.now, asked.zone)
    names = (
        [f"{family}.{name}" for name in ("people", "lower", "upper", "capacity")]
        if hours
        else ["use_1d.peak", "use_1d.people_h", "use_1d.known_h", "use_1d.capacity"]
    )
    flows = [f"use_1{'h' if hours else 'd'}.{name}" for name in ("came", "went")]
    usual = ["use_1h.usual", "use_1h.unusual"] if hours else []
    weeks = asked.span if asked.span.name in BUCKET_DAYS else span_of("month", asked.now, asked.zone)
    people, moved, drift, week = (
        between(asked, names, asked.span), between(asked, [*flows, *usual], asked.span),
        between(asked, ["use_1d.drift"], days), between(asked, ["use_1h.people"], weeks),
    )  # fmt: skip
    charts = [_people(asked.span, people, moved, family)]
    charts.append(
        Chart(
            word="figures_moved", said="figures_moved_said", kind="bars", begins=asked.span.begins,
            series=[
                Series(f"figures_{name.rpartition('.')[2]}", bucketed(asked.span, named(moved, name), sum)) for name in flows
            ],
        )
    )  # fmt: skip
    charts.append(
        Chart(
            word="figures_drift", said="figures_drift_said", kind="bars", begins=days.begins,
            series=[Series("figures_drift_by", bucketed(days, [_size(one) for one in drift], sum))],
        )
    )  # fmt: skip
    capacity = max((one.value for one in named(people, f"{family}.capacity")), default=None)
    return Part(
        charts=charts, week=_week(week, asked.zone), capacity=None if capacity is None else round(capacity)
    )


def fleet(asked: Asked) -> Part:
    """The devices of these communities, or of all (``hub``): how they are now, over time, what they run; weak batteries."""
    metrics = [f"fleet.{name}" for name in FLEET]
    newest, over = (
        latest(asked, [*metrics, "fleet.firmware"]),
        hourly(asked, ["fleet.silent", "fleet.battery_30d", "fleet.battery_low"]),
    )
    kinds = sorted({one.device for one in newest if one.metric != "fleet.firmware"})
    told: dict[tuple[str, str], float] = {}
    for one in newest:
        told[one.metric, one.device] = told.get((one.metric, one.device), 0.0) + one.value
    firmware = {device: value for (metric, device), value in told.items() if metric == "fleet.firmware"}
    return Part(
        charts=[
            Chart(
                word="figures_fleet", said="figures_fleet_said", kind="lines", begins=asked.span.begins,
                series=[
                    Series(f"figures_{name}", _summed(asked.span, named(over, f"fleet.{name}"), mean))
                    for name in ("silent", "battery_30d", "battery_low")
                ],
            )
        ],
        tables=[
            Table(
                word="figures_devices_now", said="figures_fleet_said", columns=[f"figures_{name}" for name in FLEET],
                rows=[(kind, [told.get((metric, kind)) for metric in metrics]) for kind in kinds],
            )
        ],
        ranks=[Ranks(word="figures_firmware", said="figures_firmware_said", rows=_ranked(firmware))] if firmware else [],
    )  # fmt: skip


def batteries(asked: Asked) -> Ranks:
    """The devices of these facilities that will be empty first."""
    found = latest(asked, ["device.battery_days"])
    days = {one.device: one.value for one in found}
    soon = sorted(days.items(), key=lambda one: one[1])[:BATTERIES_SHOWN]
    return Ranks(word="figures_batteries", said="figures_batteries_said", rows=soon)


def hub(asked: Asked) -> Part:
    """The hub: messages and rows a second, what it refused, how far behind it is, what waits and grows."""
    names = (*HUB_RATES, *HUB_GROWS, *HUB_LEVELS)
    found = {name: of_hub(asked, f"hub.{name}") for name in names}
    span = asked.span
    lengths = lengths_s(span, asked.now)

    def rate(name: str) -> list[float | None]:
        grown = bucketed(span, increases(found[name]), sum)
        return [None if one is None else one / s for one, s in zip(grown, lengths, strict=True)]

    def chart(word: str, *series: Series, kind: str = "lines") -> Chart:
        return Chart(
            word=word, said=f"{word}_said", kind="bars" if kind == "bars" else "lines", begins=span.begins, series=series
        )  # fmt: skip

    def level(name: str) -> Series:
        return Series(f"figures_{name}", bucketed(span, found[name], max))

    return Part(
        charts=[
            chart("figures_rates", *(Series(f"figures_{name}", rate(name)) for name in HUB_RATES)),
            chart(
                "figures_refusals",
                *(
                    Series(f"figures_{name}", bucketed(span, increases(found[name]), sum))
                    for name in HUB_GROWS
                ),
                kind="bars",
            ),
            chart("figures_lags", level("lag"), level("loop_lag_s")),
            chart("figures_waits", level("outbox_waiting"), level("alerts_open")),
            chart("figures_journal", level("journal_mb")),
        ]
    )


def _people(span: Span, people: Sequence[Point], moved: Sequence[Point], family: str) -> Chart:
    def of(name: str, fold: Fold = mean) -> list[float | None]:
        return bucketed(span, named(people, f"{family}.{name}"), fold)

    capacity = Series("figures_capacity", of("capacity", max))
    if family == "use_1d":
        hours = list(zip(of("people_h", sum), of("known_h", sum), strict=True))
        average = [people_h / known if people_h is not None and known else None for people_h, known in hours]
        series = [Series("figures_average", average), Series("figures_peak", of("peak", max)), capacity]
        return Chart(
            word="figures_people", said="figures_people_said", kind="lines", begins=span.begins, series=series
        )
    usual = Series("figures_usual", bucketed(span, named(moved, "use_1h.usual"), mean))
    return Chart(
        word="figures_people", said="figures_people_said", kind="lines", begins=span.begins,
        series=[Series("figures_now_there", of("people")), usual, capacity], band=(of("lower", min), of("upper", max)),
        marks=bucketed(span, named(moved, "use_1h.unusual"), max), marks_word="figures_unusual",
    )  # fmt: skip


def _week(points: Iterable[Point], zone: ZoneInfo) -> Week:
    """The mean of each hour of the week."""
    parts: dict[tuple[int, int], list[float]] = {}
    for point in points:
        here = datetime.fromtimestamp(point.at / 1000, zone)
        parts.setdefault((here.weekday(), here.hour), []).append(point.value)
    return {key: mean(part) for key, part in parts.items()}


def _summed(span: Span, points: Iterable[Point], fold: Fold) -> list[float | None]:
    return bucketed(span, summed_by_time(points), fold)


def _whole(numbers: Iterable[float | None]) -> list[float | None]:
    """Rounded: a rate to the last digit, times the hours of a day, is the count of that day."""
    return [None if number is None else float(round(number)) for number in numbers]


def _ranked(numbers: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(numbers.items(), key=lambda one: (-one[1], one[0]))


def _size(point: Point) -> Point:
    return Point(point.metric, point.place, point.device, point.at, abs(point.value))
