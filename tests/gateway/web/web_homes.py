"""The part of the small hub behind the web that is about homes: how they are, and what happened there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from web_cases import KINDS

from gateway.web.home_port import CardRule, DeviceHealth, Happening, HomeNow
from rules.at_home import AtHome

NOW = 1_763_881_380_000  # 2025-11-23 15:03 in Shanghai
MINUTE = 60_000

DEVICES = (
    DeviceHealth(
        id="door-1", kind="contact", room="入户门", alive=True, online=True, heard_at=NOW - MINUTE, battery=97
    ),
    DeviceHealth(
        id="radar-1",
        kind="radar",
        room="卫生间",
        alive=True,
        online=True,
        heard_at=NOW - MINUTE,
        battery=None,
    ),
)
MORNING = (
    Happening(NOW - 320 * MINUTE, "卧室", "bed-1", "bed", on=False),
    Happening(NOW - 300 * MINUTE, "卫生间", "radar-1", "motion", on=True),
    Happening(NOW - 298 * MINUTE, "卫生间", "radar-1", "motion", on=True),
    Happening(NOW - 120 * MINUTE, "入户门", "door-1", "contact", on=True),
    Happening(NOW - 119 * MINUTE, "入户门", "door-1", "contact", on=False),
    Happening(NOW - 2 * MINUTE, "卫生间", "radar-1", "event.fall", on=True),
)


class HomeDesk:
    """Homes as usual, until a test says otherwise."""

    @cached_property
    def sentences(self) -> dict[str, AtHome]:
        """What is said of a home, by id."""
        return {}

    @cached_property
    def house(self) -> dict[str, tuple[DeviceHealth, ...]]:
        """The devices of a home, by id."""
        return {}

    @cached_property
    def happened(self) -> dict[str, Sequence[Happening] | None]:
        """What happened in a home, by id; None where the store is away."""
        return {}

    @cached_property
    def looked(self) -> list[tuple[str, int, int]]:
        """Whose happenings were asked for, from when to when."""
        return []

    def card_rules(self) -> Sequence[CardRule]:
        return [CardRule(rule, kind["kind"], kind["title"], kind["todo"]) for rule, kind in KINDS.items()]

    def home_now(self, place_id: str, standing: Sequence[str]) -> HomeNow | None:
        usual = "inactive" if "no_activity" in standing else "alert" if standing else "usual"
        said = self.sentences.get(place_id, AtHome("active", NOW - 3 * MINUTE, usual))  # type: ignore[arg-type]
        return HomeNow(said, self.house.get(place_id, DEVICES)) if place_id.startswith("H") else None

    async def happenings(self, place_id: str, from_ms: int, to_ms: int) -> Sequence[Happening] | None:
        self.looked.append((place_id, from_ms, to_ms))
        found = self.happened.get(place_id, MORNING)
        return None if found is None else [one for one in found if from_ms <= one.at < to_ms]
