"""The registry the town hands over."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from typer.testing import CliRunner

from firmware_sim.cli import app
from firmware_sim.places import settle
from firmware_sim.registry import registry_csv


def rows(homes: int = 40, seed: int = 7) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(registry_csv(settle(homes=homes, seed=seed)))))


def test_the_first_home_is_always_the_same_lady() -> None:
    for seed in (1, 2, 3):
        mine = {row["device"]: row for row in rows(seed=seed) if row["home"] == "H0001"}
        assert {"H0001-pendant", "H0001-radar", "H0001-door", "H0001-pir-bath", "H0001-sos"} <= set(mine)
        pendant = mine["H0001-pendant"]
        assert (pendant["name"], pendant["address"]) == ("王女士", "莲花二村3栋1201")
        assert pendant["place"] == "福田区/莲花街道/莲花社区/莲花二村"
        assert mine["H0001-radar"]["room"] == "卫生间"


def test_every_line_is_whole() -> None:
    table = rows(homes=25)
    assert len({row["device"] for row in table}) == len(table)
    for row in table:
        assert row["place"].count("/") == 3
        assert bool(row["home"]) != bool(row["facility"])
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", row["device"])
        assert int(row["heartbeat_s"]) > 0
        if row["home"]:
            assert re.fullmatch(r"13800000\d{3}", row["contact1_phone"])
            assert row["contact1_phone"] != row["contact2_phone"]
            assert row["access_note"]
    gateways = [row for row in table if row["device_kind"] == "gateway"]
    assert [(row["device"], row["facility"], row["capacity"]) for row in gateways] == [
        ("GW-01", "F-station", ""),
        ("GW-02", "F-station", ""),
        ("GW-03", "F-station", ""),
    ]
    assert [(row["device"], row["capacity"]) for row in table if row["device_kind"] == "counter"] == [
        ("F-hall-counter", "30")
    ]


def test_registry_only_writes_it_and_needs_no_broker(tmp_path: Path) -> None:
    target = tmp_path / "town.csv"
    result = CliRunner().invoke(app, ["town", "--registry", str(target), "--registry-only", "--homes", "3"])
    assert result.exit_code == 0, result.output
    assert target.read_text(encoding="utf-8") == registry_csv(settle(homes=3, seed=7))


def test_registry_only_without_a_file_says_what_to_do() -> None:
    result = CliRunner().invoke(app, ["town", "--registry-only"])
    assert result.exit_code == 2
    assert "--registry FILE.csv" in result.stderr
