"""A folder of rules as a whole: the library it may extend, the rules it names, the places its mistakes are at."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gateway import mistakes
from gateway.mistakes import FileMistakes, SwiftYaml12, Yaml12
from gateway.rulebook.load import LIBRARY, load_rules, read_rules, unheeded_events

RULE = """\
- id: {id}
  kind: care
  severity: notice
  when: {when}
  title: {{zh: 题, en: Title}}
  todo: {{zh: [做], en: [Do]}}
{more}
"""
COLD = "{level: {metric: temperature, below: 16, for_s: 1800}}"
LIBRARY_IDS = [rule.id for rule in load_rules()]


def rule(name: str = "cold", *, when: str = COLD, more: str = "") -> str:
    return RULE.format(id=name, when=when, more=f"  {more}" if more else "")


def complaint(folder: Path, text: str) -> list[str]:
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FileMistakes) as caught:
        load_rules(folder)
    return [f"{m.line}:{m.column}: {m.what}" for m in caught.value.mistakes]


# the library, extended


def test_a_folder_replaces_the_library(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(rule(), encoding="utf-8")
    assert [found.id for found in load_rules(tmp_path)] == ["cold"]


def test_a_folder_that_extends_the_library_adds_to_it_and_replaces_rules_of_the_same_id(
    tmp_path: Path,
) -> None:
    text = "- {extends: library, without: [over_capacity]}\n" + rule("battery_low") + rule("cold")
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    found = load_rules(tmp_path)
    assert [each.id for each in found] == [i for i in LIBRARY_IDS if i != "over_capacity"] + ["cold"]
    assert next(each for each in found if each.id == "battery_low").title.en == "Title"
    assert unheeded_events(found) == []


def test_extending_alone_is_the_library(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("- extends: library\n", encoding="utf-8")
    assert load_rules(tmp_path) == load_rules()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- extends: libary\n", "1:12: Invalid enum value 'libary'; did you mean 'library'?"),
        (
            "- {extends: library, wihtout: [fall]}\n",
            "1:22: Object contains unknown field `wihtout`; did you mean 'without'?",
        ),
        (
            "- extends: library\n  without: [sos, bttery_low]\n",
            "2:18: there is no rule 'bttery_low'; did you mean 'battery_low'?",
        ),
    ],
)
def test_a_mistake_in_extending_is_named(tmp_path: Path, text: str, expected: str) -> None:
    assert complaint(tmp_path, text) == [expected]


def test_extending_twice_is_once_too_often(tmp_path: Path) -> None:
    (what,) = complaint(tmp_path, "- extends: library\n- extends: library\n")
    assert what == f"2:12: 'extends: library' stands already in {tmp_path}/own.yaml:1; once is enough"


# rules that name rules


def test_a_rule_that_is_named_and_not_there_is_told(tmp_path: Path) -> None:
    text = rule(more="shape: {inhibited_by: [colder, hall_full]}") + rule("colder")
    assert complaint(tmp_path, text) == ["7:34: there is no rule 'hall_full'"]
    doubtful = rule("doubtful", when="{event: {type: fall}}", more="lowers: fal") + rule("fall")
    assert complaint(tmp_path, doubtful) == ["7:11: there is no rule 'fal'; did you mean 'fall'?"]


def test_a_rule_of_the_library_that_is_extended_can_be_named(tmp_path: Path) -> None:
    text = "- extends: library\n" + rule(more="shape: {inhibited_by: [gateway_lost]}")
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    assert load_rules(tmp_path)[-1].shape.inhibited_by == ("gateway_lost",)


def test_a_call_for_help_is_heeded_by_a_rule_on_it_alone_or_as_one_of_several() -> None:
    def unheeded(when: str) -> list[str]:
        return unheeded_events([found for found, _ in read_rules(rule(when=when), source="r.yaml")])

    assert unheeded("{any: {of: [{event: {type: fall}}, {event: {type: sos}}]}}") == []
    assert unheeded("{all: {of: [{event: {type: fall}}, {presence: {is: [in]}}]}}") == ["fall", "sos"]
    assert unheeded("{event: {type: sos}}") == ["fall"]


# deep inside

DEEP = """\
- id: deep
  kind: care
  severity: notice
  when:
    all:
      of:
        - level: {metric: temperature, below: 14}
        - any:
            of:
              - not:
                  level:
                    metric: contact
                    equals: 1
              - absence: {of: [motion], for_s: 3600}
      for_s: 60
  shape:
    rises:
      - {after_s: 600, to: urgent}
    flapping: {changes: 4, within_s: 600}
  title: {zh: 题, en: Title}
  todo: {zh: [做], en: [Do]}
"""
DEEP_MISTAKES = {
    "a key": (
        "equals: 1",
        "equal: 1",
        "13:21: Object contains unknown field `equal`; did you mean 'equals'?",
    ),
    "a key that is right elsewhere": (
        "      for_s: 60",
        "      below: 60",
        "15:7: Object contains unknown field `below`",
    ),
    "a metric": ("metric: contact", "metric: contct", "12:29: unknown metric 'contct'; known are: "),
    "a number": (
        "for_s: 3600",
        "for_s: 1h",
        "14:48: Expected `int`, got `str`; write the time in seconds, as a whole number",
    ),
    "an activity": ("of: [motion]", "of: [battery]", "14:32: 'battery' is no activity; activities are: "),
    "two in one": (
        "              - not:",
        "              - event: {type: fall}\n                not:",
        "10:17: needs exactly one of: ",
    ),
    "one part only": ("        - level: {metric: temperature, below: 14}\n", "", "6:7: needs two to 6 parts"),
    "a negative time": ("      for_s: 60", "      for_s: -60", "6:7: for_s must not be negative"),
    "a severity": ("to: urgent", "to: urgnt", "18:28: Invalid enum value 'urgnt'; did you mean 'urgent'?"),
    "too little to flap": ("changes: 4", "changes: 2", "19:15: changes must be at least 3"),
    "steps that do not rise": (
        "      - {after_s: 600, to: urgent}",
        "      - {after_s: 600, to: urgent}\n      - {after_s: 60, to: critical}",
        "17:5: rises: at most 3, each later than the one before",
    ),
    "an event turned round": (
        "                  level:\n                    metric: contact\n                    equals: 1",
        "                  event: {type: fall}",
        "10:17: an event has no opposite",
    ),
}


@pytest.mark.parametrize("name", DEEP_MISTAKES)
def test_a_mistake_deep_inside_is_told_at_its_place(name: str) -> None:
    right, wrong, expected = DEEP_MISTAKES[name]
    assert right in DEEP
    assert read_rules(DEEP, source="r.yaml")
    with pytest.raises(FileMistakes) as caught:
        read_rules(DEEP.replace(right, wrong, 1), source="r.yaml")
    (told,) = str(caught.value).splitlines()
    assert told.removeprefix("r.yaml:").startswith(expected)


# whichever reader is there


def places(node: yaml.Node) -> object:
    """What a node says and where, with all below it."""
    here = (node.tag, node.start_mark.line, node.start_mark.column)
    if isinstance(node, yaml.MappingNode):
        return here, [(places(key), places(value)) for key, value in node.value]
    return here, node.value if isinstance(node, yaml.ScalarNode) else [places(part) for part in node.value]


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*.yaml")), ids=lambda file: file.stem)
def test_libyaml_reads_what_pyyaml_reads_at_the_same_places(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    found = [yaml.compose(text, Loader=reader) for reader in (SwiftYaml12, Yaml12)]  # type: ignore[arg-type]
    assert places(found[0]) == places(found[1])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("题", "题?"),
        ("题", "题\t目"),
        ("题", "题\ufeff目"),
        ("题", "题\ud800"),
        ("Title", ""),
        ("kind: care", "kind: "),
        ("kind: care", "? kind"),
        ("  kind", "\tkind"),
        ("[做]", "[做"),
        ("care", "*care"),
    ],
)
def test_a_file_is_right_or_wrong_in_the_same_words_without_libyaml(
    monkeypatch: pytest.MonkeyPatch, right: str, wrong: str
) -> None:
    def outcome() -> object:
        try:
            return read_rules(rule().replace(right, wrong, 1), source="r.yaml")
        except FileMistakes as error:
            return error.mistakes

    assert right in rule()
    with_it = outcome()
    monkeypatch.setattr(mistakes, "SwiftYaml12", Yaml12)
    assert outcome() == with_it
