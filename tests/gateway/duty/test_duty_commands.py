"""``carehub duty``: mistakes and gaps by exit code, the roster, the schema; ``carehub check`` reads it as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from duty_town import ESTATE, STREET, local, ms
from typer.testing import CliRunner

from gateway.cli import app
from gateway.operations.database import open_database
from gateway.registry.apply import apply
from gateway.registry.csv_file import parse

REGISTRY = f"""\
site,place,home,facility,name,address,capacity,contact1_name,contact1_phone,contact2_name,contact2_phone,access_note,device,device_kind,room,heartbeat_s
lianhua,{ESTATE},H1,,王女士,3栋1201,,,,,,,d1,motion,living_room,3600
"""
PLAN = f"""\
people: []
desks:
  - id: centre
    name: 街道中心
    serves: care
    at: {STREET}
    ways: [street]
    shifts: [{{from: 08:00, to: 20:00, days: workdays}}]
  - {{id: fitter, name: 维修, serves: maintenance, ways: [street]}}
  - {{id: operator, name: 运维, serves: operator, console: true}}
"""
ALWAYS = PLAN.replace("shifts: [{from: 08:00, to: 20:00, days: workdays}]", "shifts: [{}]")


class Desk:
    """A folder with settings, a registry file and a plan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan, self.registry = folder / "duty.yaml", folder / "town.csv"
        self.plan.write_text(PLAN, encoding="utf-8")
        self.registry.write_text(REGISTRY, encoding="utf-8")
        (folder / "carehub.toml").write_text(
            f"[hub]\ndata = '{folder}'\nduty = '{self.plan}'\n[[channels]]\nname = 'street'\nkind = 'webhook'\n"
            "url = 'http://127.0.0.1:9/'\nsecret = '0123456789abcdef0123456789abcdef'\n",
            encoding="utf-8",
        )

    def __call__(self, *words: str) -> Result:
        done = CliRunner().invoke(app, [*words, "-c", str(self.folder / "carehub.toml")])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def check(self, *words: str) -> Result:
        return self("duty", "check", "--registry", str(self.registry), "--at", "2026-03-02", *words)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def told(done: Result) -> Any:  # noqa: ANN401 whatever it told
    return json.loads(done.stdout)


def test_gaps_are_named_with_what_to_do_and_exit_code_1(desk: Desk) -> None:
    done = desk.check("--days", "3", "--json")
    assert done.exit_code == 1
    assert "空档 gap: 关怀 care, " in done.stderr
    assert "03-02 周一 Mon 00:00 → 03-02 周一 Mon 08:00" in done.stderr
    assert "另有 2 次 and 2 more" in done.stderr, (
        "alike nights are one line; the first is the rest of a Sunday"
    )
    spans = [
        (g["kind"], local(g["from_ms"]), local(g["to_ms"])) for g in told(done)["gaps"] if g["kind"] == "care"
    ]
    assert spans == [
        ("care", "03-02 00:00", "03-02 08:00"), ("care", "03-02 20:00", "03-03 08:00"),
        ("care", "03-03 20:00", "03-04 08:00"), ("care", "03-04 20:00", "03-05 00:00"),
    ]  # fmt: skip
    assert told(done)["gaps"][0]["remedy"]["en"].startswith("every desk is closed then; give centre a shift")


def test_a_plan_without_gaps_is_fine(desk: Desk) -> None:
    desk.plan.write_text(ALWAYS, encoding="utf-8")
    done = desk.check("--json")
    assert (done.exit_code, told(done)) == (0, {"gaps": [], "warnings": []})
    assert "0 人 people, 3 个值班点 desks, 28 天 days: 0 个空档 gaps" in done.stderr


def test_mistakes_are_exit_code_2_with_their_places(desk: Desk) -> None:
    desk.plan.write_text(
        PLAN.replace("ways: [street]", "ways: [stret]").replace("id: operator", "id: Operator"), "utf-8"
    )
    done = desk.check()
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        f"{desk.plan}:{at}" for at in ("7:12", "9:56", "10:10")
    ]
    assert "did you mean 'street'?; the settings have: street" in lines[0]
    assert desk("check").exit_code == 2, "carehub check reads it as well"


def test_the_registry_of_the_data_folder_is_used_where_none_is_named(desk: Desk) -> None:
    done = desk("duty", "check")
    assert done.exit_code == 2
    assert "no registry in" in done.stderr
    apply(open_database(desk.folder / "operations.sqlite"), parse(REGISTRY, source="town.csv"))
    assert desk("duty", "check", "--at", "2026-03-02").exit_code == 1
    desk.plan.write_text(ALWAYS, encoding="utf-8")
    assert desk("duty", "check").exit_code == 0
    assert desk("check").exit_code == 0


def test_without_a_plan_it_says_how_to_name_one(desk: Desk) -> None:
    settings = desk.folder / "carehub.toml"
    settings.write_text(settings.read_text("utf-8").replace(f"duty = '{desk.plan}'\n", ""), "utf-8")
    done = desk("duty", "show")
    assert done.exit_code == 2
    assert "name the file, or set [hub] duty; docs/duty.md" in done.stderr
    assert desk("duty", "show", str(desk.plan)).exit_code == 0


def test_the_week_of_a_day_is_shown_by_desk(desk: Desk) -> None:
    done = desk("duty", "show", "--at", "2026-03-05T12:00", "--json")
    assert done.exit_code == 0
    for word in ("街道中心 (centre)", "03-02 周一 Mon 08:00", "在岗 staffed", "关闭 closed"):
        assert word in done.stderr
    week = told(done)
    assert (week["from_ms"], week["to_ms"]) == (ms("2026-03-02 00:00"), ms("2026-03-09 00:00"))
    centre = week["desks"][0]["spans"]
    assert [span["people"] for span in centre[:3]] == [None, [], None]
    assert (centre[-1]["from_ms"], centre[-1]["people"]) == (ms("2026-03-06 20:00"), None)


def test_the_schema_is_printed(desk: Desk) -> None:
    done = CliRunner().invoke(app, ["duty", "schema"])
    assert told(done)["$id"] == "urn:carehub:duty.schema"


def test_a_plan_and_a_ladder_are_one_too_many(desk: Desk) -> None:
    desk.plan.write_text(ALWAYS, encoding="utf-8")
    settings = desk.folder / "carehub.toml"
    settings.write_text(
        settings.read_text("utf-8") + "[[ladder]]\nafter_s = 0\nchannels = ['street']\n", "utf-8"
    )
    done = desk("check")
    assert done.exit_code == 2
    assert "keep the duty plan, and leave out the ladder" in done.stderr
