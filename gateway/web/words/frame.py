"""The words around every page: the rooms of the console, and what is said to whoever may not come in."""

from __future__ import annotations

from typing import Final

FRAME_WORDS: Final[dict[str, tuple[str, str]]] = {
    "rooms": ("页面", "Pages"),
    "room_desk": ("值班台", "Duty desk"),
    "room_homes": ("长者家", "Homes"),
    "new_alert_veiled": ("新警情：{title}", "New alert: {title}"),
    "veiled_taken": ("已有人接警", "Somebody has accepted it"),
    "veiled_accept": ("登录后查看并接警", "Sign in to see and accept it"),
    "refused": ("打不开这一页", "This page is not for you"),
    "refused_hint": (
        "需要的话，请联系站长或系统管理员开通。",
        "If you need it, ask the head of your station or the administrator.",
    ),
    "refused_home": ("回到首页", "To the first page"),
    "unrecorded_someone": ("有一条生命安全警情，请登录查看", "A life-safety alert: sign in to see it"),
    "problem.not_yours": ("您的角色没有这项权限", "Your role does not include this"),
    "problem.beyond_reach": (
        "这会影响您管辖以外的地方，请选择一处",
        "This would concern places beyond yours: choose one",
    ),
    "problem.undeclared": ("这一项没有开放", "This is open to nobody"),
    "problem.no_reason": (
        "请先在长者家页面写明查看理由",
        "State why on the page of the home first",
    ),
    "problem.no_audit": (
        "查阅记录写不进去，暂时不能查看",
        "The audit cannot be written: this cannot be shown now",
    ),
    "problem.device": ("请先在这台设备上输入访问口令", "Enter the access token on this device first"),
}
