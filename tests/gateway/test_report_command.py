"""``carehub report``: from a data folder; what it writes, what it says, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from parts import free_port
from typer.testing import CliRunner, Result

from gateway.bench import report_town as town
from gateway.cli import app
from gateway.keeping import keep
from gateway.operations.database import open_database
from gateway.parts import open_store
from gateway.settings import load_settings
from gateway.terminal import err


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stations, a facility whose counters were heard for a fortnight."""
    folder = tmp_path_factory.mktemp("report")
    file = folder / "carehub.toml"
    file.write_text(f'[hub]\ndata = "{folder / "data"}"\n[http]\nport = {free_port()}\n', encoding="utf-8")
    database = open_database(folder / "data" / "operations.sqlite")
    town.fill(database, many=2, homes=4, alerts=20, facilities=1)
    database.dispose()
    settings = load_settings(file)
    kept = keep(settings, open_store(settings), newest_ms=town.end_ms)
    for cursor, batch in enumerate(town.readings(1, days=14), 1):
        kept.store.write(batch, cursor=cursor)
    kept.stop()
    return file


def run(config: Path, *more: str) -> Result:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(err, "_width", 200)
        return CliRunner().invoke(app, ["report", *more, "-c", str(config)])


def test_every_station_is_written_in_every_format_that_is_asked_for(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(
        config, "station", "--period", "2026-10", "--all", "--format", "csv,xlsx", "-o", str(out), "--json"
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [report["at"] for report in told["reports"]] == town.stations(2)
    assert told["written"] == 4
    assert sorted(file.name for file in out.iterdir()) == sorted(
        Path(file).name for one in told["reports"] for file in one["files"]
    )
    assert all(isinstance(one["figures"]["alerts"], int) for one in told["reports"])


def test_a_facilitys_hours_come_from_the_store(config: Path, tmp_path: Path) -> None:
    done = run(
        config,
        "facility",
        "--period",
        "2026-09",
        "--place",
        "F-01",
        "--format",
        "csv",
        "-o",
        str(tmp_path),
        "--json",
    )
    assert done.exit_code == 0, done.output
    (report,) = json.loads(done.stdout)["reports"]
    assert report["figures"]["use.unknown_h"] == 16 * 24
    assert report["figures"]["use.people_h"] > 100


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("station", "--period", "2026-10"), "--at 区/街道/社区, or --all"),
        (("station", "--period", "2026-10", "--at", "莲花区"), "no such station"),
        (("facility", "--period", "2026-10", "--place", "none"), "no such facility"),
        (("facility", "--period", "2026-10-21", "--all"), "stations only"),
        (("area", "--period", "2099-10"), "has not begun"),
        (("area", "--period", "2026-10", "--format", "docx"), "docx is no format"),
        (("area", "--period", "2026-10", "--format", ","), "is no format"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_and_says_what_to_write(
    config: Path, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    done = run(config, *more, "-o", str(tmp_path / "out"))
    assert done.exit_code == 2
    assert said in done.stderr


def test_it_does_not_write_into_the_hubs_own_data(config: Path) -> None:
    done = run(config, "area", "--period", "2026-10", "-o", str(config.parent / "data" / "x"))
    assert done.exit_code == 2
    assert "data folder" in done.stderr


def test_a_hub_that_is_named_must_answer(config: Path, tmp_path: Path) -> None:
    done = run(
        config, "area", "--period", "2026-10", "-o", str(tmp_path), "--hub", f"http://127.0.0.1:{free_port()}"
    )
    assert done.exit_code == 1
    assert "no hub answers" in done.stderr
