"""What the hub says of itself: the words of its own alerts, and how its machine is named among the places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.alerts.message import Steps, Words

HUB_PLACE = "_hub"  # the place of an alert about the hub itself; no registered place is called so
HUB_NAME: Words = {"zh": "Carehub 主机", "en": "the Carehub machine"}
DISK = "hub_disk"


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
            "zh": ["通知运维腾出空间", "写满后仍会凭内存发出跌倒和呼救（标“未落盘”），其余警情暂停"],
            "en": [
                "Have the operator make room",
                "Once full - falls and calls for help still go out from memory (not recorded) - all else waits",
            ],
        },
    )


_OF = {DISK: _disk}
