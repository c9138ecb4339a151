"""An answer of ``GET /api/v1/heat`` for its description: made from made-up counts, so that it is always right."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.area_heat.heat import Counts, heat_of, together
from gateway.web.heat import HeatPage, shown

_NOW = 1_772_380_800_000  # 2026-03-02 in Shanghai
_DAY = 86_400_000
_COMMUNITY = "福田区/莲花街道/莲花社区"
_HEAT = heat_of(
    _COMMUNITY, Counts(homes=126, alerts=[9, 14, 31, 2], visits=38, stations=2, hours=100.0, seats=60)
)
_PAGE = HeatPage(
    now=_NOW + 36_000_000, from_ms=_NOW - 30 * _DAY, until=_NOW, week=_NOW, demand="elders", supply="stations",
    communities=[shown(_HEAT, "elders", "stations")], together=shown(together([_HEAT]), "elders", "stations"),
)  # fmt: skip
HEAT: dict[str, Any] = {
    "HeatPage": msgspec.to_builtins(_PAGE),
    "ShapesKept": {"ok": True, "kept": 12, "forgotten": 0, "turned": 3, "unknown": []},
    "CommunityKept": {
        "path": _COMMUNITY,
        "seats": 40,
        "longitude": 114.059,
        "latitude": 22.556,
        "boundary": False,
    },
}
