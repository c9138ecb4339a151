"""Examples of what the API says of facilities: a canteen on a working day."""

from __future__ import annotations

from typing import Any, Final

AT: Final = 1_772_418_180_000  # 2 March 2026, 10:23 in Shanghai
_NOW: Final[dict[str, Any]] = {
    "id": "F02",
    "name": "长者食堂",
    "path": "福田区/莲花街道/莲花社区/莲花二村",
    "people": 43,
    "lower": 40,
    "upper": 46,
    "capacity": 60,
    "fullness": "near",
    "since": AT - 600_000,
    "open": True,
    "opens": ["08:30–17:30"],
    "troubles": 0,
}
_USE: Final = {"in_use_h": 21, "people_h": 412.5, "unknown_h": 3, "hours": 744}
_OPERATOR: Final = {
    "id": "5d41402abc4b2a76b9719d911017c592", "name": "康宁服务社", "room": "", "area_m2": 120.0, "hours_per_month": 80.0,
    "made_at": AT, "made_by": "陈国强",
}  # fmt: skip
FACILITIES: Final[dict[str, Any]] = {
    "FacilityPage": {"facilities": [_NOW], "next": None},
    "FacilityDetail": _NOW
    | {
        "address": "社区中心一楼",
        "hours": [{"days": "workdays", "from_time": "08:30", "to_time": "17:30"}],
        "public": True,
        "set_at": AT - 86_400_000,
        "set_by": "陈国强",
        "passages": 10,
        "corrections": [{"at": AT - 600_000, "by": "陈国强", "people": 41, "before": 47}],
        "devices": [
            {
                "id": "F02-door", "kind": "counter", "room": "正门", "heard_at": AT, "silent": False, "entered": 210,
                "left": 160, "own": 50, "care": [],
            }
        ],
        "alerts": [],
        "operators": [_OPERATOR],
    },
    "Rhythm": {
        "today": [
            {"hour": hour, "people": None if hour > 10 else float(hour), "usual": float(hour)} for hour in range(24)  # noqa: PLR2004
        ],
        "week": [{"weekday": 0, "hour": 10, "people": 38.0}],
    },
    "UseStatement": {
        "place": "F02", "name": "长者食堂", "month": "2026-02", "from_ms": 1_769_875_200_000, "to_ms": 1_772_294_400_000,
        "over": True, "use": _USE, "operators": [_OPERATOR | {"use": _USE}],
    },
}  # fmt: skip
