"""A scenario file becomes a ``Scenario``, or every mistake is named with file, line, column and what to write.

The YAML is version 1.2 in this: ``on`` and ``off`` are words and ``21:00`` is a text, as editors read them.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from firmware_sim.scenario.check import faults_of
from firmware_sim.scenario.format import Scenario

STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")
UNKNOWN = re.compile(r"unknown field `(?P<word>[^`]+)`")
HINTS = {
    "(?:ms|s|m|h|d)": "write a length of time: 90s, 2m, 1h30m or 7d",
    "[0-5][0-9]$": 'write a time of day in quotes: "23:30"',
    "{1,64}": "write letters a to z, digits, _ and - only, at most 64",
    "[0-9a-fA-F]{2}": "write two digits 0-9, a-f for each byte",
    "[a-z_]": "write small letters and _ only, such as fall_bathroom",
}


class Yaml12(yaml.SafeLoader):
    """PyYAML reads version 1.1, in which 21:00 is the number 1260."""


Yaml12.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)?\.[0-9]+", list("-+.0123456789")),
):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong; line and column count from 1."""

    source: str
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}: {self.what}"


class ScenarioMistakes(Exception):  # noqa: N818 it carries many, and each is the writer's
    """The file is no scenario that can be played; ``mistakes`` says why, in order."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file; raises ``ScenarioMistakes``."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise ScenarioMistakes([Mistake(str(path), 1, 1, f"cannot be read: {problem.strerror}")]) from None
    except UnicodeDecodeError:
        raise ScenarioMistakes([Mistake(str(path), 1, 1, "not UTF-8; save the file as UTF-8")]) from None
    return scenario_of(text, source=str(path))


def scenario_of(text: str, *, source: str) -> Scenario:
    """The scenario that a text says; raises ``ScenarioMistakes`` with ``source`` as the file's name."""
    try:
        return _scenario(text, source)
    except RecursionError:
        what = "nested too deep, or a part of itself: no scenario is"
        raise ScenarioMistakes([Mistake(source, 1, 1, what)]) from None


def _scenario(text: str, source: str) -> Scenario:
    root = _composed(text, source)
    twice = [_at(key, f"{key.value!r} is given twice: leave one", source) for key in _twice(root)]
    if twice:
        raise ScenarioMistakes(twice)
    try:
        plain = Yaml12("").construct_object(root, deep=True)
        scenario = msgspec.convert(plain, Scenario)
    except yaml.MarkedYAMLError as problem:
        raise ScenarioMistakes([_at(root, f"not plain YAML: {problem.problem}", source)]) from None
    except msgspec.ValidationError as problem:
        raise ScenarioMistakes([_told(problem, root, source)]) from None
    except ValueError as problem:  # a number of thousands of digits
        raise ScenarioMistakes([_at(root, str(problem), source)]) from None
    wrong = faults_of(scenario)
    if wrong:
        raise ScenarioMistakes([_at(_child(root, *each.path), each.what, source) for each in wrong])
    return scenario


def _composed(text: str, source: str) -> yaml.Node:
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=Yaml12)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ScenarioMistakes([Mistake(source, line, column, f"not YAML: {problem.problem}")]) from None
    except yaml.reader.ReaderError as problem:
        line = text.count("\n", 0, problem.position) + 1
        raise ScenarioMistakes([Mistake(source, line, 1, f"not YAML: {problem.reason}")]) from None
    if not isinstance(root, yaml.MappingNode):
        raise ScenarioMistakes([Mistake(source, 1, 1, "begin with the line: format: carehub-scenario/1")])
    return root


def _told(problem: msgspec.ValidationError, root: yaml.Node, source: str) -> Mistake:
    """What msgspec complains of, at its place, with what to do about it."""
    what, _, path = str(problem).partition(" - at `$")
    steps = tuple(name or int(index) for name, index in STEP.findall(path))
    place = _child(root, *steps)
    unknown = UNKNOWN.search(what)
    if unknown and isinstance(place, yaml.MappingNode):
        key = next((key for key, _ in place.value if key.value == unknown["word"]), place)
        known = sorted(_fields())
        near = difflib.get_close_matches(unknown["word"], known, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]!r}?" if near else "docs/simulator.md lists what may stand here"
        if " " in unknown["word"]:
            hint = "a text with a comma in it stands in quotes"
        return _at(key, f"no {unknown['word']!r} may stand here; {hint}", source)
    if what.startswith("Invalid enum value") and steps and steps[-1] == "format":
        return _at(place, "this version reads format: carehub-scenario/1", source)
    pattern = what.partition(" matching regex ")[2]
    hint = next((f"; {hint}" for part, hint in HINTS.items() if pattern and part in pattern), "")
    if what.startswith("Invalid enum value"):
        hint = f"; choose one of {', '.join(_choices(steps))}" if _choices(steps) else hint
    if "got `int`" in what or "got `float`" in what:
        hint = hint or "; write it in quotes, a length of time with its unit: 90s"
    return _at(place, what[0].lower() + what[1:] + hint, source)


def _fields() -> set[str]:
    """Every key that may stand anywhere in a scenario."""
    parts = msgspec.json.schema_components((Scenario,))[1]
    return {name for part in parts.values() for name in part.get("properties", {})}


def _choices(steps: tuple[str | int, ...]) -> list[str]:
    """The words that the field at the end of the path may hold."""
    name = next((step for step in reversed(steps) if isinstance(step, str)), "")
    parts = msgspec.json.schema_components((Scenario,))[1]
    found = [part["properties"][name] for part in parts.values() if name in part.get("properties", {})]
    return sorted({word for schema in found for word in _enums(schema) if isinstance(word, str)})


def _enums(schema: object) -> list[object]:
    if isinstance(schema, dict):
        return [*schema.get("enum", ()), *(word for part in schema.values() for word in _enums(part))]
    return [word for part in schema for word in _enums(part)] if isinstance(schema, list) else []


def _child(node: yaml.Node, *steps: str | int) -> yaml.Node:
    """The node to which keys and positions lead, or the last that is there."""
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            found: yaml.Node = next((value for key, value in node.value if key.value == step), node)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
        else:
            return node
        node = found
    return node


def _twice(node: yaml.Node) -> list[yaml.ScalarNode]:
    """Keys that a mapping gives more than once: YAML would keep the last and say nothing."""
    if isinstance(node, yaml.SequenceNode):
        return [key for child in node.value for key in _twice(child)]
    if not isinstance(node, yaml.MappingNode):
        return []
    names = [key.value for key, _ in node.value]
    again = [key for at, (key, _) in enumerate(node.value) if key.value in names[:at]]
    return again + [key for _, value in node.value for key in _twice(value)]


def _at(node: yaml.Node, what: str, source: str) -> Mistake:
    return Mistake(source, node.start_mark.line + 1, node.start_mark.column + 1, what)
