"""An example of everything the API is given and answers, by the name of its shape: one Sunday in one home, told throughout."""

from __future__ import annotations

from typing import Any, Final

from gateway.web.area_example import AREA
from gateway.web.facility_examples import FACILITIES
from gateway.web.facility_use_examples import FACILITY_USE
from gateway.web.heat_example import HEAT
from gateway.web.install_examples import INSTALLATION
from gateway.web.performance_example import PERFORMANCE
from gateway.web.report_examples import REPORTS

AT: Final = 1_772_391_780_000  # 2 March 2026, 03:03 in Shanghai
_HOUR: Final = 3_600_000
_WHO: Final = {"zh": "王女士", "en": "Ms Wang"}
_WHERE: Final = {"zh": "莲花二村 3栋1201 卫生间", "en": "莲花二村 3栋1201 bathroom"}
_FALL: Final = {"zh": "疑似跌倒", "en": "Possible fall"}
_WHY: Final = {
    "zh": "03:03 卫生间雷达报警（置信度 93%）。",
    "en": "The bathroom radar reported a fall at 03:03 (93 %).",
}

_ALERT: Final[dict[str, Any]] = {
    "id": "a747aadc77f303a6",
    "number": 417,
    "rule": "fall",
    "kind": "life_safety",
    "severity": "critical",
    "state": "accepted",
    "title": _FALL,
    "why": _WHY,
    "todo": {"zh": ["先给长者打电话"], "en": ["Ring the person first"]},
    "who": _WHO,
    "where": _WHERE,
    "place_id": "H0001",
    "place_kind": "home",
    "device_id": "H0001-radar",
    "room": "卫生间",
    "active_at": AT,
    "raised_at": AT,
    "ended_at": None,
    "accepted_by": "李敏",
    "accepted_at": AT + 42_000,
    "closed_by": None,
    "closed_at": None,
    "verdict": None,
    "reason": None,
    "outcome": None,
    "note": None,
    "settled_at": None,
    "assigned_to": None,
    "merged_into": None,
    "reopened": 0,
    "rung": 0,
    "escalate_at": None,
    "escalated_at": None,
    "version": 2,
    "evidence": {"confidence": 0.93},
    "recorded": True,
    "count": 1,
    "last_at": None,
    "group_id": "",
    "group_size": 0,
    "severity_before": None,
    "changed_why": None,
    "shelved_until": None,
    "shelved_by": None,
    "shelved_why": None,
    "deliveries": [
        {
            "channel": "station",
            "state": "delivered",
            "delivered_ms": AT + 1_200,
            "rung": 0,
            "to": "",
            "role": "desk",
            "about": "alert",
            "proof": "taken",
        }
    ],
}
_DETAIL: Final = _ALERT | {
    "steps": [
        {"kind": "raised", "at": AT, "by": "", "detail": "", "via": ""},
        {"kind": "accepted", "at": AT + 42_000, "by": "李敏", "detail": "", "via": "console"},
    ]
}
_MODE: Final = {
    "kind": "hospital",
    "since": AT + _HOUR,
    "until": AT + 721 * _HOUR,
    "by": "李敏",
    "reason": "送医",
    "ended_at": None,
    "ended_by": "",
    "ended_because": "",
}
_SILENCE: Final = {
    "id": "5d41402abc4b2a76b9719d911017c592",
    "rule": "no_activity",
    "device_id": "",
    "place_id": "H0001",
    "who": _WHO,
    "since": AT,
    "until": AT + 8 * _HOUR,
    "by": "李敏",
    "reason": "家政来访",
    "ended_at": None,
    "ended_by": "",
}
_PLACE: Final = {
    "id": "H0001",
    "kind": "home",
    "site": "lianhua",
    "path": "福田区/莲花街道/莲花社区/莲花二村",
    "name": "王女士",
    "address": "3栋1201",
    "capacity": None,
    "devices": [{"id": "H0001-radar", "kind": "radar", "room": "卫生间", "heartbeat_s": 60}],
}
_HELD: Final = {
    "id": "0cc175b9c0f1b6a8",
    "rule": "no_activity",
    "kind": "care",
    "severity": "urgent",
    "title": {"zh": "久未活动", "en": "No activity"},
    "why": {"zh": "03:10 起没有活动。", "en": "No activity since 03:10."},
    "who": _WHO,
    "where": {"zh": "莲花二村 3栋1201", "en": "莲花二村 3栋1201"},
    "place_id": "H0001",
    "device_id": "",
    "active_at": AT + 9 * _HOUR,
    "held_at": AT + 9 * _HOUR,
    "held_by": "mode:hospital",
    "ended_at": None,
    "told_at": None,
}
_DEVICE: Final = {
    "id": "H0001-radar",
    "kind": "radar",
    "place": "H0001",
    "room": "卫生间",
    "online": True,
    "heard_at": AT,
    "clock_skew_ms": -1_200,
    "refused": 0,
    "over_rate": 0,
}
_READING: Final = {
    "observed_at": AT,
    "received_at": AT + 40,
    "device": "H0001-radar",
    "place": "H0001",
    "metric": "motion",
    "value": 1.0,
    "text": "",
    "quality": 0,
    "boot": "7f3a",
    "seq": 43,
}
_SUMMARY: Final = {
    "begin": AT - 180_000,
    "device": "H0001-radar",
    "place": "H0001",
    "metric": "motion",
    "count": 12,
    "min": 0.0,
    "max": 1.0,
    "mean": 0.5,
    "sum": 6.0,
    "last": 1.0,
    "first_at": AT - 170_000,
    "last_at": AT,
    "on_share": 0.4,
}
_REFUSED_ROW: Final = {
    "id": 7,
    "at": AT,
    "reason": "partial write: points beyond retention policy",
    "device": "H0001-radar",
    "place": "H0001",
    "metric": "motion",
    "observed_at": AT - 90 * 24 * _HOUR,
    "value": "1.0",
    "text": "",
}
_UNREADABLE: Final = {
    "id": 12,
    "received_at": AT,
    "topic": "care/v1/lianhua/H0001-lamp/telemetry",
    "reason": "unknown_device: device 'H0001-lamp' is not in the registry",
    "payload": '{"m":{"power":3.1}}',
}
_PROBLEM: Final = {
    "reason": "taken_accepted",
    "words": {"zh": "李敏 已在 03:03 接警", "en": "李敏 accepted it at 03:03"},
    "by": "李敏",
    "at": AT + 42_000,
}
_RULE: Final[dict[str, Any]] = {
    "id": "bathroom_too_long",
    "kind": "care",
    "severity": "notice",
    "applies_to": "home",
    "title": {"zh": "卫生间停留过久", "en": "Long in the bathroom"},
    "waits_for": {"zh": "在卫生间停留60分钟，没有出来。", "en": "Somebody stays in the bathroom for 60 min."},
    "todo": {"zh": ["打电话问候长者"], "en": ["Call the elder"]},
    "off": False,
    "off_everywhere": False,
    "changed": True,
    "by_files": False,
    "numbers": [
        {
            "name": "stay.for_s", "label": {"zh": "停留多久", "en": "stays for"}, "unit": "s", "of": "", "value": 3600,
            "in_files": 2400, "least": 600.0, "most": 9600.0,
        }
    ],
    "version": 3,
    "conflict": None,
    "places": [],
}  # fmt: skip
_HINDSIGHT: Final = {
    "raised": 4, "held": 0, "true": 1, "false": 3, "test": 0, "unconfirmed": 0, "cleared": 0, "unknown": 0
}  # fmt: skip
_NEXT: Final = "WzE3NzIzOTE3ODAwMDAsIkgwMDAxIl0"

_CONSENT: Final[dict[str, Any]] = {
    "id": "0b8e6f1d2c3a4957",
    "place_id": "H0001",
    "scope": "family",
    "contact": 1,
    "contact_name": "女儿 陈静",
    "since": AT - 90 * 24 * _HOUR,
    "by": "李敏",
    "note": "本人签字",
    "ended_at": None,
    "ended_by": "",
}
_FAMILY_LINK: Final[dict[str, Any]] = {
    "id": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "place_id": "H0001",
    "contact": 1,
    "made_at": AT - 90 * 24 * _HOUR,
    "made_by": "李敏",
    "ends_at": None,
    "ended_at": None,
    "ended_by": "",
}
_VISIT: Final[dict[str, Any]] = {
    "id": "c3ab8ff13720e8ad9047dd39466b3c89", "alert_id": "a747aadc77f303a6", "place_id": "H0001",
    "path": "福田区/莲花街道/莲花社区/莲花二村", "at": AT, "by": "李敏", "kind": "close", "note": "扶起，无外伤",
    "struck_at": None, "struck_by": "", "struck_why": "",
}  # fmt: skip
_FOLLOW_UP: Final[dict[str, Any]] = {
    "id": "5e884898da28047151d0e56f8dc62927",
    "alert_id": "a747aadc77f303a6",
    "number": 417,
    "title": _FALL,
    "place_id": "H0001",
    "who": _WHO,
    "where": {"zh": "莲花二村 3栋1201", "en": "莲花二村 3栋1201"},
    "due_at": AT + 30 * _HOUR,
    "done_at": None,
    "done_by": "",
    "note": "",
}
_LINK_PATH: Final = "/f/kTQ0w5rJm8dX2nVb7YhLsA"

_ACCOUNT: Final[dict[str, Any]] = {
    "id": 1, "name": "李敏", "grants": [{"role": "duty", "at": "福田区/莲花街道/莲花社区"}], "pin": True, "password": False,
    "subject": "", "ended_at": None, "locked_until": 0, "signed_in": 1,
}  # fmt: skip
_SESSION: Final[dict[str, Any]] = {
    "id": "9f2c04d17ab9e0c35f6d8a21", "name": "李敏", "how": "pin", "device": "Mozilla/5.0 (Linux; Android 14)", "made_at": AT,
    "expires_at": AT + 12 * _HOUR,
}  # fmt: skip

_ERASURE = {
    "id": "0123456789abcdef0123456789abcdef", "pseudonym": "erased-3f9c1b2a77d0e4c5", "path": "福田区/莲花街道/景田社区/景田北",
    "at": AT, "by": "陈国强", "done": ["archive", "messages", "store", "world"], "done_at": None,
}  # fmt: skip

EXAMPLES: Final[dict[str, Any]] = {
    "Problem": _PROBLEM,
    "Rejection": {
        "reason": "invalid",
        "words": {"zh": "内容有误：registry.csv:2: …", "en": "Not valid: registry.csv:2: …"},
        "by": None,
        "at": None,
        "ok": False,
        "errors": ["registry.csv:2: place: the path has three levels; it needs four"],
    },
    "Performance": PERFORMANCE,
    # alerts
    "AlertPage": {"alerts": [_ALERT], "next": f"0.{AT}.417"},
    "AlertDetail": _DETAIL,
    "AlertInHand": _DETAIL
    | {
        "address": "福田区 莲花街道 莲花社区 莲花二村 3栋1201",
        "access_note": "钥匙在门卫处",
        "contacts": [{"name": "女儿 陈静", "phone": "139 0000 1234"}],
    },
    "Shelving": {"reason": "等配件", "until": AT + _HOUR},
    # duty
    "DeskList": {
        "desks": [
            {
                "id": "station", "name": "莲花社区站", "serves": "莲花社区", "at": "", "console": True, "staffed": True,
                "on_duty": ["李敏"], "hears_by": "console", "deaf_since": None, "taken_over_by": "李敏", "taken_over_at": AT,
                "note": "",
            }
        ]
    },
    "ChannelList": {
        "channels": [
            {
                "name": "station", "kind": "wecom", "proves": "taken", "personal": False, "works": True, "tried_at": AT,
                "tested_at": AT, "words": "",
            }
        ]
    },
    "ChannelTested": {"state": "sent", "proof": "taken", "words": ""},
    # homes
    "PlaceDetail": _PLACE
    | {
        "mode": _MODE,
        "modes": [_MODE],
        "silences": [_SILENCE],
        "held": [_HELD],
        "own_rules": [
            {"rule": "no_activity", "title": {"zh": "久未活动", "en": "No activity"}, "off": True, "rule_as_it_is": None}
        ],
    },
    "HomesPage": {
        "homes": [{"place_id": "H0001", "who": _WHO, "where": _WHERE, "mode": _MODE}],
        "next": _NEXT,
    },
    "Moding": {"kind": "hospital", "reason": "送医"},
    "Silencing": {"rule": "no_activity", "place": "H0001", "reason": "家政来访"},
    "SilenceView": _SILENCE,
    "SilencesPage": {"silences": [_SILENCE], "next": None},
    # data
    "PlacePage": {"places": [_PLACE], "next": "H0001"},
    "DevicePage": {"devices": [_DEVICE], "next": "H0001-radar"},
    "ReadingsPage": {"readings": [_READING], "next": _NEXT},
    "SummariesPage": {"summaries": [_SUMMARY], "next": None},
    "RefusedRows": {"rows": [_REFUSED_ROW], "next": None},
    "Retried": {"stored": 12, "too_old": 0, "waiting": 3},
    "Dropped": {"dropped": 3},
    "ImportReport": {
        "ok": True,
        "dry_run": True,
        "counts": {"added": 1, "changed": 0, "removed": 0, "unchanged": 214},
        "changes": [{"zh": "新增设备 J0001-pendant", "en": "device J0001-pendant is added"}],
        "doubts": [],
        "over_hand": [],
    },
    "Played": {"hub_now_ms": AT},
    # agreements, follow-ups
    "ConsentView": _CONSENT,
    "ConsentPage": {"consents": [_CONSENT], "next": None},
    "FamilyLinkView": _FAMILY_LINK,
    "FamilyLinkPage": {"links": [_FAMILY_LINK], "next": None},
    "FamilyLinkMade": {
        "link": _FAMILY_LINK, "path": _LINK_PATH, "url": "https://care.example" + _LINK_PATH
    },
    "FollowUpView": _FOLLOW_UP | {"done_at": AT + 31 * _HOUR, "done_by": "李敏", "note": "能自己走动"},
    "FollowUpPage": {"follow_ups": [_FOLLOW_UP], "next": None},
    "VisitView": _VISIT,
    "VisitList": {"visits": [_VISIT]},
    # quarantine
    "Unreadables": {"messages": [_UNREADABLE], "next": None},
    "Choice": {"reason": "unknown_device", "device": "H0001-lamp"},
    "GivenAgain": {
        "replayed": 3,
        "repeated": 0,
        "outdated": 0,
        "held": 1,
        "reasons": {"unknown_device": 1},
        "last": 12,
        "more": False,
    },
    # rules
    "DutyReport": {"ok": True, "version": "9f2c41d07a3be815", "people": 6, "desks": 6, "warnings": []},
    "ReloadReport": {
        "ok": True,
        "version": 7,
        "rules": ["fall", "no_activity"],
        "differences": ["no_activity at H0001: off"],
        "changed": ["no_activity@H0001"],
        "anew": ["no_activity@H0001"],
        "warnings": [],
    },
    "Begun": {"id": "b3f1c2"},
    "BacktestNow": {
        "id": "b3f1c2", "state": "running", "what": "judging", "done": 0.4, "error": "", "answer": None
    },
    "RuleList": {"place": "H0001", "rules": [_RULE]},
    "RuleNow": _RULE,
    "RuleChanging": {"numbers": {"stay.for_s": 3600}, "reason": "长者便秘，家属知情", "version": 0},
    "RuleTrying": {"place": "H0001", "numbers": {"stay.for_s": 3600}, "days": 30},
    "Undoing": {"reason": "改错了一户"},
    "ChangePage": {
        "changes": [
            {
                "id": 3, "at": AT, "by": "李敏", "rule": "bathroom_too_long", "title": _RULE["title"], "place_id": "H0001",
                "before": {"off": False, "numbers": {"stay.for_s": 2400}},
                "after": {"off": False, "numbers": {"stay.for_s": 3600}}, "reason": "长者便秘，家属知情", "undoes": None,
                "follows_files": False, "newest": True,
            }
        ],
        "next": None,
    },
    "TryBegun": {"id": "b3f1c2"},
    "TryNow": {
        "id": "b3f1c2", "rule": "bathroom_too_long", "place": "H0001", "state": "done", "what": "judging", "done": 1.0,
        "error": "", "answer": {
            "from_ms": AT - 30 * 24 * _HOUR, "to_ms": AT, "homes": 1,
            "changed": _HINDSIGHT | {"raised": 1, "false": 0, "unknown": 0}, "as_it_is": _HINDSIGHT,
        },
    },
    "Area": AREA,
    # operation, people
    "BackupState": {
        "id": "b3f1c2", "state": "done", "what": "", "done": 1.0, "error": "", "folder": "backup/20260302-030300"
    },
    "Alive": {"status": "ok"},
    "Readiness": {
        "ready": True,
        "reasons": [],
        "warnings": [],
        "broker": "mqtt://127.0.0.1:1883",
        "protocol": "5",
        "store": "duckdb",
        "feed_lost_since": None,
        "speed": 1.0,
        "driven": False,
    },
    "AccountView": _ACCOUNT,
    "Accounts": {"accounts": [_ACCOUNT]},
    "Sessions": {"sessions": [_SESSION]},
    "Signed": {"name": "李敏", "names": ["李敏", "陈国强"]},
    "SigningIn": {"name": "李敏", "pin": "4711"},
    "Entering": {"token": "the token of the hub's settings"},
    **FACILITIES,
    **FACILITY_USE,
    **INSTALLATION,
    **HEAT,
    **REPORTS,
    "ErasurePlan": {
        "place": "J0001", "rows": {"alert": 12, "alert_step": 61, "consent": 1, "contact": 2, "place": 1},
        "refused": "reporting", "devices": ["J0001-pendant"],
    },
    "ErasureView": _ERASURE,
    "ErasureList": {"erasures": [_ERASURE]},
}  # fmt: skip
