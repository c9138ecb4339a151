"""Faults as people ask for them: one line of text, or a mapping of a scenario file.

The line is ``NAME[,PARAM=VALUE…][:WHERE][@FROM[+LENGTH]]``, for example ``clock_skew,by=-1h:H0001-door@2h+30m``: times count
from the start. The mapping holds the same as ``fault``, ``on``, ``from``, ``for`` and the parameters by their names.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

from firmware_sim.daytime import DAY, HOUR, MINUTE, SECOND
from firmware_sim.faults.fault import ALL, FOREVER_MS, Fault, FaultError
from firmware_sim.faults.kinds import FAULTS

SPAN = re.compile(r"([+-]?\d+(?:\.\d+)?)(ms|s|m|h|d)")
UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
NUMBERS = {"int": int, "float": float}
NO_LESS = {"every_ms": 1, "off_ms": 1, "within_ms": 0, "times": 1, "keeps": 0}
OWN = frozenset(each.name for each in fields(Fault))
FORM = "NAME[,PARAM=VALUE][:DEVICE|GATEWAY|HOME|all][@FROM+LENGTH]"
LINE = re.compile(r"([^,:@]+)((?:,[^,:@]*)*)(?::([^,:@]*))?(?:@([^+@]*)(?:\+(.*))?)?")


def parse(text: str) -> Fault:
    """The fault a line asks for; ``FaultError`` says what to write instead."""
    found = LINE.fullmatch(text.strip())
    if found is None:
        raise FaultError(f"fault {text!r}: write {FORM}, for example clock_skew,by=-1h:H0001-door@2h+30m")
    name, params, where, begins, lasts = found.groups()
    asked: dict[str, object] = {"fault": name.strip()}
    for pair in filter(None, params.split(",")):
        param, equals, value = pair.partition("=")
        if not equals or not value:
            raise FaultError(f"fault {text!r}: write PARAM=VALUE after the comma instead of {pair!r}")
        asked[param.strip()] = value.strip()
    for key, value in (("on", where), ("from", begins), ("for", lasts)):
        if value is not None:
            asked[key] = value.strip()
    return build(asked)


def build(asked: Mapping[str, object]) -> Fault:
    """The fault a mapping asks for: ``fault`` (its name), ``on``, ``from``, ``for``, and its parameters."""
    name = str(asked.get("fault", "")).replace("-", "_")
    kind = FAULTS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, FAULTS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise FaultError(
            f"fault {name!r}: there is none of that name; {hint}The faults are {', '.join(FAULTS)}"
        )
    from_ms = _span(name, "from", asked.get("from", "0s"))
    length = asked.get("for")
    length_ms = FOREVER_MS if length is None else _span(name, "for", length)
    if from_ms < 0 or length_ms <= 0:
        raise FaultError(
            f"fault {name}: it begins at or after the start and lasts more than nothing, as in @2h+30m"
        )
    given: dict[str, Any] = {
        "on": str(asked.get("on") or ALL),
        "from_ms": from_ms,
        "to_ms": min(from_ms + length_ms, FOREVER_MS),
    }
    known = parameters(kind)
    for param, value in asked.items():
        if param in {"fault", "on", "from", "for"}:
            continue
        if param not in known:
            may = ", ".join(known) or "none"
            raise FaultError(f"fault {name}: it has no parameter {param!r}; its parameters are: {may}")
        given[known[param].name] = _value(kind, param, known[param], value)
    return kind(**given)


def parameters(kind: type[Fault]) -> dict[str, Field[Any]]:
    """What can be said of a fault beside where and when, by the names people write."""
    return {
        each.name.removesuffix("_ms"): each for each in fields(kind) if each.name not in OWN and each.init
    }


def shown(param: Field[Any]) -> str:
    """A parameter's default as one would write it."""
    value: Any = param.default
    if param.name.endswith("_ms"):
        unit = next(u for u in ("d", "h", "m", "s", "ms") if value % UNITS[u] == 0)
        return f"{value // UNITS[unit]}{unit}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(kind: type[Fault], param: str, of: Field[Any], value: object) -> object:
    found: int | float
    if of.name.endswith("_ms"):
        found = _span(kind.name, param, value)
    elif of.type == "bool":
        return _yes(kind.name, param, value)
    elif of.type in NUMBERS:
        found = _number(kind.name, param, value, str(of.type))
    else:
        allowed = kind.choices.get(param)
        if allowed and value not in allowed:
            raise FaultError(f"fault {kind.name}: {param}={value} is none of {', '.join(allowed)}")
        return str(value)
    if param in {"share", "loses"} and not 0 <= found <= 1:
        raise FaultError(f"fault {kind.name}: {param}={value} is a share, write a number from 0 to 1")
    least = NO_LESS.get(of.name)
    if least is not None and found < least:
        raise FaultError(f"fault {kind.name}: {param}={value} is too little, at least {least} is needed")
    return found


def _span(name: str, param: str, value: object) -> int:
    found = SPAN.fullmatch(str(value).strip())
    if found is None:
        raise FaultError(f"fault {name}: {param}={value} is no span of time; write 45s, 10m, 2h or 1d")
    return round(float(found[1]) * UNITS[found[2]])


def _number(name: str, param: str, value: object, kind: str) -> float:
    try:
        found: float = NUMBERS[kind](str(value))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        wanted = "a whole number" if kind == "int" else "a number"
        raise FaultError(f"fault {name}: {param}={value} is not {wanted}")
    return found


def _yes(name: str, param: str, value: object) -> bool:
    words = {"yes": True, "true": True, "no": False, "false": False}
    found = words.get(str(value).lower())
    if found is None:
        raise FaultError(f"fault {name}: {param}={value}; write yes or no")
    return found
