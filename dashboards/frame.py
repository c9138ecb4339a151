"""What every page has: its rows and their ids, variables, links to the other pages and to the console, annotations.

Needs grafana-foundation-sdk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.console import CONSOLE
from dashboards.panels import SOURCE, Said, both
from dashboards.queries import places

TAG = "carehub"
ALL = model.VariableOption(text="All", value="$__all", selected=True)
FACILITY = "${console:raw}/facilities/${__data.fields.place}"
"""Of a row whose column ``place`` is a facility: its page on the console."""

Panels = list[Builder[model.Panel]]
Rows = Sequence[tuple[str, Panels]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One dashboard; once published its ``uid`` stays. ``leads_to``: pages of the console, as (title, path)."""

    uid: str
    title: str
    says: Said
    rows: Rows
    variables: Sequence[Builder[model.VariableModel]] = ()
    marks: Sequence[Builder[model.AnnotationQuery]] = ()
    leads_to: Sequence[tuple[str, str]] = ()
    since: str = "now-7d"
    refresh: str = "5m"

    def build(self) -> model.Dashboard:
        """The dashboard as Grafana's model."""
        page = (
            build.Dashboard(self.title)
            .uid(self.uid)
            .description(both(*self.says, ("不含长者家中数据。", "Nothing from homes.")))
            .tags([TAG])
            .timezone("browser")
            .week_start("monday")
            .tooltip(model.DashboardCursorSync.CROSSHAIR)
            .time(self.since, "now")
            .refresh(self.refresh)
            .variables([*self.variables, _console()])
            .links([_others(), *(_console_link(title, path) for title, path in self.leads_to)])
            .annotations(list(self.marks))
        )
        for title, panels in self.rows:
            page = page.with_row(build.Row(title))
            for panel in panels:
                page = page.with_panel(panel)
        return _numbered(page.build())


def _numbered(page: model.Dashboard) -> model.Dashboard:
    """Give every panel a fixed id, by its row and its place in it: a panel more at a row's end moves no other's.

    Grafana would number them anew at each import and break links to them.
    """
    row = at = 0
    for panel in page.panels or []:
        row, at = (row + 1, 0) if isinstance(panel, model.RowPanel) else (row, at + 1)
        panel.id_val = row * 100 + at
    return page


def facility(asked: str = places.FACILITIES) -> build.QueryVariable:
    """``$place``: some facilities or all."""
    return _several("place", "场所 / Place", asked)


def street() -> build.QueryVariable:
    """``$street``: some streets or all, each the beginning of its communities' paths."""
    return _several("street", "街道 / Street", places.STREETS).regex(places.STREET_OF)


def community() -> build.QueryVariable:
    """``$community``: some communities of the chosen streets, or all of them."""
    return _several("community", "社区 / Community", places.COMMUNITIES)


def _several(name: str, label: str, asked: str) -> build.QueryVariable:
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(asked)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        # Else Grafana lists every place in each query and leaves a place added later out until a reload.
        .all_value(".*")
        .current(ALL)
    )


def _console() -> build.TextBoxVariable:
    return (
        build.TextBoxVariable("console")
        .label("控制台 / Console")
        .description(
            both(
                "控制台的地址，链接用。",
                "The console's address, for links. To keep it: carehub dashboards push --console",
            )
        )
        .default_value(CONSOLE)
        .current(model.VariableOption(text=CONSOLE, value=CONSOLE, selected=True))
    )


def _others() -> build.DashboardLink:
    return (
        build.DashboardLink("Carehub")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _console_link(title: str, path: str) -> build.DashboardLink:
    return (
        build.DashboardLink(title)
        .type(model.DashboardLinkType.LINK)
        .icon("external link")
        .url(f"${{console:raw}}{path}")
        .target_blank(True)
    )


def mark(name: str, asked: str, *, color: str, text: str = "place") -> build.AnnotationQuery:
    """An annotation asked of the store; ``text``: the column that is shown."""
    target: dict[str, object] = {
        "refId": "Anno",
        "query": asked,
        "rawQuery": True,
        "fromAnnotations": True,
        "textEditor": True,
        "textColumn": text,
        "tagsColumn": "",
    }
    return _WithTarget(target).name(name).datasource(SOURCE).enable(True).icon_color(color)


class _WithTarget(build.AnnotationQuery):
    """The SDK's model of a target is that of Grafana's own store; a source's is its query."""

    def __init__(self, target: dict[str, object]) -> None:
        super().__init__()
        self._internal.target = target  # type: ignore[assignment]
