"""The rule files of a hub: which rules there are, and how single homes differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import yaml

import rules
from gateway.mistakes import FileMistakes, Mistake, child, mistake_at, near, read_list, read_text
from gateway.rulebook.differences import HOMES_FILE, Difference, read_differences
from rules.conditions.condition import Condition
from rules.conditions.event import EventHappens
from rules.rule import Rule, RuleId
from rules.when import AnyOf
from rules.world import Override

LIBRARY = Path(rules.__file__ or "").parent / "library"
NO_FILES = "no *.yaml file in this folder; see [hub] rules"
BEGINS = "rules, each beginning with '- id:'"


class Extends(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The built-in rules hold as well, but for those named in ``without``; a rule of the same id stands in for its own."""

    extends: Literal["library"]
    without: tuple[RuleId, ...] = ()


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules of a hub, in order, and how single homes and facilities differ."""

    rules: tuple[Rule, ...]
    differences: tuple[Difference, ...] = ()

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The differences as the core reads them."""
        return tuple(difference.override for difference in self.differences)


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at one place of a rule file."""

    value: Rule | Extends
    node: yaml.Node
    source: str

    def mistake(self, what: str, *path: str | int) -> Mistake:
        """``what``, at the part of the entry that ``path`` leads to."""
        return mistake_at(child(self.node, *path), what, self.source)


def load_rulebook(folder: Path | None = None, homes: Path | None = None) -> Rulebook:
    """The rules of ``folder`` with the differences of the file ``homes``, by default its ``homes.yaml``, if it is there.

    Raises ``FileMistakes`` with every mistake of every file.
    """
    found = load_rules(folder, homes=homes)
    beside = folder / HOMES_FILE if folder and (folder / HOMES_FILE).exists() else None
    if homes and beside and homes.resolve() != beside.resolve():
        what = f"[hub] overrides names {homes}; keep one of the two files"
        raise FileMistakes([Mistake(str(beside), 1, 1, what)])
    file = homes or beside
    return Rulebook(found, read_differences(read_text(file), source=str(file), rules=found) if file else ())


def load_rules(folder: Path | None = None, *, homes: Path | None = None) -> tuple[Rule, ...]:
    """All rules of the ``*.yaml`` files of a folder (None: the built-in library), in order of file and place.

    ``homes.yaml``, and the file ``homes``, are about single homes and left out. With ``extends: library`` in one of the
    files the built-in rules come first. Raises ``FileMistakes`` with every mistake.
    """
    there = (folder or LIBRARY).glob("*.yaml")
    about_homes = homes.resolve() if homes else None
    files = sorted(file for file in there if file.name != HOMES_FILE and file.resolve() != about_homes)
    if not files:
        raise FileMistakes([Mistake(str(folder or LIBRARY), 1, 1, NO_FILES)])
    entries: list[Entry] = []
    mistakes: list[Mistake] = []
    for file in files:
        try:
            entries += _read_entries(read_text(file), source=str(file))
        except FileMistakes as error:
            mistakes += error.mistakes
    mistakes += _named_twice(entries)
    if mistakes:
        raise FileMistakes(mistakes)
    every = _joined(entries)
    mistakes = _unknown_rules(entries, {rule.id for rule in every})
    if mistakes:
        raise FileMistakes(mistakes)
    return every


def read_rules(text: str, *, source: str) -> list[tuple[Rule, int]]:
    """The rules of one file with the line each begins on; raises ``FileMistakes``."""
    return [
        (entry.value, entry.node.start_mark.line + 1)
        for entry in _read_entries(text, source=source)
        if isinstance(entry.value, Rule)
    ]


def unheeded_events(given: Iterable[Rule]) -> list[str]:
    """Calls for help that no rule answers: a folder of one's own replaces the library, falls and SOS included."""
    heeded = {event for rule in given for event in _answered(rule.when.condition)}
    return [event for event in ("fall", "sos") if event not in heeded]


def _answered(condition: Condition) -> Iterable[str]:
    if isinstance(condition, EventHappens):
        return condition.events
    if isinstance(condition, AnyOf):
        return [event for part in condition.parts for event in _answered(part)]
    return ()


def _read_entries(text: str, *, source: str) -> list[Entry]:
    def kind(node: yaml.Node) -> type[Rule | Extends]:
        keys = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        return Extends if "extends" in keys and "id" not in keys else Rule

    return [
        Entry(value, node, source) for value, node in read_list(text, source=source, of=kind, begins=BEGINS)
    ]


def _named_twice(entries: list[Entry]) -> list[Mistake]:
    first: dict[str, Entry] = {}
    mistakes = []
    for entry in entries:
        name, path = (
            (entry.value.id, "id") if isinstance(entry.value, Rule) else ("extends: library", "extends")
        )
        known = first.setdefault(name, entry)
        if known is not entry:
            where = f"{known.source}:{known.node.start_mark.line + 1}"
            mistakes.append(entry.mistake(f"{name!r} stands already in {where}; once is enough", path))
    return mistakes


def _joined(entries: list[Entry]) -> tuple[Rule, ...]:
    """The rules of the entries, after those of the library they extend; one of the same id takes the place there."""
    own = {entry.value.id: entry.value for entry in entries if isinstance(entry.value, Rule)}
    extended = next((entry.value for entry in entries if isinstance(entry.value, Extends)), None)
    if extended is None:
        return tuple(own.values())
    kept = [rule for rule in load_rules() if rule.id not in extended.without]
    return tuple(own.pop(rule.id, rule) for rule in kept) + tuple(own.values())


def _unknown_rules(entries: list[Entry], every: set[str]) -> list[Mistake]:
    """Where an entry names a rule that there is not."""
    mistakes = []
    for entry in entries:
        known = every if isinstance(entry.value, Rule) else {rule.id for rule in load_rules()}
        for name, path in _rules_named(entry.value):
            if name not in known:
                mistakes.append(entry.mistake(f"there is no rule {name!r}{near(name, known)}", *path))
    return mistakes


def _rules_named(value: Rule | Extends) -> list[tuple[str, tuple[str | int, ...]]]:
    if isinstance(value, Extends):
        return [(name, ("without", at)) for at, name in enumerate(value.without)]
    at_one = isinstance(value.lowers, str)
    lowered = [(name, ("lowers",) if at_one else ("lowers", at)) for at, name in enumerate(value.lowered)]
    inhibiting = enumerate(value.shape.inhibited_by)
    return [*lowered, *((name, ("shape", "inhibited_by", at)) for at, name in inhibiting)]
