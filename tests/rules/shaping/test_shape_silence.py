"""A silence has an owner, a reason and an end, and keeps nothing that matters from people."""

from __future__ import annotations

import pytest
from station import MINUTE, START, Station

from rules.events import Command, Tick
from rules.shaping.silence import silence_of
from rules.shaping.site import SILENCES_MAX


def test_what_still_stands_at_the_end_of_a_silence_is_told_then() -> None:
    hub = Station().silences(minutes=60, rule="plain").at(10).begins("plain")
    assert hub.told == ["hold plain silence:s1"]
    assert hub.at(60).told == ["raise plain"]


def test_what_has_ended_meanwhile_is_not() -> None:
    hub = Station().silences(minutes=60, rule="plain").begins("plain").at(20).ends("plain").at(70)
    assert hub.told == ["hold plain silence:s1", "end plain"]
    assert hub.state.held == {}


def test_a_single_event_is_recorded_and_not_told_later() -> None:
    assert Station().silences(minutes=60, key="H1").begins("tamper").at(70).told == ["hold tamper silence:s1"]


@pytest.mark.parametrize("rule", ["fall", "quiet"])
def test_life_safety_is_told_all_the_same(rule: str) -> None:
    assert Station().silences(minutes=60, key="H1").begins(rule).told == [f"raise {rule}"]


@pytest.mark.parametrize(
    ("about", "rule", "key", "subject", "held"),
    [
        ({"rule": "plain"}, "plain", "H2", "", True),
        ({"rule": "plain"}, "door", "H2", "", False),
        ({"key": "H1"}, "plain", "H1", "", True),
        ({"key": "H1"}, "plain", "H2", "", False),
        ({"device": "H1-2"}, "plain", "H1", "H1-2", True),
        ({"device": "H1-2"}, "plain", "H1", "H1-1", False),
        ({"rule": "door", "key": "H1"}, "plain", "H1", "", False),
    ],
)
def test_a_silence_is_about_what_it_names(
    about: dict[str, str], rule: str, key: str, subject: str, *, held: bool
) -> None:
    hub = Station().silences(minutes=60, **about).begins(rule, key, subject)
    assert hub.told == [f"hold {rule} silence:s1" if held else f"raise {rule}"]


def test_it_can_be_ended_early_and_a_repeat_does_not_bring_it_back() -> None:
    hub = Station().silences(minutes=60, rule="plain")
    begin = Command(hub.now, "c1", "silence", "", "李敏", {"id": "s1", "rule": "plain", "reason": "x",
                    "until": str(START + 60 * MINUTE)})  # fmt: skip
    hub.begins("plain").at(5).does("silence_end", id="s1")
    assert hub.told == ["hold plain silence:s1", "raise plain"]
    hub.tell(begin)
    assert hub.state.silences == {}


def test_of_two_silences_the_second_goes_on_holding() -> None:
    hub = Station().silences(minutes=10, rule="plain").silences("s2", minutes=20, key="H1").begins("plain")
    assert hub.at(20).told == ["hold plain silence:s1", "hold plain silence:s2", "raise plain"]


def test_too_many_silences_are_not_begun() -> None:
    hub = Station()
    for n in range(SILENCES_MAX + 1):
        hub.silences(f"s{n}", minutes=60, rule=f"r{n}")
    assert len(hub.state.silences) == SILENCES_MAX


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "长" * 201}, "reason"),
        ({"until": ""}, "until"),
        ({"until": "²"}, "until"),
        ({"until": str(START)}, "until"),
        ({"until": str(START + 31 * 86_400_000)}, "30 days"),
        ({"rule": ""}, "what is to be silent"),
        ({"id": ""}, "what is to be silent"),
        ({"id": "i" * 65}, "64 characters"),
    ],
)
def test_a_silence_without_end_reason_or_object_is_refused(data: dict[str, str], words: str) -> None:
    right = {"id": "s1", "rule": "plain", "reason": "施工", "until": str(START + 1)}
    assert silence_of(Command(START, "c", "silence", "", "李敏", right)).by == "李敏"
    with pytest.raises(ValueError, match=words):
        silence_of(Command(START, "c", "silence", "", "李敏", right | data))
    hub = Station().tell(Command(START, "c", "silence", "", "李敏", right | data))
    assert hub.state.silences == {}


def test_what_a_silence_let_go_while_the_hub_was_away_has_waited_since_then() -> None:
    hub = Station().silences(minutes=10, rule="door").begins("door").restarts()
    hub.now += 60 * MINUTE
    assert hub.tell(Tick(hub.now)).told[1:] == [
        "raise door",
        "door urgent unattended at 25",
        "door critical unattended at 40",
    ]
