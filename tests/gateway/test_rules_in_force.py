"""The rules a hub judges by: what becomes of them when their files are broken, and what it warns of."""

from __future__ import annotations

from datetime import UTC, datetime

import chinese_calendar
import pytest

from gateway.mistakes import FileMistakes, Mistake
from gateway.rulebook.differences import read_differences
from gateway.rulebook.load import Rulebook, load_rules
from gateway.rules_in_force import RulesInForce, calendar_ends, doubts
from rules.world import EMPTY, Definition, Override, Place

LIBRARY = load_rules()
HOMES = """\
- {home: H1, rule: door_left_open, off: true}
- {home: H9, rule: door_left_open, off: true}
- {facility: H1, rule: battery_low, off: true}
- {facility: F1, rule: battery_low, off: true}
"""
BOOK = Rulebook(LIBRARY, read_differences(HOMES, source="homes.yaml", rules=LIBRARY))
PLACES = {"H1": Place("H1", "home", site="lianhua"), "F1": Place("F1", "facility", 20, "lianhua")}
BROKEN = FileMistakes([Mistake("own.yaml", 3, 4, "wrong"), Mistake("own.yaml", 5, 6, "as well")])


def ms(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


def world(rules: tuple[object, ...] = LIBRARY) -> Definition:
    return Definition(7, "UTC", (*PLACES.values(),), (), rules, "none", (Override("H1", "fall", None),))  # type: ignore[arg-type]


class Files:
    """Rule files that can be read, or hold mistakes."""

    def __init__(self) -> None:
        self.broken = False

    def read(self) -> Rulebook:
        if self.broken:
            raise BROKEN
        return BOOK


def test_a_first_start_with_broken_files_is_refused() -> None:
    files = Files()
    files.broken = True
    with pytest.raises(FileMistakes):
        RulesInForce(files.read, is_first=True)


def test_a_later_start_with_broken_files_goes_on_with_the_rules_of_the_journal() -> None:
    files = Files()
    files.broken = True
    held = RulesInForce(files.read, is_first=False)
    held.go_on_from(world())
    assert held.rules == LIBRARY
    assert held.overrides_in(PLACES) == (Override("H1", "fall", None),)
    assert held.mistakes == tuple(BROKEN.mistakes)
    (warning,) = held.warnings(PLACES, "none", 0)
    assert warning == "rule files refused, the rules before them go on: own.yaml:3:4: wrong (and 1 more)"


@pytest.mark.parametrize("before", [None, EMPTY])
def test_where_the_journal_has_no_rules_a_later_start_is_refused_too(before: Definition | None) -> None:
    files = Files()
    files.broken = True
    held = RulesInForce(files.read, is_first=False)
    with pytest.raises(FileMistakes):
        held.go_on_from(before)


def test_good_files_come_before_the_journal() -> None:
    held = RulesInForce(Files().read, is_first=False)
    held.go_on_from(world(()))
    assert (held.rules, held.mistakes) == (LIBRARY, ())


def test_a_refusal_is_forgotten_with_the_next_good_files() -> None:
    held = RulesInForce(Files().read, is_first=True)
    held.refuse(BROKEN)
    assert held.rules == LIBRARY
    assert held.mistakes
    held.take(BOOK)
    assert held.mistakes == ()


def test_only_places_of_the_registry_have_differences_and_the_others_are_told() -> None:
    held = RulesInForce(Files().read, is_first=True)
    there = [(override.key, override.rule) for override in held.overrides_in(PLACES)]
    assert there == [("F1", "battery_low"), ("H1", "door_left_open")]
    assert doubts(BOOK, PLACES, "none", 0) == [
        "homes.yaml:3: there is no facility H1 in the registry; the entry does nothing",
        "homes.yaml:2: there is no home H9 in the registry; the entry does nothing",
    ]
    assert doubts(BOOK, None, "none", 0) == []


def test_a_call_for_help_that_no_rule_answers_is_told() -> None:
    rules = tuple(rule for rule in LIBRARY if rule.id != "sos")
    (warning,) = doubts(Rulebook(rules), {}, "none", 0)
    assert warning.startswith("no rule raises an alert at 'sos'")


def test_a_year_that_the_calendar_does_not_know_is_told_a_month_before() -> None:
    last = max(day.year for day in chinese_calendar.holidays)
    assert calendar_ends("cn", ms(last, 6, 1)) == []
    (warning,) = calendar_ends("cn", ms(last, 12, 15))
    assert f"the holidays of {last + 1} are not known" in warning
    assert calendar_ends("cn", ms(last + 1, 6, 1)) == [warning]
    assert calendar_ends("none", ms(last + 1, 6, 1)) == []
    assert calendar_ends("cn", 0) == [], "a driven clock that nobody has told the time yet"
