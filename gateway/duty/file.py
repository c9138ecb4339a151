"""``duty.yaml``: the duty plan as a station head writes it, or every mistake in it with its line, its column and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TypeVar, cast

import yaml

from gateway.duty.checks import Checks
from gateway.duty.entries import (
    NO_PLAN,
    Channels,
    DeskEntry,
    DutyFile,
    PersonEntry,
    StepEntry,
    Steps,
    SubstituteEntry,
    Waits,
)
from gateway.duty.plan import Class, Plan
from gateway.mistakes import FileMistakes, Mistake, child, mistake_at, near, read_text, read_yaml, value_of

T = TypeVar("T")
SECTIONS = DutyFile.__struct_encode_fields__


def load_plan(path: Path, *, channels: Collection[str], personal: Collection[str] = ()) -> Plan:
    """The plan of a file; ``channels`` are those of the settings, ``personal`` those of them that need an address.

    Raises ``FileMistakes`` with every mistake.
    """
    return read_plan(read_text(path), source=str(path), channels=channels, personal=personal)


def read_plan(text: str, *, source: str, channels: Collection[str], personal: Collection[str] = ()) -> Plan:
    """``load_plan`` of a text; ``source`` is the name under which its mistakes are told."""
    return read_yaml(text, source=source, into=lambda root: _plan(root, Checks(source, channels, personal)))


def _plan(root: yaml.Node | None, checks: Checks) -> Plan:
    parts = _Parts(checks)
    sections = parts.sections(root)
    people = parts.entries(sections.get("people"), PersonEntry)
    checks.of_people(people)
    desks = parts.entries(sections.get("desks"), DeskEntry)
    checks.of_desks(desks)
    substitutes = parts.entries(sections.get("substitutes"), SubstituteEntry)
    checks.of_substitutes(substitutes)
    waits: dict[Class, tuple[int, ...]] = {}
    for kind, waited, node in parts.by_class(sections.get("waits"), Waits):
        checks.of_waits(waited, node)
        waits[kind] = waited
    routes: dict[Class, Steps] = {}
    for kind, steps, node in parts.by_class(sections.get("routes"), Steps):
        checks.of_route(kind, steps, node)
        routes[kind] = steps
    family = parts.one(sections.get("family"), Channels) or ()
    if "family" in sections:
        checks.of_family(family, sections["family"])
    recontact_s = parts.seconds(sections.get("recontact_s"), NO_PLAN.recontact_s)
    on_site_s = parts.seconds(sections.get("on_site_s"), NO_PLAN.on_site_s)
    if checks.mistakes:
        raise FileMistakes(sorted(checks.mistakes, key=_place))
    return Plan(
        people=tuple(person.person() for person, _ in people),
        desks=tuple(desk.desk() for desk, _ in desks),
        substitutes=tuple(change.substitute() for change, _ in substitutes),
        waits=waits,
        routes={kind: tuple(StepEntry.step(step) for step in steps) for kind, steps in routes.items()},
        family=family,
        recontact_s=recontact_s,
        on_site_s=on_site_s,
    )


class _Parts:
    """Reads part after part of a file, and goes on where one is wrong."""

    def __init__(self, checks: Checks) -> None:
        self._source = checks.source
        self._mistakes = checks.mistakes
        self._refused = checks.refused
        self._known_class = checks.known_class
        self._of_time = checks.of_time

    def sections(self, root: yaml.Node | None) -> dict[str, yaml.Node]:
        """The sections of the file by name; raises ``FileMistakes`` where there are none."""
        if not isinstance(root, yaml.MappingNode):
            what = f"must be sections: {', '.join(SECTIONS)}, each beginning like 'desks:'"
            raise FileMistakes([Mistake(self._source, 1, 1, what)])
        found: dict[str, yaml.Node] = {}
        for key, node in root.value:
            if key.value not in SECTIONS:
                what = f"there is no section {key.value!r}{near(str(key.value), SECTIONS)}; there are: "
                self._add(key, what + ", ".join(SECTIONS))
            elif key.value in found:
                self._add(key, f"{key.value!r} is given twice")
            else:
                found[key.value] = node
        if not getattr(found.get("desks"), "value", None):
            what = "names no desk: add desks, each beginning with '- id:'"
            self._add(found.get("desks", root), what)
        return found

    def one(self, node: yaml.Node | None, kind: type[T]) -> T | None:
        """What stands at a node; None where it is not there or wrong."""
        if node is None:
            return None
        try:
            return value_of(node, kind, self._source)
        except FileMistakes as error:
            self._mistakes += error.mistakes
            return None

    def seconds(self, node: yaml.Node | None, otherwise: int) -> int:
        """A time; ``otherwise`` where it is not there or wrong."""
        if node is None:
            return otherwise
        return self._of_time(self.one(node, object), node) or otherwise

    def entries(self, node: yaml.Node | None, kind: type[T]) -> list[tuple[T, yaml.Node]]:
        """The entries of a list that are right, with the node of each."""
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._add(node, "must be a list, each entry beginning with '- '")
            return []
        found: list[tuple[T, yaml.Node]] = []
        for each in node.value:
            value = self.one(each, kind)
            if value is None:
                self._refused.add(str(child(each, "id").value))
            else:
                found.append((value, each))
        return found

    def by_class(self, node: yaml.Node | None, kind: type[T]) -> Iterator[tuple[Class, T, yaml.Node]]:
        """What is said for each class of alerts."""
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            self._add(node, "must begin with a class of alerts, like 'life_safety:'")
            return
        seen: set[str] = set()
        for key, each in node.value:
            if key.value in seen:
                self._add(key, f"{key.value!r} is given twice")
                continue
            seen.add(key.value)
            value = self.one(each, kind) if self._known_class(key) else None
            if value is not None:
                yield cast("Class", key.value), value, each

    def _add(self, node: yaml.Node, what: str) -> None:
        self._mistakes.append(mistake_at(node, what, self._source))


def _place(mistake: Mistake) -> tuple[int, int]:
    return mistake.line, mistake.column
