"""Every class of data the hub keeps: where it lies, who sees it, how long it stays, what an erasure does to it. Pure.

``docs/privacy.md`` prints it, the page /privacy and the copy for a resident show it, and a test holds it to the tables of the
operational database: a table that stands here nowhere fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

Text: TypeAlias = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A class of data. ``where``: a file of the data folder; ``tables`` of it where it is the operational database.

    ``setting`` says how long: the section and the name, 0 days being for ever; '' where ``until`` says it in words.
    """

    what: Text
    where: str
    tables: tuple[str, ...] = ()
    personal: bool = True
    resident: bool = True  # whether a resident's copy speaks of it
    seen_by: Text
    until: Text
    setting: str = ""
    erased: Text


_STATION: Final = ("值班人员、站长", "staff on duty, head")
_NOBODY: Final = ("无页面显示", "no page shows it")
_HOME_GOES: Final = ("立即删除", "goes at once")
_STAYS: Final = ("不含住户资料，不受影响", "no resident in it: stays")
_REGISTERED: Final = ("在登记期间", "while the home is registered")
_REASONED: Final = ("写明原因的值班人员、站长", "staff on duty and head, with a stated reason")
_READINGS_GO: Final = (
    "几秒内删除；DuckDB 文件的空闲块用到为止，停机后 carehub store compact 立即清掉",
    "within seconds; free blocks of the DuckDB file until used again, or by carehub store compact at a stop",
)
_HANDERS: Final = (
    "站长、值班人员、社区街道、物业（各看各的）",
    "head, staff, community officers, property managers, each their own",
)
OPERATIONS: Final = "operations.sqlite"

INVENTORY: Final[tuple[Kept, ...]] = (
    Kept(
        what=("登记：称呼、地址、进门提示、紧急联系人", "registry: name, address, access note, contacts"),
        where=OPERATIONS, tables=("place", "contact"), seen_by=_STATION, until=_REGISTERED, erased=_HOME_GOES,
    ),
    Kept(
        what=("登记：设备及其房间", "registry: devices and their rooms"),
        where=OPERATIONS, tables=("device",),
        seen_by=("值班人员、站长、安装人员、系统管理员", "staff on duty, head, installer, administrator"),
        until=_REGISTERED, erased=_HOME_GOES,
    ),
    Kept(
        what=("同意书、家属链接", "consents, family links"),
        where=OPERATIONS, tables=("consent", "link"), seen_by=_STATION,
        until=("生效期间，撤回后再保存", "while in force, then"), setting="retention.agreements_days", erased=_HOME_GOES,
    ),
    Kept(
        what=("警情里的说明、依据、房间、备注", "the words of alerts: sentence, evidence, room, notes"),
        where=OPERATIONS, tables=("alert", "alert_step"), seen_by=_STATION,
        until=("办结后再保存", "after their close for"), setting="retention.alert_words_days", erased=_HOME_GOES,
    ),
    Kept(
        what=("警情：种类、时间、经过、结果", "alerts: kind, times, course, outcome"),
        where=OPERATIONS, tables=("alert", "alert_step"), seen_by=_STATION,
        until=("办结后再保存", "after their close for"),
        setting="retention.alerts_days",
        erased=(
            "立即去除住户信息：化名、新编号，不留设备、房间、说明、备注",
            "at once without the person: a pseudonym, new ids, no device, room, sentence, notes",
        ),
    ),
    Kept(
        what=("发出的消息及回执", "messages sent, with receipts"),
        where=OPERATIONS, tables=("outbox",), seen_by=_STATION,
        until=("与所属警情相同：", "as their alert, for"), setting="retention.alerts_days",
        erased=("立即去除收件人与回执，只留时间", "at once without recipient and receipt; the times stay"),
    ),
    Kept(
        what=("未提醒的警情", "alerts held back"),
        where=OPERATIONS, tables=("held_alert",), seen_by=_STATION,
        until=("解除后再保存", "after their end for"), setting="retention.held_days", erased=_HOME_GOES,
    ),
    Kept(
        what=("外出、住院等状态，暂缓提醒", "modes (away, hospital, …), silences"),
        where=OPERATIONS, tables=("home_mode", "silence"), seen_by=_STATION,
        until=("结束后再保存", "after their end for"), setting="retention.modes_days", erased=_HOME_GOES,
    ),
    Kept(
        what=("次日回访", "follow-ups"),
        where=OPERATIONS, tables=("follow_up",), seen_by=_STATION,
        until=("完成后再保存", "after they are done for"), setting="retention.modes_days", erased=_HOME_GOES,
    ),
    Kept(
        what=("探访记录里的备注", "notes of visit records"),
        where=OPERATIONS, tables=("visit",), seen_by=_STATION,
        until=("保存", "for"), setting="retention.alert_words_days", erased=_HOME_GOES,
    ),
    Kept(
        what=("探访记录：何时、何人、哪一户", "visit records: when, by whom, which home"),
        where=OPERATIONS, tables=("visit",), seen_by=_STATION,
        until=("保存", "for"), setting="retention.alerts_days",
        erased=(
            "立即去除住户信息：化名，不留备注；次数仍计入报表",
            "at once without the person: a pseudonym, no note; they still count in reports",
        ),
    ),
    Kept(
        what=("指标分母：数值、来源、日期", "denominators of indicators: value, source, day"),
        where=OPERATIONS, tables=("denominator",), personal=False,
        seen_by=("社区街道、站长、系统管理员", "community officers, head, administrator"),
        until=("长期：报表依据", "for ever: what reports rest on"), erased=_STAYS,
    ),
    Kept(
        what=("上报的报表：期间、流程、文件摘要", "reports handed in: period, way, digests of their files"),
        where=OPERATIONS, tables=("filed_report", "report_signature"), personal=False,
        seen_by=_HANDERS,
        until=("上报后保存（未上报的 60 天）", "once handed in (60 days if not), for"), setting="retention.reports_days",
        erased=_STAYS,
    ),
    Kept(
        what=("报表和自用表格的文件（只有数字和警情编号）", "files of reports and forms (numbers, and numbers of alerts)"),
        where="reports.sqlite", personal=False,
        seen_by=_HANDERS,
        until=("上报后保存（未上报的 60 天）", "once handed in (60 days if not), for"), setting="retention.reports_days",
        erased=_STAYS,
    ),
    Kept(
        what=("报表的自动生成、自用表格的填法", "schedules of reports, how forms are filled"),
        where=OPERATIONS, tables=("report_schedule", "report_run", "report_form"), resident=False, personal=False,
        seen_by=("站长、社区街道、物业", "head, community officers, property managers"),
        until=("停用后也保留", "also after they are ended"), erased=_STAYS,
    ),
    Kept(
        what=("谁看过房间情况、为什么", "who looked into the rooms, and why"),
        where=OPERATIONS, tables=("look",), seen_by=_STATION, until=("保存", "for"), setting="retention.looks_days",
        erased=_HOME_GOES,
    ),
    Kept(
        what=("各户单独的规则及修改记录", "rules of single homes, and who changed them"),
        where=OPERATIONS, tables=("rule_change",),
        seen_by=("值班人员、站长、系统管理员", "staff on duty, head, administrator"),
        until=_REGISTERED, erased=_HOME_GOES,
    ),
    Kept(
        what=("判断用的状态（最近活动、日常作息）", "what the rules remember (last activity, habits)"),
        where=OPERATIONS, tables=("snapshot",), seen_by=_NOBODY, until=_REGISTERED, erased=_HOME_GOES,
    ),
    Kept(
        what=("操作的答复（只有编号）", "answers to what people asked (ids only)"),
        where=OPERATIONS, tables=("answered",), personal=False, seen_by=_NOBODY, until=("保存", "for"),
        setting="retention.answers_days", erased=_STAYS,
    ),
    Kept(
        what=("已清除的登记（化名、日期、经办人）", "erasures (pseudonym, day, by whom)"),
        where=OPERATIONS, tables=("erasure",), seen_by=("站长", "head"), until=("长期", "for ever"),
        erased=("完成后不再有门牌与设备编号", "without the home's and its devices' ids once it is done"),
    ),
    Kept(
        what=("安装：手工登记的标记、测试、逐点触发结果", "installing: marks of entries by hand, agreed tests, proven points"),
        where=OPERATIONS, tables=("by_hand", "home_test", "point_proven"),
        seen_by=("值班人员、站长、安装人员", "staff on duty, head, installer"), until=("长期", "for ever"), erased=_HOME_GOES,
    ),
    Kept(
        what=("适老化改造台账、验收单", "ledger of what was fitted, sign-offs"),
        where=OPERATIONS, tables=("ledger_item", "sign_off"), seen_by=("站长、安装人员", "head, installer"),
        until=("长期：验收凭证", "for ever: proof of what was accepted"), erased=_HOME_GOES,
    ),
    Kept(
        what=("设备工单", "jobs: faults of devices"),
        where=OPERATIONS, tables=("fault_job",),
        seen_by=("值班人员、站长、安装人员、系统管理员", "staff on duty, head, installer, administrator"),
        until=("长期", "for ever"), erased=_HOME_GOES,
    ),
    Kept(
        what=("拒绝的设备", "rejected devices"),
        where=OPERATIONS, tables=("rejected_device",), personal=False, seen_by=("站长、安装人员", "head, installer"),
        until=("长期", "for ever"), erased=_STAYS,
    ),
    Kept(
        what=("工作人员账号、角色、登录", "accounts of staff, roles, sign-ins"),
        where=OPERATIONS, tables=("staff", "granted", "sign_in"), resident=False, seen_by=("系统管理员", "administrator"),
        until=("停用后姓名随其工作记录保留", "the name stays with what they did"), erased=_STAYS,
    ),
    Kept(
        what=("值班计划、值班台、通知渠道", "duty plan, desks, channels"),
        where=OPERATIONS, tables=("duty_plan", "desk_state", "channel_state"), resident=False, seen_by=_STATION,
        until=("下次修改为止", "until changed"),
        erased=("交接备注里的人名要自己改", "a resident named in a hand-over note: change the note"),
    ),
    Kept(
        what=(
            "场所：核定容量、开放时间、人数校正、使用单位、房间",
            "facilities: capacity, hours, corrected counts, operators, rooms",
        ),
        where=OPERATIONS, tables=("facility_setting", "count_correction", "operator", "facility_room"), personal=False,
        seen_by=("物业、社区街道、站长", "property managers, community officers, head"),
        until=("长期", "for ever"), erased=_STAYS,
    ),
    Kept(
        what=("社区：边界或位置、另有座位", "communities: outline or place, other seats"),
        where=OPERATIONS, tables=("community",), personal=False,
        seen_by=("社区街道、站长、系统管理员", "community officers, head, administrator"),
        until=("长期", "for ever"), erased=_STAYS,
    ),
    Kept(
        what=("处置步骤卡", "steps of cards"),
        where=OPERATIONS, tables=("card_steps",), personal=False, seen_by=_STATION, until=("长期", "for ever"),
        erased=_STAYS,
    ),
    Kept(
        what=("处理进度", "how far the hub has come"),
        where=OPERATIONS, tables=("cursor",), personal=False, seen_by=_NOBODY, until=("长期", "for ever"), erased=_STAYS,
    ),
    Kept(
        what=("住户传感器数据", "readings of homes"),
        where="readings.duckdb / InfluxDB care_homes",
        seen_by=_REASONED,
        until=("保存", "for"), setting="retention.homes_days",
        erased=_READINGS_GO,
    ),
    Kept(
        what=("按小时的汇总", "summaries by the hour"),
        where="readings.duckdb / InfluxDB care_homes_summary", seen_by=_REASONED,
        until=("保存", "for"), setting="retention.hourly_days", erased=_READINGS_GO,
    ),
    Kept(
        what=("按天的汇总", "summaries by the day"),
        where="readings.duckdb / InfluxDB care_homes_summary", seen_by=_REASONED,
        until=("保存", "for"), setting="retention.daily_days", erased=_READINGS_GO,
    ),
    Kept(
        what=("归档（默认不含住户）", "archive (by default without homes)"),
        where="archive/", seen_by=("系统管理员", "administrator"), until=("保存", "for"), setting="retention.archive_days",
        erased=("几秒内重写所在日期的文件", "within seconds: the files of its days are written anew"),
    ),
    Kept(
        what=("日志账：设备消息、操作", "journal: messages of devices, what people did"),
        where="journal.sqlite", seen_by=_NOBODY, until=("保存", "for"), setting="journal.keep_days",
        erased=(
            "下一次状态保存之后（一般一分钟内）变为不可读",
            "made unreadable behind the next snapshot, usually within a minute",
        ),
    ),
    Kept(
        what=("无法识别的数据", "messages nobody could read"),
        where="journal.sqlite", seen_by=("系统管理员", "administrator"), until=("保存", "for"),
        setting="journal.quarantine_days",
        erased=_HOME_GOES,
    ),
    Kept(
        what=("存储拒收的数据", "rows the store refused"),
        where="dead_letters.sqlite", seen_by=("系统管理员", "administrator"), until=("31 天", "31 days"), erased=_HOME_GOES,
    ),
    Kept(
        what=("审计：谁看了、做了什么、原因", "audit: who looked, who did what, and why"),
        where="audit.sqlite", seen_by=("站长、系统管理员", "head, administrator"), until=("保存", "for"),
        setting="retention.audit_days",
        erased=(
            "保留到期满：法律要求留存，且逐条封印；只有门牌编号，没有姓名地址（除非写在原因里）",
            "stays until its time is over: the law asks for it, and it is sealed; ids, no name or address but in a reason",
        ),
    ),
    Kept(
        what=("备份", "backups"),
        where="carehub backup", seen_by=("保管备份的人", "whoever keeps them"),
        until=("删除备份为止", "until somebody deletes them"),
        erased=("不改动：请删除清除之前的备份", "not touched: delete those made before the erasure"),
    ),
    Kept(
        what=("运行日志（没有姓名地址）", "logs (no names, no addresses)"),
        where="systemd journal / docker logs", seen_by=("系统管理员", "administrator"),
        until=("由系统设置", "as the machine is set"), erased=("不改动", "not touched"),
    ),
    Kept(
        what=("已发到企业微信、短信等平台的消息", "messages on WeCom, short messages and the like"),
        where="—", seen_by=("收件人", "who was told"), until=("由该平台决定", "as those platforms have it"),
        erased=("不改动", "not touched"),
    ),
)  # fmt: skip


def days_of(kept: Kept, settings: Mapping[str, int]) -> int | None:
    """For how many days by the settings; None where it is not set by days."""
    return settings.get(kept.setting) if kept.setting else None


def until_words(kept: Kept, settings: Mapping[str, int]) -> Text:
    """How long it is kept, in words."""
    days = days_of(kept, settings)
    if days is None:
        return kept.until
    zh, en = kept.until
    return (f"{zh} {days} 天", f"{en} {days} days") if days else (f"{zh}（长期）", f"{en} ever")


def as_markdown(settings: Mapping[str, int]) -> str:
    """The inventory as the table of docs/privacy.md."""
    lines = ["| 资料 | 在哪里 | 谁能看 | 保存多久 | 清除住户时 |", "|---|---|---|---|---|"]
    for one in INVENTORY:
        where = f"`{one.where}`" + (f" {', '.join(one.tables)}" if one.tables else "")
        until = until_words(one, settings)
        named = f" `{one.setting}`" if one.setting else ""
        cells = [both(one.what), where, both(one.seen_by), both(until) + named, both(one.erased)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def both(text: Text) -> str:
    """Chinese first, English behind it."""
    return f"{text[0]} · {text[1]}" if text[0] != text[1] else text[0]
