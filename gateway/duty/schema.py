"""The JSON Schema of ``duty.yaml``, for editors: what may stand where, in the words of the entries' own docstrings."""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from gateway.duty.checks import ASKED_S_MIN
from gateway.duty.entries import DutyFile
from gateway.duty.ladder import AFTER_S_MAX
from gateway.duty.plan import CLASSES

TIME = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
PLACE = r"^(?:[^/\s](?:[^/]*[^/\s])?(?:/[^/\s](?:[^/]*[^/\s])?){0,3})?$"
PATTERNS = {"from": TIME, "to": TIME, "at": PLACE}


def duty_schema() -> dict[str, Any]:
    """The JSON Schema of a duty plan; what only the whole file shows (a name that leads nowhere) is left to the loader."""
    _, parts = msgspec.json.schema_components((DutyFile,), ref_template="#/$defs/{name}")
    for part in parts.values():
        _describe(part)
    steps = parts["StepEntry"]["properties"]["after_s"]
    waits = parts["DutyFile"]["properties"]["waits"]["additionalProperties"]
    for times in (steps, waits["items"]):
        times |= {"minimum": 0, "maximum": AFTER_S_MAX}
    for name in ("recontact_s", "on_site_s"):
        parts["DutyFile"]["properties"][name] |= {"minimum": ASKED_S_MIN, "maximum": AFTER_S_MAX}
    for name in ("waits", "routes"):
        parts["DutyFile"]["properties"][name]["propertyNames"] = {"enum": list(CLASSES)}
    for several in (waits, parts["DutyFile"]["properties"]["routes"]["additionalProperties"]):
        several["minItems"] = 1
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:carehub:duty.schema",
        "title": "Carehub: the duty plan",
        "$ref": "#/$defs/DutyFile",
        "$defs": dict(sorted(parts.items())),
    }


def _describe(part: dict[str, Any]) -> None:
    """Say of each key what the docstring of its entry says, and which texts it may be."""
    told = " ".join(inspect.cleandoc(part["description"]).split())
    part["description"] = told.replace("``", "`")
    for name, given in part["properties"].items():
        choices = [choice for choice in given.get("anyOf", ()) if choice != {"type": "null"}]
        found = given
        if len(choices) == 1:  # null is what a property has that is left out: nobody writes it
            found = choices[0]
        if found.get("type") == "string" and name in PATTERNS:
            found["pattern"] = PATTERNS[name]
            if found.get("default") == "":
                del found["default"]  # which only says that it may be missing
        sentences = [each for each in re.split(r"(?<=\.) ", told) if f"``{name}``" in each]
        if sentences and "$ref" not in found:
            found = {"description": " ".join(sentences).replace("``", "`")} | found
        part["properties"][name] = found
