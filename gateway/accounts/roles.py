"""The permissions, and the roles that give them. A role is granted at a place of the tree and holds for what lies below it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class May(StrEnum):
    """Something that may be allowed. Whatever is not granted is denied."""

    RING = "ring"  # how many alerts are open and how urgent: no person, no place
    SELF = "self"  # one's own session and account
    ALERTS = "alerts"  # read alerts, with the people they are about
    ATTEND = "attend"  # accept, call, go, close
    HOMES = "homes"  # find a home, its summary, its modes and silences; contacts and consents
    HOME_DETAIL = "home_detail"  # rooms and events of a home: only with an open alert or a stated reason
    AGREE = "agree"  # enter and end consents and family links
    PRIVACY = "privacy"  # copy and erase what is kept of a resident
    DUTY = "duty"  # desks, channels, hand-overs
    FACILITIES = "facilities"  # read how full facilities are
    COUNT = "count"  # correct a count, set capacity and hours
    AREA = "area"  # numbers of a community or a street
    DEVICES = "devices"  # devices with their health; no resident
    INSTALL = "install"  # enter homes and devices, test them, sign off
    RULES = "rules"  # read and try rules
    RULES_SET = "rules_set"  # switch rules, override them for single homes
    ACCOUNTS = "accounts"  # who may come in and what they may
    AUDIT = "audit"  # who has read and done what
    SYSTEM = "system"  # the hub itself: registry file, quarantine, backup, exports, figures


@dataclass(frozen=True, slots=True)
class Role:
    """A role (角色): its words, and what it may."""

    zh: str
    en: str
    may: frozenset[May]


_ON_DUTY: Final = frozenset(
    {
        May.RING, May.SELF, May.ALERTS, May.ATTEND, May.HOMES, May.HOME_DETAIL, May.AGREE, May.DUTY, May.FACILITIES,
        May.DEVICES, May.RULES,
    }
)  # fmt: skip

ROLES: Final[dict[str, Role]] = {
    "duty": Role("值班人员", "staff on duty", _ON_DUTY),
    "head": Role(
        "站长",
        "head of station",
        _ON_DUTY | {May.PRIVACY, May.COUNT, May.AREA, May.INSTALL, May.RULES_SET, May.AUDIT},
    ),
    "property": Role("物业", "property manager", frozenset({May.SELF, May.FACILITIES, May.COUNT})),
    "area": Role("社区街道工作人员", "community officer", frozenset({May.SELF, May.AREA, May.FACILITIES})),
    "installer": Role("安装人员", "installer", frozenset({May.SELF, May.DEVICES, May.INSTALL})),
    "admin": Role(
        "系统管理员",
        "administrator",
        frozenset(
            {
                May.RING, May.SELF, May.DEVICES, May.RULES, May.RULES_SET, May.ACCOUNTS, May.AUDIT, May.SYSTEM, May.AREA,
                May.FACILITIES, May.DUTY,
            }
        ),
    ),
}  # fmt: skip
