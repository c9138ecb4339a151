"""The pages of rules: all of them in plain words by class, and one rule with its numbers, its try and its history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.accounts.roles import May
from gateway.accounts.who import Reach
from gateway.operations import home_views, views
from gateway.operations.answers import PlaceView
from gateway.operations.rule_changes import ChangeView
from gateway.web.access import SomePerson, reach_of
from gateway.web.context import Context
from gateway.web.naming import namer
from gateway.web.needs import needs
from gateway.web.problems import refuse
from gateway.web.render import language_of, page
from gateway.web.rule_changes import DAYS, NAME_CHARS_MAX, changes_of, rules_in
from gateway.web.rule_port import NumberNow, RuleNow
from gateway.web.words import say

CLASSES = ("life_safety", "care", "facility", "device")
HISTORY_SHOWN = 30
PLACES_SHOWN = 50
MINUTE_S, HOUR_S = 60, 3_600
WIDE = 5  # units from least to most

router = APIRouter(include_in_schema=False)
PlaceName = Annotated[str, Query(max_length=NAME_CHARS_MAX)]


@router.get("/rules")
@needs(May.RULES, record=True)
def show_rules(request: Request, person: SomePerson, place: PlaceName = "") -> Response:
    """Every rule by class, as the hub or one place has it, and what was changed last."""
    found = rules_in(request, place)
    changed, _ = changes_of(request, rule="", place=place or None, limit=HISTORY_SHOWN)
    groups = [(kind, [rule for rule in found.rules if rule.kind == kind]) for kind in CLASSES]
    return page(
        request,
        "rules.html",
        person=person,
        names=Context.of(request).people.names(),
        place=place,
        groups=[(kind, rules) for kind, rules in groups if rules],
        **_around(request, place, changed, [one for rule in found.rules for one in rule.numbers]),
    )


@router.get("/rules/{rule_id}")
@needs(May.RULES, record=True)
def show_rule(
    request: Request,
    person: SomePerson,
    rule_id: Annotated[str, Path(max_length=NAME_CHARS_MAX)],
    place: PlaceName = "",
) -> Response:
    """One rule: what it waits for, its steps, its numbers, where it is otherwise, and who changed what."""
    rule = next((rule for rule in rules_in(request, place).rules if rule.id == rule_id), None)
    if rule is None:
        raise refuse(404, "unknown_rule")
    changed, _ = changes_of(request, rule=rule_id, place=place or None, limit=HISTORY_SHOWN)
    return page(
        request,
        "rule.html",
        person=person,
        names=Context.of(request).people.names(),
        place=place,
        rule=rule,
        may_set=_may_set(request, place),
        fields=[_field(number) for number in rule.numbers],
        named=[(name, *_named(request, name)) for name in rule.places[:PLACES_SHOWN]],
        data={
            "rule": rule.id,
            "place": place,
            "version": rule.version,
            "days": DAYS,
            "life_safety": _is_grave(rule),
        },
        **_around(request, place, changed, rule.numbers),
    )


def _around(
    request: Request, place: str, changed: list[ChangeView], known: list[NumberNow]
) -> dict[str, Any]:
    """What both pages tell of a place and of changes."""
    language = language_of(request)
    labels = {number.name: number for number in known}
    reach = reach_of(request, May.RULES_SET)

    def told(what: dict[str, Any]) -> str:
        """A state in a few words: off, or its numbers."""
        if what.get("off"):
            return say("rule_said_off")[language]
        parts = [
            f"{labels[name].label[language] if name in labels else name} {_figure(labels.get(name), value, language)}"
            for name, value in what.get("numbers", {}).items()
        ]
        return (
            "，".join(parts)
            if language == "zh" and parts
            else ", ".join(parts) or say("rule_said_on")[language]
        )

    return {
        "who": views.who,
        "where": views.where,
        "here": _shown(request, place) if place else None,
        "changes": [
            (
                one,
                *_named(request, one.place_id),
                told(one.before),
                told(one.after),
                _may_undo(request, reach, one),
            )
            for one in changed
        ],
        "figure": lambda number, value: _figure(number, value, language),
    }


def _may_undo(request: Request, reach: Reach, change: ChangeView) -> bool:
    return change.newest and (
        reach.everything or (bool(change.place_id) and _reaches(request, reach, change.place_id))
    )


def _may_set(request: Request, place: str) -> bool:
    reach = reach_of(request, May.RULES_SET)
    return reach.everything or (bool(place) and _reaches(request, reach, place))


def _reaches(request: Request, reach: Reach, place: str) -> bool:
    found = home_views.place(Context.of(request).engine, place)
    return found is not None and reach.holds(found.path)


def _shown(request: Request, place: str) -> PlaceView | None:
    """A place that may be named to who asks: homes to those who may see homes, facilities to those who may see these."""
    found = home_views.place(Context.of(request).engine, place)
    if found is None:
        return None
    may = May.HOMES if found.kind == "home" else May.FACILITIES
    return found if reach_of(request, may).holds(found.path) else None


def _named(request: Request, place: str) -> tuple[str, str]:
    """What a place is called in the page's language and where it is; a home masked, by number, where it may not be named."""
    language = language_of(request)
    if not place:
        return say("rule_whole_hub")[language], ""
    if (shown := _shown(request, place)) is not None:
        return views.who(shown, place)[language], views.where(shown, "")[language]
    found = home_views.place(Context.of(request).engine, place)
    if found is None or found.kind != "home":
        return place, ""
    return f"{namer(request)(found, place)[language]} {place}", ""


def _is_grave(rule: RuleNow) -> bool:
    return rule.kind == "life_safety"


def _field(number: NumberNow) -> dict[str, Any]:
    """A number as its field has it: seconds in the unit that fits what stands there."""
    scale, unit = _scale(number)
    wide = (
        number.least is not None and number.most is not None and (number.most - number.least) / scale > WIDE
    )
    as_shown = number.value if number.unit == "time" else f"{float(number.value) / scale:g}"
    return {
        "number": number,
        "value": as_shown,
        "scale": scale,
        "unit": unit,
        "least": None if number.least is None else f"{_inwards(number.least / scale, up=True, whole=wide):g}",
        "most": None if number.most is None else f"{_inwards(number.most / scale, up=False, whole=wide):g}",
        "in_files": number.in_files if number.unit == "time" else f"{float(number.in_files) / scale:g}",
    }


def _scale(number: NumberNow) -> tuple[float, str]:
    match number.unit:
        case "s":
            seconds = float(number.in_files)
            if seconds % HOUR_S == 0 and seconds >= 2 * HOUR_S:
                return HOUR_S, "rule_unit_h"
            return (
                (MINUTE_S, "rule_unit_m")
                if seconds % MINUTE_S == 0 and seconds >= 2 * MINUTE_S
                else (1, "rule_unit_s")
            )
        case "share":
            return 0.01, "rule_unit_percent"
        case "times":
            return 1, "rule_unit_times"
    return 1, ""


def _inwards(value: float, *, up: bool, whole: bool) -> float:
    """An end of a range as people read it: whole where the range is wide, else to two places; never beyond it."""
    parts = 1 if whole else 100
    return (-(-value * parts // 1) if up else value * parts // 1) / parts


def _figure(number: NumberNow | None, value: object, language: str) -> str:
    """A value with its unit: 40 分钟."""
    if number is None or not isinstance(value, int | float):
        return str(value)
    scale, unit = _scale(number)
    words = say(unit)[language] if unit not in {"", "rule_unit_times"} else number.of
    return f"{float(value) / scale:g} {words}".strip()
