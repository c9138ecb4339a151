"""Carehub 供需热力图 / Demand and supply: elders, alerts and visits over stations, hours and seats of each community."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, geomap, table, timeseries
from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import geomap as model

from dashboards.frame import Page, community, street
from dashboards.panels import (
    AMBER,
    GREEN,
    NO_DATA,
    RED,
    SMALL,
    SOURCE,
    both,
    gauges,
    lines,
    steps_of,
    targets,
)
from dashboards.queries import heat
from dashboards.tables import Column, merged, named, ratio, rows

# Elders to one seat or one weekly hour: where the colours change is for the eye, no norm.
ELDERS_A_SEAT = ((None, GREEN), (5, AMBER), (15, RED))
MONTH = ("最多看 31 天。", "31 days at most.")


def page() -> Page:
    """The map, the table, and how demand went."""
    return Page(
        uid="carehub-heat",
        title="Carehub 供需热力图 / Demand and supply",
        says=(
            "各社区需求（长者、警情、探访）与供给（服务站、时数、座位）。",
            "Demand and supply of each community.",
        ),
        rows=[
            ("地图 / Map", [_map(), _elders()]),
            ("社区 / Communities", [_communities()]),
            ("近来 / Of late", [_alerts(), _visits()]),
        ],
        variables=[street(), community()],
        leads_to=[("热力图 / Heat map", "/heat"), ("GeoJSON", "/api/v1/heat.geojson")],
        since="now-30d",
    )


ON_THE_MAP = [
    Column(name="place", title="社区 / Community"),
    Column(name="lat", title="纬度 / Latitude"),
    Column(name="lon", title="经度 / Longitude"),
    Column(name="elders", title="长者 / Elders"),
    Column(name="seats", title="座位 / Seats"),
    Column(name="alerts_30d", title="30 天警情 / Alerts in 30 days"),
    Column(name="per_seat", title="长者每座位 / Elders to a seat"),
]


def _map() -> geomap.Panel:
    return (
        geomap.Panel()
        .title("供需地图 / Map of demand and supply")
        .description(
            both(
                "圆越大长者越多，颜色是每个座位摊到的长者。只有登记了位置的社区；底图不从外网取。",
                "Size: elders; colour: elders to a seat. Only communities with a known position; nothing comes from outside.",
                SMALL,
            )
        )
        .datasource(SOURCE)
        .targets(targets(heat.ON_THE_MAP))
        .transformations([*merged(), ratio("per_seat", "elders", "seats"), *named(ON_THE_MAP)])
        .thresholds(steps_of(*ELDERS_A_SEAT))
        .basemap(
            # Grafana's own outlines of countries: its usual ground would be fetched from outside by every viewer's browser.
            parts.MapLayerOptions()
            .type("geojson")
            .name("底图 / Ground")
            .config({"src": "public/maps/countries.geojson"})
        )
        .layers([_markers()])
        .view(
            geomap.MapViewConfig()
            .id("fit")
            .all_layers(False)
            .layer("社区 / Communities")
            .padding(20)
            .max_zoom(14)
        )
        .controls(
            geomap.ControlsOptions()
            .show_zoom(True)
            .mouse_wheel_zoom(False)
            .show_scale(True)
            .show_attribution(False)
        )
        .tooltip(geomap.TooltipOptions().mode(model.TooltipMode.DETAILS))
        .no_value(NO_DATA)
        .height(14)
        .span(14)
    )


def _markers() -> parts.MapLayerOptions:
    style = {
        "color": {"field": "长者每座位 / Elders to a seat", "fixed": GREEN},
        "opacity": 0.7,
        "size": {"field": "长者 / Elders", "fixed": 8, "min": 8, "max": 40},
        "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
        "text": {"field": "社区 / Community", "fixed": "", "mode": "field"},
        "textConfig": {
            "fontSize": 12,
            "offsetX": 0,
            "offsetY": 0,
            "textAlign": "center",
            "textBaseline": "middle",
        },
    }
    return (
        parts.MapLayerOptions()
        .type("markers")
        .name("社区 / Communities")
        .config({"showLegend": True, "style": style})
        .location(
            parts.FrameGeometrySource()
            .mode(common.FrameGeometrySourceMode.COORDS)
            .latitude("纬度 / Latitude")
            .longitude("经度 / Longitude")
        )
    )


def _elders() -> bargauge.Panel:
    return gauges(
        "长者 / Elders",
        heat.ELDERS,
        says=both("各社区由平台照看的长者。", "Elders cared for.", SMALL),
        span=10,
    ).height(14)


def _communities() -> table.Panel:
    return rows(
        "各社区供需 / Each community",
        heat.COMMUNITIES,
        [
            Column(name="place", title="社区 / Community"),
            Column(name="elders", title="长者 / Elders"),
            Column(name="alerts_30d", title="30 天警情 / Alerts in 30 days"),
            Column(name="visits_30d", title="30 天探访 / Visits in 30 days"),
            Column(name="stations", title="服务站 / Stations", steps=((None, RED), (1, GREEN))),
            Column(name="hours_week", title="每周开放 / Hours a week (h)"),
            Column(name="seats", title="座位 / Seats"),
            Column(name="per_seat", title="长者每座位 / Elders to a seat", steps=ELDERS_A_SEAT),
            Column(name="per_hour", title="长者每开放小时 / Elders to an hour"),
        ],
        says=both(
            "需求在左，供给在中，比值在右；空格表示无数据，或数太小。",
            "Demand, supply, and one over the other; empty: no data, or a small count.",
            SMALL,
        ),
        span=24,
        height=10,
        sort="per_seat",
        worked_out=[ratio("per_seat", "elders", "seats"), ratio("per_hour", "elders", "hours_week")],
    )


def _alerts() -> timeseries.Panel:
    return lines(
        "前 30 天警情 / Alerts of 30 days", heat.ALERTS, says=both(*MONTH, SMALL), span=12, interval="1d"
    )


def _visits() -> timeseries.Panel:
    return lines(
        "前 30 天探访 / Visits of 30 days", heat.VISITS, says=both(*MONTH, SMALL), span=12, interval="1d"
    )
