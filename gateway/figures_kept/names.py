"""The names of kept figures: what each is about, and for how long it is kept. `docs/stored.md` says the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

# facility: of a facility or a device in one. count: of what belongs to people, only as a cell. plain: of a community or the
# hub, and of nobody in it. shown: drawn from counts that are all shown exactly.
About: TypeAlias = Literal["facility", "count", "plain", "shown"]
Class: TypeAlias = Literal["raw", "1h", "1d"]  # whose retention holds

_NAMES: Mapping[tuple[About, Class], Mapping[str, str]] = {
    ("facility", "raw"): {"use": "people lower upper capacity"},
    ("facility", "1h"): {
        "use_1h": "people lower upper peak came went usual unusual drift capacity",
        "device": "battery_days rssi clock_skew_ms online battery",
    },
    ("facility", "1d"): {
        "use_1d": "people_h peak came went drift known_h used_h open_h open_known_h open_used_h capacity",
        "zone_1d": "used_h people_h m2_h known_h open_h open_known_h open_used_h",
    },
    ("count", "1h"): {
        "fleet": "devices online silent battery_low battery_30d signal_weak clock_wrong firmware",
        "area": "homes open",
        "heat": "elders alerts_30d visits_30d",
    },
    ("count", "1d"): {"duty_1d": "alerts chatter stale shelved"},
    ("plain", "1h"): {
        "area": "stations staffed hearing neighbourhoods covered",
        "heat": "stations hours_week seats lat lon",
    },
    ("shown", "1d"): {"duty_1d": "per_hour peak_10min floods over_12h", "duty_30d": "share"},
}
NAMES: Mapping[str, tuple[About, Class]] = {
    f"{family}.{name}": kind
    for kind, families in _NAMES.items()
    for family, names in families.items()
    for name in names.split()
}


def is_kept(metric: str) -> bool:
    """Whether it is a figure of the hub's and not something that was sent."""
    return metric in NAMES


def of_class(kind: Class) -> list[str]:
    """The names of a class, in order."""
    return sorted(name for name, (_, held) in NAMES.items() if held == kind)


def about(metric: str) -> About:
    """What it is about; KeyError for a name that is not in the table."""
    return NAMES[metric][0]
