"""Tables put together from several queries, and the table of hours over weekdays. Needs grafana-foundation-sdk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from dashboards.panels import NO_DATA, SOURCE, Step, set_to, steps_of, targets
from dashboards.queries.parts import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column by the name its query gave it. ``steps``: the colour of its text; ``full``: the value at which its bar is full.

    ``link``: an address on the console, shown as the column's own text.
    """

    name: str
    title: str
    unit: str = "short"
    decimals: int | None = None
    steps: tuple[Step, ...] = ()
    full: float | None = None
    link: str = ""

    def override(self) -> list[model.DynamicConfigValue]:
        """What Grafana is told of it."""
        told: dict[str, object] = {"displayName": self.title}
        if self.unit != "short":
            told["unit"] = self.unit
        if self.decimals is not None:
            told["decimals"] = self.decimals
        if self.steps:
            told["thresholds"] = steps_of(*self.steps).build()
            told["custom__cellOptions"] = {"type": "color-text"}
        if self.full is not None:
            told |= {"min": 0, "max": self.full}
            told["custom__cellOptions"] = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
        if self.link:
            told["links"] = [
                {"title": "打开控制台 / open in the console", "url": self.link, "targetBlank": True}
            ]
        return set_to(**told)


def ratio(name: str, above: str, below: str) -> model.DataTransformerConfig:
    """A column that is one column over another."""
    how = {"left": above, "operator": "/", "right": below}
    return _transformed("calculateField", mode="binary", alias=name, binary=how)


def beside() -> model.DataTransformerConfig:
    """The columns of all queries in one row, for queries that give one row each."""
    return _transformed("concatenate", frameNameMode="drop")


def merged() -> list[model.DataTransformerConfig]:
    """The answers of several queries as one table: rows of the same tags become one."""
    return [_transformed("filterFieldsByName", exclude={"names": ["Time"]}), _transformed("merge")]


def rows(
    title: str,
    asked: Sequence[Query],
    columns: Sequence[Column],
    *,
    says: str,
    span: int,
    height: int = 8,
    sort: str = "",
    ratios: Sequence[model.DataTransformerConfig] = (),
) -> table.Panel:
    """A row for each tag, a column for each query. ``sort``: the column (by name) whose largest value stands first."""
    panel = _plain(title, asked, says=says, span=span, height=height).transformations([*merged(), *ratios])
    for column in columns:
        panel = panel.override_by_name(column.name, column.override())
    shown = {column.name: column.title for column in columns}
    if sort:
        panel = panel.sort_by([parts.TableSortByFieldState().display_name(shown[sort]).desc(True)])
    return panel


def events(title: str, asked: Query, columns: Sequence[Column], *, says: str, span: int) -> table.Panel:
    """A row for each point, the newest first."""
    when = "时间 / Time"
    panel = _plain(title, [asked], says=says, span=span, height=8)
    for column in (Column(name="Time", title=when), *columns):
        panel = panel.override_by_name(column.name, column.override())
    return panel.sort_by([parts.TableSortByFieldState().display_name(when).desc(True)])


DAY_BY_HOUR = '[{"day":"]E ddd[","hour":"]HH[:00"}]'
"""A time as Grafana's formatter (moment) writes it, for the next step to take apart; the number keeps the days in order."""


def week(title: str, asked: Query, *, value: str, says: str, span: int) -> table.Panel:
    """The mean of each hour of each weekday: a row a day, a column an hour, in the viewer's time zone."""
    mean = f"{value} (mean)"
    groups: dict[str, object] = {
        name: {"operation": "groupby", "aggregations": []} for name in ("day", "hour")
    }
    return (
        _plain(title, [asked], says=says, span=span, height=9)
        .with_transformation(
            _transformed("formatTime", timeField="Time", outputFormat=DAY_BY_HOUR, useTimezone=True)
        )
        .with_transformation(_transformed("extractFields", source="Time", format="json", replace=False))
        .with_transformation(
            _transformed(
                "groupBy", fields=groups | {value: {"operation": "aggregate", "aggregations": ["mean"]}}
            )
        )
        .with_transformation(_transformed("sortBy", sort=[{"field": "day"}]))
        .with_transformation(_transformed("sortBy", sort=[{"field": "hour"}]))
        .with_transformation(
            _transformed(
                "groupingToMatrix", rowField="day", columnField="hour", valueField=mean, emptyValue="null"
            )
        )
        .decimals(0)
        .color_scheme(build.FieldColor().mode(model.FieldColorModeId.CONTINUOUS_YL_BL))
        .cell_options(
            common.TableColoredBackgroundCellOptions(mode=common.TableCellBackgroundDisplayMode.BASIC)
        )
        .override_by_name(
            "day\\hour",
            set_to(displayName="星期 / Day", custom__cellOptions={"type": "auto"}, custom__width=110),
        )
    )


def _plain(title: str, asked: Sequence[Query], *, says: str, span: int, height: int) -> table.Panel:
    return (
        table.Panel()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .targets(targets(asked))
        .no_value(NO_DATA)
        .height(height)
        .span(span)
    )


def _transformed(how: str, **options: object) -> model.DataTransformerConfig:
    return model.DataTransformerConfig(id_val=how, options=options)
