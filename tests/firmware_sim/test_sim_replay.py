"""``carehub-sim replay``: what a hub exported is heard again as it was, and what is wrong with a file is told by line."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parts import Broker, free_port, wait_until
from sim_parts import listening
from typer.testing import CliRunner

from firmware_sim.cli import app
from firmware_sim.places import settle
from firmware_sim.replay.recorded import messages_of, shifted
from firmware_sim.replay.rows import Row, time_ms
from firmware_sim.transcript import transcribe
from gateway.ingest.decode import Times, decode
from rules.events import FromDevice, Occurrence, Status, Telemetry
from rules.world import Device

AT = 1_772_416_800_000
HEADER = "observed_at,device,metric,value,site,home,room,kind,received_at\n"
TAIL = "lianhua,H0001,客厅,motion"


def exported(*rows: tuple[str, str, str, str, str]) -> str:
    """A file as ``carehub export readings --format csv`` writes it."""
    return HEADER + "".join(
        f"{seen},{device},{metric},{value},{TAIL},{got}\n" for seen, device, metric, value, got in rows
    )


RECORDED = exported(
    ("2026-03-02T10:00:00.000Z", "H0001-door", "battery", "97.0", "2026-03-02T10:00:00.412Z"),
    ("2026-03-02T10:00:00.000Z", "H0001-door", "contact", "0.0", "2026-03-02T10:00:00.412Z"),
    ("2026-03-02T10:00:01.250Z", "H0001-pendant", "event.fall", "0.93", "2026-03-02T10:00:01.300Z"),
    ("2026-03-02T10:00:02.000Z", "GW-01", "online", "0.0", "2026-03-02T10:00:02.000Z"),
    ("2026-03-02T10:00:03.000Z", "H0001-climate", "temperature", "21.437", "2026-03-02T10:00:03.100Z"),
)


def replay(broker: Broker, *options: str) -> tuple[int, dict[str, Any], str]:
    result = CliRunner().invoke(app, ["replay", *options, "--port", str(broker.port), "--json"])
    return result.exit_code, json.loads(result.stdout or "{}"), result.stderr


def decoded(heard: list[tuple[str, bytes, bool]]) -> list[FromDevice]:
    """What a hub makes of it: by the production decoder, at a hub time at which nothing is too old."""
    names = {topic.split("/")[3] for topic, _, _ in heard}
    devices = {name: Device(name, "lianhua", "H0001", "contact", "", 3600) for name in names}
    found = [
        decode(topic, payload, retain=False, devices=devices, times=Times(AT + 50_000_000, AT + 50_000_000))
        for topic, payload, _ in heard
    ]
    assert all(isinstance(each, Telemetry | Occurrence | Status) for each in found), found
    return found  # type: ignore[return-value]


def values(events: list[FromDevice]) -> set[tuple[int, str, str, float]]:
    """(observed, device, metric, value), as the rows of a store."""
    found: set[tuple[int, str, str, float]] = set()
    for each in events:
        match each:
            case Telemetry():
                found |= {(each.observed_at, each.device, name, float(v)) for name, v in each.metrics.items()}
            case Occurrence():
                found.add(
                    (each.observed_at, each.device, f"event.{each.type}", float(each.data["confidence"]))
                )
            case Status():
                found.add((each.observed_at, each.device, "online", float(each.online)))
    return found


def rows_of(text: str) -> set[tuple[int, str, str, float]]:
    return {
        (time_ms(row["observed_at"]) or 0, row["device"], row["metric"], float(row["value"]))
        for row in csv.DictReader(io.StringIO(text))
    }


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_was_exported_is_decoded_to_the_same_values(
    mosquitto: Broker, tmp_path: Path, protocol: str
) -> None:
    file = tmp_path / "export.csv"
    file.write_text(RECORDED, encoding="utf-8")
    with listening(mosquitto) as peer:
        code, summary, told = replay(mosquitto, str(file), "--protocol", protocol)
        assert code == 0, told
        wait_until(lambda: len(peer.heard) == 4, what="four messages")
    assert values(decoded(peer.heard)) == rows_of(RECORDED)
    assert (summary["published"], summary["acked"], summary["bad_lines"]) == (4, 4, 0)
    together = peer.said("care/v1/lianhua/H0001-door/telemetry")
    assert [each["m"] for each in together] == [{"battery": 97, "contact": 0}]


metrics = st.sampled_from(["contact", "battery", "temperature", "event.fall", "event.sos", "online"])
numbers = st.floats(-1e6, 1e6, allow_nan=False)
moments = st.integers(AT, AT + 3_000)
rows = st.lists(
    st.builds(Row, moments, moments, st.integers(1, 999), st.sampled_from(["a", "b"]), metrics, numbers),
    min_size=1,
    max_size=30,
    unique_by=lambda row: (row.observed_ms, row.device, row.metric),
)


def heard_after(row: Row) -> Row:
    """As a file may have it: nothing is heard before it was seen, and on the network is yes or no."""
    value = float(row.value > 0) if row.metric == "online" else row.value
    return replace(row, heard_ms=max(row.heard_ms, row.observed_ms), value=value)


@settings(max_examples=60)
@given(rows)
def test_any_rows_come_back_as_they_were(some: list[Row]) -> None:
    given_rows = sorted(map(heard_after, some))
    said = list(messages_of(given_rows, site="lianhua", run="r"))
    assert [each.at_ms for each in said] == sorted(each.at_ms for each in said)
    identities = [(each.device, each.boot, each.seq) for each in said if each.kind != "status"]
    assert len(set(identities)) == len(identities)
    heard = [(each.topic, each.payload, each.retain) for each in said]
    assert values(decoded(heard)) == {(r.observed_ms, r.device, r.metric, r.value) for r in given_rows}


def test_a_second_run_is_another_power_up() -> None:
    row = Row(AT, AT, 2, "a", "contact", 1.0)
    boots = {next(messages_of([row], site="s", run=run)).boot for run in "abc"}
    assert len(boots) == 3


def test_a_transcript_of_a_town_is_heard_byte_for_byte(mosquitto: Broker, tmp_path: Path) -> None:
    file = tmp_path / "town.jsonl"
    transcribe(settle(homes=1, seed=7), file, seed=7, from_ms=AT, to_ms=AT + 600_000, progress=lambda _: None)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    with listening(mosquitto) as peer:
        code, summary, told = replay(mosquitto, str(file))
        assert code == 0, told
        wait_until(lambda: len(peer.heard) == len(lines), what="everything")
    assert [(topic, json.loads(payload)) for topic, payload, _ in peer.heard] == [
        (line["topic"], line["payload"]) for line in sorted(lines, key=lambda line: line["at"])
    ]
    assert summary["acked"] == len(lines)


@pytest.mark.parametrize(("shift", "edge"), [("first", 0), ("last", -1)])
def test_times_are_moved_so_that_an_edge_is_now(
    mosquitto: Broker, tmp_path: Path, shift: str, edge: int
) -> None:
    file = tmp_path / "old.csv"
    file.write_text(
        f"observed_at,device,metric,value\n{AT},d,battery,9\n{AT + 60_000},d,battery,8\n", encoding="utf-8"
    )
    with listening(mosquitto) as peer:
        before = int(time.time() * 1000)
        code, summary, told = replay(mosquitto, str(file), "--shift", shift)
        assert code == 0, told
        wait_until(lambda: len(peer.heard) == 2, what="both")
    times = [each["ts"] for each in peer.said("care/v1/lianhua/d/telemetry")]
    assert times[1] - times[0] == 60_000
    assert before <= times[edge] <= int(time.time() * 1000)
    assert summary["shifted_ms"] == times[0] - AT


def test_at_some_speed_the_pace_is_kept_and_the_clock_told(mosquitto: Broker, tmp_path: Path) -> None:
    file = tmp_path / "paced.csv"
    file.write_text(
        f"observed_at,device,metric,value\n{AT},d,battery,9\n{AT + 60_000},d,battery,8\n", encoding="utf-8"
    )
    with listening(mosquitto) as peer:
        began = time.monotonic()
        code, _, told = replay(mosquitto, str(file), "--speed", "300")
        assert code == 0, told
        assert time.monotonic() - began >= 60 / 300
        wait_until(lambda: len(peer.said("care/v1/lianhua/d/telemetry")) == 2, what="both")
    assert peer.said("care/v1/_sim/clock")[0]["run"] == 300


BAD = """\
observed_at,device,metric,value
2026-03-02T10:00:00+08:00,H0001-door,contact,0
yesterday,H0001-door,contact,0
1772416800,H0001-door,contact,0
2026-03-02T10:00:00+08:00,H0001 door,contact,0
2026-03-02T10:00:00+08:00,H0001-door,con tact,0
2026-03-02T10:00:00+08:00,H0001-door,contact,open
2026-03-02T10:00:00+08:00,H0001-door,contact,nan
2026-03-02T10:00:00+08:00,GW-01,online,2
2026-03-02T10:00:00+08:00,H0001-door,contact

2026-03-02T10:00:02+08:00,H0001-door,contact,1
"""


def test_lines_that_cannot_be_read_are_named_and_counted_and_the_rest_goes_out(
    mosquitto: Broker, tmp_path: Path
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(BAD, encoding="utf-8")
    code, summary, told = replay(mosquitto, str(file))
    assert code == 1
    assert (summary["published"], summary["bad_lines"]) == (2, 8)
    for line, what in ((3, "'yesterday' is no time"), (4, "no time of this century"), (5, "no device"), (6, "no metric"),
                       (7, "'open' is no number; write 1 for true"), (9, "online is 0 or 1"), (10, "3 columns")):  # fmt: skip
        assert f"{file}:{line}: " in told
        assert what in told


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "observed_at,device,metrik,value\n", ":1: unknown column 'metrik'; did you mean 'metric'?"),
        ("a.csv", "observed_at,device,metric\n", ":1: column 'value' is missing"),
        ("a.csv", "observed_at,device,metric,value\n", "no line but the header"),
        ("a.csv", "observed_at,device,metric,value\nx,y,z,1\n", ":2: 'x' is no time"),
        ("a.csv", "", "column 'observed_at' is missing"),
        ("a.jsonl", '{"at":1}\n', ":1: "),
        ("a.jsonl", "", "it holds nothing"),
        ("none", None, "cannot be read"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_says_why(
    tmp_path: Path, name: str, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["replay", str(tmp_path / name), "--port", str(free_port())])
    assert result.exit_code == 2
    assert said in result.stderr.replace("\n", "")


def test_a_file_in_another_encoding_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "gbk.csv").write_bytes(
        "observed_at,device,metric,value\n1772416800000,门,contact,1\n".encode("gbk")
    )
    result = CliRunner().invoke(app, ["replay", str(tmp_path / "gbk.csv")])
    assert result.exit_code == 2
    assert "save the file as CSV UTF-8" in result.stderr


def test_moving_leaves_alone_what_says_no_time() -> None:
    row = Row(AT, AT, 2, "a", "contact", 1.0)
    said = next(messages_of([row], site="s", run="r"))
    moved = next(shifted([said], 5_000))
    assert json.loads(moved.payload)["ts"] == AT + 5_000
    assert json.loads(moved.payload) | {"ts": AT} == json.loads(said.payload)
    assert next(shifted([said], 0)) == said
