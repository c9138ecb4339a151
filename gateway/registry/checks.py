"""What one cell of the registry file may hold: each check gives None, or what is wrong and the remedy."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TypeAlias

from gateway.registry.values import LEVELS
from rules.vocabulary import DEVICE_KINDS

Wrong: TypeAlias = tuple[str, str] | None

FIELD_LENGTH_MAX = 200
CAPACITY_MAX = 100_000
HEARTBEAT_S_MAX = 7 * 24 * 3600
RESERVED_SITES = ("_sim",)  # the simulation's own topics live there

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PHONE = re.compile(r"[0-9+\- ]{3,20}")
_INTEGER = re.compile(r"[0-9]{1,9}")
_FORMULA = tuple("=+-@＝＋－＠")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # Unicode categories nobody can see in a spreadsheet


def text(value: str, *, may_begin_like_formula: bool = False) -> Wrong:
    """Any cell: of bearable length, without unseen characters, and nothing a spreadsheet would execute."""
    if len(value) > FIELD_LENGTH_MAX:
        return f"has {len(value)} characters, the most is {FIELD_LENGTH_MAX}", "shorten it"
    for character in (
        "" if value.isprintable() else value
    ):  # printable text holds none of them, and is soon told
        if unicodedata.category(character) in _UNSEEN:
            shown = f"U+{ord(character):04X}"
            return f"holds the unseen character {shown}", "type the cell anew, on one line"
    if value.startswith(_FORMULA) and not may_begin_like_formula:
        return (
            f"begins with {value[0]!r}, which a spreadsheet runs as a formula",
            "begin it with a letter or a digit",
        )
    return None


def identifier(value: str) -> Wrong:
    """An id as it stands in topics: 1 to 64 of A-Z a-z 0-9 _ -."""
    if _ID.fullmatch(value) is None:
        return f"{value!r} is no id", "use 1 to 64 of the characters A-Z a-z 0-9 _ -"
    return None


def site(value: str) -> Wrong:
    """A site code: an id that is not reserved."""
    if value in RESERVED_SITES:
        return f"{value!r} is reserved for the simulation", "choose another site code, such as lianhua"
    return identifier(value)


def path(value: str) -> Wrong:
    """A place path: exactly four levels 区/街道/社区/小区, none of them empty or padded."""
    levels = value.split("/")
    if len(levels) != len(LEVELS):
        noun = "level" if len(levels) == 1 else "levels"
        return (
            f"{value!r} has {len(levels)} {noun}, needs {len(LEVELS)} ({'/'.join(LEVELS)})",
            "write it like 福田区/莲花街道/莲花社区/莲花二村",
        )
    for name, level in zip(LEVELS, levels, strict=True):
        if not level or level != level.strip():
            return (
                f"{value!r} has an empty or padded {name}",
                "write all four names without blanks around them",
            )
    return None


def integer(value: str, *, largest: int, unit: str) -> Wrong:
    """A whole number from 1 to ``largest``."""
    if _INTEGER.fullmatch(value) is None or not 1 <= int(value) <= largest:
        return f"{value!r} is no whole number from 1 to {largest}", f"write {unit} in digits 0-9"
    return None


def phone(value: str) -> Wrong:
    """A phone number: 3 to 20 of digits, +, - and blanks, at least three digits among them."""
    if _PHONE.fullmatch(value) is None or sum(c.isdigit() for c in value) < 3:  # noqa: PLR2004 as in 110
        return "is no phone number", "write 3 to 20 digits; + - and blanks may stand between them"
    return None


def device_kind(value: str) -> Wrong:
    """One of the kinds of device the hub knows."""
    if value in DEVICE_KINDS:
        return None
    return f"{value!r} is no kind of device", nearest(value, DEVICE_KINDS)


def nearest(word: str, known: tuple[str, ...]) -> str:
    """A remedy for a misspelt word: the nearest known one, or all of them."""
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}"
