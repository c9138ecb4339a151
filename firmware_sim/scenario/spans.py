"""Lengths of time as people write them: ``90s``, ``2m``, ``1h30m``, ``7d``; epoch-free, in milliseconds."""

from __future__ import annotations

import re

from firmware_sim.daytime import DAY, HOUR, MINUTE, SECOND

SPAN = r"^(?:[0-9]+(?:ms|s|m|h|d))+$"
TIME = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def span_ms(text: str) -> int:
    """The length in milliseconds; '' is none. Raises ``ValueError`` for what is no length."""
    if text and not re.match(SPAN, text):
        raise ValueError(
            f"{text!r} is no length of time: write a number and a unit, for example 90s, 2m or 1h30m"
        )
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"([0-9]+)(ms|s|m|h|d)", text))


def shown_span(ms: int) -> str:
    """The length for people: ``01:02:03``, and the days before it where there are any."""
    days, rest = divmod(abs(ms), DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    clock = f"{hours:02d}:{minutes:02d}:{rest // SECOND:02d}"
    return f"{'-' if ms < 0 else '+'}{f'{days}d ' if days else ''}{clock}"
