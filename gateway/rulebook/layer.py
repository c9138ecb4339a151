"""What people changed on the console, as a layer on the rules of the files: each kept as its difference, never as a copy.

Theory of operation
-------------------
Of one rule there are up to four words: the file's, the console's for the whole hub, the file's for one place, the console's for
that place. Number by number the more particular word holds; between two that are as particular, the console's. Off for the
whole hub is off everywhere. Where the console says nothing, the files hold untouched.

Each word of the console carries what the files said when it was given (``files_say``). If they say something else since, the
console's word still holds, and both are shown until somebody decides. A word that fits no rule any more, or that would switch
life safety off for everybody, is left aside and shown as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec

from gateway.rulebook.parameters import rebuilt, values
from rules.rule import Rule
from rules.world import Override, Place

Why: TypeAlias = Literal["files_changed", "no_rule", "does_not_fit", "life_safety"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the console says of a rule in a place ('' for the whole hub); ``base`` is what the files said then."""

    rule: str
    place: str = ""
    off: bool = False
    numbers: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""


@dataclass(frozen=True, slots=True)
class Apart:
    """A word of the console that the files do not agree with any more, and whether it holds all the same."""

    said: Said
    why: Why
    holds: bool


@dataclass(frozen=True, slots=True)
class Laid:
    """The rules in force, how single places differ, and what people should look at."""

    rules: tuple[Rule, ...]
    overrides: tuple[Override, ...]
    apart: tuple[Apart, ...] = ()


class Files:
    """What the files say: the common rules, and what single places have otherwise."""

    def __init__(self, rules: Iterable[Rule], overrides: Iterable[Override]) -> None:
        self.rules = {rule.id: rule for rule in rules}
        self.overrides = {(o.key, o.rule): o.instead for o in overrides}

    def rule(self, place: str, rule: str) -> Rule | None:
        """The rule as the files have it there ('' for the whole hub); None where they have it off, or not at all."""
        return self.overrides.get((place, rule), self.rules.get(rule))

    def say(self, place: str, rule: str) -> str:
        """What they say of a rule in a place, as one text to compare; '' of a rule they do not have."""
        common = self.rules.get(rule)
        if common is None:
            return ""
        here = self.rule(place, rule)
        told = {"kind": common.kind, "off": here is None, "numbers": values(here or common)}
        return msgspec.json.encode(told, order="sorted").decode()


def lay(files: Files, said: Iterable[Said], places: Mapping[str, Place]) -> Laid:
    """The rules in force; what is said of places that the registry does not have waits until they are there."""
    words = {(one.place, one.rule): one for one in said if not one.place or one.place in places}
    apart: list[Apart] = []
    common = _common(files, words, apart)
    overrides = []
    for place, rule in sorted({at for at in words if at[0]} | files.overrides.keys()):
        if rule in common:
            here = _here(files, (place, rule), words, common[rule], apart)
            if here != common[rule] or (place, rule) in files.overrides:
                overrides.append(Override(place, rule, here))
        elif (place, rule) in words and rule not in files.rules:
            apart.append(Apart(words[place, rule], "no_rule", holds=False))
    return Laid(tuple(common.values()), tuple(overrides), tuple(apart))


def _common(files: Files, words: Mapping[tuple[str, str], Said], apart: list[Apart]) -> dict[str, Rule]:
    """The rules as all places have them, in the order of the files."""
    found: dict[str, Rule] = {}
    for name, rule in files.rules.items():
        word = words.get(("", name))
        if word is None:
            found[name] = rule
        elif word.off and rule.kind != "life_safety":
            _note_change(files, word, apart)
        else:
            found[name] = _with_numbers(files, word, rule, word.numbers, apart)
    apart += [
        Apart(word, "no_rule", holds=False)
        for (place, name), word in sorted(words.items())
        if not place and name not in files.rules
    ]
    return found


def _with_numbers(
    files: Files, word: Said, rule: Rule, numbers: Mapping[str, Any], apart: list[Apart]
) -> Rule:
    if word.off and not word.place:  # of life safety: it has become that since
        apart.append(Apart(word, "life_safety", holds=False))
        return rule
    try:
        changed = rebuilt(rule, numbers)
    except ValueError:
        apart.append(Apart(word, "does_not_fit", holds=False))
        return rule
    _note_change(files, word, apart)
    return changed


def _here(
    files: Files,
    at: tuple[str, str],
    words: Mapping[tuple[str, str], Said],
    common: Rule,
    apart: list[Apart],
) -> Rule | None:
    """The rule as a place has it; None where it is off there."""
    name = at[1]
    own = files.overrides.get(at, common)
    if own is not None and at in files.overrides:
        own = _followed(files.rules[name], own, words.get(("", name)))
    word = words.get(at)
    if word is None:
        return own
    if word.off:
        _note_change(files, word, apart)
        return None
    return _with_numbers(files, word, own or common, word.numbers, apart)


def _followed(rule: Rule, own: Rule, word: Said | None) -> Rule:
    """A place's own rule of the files with the whole hub's numbers, but for those it has itself."""
    if word is None or word.off:
        return own
    theirs, mine = values(rule), values(own)
    given = {name: value for name, value in word.numbers.items() if mine.get(name, ...) == theirs.get(name)}
    try:
        return rebuilt(own, given)
    except ValueError:
        return own


def _note_change(files: Files, word: Said, apart: list[Apart]) -> None:
    if files.say(word.place, word.rule) != word.base:
        apart.append(Apart(word, "files_changed", holds=True))
