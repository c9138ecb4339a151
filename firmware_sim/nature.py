"""How a town is: a show, in which everything works and something of each kind happens, or as life is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Nature:
    """``flawed`` devices have their kind's usual flaws. ``calm`` people know no illness and no nights away.

    A ``staged`` town has one incident of each kind for every 40 homes a day; otherwise things happen by chance, ``eventful``
    times as often as ``firmware_sim.lives.fate`` says.
    """

    flawed: bool
    calm: bool
    staged: bool
    eventful: float = 1.0


SHOW = Nature(flawed=False, calm=True, staged=True)
LIFELIKE = Nature(flawed=True, calm=False, staged=False)


class NatureName(StrEnum):
    """The natures by name."""

    SHOW = "show"
    LIFELIKE = "lifelike"


NATURES: dict[str, Nature] = {NatureName.SHOW: SHOW, NatureName.LIFELIKE: LIFELIKE}
