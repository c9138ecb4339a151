"""The parameters of a rule by the names people write: where each stands, its value, and the rule built again with others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec

from rules.rule import Rule

FIXED = frozenset(
    {"id", "kind", "title", "todo", "applies_to", "lowers"}
)  # what a home may not have otherwise

KEPT = 1024  # rules whose parameters are known: to look a rule through takes half a millisecond

Path: TypeAlias = tuple[str | int, ...]


def parameters(part: msgspec.Struct, above: Path = ()) -> Iterator[tuple[Path, object, bool]]:
    """All parameters: the path to each by the names of the rule file, its value, and whether the rule gives it one itself."""
    for field in msgspec.structs.fields(part):
        if not above and field.name in FIXED:
            continue
        value, path = getattr(part, field.name), (*above, field.encode_name)
        parts = value if isinstance(value, tuple) else (value,)
        if any(isinstance(each, msgspec.Struct) for each in parts):
            for at, each in enumerate(parts):
                yield from parameters(each, (*path, at) if isinstance(value, tuple) else path)
        elif not _could_be_a_part(field):
            yield path, value, value != field.default


def spoken(path: Path) -> tuple[str, ...]:
    """A path as people write it: without ``when``, and with parts counted from 1."""
    return tuple(str(step + 1) if isinstance(step, int) else step for step in path if step != "when")


def dotted(path: Path) -> str:
    """A path as one word, like ``all.of.1.level.for_s``; no two parameters of a rule have the same."""
    return ".".join(spoken(path))


@lru_cache(maxsize=KEPT)
def values(rule: Rule) -> Mapping[str, Any]:
    """Every parameter of a rule by its dotted name, as JSON has it."""
    return {dotted(path): msgspec.to_builtins(value) for path, value, _ in parameters(rule)}


def plain_of(rule: Rule) -> Any:  # noqa: ANN401 what JSON holds
    """The rule as JSON has it, to put values into."""
    return msgspec.json.decode(msgspec.json.encode(rule))


def put(plain: Any, path: Path, value: object) -> None:  # noqa: ANN401 what JSON holds
    """Write a value to its place in a plain rule."""
    for step in path[:-1]:
        plain = plain[step] if isinstance(step, int) else plain.setdefault(step, {})
    plain[path[-1]] = value


def rebuilt(rule: Rule, given: Mapping[str, object]) -> Rule:
    """The rule with these values by dotted name; ``ValueError`` says what no rule can have, or that it has no such one."""
    if not given:
        return rule
    paths = {dotted(path): path for path, *_ in parameters(rule)}
    plain = plain_of(rule)
    for name, value in given.items():
        if name not in paths:
            raise ValueError(f"rule {rule.id!r} has no {name!r}")
        put(plain, paths[name], value)
    return msgspec.convert(plain, Rule)


def _could_be_a_part(field: msgspec.structs.FieldInfo) -> bool:
    """Whether a field is one of the conditions that a rule could have had and has not."""
    kinds = getattr(field.type, "__args__", (field.type,))
    return any(isinstance(kind, type) and issubclass(kind, msgspec.Struct) for kind in kinds)
