"""Gaps of a duty plan in words, Chinese and English in one line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.duty.coverage import Gap

CLASS_WORDS = {
    "life_safety": "生命安全 life safety",
    "care": "关怀 care",
    "facility": "设施 facility",
    "device": "设备 device",
    "hub": "系统 hub",
}
WEEKDAYS = ("周一 Mon", "周二 Tue", "周三 Wed", "周四 Thu", "周五 Fri", "周六 Sat", "周日 Sun")


def lines_of(found: Iterable[Gap], zone: ZoneInfo) -> list[str]:
    """Gaps in words: of those of one matter that ask for the same remedy, the first, and how many more there are."""
    alike: dict[tuple[str, ...], list[Gap]] = {}
    for gap in found:
        alike.setdefault((gap.kind, gap.path, gap.place_id, gap.remedy["en"]), []).append(gap)
    lines = []
    for first, *more in alike.values():
        where = " ".join(part for part in (first.path, first.place_id) if part) or "Carehub"
        when = f"{moment(first.from_ms, zone)} → {moment(first.to_ms, zone)}"
        when += f" (另有 {len(more)} 次 and {len(more)} more)" if more else ""
        lines.append(f"空档 gap: {CLASS_WORDS[first.kind]}, {where}: {when}")
        lines.append(f"  {first.remedy['zh']} · {first.remedy['en']}")
    return lines


def moment(at: int, zone: ZoneInfo) -> str:
    """A local time with its weekday."""
    local = datetime.fromtimestamp(at / 1000, zone)
    return f"{local:%m-%d} {WEEKDAYS[local.weekday()]} {local:%H:%M}"
