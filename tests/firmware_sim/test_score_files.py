"""Truth and alerts come from files: of any system, and wrong in ways that are said with the line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from score_cases import BEGIN, DAY, HOUR, MINUTE, alert, fall, truth
from typer.testing import CliRunner, Result

from firmware_sim.cli import app
from firmware_sim.score.alerts import COLUMNS, read_alerts
from firmware_sim.score.truth import BadInputError, read_truth

AT = BEGIN + HOUR


@pytest.fixture
def happened(tmp_path: Path) -> Path:
    file = tmp_path / "truth.json"
    file.write_bytes(msgspec.json.encode(truth(fall(), fall(AT + DAY, id="i2", seen_by="radar"))))
    return file


def lines(file: Path, *rows: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def row(at_ms: int, **more: object) -> dict[str, Any]:
    return dict(msgspec.to_builtins(alert(at_ms))) | more


def scored(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["score", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_limits_hold(happened: Path, tmp_path: Path) -> None:
    told = lines(tmp_path / "a.jsonl", row(AT), row(AT + DAY))
    done = scored("--truth", happened, "--alerts", told, "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["passes"] is True
    assert found["life_safety"]["recall"] == 1.0
    assert "召回率 life-safety recall: 1.000" in done.stderr


def test_the_limits_do_not_hold_and_the_table_names_what_was_missed(happened: Path, tmp_path: Path) -> None:
    told = lines(tmp_path / "a.jsonl", row(AT), row(AT + 5 * DAY, rule="fall"))
    done = scored("--truth", happened, "--alerts", told)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "H1 i2 fall_hard: nobody said fall/inactivity" in done.stderr
    assert f"a{AT + 5 * DAY} fall: nothing happened at H1" in done.stderr


def test_others_are_scored_beside_a_kit_as_one_and_the_exit_is_the_first_s(
    happened: Path, tmp_path: Path
) -> None:
    told = lines(tmp_path / "a.jsonl", row(AT), row(AT + DAY))
    less = lines(tmp_path / "less.jsonl", row(AT))
    others = ("--beside", f"door_pir_pendant={less}", "--beside", f"naive={less}")
    done = scored("--truth", happened, "--alerts", told, *others, "--json")
    assert done.exit_code == 0, done.stderr
    beside = json.loads(done.stdout)["beside"]
    assert beside["door_pir_pendant"]["life_safety"]["unknowable"] == 1, (
        "the radar's detection does not exist"
    )
    assert (beside["naive"]["life_safety"]["missed"], beside["naive"]["passes"]) == (1, False)
    assert "简单规则" in done.stderr


def test_csv_and_json_lines_are_the_same_alerts(tmp_path: Path) -> None:
    rows = [row(AT, lowered_ms=AT + MINUTE, lowered_to="urgent"), row(AT + DAY, held=True, device="H1-door")]
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS)
    table.writeheader()
    table.writerows(rows)
    sheet = tmp_path / "a.csv"
    sheet.write_text(out.getvalue(), encoding="utf-8-sig")
    assert read_alerts(sheet) == read_alerts(lines(tmp_path / "a.jsonl", *rows))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('{"id":"a"}\n', 1, "missing required field `says`"),
        (json.dumps(row(AT)) + "\n\n{broken\n", 3, "malformed"),
        (json.dumps(row(AT)) + "\n" + json.dumps(row(AT)) + "\n", 2, "stands there twice"),
        (json.dumps(row(AT, says="tumble")) + "\n", 1, "Invalid enum value 'tumble'"),
        ("id,says,klass\n", 1, "unknown column 'klass'"),
        ("id,says,class,place,raised_ms\na,fall,life_safety,H1,yesterday\n", 2, "Expected `int`"),
    ],
)
def test_alerts_that_cannot_be_read_are_said_by_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    file = tmp_path / "alerts"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=what) as said:
        read_alerts(file)
    assert str(said.value).startswith(f"{file}:{line}: ")


def test_a_truth_that_cannot_be_read_is_said_by_line(tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    told: dict[str, Any] = msgspec.to_builtins(truth(fall(), fall(AT + DAY, id="i2")))
    for wrong, line, what in (
        (told | {"format": "carehub-truth/9"}, 1, "carehub-truth/9"),
        (told | {"incidents": [told["incidents"][0], told["incidents"][1] | {"raise": ["ouch"]}]}, 1, "ouch"),
        (told | {"incidents": [*told["incidents"], told["incidents"][0]]}, 1, "i1 stands there twice"),
    ):
        file.write_text(json.dumps(wrong), encoding="utf-8")
        with pytest.raises(BadInputError, match=what) as said:
            read_truth(file)
        assert str(said.value).startswith(f"{file}:{line}: ")
    spread = json.dumps(
        told | {"incidents": [told["incidents"][0], told["incidents"][1] | {"from_ms": "x"}]}, indent=0
    )
    file.write_text(spread, encoding="utf-8")
    with pytest.raises(BadInputError) as said:
        read_truth(file)
    begins = next(n for n, text in enumerate(spread.splitlines(), 1) if text == '"id": "i2",')
    assert str(said.value).startswith(f"{file}:{begins}: ")
    file.write_text('{"format":\n\n}', encoding="utf-8")
    with pytest.raises(BadInputError) as said:
        read_truth(file)
    assert str(said.value).startswith(f"{file}:3: ")


def test_bad_input_is_exit_2_in_one_line(happened: Path, tmp_path: Path) -> None:
    told = lines(tmp_path / "a.jsonl", row(AT))
    for arguments, what in (
        (("--truth", tmp_path / "none", "--alerts", told), "name a truth file"),
        (("--truth", happened, "--alerts", tmp_path / "none"), "name an alerts file"),
        (
            ("--truth", happened, "--alerts", told, "--kit", "all"),
            "choose one of door_pir, door_pir_pendant, full",
        ),
        (("--truth", happened, "--alerts", told, "--beside", "naive"), "write NAME=FILE"),
        (("--truth", happened, "--alerts", told, "--beside", f"full={told}"), "full is named twice"),
    ):
        done = scored(*arguments)
        assert done.exit_code == 2, (arguments, done.stderr)
        assert what in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
