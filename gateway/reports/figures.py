"""Figures from two countings: what each is called, in which unit, and what it means is said once, in a table of ``Spec``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import TypeVar

from gateway.reports.document import PLAIN, Figure, Text, Value

T = TypeVar("T")

UNITS: dict[str, Text] = {
    "": PLAIN,
    "%": {"zh": "%", "en": "%"},
    "alerts": {"zh": "条", "en": "alerts"},
    "times": {"zh": "次", "en": "times"},
    "homes": {"zh": "户", "en": "homes"},
    "devices": {"zh": "台", "en": "devices"},
    "items": {"zh": "项", "en": "items"},
    "faults": {"zh": "起", "en": "faults"},
    "s": {"zh": "秒", "en": "s"},
    "min": {"zh": "分钟", "en": "min"},
    "h": {"zh": "小时", "en": "h"},
    "people": {"zh": "人", "en": "people"},
    "people_h": {"zh": "人·时", "en": "people-hours"},
    "m2_h": {"zh": "㎡·时", "en": "m²-hours"},
    "rooms": {"zh": "间", "en": "rooms"},
    "places": {"zh": "个", "en": "places"},
}


@dataclass(frozen=True, slots=True)
class Spec:
    """A figure before it is counted: Chinese and English name, unit (a key of ``UNITS``), definition in both."""

    key: str
    zh: str
    en: str
    unit: str
    means_zh: str
    means_en: str
    decimals: int = 0


def figures_of(
    specs: Iterable[Spec], now: Mapping[str, Value], before: Mapping[str, Value]
) -> dict[str, Figure]:
    """Each figure with its value of both periods; what was not counted is 无数据."""
    return {
        one.key: Figure(
            key=one.key,
            label={"zh": one.zh, "en": one.en},
            value=_rounded(now.get(one.key), one.decimals),
            unit=UNITS[one.unit],
            before=_rounded(before.get(one.key), one.decimals),
            definition={"zh": one.means_zh, "en": one.means_en},
            decimals=one.decimals,
        )
        for one in specs
    }


def _rounded(value: Value, decimals: int) -> Value:
    """As it is shown: every format tells the same number."""
    return round(value, decimals) if isinstance(value, float) else value


def keys_of(specs: Sequence[Spec]) -> tuple[str, ...]:
    """Their keys, in order."""
    return tuple(one.key for one in specs)


def percent(share: float | None) -> float | None:
    """A share in percent with one decimal, rounded down: one that is not whole never reads 100."""
    return None if share is None else floor(share * 1_000 + 1e-9) / 10


def ratio(part: float, whole: float) -> float | None:
    """Which part of the whole it is; None where there is no whole."""
    return part / whole if whole else None
