"""The sheets to pin up, one a role: five to eight steps, each a short sentence and how it is done."""

from __future__ import annotations

from typing import Final

HELP_WORDS: Final[dict[str, tuple[str, str]]] = {
    "help.sheets": ("贴墙用的一页：", "A page for the wall:"),
    "help.duty": ("值班", "Duty"),
    "help.property": ("物业", "Property"),
    "help.install": ("安装", "Installation"),
    "help.title_duty": ("值班人员：接到警情怎么做", "On duty: when an alert comes"),
    "help.title_property": ("物业：场所和协助单", "Property: facilities and help slips"),
    "help.title_install": ("安装人员：装一户", "Installer: fitting out a home"),
    "help.print": ("在浏览器里选「打印」，正好一张 A4。", "Print it from the browser: it is one A4."),
    "help.numbers": ("电话", "Telephone numbers"),
    "help.community": ("社区电话", "The community"),
    "help.to_fill": ("（手写）", "(write it in)"),
    "help.ambulance": ("急救", "Ambulance"),
    "help.fire": ("火警", "Fire"),
    "help.duty_1": ("上班先试声音", "First make it heard"),
    "help.duty_1_how": (
        "打开值班台，点顶上的红条，听到一声才算。手机锁屏后网页不响。",
        "Open the duty desk, press the red bar on top and listen for the tone. A locked phone's page does not ring.",
    ),
    "help.duty_2": ("接班换成自己的名字", "Take over under your own name"),
    "help.duty_2_how": (
        "点「换人」，点名字，输 PIN；请上一班把未办结的警情讲一遍。",
        "Press Change, your name, your PIN; have the last shift tell you what is still open.",
    ),
    "help.duty_3": ("响了，点「接警」", "It rings: press Accept"),
    "help.duty_3_how": (
        "先处理最上面的；生命安全警情 {s} 秒内接警。接警是说「我来负责」。",
        "Begin at the top; life safety within {s} seconds. To accept means: I see to it.",
    ),
    "help.duty_4": ("先打电话", "Ring first"),
    "help.duty_4_how": (
        "先打给长者，没人接打给联系人，再请邻居或门卫敲门。打完点结果。",
        "The resident, then the contacts, then have a neighbour or the guard knock. Press what came of each call.",
    ),
    "help.duty_5": ("要去就马上去", "If somebody must go, go at once"),
    "help.duty_5_how": (
        "动身点「已出发」，到门口点「已到达」。怎么进门，写在卡片上。",
        "Press On the way as you leave and On site at the door. How to get in is on the card.",
    ),
    "help.duty_6": ("人倒在地上，不要急于扶起", "Somebody on the floor: do not lift at once"),
    "help.duty_6_how": (
        "先问意识和疼痛。意识不清、剧痛、说不清楚，打 120。有烟先离开，打 119。",
        "Ask about consciousness and pain. Not clear, or in great pain: 120. Smoke: leave first, then 119.",
    ),
    "help.duty_7": ("办结，选核实结果", "Close it with a verdict"),
    "help.duty_7_how": (
        "属实、误报、测试、无法核实，选一个，写一句话。告诉家属。",
        "True, false alarm, test, could not confirm: choose one, write a line. Tell the family.",
    ),
    "help.duty_8": ("每天打完电话问候清单", "Ring everybody on the list of calls, every day"),
    "help.duty_8_how": (
        "下班前做交接班：讲清未办结的，再点「退出」。",
        "Before you leave, hand over: say what is open, then sign out.",
    ),
    "help.property_1": ("用手机看「场所」", "Look at Facilities on your phone"),
    "help.property_1_how": (
        "每处一行：在场人数和较空、适中、较满、近满、超员。人数有误差，不能用于消防限员。",
        "A line a place: people present, from plenty of room to over capacity. Numbers err: not for fire limits.",
    ),
    "help.property_2": ("近满，先到门口看", "Nearly full: go and look"),
    "help.property_2_how": (
        "准备引导到别处。超员时请后来的人稍等，直到低于核定容量。",
        "Be ready to send people elsewhere. Over capacity: ask newcomers to wait until it is below.",
    ),
    "help.property_3": ("人数不对，数一遍再改", "Wrong number: count, then put it right"),
    "help.property_3_how": (
        "点这一处，点「人数不对」，输入现在实际几人，点「更正人数」。",
        "Press the place, Wrong number, type how many there are now, Put it right.",
    ),
    "help.property_4": ("容量和时间变了，当天改", "Capacity or hours change: enter it the same day"),
    "help.property_4_how": (
        "点这一处，改核定容量和开放时间，点「保存」。公众页面也跟着变。",
        "Press the place, set capacity and hours, Save. The public page follows.",
    ),
    "help.property_5": ("计数器没数据，先看电源", "A counter says nothing: look at its plug"),
    "help.property_5_how": (
        "再看有没有被挡住。还不行，找安装人员。",
        "Then whether something stands in its way. Otherwise call the installer.",
    ),
    "help.property_6": ("收到物业协助单，去敲门", "A help slip comes: go and knock"),
    "help.property_6_how": (
        "到了点「已到」。有人应答、无人应答，照实点。不要进屋，不要向旁人说起。",
        "Press I am there. Then say whether somebody answers. Do not go in; tell nobody else.",
    ),
    "help.property_7": ("有人倒地，先打 120", "Somebody on the floor: 120 first"),
    "help.property_7_how": (
        "不要急于扶起，守在旁边，再打社区电话。",
        "Do not lift at once, stay there, then ring the community.",
    ),
    "help.property_8": ("每月打印使用情况表", "Print the use statement every month"),
    "help.property_8_how": (
        "和用房的单位一起看、签字（以场地换服务）。",
        "Read and sign it with those who use the rooms (rooms in exchange for service).",
    ),
    "help.install_1": ("上门前，核对名单", "Before you go, check the list"),
    "help.install_1_how": (
        "住户、地址、设备编号。先打电话约时间，确认已经签了同意书。",
        "Home, address, device ids. Ring to agree a time; see that the consent is signed.",
    ),
    "help.install_2": ("先说清装什么", "First say what you fit"),
    "help.install_2_how": (
        "没有摄像头，不录音。装在哪里，长者说了算。",
        "No camera, no sound is recorded. Where it goes, the resident decides.",
    ),
    "help.install_3": ("通电，认领设备", "Switch on, claim the devices"),
    "help.install_3_how": (
        "在待认领设备里找到编号，选好房间。找不到，看网关和信号。",
        "Find the id among the devices to be claimed, choose the room. Not there: look at gateway and signal.",
    ),
    "help.install_4": ("逐点触发测试", "Test every point"),
    "help.install_4_how": (
        "每个探测点走一遍、开一次门、按一次按钮，都打上勾才算。",
        "Walk past each point, open the door, press the button, until every one has its tick.",
    ),
    "help.install_5": ("真按一次呼叫", "Press the call button for real"),
    "help.install_5_how": (
        "先给值班台打电话说明是测试；对方听到、点了结果才算通过。",
        "Ring the duty desk first and say it is a test; it has passed once they heard it and noted it.",
    ),
    "help.install_6": ("教会长者", "Teach the resident"),
    "help.install_6_how": (
        "怎么呼叫，误按了怎么办，怎么请社区暂停。社区电话贴在电话旁。",
        "How to call, what to do after a wrong press, how to ask for a pause. The number goes beside the telephone.",
    ),
    "help.install_7": ("签验收单", "Sign the acceptance sheet"),
    "help.install_7_how": (
        "长者或家属签字；项目、日期、安装人员写全。不拍家里，不带走资料。",
        "Resident or family signs; item, date, installer in full. Take no pictures of the home and no papers.",
    ),
    "help.install_8": ("设备坏了，2 小时内修好", "A broken device: mended within 2 hours"),
    "help.install_8_how": (
        "修不好就换备用设备，再触发一次，看到数据才算修好。",
        "Otherwise bring a substitute. Trigger it once more: it is mended when its data is seen.",
    ),
}
