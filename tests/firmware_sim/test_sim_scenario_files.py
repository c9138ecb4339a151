"""Scenario files: what is wrong with one is told with file, line and what to write; the published schema refuses it too."""

from __future__ import annotations

import contextlib
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from firmware_sim.cli import app
from firmware_sim.faults import Cut, Mend
from firmware_sim.scenario.format import Scenario
from firmware_sim.scenario.library import library
from firmware_sim.scenario.play import Note, Play
from firmware_sim.scenario.reading import ScenarioMistakes, scenario_of
from firmware_sim.scenario.spans import shown_span, span_ms
from firmware_sim.wire import Message

START = 1_772_416_800_000
GOOD = """\
format: carehub-scenario/1
name: {zh: 试, en: try}
shows: {zh: 试, en: try}
lasts: 30m
starts: "23:30"
places:
  - {is: home, id: H0001}
  - is: facility
    id: F-hall
    capacity: 10
    devices:
      - {id: F-hall-counter, kind: counter}
steps:
  - {at: 1m, device: H0001-door, feels: open}
  - {at: 2m, device: H0001-door, feels: battery 5}
  - {at: 3m, topic: a/b, sends: "x"}
  - {at: 4m, fault: clock_skew, on: H0001-door, for: 5m, having: {by: -1h}}
  - {at: 5m, unplug: GW-01}
  - {at: 6m, plug: "GW-*", note: {zh: 好, en: well}}
  - {at: 7m, device: F-hall-counter, feels: enter, every: 10s, for: 1m}
  - {at: 8m, quiet: H0001, for: 5m}
expect:
  - {says: door_open, kind: door_open, from: 1m, to: 30m, by: 12m, place: H0001, device: H0001-door}
"""
WRONG = [
    ("format: carehub-scenario/1", "format: carehub-scenario/9", 1, "carehub-scenario/1"),
    ("lasts: 30m", "lasts: 30", 4, "write it in quotes, a length of time with its unit: 90s"),
    ("lasts: 30m", "lasts: 30min", 4, "write a length of time: 90s, 2m, 1h30m or 7d"),
    ("lasts: 30m", "lasts: 30m\nlasts: 40m", 5, "'lasts' is given twice"),
    ("lasts: 30m", "last: 30m", 4, "did you mean 'lasts'?"),
    ('starts: "23:30"', 'starts: "25:30"', 5, 'write a time of day in quotes: "23:30"'),
    ("is: home", "is: house", 7, "house"),
    ("kind: counter", "kind: conter", 12, "did you mean 'counter'?"),
    ("feels: open", "feels: opn", 14, "a contact does not know 'opn'; did you mean 'open'?"),
    ("device: H0001-door, feels: open", "device: H0001-dor, feels: open", 14, "did you mean 'H0001-door'?"),
    ("device: H0001-door, feels: open", "feels: open", 14, "say which device feels it"),
    ("feels: open", "feels: open, unplug: GW-01", 14, "make it steps of their own"),
    ("battery 5", "battery", 15, "for example battery 5"),
    ("battery 5", "battery 105", 15, "for example battery 5"),
    ("topic: a/b, ", "", 16, "belong together"),
    ("topic: a/b", "topic: a/#", 16, "without + and #"),
    ("fault: clock_skew", "fault: clock_squew", 17, "did you mean clock_skew?"),
    ("on: H0001-door", "on: H0001-dor", 17, "did you mean H0001-door?"),
    ("by: -1h", "bye: -1h", 17, "its parameters are: by"),
    ("unplug: GW-01", "unplug: GW-02", 18, "did you mean 'GW-01'?"),
    ("at: 6m", "at: 31m", 19, "it lasts 1800 s"),
    ("every: 10s, for: 1m", "every: 10s", 20, "every: 30s, for: 10m"),
    ("every: 10s, for: 1m", "for: 1m", 20, "add every, or leave for out"),
    ("quiet: H0001, for: 5m", "quiet: H0001", 21, "for: 1h"),
    ("says: door_open", "says: door_opened", 23, "choose one of"),
    ("place: H0001, ", "", 23, "say of which place"),
    ("by: 12m", "by: 30s", 23, "nobody can know before it happens"),
    ("by: 12m", "by: 2h", 23, "over by then"),
    ("name: {zh: 试, en: try}", "name: {zh: 试, en: try, again and again}", 2, "stands in quotes"),
    ("    capacity: 10", "   capacity: [", 10, "not YAML"),
]


def test_a_right_file_is_read() -> None:
    scenario = scenario_of(GOOD, source="s.yaml")
    assert [step.at for step in scenario.steps] == ["1m", "2m", "3m", "4m", "5m", "6m", "7m", "8m"]
    assert scenario.starts == "23:30"


@pytest.mark.parametrize(("right", "wrong", "line", "said"), WRONG)
def test_a_mistake_is_told_with_its_line_and_what_to_write(
    right: str, wrong: str, line: int, said: str
) -> None:
    assert right in GOOD
    with pytest.raises(ScenarioMistakes) as told:
        scenario_of(GOOD.replace(right, wrong, 1), source="s.yaml")
    assert f"s.yaml:{line}:" in str(told.value)
    assert said in str(told.value)


def test_every_mistake_of_the_steps_is_told_at_once() -> None:
    text = GOOD.replace("feels: open", "feels: opn").replace("unplug: GW-01", "unplug: GW-9")
    with pytest.raises(ScenarioMistakes) as told:
        scenario_of(text, source="s.yaml")
    assert [mistake.line for mistake in told.value.mistakes] == [14, 18]


@pytest.mark.parametrize("text", ["", "- format", "just words", "\x00", "a: &a [*a]"])
def test_what_is_no_scenario_at_all_is_told_so(text: str) -> None:
    with pytest.raises(ScenarioMistakes) as told:
        scenario_of(text, source="s.yaml")
    assert "s.yaml:1:" in str(told.value)


@settings(max_examples=40)
@given(st.text(max_size=60), st.integers(0, len(GOOD)))
def test_no_text_is_answered_by_anything_but_its_mistakes(text: str, at: int) -> None:
    text = GOOD[:at] + text + GOOD[at:]
    with contextlib.suppress(ScenarioMistakes):
        assert isinstance(scenario_of(text, source="s.yaml"), Scenario)


def said_of(scenario_text: str, *, seed: int = 7, step_ms: int = 10**9) -> list[Message]:
    scenario = scenario_of(scenario_text, source="s.yaml")
    play = Play(scenario, start_ms=START, seed=seed)
    said = []
    while play.now_ms < play.end_ms:
        said += play.advance(min(play.now_ms + step_ms, play.end_ms))
    return said


@pytest.mark.parametrize("step_ms", [7_000, 60_000, 3_333_333])
def test_how_often_time_is_looked_at_changes_nothing(step_ms: int) -> None:
    assert said_of(GOOD, step_ms=step_ms) == said_of(GOOD)


def test_another_seed_says_other_bytes_of_the_same_story() -> None:
    ones, others = said_of(GOOD), said_of(GOOD, seed=8)
    assert [each.payload for each in ones] != [each.payload for each in others]
    for name in ("contact", "occupancy"):
        counts = [
            sum(name in each.names and each.at_ms > START + 10_000 for each in some)
            for some in (ones, others)
        ]
        assert counts[0] == counts[1] > 0


def test_steps_happen_at_their_times_and_notes_and_words_stand_among_them() -> None:
    said = said_of(GOOD)
    at = {type(each): each.at_ms - START for each in said if isinstance(each, (Note, Cut, Mend))}
    assert at == {Cut: span_ms("5m"), Mend: span_ms("6m"), Note: span_ms("6m")}
    dark = [
        each for each in said if each.link == "GW-01" and span_ms("5m") < each.at_ms - START < span_ms("6m")
    ]
    assert not dark
    entered = [each.at_ms - START for each in said if each.names == ("occupancy", "in", "out")]
    assert entered == [span_ms("7m") + n * 10_000 for n in range(6)]
    foreign = [each for each in said if each.topic == "a/b"]
    assert [(each.payload, each.at_ms - START) for each in foreign] == [(b"x", span_ms("3m"))]


def test_a_day_of_usual_life_stands_still_where_it_is_quiet() -> None:
    living = GOOD.replace("lasts: 30m", "lasts: 20h\nlife: true").replace(
        'starts: "23:30"', 'starts: "06:00"'
    )
    still = living.replace("at: 8m, quiet: H0001, for: 5m", "at: 8m, quiet: H0001, for: 19h")

    def moves(text: str) -> int:
        return sum("motion" in each.names and b"true" in each.payload for each in said_of(text))

    assert moves(living) > 100
    assert moves(still) == 0


@given(st.integers(0, 10**10))
def test_a_length_of_time_is_read_as_it_was_meant(ms: int) -> None:
    parts = zip(divmod(ms, 1000), ("s", "ms"), strict=True)
    assert span_ms("".join(f"{number}{unit}" for number, unit in parts)) == ms
    assert shown_span(-ms)[1:] == shown_span(ms)[1:]


def test_words_of_the_command_line(tmp_path: Path) -> None:
    file, truth = tmp_path / "mine.yaml", tmp_path / "truth.json"
    file.write_text(GOOD, encoding="utf-8")
    result = CliRunner().invoke(app, ["scenario", str(file), "--dry", "--truth", str(truth), "--json"])
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert [each["says"] for each in summary["expect"]] == [["door_open"]]
    assert json.loads(truth.read_text(encoding="utf-8"))["incidents"][0]["raise"] == ["door_open"]
    assert "断开 is cut off" in result.stderr
    dry = CliRunner().invoke(app, ["scenario", str(file), "--dry"]).stdout
    times = [line[:9] for line in dry.splitlines() if line[:1] == "+"]
    assert all(one <= other for one, other in itertools.pairwise(times))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--list shows"),
        (("no_such_thing",), "--list shows those of the library"),
        (("sos", "--speed", "fast"), "--speed fast"),
        (("sos", "--at", "noon"), "for example 2026-03-02T08:00"),
        (("sos", "--now", "--speed", "max"), "--now goes by the wall clock"),
    ],
)
def test_a_wrong_setting_says_what_is_right(options: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, ["scenario", *options])
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_guide_tells_of_every_scenario_of_the_library() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    for file in library():
        assert f"| `{file.stem}` |" in guide
