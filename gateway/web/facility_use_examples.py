"""Examples of what the API says of how facilities are used: a canteen with two rooms in February."""

from __future__ import annotations

from typing import Any, Final

FROM, TO = 1_769_875_200_000, 1_772_294_400_000  # February 2026 in Shanghai
_DAY: Final = 86_400_000
_KITCHEN: Final = {"name": "书画室", "area_m2": 36.0, "purpose": "activity"}
_OFFICE: Final = {"name": "办公室", "area_m2": 18.0, "purpose": "office"}
_DAYS: Final = {
    "days": 28, "used_h": 150.0, "open_h": 180.0, "utilisation": 0.8, "people_h": 2410.0, "peak": 52.0,
    "peak_at": FROM + 9 * _DAY, "came": 4120.0, "went": 4095.0,
}  # fmt: skip
_YEAR: Final = {
    "month": "2026-02",
    "months": [*(f"2025-{month:02d}" for month in range(3, 13)), "2026-01", "2026-02"],
    "facilities": [
        {
            "place": "F02", "name": "长者食堂", "path": "福田区/莲花街道/莲花社区/莲花二村",
            "months": [{"month": "2026-02", "use": _DAYS | {"open_h": None, "came": None, "went": None}}],
        }
    ],
}  # fmt: skip
FACILITY_USE: Final[dict[str, Any]] = {
    "Rooms": {"rooms": [_OFFICE, _KITCHEN, {"name": "正门", "area_m2": None, "purpose": None}]},
    "MonthOfFacility": {
        "place": "F02", "name": "长者食堂", "month": "2026-02", "from_ms": FROM, "to_ms": TO, "over": True,
        "use": {
            "hours": 672, "unknown_h": 3, "used_h": 150, "open_h": 180, "open_known_h": 178, "open_used_h": 142,
            "utilisation": 0.798, "people_h": 2410.0, "peak": 52.0, "peak_at": FROM + 9 * _DAY + 11 * 3_600_000,
            "came": 4120.0, "went": 4095.0, "drift": 31.0, "m2_h": 1944.0,
        },
        "zones": [
            {
                "room": _KITCHEN, "counted": False, "sensed": True, "hours": 672, "known_h": 672, "used_h": 54,
                "open_h": 180, "open_known_h": 180, "open_used_h": 54, "utilisation": 0.3, "people_h": None,
                "m2_h": 1944.0, "idle": False,
            }
        ],
        "purposes": [
            {
                "purpose": "activity", "rooms": 1, "unknown": 0, "area_m2": 36.0, "area_share": 0.667, "m2_h": 1944.0,
                "use_share": 1.0,
            },
            {
                "purpose": "office", "rooms": 1, "unknown": 1, "area_m2": 18.0, "area_share": 0.333, "m2_h": None,
                "use_share": None,
            },
        ],
        "idle": [], "idle_unknown": ["办公室"], "idle_below": 0.1,
        "week": [{"weekday": 0, "hour": 11, "known": 4, "used": 4, "people": 41.5, "is_open": True}],
        "unusual": [
            {
                "begin": FROM + 10 * _DAY, "end": FROM + 10 * _DAY + 7_200_000, "direction": "more", "strength": 4.1,
                "came": 96.0, "expected": 38.0,
            }
        ],
        "residuals": [{"at": FROM + 5 * 3_600_000, "people": 0, "counted": 3.0, "live": 3.0, "by_night": True}],
    },
    "WeekOfRoom": {
        "place": "F02", "room": "书画室", "month": "2026-02",
        "week": [{"weekday": 1, "hour": 10, "known": 4, "used": 3, "people": None, "is_open": True}],
    },
    "AllInMonth": {
        "month": "2026-02", "from_ms": FROM, "to_ms": TO, "over": True, "idle_below": 0.1,
        "facilities": [
            {
                "place": "F02", "name": "长者食堂", "path": "福田区/莲花街道/莲花社区/莲花二村", "use": _DAYS,
                "rooms": {"m2_h": 1944.0, "idle": [], "idle_unknown": ["办公室"]},
            }
        ],
    },
    "AllInYear": _YEAR,
}  # fmt: skip
