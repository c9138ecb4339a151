"""``carehub rules backtest`` as people call it: what it prints, and how it ends when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from backtest_cases import DAY, DOOR, HOUR, MINUTE, door, write
from hub_process import carehub


def settings(folder: Path) -> Path:
    file = folder / "carehub.toml"
    file.write_text(f'[hub]\ndata = "{folder / "data"}"\n', encoding="utf-8")
    return file


def test_a_file_gives_one_object_on_stdout_and_a_table_on_stderr(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "rules.yaml").write_text(DOOR, encoding="utf-8")
    lines = [*door("H1", 8 * HOUR, 9 * HOUR), f"{DAY},H1-door,contact,open,H1,contact,入户门"]
    done = carehub(
        "rules",
        "backtest",
        "-c",
        settings(tmp_path),
        "--rules",
        rules,
        "--events",
        write(tmp_path, lines),
        "--json",
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["rules"]["door_left_open"]["alerts"] == 1
    assert answer["rules"]["fall"]["alerts"] == 0  # of the library, which is in force: it is no more
    assert answer["alerts"][0]["active_at"] == DAY + 8 * HOUR + 10 * MINUTE
    assert "08:00" in answer["alerts"][0]["why"]["zh"]
    assert "door_left_open" in done.stderr
    assert "events.csv:4: the value is no number" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give a history"),
        (("--from", "yesterday"), "is no time"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "must lie before"),
        (("--events", "nowhere.csv"), "nowhere.csv: No such file"),
        (("--events", "nowhere.csv", "--from", "2026-03-01"), "give a history"),
        (("--events", "nowhere.csv", "--rules", "nowhere"), "no *.yaml file"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = carehub("rules", "backtest", "-c", settings(tmp_path), *arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert said in done.stderr
