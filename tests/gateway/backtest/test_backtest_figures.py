"""Floods, silences and what has changed, on bare numbers."""

from __future__ import annotations

from gateway.backtest.comparison import compare
from gateway.backtest.figures import floods_by_site, longest_silence_ms
from gateway.backtest.telling import Alert
from rules.effects import Evidence

WHY = Evidence("event", (), {})


def alert(name: str, at: int, *, rule: str = "r", place: str = "H1", until: int = 0) -> Alert:
    return Alert(name, rule, place, f"{place}-d", at, at, WHY, ended_at=until)


def test_each_station_has_its_own_people() -> None:
    alerts = [alert(str(at), at, place=f"H{at % 2}") for at in range(18)]
    assert floods_by_site(alerts, {"H0": "one", "H1": "other"}) == 0
    assert floods_by_site(alerts, {"H0": "one", "H1": "one"}) == 1


def test_silence_counts_from_the_beginning_and_to_the_end() -> None:
    assert longest_silence_ms([], 0, 100) == 100
    assert longest_silence_ms([30, 40], 0, 100) == 60
    assert longest_silence_ms([90, 10], 0, 100) == 80


def test_alerts_about_the_same_thing_at_the_same_time_have_moved() -> None:
    asked = [alert("a", 10, until=50), alert("b", 200, until=210), alert("c", 1_000)]
    current = [
        alert("x", 20, until=50),
        alert("c", 1_000),
        alert("y", 300, until=310),
        alert("z", 20, rule="q"),
    ]
    gone = compare(asked, current)
    assert [(a.change, a.moved_ms) for a in asked] == [("moved", -10), ("new", 0), ("same", 0)]
    assert [a.id for a in gone] == ["z", "y"]
    assert all(a.change == "gone" for a in gone)


def test_one_alert_stands_for_one_other_only() -> None:
    asked = [alert("a", 10, until=90), alert("b", 20, until=90)]
    assert compare(asked, [alert("x", 15, until=90)]) == []
    assert [a.change for a in asked] == ["moved", "new"]
