"""An answer of ``GET /api/v1/area`` for its description: made from made-up counts, so that it is always right."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from gateway.operations.area_views import Counted
from gateway.web.area_numbers import Lately, communities

_NOW = 1_772_380_800_000  # 2026-03-02 in Shanghai
_COMMUNITY = "福田区/莲花街道/莲花社区"
_COUNTED = Counted(
    homes=126, neighbourhoods={f"{_COMMUNITY}/莲花二村"}, open=Counter(critical=1, urgent=6), faults=7,
    lately=Counter(life_safety=9, care=14), before=Counter(life_safety=31, care=2, device=11),
)  # fmt: skip
_LATELY = Lately(
    [{"name": "accept", "within_s": 60, "wanted": 0.975}],
    {_COMMUNITY: {"accept": (8, 1)}},
    {_COMMUNITY: {"accept": (26, 5)}},
)
_ROWS, _TOGETHER = communities({_COMMUNITY: _COUNTED}, (), _LATELY)
AREA: dict[str, Any] = {
    "now": _NOW + 36_000_000,
    "until": _NOW,
    "communities": msgspec.to_builtins(_ROWS),
    "together": msgspec.to_builtins(_TOGETHER),
    "above": [{"name": "莲花街道长者服务中心", "at": "福田区/莲花街道", "staffed": True, "hearing": True}],
}
