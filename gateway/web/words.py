"""Every word the pages and the refusals say, in Chinese and English; the terms are those of docs/术语.md.

A placeholder in braces is filled by ``say``, or in the browser by the same name.
"""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("zh", "en")

WORDS: Final[dict[str, tuple[str, str]]] = {
    # the page and its bars
    "app": ("Carehub 值班台", "Carehub duty desk"),
    "desk": ("值班台", "Duty desk"),
    "other_language": ("EN", "中文"),
    "other_language_said": ("English version", "中文版"),
    "skip": ("跳到警情", "Skip to alerts"),
    "no_script": (
        "本页需要开启 JavaScript 才能响铃和接警。",
        "This page needs JavaScript to ring and to accept.",
    ),
    "disclaimer": (
        "Carehub 不是医疗器械，不能代替 120。情况危急请先拨打 120。",
        "Carehub is no medical device and no substitute for 120. In an emergency call 120 first.",
    ),
    "locked_phone": (
        "手机锁屏或关闭本页后不会响铃。",
        "A phone that is locked, or has left this page, does not ring.",
    ),
    "sound_off": ("本机听不到报警 — 点此开启声音", "This device cannot be heard — tap to turn sound on"),
    "sound_hint": ("点后会响一声，请确认听得见", "You will hear a tone; check that you can"),
    "sound_on": ("声音已开", "Sound on"),
    "sound_elsewhere": ("声音在另一页", "Sound in another tab"),
    "lost": ("与系统的连接已中断，收不到新警情", "Connection lost: new alerts do not arrive here"),
    "lost_hint": ("正在重新连接… 已断开 {age}", "Reconnecting… lost for {age}"),
    "back": ("连接已恢复", "Connected again"),
    "sim": ("×{speed} 模拟时间 · 升级暂停", "×{speed} simulated time · escalation held"),
    "sim_driven": ("模拟快进中 · 升级暂停", "Simulation fast-forward · escalation held"),
    "feed_lost": (
        "{time} 起收不到传感器数据，可能漏报。请电话问候重点长者。",
        "No sensor data since {time}; alerts may be missed. Ring the people most at risk.",
    ),
    "not_ready": (
        "系统有故障，请联系运维：{reasons}",
        "The system has a fault, call the operator: {reasons}",
    ),
    # alerts
    "open": ("待处理警情", "Open alerts"),
    "title_count": ("({n}) {title}", "({n}) {title}"),
    "none_open": ("现在没有待处理的警情", "No open alerts"),
    "none_open_hint": (
        "系统正在值守，有警情会显示在这里并响铃。",
        "Carehub is watching. An alert shows here and rings.",
    ),
    "more_open": (
        "另有 {n} 条警情未显示，请先处理上面的。",
        "{n} more alerts are not shown; attend to these first.",
    ),
    "new_alert": ("新警情：{title}，{who}，{where}", "New alert: {title}, {who}, {where}"),
    "number": ("警情 {n}", "Alert {n}"),
    "critical": ("紧急", "Critical"),
    "urgent": ("尽快", "Urgent"),
    "notice": ("提醒", "Notice"),
    "life_safety": ("生命安全", "life safety"),
    "care": ("关怀", "care"),
    "facility": ("场所", "facility"),
    "device": ("设备", "device"),
    "since": ("{time} 报警", "raised {time}"),
    "waiting": ("已等 {age}", "waiting {age}"),
    "in_hand": ("用时 {age}", "in hand {age}"),
    "ended": ("{time} 已恢复", "over since {time}"),
    "not_recorded": ("未存档", "not recorded"),
    "escalated": ("{age}内无人接警，已上报", "Nobody accepted within {age}: passed up"),
    "told": ("{channel} 已送达 {time}", "{channel}: delivered {time}"),
    "telling": ("{channel} 发送中", "{channel}: sending"),
    "not_told": ("{channel} 未送达", "{channel}: not delivered"),
    "accept": ("接警", "Accept"),
    "accepted": ("{name} {time} 接警", "{name} accepted {time}"),
    "sign_in_to_see": ("登录后显示联系人和进门方式", "Sign in to see contacts and how to get in"),
    "address": ("地址", "Address"),
    "access": ("怎么进门", "How to get in"),
    "no_access": ("没有登记进门方式", "No access note on file"),
    "contacts": ("打电话", "Call"),
    "no_contacts": ("没有登记联系人", "No contacts on file"),
    "call_120": ("急救 120", "Ambulance 120"),
    "todo": ("怎么做", "What to do"),
    "close": ("办结", "Close"),
    "close_as": ("办结：{verdict}", "Close: {verdict}"),
    "verdict": ("核实结果", "Verdict"),
    "verdict_missing": ("请先选核实结果", "Choose a verdict first"),
    "verdict_true": ("属实", "True"),
    "verdict_false": ("误报", "False alarm"),
    "verdict_test": ("测试", "Test"),
    "verdict_unconfirmed": ("无法核实", "Could not confirm"),
    "verdict_cleared": ("自行恢复", "Cleared by itself"),
    "note": ("备注（可不填）", "Note (optional)"),
    "recent": ("最近办结", "Recently closed"),
    "none_closed": ("还没有办结的警情", "Nothing closed yet"),
    "closed": ("{name} {time} 办结", "{name} closed {time}"),
    "closed_itself": ("{time} 自动办结", "closed by itself {time}"),
    "sending": ("正在提交…", "Sending…"),
    # time spans
    "seconds": ("{s} 秒", "{s} s"),
    "minutes": ("{m} 分 {s} 秒", "{m} min {s} s"),
    "hours": ("{h} 小时 {m} 分", "{h} h {m} min"),
    "days": ("{d} 天 {h} 小时", "{d} d {h} h"),
    # signing in
    "sign_in": ("登录", "Sign in"),
    "sign_out": ("退出", "Sign out"),
    "change_person": ("换人", "Change"),
    "nobody": ("未登录", "Not signed in"),
    "who_are_you": ("请点自己的名字", "Tap your name"),
    "then_accept": ("登录后立即接警：{what}", "Signing in accepts: {what}"),
    "no_staff": (
        "还没有登记值班人员。请运维人员先登记。",
        "No staff entered yet. Ask the operator to enter some.",
    ),
    "pin_of": ("{name}，请输入 PIN", "{name}, enter your PIN"),
    "pin": ("PIN（4–8 位数字）", "PIN (4–8 digits)"),
    "digits_entered": ("已输入 {n} 位", "{n} digits entered"),
    "delete_digit": ("删除", "Delete"),
    "ok": ("确定", "OK"),
    "back_to_names": ("不是我，重选", "Not me"),
    "cancel": ("取消", "Cancel"),
    "token": ("访问口令", "Access token"),
    "token_hint": (
        "本系统对外开放，请输入运维人员给的口令。本机只需输一次。",
        "This hub is open to the network. Enter the token the operator gave you, once per device.",
    ),
    "enter": ("进入", "Enter"),
    # demo panel
    "demo": ("演示", "Demo"),
    "demo_hint": ("点一下，看模拟小区里会发生什么。", "Tap one and see what happens in the simulated town."),
    "demo_waiting": ("已开始，等待中…", "Started, waiting…"),
    "demo_seen": ("已看到", "Seen"),
    "demo_held": (
        "升级已暂停（模拟时间不是 1 倍），现在看不到上报。",
        "Escalation is held (simulated time is not at ×1), so nothing would be passed up.",
    ),
    # the page of the API
    "docs": ("接口说明", "API"),
    "docs_hint": ("机器可读的版本：", "For programs: "),
    # refusals
    "problem.taken_accepted": ("{name} 已在 {time} 接警", "{name} accepted it at {time}"),
    "problem.taken_closed": ("{name} 已在 {time} 办结", "{name} closed it at {time}"),
    "problem.refused": ("不能这样做：{reason}", "Refused: {reason}"),
    "problem.unknown_alert": ("没有这条警情", "There is no such alert"),
    "problem.unknown": ("没有这个地址", "There is nothing at this address"),
    "problem.not_allowed": ("这个地址不支持这种操作", "This address does not do that"),
    "problem.unknown_scenario": ("没有这个演示", "There is no such scenario"),
    "problem.held": (
        "升级已暂停，这个演示现在看不到结果",
        "Escalation is held; this scenario would show nothing",
    ),
    "problem.person": ("请先登录", "Sign in first"),
    "problem.wrong": ("名字或 PIN 不对", "Name or PIN is wrong"),
    "problem.locked": ("输错太多次，{time} 后再试", "Too many wrong PINs; try again after {time}"),
    "problem.token": ("口令不对或没有口令", "The access token is missing or wrong"),
    "problem.host": ("请用 http://127.0.0.1 打开本机的系统", "Open this machine's hub as http://127.0.0.1"),
    "problem.origin": ("拒绝来自其他网站的请求", "Requests from other sites are refused"),
    "problem.too_long": ("内容太长", "Too long"),
    "problem.invalid": ("内容有误：{what}", "Not valid: {what}"),
    "problem.unavailable": ("系统暂时没有确认，请重试：{reason}", "Not confirmed, try again: {reason}"),
    "problem.timeout": ("系统暂时没有确认，请重试", "Not confirmed yet, try again"),
    "problem.full": ("同时打开的页面太多", "Too many open streams"),
    "problem.network": ("没有连上系统，请再点一次", "The hub could not be reached; tap again"),
}


def say(key: str, **values: object) -> dict[str, str]:
    """Give a text in every language, its placeholders filled; KeyError for a key that is not there."""
    texts = WORDS[key]
    return {language: text.format(**values) for language, text in zip(LANGUAGES, texts, strict=True)}
