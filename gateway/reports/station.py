"""The report of a station for a day or a month, drawn up from its facts; pure. Nothing in it names or places a resident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.alerts import terms
from gateway.alerts.response import Response, late_calls, response_of
from gateway.fitting.points import WEEK_MS
from gateway.fitting.service_hours import LIFE_AFFECTING, is_overdue
from gateway.reports import station_words as words
from gateway.reports.asked import Asked
from gateway.reports.document import (
    Cell,
    Column,
    Figure,
    Picture,
    Report,
    Section,
    Series,
    Table,
    Text,
    Value,
)
from gateway.reports.facts import Alerted, Fault, StationFacts
from gateway.reports.figures import figures_of, keys_of, percent, ratio
from gateway.reports.kinds import device_kind

LISTED_MAX = 400
_NONE: Text = {"zh": "—", "en": "—"}  # it has not happened: that is known
_STANDS: Text = {"zh": "未排除", "en": "not over"}
_OPEN: Text = {"zh": "未办结", "en": "open"}
HOURS = 24


def station_report(facts: StationFacts, asked: Asked) -> Report:
    """Draw it up."""
    alerts = [one for one in facts.alerts if asked.begin <= one.record.raised_at < asked.until]
    response = response_of([one.record for one in alerts], asked.targets, asked.until)
    shares = words.targets_specs(asked.targets)
    specs = (*words.SCOPE, *words.ALERTS, *shares, *words.RESPONSE, *words.CARE, *words.CHECKS, *words.FAULTS)
    figures = figures_of(specs, counted(facts, asked), counted(facts, asked.before))
    figures = {key: _now_only(one) if key in _OF_NOW else one for key, one in figures.items()}
    known = _known(facts, asked)
    sections = (
        Section(key="scope", title={"zh": "服务范围", "en": "Scope"}, figures=keys_of(words.SCOPE)),
        _alerts_section(alerts, asked, known=known),
        Section(
            key="response", title={"zh": "响应", "en": "Response"}, figures=(*keys_of(shares), *keys_of(words.RESPONSE)),
            tables=(_targets_table(response, figures, known=known),),
        ),
        Section(key="care", title={"zh": "电话与探访", "en": "Calls and visits"}, figures=keys_of(words.CARE)),
        Section(key="checks", title={"zh": "设备检查", "en": "Device checks"}, figures=keys_of(words.CHECKS)),
        _faults_section(facts, asked),
        _list_section(alerts, asked),
    )  # fmt: skip
    daily = {"zh": "日报", "en": "daily report"} if asked.daily else {"zh": "月报", "en": "monthly report"}
    return Report(
        kind="station", period=asked.period, begin=asked.begin, end=asked.end, until=asked.until, zone=asked.zone, at=facts.at,
        place="", subject=facts.name, title={"zh": f"{facts.name} {daily['zh']}", "en": f"{facts.name} {daily['en']}"},
        figures=figures, sections=sections, notes=_notes(facts, asked),
    )  # fmt: skip


_OF_NOW = frozenset({"homes", "devices", "checks.devices"})  # what is registered now has no earlier figure


def _now_only(figure: Figure) -> Figure:
    return Figure(
        key=figure.key, label=figure.label, value=figure.value, unit=figure.unit, definition=figure.definition,
        decimals=figure.decimals,
    )  # fmt: skip


def _known(facts: StationFacts, asked: Asked) -> bool:
    """Whether anything can be known of the period: it has begun, and lies not wholly before the first alert that is kept."""
    return asked.until > asked.begin and facts.known_from is not None and facts.known_from < asked.until


def counted(facts: StationFacts, asked: Asked) -> dict[str, Value]:
    """Every figure of one period by key; those of a time of which nothing is known are not there."""
    found: dict[str, Value] = {
        "homes": facts.homes,
        "devices": sum(facts.devices.values()),
        "checks.devices": len(facts.weekly),
    }
    if _known(facts, asked):
        alerts = [one for one in facts.alerts if asked.begin <= one.record.raised_at < asked.until]
        found |= _alerts(alerts, asked) | _response(alerts, asked) | _care(facts, asked)
        found |= _checks(facts, asked) | _faults(facts.faults, asked)
    return found


def _alerts(alerts: Sequence[Alerted], asked: Asked) -> dict[str, Value]:
    kinds = Counter(one.record.kind for one in alerts)
    severities = Counter(one.severity for one in alerts)
    verdicts = Counter(one.record.verdict for one in alerts)
    judged = verdicts["true"] + verdicts["false"]
    return {
        "alerts": len(alerts),
        **{f"alerts.{name}": kinds[name] for name in words.CLASSES},
        **{f"alerts.{name}": severities[name] for name in words.SEVERITIES},
        **{f"alerts.{name}": verdicts[name] for name in words.VERDICTS},
        "alerts.unresolved": sum(one.record.verdict is None for one in alerts),
        "alerts.open": sum(one.closed_at is None or one.closed_at >= asked.until for one in alerts),
        "alerts.false_share": percent(ratio(verdicts["false"], judged)),
    }


def _response(alerts: Sequence[Alerted], asked: Asked) -> dict[str, Value]:
    serious = [one.record for one in alerts if one.record.kind == "life_safety"]
    found = response_of(serious, asked.targets, asked.until)
    arrived = found.on_site.p50_s
    return {
        **{f"response.{one.name}": percent(one.share) for one in found.targets},
        "response.accept_p50": found.accepted.p50_s,
        "response.accept_p95": found.accepted.p95_s,
        "response.on_site_p50": None if arrived is None else round(arrived / 60, 1),
        "response.attended": found.on_site.count,
        "response.late": len(late_calls(serious, asked.targets, asked.until)),
    }


def _care(facts: StationFacts, asked: Asked) -> dict[str, Value]:
    calls = Counter(one.result for one in facts.calls if _within(one.at, asked))
    due = [one for one in facts.follow_ups if _within(one.due_at, asked)]
    visits_known = facts.visits_from is not None and facts.visits_from < asked.until
    return {
        "calls": calls.total(),
        **{f"calls.{name}": calls[name] for name in words.CALLS},
        "visits": sum(_within(at, asked) for at in facts.visits) if visits_known else None,
        "follow_ups": len(due),
        "follow_ups.done": sum(one.done_at is not None and one.done_at < asked.until for one in due),
    }


def _checks(facts: StationFacts, asked: Asked) -> dict[str, Value]:
    since = asked.until - WEEK_MS
    week = sum(any(since <= at < asked.until for at in times) for times in facts.weekly)
    days = {day.isoformat() for day in asked.days}
    return {
        "checks.week": week if facts.weekly else None,
        "checks.week_share": percent(ratio(week, len(facts.weekly))),
        "checks.period": sum(any(_within(at, asked) for at in times) for times in facts.weekly)
        if facts.weekly
        else None,
        "ledger": sum(day in days for day in facts.ledger_days),
        "ledger.accepted": sum(_within(at, asked) for at in facts.accepted_at),
        "sign_offs": sum(_within(at, asked) for at in facts.signed_off_at),
    }


def _faults(faults: Sequence[Fault], asked: Asked) -> dict[str, Value]:
    opened = [one for one in faults if _within(one.opened_at, asked)]
    return {
        "faults": len(opened),
        "faults.over": sum(one.over_at is not None and _within(one.over_at, asked) for one in faults),
        "faults.open": sum(_stands(one, asked) for one in faults),
        "faults.life": sum(one.device_kind in LIFE_AFFECTING for one in opened),
        "faults.late": sum(_late(one, asked) for one in opened),
    }


def _stands(fault: Fault, asked: Asked) -> bool:
    return fault.opened_at < asked.until and (fault.over_at is None or fault.over_at >= asked.until)


def _late(fault: Fault, asked: Asked) -> bool:
    """Whether two service hours passed with neither a substitute nor an end, as it was at the period's end."""
    ends = [at for at in (fault.substitute_at, fault.over_at) if at is not None]
    return fault.device_kind in LIFE_AFFECTING and is_overdue(
        fault.opened_at, min([*ends, asked.until]), asked.until, fault.hours
    )


def _within(at: int, asked: Asked) -> bool:
    return asked.begin <= at < asked.until


def _alerts_section(alerts: Sequence[Alerted], asked: Asked, *, known: bool) -> Section:
    columns = (
        Column(label={"zh": "类别", "en": "class"}, width=14),
        Column(label={"zh": "合计", "en": "all"}),
        *(Column(label=terms.VERDICTS[name]) for name in words.VERDICTS),
        Column(label={"zh": "尚无结果", "en": "no verdict"}),
    )
    rows: list[tuple[Cell, ...]] = []
    for kind in words.CLASSES:
        verdicts = Counter(one.record.verdict for one in alerts if one.record.kind == kind)
        counts = (verdicts.total(), *(verdicts[name] for name in words.VERDICTS), verdicts[None])
        rows.append((terms.CLASSES[kind], *(counts if known else [None] * len(counts))))
    table = Table(
        key="alerts.by_class",
        title={"zh": "类别与核实结果", "en": "Class and verdict"},
        columns=columns,
        rows=tuple(rows),
    )
    return Section(
        key="alerts", title={"zh": "警情", "en": "Alerts"}, figures=keys_of(words.ALERTS), tables=(table,),
        pictures=(_picture(alerts, asked),) if known else (),
    )  # fmt: skip


def _picture(alerts: Sequence[Alerted], asked: Asked) -> Picture:
    """Alerts by day of the month, or by hour of the day."""
    zone = ZoneInfo(asked.zone)
    labels = tuple(range(HOURS)) if asked.daily else tuple(day.day for day in asked.days)
    last = _slot(asked.until - 1, zone, daily=asked.daily)
    serious, others = Counter[int](), Counter[int]()
    for one in alerts:
        (serious if one.record.kind == "life_safety" else others)[
            _slot(one.record.raised_at, zone, daily=asked.daily)
        ] += 1

    def values(counts: Counter[int]) -> tuple[int | None, ...]:
        return tuple(counts[each] if each <= last or asked.until == asked.end else None for each in labels)

    title: Text = (
        {"zh": "每小时警情", "en": "Alerts by the hour"}
        if asked.daily
        else {"zh": "每日警情", "en": "Alerts by day"}
    )
    return Picture(
        key="alerts.by_time", title=title, shape="bars", labels=labels, unit={"zh": "条", "en": "alerts"},
        series=(
            Series(name=terms.CLASSES["life_safety"], values=values(serious)),
            Series(name={"zh": "其他类别", "en": "other classes"}, values=values(others)),
        ),
    )  # fmt: skip


def _slot(at: int, zone: ZoneInfo, *, daily: bool) -> int:
    moment = datetime.fromtimestamp(at / 1000, zone)
    return moment.hour if daily else moment.day


def _targets_table(response: Response, figures: dict[str, Figure], *, known: bool) -> Table:
    columns = (
        Column(label={"zh": "目标（生命安全类）", "en": "target (life safety)"}, width=26),
        Column(label={"zh": "应达 %", "en": "wanted %"}, decimals=1),
        Column(label={"zh": "判定数", "en": "judged"}),
        Column(label={"zh": "达到数", "en": "within"}),
        Column(label={"zh": "实际 %", "en": "share %"}, decimals=1),
        Column(label={"zh": "是否达标", "en": "met"}),
    )
    met = {True: {"zh": "达标", "en": "met"}, False: {"zh": "未达标", "en": "not met"}, None: None}
    rows = tuple(
        (
            figures[f"response.{one.name}"].label, round(one.wanted * 100, 1), one.of if known else None,
            one.within if known else None, percent(one.share), met[one.met],
        )
        for one in response.targets
    )  # fmt: skip
    return Table(
        key="response.targets",
        title={"zh": "与目标对照", "en": "Against the targets"},
        columns=columns,
        rows=rows,
    )


def _faults_section(facts: StationFacts, asked: Asked) -> Section:
    columns = (
        Column(label={"zh": "故障编号", "en": "fault"}),
        Column(label={"zh": "设备类型", "en": "device"}, width=16),
        Column(label={"zh": "发生", "en": "began"}, width=16),
        Column(label={"zh": "替代", "en": "substitute"}, width=16),
        Column(label={"zh": "排除", "en": "over"}, width=16),
        Column(label={"zh": "2 小时内处置", "en": "within 2 h"}),
    )
    late = {True: {"zh": "超时", "en": "late"}, False: {"zh": "是", "en": "yes"}}
    shown = [one for one in facts.faults if _within(one.opened_at, asked) or _stands(one, asked)]
    rows = tuple(
        (
            f"{one.number:04d}", device_kind(one.device_kind), _time(one.opened_at, asked),
            _time(one.substitute_at, asked) or _NONE, _time(one.over_at, asked) or _STANDS,
            late[_late(one, asked)] if one.device_kind in LIFE_AFFECTING else {"zh": "不适用", "en": "not due"},
        )
        for one in shown[:LISTED_MAX]
    )  # fmt: skip
    table = Table(
        key="faults.list", title={"zh": "本期故障", "en": "Faults of the period"}, columns=columns, rows=rows
    )
    return Section(
        key="faults", title={"zh": "故障", "en": "Faults"}, figures=keys_of(words.FAULTS), tables=(table,),
        notes=_cut(len(shown)),
    )  # fmt: skip


def _list_section(alerts: Sequence[Alerted], asked: Asked) -> Section:
    """Of a day every alert, of a month those of life safety: by number, without anybody's name or place."""
    shown = [one for one in alerts if asked.daily or one.record.kind == "life_safety"]
    columns = (
        Column(label={"zh": "编号", "en": "number"}),
        Column(label={"zh": "类别", "en": "class"}),
        Column(label={"zh": "程度", "en": "severity"}),
        Column(label={"zh": "发出", "en": "raised"}, width=16),
        Column(label={"zh": "接警（秒）", "en": "accepted (s)"}, decimals=1),
        Column(label={"zh": "到达（分钟）", "en": "on site (min)"}, decimals=1),
        Column(label={"zh": "办结", "en": "closed"}, width=16),
        Column(label={"zh": "核实结果", "en": "verdict"}),
    )
    rows = tuple(
        (
            f"{one.record.number:04d}", terms.CLASSES[one.record.kind], terms.SEVERITIES[one.severity],
            _time(one.record.raised_at, asked), _after(one.record.accepted_ms, 1_000),
            _after(one.record.on_site_ms, 60_000), _time(one.closed_at, asked) or _OPEN,
            terms.VERDICTS[one.record.verdict] if one.record.verdict else _NONE,
        )
        for one in shown[:LISTED_MAX]
    )  # fmt: skip
    title: Text = (
        {"zh": "警情清单", "en": "List of alerts"}
        if asked.daily
        else {"zh": "生命安全类警情清单", "en": "List of life-safety alerts"}
    )
    table = Table(key="alerts.list", title=title, columns=columns, rows=rows)
    return Section(key="list", title={"zh": "清单", "en": "List"}, tables=(table,), notes=_cut(len(shown)))


def _after(ms: int | None, unit: int) -> Cell:
    return _NONE if ms is None else round(ms / unit, 1)


def _cut(many: int) -> tuple[Text, ...]:
    if many <= LISTED_MAX:
        return ()
    return (
        {
            "zh": f"共 {many} 行，只列前 {LISTED_MAX} 行。",
            "en": f"{many} rows; the first {LISTED_MAX} are listed.",
        },
    )


def _time(at: int | None, asked: Asked) -> str | None:
    """A moment as 10-21 08:05, of the hub's zone."""
    return None if at is None else f"{datetime.fromtimestamp(at / 1000, ZoneInfo(asked.zone)):%m-%d %H:%M}"


def _notes(facts: StationFacts, asked: Asked) -> tuple[Text, ...]:
    notes: list[Text] = []
    if facts.known_from is not None and asked.begin < facts.known_from < asked.until:
        day = f"{datetime.fromtimestamp(facts.known_from / 1000, ZoneInfo(asked.zone)):%Y-%m-%d}"
        notes.append(
            {
                "zh": f"本系统的警情记录从 {day} 开始，本期不完整。",
                "en": f"The alerts that are kept begin on {day}; the period is not whole.",
            }
        )
    notes.append(
        {
            "zh": "“无数据”表示没有记录，不等于 0。60 秒、180 秒等为呼叫中心的指标，目标可在设置中修改。",
            "en": "“no data” means that nothing is recorded; it is not 0. "
            "60 s, 180 s are norms of call centres; targets are settings.",
        }
    )
    notes.append(
        {
            "zh": "本系统不是医疗器械，不能代替 120。",
            "en": "This is not a medical device and no substitute for 120.",
        }
    )
    return tuple(notes)


__all__ = ["Value", "counted", "station_report"]
