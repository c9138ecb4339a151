"""The committed JSON is what the code builds, is a Grafana dashboard, leads to what exists, and reads only what Grafana may."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from asking import PAGES
from starlette.routing import Route

from dashboards.render import JSON_FOLDER, render_all
from gateway.web.app import MODULES

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT.parent / "shared" / "data" / "grafana_schema" / "dashboard.jsonschema.json"
SEVERAL = pytest.mark.parametrize("name", PAGES)


def panels(name: str) -> list[dict[str, Any]]:
    return [panel for panel in PAGES[name]["panels"] if panel["type"] != "row"]


def test_rendering_again_gives_the_committed_bytes(tmp_path: Path) -> None:
    written = render_all(tmp_path)
    assert [path.stem for path in written] == [*PAGES]
    for path in written:
        assert path.read_bytes() == (JSON_FOLDER / path.name).read_bytes(), (
            f"{path.name} is not what the code builds: python -m dashboards render"
        )


@SEVERAL
def test_it_is_a_dashboard_by_grafanas_schema(name: str) -> None:
    if not SCHEMA.is_file():
        pytest.skip("Grafana's dashboard schema does not lie beside the repository")
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(PAGES[name])


def test_the_pages_have_addresses_that_stay() -> None:
    assert {name: page["uid"] for name, page in PAGES.items()} == {name: f"carehub-{name}" for name in PAGES}
    assert set(PAGES) == {"area", "duty", "occupancy", "fleet", "hub", "heat"}


@SEVERAL
def test_panels_keep_their_ids_and_do_not_overlap(name: str) -> None:
    cells: set[tuple[int, int]] = set()
    row = at = 0
    for panel in PAGES[name]["panels"]:
        row, at = (row + 1, 0) if panel["type"] == "row" else (row, at + 1)
        assert panel["id"] == row * 100 + at
        grid = panel["gridPos"]
        taken = {
            (x, y)
            for x in range(grid["x"], grid["x"] + grid["w"])
            for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not taken & cells, f"{panel['title']} lies over another panel"
        assert grid["x"] + grid["w"] <= 24
        cells |= taken


@SEVERAL
def test_the_panels_of_a_row_fill_it(name: str) -> None:
    widths: dict[int, int] = {}
    for panel in panels(name):
        widths[panel["gridPos"]["y"]] = widths.get(panel["gridPos"]["y"], 0) + panel["gridPos"]["w"]
    assert set(widths.values()) == {24}


def is_both(text: str) -> bool:
    """Chinese, a stroke, English: nothing Chinese after the stroke."""
    chinese, stroke, english = text.partition(" / ")
    return bool(
        stroke and re.search("[\u4e00-\u9fff]", chinese) and not re.search("[\u3000-\u9fff]", english)
    )


@SEVERAL
def test_every_word_people_read_is_in_both_languages(name: str) -> None:
    page = PAGES[name]
    said = [page["title"], page["description"]]
    said += [panel["title"] for panel in page["panels"]]
    said += [panel["description"] for panel in panels(name)]
    said += [variable["label"] for variable in page["templating"]["list"]]
    said += [mark["name"] for mark in page["annotations"]["list"]]
    said += [
        how["options"]["renamePattern"]
        for panel in panels(name)
        for how in panel.get("transformations", [])
        if how["id"] == "renameByRegex"
    ]
    said += [
        title
        for panel in panels(name)
        for how in panel.get("transformations", [])
        for title in how["options"].get("renameByName", {}).values()
    ]
    said += [
        target["alias"]
        for panel in panels(name)
        for target in panel["targets"]
        if target["resultFormat"] == "time_series" and "$tag_" not in target["alias"]
    ]
    assert not [text for text in said if not is_both(text) and text != "GeoJSON"]


@SEVERAL
def test_every_panel_says_what_it_means_and_what_to_show_without_data(name: str) -> None:
    for panel in panels(name):
        assert len(panel["description"]) > 20
        assert panel["fieldConfig"]["defaults"]["noValue"]


COUNTED = (
    r'"(area\.(homes|open)|fleet\.|duty_1d\.(alerts|chatter|stale|shelved)|heat\.(elders|alerts|visits))'
)


@SEVERAL
def test_where_small_counts_are_missing_it_is_said(name: str) -> None:
    for panel in panels(name):
        if any(re.search(COUNTED, target["query"]) for target in panel["targets"]):
            assert "1–4 不显示" in panel["description"], panel["title"]
            assert "1 to 4 are not shown" in panel["description"], panel["title"]


@SEVERAL
def test_only_the_places_source_is_asked_and_homes_are_never_named(name: str) -> None:
    page = PAGES[name]
    assert "care_homes" not in json.dumps(page)
    asked = [*panels(name), *page["annotations"]["list"]]
    asked += [variable for variable in page["templating"]["list"] if variable["type"] == "query"]
    asked += [target for panel in panels(name) for target in panel["targets"]]
    assert {one["datasource"]["uid"] for one in asked} == {"carehub-places"}
    assert all(target["rawQuery"] for panel in panels(name) for target in panel["targets"])


@SEVERAL
def test_links_lead_to_pages_the_console_has(name: str) -> None:
    routes = [
        route.path_regex
        for module in MODULES
        for route in module.router.routes
        if isinstance(route, Route) and "GET" in (route.methods or set())
    ]
    page = PAGES[name]
    text = json.dumps(page)
    links = set(re.findall(r'"url": "([^"]+)"', text))
    assert links
    for link in links:
        assert link.startswith("${console:raw}/"), f"{link} leads out of the house"
        path = link.removeprefix("${console:raw}").replace("${__data.fields.place}", "F-hall")
        assert any(route.match(path) for route in routes), link
    assert not re.search(r"https?://(?!127\.0\.0\.1:8080)", text), "nothing is fetched from outside"


@SEVERAL
def test_the_pages_lead_to_one_another(name: str) -> None:
    page = PAGES[name]
    link = next(one for one in page["links"] if one["type"] == "dashboards")
    assert set(link["tags"]) <= set(page["tags"])
    assert link["includeVars"]
    assert link["keepTime"]


@SEVERAL
def test_variables_are_those_that_are_used(name: str) -> None:
    page = PAGES[name]
    names = {variable["name"] for variable in page["templating"]["list"]}
    rest = json.dumps([page["panels"], page["annotations"], page["links"], page["templating"]])
    assert all(f"${one}" in rest or f"${{{one}" in rest for one in names)
    used = set(re.findall(r"\$\{?(place|street|community|console)\b", rest))
    assert used <= names


@SEVERAL
def test_columns_and_overrides_are_about_what_is_asked_for(name: str) -> None:
    """A name that no query gives would change nothing, and nobody would see it."""
    for panel in panels(name):
        given = {"Time", "place", "device", "day\\hour"}
        for target in panel["targets"]:
            given |= set(re.findall(r' AS "(\w+)"', target["query"])) | {target["alias"]}
        steps = panel.get("transformations", [])
        given |= {how["options"]["alias"] for how in steps if "alias" in how["options"]}
        given |= {how["options"]["renamePattern"] for how in steps if how["id"] == "renameByRegex"}
        named = {name for how in steps for name in how["options"].get("renameByName", {})}
        named |= {
            name
            for override in panel["fieldConfig"].get("overrides", [])
            for name in override["matcher"]["options"]["names"]
        }
        assert named <= given, panel["title"]


def test_importing_what_runs_does_not_need_the_sdk() -> None:
    code = (
        "import sys; sys.modules['grafana_foundation_sdk'] = None\n"
        "import dashboards.queries.parts, dashboards.push, dashboards.render, dashboards.filling\n"
        "import dashboards.__main__\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
