"""Rules in YAML become ``Rule`` values, or every mistake is named with its place in the file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

import rules
from rules.conditions.event import EventHappens
from rules.rule import Rule
from rules.vocabulary import DEVICE_KINDS, EVENTS, METRICS

LIBRARY = Path(rules.__file__ or "").parent / "library"
PATH_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a rule file; line and column count from 1."""

    source: str
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}: {self.what}"


class RuleMistakes(Exception):  # noqa: N818 it carries many, and each is the writer's, not the program's
    """The rule files cannot be used; ``mistakes`` says why, in order."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def load_rules(folder: Path | None = None) -> tuple[Rule, ...]:
    """All rules of the ``*.yaml`` files of a folder (None: the built-in library), in order of file and place.

    Raises ``RuleMistakes`` with every mistake of every file.
    """
    files = sorted((folder or LIBRARY).glob("*.yaml"))
    if not files:
        raise RuleMistakes([Mistake(str(folder), 1, 1, "no *.yaml file in this folder; see [hub] rules")])
    every: list[Rule] = []
    mistakes: list[Mistake] = []
    where: dict[str, str] = {}
    for file in files:
        try:
            found = read_rules(_text(file), source=str(file))
        except RuleMistakes as error:
            mistakes += error.mistakes
            continue
        for rule, line in found:
            first = where.setdefault(rule.id, f"{file}:{line}")
            if first != f"{file}:{line}":
                what = f"rule {rule.id!r} stands already in {first}; each id may be used once"
                mistakes.append(Mistake(str(file), line, 1, what))
            every.append(rule)
    if mistakes:
        raise RuleMistakes(mistakes)
    return tuple(every)


def _text(file: Path) -> str:
    body = file.read_bytes()
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        what = f"not UTF-8: byte 0x{body[error.start]:02x}; save the file as UTF-8"
        raise RuleMistakes([Mistake(str(file), line, column, what)]) from None


def read_rules(text: str, *, source: str) -> list[tuple[Rule, int]]:
    """The rules of one file with the line each begins on; raises ``RuleMistakes``."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise RuleMistakes([Mistake(source, line, column, f"not YAML: {error.problem}")]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise RuleMistakes([Mistake(source, line, 1, f"not YAML: {error.reason}")]) from None
    if not isinstance(root, yaml.SequenceNode):
        raise RuleMistakes([Mistake(source, 1, 1, "must be a list of rules, each beginning with '- id:'")])
    found: list[tuple[Rule, int]] = []
    mistakes: list[Mistake] = []
    for node in root.value:
        try:
            plain = _plain(node)
            mistakes += [_mistake_at(key, f"{key.value!r} is given twice", source) for key in _twice(node)]
            found.append((msgspec.convert(plain, Rule), node.start_mark.line + 1))
        except yaml.MarkedYAMLError as error:
            mistakes.append(_mistake_at(node, f"not plain YAML: {error.problem}", source))
        except msgspec.ValidationError as error:
            mistakes.append(_mistake(error, node, source))
        except ValueError as error:  # a date that is none
            mistakes.append(_mistake_at(node, f"{error}; write texts in quotes", source))
    if mistakes:
        raise RuleMistakes(mistakes)
    return found


def unheeded_events(given: Iterable[Rule]) -> list[str]:
    """Calls for help that no rule answers: a folder of one's own replaces the library, falls and SOS included."""
    heeded = {
        event
        for rule in given
        if isinstance(rule.when.condition, EventHappens)
        for event in rule.when.condition.events
    }
    return [event for event in ("fall", "sos") if event not in heeded]


def rules_schema() -> dict[str, Any]:
    """The JSON Schema of a rule file, for editors."""
    return msgspec.json.schema(tuple[Rule, ...])


def _plain(node: yaml.Node) -> Any:  # noqa: ANN401 whatever the file holds
    loader = yaml.SafeLoader("")
    return loader.construct_object(node, deep=True)


def _mistake(error: msgspec.ValidationError, node: yaml.Node, source: str) -> Mistake:
    """Find the place of what msgspec complains of (``... - at `$.when.level` ``) in the file."""
    what, _, path = str(error).partition(" - at `$")
    wrong = re.search(r"unknown [\w ]+ [`'](\w+)[`']", what)
    place = _follow(node, path.rstrip("`"), word=wrong.group(1) if wrong else "")
    return _mistake_at(place, what + _hint(what, place, path), source)


def _mistake_at(node: yaml.Node, what: str, source: str) -> Mistake:
    return Mistake(source, node.start_mark.line + 1, node.start_mark.column + 1, what)


def _twice(node: yaml.Node) -> list[yaml.ScalarNode]:
    """Keys that a mapping in the rule gives more than once: YAML would keep the last and say nothing."""
    if isinstance(node, yaml.SequenceNode):
        return [key for child in node.value for key in _twice(child)]
    if not isinstance(node, yaml.MappingNode):
        return []
    names = [key.value for key, _ in node.value]
    again = [key for at, (key, _) in enumerate(node.value) if key.value in names[:at]]
    return again + [key for _, value in node.value for key in _twice(value)]


def _hint(what: str, place: yaml.Node, path: str) -> str:
    """What to do about it, beginning with '; ', or ''."""
    if suggestion := _suggest(what):
        return f"; did you mean {suggestion}?"
    if what.startswith("Expected `str`, got `") and isinstance(place, yaml.ScalarNode):
        return f'; write it in quotes: "{place.value}"'
    if path.rstrip("`").endswith("_s"):
        return "; write the time in seconds, as a whole number"
    return "; write 1 for true and 0 for false" if what.endswith("got `bool`") else ""


def _follow(node: yaml.Node, path: str, *, word: str) -> yaml.Node:
    for name, index in PATH_STEP.findall(path):
        if name and isinstance(node, yaml.MappingNode):
            node = next((value for found, value in node.value if found.value == name), node)
        elif index and isinstance(node, yaml.SequenceNode) and int(index) < len(node.value):
            node = node.value[int(index)]
    return _find(node, word) or node


def _find(node: yaml.Node, word: str) -> yaml.Node | None:
    """The key or scalar below ``node`` that reads ``word``."""
    if isinstance(node, yaml.ScalarNode):
        return node if node.value == word else None
    children = (
        [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    )
    return next((found for child in children if (found := _find(child, word))), None)


def _suggest(what: str) -> str:
    """The nearest known word to the one that is wrong, or ''."""
    wrong = re.search(r"(?:unknown (?:field|metric|event|device kind)|enum value) [`'](\w+)[`']", what)
    if wrong is None:
        return ""
    words = {*METRICS, *EVENTS, *DEVICE_KINDS, *_words_of(msgspec.json.schema(Rule))}
    near = difflib.get_close_matches(wrong.group(1), sorted(words), n=1, cutoff=0.6)
    return repr(near[0]) if near else ""


def _words_of(schema: object) -> set[str]:
    """All property names and fixed values of a JSON Schema."""
    if isinstance(schema, list):
        return set().union(*(_words_of(part) for part in schema))
    if not isinstance(schema, dict):
        return set()
    names = set(schema.get("properties", {})) | {
        word for word in schema.get("enum", []) if isinstance(word, str)
    }
    return names.union(*(_words_of(part) for part in schema.values()))
