"""The published JSON Schemas: they accept what the loader accepts, refuse what it refuses, and leave no word unsaid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gateway.mistakes import FileMistakes, Yaml12, read_list
from gateway.rulebook.differences import Entry
from gateway.rulebook.load import LIBRARY, read_rules
from gateway.rulebook.schema import homes_schema, rules_schema

DOCS = Path(__file__).parents[3] / "docs"
PUBLISHED = {"rules.schema.json": rules_schema, "homes.schema.json": homes_schema}
FREE_TEXTS = {"Entry.reason", "Steps.en", "Steps.zh", "Words.en", "Words.zh"}

GOOD = """\
- id: door
  kind: care
  severity: notice
  when:
    all:
      of:
        - level: {metric: contact, equals: 0}
        - not:
            any:
              of:
                - presence: {is: [out]}
                - absence: {of: [motion], for_s: 60, to_time: "21:00"}
  title: {zh: 门未关, en: Door open}
  todo: {zh: [关门], en: [Close it]}
  held_by: [away]
  rooms: [entrance]
  shape: {rises: [{after_s: 60, to: urgent}]}
"""


def refused(text: str, schema: dict[str, Any]) -> bool:
    return not jsonschema.Draft202012Validator(schema).is_valid(yaml.load(text, Loader=Yaml12))  # noqa: S506 a safe one


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, part in schema["$defs"].items():
        for key, value in part["properties"].items():
            yield f"{name}.{key}", value


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_schema_is_what_the_code_says(name: str) -> None:
    published = json.loads((DOCS / name).read_text(encoding="utf-8"))
    now = json.loads(json.dumps(PUBLISHED[name]()))
    assert published == now, (
        f"write it anew: carehub rules schema --of {name.partition('.')[0]} > docs/{name}"
    )


@pytest.mark.parametrize("schema", PUBLISHED.values(), ids=PUBLISHED)
def test_a_schema_is_complete_for_editors(schema: Any) -> None:  # noqa: ANN401 a function of this module
    found = schema()
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$schema"].endswith("2020-12/schema")
    assert found["$id"].startswith("urn:carehub:")
    for name, part in found["$defs"].items():
        assert part["description"], name
        assert part["additionalProperties"] is False, name
    for name, value in properties(found):
        text = value.get("items", value)
        if text.get("type") == "string" and name not in FREE_TEXTS:
            assert "enum" in text or "pattern" in text, f"schema.py does not say what {name} may be"


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*.yaml")), ids=lambda file: file.name)
def test_the_schema_accepts_the_library(file: Path) -> None:
    assert not refused(file.read_text(encoding="utf-8"), rules_schema())


def test_the_schema_accepts_what_the_loader_accepts() -> None:
    assert read_rules(GOOD, source="r.yaml")
    assert not refused(GOOD, rules_schema())
    assert not refused("- {extends: library, without: [battery_low]}\n" + GOOD, rules_schema())
    assert not refused("- {home: H1, rule: door, off: true, reason: 因为}\n", homes_schema())


REFUSED = [
    ("metric: contact", "metric: contct"),
    ("equals", "equal"),
    ("equals: 0", "equals: 0, above: 1"),
    ("level: {metric: contact, equals: 0}", "rate: {metric: temperature, over_s: 60}"),
    ("level: {metric: contact, equals: 0}", "count: {at_least: 2, within_s: 60}"),
    ("level: {metric: contact, equals: 0}", "sequence: {first: {type: fall}, within_s: 60}"),
    ("level: {metric: contact, equals: 0}", "overdue: {of: [motion], for_s: 60}"),
    ("of: [motion]", "of: [presence]"),
    ("is: [out]", "is: [gone]"),
    ('to_time: "21:00"', 'to_time: "25:00"'),
    ("        - not:\n", "        - silent: {}\n          not:\n"),
    ("rooms: [entrance]", "rooms: [door]"),
    ("held_by: [away]", "held_by: [sleeping]"),
    ("to: urgent", "to: dire"),
    ("rises: [{after_s: 60", "rises: [{after: 60"),
    ("  severity: notice\n", ""),
    ("id: door", "id: front door"),
    ("- id: door", "- extends: the library\n- id: door"),
]


@pytest.mark.parametrize(("right", "wrong"), REFUSED)
def test_the_schema_refuses_what_the_loader_refuses(right: str, wrong: str) -> None:
    assert right in GOOD
    text = GOOD.replace(right, wrong, 1)
    with pytest.raises(FileMistakes):
        read_rules(text, source="r.yaml")
    assert refused(text, rules_schema())


@pytest.mark.parametrize(
    "text", ["- {rule: door, off: true}", "- {home: H1, rule: door, wiht: {}}", "- {home: 1, rule: door}"]
)
def test_the_schema_refuses_differences_that_the_loader_refuses(text: str) -> None:
    with pytest.raises(FileMistakes):
        read_list(text, source="homes.yaml", of=lambda _: Entry, begins="entries")
    assert refused(text, homes_schema())


def test_hovering_over_a_key_tells_what_the_docstring_says_of_it() -> None:
    found = dict(properties(rules_schema()))
    assert "come back by `hysteresis`" in found["Level.hysteresis"]["description"]
    assert "`without`" in found["Extends.without"]["description"]
