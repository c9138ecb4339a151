"""The JSON Schemas of rule files, for editors: what may stand where, in the words of the code's own docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection
from typing import Any

import msgspec

from gateway.rulebook.differences import Entry
from gateway.rulebook.load import Extends
from rules.rooms import ROOM_KINDS
from rules.rule import Rule
from rules.vocabulary import ACTIVITY_BY_CHANGE, ACTIVITY_BY_VALUE, DEVICE_KINDS, EVENTS, METRICS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TIME = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
ACTIVITIES = sorted(ACTIVITY_BY_CHANGE | ACTIVITY_BY_VALUE)

# Texts that are words of the vocabulary: the core checks them itself, a schema has to list them. A struct's own comes first.
WORDS: dict[str, Collection[str]] = {
    "metric": METRICS,
    "type": EVENTS,
    "of": ACTIVITIES,
    "Overdue.of": EVENTS,
    "then": ACTIVITIES,
    "then_no": ACTIVITIES,
    "device_kinds": DEVICE_KINDS,
    "rooms": ROOM_KINDS,
}
PATTERNS = dict.fromkeys(("from_time", "to_time", "by_time", "latest"), TIME) | {
    "lowers": "^[A-Za-z0-9_-]{0,64}$"
}
# Of each of these groups exactly one is given; the core says the same in its own words.
ONE_OF: dict[str, list[tuple[str, ...]]] = {
    "Count": [("event", "metric")],
    "Entry": [("home", "facility")],
    "Level": [("above", "below", "equals")],
    "Rate": [("above", "below")],
    "Sequence": [("first", "first_metric"), ("then", "then_no")],
}


def rules_schema() -> dict[str, Any]:
    """The JSON Schema of a file of rules."""
    found = _schema("rules", "Carehub: a file of rules", (Rule, Extends))
    found["items"] = {"if": {"required": ["extends"]}, "then": _ref("Extends"), "else": _ref("Rule")}
    return found


def homes_schema() -> dict[str, Any]:
    """The JSON Schema of ``homes.yaml``."""
    found = _schema("homes", "Carehub: rules as single homes have them", (Entry,))
    found["items"] = _ref("Entry")
    return found


def _schema(name: str, title: str, kinds: tuple[type, ...]) -> dict[str, Any]:
    _, parts = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    return {
        "$schema": DIALECT,
        "$id": f"urn:carehub:{name}.schema",
        "title": title,
        "type": "array",
        "minItems": 1,
        "items": {},
        "$defs": {part: _part(part, schema) for part, schema in sorted(parts.items())},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _part(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """One struct's schema with what only its code knows: its words, its choices, and where its docstring speaks of what."""
    told = " ".join(inspect.cleandoc(schema["description"]).split())
    schema["description"] = told.replace("``", "`")
    for key, value in schema["properties"].items():
        schema["properties"][key] = _property(name, key, value, told)
    if name == "When":
        schema |= {"minProperties": 1, "maxProperties": 1}
    elif name in ONE_OF:
        schema["allOf"] = [{"oneOf": [{"required": [key]} for key in group]} for group in ONE_OF[name]]
    return schema


def _property(owner: str, name: str, schema: dict[str, Any], told: str) -> dict[str, Any]:
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if choices:  # null is what a property has that is left out: nobody writes it
        rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
        schema = rest | (choices[0] if len(choices) == 1 else {"anyOf": choices})
    words = WORDS.get(f"{owner}.{name}", WORDS.get(name))
    text = schema.get("items", schema)
    if text.get("type") == "string" and not text.keys() & {"enum", "pattern"}:
        if words is not None:
            text["enum"] = list(words)
            if text.get("default") == "":
                del text["default"]  # which only says that the word may be missing
        elif name in PATTERNS:
            text["pattern"] = PATTERNS[name]
    sentences = [each for each in re.split(r"(?<=\.) ", told) if f"``{name}``" in each]
    if sentences and "$ref" not in schema:
        schema = {"description": " ".join(sentences).replace("``", "`")} | schema
    return schema
