"""``carehub performance``: from a data folder, from a running hub; its tables, its JSON and how it ends."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from parts import free_port
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.operations.database import open_database
from gateway.operations.tables import Alert, Place
from gateway.performance_tables import percent, seconds
from gateway.terminal import err

NOW = time.time_ns() // 1_000_000
HOME = {"kind": "home", "site": "s", "name": "王女士", "address": "", "access_note": ""}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A data folder with a call that was accepted after four minutes, closed as false, and one of another station."""
    file = tmp_path / "carehub.toml"
    file.write_text(
        f'[hub]\ndata = "{tmp_path / "data"}"\n[http]\nport = {free_port()}\n[targets]\naccept_s = 90\n',
        encoding="utf-8",
    )
    database = open_database(tmp_path / "data" / "operations.sqlite")
    about = {
        "kind": "life_safety",
        "severity": "critical",
        "title": {},
        "why": {},
        "todo": {},
        "evidence": {},
        "room": "",
    }
    with Session(database) as session, session.begin():
        for number, community in enumerate(("莲花", "福田"), 1):
            session.add(Place(id=f"H{number}", path=f"区/街/{community}/小区", **HOME))
            at = NOW - number * 3_600_000
            session.add(
                Alert(
                    id=f"a{number}", number=number, rule="fall", place_id=f"H{number}", device_id="d", active_at=at,
                    raised_at=at, raised_wall_ms=at, state="closed", verdict="false", reason="sat_down", closed_at=at + 250_000,
                    **about,
                )
            )  # fmt: skip
    database.dispose()
    return file


def run(config: Path, *more: str) -> Result:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(err, "_width", 200)
        return CliRunner().invoke(app, ["performance", "-c", str(config), *more])


def test_without_a_hub_the_database_is_read(config: Path) -> None:
    done = run(config, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["response"]["raised"] == 2
    assert found["response"]["targets"][0]["within_s"] == 90
    assert found["by_home"] is None
    for word in ("接警 accepted ≤ 90 s", "97.5 %", "规则", "准确率", "每位长者每月误报", "区/街/莲花"):
        assert word in done.stderr
    one = json.loads(run(config, "--json", "--station", "莲花").stdout)
    assert one["response"]["raised"] == 1


def test_homes_are_told_to_whoever_may_read_the_data_folder(config: Path) -> None:
    done = run(config, "--json", "--homes")
    assert set(json.loads(done.stdout)["by_home"]["homes"]) == {"H1", "H2"}
    assert "住户" in done.stderr
    assert run(config, "--homes", "--hub", "http://127.0.0.1:1").exit_code == 2


def test_a_missed_target_is_told_and_fails_only_when_that_is_asked_for(config: Path) -> None:
    database = open_database(config.parent / "data" / "operations.sqlite")
    with Session(database) as session, session.begin():
        session.get_one(Alert, "a1").state = "raised"
    database.dispose()
    done = run(config)
    assert done.exit_code == 0
    assert "否 no" in done.stderr
    assert "需逐一查看 to look into (1): 0001" in done.stderr
    assert run(config, "--strict").exit_code == 1
    assert run(config, "--strict", "--station", "福田").exit_code == 0


def test_what_cannot_be_answered_says_what_to_do(config: Path, tmp_path: Path) -> None:
    done = run(config, "--hub", "http://127.0.0.1:1")
    assert (done.exit_code, "no hub answers" in done.stderr) == (1, True)
    assert "give --from as well" in run(config, "--to", "2026-03-01").stderr
    config.write_text(
        f'[hub]\ndata = "{tmp_path / "none"}"\n[http]\nport = {free_port()}\n', encoding="utf-8"
    )
    done = run(config)
    assert (done.exit_code, "there is no database" in done.stderr) == (2, True)


def test_figures_read_as_people_say_them() -> None:
    said = [seconds(value) for value in (None, 0.4, 119.0, 120, 2_700, 7_200)]
    assert said == ["–", "0.4 s", "119 s", "2 min", "45 min", "2 h"]
    shares = [percent(share) for share in (None, 0, 0.975, 0.99999, 1)]
    assert shares == ["–", "0 %", "97.5 %", "99.9 %", "100 %"]
