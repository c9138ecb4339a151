"""What comes and goes all the time is told once, and again when it has come to rest."""

from __future__ import annotations

from station import Station


def shaking(hub: Station) -> Station:
    """Two alerts begin and end within three minutes, and a third begins."""
    for n, minute in enumerate((0, 1), start=1):
        hub.at(minute).begins("shaky", name=f"a{n}").at(minute + 0.5).ends(f"a{n}")
    return hub.at(2).begins("shaky", name="a3")


def test_the_last_alert_people_have_says_so_and_the_rest_is_held() -> None:
    hub = shaking(Station())
    assert hub.told == [
        "raise a1",
        "end a1",
        "raise a2",
        "end a2",
        "a2 notice flapping at 2",
        "hold a3 flapping",
    ]
    hub.at(3).ends("a3").at(4).begins("shaky", name="a4")
    assert hub.told == ["end a3", "hold a4 flapping"], "it is said once"


def test_at_rest_and_standing_it_counts_on_the_alert_people_have() -> None:
    hub = shaking(Station())
    hub.effects.clear()
    assert hub.at(12).told == ["again a2 2"]
    assert hub.at(30).ends("a3").told == ["end a2"]


def test_at_rest_and_over_its_alert_is_over_too() -> None:
    hub = shaking(Station()).at(3).ends("a3")
    assert hub.told[-1] == "end a3"
    assert hub.at(13).told == ["end a2"]
    assert hub.at(14).begins("shaky", name="later").told == ["raise later"]
    assert hub.state.flaps.keys() == {"shaky|H1|H1-1"}


def test_slow_changes_are_no_flapping() -> None:
    hub = Station()
    for n in range(8):
        hub.at(n * 6).begins("shaky", name=f"a{n}").at(n * 6 + 3).ends(f"a{n}")
    assert hub.told == [word for n in range(8) for word in (f"raise a{n}", f"end a{n}")]


def test_life_safety_is_told_however_often_it_comes() -> None:
    hub = Station()
    for n in range(4):
        hub.at(n).begins("quiet", name=f"a{n}").ends(f"a{n}")
    assert hub.told == [word for n in range(4) for word in (f"raise a{n}", f"end a{n}")]


def test_where_people_have_no_alert_they_get_one() -> None:
    hub = Station()
    for n in range(2):
        hub.at(n).begins("shaky", name=f"a{n}").does("accept", f"a{n}").does(
            "close", f"a{n}", verdict="true", outcome="assisted"
        )
        hub.ends(f"a{n}")
    hub.effects.clear()
    assert hub.at(2).begins("shaky", name="a2").told == ["raise a2"]
    assert hub.ends("a2").at(3).begins("shaky", name="a3").told == [
        "end a2",
        "a2 notice flapping at 3",
        "hold a3 flapping",
    ]
