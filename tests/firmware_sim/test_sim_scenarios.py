"""The library of scenarios: each plays the same every time, and a hub's rules raise what it says, by then, and no more."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import jsonschema
import pytest
import yaml
from scenario_core import KIND_OF, LOWERING, Core
from typer.testing import CliRunner

from firmware_sim.cli import app
from firmware_sim.faults import Word
from firmware_sim.scenario.heard import births, heard
from firmware_sim.scenario.library import library
from firmware_sim.scenario.play import Play
from firmware_sim.scenario.reading import Yaml12, read_scenario
from firmware_sim.scenario.run import dry_begins
from firmware_sim.scenario.schema import scenario_schema
from firmware_sim.scenario.spans import span_ms
from firmware_sim.scenario.truth import place_of, truth_of
from firmware_sim.wire import Message
from gateway.demo.alert_rows import says

DOCS = Path(__file__).parents[2] / "docs"
FILES = library()
each_scenario = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def _play(file: Path) -> tuple[Play, list[Message]]:
    scenario = read_scenario(file)
    play = Play(scenario, start_ms=dry_begins(scenario), seed=scenario.seed)
    said = [*births(play), *heard(play, play.advance(play.end_ms))]
    return play, [each for each in said if not isinstance(each, Word)]


played = lru_cache(_play)


def named(name: str) -> Path:
    return next(file for file in FILES if file.stem == name)


def test_the_library_is_a_dozen_and_more() -> None:
    assert len(FILES) >= 16
    result = CliRunner().invoke(app, ["scenario", "--list"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines() if line[0] != " "] == [
        f.stem for f in FILES
    ]


@each_scenario
def test_it_is_short_and_says_in_chinese_first_what_it_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert re.match(r"# [^\x00-\x7f]", text), "begin with a comment in Chinese"
    scenario = read_scenario(file)
    for told in (scenario.name, scenario.shows):
        assert re.search(r"[\u4e00-\u9fff]", told.zh)
        assert told.en.isascii()


@each_scenario
def test_the_published_schema_accepts_it(file: Path) -> None:
    schema = json.loads((DOCS / "scenario.schema.json").read_text(encoding="utf-8"))
    plain = yaml.load(file.read_text(encoding="utf-8"), Loader=Yaml12)  # noqa: S506 a safe one
    jsonschema.Draft202012Validator(schema).validate(plain)


def test_the_published_schema_is_what_the_types_say() -> None:
    published = json.loads((DOCS / "scenario.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(published)
    assert published == json.loads(json.dumps(scenario_schema())), (
        "write it anew: carehub-sim scenario --schema > docs/scenario.schema.json"
    )


@each_scenario
def test_the_rules_raise_what_it_expects_by_then_and_nothing_of_life_safety_beyond_it(file: Path) -> None:
    scenario = read_scenario(file)
    play, said = played(file)
    core = Core(play.layout, dry_begins(scenario))
    core.hear(said)
    core.until(play.end_ms)
    told = [each for each in core.raised() if each.rule not in LOWERING and each.at >= play.story_ms]
    for expected in scenario.expect:
        begins, by = play.story_ms + span_ms(expected.begins), play.story_ms + span_ms(expected.by)
        right = [
            each.at
            for each in told
            if each.key == place_of(play, expected) and says(each.rule) in expected.words
        ]
        assert [at for at in right if begins <= at <= by], (
            f"{expected.words} not raised by {expected.by}: {told}"
        )
        assert min(right) >= begins
        lowered = core.lowered().get(expected.device or "")
        assert (lowered is not None) == (expected.lowered_by is not None)
        if lowered is not None and expected.lowered_by:
            assert lowered <= play.story_ms + span_ms(expected.lowered_by)
    words = {(place_of(play, each), word) for each in scenario.expect for word in each.words}
    beyond = [
        each
        for each in told
        if KIND_OF[each.rule] == "life_safety" and (each.key, says(each.rule)) not in words
    ]
    assert not beyond
    assert len([each for each in told if each.rule == "fall"]) == sum(
        "fall" in e.words for e in scenario.expect
    )


def test_a_scenario_without_expectations_disturbs_nobody_at_all() -> None:
    silent = [file.stem for file in FILES if not read_scenario(file).expect]
    assert {"restart_storm", "visitor_day", "foreign_devices"} <= set(silent)
    for file in FILES:
        if file.stem in silent:
            play, said = played(file)
            core = Core(play.layout, play.story_ms)
            core.hear(said)
            core.until(play.end_ms)
            assert not core.raised(), file.stem


@each_scenario
def test_it_says_the_same_bytes_whenever_it_is_played(file: Path) -> None:
    assert _play(file)[1] == played(file)[1]


def test_it_says_the_same_bytes_under_another_hash_seed() -> None:
    asked = ["scenario", "gateway_power_cut", "--dry"]
    there = subprocess.run(
        [sys.executable, "-c", "from firmware_sim.cli import main; main()", *asked],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        check=True,
    )
    assert there.stdout == CliRunner().invoke(app, asked).stdout_bytes
    assert len(there.stdout.splitlines()) > 100


def test_what_is_corrupt_is_put_aside_and_not_lost_among_what_is_right() -> None:
    play, said = played(named("corrupt_payloads"))
    core = Core(play.layout, play.story_ms)
    core.hear(each for each in said if each.kind == "control")
    reasons = sorted(each.reason for each in core.quarantined)
    assert reasons == ["bad_json", "bad_json", "bad_json", "bad_shape", "unknown_device", "wrong_site"]


def test_a_leftover_that_the_broker_tells_again_after_a_restart_raises_nothing_more() -> None:
    play, said = played(named("retained_leftover"))
    core = Core(play.layout, play.story_ms)
    core.hear(said)
    raised = len(core.raised())
    kept = {each.topic: each for each in said if each.retain}
    assert "event" in {each.kind for each in kept.values()}
    core.hear([replace(each, at_ms=play.end_ms) for each in kept.values()], retain=True)
    core.until(play.end_ms + 600_000)
    assert raised == len(core.raised())


@each_scenario
def test_its_truth_file_says_what_should_be_raised(file: Path) -> None:
    scenario = read_scenario(file)
    play, said = played(file)
    truth = json.loads(json.dumps(truth_of(play, [each for each in said if each.kind == "event"])))
    assert truth["format"] == "carehub-truth/1"
    real = [each for each in scenario.expect if not each.false_alarm]
    for incident, expected in zip(truth["incidents"], real, strict=True):
        assert incident["raise"] == list(expected.words)
        assert incident["from_ms"] <= incident["to_ms"]
        detected = min((each["at_ms"] for each in incident["detections"]), default=0)
        due = incident["due_undetected_ms"] or detected + 1000 * incident["within_detected_s"]
        assert due == play.story_ms + span_ms(expected.by)
