"""The hub itself, every minute: what comes in, what waits, how late it is, how much it holds."""
# ruff: noqa: S608 the texts are put together from this module's own constants

from __future__ import annotations

from dashboards.queries.parts import CHOSEN, HUB, LIVE, MONTH, STEP, WEEK, Query, course


def _per_minute(counter: str, alias: str) -> Query:
    """Rates between neighbouring points, then their mean: of grouped points the last rate would fall short.

    A counter that begins anew gives no negative rate.
    """
    rates = f'SELECT non_negative_derivative("value", 1m) AS "rate" FROM "{counter}" WHERE {HUB} AND {WEEK}'
    return Query(f'SELECT mean("rate") FROM ({rates}) WHERE {WEEK} GROUP BY {STEP} fill(none)', alias)


def _highest(gauge: str, alias: str) -> Query:
    return course(gauge, alias, who=HUB, when=MONTH, how="max", by=())


RECEIVED = _per_minute("hub.received", "收到 / received")
STORED = _per_minute("hub.stored", "入库 / stored")
QUARANTINED = _per_minute("hub.quarantined", "无法识别的数据 / quarantined")
REFUSED = _per_minute("hub.refused", "数据库拒收 / refused by the database")
ALERTS_OPEN = _highest("hub.alerts_open", "未办结警情 / open alerts")
LAG = _highest("hub.lag", "入库延迟 / store behind")
LOOP_LAG = _highest("hub.loop_lag_s", "主循环延迟 / loop late")
WAITING = _highest("hub.outbox_waiting", "待发送 / waiting")
JOURNAL = _highest("hub.journal_mb", "日志文件 / journal")
ROWS = _highest("hub.stored", "入库行数 / rows stored")


def _now(gauge: str, alias: str) -> Query:
    return Query(f'SELECT last("value") FROM "{gauge}" WHERE {HUB} AND {MONTH}', alias)


ALERTS_OPEN_NOW = _now("hub.alerts_open", "未办结警情 / open alerts")
LAG_NOW = _now("hub.lag", "入库延迟 / store behind")
LOOP_LAG_NOW = _now("hub.loop_lag_s", "主循环延迟 / loop late")
WAITING_NOW = _now("hub.outbox_waiting", "待发送 / waiting")
JOURNAL_NOW = _now("hub.journal_mb", "日志文件 / journal")
ROWS_NOW = _now("hub.stored", "入库行数 / rows stored")

_RAISED = f'SELECT difference("value") AS "more" FROM "hub.alerts_open" WHERE {HUB} AND {CHOSEN} AND {LIVE}'
ALERT_MARKS = f'SELECT "more" FROM ({_RAISED}) WHERE "more" > 0 AND {CHOSEN} AND {LIVE}'
"""When more alerts were open than a minute before, in the last day of the chosen time: a month has too many to be seen."""
