"""What kinds of devices are called in a report."""

from __future__ import annotations

from gateway.reports.document import Text

_KINDS = {
    "pendant": ("呼救吊坠", "pendant"),
    "sos": ("呼救按钮", "help button"),
    "radar": ("跌倒雷达", "fall radar"),
    "contact": ("入户门磁", "front door contact"),
    "opening": ("柜门、内门磁", "inner door contact"),
    "motion": ("人体移动", "motion sensor"),
    "bed": ("床垫", "bed mat"),
    "seat": ("坐垫", "seat mat"),
    "flush": ("冲水", "flush sensor"),
    "appliance": ("电器用电", "appliance sensor"),
    "stove": ("灶具监测", "stove guard"),
    "climate": ("温湿度", "climate sensor"),
    "smoke": ("烟雾", "smoke alarm"),
    "leak": ("漏水", "leak sensor"),
    "counter": ("客流计数", "people counter"),
    "gateway": ("网关", "radio gateway"),
}


def device_kind(kind: str) -> Text:
    """Its words; one that is not known is called as it calls itself."""
    zh, en = _KINDS.get(kind, (kind, kind))
    return {"zh": zh, "en": en}
