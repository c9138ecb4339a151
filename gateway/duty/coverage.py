"""Hours in which an alert would reach nobody. Closed hours are normal; what is refused is an hour without any rung.

A desk is looked at once, at the edges of its shifts; a gap of a ladder is where all its desks are silent at once. So the time
it takes grows with the desks and the ways up the tree, not with the homes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

from gateway.alerts.message import Words
from gateway.duty.plan import SERVES, Class, Desk, Plan
from gateway.duty.roster import edges, on_duty, shifts_changed
from gateway.duty.rungs import Matter, covers, rungs_of

DAYS = 28
DAY_MS = 86_400_000
CLASSES_OF: dict[str, tuple[Class, ...]] = {  # what the rules may raise in a place of a kind
    "home": ("life_safety", "care", "device"),
    "facility": ("life_safety", "care", "facility", "device"),
}
SERVES_ZH = {"care": "照护", "property": "物业", "maintenance": "维修", "operator": "运维"}

Silence: TypeAlias = tuple[int, int]


class Placed(Protocol):
    """A home or facility of the registry."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def kind(self) -> str:
        """``home`` or ``facility``."""
        ...

    @property
    def path(self) -> str:
        """区/街道/社区/小区."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """From when to when (epoch ms) an alert of that class would reach nobody, and what to do.

    It concerns all places of ``path``, or the facility ``place_id`` alone; both are '' for the hub itself.
    """

    kind: Class
    path: str
    place_id: str
    from_ms: int
    to_ms: int
    remedy: Words


def matters_of(plan: Plan, places: Iterable[Placed]) -> tuple[Matter, ...]:
    """What may be raised in these places and in the hub, each way up the tree once: by class, path, and named facility."""
    named = {place for desk in plan.desks for place in desk.places}
    found = {Matter(kind="hub", place_id="", path=""): None}
    for place in places:
        own = place.id if place.id in named else ""
        for kind in CLASSES_OF[place.kind]:
            found[Matter(kind=kind, place_id=own, path=place.path)] = None
    return tuple(found)


def gaps(
    plan: Plan, matters: Iterable[Matter], *, from_ms: int, days: int = DAYS, zone: ZoneInfo, calendar: str
) -> tuple[Gap, ...]:
    """Every time in the coming days in which no rung of one of these matters reaches a person, in order of matter and time.

    A person is reached who has a reach and is on duty, by a group, or at the console of a desk that is staffed.
    """
    to_ms = from_ms + days * DAY_MS
    # A day more on either side: where the look begins or ends amid a night, what to do is said of the whole night.
    look = _Look(plan, from_ms - DAY_MS, to_ms + DAY_MS, zone, calendar)
    found: list[Gap] = []
    for matter in matters:
        desks = _ladder(plan, matter)
        whole = [(look.from_ms, look.to_ms)]
        for begins, ends in look.silences(desks) if desks else whole:
            if ends <= from_ms or begins >= to_ms:
                continue
            remedy = look.remedy(desks, begins, ends) if desks else _uncovered(matter)
            found.append(
                Gap(
                    kind=matter.kind,
                    path=matter.path,
                    place_id=matter.place_id,
                    from_ms=max(begins, from_ms),
                    to_ms=min(ends, to_ms),
                    remedy=remedy,
                )
            )
    return tuple(found)


def doubts(plan: Plan, calendar: str) -> list[Words]:
    """Substitutes that do not change one shift: a slip of the date, or a day on which the other has two."""
    found = []
    for number, change in enumerate(plan.substitutes):
        count = shifts_changed(plan, number, calendar)
        if count == 1:
            continue
        where = f"{change.desk} {change.date}: {change.instead_of} → {change.person}"
        if count:
            zh, en = (
                f"当天有 {count} 个班次，请用 from 写明是哪一班",
                f"{count} shifts that day; say which with from",
            )
        else:
            zh, en = "当天没有此人的班次，请核对日期", "has no shift there that day; check the date"
        found.append({"zh": f"替班 {where}：{zh}", "en": f"substitute {where}: {en}"})
    return found


def _ladder(plan: Plan, matter: Matter) -> tuple[Desk, ...]:
    """The desks of a matter, nearest first; none where only the last resort of ``rungs_of`` is left."""
    desks = tuple(desk for rung in rungs_of(plan, matter) for desk in rung.desks)
    written = matter.kind in plan.routes
    return desks if written or any(covers(desk, matter) for desk in desks) else ()


class _Look:
    """Looks at each desk, and at each ladder, once."""

    def __init__(self, plan: Plan, from_ms: int, to_ms: int, zone: ZoneInfo, calendar: str) -> None:
        self.from_ms = from_ms
        self.to_ms = to_ms
        self._plan = plan
        self._zone = zone
        self._calendar = calendar
        self._reached = {person.id for person in plan.people if person.reach}
        self._of_desk: dict[str, list[Silence]] = {}
        self._of_ladder: dict[tuple[str, ...], list[Silence]] = {}

    def silences(self, desks: Sequence[Desk]) -> list[Silence]:
        """When none of these desks reaches anybody."""
        ids = tuple(dict.fromkeys(desk.id for desk in desks))
        known = self._of_ladder.get(ids)
        if known is None:
            known = [(self.from_ms, self.to_ms)]
            for desk in desks:
                known = _both(known, self._silence_of(desk)) if known else []
            self._of_ladder[ids] = known
        return known

    def _silence_of(self, desk: Desk) -> list[Silence]:
        found = self._of_desk.get(desk.id)
        if found is None:
            found = self._of_desk[desk.id] = []
            moments = edges(
                [desk], from_ms=self.from_ms, to_ms=self.to_ms, zone=self._zone, calendar=self._calendar
            )
            for begins, ends in zip([self.from_ms, *moments], [*moments, self.to_ms], strict=True):
                if self._reaches(desk, begins):
                    continue
                if found and found[-1][1] == begins:
                    found[-1] = (found[-1][0], ends)
                else:
                    found.append((begins, ends))
        return found

    def _reaches(self, desk: Desk, at: int) -> bool:
        people = on_duty(self._plan, desk, at=at, zone=self._zone, calendar=self._calendar)
        if people is None:
            return False
        return bool(desk.ways or desk.console or self._reached.intersection(people))

    def remedy(self, desks: Sequence[Desk], begins: int, ends: int) -> Words:
        """What to do about a gap, said of the top desk: it is the one to be there when the others are closed."""
        top = desks[-1]
        people = on_duty(self._plan, top, at=begins, zone=self._zone, calendar=self._calendar)
        if people is not None:
            who = "、".join(people) or "-"
            return {
                "zh": f"“{top.name}”此时在岗的人没有联系方式（{who}）：给他们写 reach，或给值班点写 ways 或 console: true",
                "en": f"those on duty at {top.id} then ({who}) cannot be reached; give them a reach, "
                "or the desk ways or console: true",
            }
        zh, en = "全天", "round the clock"
        if ends - begins < DAY_MS:
            start, end = (f"{datetime.fromtimestamp(at / 1000, self._zone):%H:%M}" for at in (begins, ends))
            zh, en = f"{start} 到 {end}", f"from {start} to {end}"
        return {
            "zh": f"此时各级都不在岗：给“{top.name}”（{top.id}）加一个{zh}的班次，可以是待命人员",
            "en": f"every desk is closed then; give {top.id} a shift {en}, of people on call if need be",
        }


def _uncovered(matter: Matter) -> Words:
    serves = SERVES[matter.kind]
    zh = f"没有{SERVES_ZH[serves]}值班点管这里：增加一个 serves: {serves} 的值班点"
    en = f"no desk that serves {serves} covers it; add one with serves: {serves}"
    if not matter.path:
        return {"zh": f"{zh}，不写 at", "en": f"{en} and without at"}
    above = "/".join(matter.path.split("/")[:-1])
    return {"zh": f"{zh}，例如 at: {above}", "en": f"{en}, for example at: {above}"}


def _both(one: list[Silence], other: list[Silence]) -> list[Silence]:
    """The times that are in both; each is in order and without overlap."""
    found, left, right = [], 0, 0
    while left < len(one) and right < len(other):
        begins, ends = max(one[left][0], other[right][0]), min(one[left][1], other[right][1])
        if begins < ends:
            found.append((begins, ends))
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return found
