"""Alerts of real rules, in the words the library says them: title and steps of the rule, evidence from its cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.alerts.message import AlertFacts, Hands, PlaceFacts
from gateway.rulebook.load import load_rules
from rules.rule import Rule

SAID = Path(__file__).parents[2] / "golden" / "words" / "rules.txt"
ZONE = ZoneInfo("Asia/Shanghai")
PATH = "福田区/莲花街道/莲花社区/莲花二村"
HOME = PlaceFacts(kind="home", path=PATH, name="王女士", address="3栋1201")
HALL = PlaceFacts(kind="facility", path=PATH, name="长者活动室", address="党群服务中心二楼")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


# The middle of the night: 23 November 2025 is a Sunday.
RAISED = at("2025-11-23T03:12:00")
TAKEN = Hands(state="accepted", accepted_by="李敏", accepted_at=RAISED + 120_000, coming="李敏")
HELPED = replace(TAKEN, state="closed", closed_at=RAISED + 1_740_000, verdict="true", outcome="assisted")


@cache
def library() -> dict[str, Rule]:
    return {rule.id: rule for rule in load_rules()}


@cache
def sentences() -> dict[str, list[tuple[str, str]]]:
    """Every rule's sentences in its cases: Chinese, English."""
    found: dict[str, list[tuple[str, str]]] = {}
    lines = SAID.read_text(encoding="utf-8").splitlines()
    rule = ""
    for line in lines:
        if not line.startswith(" "):
            rule = line
            found[rule] = []
        elif found[rule] and not found[rule][-1][1]:
            found[rule][-1] = (found[rule][-1][0], line.strip())
        else:
            found[rule].append((line.strip(), ""))
    return found


def alert_of(rule_id: str, *, room: str = "", number: int = 417) -> AlertFacts:
    """An alert of a rule with the first sentence that its cases say."""
    rule = library()[rule_id]
    zh, en = sentences()[rule_id][0]
    return AlertFacts(
        id=f"a-{rule_id}",
        number=number,
        rule=rule.id,
        kind=rule.kind,
        severity=rule.severity,
        title={"zh": rule.title.zh, "en": rule.title.en},
        why={"zh": zh, "en": en},
        todo={"zh": list(rule.todo.zh), "en": list(rule.todo.en)},
        place_id="H0001",
        room=room,
        active_at=RAISED - 5_000,
        raised_at=RAISED,
    )


def place_of(alert: AlertFacts) -> PlaceFacts:
    return HALL if alert.kind == "facility" else HOME
