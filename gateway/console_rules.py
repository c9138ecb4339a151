"""The console's changes of rules on top of the rule files: what holds, what people are shown of it, what a change becomes.

Reads the operational database and writes nothing: a change is a command (kind ``rule``), journalled and applied like any other,
and after it a new world. See docs/adr/0032.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Engine

from gateway.operations import rule_changes
from gateway.operations.rule_changes import Change
from gateway.operations.tables import RuleChange
from gateway.rulebook.layer import Apart, Files, Laid, Said, lay
from gateway.rulebook.numbers import Number, differing, fault_of, in_kind, numbers_of
from gateway.rulebook.parameters import rebuilt, values
from gateway.rules_in_force import RulesInForce
from gateway.web.rule_port import ConflictNow, NumberNow, RuleNow, RuleRefusedError, RuleWanted
from rules.rule import Rule
from rules.sentences.waiting import waits_for
from rules.world import Place


@dataclass(frozen=True, slots=True)
class _Standing:
    """The files, the console's last words, and what comes of both."""

    files: Files
    rows: Mapping[tuple[str, str], RuleChange]
    places: Mapping[str, Place]
    laid: Laid

    def said(self) -> list[Said]:
        return [word for row in self.rows.values() if (word := said_of(row)) is not None]

    def laid_with(self, place: str, rule: str, word: Said | None) -> Laid:
        """What would come of it if the console said this instead (None: nothing)."""
        others = [one for one in self.said() if (one.place, one.rule) != (place, rule)]
        return lay(self.files, [*others, word] if word is not None else others, self.places)


class ConsoleRules:
    """What the console says of rules, laid on the rules of the files that are in force."""

    def __init__(self, database: Engine, rules: RulesInForce) -> None:
        self._database = database
        self._rules = rules
        self._apart: tuple[Apart, ...] = ()

    def laid(self, places: Mapping[str, Place]) -> Laid:
        """The rules in force in these places. Where the files are refused since the start, those of the journal as they are."""
        overrides = self._rules.overrides_in(places)
        if self._rules.from_journal:
            return Laid(self._rules.rules, overrides)
        laid = self._standing(places).laid
        self._apart = laid.apart
        return laid

    def warnings(self) -> list[str]:
        """A word for the operator when rule files and console do not agree any more."""
        if not self._apart:
            return []
        first = self._apart[0].said
        named = f"{first.rule} at {first.place}" if first.place else first.rule
        more = f" (and {len(self._apart) - 1} more)" if len(self._apart) > 1 else ""
        return [f"rule files and console do not agree on {named}{more}: decide on the page /rules"]

    def views(self, places: Mapping[str, Place], place: str = "") -> list[RuleNow]:
        """The rules of the files as the hub, or that place, has them; and words about rules that there are no more."""
        now = self._standing(places)
        kind = places[place].kind if place else "any"
        return [
            _view(now, rule, place)
            for rule in now.files.rules.values()
            if not place or rule.applies_to in {"any", kind}
        ]

    def prepared(
        self,
        wanted: RuleWanted,
        places: Mapping[str, Place],
        *,
        reason: str,
        version: int,
        undoes: int | None = None,
    ) -> Change:
        """The change as its command carries it; raises ``RuleRefusedError`` where it cannot be."""
        now = self._standing(places)
        word = self._word(now, wanted)
        rule = now.files.rules[wanted.rule]
        before = holding(now.laid, now.files, wanted.place, wanted.rule)
        after = holding(now.laid_with(wanted.place, wanted.rule, word), now.files, wanted.place, wanted.rule)
        told = {name for name in before["numbers"] if before["numbers"][name] != after["numbers"].get(name)}
        return Change(
            rule=rule.id,
            title={"zh": rule.title.zh, "en": rule.title.en},
            said=None if word is None else {"off": word.off, "numbers": dict(word.numbers)},
            base=now.files.say(wanted.place, wanted.rule),
            before=before | {"numbers": {name: before["numbers"][name] for name in sorted(told)}},
            after=after | {"numbers": {name: after["numbers"][name] for name in sorted(told)}},
            reason=reason,
            version=version,
            undoes=undoes,
        )

    def undoing(self, change_id: int) -> tuple[RuleWanted, int]:
        """What takes a change back, and the version it takes back; raises ``RuleRefusedError`` where it cannot be."""
        row = rule_changes.find(self._database, change_id)
        if row is None:
            raise RuleRefusedError("unknown_change")
        earlier = rule_changes.before_it(self._database, row)
        said = earlier.said if earlier is not None else None
        if said is None:
            return RuleWanted(rule=row.rule, place=row.place_id, follow_files=True), row.id
        return RuleWanted(rule=row.rule, place=row.place_id, off=said["off"], numbers=said["numbers"]), row.id

    def tried(self, wanted: RuleWanted, places: Mapping[str, Place]) -> Laid:
        """The rules as they would be; raises ``RuleRefusedError`` where they cannot be."""
        now = self._standing(places)
        return now.laid_with(wanted.place, wanted.rule, self._word(now, wanted))

    def _standing(self, places: Mapping[str, Place]) -> _Standing:
        files = Files(self._rules.rules, self._rules.overrides_in(places))
        rows = {(row.place_id, row.rule): row for row in rule_changes.standing(self._database)}
        words = (said_of(row) for row in rows.values())
        return _Standing(
            files, rows, places, lay(files, (word for word in words if word is not None), places)
        )

    def _word(self, now: _Standing, wanted: RuleWanted) -> Said | None:
        """What the console would say, held to what it may; None: nothing any more."""
        if self._rules.from_journal:
            raise RuleRefusedError("rule_files_refused")
        rule, place = now.files.rules.get(wanted.rule), wanted.place
        if rule is None:
            raise RuleRefusedError("unknown_rule")
        if place and place not in now.places:
            raise RuleRefusedError("unknown_place")
        if place and rule.applies_to not in {"any", now.places[place].kind}:
            raise RuleRefusedError("rule_not_here")
        if wanted.follow_files:
            return None
        if wanted.off and not place and rule.kind == "life_safety":
            raise RuleRefusedError("life_safety_stays")
        numbers = {} if wanted.off else dict(wanted.numbers)
        basis = now.files.rule(place, wanted.rule) or rule
        if fault := fault_of(basis, numbers):
            raise RuleRefusedError("invalid", fault)
        numbers = in_kind(basis, numbers)
        try:
            rebuilt(basis, numbers)
        except ValueError as wrong:
            raise RuleRefusedError("invalid", str(wrong)) from None
        alone = in_force(
            now.laid_with(place, rule.id, None), place, rule.id
        )  # what holds there without this word
        kept = differing(alone or basis, numbers)
        stands = now.files.rule(place, rule.id) is not None
        if not kept and wanted.off is not stands:
            return None  # it is what the others say anyway
        return Said(
            rule=rule.id, place=place, off=wanted.off, numbers=kept, base=now.files.say(place, rule.id)
        )


def said_of(row: RuleChange) -> Said | None:
    """What the console says since a change; None: nothing, the files hold."""
    if row.said is None:
        return None
    return Said(
        rule=row.rule, place=row.place_id, off=row.said["off"], numbers=row.said["numbers"], base=row.base
    )


def holding(laid: Laid, files: Files, place: str, rule: str) -> dict[str, Any]:
    """What holds of a rule in a place: whether it is off, and its numbers."""
    common = files.rules[rule]
    here = in_force(laid, place, rule)
    has = values(here or files.rule(place, rule) or common)
    names = [number.name for number in numbers_of(common)]
    return {"off": here is None, "numbers": {name: has[name] for name in names if name in has}}


def in_force(laid: Laid, place: str, rule: str) -> Rule | None:
    """The rule as a place ('' for the whole hub) has it; None where it is off."""
    common = next((one for one in laid.rules if one.id == rule), None)
    if common is None or not place:
        return common
    return next((o.instead for o in laid.overrides if (o.key, o.rule) == (place, rule)), common)


def _view(now: _Standing, rule: Rule, place: str) -> RuleNow:
    here = in_force(now.laid, place, rule.id)
    files_here = now.files.rule(place, rule.id) or rule
    shown = here or files_here
    row = now.rows.get((place, rule.id))
    own = [o.key for o in now.laid.overrides if o.rule == rule.id] if not place else []
    words = waits_for(shown)
    return RuleNow(
        id=rule.id, kind=rule.kind, severity=shown.severity, applies_to=rule.applies_to,
        title={"zh": rule.title.zh, "en": rule.title.en}, waits_for={"zh": words.zh, "en": words.en},
        todo={"zh": list(rule.todo.zh), "en": list(rule.todo.en)},
        off=here is None, off_everywhere=in_force(now.laid, "", rule.id) is None,
        changed=row is not None and row.said is not None, by_files=(place, rule.id) in now.files.overrides,
        numbers=[_number(number, values(shown)) for number in numbers_of(files_here)],
        version=row.id if row is not None else 0, conflict=_conflict(now, place, rule.id), places=own,
    )  # fmt: skip


def _number(number: Number, has: Mapping[str, Any]) -> NumberNow:
    value = has.get(number.name, number.value)
    return NumberNow(
        name=number.name, label={"zh": number.label.zh, "en": number.label.en}, unit=number.unit, of=number.of,
        value=_plain(value), in_files=_plain(number.value), least=number.least, most=number.most,
    )  # fmt: skip


def _plain(value: float | str) -> float | str:
    """A number is one with a fraction, also where it has none."""
    return value if isinstance(value, str) else float(value)


def _conflict(now: _Standing, place: str, rule: str) -> ConflictNow | None:
    found = next((one for one in now.laid.apart if (one.said.place, one.said.rule) == (place, rule)), None)
    if found is None:
        return None
    then, today = _told(found.said.base), _told(now.files.say(place, rule))
    differ = [name for name in dict.fromkeys([*then, *today]) if then.get(name) != today.get(name)]
    return ConflictNow(
        why=found.why, holds=found.holds, then=_only(then, differ), now=_only(today, differ)
    )  # fmt: skip


def _told(base: str) -> dict[str, Any]:
    if not base:
        return {}
    plain = msgspec.json.decode(base)
    return {"kind": plain["kind"], "off": plain["off"], **plain["numbers"]}


def _only(told: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: told[name] for name in names if name in told}
