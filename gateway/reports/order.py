"""What is ordered of the process that makes reports, and what it hands back."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from gateway.reports.asked import Asked
from gateway.reports.document import Lang
from gateway.reports.rendering import Format
from gateway.reports.stored import HourRow

Form: TypeAlias = Format | Literal["json"]  # json: the report itself, its figures by key


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Reports in these forms and this language. ``hours``: what the devices of each facility said, by its id."""

    asked: tuple[Asked, ...]
    forms: tuple[Form, ...]
    lang: Lang = "zh"
    hours: dict[str, list[HourRow]] = {}


class Made(msgspec.Struct, frozen=True):
    """One file of a report: of the one that was asked for at ``at``, its name and its bytes."""

    at: int
    form: Form
    name: str
    body: bytes


class Failed(msgspec.Struct, frozen=True):
    """Why no more is made: ``what`` is place (there is no such place) or machine (a package is missing)."""

    what: Literal["place", "machine"]
    words: str
