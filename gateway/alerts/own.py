"""What the hub says of itself: the words of its own alerts, and how its machine is named among the places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.alerts.message import Steps, Words

HUB_PLACE = "_hub"  # the place of an alert about the hub itself; no registered place is called so
HUB_NAME: Words = {"zh": "Carehub 主机", "en": "the Carehub machine"}
DESK_NAME: Words = {"zh": "值班点", "en": "a desk"}  # which one is said by why it is raised
DESK_PLACE = "_desk:"  # before the id of a desk: the place of an alert about that desk
DISK = "hub_disk"
CLOCK = "hub_clock"
DESK_DEAF = "desk_deaf"
DESK_HANDOVER = "desk_handover"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWords:
    """An alert of the hub's own, in words."""

    severity: str
    title: Words
    why: Words
    todo: Steps


def own_words(rule: str, data: Mapping[str, str]) -> OwnWords:
    """The words of an alert; ``data`` are the figures it was raised with. Raises ``KeyError`` for what is none."""
    return _OF[rule](data)


def own_name(place_id: str) -> Words | None:
    """How the place of an alert of the hub's own is called: the machine, or one of the desks; None for a registered place."""
    if place_id == HUB_PLACE:
        return HUB_NAME
    return DESK_NAME if desk_of_place(place_id) else None


def desk_of_place(place_id: str) -> str:
    """The desk that an alert with this place is about; '' where it is about something else."""
    return place_id.removeprefix(DESK_PLACE) if place_id.startswith(DESK_PLACE) else ""


def _disk(data: Mapping[str, str]) -> OwnWords:
    free, reserve = data["free_mb"], data["reserve_mb"]
    return OwnWords(
        severity="urgent",
        title={"zh": "磁盘空间不足", "en": "Disk nearly full"},
        why={
            "zh": f"剩余{free}MB，低于预留的{reserve}MB。",
            "en": f"{free} MB are free, less than the {reserve} MB kept in reserve.",
        },
        todo={
            "zh": ["通知运维腾出空间", "写满后仍会凭内存发出跌倒和呼救（标“未存档”），其余警情暂停"],
            "en": [
                "Have the operator make room",
                "Once full - falls and calls for help still go out from memory (not recorded) - all else waits",
            ],
        },
    )


def _clock(data: Mapping[str, str]) -> OwnWords:
    wrong_s = int(data["wrong_s"])
    zh, en = ("快", "ahead of") if wrong_s > 0 else ("慢", "behind")
    return OwnWords(
        severity="urgent",
        title={"zh": "主机时间不准", "en": "The hub's clock is wrong"},
        why={
            "zh": f"比多数设备的时间{zh}{abs(wrong_s)}秒。",
            "en": f"It is {abs(wrong_s)} s {en} what most devices' clocks agree on.",
        },
        todo={
            "zh": ["通知运维检查主机的对时（NTP）和时区", "警情照常判断，显示的时间和按钟点的规则不准"],
            "en": [
                "Have the operator check the time server (NTP) and the clock of the machine",
                "Alerts are judged as ever - the times they show, and rules that go by the time of day, are off",
            ],
        },
    )


_WHY_DEAF: dict[str, Words] = {
    "no_console": {"zh": "值班页面没打开或没开声音", "en": "no console with its sound on"},
    "no_channel": {"zh": "没有一个渠道试发成功", "en": "none of its channels passed a test"},
}


def _deaf(data: Mapping[str, str]) -> OwnWords:
    """``data``: ``desk`` its name, ``since_s`` for how long, ``why`` a key of ``_WHY_DEAF`` or words of its own."""
    desk, since_s = data["desk"], int(data["since_s"])
    because = _WHY_DEAF.get(data["why"], {"zh": data["why"], "en": data["why"]})
    minutes = since_s // 60
    zh, en = (f"{minutes}分钟", f"{minutes} min") if minutes > 1 else (f"{since_s}秒", f"{since_s} s")
    return OwnWords(
        severity="urgent",
        title={"zh": "值班台听不到警情", "en": "A desk cannot hear"},
        why={
            "zh": f"{desk}已{zh}听不到，{because['zh']}。",
            "en": f"{desk} has not heard for {en}: {because['en']}.",
        },
        todo={
            "zh": [
                "打电话给这个值班台，请人到位",
                "打开值班页面，点开声音，确认听得见",
                "或把渠道试发一次，确认收得到",
                "恢复之前，生命安全警情直接报上一级",
            ],
            "en": [
                "Call that desk and have somebody sit down there",
                "Open its console, turn the sound on and check that it is heard",
                "Or test its channels and check that they arrive",
                "Until then alerts of life safety go straight to the next rung",
            ],
        },
    )


def _handover(data: Mapping[str, str]) -> OwnWords:
    """``data``: ``desk`` its name."""
    desk = data["desk"]
    return OwnWords(
        severity="notice",
        title={"zh": "交接班未确认", "en": "A shift was not taken over"},
        why={
            "zh": f"{desk}换班后15分钟没有人确认接班。",
            "en": f"Nobody confirmed to have {desk} within 15 min of the change.",
        },
        todo={
            "zh": ["打电话给这个值班台，问谁在班", "接班的人登录值班页面，点“接班”确认"],
            "en": ["Call that desk and ask who is there", "Whoever takes over signs in and confirms"],
        },
    )


_OF = {DISK: _disk, CLOCK: _clock, DESK_DEAF: _deaf, DESK_HANDOVER: _handover}
