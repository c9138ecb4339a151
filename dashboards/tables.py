"""Tables put together from several queries, and the table of hours over weekdays. Needs grafana-foundation-sdk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from dashboards.panels import NO_DATA, SOURCE, Step, only, steps_of, targets
from dashboards.queries.parts import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column by the name its query gave it. ``steps``: the colour of its text; ``bar``: shown as a bar from 0 to 100."""

    name: str
    title: str
    steps: tuple[Step, ...] = ()
    bar: bool = False

    def looks(self) -> dict[str, object]:
        """What makes it look other than plain text."""
        told: dict[str, object] = {}
        if self.steps:
            told["thresholds"] = steps_of(*self.steps).build()
            told["custom.cellOptions"] = {"type": "color-text"}
        if self.bar:
            told["custom.cellOptions"] = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
        return told


def ratio(name: str, above: str, below: str) -> model.DataTransformerConfig:
    """A column that is one column over another."""
    return _calculated(name, above, "/", below)


def percent(name: str, above: str, below: str) -> list[model.DataTransformerConfig]:
    """A column that is what percent one column is of another."""
    return [_calculated(f"{name}_of_one", above, "/", below), _calculated(name, f"{name}_of_one", "*", "100")]


def _calculated(name: str, left: str, operator: str, right: str) -> model.DataTransformerConfig:
    how = {"left": left, "operator": operator, "right": right}
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
    worked_out: Sequence[model.DataTransformerConfig] = (),
    link: str = "",
) -> table.Panel:
    """A row for each tag, in the columns' order; what has no column is not shown.

    ``sort``: the column (by name) whose largest value stands first. ``link``: where a click on a row leads, on the console.
    """
    panel = _plain(title, asked, says=says, span=span, height=height, link=link).transformations(
        [*merged(), *worked_out, *named(columns)]
    )
    panel = _looking(panel, columns).min(0).max(100)
    return _sorted(panel, sort, columns) if sort else panel


def named(columns: Sequence[Column]) -> list[model.DataTransformerConfig]:
    """The columns by their titles, in order, and no others.

    Not by overrides: by Grafana's own schema an override's value is an object, and a title is a text.
    """
    names = [column.name for column in columns]
    return [
        _transformed("filterFieldsByName", include={"names": names}),
        _transformed(
            "organize",
            indexByName={name: at for at, name in enumerate(names)},
            renameByName={column.name: column.title for column in columns},
            excludeByName={},
        ),
    ]


def _looking(panel: table.Panel, columns: Sequence[Column]) -> table.Panel:
    for column in columns:
        if told := column.looks():
            panel = panel.with_override(*only([column.name], told))
    return panel


def _sorted(panel: table.Panel, by: str, columns: Sequence[Column]) -> table.Panel:
    title = next(column.title for column in columns if column.name == by)
    return panel.sort_by([parts.TableSortByFieldState().display_name(title).desc(True)])


DAY_BY_HOUR = '[{"day":"]E ddd[","hour":"]HH[:00"}]'
"""A time as Grafana's formatter (moment) writes it, for the next step to take apart; the number keeps the days in order."""


DAY = "day\\hour"  # what the matrix calls its first column


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
        .with_transformation(_transformed("organize", renameByName={DAY: "星期 / Day"}))
        .decimals(0)
        .color_scheme(build.FieldColor().mode(model.FieldColorModeId.CONTINUOUS_YL_BL))
        .cell_options(
            common.TableColoredBackgroundCellOptions(mode=common.TableCellBackgroundDisplayMode.BASIC)
        )
        .with_override(*only([DAY], {"custom.cellOptions": {"type": "auto"}}))
    )


def _plain(
    title: str, asked: Sequence[Query], *, says: str, span: int, height: int, link: str = ""
) -> table.Panel:
    leads = build.DashboardLink("打开控制台 / open in the console").url(link).target_blank(True)
    return (
        table.Panel()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .targets(targets(asked))
        .no_value(NO_DATA)
        .data_links([leads] if link else [])
        .height(height)
        .span(span)
    )


def _transformed(how: str, **options: object) -> model.DataTransformerConfig:
    return model.DataTransformerConfig(id_val=how, options=options)
