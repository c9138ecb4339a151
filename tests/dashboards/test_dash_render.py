"""The committed JSON is what the code builds, is a Grafana dashboard, and reads only what Grafana may read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dashboards.render import JSON_FOLDER, render_all

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT.parent / "shared" / "data" / "grafana_schema" / "dashboard.jsonschema.json"


def committed() -> list[Path]:
    return sorted(JSON_FOLDER.glob("*.json"))


def panels(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in page["panels"] if panel["type"] != "row"]


def test_rendering_again_gives_the_committed_bytes(tmp_path: Path) -> None:
    written = render_all(tmp_path)
    assert [path.name for path in written] == [path.name for path in committed()]
    for path in written:
        assert path.read_bytes() == (JSON_FOLDER / path.name).read_bytes(), (
            f"{path.name} is not what the code builds: python -m dashboards render"
        )


@pytest.mark.parametrize("path", committed(), ids=lambda path: path.name)
def test_it_is_a_dashboard_by_grafanas_schema(path: Path) -> None:
    if not SCHEMA.is_file():
        pytest.skip("Grafana's dashboard schema does not lie beside the repository")
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(json.loads(path.read_text()))


@pytest.mark.parametrize("path", committed(), ids=lambda path: path.name)
def test_panels_have_both_languages_their_own_ids_and_do_not_overlap(path: Path) -> None:
    page = json.loads(path.read_text())
    cells: set[tuple[int, int]] = set()
    for panel in page["panels"]:
        chinese, slash, english = panel["title"].partition(" / ")
        assert slash, panel["title"]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert english.isascii()
        at = panel["gridPos"]
        taken = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells, f"{panel['title']} lies over another panel"
        assert at["x"] + at["w"] <= 24
        cells |= taken
    ids = [panel["id"] for panel in page["panels"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", committed(), ids=lambda path: path.name)
def test_only_the_places_source_is_asked_and_homes_are_never_named(path: Path) -> None:
    text = path.read_text()
    assert "care_homes" not in text
    for panel in panels(json.loads(text)):
        assert panel["datasource"]["uid"] == "carehub-places"
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "carehub-places"
            assert target["rawQuery"] is True


def test_importing_what_runs_does_not_need_the_sdk() -> None:
    code = (
        "import sys; sys.modules['grafana_foundation_sdk'] = None\n"
        "import dashboards, dashboards.queries, dashboards.push, dashboards.render\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
