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
    "where": "莲花二村 3栋1201", "points": [_POINT], "signed_at": None,
}  # fmt: skip
_TEST: Final[dict[str, Any]] = {
    "id": "5b1f0c9e2d7a4e68", "place_id": "H0001", "kind": "weekly", "since": _AT, "until": _AT + 1_800_000, "by": "李敏",
    "ended_at": None, "ended_by": "",
}  # fmt: skip
_AGAIN: Final[dict[str, Any]] = {
    "replayed": 3, "repeated": 0, "outdated": 0, "held": 0, "reasons": {}, "last": 12, "more": False
}  # fmt: skip

_ITEM: Final[dict[str, Any]] = {
    "id": "9c3e1b7f5a2d4c60", "place_id": "H0001", "name": "王**", "where": "莲花二村 3栋1201",
    "path": "福田区/莲花街道/莲花社区/莲花二村", "item": "扶手", "device_id": "", "room": "卫生间", "day": "2026-03-02",
    "installer": "小刘", "note": "", "accepted_at": _AT, "accepted_by": "女儿 陈静",
}  # fmt: skip
_JOB: Final[dict[str, Any]] = {
    "id": "a747aadc77f303a6", "number": 418, "device_id": "H0001-pendant", "device_kind": "pendant", "room": "随身",
    "place_id": "H0001", "name": "王**", "where": "莲花二村 3栋1201", "title": {"zh": "设备无数据", "en": "Device silent"},
    "state": "taken", "opened_at": _AT, "owner": "小刘", "substitute": "", "substitute_at": None, "substitute_by": "",
    "substitute_due": _AT + 27_000_000, "overdue": False, "fixed": "", "fixed_at": None, "fixed_by": "", "proven_at": None,
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
    "Sheet": {
        "place": "H0001",
        "items": [_ITEM],
        "sign_off": {
            "id": "1d8e2f", "at": _AT, "by": "小刘", "accepted_by": "女儿 陈静", "open_points": {}, "note": ""
        },
    },
    "LedgerPage": {"items": [_ITEM], "next": None},
    "JobView": _JOB,
    "JobPage": {"jobs": [_JOB], "next": None},
    "Sender": {"site": "lianhua", "device": "H0001-lamp"},
}  # fmt: skip
