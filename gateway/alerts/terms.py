"""The terms of the work, Chinese and English, as pages, transcripts and messages say them; docs/术语.md explains each."""

from __future__ import annotations

from typing import Final

from gateway.alerts.message import Words


def _words(terms: dict[str, tuple[str, str]]) -> dict[str, Words]:
    return {key: {"zh": zh, "en": en} for key, (zh, en) in terms.items()}


SEVERITIES: Final = _words(
    {
        "critical": ("紧急", "Critical"),
        "urgent": ("重要", "Urgent"),
        "notice": ("提示", "Notice"),
    }
)
CLASSES: Final = _words(
    {
        "life_safety": ("生命安全", "life safety"),
        "care": ("关怀", "care"),
        "facility": ("场所", "facility"),
        "device": ("设备", "device"),
        "hub": ("主机", "hub"),
    }
)
STATES: Final = _words(
    {
        "raised": ("待接警", "waiting"),
        "accepted": ("已接警", "accepted"),
        "on_way": ("已出发", "on the way"),
        "on_site": ("已到达", "on site"),
        "closed": ("已办结", "closed"),
    }
)
VERDICTS: Final = _words(
    {
        "true": ("属实", "true"),
        "false": ("误报", "false alarm"),
        "test": ("测试", "test"),
        "unconfirmed": ("无法核实", "could not confirm"),
        "cleared": ("自行恢复", "cleared by itself"),
        "merged": ("已并入", "merged"),
    }
)
OUTCOMES: Final = _words(
    {
        "none_needed": ("无需帮助", "no help needed"),
        "assisted": ("已协助", "helped"),
        "family_came": ("家属到场", "family came"),
        "hospital": ("送医", "taken to hospital"),
    }
)
REASONS: Final = _words(
    {
        "sat_down": ("坐下或躺下", "sat or lay down"),
        "object_fell": ("物品掉落", "an object fell"),
        "pet": ("宠物", "pet"),
        "visitor": ("有访客", "visitor"),
        "pressed_by_mistake": ("误按", "pressed by mistake"),
        "device_fault": ("设备故障", "device fault"),
        "placed_wrong": ("安装位置不当", "mounted in the wrong place"),
        "away_unmarked": ("外出未登记", "away, not entered"),
        "asleep": ("在休息", "asleep"),
        "counter_off": ("计数不准", "counter is off"),
        "planned_event": ("有安排的活动", "planned event"),
        "power_cut": ("停电", "power cut"),
        "network": ("网络故障", "network fault"),
        "maintenance": ("设备维护", "maintenance"),
        "other": ("其他", "other"),
    }
)
CALLS: Final = _words(
    {
        "ok": ("平安", "well"),
        "help": ("需帮助", "needs help"),
        "no_answer": ("无人接", "no answer"),
    }
)
WHOM: Final = _words(
    {
        "elder": ("长者", "the resident"),
        "contact": ("联系人", "contact"),
        "neighbour": ("邻居", "neighbour"),
        "other": ("其他人", "somebody else"),
    }
)
DOORS: Final = _words(  # what a guard answers to a slip
    {
        "arrived": ("已到", "there"),
        "answered": ("有人应答", "somebody answers"),
        "no_answer": ("无人应答", "nobody answers"),
    }
)
PASSED: Final = _words(  # why a rung reached nobody
    {
        "closed": ("没有人当班", "nobody is on duty"),
        "deaf": ("听不到警情", "cannot hear"),
        "unreachable": ("没有联系方式", "no way to reach it"),
    }
)
ACTS: Final = _words(  # what may be done, as a button says it
    {
        "accept": ("接警", "Accept"),
        "call": ("打电话", "Call"),
        "depart": ("出发", "Set out"),
        "arrive": ("到达", "Arrive"),
        "close": ("办结", "Close"),
        "hand_over": ("转交", "Hand over"),
        "raise_up": ("上报", "Pass up"),
        "slip": ("物业回复", "Guard's answer"),
        "assign": ("指派", "Assign"),
        "comment": ("备注", "Comment"),
        "see": ("查看", "See"),
        "merge": ("并入", "Merge"),
        "reopen": ("重新打开", "Re-open"),
        "shelve": ("暂缓提醒", "Put off"),
        "unshelve": ("恢复提醒", "Bring back"),
    }
)
STEPS: Final = _words(  # what has happened to an alert
    {
        "raised": ("报警", "raised"),
        "sent": ("已发出", "sent"),
        "delivered": ("已送达", "delivered"),
        "seen": ("已看到", "seen"),
        "accepted": ("接警", "accepted"),
        "called": ("已打电话", "called"),
        "on_way": ("已出发", "on the way"),
        "on_site": ("已到达", "on site"),
        "unconfirmed": ("无法核实，未办结", "could not confirm, stays open"),
        "closed": ("办结", "closed"),
        "escalated": ("已上报", "passed up"),
        "raised_up": ("请上一级来", "asked for the next rung"),
        "passed": ("已跳过这一级", "rung passed over"),
        "recontact": ("请再联系", "asked to call again"),
        "handed_over": ("已转交", "handed over"),
        "assigned": ("已指派", "assigned"),
        "commented": ("已备注", "commented"),
        "merged": ("已并入", "merged"),
        "merged_in": ("另一条并入这一条", "another was merged into it"),
        "reopened": ("重新打开", "re-opened"),
        "shelved": ("已暂缓提醒", "put off"),
        "unshelved": ("已恢复提醒", "brought back"),
        "again": ("再次报警", "came again"),
        "changed": ("程度有变", "severity changed"),
        "ended": ("已恢复", "over"),
        "follow_up": ("次日回访", "next-day follow-up"),
        "slip": ("物业协助单", "property help slip"),
        "visited": ("已记为探访", "recorded as a visit"),
        "visit_struck": ("探访记录已划去", "visit record struck out"),
    }
)
FORBIDDEN: Final = {  # not where people read it → what is said instead
    "老人": "长者",
    "失联": "久未活动",
    "痴呆": "认知障碍",
    "隔离": "无法识别的数据",
}
