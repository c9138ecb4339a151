"""The words of privacy: what is kept of residents, a copy of it, its erasure."""

from __future__ import annotations

from typing import Final

PRIVACY_WORDS: Final[dict[str, tuple[str, str]]] = {
    "room_privacy": ("个人信息", "Privacy"),
    "privacy.lead": (
        "系统保存哪些资料、谁能看、保存多久。到期的自动清除。",
        "What the hub keeps, who sees it, for how long. What is over its time goes by itself.",
    ),
    "privacy.how": (
        "要给长者一份副本，或者长者迁出、撤回同意后清除资料：先找到这一户，再点“个人资料”。",
        "To give a resident a copy, or to erase a record after they have left or withdrawn: find the home, then Personal data.",
    ),
    "privacy.kept": ("保存的资料", "What is kept"),
    "privacy.until": ("保存多久", "Kept"),
    "privacy.seen_by": ("谁能看", "Seen by"),
    "privacy.when_erased": ("清除住户时", "When a resident is erased"),
    "privacy.erasures": ("清除记录", "Erasures"),
    "privacy.none_erased": ("还没有清除过。", "Nothing was erased yet."),
    "privacy.erased_by": ("{time} · {name} · {where}", "{time} · {name} · {where}"),
    "privacy.going_on": ("正在清除：{done}/{all} 步", "going on: {done} of {all} parts"),
    "privacy.is_done": ("已清除，{time} 完成", "done at {time}"),
    "privacy.backups": (
        "清除之前做的备份里还有这一户：请一并删除旧备份。登记表（CSV）里也要删掉这一户，否则下次导入会再登记。",
        (
            "Backups made before still hold the home: delete them. Take it out of your registry file (CSV) as well, or the "
            "next import brings it back."
        ),
    ),
    "privacy.open": ("个人资料", "Personal data"),
    "privacy.open_hint": (
        "给长者一份副本；迁出或撤回后清除。",
        "A copy for the resident; erasure after they left or withdrew.",
    ),
    "privacy.copy": ("个人资料副本", "A copy of personal data"),
    "privacy.copy_hint": (
        "一个压缩包：可以打印的网页，全部记录，传感器数据。里面有进门提示和健康线索，只交给本人或其代理人。",
        (
            "One ZIP: a page to print, the whole record, the sensors' data. It tells how to get in and how somebody is: "
            "give it to the resident or who acts for them, nobody else."
        ),
    ),
    "privacy.why": ("谁要的、哪天要的", "Who has asked, on what day"),
    "privacy.why_missing": ("请写明谁要的、哪天要的", "Say who has asked, on what day"),
    "privacy.make_copy": ("下载副本", "Download the copy"),
    "privacy.erase": ("清除这一户", "Erase this home"),
    "privacy.erase_hint": (
        "长者迁出或撤回同意以后用。姓名、地址、联系人、同意书、备注和传感器数据都会删除，不能恢复。",
        (
            "For after the resident has left or withdrawn. Name, address, contacts, consents, notes and readings go and "
            "cannot be brought back."
        ),
    ),
    "privacy.goes": ("会删除", "What goes"),
    "privacy.stays": ("去除住户信息后只留统计", "What stays for the numbers, without the person"),
    "privacy.goes_too": (
        "传感器数据及汇总、日志账里的事件",
        "readings and their summaries, events in the journal",
    ),
    "privacy.confirm": ("再输入一次这户的编号：{id}", "Type the home's number once more: {id}"),
    "privacy.do_erase": ("清除，不能恢复", "Erase for good"),
    "privacy.not_now": ("现在不能清除", "It cannot be erased now"),
    "privacy.table_place": ("登记", "registry"),
    "privacy.table_contact": ("紧急联系人", "contacts"),
    "privacy.table_device": ("设备", "devices"),
    "privacy.table_consent": ("同意书", "consents"),
    "privacy.table_link": ("链接", "links"),
    "privacy.table_alert": ("警情", "alerts"),
    "privacy.table_alert_step": ("警情经过", "steps of alerts"),
    "privacy.table_outbox": ("发出的消息", "messages sent"),
    "privacy.table_held_alert": ("未提醒的警情", "alerts held back"),
    "privacy.table_home_mode": ("状态记录", "modes"),
    "privacy.table_silence": ("暂缓提醒", "silences"),
    "privacy.table_follow_up": ("次日回访", "follow-ups"),
    "privacy.table_visit": ("探访记录", "visit records"),
    "privacy.table_look": ("查看记录", "looks into rooms"),
    "privacy.table_rule_change": ("单独的规则", "rules of its own"),
    "privacy.table_snapshot": ("判断用的状态", "what the rules remember"),
    "problem.erase_confirm": (
        "编号不对，没有清除。请照样输入这户的编号。",
        "That is not the home's number; nothing was erased. Type it as it stands.",
    ),
    "problem.erase_open": (
        "这户还有没办结的警情（包括设备的）。先到值班台办结，再清除。",
        "An alert of this home, or of its devices, is open. Close it at the duty desk, then erase.",
    ),
    "problem.erase_reporting": (
        "设备还在上报：{devices}。先取下设备、拆电池，过了一个上报周期再清除；设备转到别户的，先改登记。",
        (
            "Devices still report: {devices}. Take them out, batteries off, wait one interval; of one that moves to another "
            "home, change the registry first."
        ),
    ),
}
