"""How people ask for a fault, and what they are told when it is none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fault_parts import COUNTER, GATEWAY, Bench
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from firmware_sim.cli import app
from firmware_sim.daytime import HOUR, MINUTE
from firmware_sim.faults import ALL, FAULTS, FOREVER_MS, FaultError, build, parameters, parse, shown
from firmware_sim.faults.clock_skew import ClockSkew
from firmware_sim.faults.corrupt_payload import CorruptPayload

DOCS = Path(__file__).parents[2] / "docs" / "simulator.md"


def test_a_line_names_the_fault_its_parameters_where_and_when() -> None:
    asked = parse("clock_skew,by=-1h,ppm=40:H0001-door@2h+30m")
    assert asked == ClockSkew(
        on="H0001-door", from_ms=2 * HOUR, to_ms=2 * HOUR + 30 * MINUTE, by_ms=-HOUR, ppm=40.0
    )


def test_without_more_it_is_all_of_them_all_the_time() -> None:
    asked = parse("corrupt-payload")
    assert asked == CorruptPayload(on=ALL, from_ms=0, to_ms=FOREVER_MS)
    assert parse("corrupt_payload@10m").from_ms == 10 * MINUTE


def test_a_mapping_of_a_scenario_says_the_same() -> None:
    asked = build(
        {"fault": "corrupt_payload", "on": "GW-01", "from": "90s", "for": "2h", "share": 0.5, "how": "cut"}
    )
    assert asked == parse("corrupt_payload,share=0.5,how=cut:GW-01@90s+2h")
    assert build({"fault": "clock_jump", "year_1970": True}) == parse("clock_jump,year_1970=yes")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"write NAME\[,PARAM=VALUE\]"),
        ("duplicats", "did you mean duplicates"),
        ("duplicates:all@1h+", r"for= is no span of time; write 45s, 10m, 2h or 1d"),
        ("duplicates@ten", "from=ten is no span of time"),
        ("duplicates@1h+30", "for=30 is no span of time"),
        ("duplicates@-1h+30m", r"as in @2h\+30m"),
        ("duplicates@1h+0s", r"as in @2h\+30m"),
        ("duplicates,share", "write PARAM=VALUE after the comma instead of 'share'"),
        ("duplicates,share=", "write PARAM=VALUE"),
        ("duplicates,shares=1", "its parameters are: share, times, within"),
        ("power_cut,by=1", "its parameters are: none"),
        ("duplicates,share=1.5", "a number from 0 to 1"),
        ("duplicates,share=nan", "share=nan is not a number"),
        ("duplicates,times=1.5", "times=1.5 is not a whole number"),
        ("duplicates,times=0", "at least 1"),
        ("clock_skew,by=10", "by=10 is no span of time"),
        ("clock_jump,every=0s", "at least 1"),
        ("clock_jump,year_1970=1", "write yes or no"),
        ("wrong_unit,of=weight", "none of battery, humidity, temperature, rssi, ts"),
        ("duplicates:a:b", r"write NAME\[,PARAM=VALUE\]"),
    ],
)
def test_what_is_no_fault_is_answered_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(FaultError, match=told):
        parse(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("duplicates:H0001-dor", "did you mean H0001-door"),
        ("duplicates:kitchen", "write all, or for example F-hall"),
        ("gateway_outage:H0001-door", "write all or one of GW-01, F-hall-counter"),
        ("reconnect_storm:H0001", "write all or one of GW-01"),
    ],
)
def test_whom_nobody_knows_here_nothing_befalls(text: str, told: str) -> None:
    with pytest.raises(FaultError, match=told):
        Bench(text)


def test_a_gateway_stands_for_what_is_behind_it_a_home_for_what_hangs_in_it() -> None:
    def befallen(text: str) -> set[str]:
        bench = Bench(text, homes=12)
        return {device for device, chain in bench.course._chains.items() if chain}

    first_ten = {f"H{n:04d}" for n in range(1, 11)}
    assert {each[:5] for each in befallen(f"duplicates:{GATEWAY}")} == first_ten | {GATEWAY}
    assert {each[:5] for each in befallen(f"gateway_outage:{GATEWAY}")} == first_ten | {GATEWAY}
    assert {each[:5] for each in befallen(f"power_cut:{GATEWAY}")} == first_ten | {GATEWAY}
    assert {each[:5] for each in befallen("power_cut:H0002")} == {"H0002"}
    assert befallen("drifting_counter:F-hall") == {COUNTER}
    assert len(befallen("duplicates")) == len(Bench(homes=12).devices)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_listed_with_what_it_is_and_with_defaults_that_can_be_written(name: str) -> None:
    kind = FAULTS[name]
    assert kind.zh
    assert kind.en
    defaults = [f",{param}={shown(of)}" for param, of in parameters(kind).items() if shown(of)]
    assert parse(name + "".join(defaults)) == kind()


def test_the_page_has_a_row_for_every_fault_with_its_parameters() -> None:
    rows = {
        line.split("`")[1]: line
        for line in DOCS.read_text(encoding="utf-8")
        .partition("\n## Faults\n")[2]
        .partition("\n## ")[0]
        .splitlines()
        if line.startswith("| `")
    }
    for name, kind in FAULTS.items():
        assert kind.zh.split("：")[0] in rows[name]
        for param, of in parameters(kind).items():
            assert f"{param}={shown(of)}" in rows[name], (name, param)


@given(st.text(max_size=60))
def test_whatever_is_written_is_a_fault_or_an_error_with_a_hint(text: str) -> None:
    problem = ""
    try:
        parse(text)
    except FaultError as error:
        problem = str(error)
    assert not problem or re.match(r"fault .+: .+", problem, re.DOTALL)


def test_the_command_lists_them() -> None:
    result = CliRunner().invoke(app, ["faults", "--json"])
    assert result.exit_code == 0
    assert list(json.loads(result.stdout)) == list(FAULTS)
    assert json.loads(result.stdout)["clock_skew"] == {"by": "10m", "ppm": "0"}
    plain = CliRunner().invoke(app, ["faults"])
    assert all(name in plain.stdout for name in FAULTS)


@pytest.mark.parametrize("asked", ["clock_skw", "clock_skew:nobody"])
def test_the_town_ends_with_2_and_a_hint(asked: str) -> None:
    result = CliRunner().invoke(app, ["town", "--homes", "1", "--fault", asked])
    assert result.exit_code == 2
    assert asked.rpartition(":")[2] in result.stderr
