"""Rules that decide within seconds, for tests in real time: each is a YAML list, and lists may be put one behind another."""

from __future__ import annotations

FALL = """\
- id: fall
  kind: life_safety
  severity: critical
  applies_to: home
  when: {event: {type: fall}}
  title: {zh: 疑似跌倒, en: Possible fall}
  todo: {zh: [打电话], en: [Call]}
"""
DOOR = """\
- id: door_left_open
  kind: care
  severity: notice
  applies_to: home
  device_kinds: [contact]
  when: {level: {metric: contact, equals: 0, for_s: 1}}
  title: {zh: 入户门未关, en: Door left open}
  todo: {zh: [打电话], en: [Call]}
"""
NO_ACTIVITY = """\
- id: no_activity
  kind: life_safety
  severity: urgent
  applies_to: home
  device_kinds: [motion, contact]
  when: {absence: {of: [motion, contact], for_s: 6, from_time: "00:00", to_time: "24:00"}}
  title: {zh: 久未活动, en: No activity by day}
  todo: {zh: [打电话], en: [Call]}
"""
WORN_AND_FIXED = "pendant, radar, contact, motion"


def silent(kinds: str = "") -> str:
    """Devices of these kinds (none named: of every kind) that leave out three heartbeats."""
    of = f"  device_kinds: [{kinds}]\n" if kinds else ""
    return f"""\
- id: device_silent
  kind: device
  severity: notice
{of}  when: {{silent: {{heartbeats: 3, offline_for_s: 1}}}}
  title: {{zh: 设备无数据, en: Device silent}}
  todo: {{zh: [检查], en: [Check]}}
"""
