"""The library and its page: every rule is explained, under the title it is raised with, beside the figures it has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.rulebook.load import load_rules
from rules.rule import SEVERITIES, Rule

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules-library.md").read_text(encoding="utf-8")
SEVERITY_ZH = dict(zip(SEVERITIES, ("提示", "重要", "紧急"), strict=True))
RULES = {rule.id: rule for rule in load_rules()}


def row_of(rule: Rule) -> str:
    rows = [
        line for line in PAGE.splitlines() if line.startswith("|") and f"`{rule.id}` {rule.title.zh}" in line
    ]
    assert len(rows) == 1, f"docs/rules-library.md must have one row with `{rule.id}` {rule.title.zh}"
    return rows[0]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_explained_with_its_severity_and_its_rises(rule: Rule) -> None:
    row = row_of(rule)
    if not rule.lowers:
        assert SEVERITY_ZH[rule.severity] in row
    for rise in rule.shape.rises:
        assert f"升为{SEVERITY_ZH[rise.to]}" in row


def test_the_page_names_no_rule_that_is_not_there() -> None:
    assert set(re.findall(r"(?:^\| |、)`([a-z_]+)` ", PAGE, re.MULTILINE)) == set(RULES)


def test_what_a_rule_names_is_in_the_library() -> None:
    for rule in RULES.values():
        assert {*rule.shape.inhibited_by, *rule.lowered} <= set(RULES), rule.id


def test_no_mode_keeps_a_call_for_help_or_a_fire_from_people() -> None:
    for name in ("fall", "fall_confirmed", "fall_doubtful", "sos", "smoke", "smoke_event"):
        assert RULES[name].modes == ()
