"""What Grafana sends: a committed query with its macros and variables filled in. For the tests and the bench; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MINUTE_MS, DAY_MS = 60_000, 86_400_000
UNITS = {"m": MINUTE_MS, "h": 60 * MINUTE_MS, "d": DAY_MS}
STEPS = ("1m", "2m", "5m", "10m", "15m", "20m", "30m", "1h", "2h", "3h", "6h", "12h", "1d")
WIDTH = 1_000  # steps that a panel across the page asks for

Page = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody looks at: from, to (epoch ms), and values by variable; a variable that is not named stands at All."""

    from_ms: int
    to_ms: int
    variables: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a dashboard. ``kind``: panel, variable or annotation; ``where`` names it for people."""

    dashboard: str
    kind: str
    where: str
    text: str
    interval: str = "1m"
    span: str = ""
    repeated: str = ""


def asked_by(page: Page) -> Iterator[Asked]:
    """Every query of a dashboard, in order: variables, annotations, panels."""
    uid = str(page["uid"])
    for variable in page["templating"]["list"]:
        if variable["type"] == "query":
            yield Asked(uid, "variable", variable["name"], variable["query"])
    for mark in page["annotations"]["list"]:
        yield Asked(uid, "annotation", mark["name"], mark["target"]["query"])
    for panel in page["panels"]:
        for target in panel.get("targets", []):
            yield Asked(
                uid,
                "panel",
                f"{panel['id']} {panel['title']} {target['refId']}",
                target["query"],
                panel.get("interval", "1m"),
                panel.get("timeFrom", ""),
                panel.get("repeat", ""),
            )


def filled(asked: Asked, chosen: Chosen) -> str:
    """The text that goes to the store.

    A panel that is repeated for each value of a variable is asked for one value; ValueError where a macro is not known.
    """
    from_ms = chosen.to_ms - milliseconds(asked.span) if asked.span else chosen.from_ms
    text = (
        asked.text.replace("$timeFilter", f"time >= {from_ms}ms and time <= {chosen.to_ms}ms")
        .replace("$__interval", step(asked.interval, chosen.to_ms - from_ms))
        .replace("${__to}", str(chosen.to_ms))
    )
    for name in ("place", "street", "community"):
        text = text.replace(f"${name}", _expression(chosen.variables.get(name), one=name == asked.repeated))
    # What is left is the end of an expression: $/ or $) or, escaped in a value, \$.
    if re.search(r"(?<!\\)\$(?![/)])", text):
        raise ValueError(f"not all is filled in: {text}")
    return text


def step(least: str, span_ms: int) -> str:
    """``$__interval``: a step of a nice length, at least ``least``, so that the span has no more than a panel's width."""
    wanted = max(milliseconds(least), -(-span_ms // WIDTH))
    return next((one for one in STEPS if milliseconds(one) >= wanted), f"{-(-wanted // DAY_MS)}d")


def milliseconds(duration: str) -> int:
    """5m, 24h, 31d."""
    return int(duration[:-1]) * UNITS[duration[-1]]


def _expression(values: Sequence[str] | None, *, one: bool) -> str:
    if values is None:
        return ".*"
    escaped = [re.sub(r"[\\^$*+?.()|[\]{}/]", r"\\\g<0>", value) for value in values]
    return escaped[0] if one else f"({'|'.join(escaped)})"
