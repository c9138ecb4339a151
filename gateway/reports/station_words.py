"""What the figures of a station's report are called, and what each means."""

from __future__ import annotations

from typing import Final

from gateway.alerts import terms
from gateway.alerts.record import Targets
from gateway.reports.figures import Spec

CLASSES: Final = ("life_safety", "care", "facility", "device")
SEVERITIES: Final = ("critical", "urgent", "notice")
VERDICTS: Final = ("true", "false", "test", "unconfirmed", "cleared", "merged")
CALLS: Final = ("ok", "help", "no_answer")
MINUTES_FROM_S: Final = 600  # how long a time is told in seconds
TARGETS: Final = ("accept", "accept_late", "on_site", "on_site_late")


def _each(
    head: tuple[str, str], words: dict[str, dict[str, str]], names: tuple[str, ...], zh: str, en: str
) -> tuple[Spec, ...]:
    return tuple(
        Spec(
            f"alerts.{name}", f"{head[0]}：{words[name]['zh']}", f"{head[1]}: {words[name]['en']}", "alerts",
            zh.format(words[name]["zh"]), en.format(words[name]["en"]),
        )
        for name in names
    )  # fmt: skip


SCOPE: Final = (
    Spec(
        "homes",
        "服务住户",
        "homes served",
        "homes",
        "生成报表时登记在本站的住户数。",
        "Homes registered with the station when the report was made.",
    ),
    Spec(
        "devices",
        "登记设备",
        "devices registered",
        "devices",
        "生成报表时登记在本站住户和场所的设备数。",
        "Devices registered in its homes and facilities when the report was made.",
    ),
)

ALERTS: Final = (
    Spec(
        "alerts",
        "警情总数",
        "alerts",
        "alerts",
        "本期内发出的警情，四类合计。",
        "Alerts raised in the period, of all four classes.",
    ),
    *_each(
        ("类别", "class"),
        terms.CLASSES,
        CLASSES,
        "本期内发出的“{}”类警情。",
        "Alerts of the class {} raised in the period.",
    ),
    *_each(
        ("程度", "severity"),
        terms.SEVERITIES,
        SEVERITIES,
        "本期内发出、程度为“{}”的警情（程度有变的按最后的程度）。",
        "Alerts raised in the period, of severity {} as it was last.",
    ),
    *_each(
        ("核实", "verdict"),
        terms.VERDICTS,
        VERDICTS,
        "本期内发出、核实结果为“{}”的警情。",
        "Alerts raised in the period whose verdict is: {}.",
    ),
    Spec(
        "alerts.unresolved",
        "尚无核实结果",
        "without a verdict yet",
        "alerts",
        "本期内发出、还没有核实结果的警情。",
        "Alerts raised in the period that have no verdict yet.",
    ),
    Spec(
        "alerts.open",
        "期末未办结",
        "open at the end",
        "alerts",
        "本期内发出、到期末尚未办结的警情；期末后才办结的也算。",
        "Alerts raised in the period and not closed by its end, also those closed since.",
    ),
    Spec(
        "alerts.false_share",
        "误报占比",
        "share of false alarms",
        "%",
        "误报 ÷（属实＋误报）。",
        "False alarms of those found true or false.",
        1,
    ),
)

RESPONSE: Final = (
    Spec(
        "response.accept_p50",
        "接警用时（中位）",
        "time to accept (median)",
        "s",
        "生命安全类警情从发出到第一次接警的时间，一半在此以内。",
        "Life safety: from raised to first accepted, for half of them.",
        1,
    ),
    Spec(
        "response.accept_p95",
        "接警用时（95%）",
        "time to accept (95 %)",
        "s",
        "同上，95% 在此以内。",
        "The same, for 95 %.",
        1,
    ),
    Spec(
        "response.on_site_p50",
        "到达用时（中位）",
        "time to arrive (median)",
        "min",
        "生命安全类警情从发出到有人到达的时间，一半在此以内；电话核实、无人上门的不计。",
        "Life safety: from raised to somebody on site, for half of those that somebody went to.",
        1,
    ),
    Spec(
        "response.attended",
        "有人到达",
        "attended on site",
        "alerts",
        "生命安全类警情中记录有人到达的。",
        "Life-safety alerts with somebody noted on site.",
    ),
    Spec(
        "response.late",
        "须逐条查看",
        "to be looked into",
        "alerts",
        "生命安全类警情中接警超过外限的，或到期末仍未接警且已超过的。",
        "Life-safety alerts accepted later than the outer target, or not accepted and past it.",
    ),
)

CARE: Final = (
    Spec("calls", "电话", "calls", "times", "为警情打出并记录的电话。", "Calls noted for alerts."),
    Spec("calls.ok", "电话：平安", "calls: well", "times", "接通，平安。", "Answered, all well."),
    Spec(
        "calls.help",
        "电话：需帮助",
        "calls: needs help",
        "times",
        "接通，需要帮助。",
        "Answered, help is needed.",
    ),
    Spec("calls.no_answer", "电话：无人接", "calls: no answer", "times", "无人接听。", "Nobody answered."),
    Spec(
        "visits",
        "探访",
        "visits",
        "times",
        "办结时由工作人员勾选记录的探访；系统不会自行记录。",
        "Visits that a person ticked when closing an alert; never written by the system itself.",
    ),
    Spec(
        "follow_ups",
        "次日回访（应做）",
        "follow-ups due",
        "times",
        "本期到期的次日回访。",
        "Next-day follow-ups due in the period.",
    ),
    Spec(
        "follow_ups.done",
        "次日回访（已做）",
        "follow-ups done",
        "times",
        "其中到期末已做的。",
        "Of these, done by the end of the period.",
    ),
)

CHECKS: Final = (
    Spec(
        "checks.devices",
        "按钮和佩戴设备",
        "buttons and wearables",
        "devices",
        "应每周测试的设备（JGJ/T 484）：登记在本站住户的吊坠和呼叫按钮。",
        "Devices to be tested weekly (JGJ/T 484): pendants and call buttons in the station's homes.",
    ),
    Spec(
        "checks.week",
        "近七天已测试",
        "tested in the last 7 days",
        "devices",
        "期末前七天内在测试中触发过，或发出过求助的。",
        "Triggered in a test, or by a call for help, in the seven days before the period's end.",
    ),
    Spec(
        "checks.week_share",
        "近七天测试率",
        "share tested in 7 days",
        "%",
        "近七天已测试 ÷ 应测试。",
        "Tested in the last seven days, of those to be tested.",
        1,
    ),
    Spec(
        "checks.period",
        "本期测试过",
        "tested in the period",
        "devices",
        "本期内至少触发过一次的。",
        "Triggered at least once in the period.",
    ),
    Spec(
        "ledger",
        "改造台账新增",
        "added to the ledger",
        "items",
        "安装日期在本期的适老化改造台账条目。",
        "Lines of the ledger of fittings whose day lies in the period.",
    ),
    Spec(
        "ledger.accepted",
        "改造验收",
        "accepted",
        "items",
        "本期验收的台账条目。",
        "Lines of the ledger accepted in the period.",
    ),
    Spec(
        "sign_offs",
        "安装验收",
        "installations signed off",
        "homes",
        "本期完成的安装验收。",
        "Installations signed off in the period.",
    ),
)

FAULTS: Final = (
    Spec(
        "faults",
        "新发故障",
        "faults opened",
        "faults",
        "本期内发生的设备故障；同一设备故障未排除前只算一起。",
        "Faults of devices that began in the period; one a device until it is over.",
    ),
    Spec(
        "faults.over",
        "已排除",
        "faults over",
        "faults",
        "本期内恢复正常的故障，包括以前发生的。",
        "Faults that were over in the period, also older ones.",
    ),
    Spec(
        "faults.open",
        "期末未排除",
        "faults open at the end",
        "faults",
        "到期末仍未恢复的故障。",
        "Faults that stood at the period's end.",
    ),
    Spec(
        "faults.life",
        "其中影响生命安全",
        "of life-affecting devices",
        "faults",
        "新发故障中，设备为吊坠、呼叫按钮、雷达、烟感、网关的。",
        "Opened faults of pendants, call buttons, radars, smoke detectors, gateways.",
    ),
    Spec(
        "faults.late",
        "超过 2 小时未替代",
        "over 2 h without a substitute",
        "faults",
        "影响生命安全的设备故障，服务时间内超过 2 小时既未恢复也无替代（JGJ/T 484），按发生时间计入本期。",
        "Faults of life-affecting devices that began in the period and stood for more than two "
        "service hours without a substitute (JGJ/T 484).",
    ),
)


def targets_specs(targets: Targets) -> tuple[Spec, ...]:
    """The shares within the targets of the settings."""
    seconds = (targets.accept_s, targets.accept_late_s, targets.on_site_s, targets.on_site_late_s)
    found = []
    for name, within in zip(TARGETS, seconds, strict=True):
        act_zh, act_en = ("接警", "accepted") if name.startswith("accept") else ("到达", "on site")
        zh, en = (
            (f"{within} 秒", f"{within} s")
            if within < MINUTES_FROM_S
            else (f"{within / 60:g} 分钟", f"{within / 60:g} min")
        )
        found.append(
            Spec(
                f"response.{name}", f"{zh}内{act_zh}", f"{act_en} within {en}", "%",
                f"生命安全类警情中 {zh}内{act_zh}的占比；到期末仍在等待且已超时的按未达算。",
                f"Life-safety alerts {act_en} within {en}; who still waits past it counts as late.", 1,
            )
        )  # fmt: skip
    return tuple(found)
