"""How Carehub's panels look, and how a panel asks InfluxDB.

Needs grafana-foundation-sdk (a development dependency). Widths are in Grafana's columns (24 to a page), heights in its lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from dashboards.queries.parts import Query

NO_DATA = "无数据 / no data"
Said = tuple[str, str]  # in Chinese, in English
SMALL: Said = (
    "1–4 不显示，合计只加显示出来的。",
    "Counts of 1 to 4 are not shown; sums add up what is shown.",
)
MONTH: Said = ("最多看所选时段末的 31 天。", "At most the last 31 days of the chosen time.")
WEEK: Said = ("最多看所选时段末的 7 天。", "At most the last 7 days of the chosen time.")
SOURCE = model.DataSourceRef(type_val="influxdb", uid="carehub-places")
"""The provisioned data source; deploy/grafana/provisioning gives it this uid."""

GREEN, AMBER, RED, BLUE = "green", "orange", "red", "blue"
Step = tuple[float | None, str]
PLAIN: tuple[Step, ...] = ((None, BLUE),)
ANY_IS_BAD: tuple[Step, ...] = ((None, GREEN), (1, RED))


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


def both(chinese: str, english: str, *notes: Said) -> str:
    """What a number means: all of it in Chinese, then all of it in English."""
    return f"{''.join([chinese, *(note for note, _ in notes)])} / {' '.join([english, *(note for _, note in notes)])}"


def targets(asked: Sequence[Query]) -> list[Builder[Dataquery]]:
    """One target for each query, lettered in order."""
    return [InfluxQuery(query, chr(ord("A") + at)) for at, query in enumerate(asked)]


def steps_of(*steps: Step) -> build.ThresholdsConfig:
    """Colours from given values on; the first step begins at None, minus infinity."""
    return (
        build.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value=value, color=color) for value, color in steps])
    )


def only(
    names: Sequence[str], told: Mapping[str, object]
) -> tuple[model.MatcherConfig, list[model.DynamicConfigValue]]:
    """An override of the columns or lines of these names: property → value.

    In the words of Grafana's schema, by which a matcher's options and a property's value are objects.
    """
    return (
        model.MatcherConfig(id_val="byNames", options={"mode": "include", "names": [*names]}),
        [model.DynamicConfigValue(name, value) for name, value in told.items()],
    )


def called(names: Mapping[str, str]) -> list[model.DataTransformerConfig]:
    """Legends of series that are named by a tag: the tag's value → what people read."""
    return [
        model.DataTransformerConfig(
            id_val="renameByRegex", options={"regex": f"^{name}$", "renamePattern": shown}
        )
        for name, shown in names.items()
    ]


def colored(color: str) -> dict[str, object]:
    """One colour, whatever the value."""
    return {"color": {"mode": "fixed", "fixedColor": color}}


def number(
    title: str, *asked: Query, says: str, span: int, steps: tuple[Step, ...] = PLAIN, unit: str = "short"
) -> stat.Panel:
    """One big number for each query: its last in the chosen time."""
    return (
        stat.Panel()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .targets(targets(asked))
        .unit(unit)
        .reduce_options(parts.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(
            common.BigValueTextMode.VALUE if len(asked) == 1 else common.BigValueTextMode.VALUE_AND_NAME
        )
        .thresholds(steps_of(*steps))
        .no_value(NO_DATA)
        .height(4)
        .span(span)
    )


def lines(
    title: str, *asked: Query, says: str, span: int, unit: str = "short", interval: str = "1h"
) -> timeseries.Panel:
    """Lines over time. ``interval``: the least step, as long as what lies between two points."""
    return (
        timeseries.Panel()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .targets(targets(asked))
        .interval(interval)
        .unit(unit)
        .min(0)
        .line_width(2)
        .fill_opacity(8)
        .show_points(common.VisibilityMode.AUTO)
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


def bars(
    title: str, *asked: Query, says: str, span: int, unit: str = "short", interval: str = "1d"
) -> timeseries.Panel:
    """Bars over time, one on top of the other."""
    return (
        lines(title, *asked, says=says, span=span, unit=unit, interval=interval)
        .draw_style(common.GraphDrawStyle.BARS)
        .stacking(parts.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
        .line_width(0)
        .fill_opacity(70)
        .show_points(common.VisibilityMode.NEVER)
    )


def limits(panel: timeseries.Panel, *steps: Step) -> timeseries.Panel:
    """Dashed lines at the given values."""
    return panel.thresholds(steps_of(*steps)).thresholds_style(
        parts.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
    )


def states(
    title: str, asked: Query, words: Mapping[str, tuple[str, str]], *, says: str, span: int
) -> statetimeline.Panel:
    """A row for each series, coloured by its state in each hour. ``words``: value → what it means, its colour."""
    meant = {
        value: model.ValueMappingResult(text=word, color=color, index=at)
        for at, (value, (word, color)) in enumerate(words.items())
    }
    return (
        statetimeline.Panel()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .targets(targets([asked]))
        .mappings([model.ValueMap(meant)])
        .show_value(common.VisibilityMode.NEVER)
        .no_value(NO_DATA)
        .interval("1h")
        .height(8)
        .span(span)
    )


def gauges(
    title: str, *asked: Query, says: str, span: int, steps: tuple[Step, ...] = PLAIN, unit: str = "short"
) -> bargauge.Panel:
    """A bar for each row of a table, named by its first tag."""
    return (
        bargauge.Panel()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .targets(targets(asked))
        .reduce_options(parts.ReduceDataOptions().values(True).limit(50).calcs([]))
        .orientation(common.VizOrientation.HORIZONTAL)
        .unit(unit)
        .min(0)
        .thresholds(steps_of(*steps))
        .no_value(NO_DATA)
        .height(8)
        .span(span)
    )
