"""How Carehub's panels look, and how a panel asks InfluxDB.

Needs grafana-foundation-sdk (a development dependency).
"""

from __future__ import annotations

from typing import Self

from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from dashboards.queries import Query

NO_DATA = "无数据 / no data"
SOURCE = model.DataSourceRef(type_val="influxdb", uid="carehub-places")
"""The provisioned data source; deploy/grafana/provisioning gives it this uid."""

GREEN, AMBER, RED, BLUE = "green", "orange", "red", "blue"
Step = tuple[float | None, str]


class InfluxQuery(Dataquery, Builder["InfluxQuery"]):
    """A raw InfluxQL target; the SDK has builders for Grafana's other sources, none for InfluxDB."""

    def __init__(self, query: Query, ref: str) -> None:
        self._query = query
        self._ref = ref

    def build(self) -> Self:
        """Nothing is left to build: the SDK asks every target for it."""
        return self

    def to_json(self) -> dict[str, object]:
        """Give what Grafana's InfluxDB plugin keeps for a raw query."""
        return {
            "refId": self._ref,
            "datasource": SOURCE.to_json(),
            "query": self._query.influxql,
            "rawQuery": True,
            "resultFormat": self._query.shape,
            "alias": self._query.alias,
        }


def steps_of(*steps: Step) -> build.ThresholdsConfig:
    """Colours from given values on; the first step begins at None, minus infinity."""
    return (
        build.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value=value, color=color) for value, color in steps])
    )


def number(title: str, query: Query, *, calc: str, span: int, steps: tuple[Step, ...]) -> stat.Panel:
    """One big number per series: the last or the highest in the chosen time."""
    return (
        stat.Panel()
        .title(title)
        .datasource(SOURCE)
        .with_target(InfluxQuery(query, "A"))
        .reduce_options(parts.ReduceDataOptions().calcs([calc]))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.NONE)
        .thresholds(steps_of(*steps))
        .no_value(NO_DATA)
        .height(6)
        .span(span)
    )


def lines(title: str, *asked: Query, unit: str, span: int) -> timeseries.Panel:
    """Lines over time, one target per query (at most five)."""
    panel = (
        timeseries.Panel()
        .title(title)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .line_width(2)
        .fill_opacity(10)
        .show_points(common.VisibilityMode.NEVER)
        .legend(
            parts.VizLegendOptions()
            .show_legend(True)
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
        )
        .tooltip(parts.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
        .no_value(NO_DATA)
        .height(8)
        .span(span)
    )
    for ref, query in zip("ABCDE"[: len(asked)], asked, strict=True):
        panel = panel.with_target(InfluxQuery(query, ref))
    return panel
