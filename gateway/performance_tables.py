"""The numbers of work as tables for people, on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

STAGES = {
    "sent": "发出 sent", "delivered": "送达（已证实） delivered", "seen": "看到 seen", "accepted": "接警 accepted",
    "on_site": "到场 on site",
}  # fmt: skip
TARGETS = {
    "accept": "接警 accepted", "accept_late": "接警 accepted", "on_site": "到场 on site", "on_site_late": "到场 on site",
}  # fmt: skip
KINDS = {
    "life_safety": "生命安全 life safety",
    "care": "关怀 care",
    "facility": "场所 facility",
    "device": "设备 device",
}
LISTED = 20
NOTHING = "–"


def show(answer: dict[str, Any], console: Console) -> None:
    """Print the numbers: response and targets, load, precision, and what concerns single homes where it is there."""
    zone = ZoneInfo(answer["zone"])
    begin, end = (
        f"{datetime.fromtimestamp(answer[each] / 1000, zone):%Y-%m-%d %H:%M}" for each in ("begin", "end")
    )
    response, load = answer["response"], answer["load"]
    where = f" · {answer['station']}" if answer["station"] else ""
    title = f"{begin} – {end}{where} · 警情 alerts {response['raised']} · 未办结 open {response['open']}"
    console.print(title, highlight=False, markup=False, soft_wrap=True)
    console.print(_stages(response))
    console.print(_targets(response["targets"]))
    if answer["late_count"]:
        numbers = ", ".join(f"{number:04d}" for number in answer["late"][-LISTED:])
        more = " …" if answer["late_count"] > LISTED else ""
        line = f"需逐一查看 to look into ({answer['late_count']}): {numbers}{more}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(_by("类别\nclass", {KINDS.get(name, name): one for name, one in answer["by_kind"].items()}))
    stations = {
        name: (answer["by_station"].get(name), one) for name, one in answer["load_by_station"].items()
    }
    console.print(_stations({**stations, "合计 all": (response, load)}))
    for line in _notes(answer):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(_precisions("规则\nrule", answer["by_rule"]))
    if answer["by_device_kind"]:
        console.print(_precisions("设备类型\ndevice kind", answer["by_device_kind"]))
    if answer["by_home"] is not None:
        _show_homes(answer["by_home"], console)


def _show_homes(by_home: dict[str, Any], console: Console) -> None:
    console.print(_precisions("住户\nhome", by_home["homes"]))
    for one in by_home["often_false"]:
        reasons = ", ".join(f"{name} {count}" for name, count in one["reasons"].items())
        counts = f"误报 false {one['wrong']}, 属实 true {one['right']}"
        line = f"高频误报 often false: {one['device']} ({one['kind']}) {counts} · {reasons}"
        for text in (line, f"  → {one['remedy']['zh']}", f"    {one['remedy']['en']}"):
            console.print(text, highlight=False, markup=False, soft_wrap=True)
    worst = _table("最多来源\nworst source", "规则\nrule", "警情\nalarms", "占比\nshare")
    for one in by_home["worst"]:
        worst.add_row(escape(one["subject"]), escape(one["rule"]), str(one["alarms"]), percent(one["share"]))
    console.print(worst)


def _table(first: str, *headings: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _stages(response: dict[str, Any]) -> Table:
    table = _table("自发出警情起\nsince raised", "次数\ncount", "p50", "p90", "p95", "最长\nmax")
    for stage, name in STAGES.items():
        one = response[stage]
        times = (seconds(one[each]) for each in ("p50_s", "p90_s", "p95_s", "max_s"))
        table.add_row(name, str(one["count"]), *times)
    return table


def _targets(targets: Iterable[dict[str, Any]]) -> Table:
    table = _table(
        "目标（生命安全）\ntarget (life safety)", "应达\nwanted", "实际\nshare", "次数\nof", "达标\nmet"
    )
    for one in targets:
        met = {True: "是 yes", False: "[red]否 no[/red]", None: NOTHING}[one["met"]]
        name = f"{TARGETS[one['name']]} ≤ {seconds(one['within_s'])}"
        table.add_row(
            name, percent(one["wanted"]), percent(one["share"]), f"{one['within']}/{one['of']}", met
        )
    return table


def _by(first: str, responses: dict[str, dict[str, Any]]) -> Table:
    table = _table(first, "警情\nalerts", "接警 p50\naccepted", "接警 p95\naccepted", "到场 p90\non site")
    for name, one in responses.items():
        table.add_row(escape(name), str(one["raised"]), *_waited(one))
    return table


def _waited(one: dict[str, Any] | None) -> tuple[str, str, str]:
    if one is None:
        return (NOTHING, NOTHING, NOTHING)
    accepted = one["accepted"]
    return (seconds(accepted["p50_s"]), seconds(accepted["p95_s"]), seconds(one["on_site"]["p90_s"]))


def _stations(stations: dict[str, tuple[dict[str, Any] | None, dict[str, Any]]]) -> Table:
    table = _table(
        "站点\nstation", "警情\nalarms", "接警 p50\naccepted", "接警 p95\naccepted", "到场 p90\non site",
        "每人时\nper op. hour", "≤6/h", "6–12/h", ">12/h", "洪峰\nfloods",
    )  # fmt: skip
    for name, (response, load) in stations.items():
        rate = load["per_operator_hour"]
        shares = (percent(load[each]) for each in ("fine_share", "manageable_share", "overloaded_share"))
        table.add_row(
            escape(name) or "无站点 none", str(load["alarms"]), *_waited(response),
            NOTHING if rate is None else f"{rate:.2f}", *shares, str(len(load["floods"])),
        )  # fmt: skip
    return table


def _precisions(first: str, found: dict[str, dict[str, Any]]) -> Table:
    table = _table(
        first, "属实\ntrue", "误报\nfalse", "无法核实\nunconfirmed", "测试\ntest", "准确率\nprecision", "95 %"
    )
    for name, one in found.items():
        counts = (str(one[each]) for each in ("right", "wrong", "unconfirmed", "test"))
        interval = NOTHING if one["low"] is None else f"{percent(one['low'])} – {percent(one['high'])}"
        table.add_row(escape(name), *counts, percent(one["precision"]), interval)
    return table


def _notes(answer: dict[str, Any]) -> Iterator[str]:
    load, rate = answer["load"], answer["false_per_resident_month"]
    yield (
        f"十分钟内最多 most in ten minutes {load['most_in_ten_minutes']} · 超 24 小时未办结 stale {len(load['stale'])} · "
        f"暂缓中 shelved {load['shelved']} · 抖动 chattering {answer['chattering_count']} · "
        f"高频误报设备 often false {answer['often_false_count']}"
    )
    yield f"每位长者每月误报 false alarms per resident and month: {NOTHING if rate is None else f'{rate:.2f}'}"


def seconds(value: float | None) -> str:
    """A time for people: seconds, minutes, hours."""
    if value is None:
        return NOTHING
    for size, unit in ((3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} s"


def percent(share: float | None) -> str:
    """A share for people; one that is not whole never reads 100 %."""
    if share is None:
        return NOTHING
    return f"{floor(share * 1_000 + 1e-9) / 10:g} %"
