"""Five rules that stay as they are while the library grows, for cases to be tried on."""

from __future__ import annotations

from gateway.rulebook.load import read_rules

TEXT = """
- {id: door_left_open, kind: care, severity: notice, applies_to: home, device_kinds: [contact],
   when: {level: {metric: contact, equals: 0, for_s: 600}},
   title: &title {zh: 例, en: Example}, todo: &todo {zh: [看], en: [look]}}
- {id: fall, kind: life_safety, severity: critical, applies_to: home, when: {event: {type: fall}}, title: *title, todo: *todo}
- {id: no_activity, kind: life_safety, severity: urgent, applies_to: home, device_kinds: [motion, contact],
   when: {absence: {of: [motion, contact], for_s: 14400, from_time: "07:00", to_time: "21:00"}}, title: *title, todo: *todo}
- {id: gateway_lost, kind: device, severity: urgent, applies_to: facility, device_kinds: [gateway],
   when: {silent: {heartbeats: 3, offline_for_s: 60}}, title: *title, todo: *todo}
- {id: device_silent, kind: device, severity: notice, device_kinds: [pendant, radar, contact, motion, sos, counter],
   when: {silent: {heartbeats: 3, offline_for_s: 300}}, title: *title, todo: *todo}
"""
RULES = tuple(rule for rule, _ in read_rules(TEXT, source="case_rules"))
