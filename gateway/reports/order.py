"""What is ordered of the process that makes reports, and what it hands back."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from gateway.reports.asked import Asked
from gateway.reports.document import Lang, Signature
from gateway.reports.rendering import Format
from gateway.reports.stored import HourRow

Form: TypeAlias = Format | Literal["json"]  # json: the report itself, its figures by key


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Reports in these forms and this language.

    ``hours``: what the counters of each facility said, by its id. ``signed``: who has signed each report, in their order;
    without it nobody has.
    """

    asked: tuple[Asked, ...]
    forms: tuple[Form, ...]
    lang: Lang = "zh"
    hours: dict[str, list[HourRow]] = {}
    signed: tuple[tuple[Signature, ...], ...] = ()


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
