"""``carehub heat`` against a hub that runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner
from web_desk import Desk

from gateway.cli import app as carehub

LIANHUA = "福田区/莲花街道/莲花社区"
SQUARE = [[114.05, 22.55], [114.06, 22.55], [114.06, 22.56], [114.05, 22.56], [114.05, 22.55]]


def outlines(folder: Path, ring: list[list[float]], path: str = LIANHUA) -> Path:
    feature = {
        "type": "Feature",
        "properties": {"path": path},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file = folder / "outlines.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return file


def test_outlines_go_in_and_the_heat_map_comes_out(url: str, desk: Desk, tmp_path: Path) -> None:
    assert desk.engine is not None
    run = CliRunner()
    tried = run.invoke(
        carehub, ["heat", "--hub", url, "--outlines", str(outlines(tmp_path, SQUARE)), "--dry-run"]
    )
    assert (tried.exit_code, "1 outlines would be kept" in tried.stderr) == (0, True), tried.output
    done = run.invoke(
        carehub, ["heat", "--hub", url, "--outlines", str(outlines(tmp_path, SQUARE)), "--json"]
    )
    assert json.loads(done.stdout) == {"ok": True, "kept": 1, "forgotten": 0, "turned": 0, "unknown": []}
    written = run.invoke(carehub, ["heat", "--hub", url, "-o", str(tmp_path / "heat.geojson")])
    assert written.exit_code == 0, written.output
    (feature,) = json.loads((tmp_path / "heat.geojson").read_text("utf-8"))["features"]
    assert feature["geometry"] == {"type": "Polygon", "coordinates": [SQUARE]}
    assert feature["properties"]["elders"] == "<5"


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ([], 2, "either -o"),
        (["-o", "x", "--outlines", "y"], 2, "either -o"),
        (["--outlines", "missing.geojson"], 2, "missing.geojson"),
        (["-o", "x", "--hub", "http://127.0.0.1:9"], 1, "no hub answers"),
    ],
    ids=lambda each: str(each)[:20],
)
def test_what_is_wrong_is_said(given: list[str], code: int, says: str) -> None:
    found = CliRunner().invoke(carehub, ["heat", *given])
    assert (found.exit_code, says in found.stderr) == (code, True), found.output


def test_mistakes_of_a_file_are_named(url: str, tmp_path: Path) -> None:
    file = outlines(tmp_path, [[22.5, 114.0], *SQUARE], "福田区")
    found = CliRunner().invoke(carehub, ["heat", "--hub", url, "--outlines", str(file)])
    assert found.exit_code == 2
    assert "feature 1" in found.stderr
