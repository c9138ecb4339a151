"""``homes.yaml``: a rule as one home has it, and what is said when that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.mistakes import FileMistakes
from gateway.rulebook.differences import Difference, read_differences
from gateway.rulebook.load import load_rulebook, read_rules
from rules.rule import Rule
from rules.world import Override

TODO = "  title: {zh: 题, en: Title}\n  todo: {zh: [做], en: [Do]}\n"
RULES = f"""\
- id: bathroom
  kind: care
  severity: notice
  applies_to: home
  when:
    level: {{metric: presence, equals: 1, for_s: 2400}}
{TODO}
- id: fall
  kind: life_safety
  severity: critical
  when:
    event: {{type: fall, min_confidence: 0.5}}
  shape: {{rises: [{{after_s: 60, to: critical}}]}}
{TODO}
- id: cold_and_open
  kind: care
  severity: notice
  when:
    all:
      of:
        - level: {{metric: temperature, below: 14, for_s: 1800}}
        - any:
            of:
              - level: {{metric: contact, equals: 0, for_s: 600}}
              - not:
                  level: {{metric: presence, equals: 1}}
{TODO}
- id: room_full
  kind: facility
  severity: notice
  applies_to: facility
  when:
    level: {{metric: occupancy, above: capacity, total: true}}
{TODO}"""
ALL: tuple[Rule, ...] = tuple(rule for rule, _ in read_rules(RULES, source="rules.yaml"))


def differences(text: str) -> tuple[Difference, ...]:
    return read_differences(text, source="homes.yaml", rules=ALL)


def one(text: str) -> Difference:
    (found,) = differences(text)
    return found


def rebuilt(**more: str) -> Rule:
    """The rule ``bathroom`` of a file in which these words stand instead."""
    text = RULES
    for old, new in more.values():
        assert old in text
        text = text.replace(old, new, 1)
    return read_rules(text, source="rules.yaml")[0][0]


def test_a_home_has_other_numbers_as_if_they_stood_in_the_rule_file() -> None:
    found = one("- {home: H0001, rule: bathroom, with: {for_s: 3600}, reason: 有便秘}\n")
    assert found.override == Override("H0001", "bathroom", rebuilt(a=("2400", "3600")))
    assert str(found) == "H0001 bathroom: for_s 2400 → 3600 (有便秘)"


def test_a_home_has_another_severity() -> None:
    found = one("- {home: H0001, rule: bathroom, with: {severity: urgent}}\n")
    assert found.override.instead == rebuilt(a=("severity: notice", "severity: urgent"))
    assert found.what == "severity notice → urgent"


def test_a_rule_is_off_in_a_home() -> None:
    found = one("- {home: H0002, rule: bathroom, off: true, reason: 自己要求}\n")
    assert found.override == Override("H0002", "bathroom", None)
    assert str(found) == "H0002 bathroom: off (自己要求)"


def test_what_the_rule_leaves_to_the_default_can_be_given_as_well() -> None:
    found = one("- {home: H0002, rule: bathroom, with: {hysteresis: 1, rooms: [bathroom]}}\n")
    assert found.override.instead == rebuilt(
        a=("for_s: 2400", "for_s: 2400, hysteresis: 1"), b=("applies_to", "rooms: [bathroom]\n  applies_to")
    )
    assert found.what == 'hysteresis 0.0 → 1, rooms [] → ["bathroom"]'


def test_a_facility_is_a_place_too() -> None:
    found = one("- {facility: F-hall, rule: room_full, with: {hysteresis: 2}}\n")
    assert (found.place_kind, found.override.key) == ("facility", "F-hall")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("all.of.1.level.for_s", "for_s: 1800"),
        ("2.any.of.1.level.for_s", "for_s: 600"),
        ("any.of.1.level.for_s", "for_s: 600"),
        ("below", "below: 14"),
    ],
)
def test_a_parameter_is_found_wherever_it_stands(name: str, place: str) -> None:
    """The name alone where only one is given in the rule, else as much of its path as tells them apart."""
    found = one(f"- {{home: H0001, rule: cold_and_open, with: {{{name}: 7}}}}\n")
    expected = RULES.replace(place, f"{place.split(':', maxsplit=1)[0]}: 7", 1)
    assert found.override.instead == read_rules(expected, source="rules.yaml")[2][0]


def test_differences_come_by_place_and_rule_however_they_stand() -> None:
    lines = [
        f"- {{home: {home}, rule: {rule}, with: {{severity: urgent}}}}"
        for home in ("H2", "H1")
        for rule in ("cold_and_open", "bathroom")
    ]
    there = [(d.override.key, d.override.rule) for d in differences("\n".join(lines))]
    assert there == [("H1", "bathroom"), ("H1", "cold_and_open"), ("H2", "bathroom"), ("H2", "cold_and_open")]
    back = differences("\n".join(reversed(lines)))
    assert [d.override for d in back] == [d.override for d in differences("\n".join(lines))]


MISTAKES = {
    "an unknown rule": (
        "- {home: H1, rule: bathrom, off: true}",
        "1:20: there is no rule 'bathrom'; did you mean 'bathroom'?",
    ),
    "an unknown parameter": (
        "- {home: H1, rule: fall, with: {min_confidense: 0.7}}",
        (
            "1:33: rule 'fall' has no 'min_confidense'; it has: after_s, again_within_s, device_kinds, group_within_s, "
            "held_by, inhibited_by, min_confidence, rooms, severity, to, type; did you mean 'min_confidence'?"
        ),
    ),
    "a parameter in several places": (
        "- {home: H1, rule: cold_and_open, with: {for_s: 60}}",
        (
            "1:42: 'for_s' stands in 2 places of rule 'cold_and_open'; write one of: "
            "all.of.1.level.for_s, all.of.2.any.of.1.level.for_s"
        ),
    ),
    "a parameter that no home has to itself": (
        "- {home: H1, rule: bathroom, with: {kind: device}}",
        "1:37: rule 'bathroom' has no 'kind'; it has: above, again_within_s, ",
    ),
    "a unit in a number": (
        "- {home: H1, rule: bathroom, with: {severity: urgent, for_s: 1 h}}",
        "1:62: Expected `int`, got `str`; write the time in seconds, as a whole number",
    ),
    "a word that is none": (
        "- {home: H1, rule: bathroom, with: {severity: urgnt}}",
        "1:47: Invalid enum value 'urgnt'; did you mean 'urgent'?",
    ),
    "a metric that is none": (
        "- {home: H1, rule: bathroom, with: {metric: presense}}",
        "1:45: unknown metric 'presense'",
    ),
    "what the condition refuses": (
        "- {home: H1, rule: bathroom, with: {for_s: -1}}",
        "1:44: for_s and hysteresis must not be negative",
    ),
    "what the condition refuses deep inside": (
        "- {home: H1, rule: cold_and_open, with: {any.of.1.level.for_s: -1, below: 3}}",
        "1:64: for_s and hysteresis must not be negative",
    ),
    "two limits": (
        "- {home: H1, rule: bathroom, with: {above: 1, for_s: 60}}",
        "1:36: needs exactly one of: above, below, equals",
    ),
    "no place": ("- {rule: bathroom, off: true}", "1:3: needs exactly one of: home, facility"),
    "two places": (
        "- {home: H1, facility: F1, rule: bathroom, off: true}",
        "1:3: needs exactly one of: home, facility",
    ),
    "nothing that differs": (
        "- {home: H1, rule: bathroom}",
        "1:3: needs exactly one of: with: {for_s: 3600}, off: true",
    ),
    "off, and with": (
        "- {home: H1, rule: bathroom, off: true, with: {for_s: 60}}",
        "1:3: needs exactly one of: with: {for_s: 3600}, off: true",
    ),
    "a key that is none": (
        "- {home: H1, rule: bathroom, wiht: {for_s: 60}}",
        "1:30: Object contains unknown field `wiht`; did you mean 'with'?",
    ),
    "a home has no halls": (
        "- {home: H1, rule: room_full, off: true}",
        "1:20: rule 'room_full' is about a facility, H1 is a home",
    ),
    "the same twice": (
        "- {home: H1, rule: bathroom, off: true}\n- {home: H1, rule: bathroom, with: {for_s: 60}}",
        "2:3: H1 and rule 'bathroom' stand already on line 1; join the two",
    ),
    "life safety off without a reason": (
        "- {home: H1, rule: fall, off: true}",
        "1:3: rule 'fall' is about life and limb: say why this home differs; add reason: …",
    ),
    "life safety that differs without a reason": (
        "- {home: H1, rule: fall, with: {min_confidence: 0.9}}",
        "1:3: rule 'fall' is about life and limb: say why this home differs; add reason: …",
    ),
    "no list": (
        "H1: {bathroom: off}",
        "1:1: must be a list of entries, each beginning with '- home:' or '- facility:'",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_about_a_home_is_named_with_its_place_and_a_remedy(name: str) -> None:
    text, expected = MISTAKES[name]
    with pytest.raises(FileMistakes) as caught:
        differences(text + "\n")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"homes.yaml:{expected}")


def test_every_mistake_about_homes_is_named() -> None:
    text = "- {home: H1, rule: bath, off: true}\n- {home: H1, rule: fall, off: true}\n- {home: H2, rule: x, off: true}\n"
    with pytest.raises(FileMistakes) as caught:
        differences(text)
    assert [mistake.line for mistake in caught.value.mistakes] == [1, 2, 3]


@pytest.mark.parametrize("lowered", ["off: true", "with: {severity: notice}"])
def test_life_safety_may_differ_for_a_reason(lowered: str) -> None:
    found = one(f"- {{home: H1, rule: fall, {lowered}, reason: 已搬至养老院}}\n")
    assert found.reason == "已搬至养老院"


def test_a_folder_brings_its_own_homes(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "homes.yaml").write_text("- {home: H1, rule: bathroom, off: true}\n", encoding="utf-8")
    book = load_rulebook(tmp_path)
    assert [rule.id for rule in book.rules] == ["bathroom", "fall", "cold_and_open", "room_full"]
    assert book.overrides == (Override("H1", "bathroom", None),)
    assert book.differences[0].source == str(tmp_path / "homes.yaml")


def test_the_built_in_rules_have_their_homes_in_a_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text("- {home: H1, rule: battery_low, off: true}\n", encoding="utf-8")
    assert load_rulebook(None, file).overrides == (Override("H1", "battery_low", None),)
    assert load_rulebook().overrides == ()


def test_of_two_files_of_homes_neither_is_passed_over_in_silence(tmp_path: Path) -> None:
    off = (Override("H1", "bathroom", None),)
    ours, beside = tmp_path / "ours.yaml", tmp_path / "homes.yaml"
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    ours.write_text("- {home: H1, rule: bathroom, off: true}\n", encoding="utf-8")
    assert load_rulebook(tmp_path, ours).overrides == off
    ours.rename(beside)
    assert load_rulebook(tmp_path, beside).overrides == off
    ours.write_text("- {home: H1, rule: bathroom, off: true}\n", encoding="utf-8")
    with pytest.raises(
        FileMistakes, match=r"homes\.yaml:1:1: \[hub\] overrides names .*ours\.yaml; keep one"
    ):
        load_rulebook(tmp_path, ours)


def test_a_file_of_homes_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMistakes, match=r"nowhere\.yaml:1:1: cannot be read: No such file"):
        load_rulebook(None, tmp_path / "nowhere.yaml")
