"""Examples of installing: the home of the other examples, a pendant in it, and a lamp that nobody has registered."""

from __future__ import annotations

from typing import Any, Final

_AT: Final = 1_772_391_780_000
_POINT: Final[dict[str, Any]] = {
    "id": "H0001-pendant", "kind": "pendant", "room": "随身", "heartbeat_s": 14_400, "heard_at": _AT, "online": True,
    "proven_at": _AT,
}  # fmt: skip
_PLACE: Final[dict[str, Any]] = {
    "id": "H0001", "kind": "home", "site": "lianhua", "path": "福田区/莲花街道/莲花社区/莲花二村", "name": "王**",
    "address": "3栋1201", "points": [_POINT], "signed_at": None,
}  # fmt: skip
_TEST: Final[dict[str, Any]] = {
    "id": "5b1f0c9e2d7a4e68", "place_id": "H0001", "kind": "weekly", "since": _AT, "until": _AT + 1_800_000, "by": "李敏",
    "ended_at": None, "ended_by": "",
}  # fmt: skip
_AGAIN: Final[dict[str, Any]] = {
    "replayed": 3, "repeated": 0, "outdated": 0, "held": 0, "reasons": {}, "last": 12, "more": False
}  # fmt: skip

INSTALLATION: Final[dict[str, Any]] = {
    "FittedNow": _PLACE,
    "FittedPage": {"places": [_PLACE], "next": None},
    "TestNow": {
        "place": "H0001", "test": _TEST, "ticks": [{"device": "H0001-pendant", "at": _AT + 9_000, "said": "event.sos"}]
    },
    "DuePage": {
        "points": [
            {
                "place_id": "H0001", "name": "王女士", "where": "莲花二村 3栋1201", "path": "福田区/莲花街道/莲花社区/莲花二村",
                "device": "H0001-pendant", "kind": "pendant", "room": "随身", "proven_at": _AT,
                "due_at": _AT + 604_800_000, "due": False, "testing": False,
            }
        ],
        "next": None,
    },
    "Candidates": {
        "unclaimed": [
            {
                "site": "lianhua", "device": "H0001-lamp", "channels": ["telemetry"], "count": 3, "first_at": _AT - 60_000,
                "last_at": _AT, "payload": '{"m":{"motion":true}}',
            }
        ],
        "unread": [
            {
                "topic": "care/v1/lianhua/H0001-radar/telemetry", "site": "lianhua", "device": "H0001-radar",
                "reason": "bad_json", "detail": "Input data was truncated", "count": 1, "last_at": _AT, "payload": "{",
            }
        ],
        "rejected": [
            {"site": "lianhua", "device": "N-12", "at": _AT, "by": "李敏", "reason": "邻居家的设备"}
        ],
    },
    "Claimed": {"place": "H0001", "device": "H0001-lamp", "again": _AGAIN},
    "Gone": {"dropped": 3},
    "Sender": {"site": "lianhua", "device": "H0001-lamp"},
}  # fmt: skip
