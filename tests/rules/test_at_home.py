"""The sentence about a home: what is seen is said, and nothing is called quiet that could have happened unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.at_home import AtHome, Seen, at_home, is_inactivity
from rules.conditions.absence import Absence
from rules.conditions.event import EventHappens
from rules.conditions.learned import Learned
from rules.habit import Habit, note
from rules.presence import Leg, Presence
from rules.when import AllOf, When

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = 3_600_000
DAY = 24 * HOUR
MIDNIGHT = int(datetime(2025, 11, 22, 16, 0, tzinfo=UTC).timestamp() * 1000)  # 00:00 of the 23rd in Shanghai
NOW = MIDNIGHT + 10 * HOUR
LIVING = [True, True]
DEAD = [False, False]


def learned() -> Habit:
    """A week in which somebody was active every half hour by day."""
    habit, presence = Habit(), Presence(leg=int(Leg.IN))
    for day in range(-7, 0):
        for half in range(14, 44):
            at = MIDNIGHT + day * DAY + half * HOUR // 2
            note(habit, presence, at, ZONE, inside=True)
            presence.active_at = at
    return habit


HABIT = learned()


def said(at: int, now: int = NOW, **other: Any) -> AtHome:  # noqa: ANN401 fields of Seen
    given_presence = other.pop("presence", Presence(active_at=at, leg=int(Leg.IN) if at else 0))
    known: dict[str, Any] = {"presence": given_presence, "habit": HABIT, "sensors": LIVING} | other
    return at_home(Seen(**known), now=now, zone=ZONE)


@pytest.mark.parametrize(
    ("at", "other", "expected"),
    [
        (NOW - HOUR, {}, ("active", "usual")),
        (NOW - HOUR, {"habit": Habit()}, ("active", "learning")),
        (MIDNIGHT + 2 * HOUR, {}, ("active", "quiet")),
        (MIDNIGHT + 2 * HOUR, {"sensors": [True, False]}, ("active", "blind")),
        (NOW - HOUR, {"sensors": [True, False]}, ("active", "usual")),
        (NOW - HOUR, {"sensors": DEAD}, ("active", "blind")),
        (NOW - HOUR, {"hears": False}, ("active", "blind")),
        (NOW - HOUR, {"mode": "hospital"}, ("active", "away")),
        (NOW - HOUR, {"mode": "visitors"}, ("active", "usual")),
        (NOW - HOUR, {"alerts": [False]}, ("active", "alert")),
        (NOW - HOUR, {"alerts": [False, True]}, ("active", "inactive")),
        (MIDNIGHT - HOUR, {}, ("not_yet", "quiet")),
        (MIDNIGHT - HOUR, {"mode": "away"}, ("away", "")),
        (MIDNIGHT - HOUR, {"alerts": [True]}, ("not_yet", "inactive")),
        (MIDNIGHT - HOUR, {"sensors": [True, False]}, ("blind", "")),
        (MIDNIGHT - HOUR, {"sensors": DEAD, "alerts": [False]}, ("blind", "alert")),
        (MIDNIGHT - HOUR, {"hears": False}, ("blind", "")),
        (MIDNIGHT - HOUR, {"sensors": []}, ("no_sensors", "")),
        (0, {}, ("unknown", "")),
    ],
)  # fmt: skip
def test_what_is_said(at: int, other: dict[str, Any], expected: tuple[str, str]) -> None:
    found = said(at, **other)
    assert (found.said, found.usual) == expected
    assert found.at == at


def test_early_in_the_morning_nothing_yet_is_as_usual() -> None:
    assert said(MIDNIGHT - 3 * HOUR, now=MIDNIGHT + 4 * HOUR) == AtHome(
        "not_yet", MIDNIGHT - 3 * HOUR, "usual"
    )


def test_who_went_out_is_not_called_quiet() -> None:
    gone = Presence(active_at=MIDNIGHT + HOUR, door_at=MIDNIGHT + HOUR, leg=int(Leg.LEFT))
    assert said(0, presence=gone).usual == "out"


def test_of_a_home_that_is_paused_nothing_is_told_but_that_an_alert_is_open() -> None:
    assert said(NOW - HOUR, mode="paused") == AtHome("paused", 0, "")
    assert said(NOW - HOUR, mode="paused", alerts=[False]) == AtHome("paused", 0, "alert")


def test_what_may_have_been_missed_is_not_called_quiet() -> None:
    doubted = Presence(active_at=MIDNIGHT - HOUR, leg=int(Leg.IN), doubt=True)
    assert said(0, presence=doubted).said == "blind"


def test_an_hour_that_the_rule_of_the_home_allows_is_not_quiet() -> None:
    seen = Seen(
        presence=Presence(active_at=MIDNIGHT + 2 * HOUR, leg=int(Leg.IN)), habit=HABIT, sensors=LIVING
    )
    patient = Learned(floor_s=12 * 3600, ceiling_s=14 * 3600)
    assert at_home(seen, now=NOW, zone=ZONE, rule=patient).usual == "usual"


def test_which_rules_speak_of_inactivity() -> None:
    absence = Absence(of=("motion",), for_s=600)
    assert is_inactivity(absence)
    assert is_inactivity(Learned())
    assert is_inactivity(AllOf(of=(When(absence=absence), When(learned=Learned()))))
    assert not is_inactivity(EventHappens(type="fall"))


@given(
    at=st.integers(MIDNIGHT - 3 * DAY, NOW),
    alive=st.lists(st.booleans(), max_size=4),
    hears=st.booleans(),
    doubt=st.booleans(),
    leg=st.sampled_from(Leg),
    mode=st.sampled_from(["", "away", "visitors", "paused"]),
    alerts=st.lists(st.booleans(), max_size=2),
)
def test_quiet_is_never_said_while_something_could_happen_unseen(
    *, at: int, alive: list[bool], hears: bool, doubt: bool, leg: Leg, mode: str, alerts: list[bool]
) -> None:
    presence = Presence(active_at=at, door_at=at, leg=int(leg), doubt=doubt)
    found = at_home(
        Seen(presence=presence, habit=HABIT, sensors=alive, mode=mode, hears=hears, alerts=alerts), now=NOW, zone=ZONE
    )  # fmt: skip
    if not hears or doubt or not all(alive) or not alive:
        assert found.said != "not_yet"
        assert found.usual != "quiet"
    assert (found.said == "active") == (at >= MIDNIGHT and mode != "paused")
    assert (found.usual in {"inactive", "alert"}) == bool(alerts)
