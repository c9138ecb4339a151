"""What people said of their mornings: the hub's rules take it as it is written."""

from __future__ import annotations

from pathlib import Path

from firmware_sim.interviews import interviews_csv
from firmware_sim.lives.town import Lives
from firmware_sim.places import settle
from gateway.demo.interviews import RULES, homes_yaml
from gateway.rulebook.load import load_rulebook


def test_each_home_has_its_own_hour_in_the_rules_that_wait_for_one(tmp_path: Path) -> None:
    lives = Lives(settle(homes=3, seed=7), seed=7, calm=False)
    said = interviews_csv(lives.households, seed=7)
    homes = tmp_path / "homes.yaml"
    homes.write_text(homes_yaml(said), encoding="utf-8")
    hours = dict(line.split(",") for line in said.splitlines()[1:])
    overrides = load_rulebook(homes=homes).overrides
    assert {(each.key, each.rule) for each in overrides} == {(home, rule) for home in hours for rule in RULES}
    for each in overrides:
        assert each.instead is not None
        assert each.instead.when.absence is not None
        assert each.instead.when.absence.from_time == hours[each.key]
