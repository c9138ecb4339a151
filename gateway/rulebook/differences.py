"""How single homes differ: ``homes.yaml`` gives a rule other numbers in one home or facility, or switches it off there.

Theory of operation
-------------------
An entry names parameters inside the rule by the names they have in the rule file, wherever they stand in it. The whole rule is
then built again with the new values, so that whatever the rule file would refuse is refused here too, at the value's place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import msgspec
import yaml

from gateway.mistakes import (
    FileMistakes,
    Mistake,
    child,
    mistake_at,
    near,
    parted,
    read_list,
    told_at,
)
from gateway.rulebook.parameters import Path, parameters, plain_of, put, spoken
from rules.rule import Rule, RuleId
from rules.world import Override

HOMES_FILE = "homes.yaml"
BEGINS = "entries, each beginning with '- home:' or '- facility:'"

PlaceId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """In this home or facility the rule has other values (``with``), or is ``off``.

    ``reason`` is for whoever reads it later; where the rule is about life safety, it must be given.
    """

    home: PlaceId | None = None
    facility: PlaceId | None = None
    rule: RuleId
    with_: dict[str, Any] = msgspec.field(default_factory=dict, name="with")
    off: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.home is None) == (self.facility is None):
            raise ValueError("needs exactly one of: home, facility")
        if bool(self.with_) == self.off:
            raise ValueError("needs exactly one of: with: {for_s: 3600}, off: true")

    @property
    def place(self) -> str:
        """The key of the home or facility."""
        return self.home or self.facility or ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A rule as one place has it; ``what`` says in a few words how it differs, ``place_kind`` is home or facility."""

    override: Override
    place_kind: str
    what: str
    reason: str
    source: str
    line: int

    def __str__(self) -> str:
        because = f" ({self.reason})" if self.reason else ""
        return f"{self.override.key} {self.override.rule}: {self.what}{because}"


def read_differences(text: str, *, source: str, rules: tuple[Rule, ...]) -> tuple[Difference, ...]:
    """What a file says about rules in single places, by place and rule; raises ``FileMistakes`` with every mistake."""
    known = {rule.id: rule for rule in rules}
    found: dict[tuple[str, str], Difference] = {}
    mistakes: list[Mistake] = []
    for entry, node in read_list(text, source=source, of=lambda _: Entry, begins=BEGINS):
        first = found.get((entry.place, entry.rule))
        if first is not None:
            what = f"{entry.place} and rule {entry.rule!r} stand already on line {first.line}; join the two"
            mistakes.append(mistake_at(node, what, source))
            continue
        try:
            found[entry.place, entry.rule] = _difference(entry, node, source, known)
        except FileMistakes as error:
            mistakes += error.mistakes
    if mistakes:
        raise FileMistakes(mistakes)
    return tuple(found[at] for at in sorted(found))


def _difference(entry: Entry, node: yaml.Node, source: str, known: dict[str, Rule]) -> Difference:
    def refuse(what: str, *path: str) -> FileMistakes:
        return FileMistakes([mistake_at(child(node, *path), what, source)])

    rule = known.get(entry.rule)
    if rule is None:
        raise refuse(f"there is no rule {entry.rule!r}{near(entry.rule, known)}", "rule")
    kind = "home" if entry.home else "facility"
    if rule.applies_to not in {"any", kind}:
        raise refuse(f"rule {rule.id!r} is about a {rule.applies_to}, {entry.place} is a {kind}", "rule")
    instead = None if entry.off else _rebuilt(rule, entry, child(node, "with"), source)
    if (
        rule.kind == "life_safety" and not entry.reason
    ):  # numbers can switch a rule off as well as ``off`` does
        raise refuse(f"rule {rule.id!r} is about life and limb: say why this home differs; add reason: …")
    what = ", ".join(_told(rule, entry)) or "off"
    line = node.start_mark.line + 1
    return Difference(Override(entry.place, rule.id, instead), kind, what, entry.reason, source, line)


def _rebuilt(rule: Rule, entry: Entry, node: yaml.Node, source: str) -> Rule:
    """The rule with the entry's values; ``node`` holds them. Raises ``FileMistakes``."""
    plain = plain_of(rule)
    names: dict[Path, str] = {}
    mistakes = []
    for name, value in entry.with_.items():
        paths = _paths(rule, name)
        if len(paths) == 1:
            names[paths[0]] = name
            put(plain, paths[0], value)
        else:
            mistakes.append(mistake_at(_key(node, name), _unclear(rule, name, paths), source))
    if mistakes:
        raise FileMistakes(mistakes)
    try:
        return msgspec.convert(plain, Rule)
    except msgspec.ValidationError as error:
        what, steps = parted(error)
        blamed = [
            name for path, name in names.items() if path[: len(steps)] == steps or steps[: len(path)] == path
        ]
        place = child(node, blamed[0]) if len(blamed) == 1 else node
        raise FileMistakes([told_at(place, what, source, kind=Rule, of=steps)]) from None


def _paths(rule: Rule, name: str) -> list[Path]:
    """Where a parameter of this name stands; of several, those that the rule itself gives a value."""
    wanted = tuple(name.split("."))
    found = {path: given for path, _, given in parameters(rule) if spoken(path)[-len(wanted) :] == wanted}
    given = [path for path in found if found[path]]
    return given if len(found) > 1 and given else list(found)


def _unclear(rule: Rule, name: str, paths: list[Path]) -> str:
    if paths:
        places = ", ".join(".".join(spoken(path)) for path in paths)
        return f"{name!r} stands in {len(paths)} places of rule {rule.id!r}; write one of: {places}"
    names = sorted({spoken(path)[-1] for path, *_ in parameters(rule)})
    hint = near(name.rpartition(".")[2], names)
    return f"rule {rule.id!r} has no {name!r}; it has: {', '.join(names)}{hint}"


def _key(node: yaml.Node, name: str) -> yaml.Node:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((key for key, _ in pairs if key.value == name), node)


def _told(rule: Rule, entry: Entry) -> Iterator[str]:
    """``for_s 2400 → 3600`` for every parameter that the entry gives."""
    values = {path: value for path, value, _ in parameters(rule)}
    for name, value in entry.with_.items():
        old = values[_paths(rule, name)[0]]
        yield f"{name} {_word(old)} → {_word(value)}"


def _word(value: object) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
