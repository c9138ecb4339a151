"""Scores as tables for people, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from firmware_sim.score.kits import NAMES
from firmware_sim.score.truth import CLASSES

CLASS_NAMES = {
    "life_safety": "生命安全 life safety",
    "care": "关怀 care",
    "facility": "场所 facility",
    "device": "设备 device",
}
LIMIT_NAMES = {
    "life_safety_recall": "生命安全召回率 life-safety recall",
    "life_safety_false_per_resident_month": "全紧急误报 full-urgency false alerts, a resident-month",
    "care_per_resident_month": "关怀事项 care items, a resident-month",
}
OTHER_NAMES = NAMES | {"naive": "简单规则\nnaive rules"}
LISTED = 20
HOUR_S, MINUTE_S = 3600, 60


def show(scores: Mapping[str, dict[str, Any]], console: Console, *, listed: int = LISTED) -> None:
    """Print the first score whole, and all of them beside one another; ``listed``: how many of what went wrong are shown."""
    first = next(iter(scores.values()))
    watched = (
        f"{first['homes']} 户 homes, {first['residents']} 位长者 residents, {first['days']:g} 天 days: "
        f"{first['resident_months']:g} 长者月 resident-months"
    )
    console.print(watched, highlight=False)
    if len(scores) > 1:
        ordered = [*(kit for kit in NAMES if kit in scores), *(name for name in scores if name not in NAMES)]
        console.print(_beside({name: scores[name] for name in ordered}))
    console.print(_by_kind(first))
    console.print(_by_rule(first))
    for key, title in (("missed", "未报或迟报 missed or late"), ("false", "误报 false")):
        _list(first[key], title, console, listed)
    for name, limit in first["limits"].items():
        _say_limit(LIMIT_NAMES[name], limit, console)
    _say_apart(first, console)


def _beside(scores: Mapping[str, dict[str, Any]]) -> Table:
    table = _table("")
    for name in scores:
        table.add_column(OTHER_NAMES.get(name, name), justify="right", no_wrap=True)

    def line(heading: str, *path: str) -> None:
        table.add_row(heading, *(_plain(_at(found, path)) for found in scores.values()))

    line("召回率 recall", "life_safety", "recall")
    line("　95 %", "life_safety", "recall_ci95")
    line("　严格 strict", "life_safety", "strict", "recall")
    line("事件 incidents", "life_safety", "incidents")
    for percent in ("p50", "p95"):
        delays = (found["life_safety"]["delay_s"][percent] for found in scores.values())
        table.add_row(f"时延 delay {percent}", *map(_span, delays))
    line("全紧急误报/长者月 false", "life_safety", "false_per_resident_month")
    line("　/站日 a station-day", "life_safety", "false_per_station_day")
    line("存疑跌倒/长者月 doubtful", "doubtful", "false_per_resident_month")
    line("关怀/长者月 care", "care", "alerts_per_resident_month")
    line("　误报 false", "care", "false_per_resident_month")
    line("设备/长者月 device", "device", "alerts_per_resident_month")
    table.add_row("达标 holds", *("✓" if found["passes"] else "✗" for found in scores.values()))
    return table


def _by_kind(found: dict[str, Any]) -> Table:
    table = _table("事件\nincident")
    for heading in (
        "计\nall",
        "及时\nhit",
        "迟\nlate",
        "漏\nmissed",
        "不可知\nunknown",
        "短\nshort",
        "召回\nrecall",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("p50", "p95"):
        table.add_column(heading, justify="right", no_wrap=True)
    for kind, row in found["by_kind"].items():
        counts = (row["incidents"], row["hit"], row["late"], row["missed"], row["unknowable"], row["short"])
        delays = (_span(row["delay_s"][name]) for name in ("p50", "p95"))
        table.add_row(escape(kind), *(str(count or "") for count in counts), _plain(row["recall"]), *delays)
    return table


def _by_rule(found: dict[str, Any]) -> Table:
    table = _table("规则\nrule")
    table.add_column("类别\nclass", no_wrap=True)
    for heading in ("警情\nalerts", "误报\nfalse", "每长者月\na month", "降级\nlowered", "准确\nprecise"):
        table.add_column(heading, justify="right", no_wrap=True)
    for rule, row in found["by_rule"].items():
        table.add_row(
            escape(rule), CLASS_NAMES[row["class"]].split()[0], str(row["alerts"]), str(row["false"] or ""),
            _plain(row["false_per_resident_month"]), str(row["lowered"] or ""), _plain(row["precision"]),
        )  # fmt: skip
    return table


def _list(rows: list[dict[str, Any]], title: str, console: Console, most: int) -> None:
    ranked = sorted(rows, key=lambda row: (CLASSES.index(row["class"]), row.get("outcome") == "unknowable"))
    if ranked and most:
        console.print(f"[bold]{title}[/] ({len(ranked)})")
    for row in ranked[:most]:
        what = row.get("kind") or row["rule"] or row["says"]
        console.print(
            f"  {row['at']} {row['place']} {row['id'][:16]} {what}: {row['why']}",
            markup=False,
            soft_wrap=True,
        )
    if len(ranked) > most > 0:
        console.print(f"  … {len(ranked) - most} more (--json has all)")


def _say_limit(name: str, limit: dict[str, Any], console: Console) -> None:
    bound = f"≥ {limit['at_least']}" if "at_least" in limit else f"≤ {limit['at_most']}"
    mark, style = ("✓", "green") if limit["holds"] else ("✗", "red")
    console.print(
        f"{mark} {name}: {_plain(limit['is'])} ({bound})", style=style, markup=False, highlight=False
    )


def _say_apart(found: dict[str, Any], console: Console) -> None:
    """What the recall does not count, and what the false alerts do not."""
    life, doubtful = found["life_safety"], found["doubtful"]
    console.print(
        f"另计 apart: {life['unknowable']} 起不可知 over before anybody could know without a detector "
        f"(严格召回率 strict recall {_plain(life['strict']['recall'])}); "
        f"{life['short']} 起短暂 short; {life['unfinished']} 起未完 unfinished; "
        f"{doubtful['alerts']} 起存疑跌倒 doubtful falls, lowered after p50 {_span(doubtful['lowered_after_s']['p50'])}, "
        f"p95 {_span(doubtful['lowered_after_s']['p95'])}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def _table(heading: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 0, 0, 0))
    table.add_column(heading, no_wrap=True)
    return table


def _at(found: dict[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 a figure of any kind
    for name in path:
        found = found[name]
    return found


def _plain(value: Any) -> str:  # noqa: ANN401 a figure of any kind
    if value is None:
        return "–"
    if isinstance(value, tuple | list):
        return "–".join(f"{each:.3f}" for each in value)
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    return f"{seconds / HOUR_S:.1f} h"
