"""The page for those who write rules names every key there is, and its examples are good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.rulebook.differences import Entry
from gateway.rulebook.load import Extends, read_rules
from rules.modes import KINDS
from rules.rule import Flapping, Rise, Rule, Shape
from rules.when import When

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = [text for text in re.findall(r"`(\w+: \{[^`]*\})` \|$", PAGE, re.MULTILINE) if "…" not in text]
KNOWN = {
    key
    for part in (Entry, Extends, Flapping, Rise, Rule, Shape, When)
    for key in part.__struct_encode_fields__
}


def test_every_key_and_every_mode_is_explained() -> None:
    named = {word for code in re.findall(r"`([^`\n]+)`", PAGE) for word in re.findall(r"\w+", code)}
    assert KNOWN | set(KINDS) <= named


def test_every_condition_has_an_example() -> None:
    joined = {"all", "any", "not"}
    assert {example.partition(":")[0] for example in EXAMPLES} == set(When.__struct_encode_fields__) - joined


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_a_condition_can_be_used(example: str) -> None:
    text = f"- id: x\n  kind: care\n  severity: notice\n  when:\n    {example}\n"
    assert read_rules(text + "  title: {zh: 题, en: T}\n  todo: {zh: [做], en: [Do]}\n", source=example)
