"""Small histories for the backtest's tests, told as lines of an events CSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gateway.backtest.asked import Asked, Registered, RuleSet
from gateway.backtest.run import run
from gateway.rulebook.load import read_rules

ZONE = "Asia/Shanghai"
DAY = 1_772_294_400_000  # 1 March 2026, 00:00 in Shanghai
MINUTE, HOUR = 60_000, 3_600_000
HEADER = "observed_at,device,metric,value,home,kind,room"

WORDS = """
  title: {zh: 测试, en: Test}
  todo: {zh: [看一看], en: [Look]}
"""
DOOR = f"""
- id: door_left_open
  kind: care
  severity: notice
  applies_to: home
  device_kinds: [contact]
  when: {{level: {{metric: contact, equals: 0, for_s: 600}}}}{WORDS}"""
DOOR_SOONER = DOOR.replace("600", "300")
FALL = f"""
- id: fall
  kind: life_safety
  severity: critical
  applies_to: home
  when: {{event: {{type: fall}}}}{WORDS}"""
SILENT = f"""
- id: device_silent
  kind: device
  severity: notice
  when: {{silent: {{heartbeats: 3, offline_for_s: 300}}}}{WORDS}"""
QUIET = f"""
- id: no_activity
  kind: care
  severity: urgent
  applies_to: home
  device_kinds: [motion, contact]
  when: {{absence: {{of: [motion, contact], for_s: 14400, from_time: "07:00", to_time: "21:00"}}}}{WORDS}"""


def rule_set(*texts: str) -> RuleSet:
    return RuleSet(tuple(rule for rule, _ in read_rules("".join(texts), source="test.yaml")))


def door(home: str, opened: int, closed: int) -> list[str]:
    """A door that was opened and closed, in ms after ``DAY``."""
    return [
        f"{DAY + at},{home}-door,contact,{value},{home},contact,入户门"
        for at, value in ((opened, 0), (closed, 1))
    ]


def write(folder: Path, lines: Iterable[str], *, header: str = HEADER) -> Path:
    file = folder / "events.csv"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return file


def over_file(
    folder: Path,
    file: Path,
    rules: RuleSet,
    current: RuleSet | None = None,
    registered: Registered | None = None,
) -> dict[str, Any]:
    """The answer of a backtest over an events CSV, judged by one worker."""
    asked = Asked(
        rules=rules,
        current=current or rules,
        registered=registered or Registered(ZONE),
        events=str(file),
        workers=1,
    )
    return run(asked, folder / "scratch", lambda _what, _done: None)
