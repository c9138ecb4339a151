"""The words around every page: the rooms of the console, and what is said to whoever may not come in."""

from __future__ import annotations

from typing import Final

FRAME_WORDS: Final[dict[str, tuple[str, str]]] = {
    "rooms": ("页面", "Pages"),
    "room_desk": ("值班台", "Duty desk"),
    "room_homes": ("长者家", "Homes"),
    "refused": ("打不开这一页", "This page is not for you"),
    "refused_hint": (
        "需要的话，请联系站长或系统管理员开通。",
        "If you need it, ask the head of your station or the administrator.",
    ),
    "refused_home": ("回到首页", "To the first page"),
    "problem.not_yours": ("您的角色没有这项权限", "Your role does not include this"),
    "problem.undeclared": ("这一项没有开放", "This is open to nobody"),
    "problem.device": ("请先在这台设备上输入访问口令", "Enter the access token on this device first"),
}
