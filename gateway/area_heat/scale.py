"""The colours of a heat map: five even steps from nothing to the highest number that is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.area_heat.heat import Value

STEPS = 5
NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
NICE_WHOLE = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """``step``: how much each of the five colours covers."""

    step: float

    def colour(self, value: Value) -> int | None:
        """0 (least) to 4; of a range the lower end's, so that a map never cries louder than is known. None: no number."""
        return None if value.low is None else min(int(value.low / self.step + 1e-9), STEPS - 1)

    @property
    def steps(self) -> list[tuple[int, str, str]]:
        """Each colour with where it begins and ends, as written."""
        return [(at, f"{at * self.step:g}", f"{(at + 1) * self.step:g}") for at in range(STEPS)]


def scale_of(values: Iterable[Value], *, whole: bool) -> Scale:
    """The steps for these values; ``whole``: counts, which have no halves."""
    most = max((value.high for value in values if value.high is not None), default=0.0)
    least = most / STEPS
    if whole:
        least = max(least, 1.0)
    if least <= 0:
        return Scale(1.0)
    power = 1.0
    while power > least:
        power /= 10
    while power * 10 <= least:
        power *= 10
    nice = NICE_WHOLE if whole else NICE
    return Scale(next(power * one for one in nice if power * one >= least - 1e-12))
