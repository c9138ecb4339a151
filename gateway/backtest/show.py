"""A backtest's answer as a table for people, on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from gateway.backtest.asked import Progress as Told

WORDS = {
    "copying the store": "复制存储 copying the store",
    "reading the history": "读取历史 reading the history",
    "judging": "按规则推演 judging",
}
COLUMNS = ("警情\nalerts", "每月\na month", "洪峰\nfloods", "间隔\nsilence")
WHERE_ANY = {
    "new": "新增\nnew",
    "moved": "移动\nmoved",
    "gone": "消失\ngone",
    "held": "暂缓\nheld",
    "again": "再次\nagain",
}
HOUR_S, DAY_S = 3_600, 86_400
DAYS_ONLY = 3


@contextmanager
def bar(console: Console) -> Iterator[Told]:
    """A progress bar on the console while the context lasts."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda what, done: progress.update(task, description=WORDS.get(what, what), completed=done)


def show(answer: dict[str, Any], console: Console) -> None:
    """Print the answer: a line for each rule that has something to say, the others by name, and what must be known."""
    rules = answer["rules"]
    loud = {name: rule for name, rule in rules.items() if rule["alerts"] or rule["held"] or rule["gone"]}
    more = [key for key in WHERE_ANY if any(rule[key] for rule in loud.values())]
    table = Table(
        title=f"{answer['from']} – {answer['to']}",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("规则\nrule", no_wrap=True, min_width=max(map(len, loud), default=0))
    for heading in (*COLUMNS, *(WHERE_ANY[key] for key in more)):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, rule in loud.items():
        rate = rule["per_resident_month"]
        figures = (str(rule["alerts"]), "–" if rate is None else f"{rate:.2f}", str(rule["floods"]))
        table.add_row(
            escape(name), *figures, span(rule["longest_silence_s"]), *(str(rule[key] or "") for key in more)
        )
    console.print(table)
    quiet = ", ".join(name for name in rules if name not in loud)
    for line in ([f"未报 never raised: {quiet}"] if quiet else []) + list(notes(answer)):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def span(seconds: int) -> str:
    """A length of time, to the hour or the day."""
    days, hours = seconds // DAY_S, seconds % DAY_S // HOUR_S
    return f"{days} d" if days >= DAYS_ONLY else f"{days} d {hours} h" if days else f"{hours} h"


def notes(answer: dict[str, Any]) -> Iterator[str]:
    """What a reader must know to believe the figures."""
    yield (
        f"{answer['homes']} 户 homes, {answer['facilities']} 处场所 facilities, "
        f"{answer['resident_months']} 长者月 resident-months, {answer['rows']:,} 条读数 readings"
    )
    if answer["rows_unplaced"]:
        yield f"未用 not used: {answer['rows_unplaced']:,} readings of devices that are not registered there"
    if answer["devices_quiet"]:
        yield f"未发声 quiet: {answer['devices_quiet']} registered devices said nothing and were left out"
    if answer["heartbeats"] == "unknown":
        yield "心跳未知 the file does not say how often devices report: silence counts only where `online` is 0"
    elif answer["devices_unsure"]:
        yield f"心跳未见 {answer['devices_unsure']} devices do not show their heartbeat here: never called silent for it"
    if answer["feed_losses"]:
        yield f"中枢未听到 the hub itself heard nobody {len(answer['feed_losses'])} times; that silence does not count"
    if answer["lines_bad"]:
        yield f"无法识别 {answer['lines_bad']} lines could not be used; the first of them:"
        yield from (f"  {mistake}" for mistake in answer["mistakes"])
    if answer["alerts_left_off"]:
        yield f"{answer['alerts_left_off']} alerts are counted but not listed"
