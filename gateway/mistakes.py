"""YAML that people write: read into values, or every mistake named with its line, its column and what to do.

The YAML is version 1.2, as editors read it: ``off`` and ``no`` are words, ``21:00`` and ``2026-10-01`` are texts. Only
``true``, ``false``, ``null`` and plain numbers are anything else, and no key may stand twice.
"""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

T = TypeVar("T")
PATH_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+|\.\.\.)\]")
ANY = "..."  # as msgspec calls a value of a mapping whose keys are anybody's
# A word that is wrong, before or after what it should be, and perhaps those that are right.
WRONG_WORD = re.compile(
    r"(?:(?:unknown [\w ]+|enum value) [`'](?P<word>[^`']+)[`']|^'(?P<first>[^']+)' is no [\w ]+)(?:; \w+ are: (?P<right>.+))?"
)


# What to do where a text does not match.
PATTERNS = {
    "^[A-Za-z0-9_-]{1,64}$": "write letters a to z, digits, _ and - only, no blanks, at most 64",
    "^[a-z0-9-]{1,64}$": "write small letters a to z, digits and - only, no blanks, at most 64",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "write a day like 2026-03-02",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a file; line and column count from 1."""

    source: str
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}: {self.what}"


class FileMistakes(Exception):  # noqa: N818 it carries many, and each is the writer's, not the program's
    """The files cannot be used; ``mistakes`` says why, in order."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class Yaml12(yaml.SafeLoader):
    """PyYAML reads version 1.1, in which ``off: true`` has the key False and 21:00 is the number 1260."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


class SwiftYaml12(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # not in every build of PyYAML
    """The same by libyaml, ten times as fast: every start of a hub reads its rules."""


SwiftYaml12.yaml_implicit_resolvers = Yaml12.yaml_implicit_resolvers
# Where libyaml takes what PyYAML refuses: a file is right or wrong whichever is there.
READ_OTHERWISE = re.compile("[?\t\ufeff]")


def read_text(file: Path) -> str:
    """The text of a file; raises ``FileMistakes`` when it cannot be read or is not UTF-8."""
    try:
        body = file.read_bytes()
        return body.decode("utf-8-sig")
    except OSError as error:
        raise FileMistakes([Mistake(str(file), 1, 1, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        line, column = body.count(b"\n", 0, error.start) + 1, error.start - body.rfind(b"\n", 0, error.start)
        what = f"not UTF-8: byte 0x{body[error.start]:02x}; save the file as UTF-8"
        raise FileMistakes([Mistake(str(file), line, column, what)]) from None


def read_list(
    text: str, *, source: str, of: Callable[[yaml.Node], type[T]], begins: str
) -> list[tuple[T, yaml.Node]]:
    """The entries of a list in YAML, each as a value of the type that ``of`` gives its node, with that node.

    ``begins`` says what a list looks like, to those who wrote something else. Raises ``FileMistakes`` with every mistake.
    """
    return read_yaml(
        text, source=source, into=lambda root: _entries(root, source=source, of=of, begins=begins)
    )


def read_yaml(text: str, *, source: str, into: Callable[[yaml.Node | None], T]) -> T:
    """What ``into`` makes of the root of a YAML text; raises ``FileMistakes`` as it does, and where it is no YAML."""
    try:
        if not READ_OTHERWISE.search(text):
            with contextlib.suppress(FileMistakes, yaml.YAMLError, UnicodeEncodeError):
                return into(yaml.compose(text, Loader=SwiftYaml12))
        # What is wrong is told by PyYAML, in its words: it knows the place of a value that is not there, too.
        return into(_compose(text, source))
    except RecursionError:
        raise FileMistakes(
            [Mistake(source, 1, 1, "nested hundreds of levels deep; no file of ours is")]
        ) from None


def _entries(
    root: yaml.Node | None, *, source: str, of: Callable[[yaml.Node], type[T]], begins: str
) -> list[tuple[T, yaml.Node]]:
    if not isinstance(root, yaml.SequenceNode):
        raise FileMistakes([Mistake(source, 1, 1, f"must be a list of {begins}")])
    found: list[tuple[T, yaml.Node]] = []
    mistakes: list[Mistake] = []
    for node in root.value:
        try:
            found.append((value_of(node, of(node), source), node))
        except FileMistakes as error:
            mistakes += error.mistakes
    if mistakes:
        raise FileMistakes(mistakes)
    return found


def value_of(node: yaml.Node, kind: type[T], source: str) -> T:
    """What stands at a node, as a value of that type; raises ``FileMistakes``: keys given twice, and what is wrong."""
    mistakes: list[Mistake] = []
    try:
        plain = plain_of(node)
        mistakes += [mistake_at(key, f"{key.value!r} is given twice", source) for key in _twice(node)]
        value = msgspec.convert(plain, kind)
    except yaml.MarkedYAMLError as error:
        mistakes.append(mistake_at(node, f"not plain YAML: {error.problem}", source))
    except msgspec.ValidationError as error:
        mistakes.append(mistake_of(error, node, source, kind=kind))
    except ValueError as error:  # a number of thousands of digits
        mistakes.append(mistake_at(node, str(error), source))
    if mistakes:
        raise FileMistakes(mistakes)
    return value


def _compose(text: str, source: str) -> yaml.Node | None:
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=Yaml12)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise FileMistakes([Mistake(source, line, column, f"not YAML: {error.problem}")]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise FileMistakes([Mistake(source, line, 1, f"not YAML: {error.reason}")]) from None
    return root


def plain_of(node: yaml.Node) -> Any:  # noqa: ANN401 whatever the file holds
    """What a node says, in dicts, lists, texts and numbers."""
    return Yaml12("").construct_object(node, deep=True)


def mistake_at(node: yaml.Node, what: str, source: str) -> Mistake:
    """A mistake at the place where ``node`` begins."""
    return Mistake(source, node.start_mark.line + 1, node.start_mark.column + 1, what)


def mistake_of(error: msgspec.ValidationError, node: yaml.Node, source: str, *, kind: type) -> Mistake:
    """What msgspec complains of (``… - at `$.when.level` ``), at its place in the file, with what to do about it."""
    what, steps = parted(error)
    return told_at(child(node, *steps), what, source, kind=kind, of=steps)


def told_at(
    node: yaml.Node, what: str, source: str, *, kind: type, of: tuple[str | int, ...] = ()
) -> Mistake:
    """``what`` at the word below ``node`` that it names, else at ``node``; with what to do.

    ``of`` is the path to the node in a value of type ``kind``.
    """
    wrong = WRONG_WORD.search(what)
    if wrong is None:
        return mistake_at(node, what + _hint(what, node, of), source)
    word = wrong["word"] or wrong["first"]
    place = _find(node, word, keys="unknown field" in what) or node
    if wrong["right"]:
        return mistake_at(place, what + near(word, wrong["right"].split(", ")), source)
    choices = _choices(kind, of) if "enum value" in what else []
    known = f"; known are: {', '.join(choices)}" if choices else ""
    return mistake_at(place, what + (near(word, words_of(kind)) or known), source)


def parted(error: msgspec.ValidationError) -> tuple[str, tuple[str | int, ...]]:
    """What is wrong, and the steps from the whole value to the part that is."""
    what, _, path = str(error).partition(" - at `$")
    steps = PATH_STEP.findall(path)
    return what, tuple(name or (index if index == ANY else int(index)) for name, index in steps)


def child(node: yaml.Node, *steps: str | int) -> yaml.Node:
    """The node below ``node`` to which keys and positions (from 0) lead, or the last that is there."""
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            only = node.value[0][1] if step == ANY and len(node.value) == 1 else node
            node = next((value for key, value in node.value if key.value == step), only)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
    return node


def near(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'fall'?``, or nothing when no known word comes near."""
    found = difflib.get_close_matches(word, sorted({*known} - {word}), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def words_of(kind: type) -> set[str]:
    """All names of fields and all fixed words that a value of this type may hold."""
    return _words(msgspec.json.schema(kind))


def _choices(kind: type, path: tuple[str | int, ...]) -> list[str]:
    """The fixed words that a field of the name at the end of ``path`` may hold, in alphabetical order."""
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    return sorted({word for field in _fields(msgspec.json.schema(kind), name) for word in _fixed(field)})


def _fields(schema: object, name: str) -> list[object]:
    """What a schema says of every field of that name."""
    if isinstance(schema, list):
        return [field for part in schema for field in _fields(part, name)]
    if not isinstance(schema, dict):
        return []
    own = [field for key, field in schema.get("properties", {}).items() if key == name]
    return own + [field for part in schema.values() for field in _fields(part, name)]


def _fixed(schema: object) -> set[str]:
    if isinstance(schema, list):
        return set().union(*(_fixed(part) for part in schema))
    if not isinstance(schema, dict):
        return set()
    words = {word for word in schema.get("enum", []) if isinstance(word, str)}
    return words.union(*(_fixed(part) for part in schema.values()))


def _words(schema: object) -> set[str]:
    if isinstance(schema, list):
        return set().union(*(_words(part) for part in schema))
    if not isinstance(schema, dict):
        return set()
    names = set(schema.get("properties", {})) | {
        word for word in schema.get("enum", []) if isinstance(word, str)
    }
    return names.union(*(_words(part) for part in schema.values()))


def _twice(node: yaml.Node) -> list[yaml.ScalarNode]:
    """Keys that a mapping in the entry gives more than once: YAML would keep the last and say nothing."""
    if isinstance(node, yaml.SequenceNode):
        return [key for child in node.value for key in _twice(child)]
    if not isinstance(node, yaml.MappingNode):
        return []
    names = [key.value for key, _ in node.value]
    again = [key for at, (key, _) in enumerate(node.value) if key.value in names[:at]]
    return again + [key for _, value in node.value for key in _twice(value)]


def _find(node: yaml.Node, word: str, *, keys: bool) -> yaml.Node | None:
    """What reads ``word`` nearest below ``node``: among keys its own key, else a word that stands as a value."""
    if isinstance(node, yaml.MappingNode) and keys:
        return next((key for key, _ in node.value if key.value == word), None)
    level = [node]
    while level:
        for found in level:
            if isinstance(found, yaml.ScalarNode) and found.value == word:
                return found
        level = [below for found in level for below in _below(found)]
    return None


def _below(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _hint(what: str, place: yaml.Node, path: tuple[str | int, ...]) -> str:
    """What to do about it, beginning with '; ', or ''."""
    if what.startswith("Expected `str`, got `") and isinstance(place, yaml.ScalarNode):
        if path and path[-1] == ANY:  # an address, perhaps a telephone number, that no log shall show
            return "; write it in quotes"
        return f'; write it in quotes: "{place.value}"'
    pattern = what.partition(" matching regex ")[2].strip("'")
    if pattern in PATTERNS:
        return f"; {PATTERNS[pattern]}"
    if path and str(path[-1]).endswith("_s"):
        return "; write the time in seconds, as a whole number"
    return "; write 1 for true and 0 for false" if what.endswith("got `bool`") else ""
