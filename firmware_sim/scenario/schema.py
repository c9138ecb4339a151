"""The JSON Schema of scenario files, for editors: what may stand where, in the words of the types' own docstrings."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from firmware_sim.scenario.format import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file."""
    _, parts = msgspec.json.schema_components((Scenario,), ref_template="#/$defs/{name}")
    for part in parts.values():
        part["description"] = inspect.cleandoc(part["description"]).replace("``", "`")
    whole = parts.pop("Scenario")
    return {
        "$schema": DIALECT,
        "$id": "urn:carehub:scenario.schema",
        **whole,
        "title": "Carehub: a scenario",
        "$defs": dict(sorted(parts.items())),
    }
