"""The library held to its cases, tried as ``carehub rules test`` does; every rule has one that fires and one that is quiet."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.rulebook.case_report import lines_of
from gateway.rulebook.cases import Case, load_cases
from gateway.rulebook.comparing import judge
from gateway.rulebook.load import load_rules

CASES = load_cases([Path(__file__).parent / "cases"], load_rules())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{Path(case.source).stem}:{case.line}")
def test_case(case: Case) -> None:
    verdict = judge(case)
    assert verdict.passed, "\n".join(lines_of(verdict))


@pytest.mark.parametrize("rule", [rule.id for rule in load_rules()])
def test_every_rule_of_the_library_has_a_case_that_fires_and_one_that_is_quiet(rule: str) -> None:
    fires = [case for case in CASES if rule in {one.rule for one in (*case.alerts, *case.held)}]
    quiet = [case for case in CASES if rule in case.named and rule not in {one.rule for one in case.alerts}]
    assert fires, f"no case in tests/cases in which {rule} comes"
    assert quiet, f"no case in tests/cases about {rule} in which it does not come"
