"""What to do about a device that is often wrong, by the reason that people gave when they closed its false alarms."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.alerts.message import Words

# By reason, as ``rules.closing.REASONS`` has them. None of them takes a device of life safety out of service.
REMEDIES: dict[str, Words] = {
    "sat_down": {
        "zh": "坐下、躺下被当成跌倒：核对雷达安装高度和床、沙发、马桶的区域设置，再调低灵敏度或延长确认时间",
        "en": "Sitting down is taken for a fall: check the radar's height and the zones of bed, sofa and toilet, "
        "then lower its sensitivity or let it confirm for longer",
    },
    "object_fell": {
        "zh": "掉落的物品被当成跌倒：让探测区避开架子和窗帘，必要时降低灵敏度",
        "en": "Falling things are taken for a person: keep shelves and curtains out of its zone; else lower the sensitivity",
    },
    "pet": {
        "zh": "家中有宠物：抬高或改变安装角度，使探测区离地 0.5 米以上，或换成防宠物型号",
        "en": "There is a pet: mount it higher or at another angle so that its zone begins half a metre above the floor, "
        "or use a pet-immune one",
    },
    "visitor": {
        "zh": "来访者引起：请家属和家政上门前先设「来访」或「家政」模式",
        "en": "Visitors set it off: have family and cleaners set the mode visitors or cleaning before they come",
    },
    "pressed_by_mistake": {
        "zh": "误按：换佩戴位置或换需长按的按钮，再教一次怎么用；按钮不停用",
        "en": "Pressed by mistake: wear it elsewhere, or use a button that has to be held, and show again how it works; "
        "it stays in use",
    },
    "device_fault": {
        "zh": "设备故障：报修或更换；修好前两小时内先放替代设备",
        "en": "The device is faulty: have it repaired or replaced, and put a substitute there within two hours until then",
    },
    "placed_wrong": {
        "zh": "装错位置：按安装说明重装，并在本户试一次",
        "en": "It is in the wrong place: mount it anew as its instructions say, and try it in this home",
    },
    "away_unmarked": {
        "zh": "外出未登记：教长者和家属外出前设「外出」，并检查门磁是否在报",
        "en": "Away without a word: show elder and family how to set away, and check that the front door's sensor reports",
    },
    "asleep": {
        "zh": "在睡觉：按本户作息调整该规则的时段或时长（homes.yaml）",
        "en": "Asleep: fit this rule's hours or its time to this home's habits (homes.yaml)",
    },
    "counter_off": {
        "zh": "计数偏差：校准进出计数，并在每天闭馆后清零",
        "en": "The count is off: calibrate the counter, and set it to zero each day after closing",
    },
    "planned_event": {
        "zh": "计划内的活动：事先在该场所登记，期间暂缓这一条规则",
        "en": "A planned event: note it for the facility beforehand, and silence this one rule meanwhile",
    },
    "power_cut": {
        "zh": "停电：为网关配后备电源，或换电池供电的设备",
        "en": "Power cuts: give the gateway a backup supply, or use a device on a battery",
    },
    "network": {
        "zh": "网络中断：检查信号，移近网关或加中继；仍不行换有线或蜂窝",
        "en": "The network fails: check the signal, move it nearer or add a repeater; else use a cable or cellular",
    },
    "maintenance": {
        "zh": "维护时触发：维护前先把该户或场所设为「维护」",
        "en": "Maintenance sets it off: put the home or facility into the mode maintenance first",
    },
    "other": {
        "zh": "原因不一：回看备注，上门查看一次安装和使用",
        "en": "No common reason: read the notes, and go to see how it is mounted and used",
    },
}


def remedy_for(reasons: Mapping[str, int]) -> Words:
    """The proposal for the reason given most often; of those given equally often a particular one before ``other``."""
    known = {reason: count for reason, count in reasons.items() if reason in REMEDIES}
    if not known:
        return REMEDIES["other"]
    most = min(known, key=lambda reason: (-known[reason], reason == "other", reason))
    return REMEDIES[most]
