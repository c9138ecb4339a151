"""The import: planned, applied in one transaction, the whole truth for its own sites, silent about persons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from gateway.operations import tables
from gateway.operations.database import open_database
from gateway.registry.apply import apply, plan, read
from gateway.registry.compare import Plan
from gateway.registry.values import Contact, Device, Place, Registry, RegistryErrors

PATH = "福田区/莲花街道/莲花社区/莲花二村"
HOME = Place("H0001", "home", "lianhua", PATH, "王女士", "3栋1201", None, "钥匙在物业岗亭")
HALL = Place("F-hall", "facility", "lianhua", PATH, "长者活动室", "", 30)
DAUGHTER = Contact("H0001", 1, "女儿 陈静", "13800000001")
RADAR = Device("H0001-radar", "H0001", "lianhua", "radar", "卫生间", 60)
COUNTER = Device("F-hall-counter", "F-hall", "lianhua", "counter", "门口", 60)
TOWN = Registry((HOME, HALL), (DAUGHTER,), (RADAR, COUNTER))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(tmp_path / "operations.db")


def lines(found: Plan) -> list[str]:
    return [change.zh for change in found.changes if change.action != "unchanged"]


def test_a_first_import_adds_everything_and_a_second_nothing(engine: Engine) -> None:
    assert plan(engine, TOWN).counts() == {"added": 4, "changed": 0, "removed": 0, "unchanged": 0}
    assert read(engine) == Registry()
    assert lines(apply(engine, TOWN))[0] == f"新增住户 H0001（{PATH}）"
    assert read(engine) == Registry((HALL, HOME), (DAUGHTER,), (COUNTER, RADAR))
    assert apply(engine, TOWN).counts() == {"added": 0, "changed": 0, "removed": 0, "unchanged": 4}


def test_changes_are_named_by_column_and_hold_no_personal_data(engine: Engine) -> None:
    apply(engine, TOWN)
    called = replace(DAUGHTER, phone="13900000009")
    changed = Registry(
        (replace(HOME, name="李伯伯", access_note="密码1234"), HALL),
        (called,),
        (replace(RADAR, heartbeat_s=90), COUNTER),
    )
    found = plan(engine, changed)
    assert lines(found) == [
        f"修改住户 H0001（{PATH}）：称呼或名称、入户说明、联系人",
        "修改设备 H0001-radar（H0001 radar）：上报间隔",
    ]
    assert [change.en for change in found.of("changed")] == [
        f"change home H0001 ({PATH}): name, access_note, contacts",
        "change device H0001-radar (H0001 radar): heartbeat_s",
    ]
    for secret in ("李伯伯", "王女士", "1390", "1234", "陈静", "3栋"):
        assert secret not in repr(found)
    apply(engine, changed)
    assert read(engine).contacts == (called,)


def test_the_file_is_the_whole_truth_for_its_sites_only(engine: Engine) -> None:
    other = Place("S1", "facility", "shekou", "南山区/蛇口街道/海湾社区/海湾花园", "海湾站", "")
    apply(engine, TOWN)
    apply(engine, Registry((other,), (), ()))
    moved = replace(COUNTER, place_id="H0001", kind="motion")
    found = apply(engine, Registry((HOME,), (), (moved,)))
    assert [change.en for change in found.of("removed")] == [
        f"remove facility F-hall ({PATH}): not in the file",
        "remove device H0001-radar (H0001 radar): not in the file",
    ]
    assert read(engine) == Registry((HOME, other), (), (moved,))


def test_an_alert_outlives_its_place(engine: Engine) -> None:
    apply(engine, TOWN)
    with engine.begin() as connection:
        words = {"zh": "疑似跌倒", "en": "Possible fall"}
        values = {"id": "a1", "number": 1, "rule": "fall", "kind": "life_safety", "severity": "critical"}
        times = {"active_at": 1, "raised_at": 1, "raised_wall_ms": 1}
        rest = {"title": words, "why": words, "todo": {}, "evidence": {}, "place_id": "H0001"}
        connection.execute(insert(tables.Alert).values(values | times | rest | {"device_id": "", "room": ""}))
    apply(engine, Registry((HALL,), (), (COUNTER,)))
    with engine.connect() as connection:
        assert connection.scalar(select(tables.Alert.place_id)) == "H0001"


def test_an_id_of_another_site_is_refused_and_nothing_is_written(engine: Engine) -> None:
    apply(engine, TOWN)
    thief = replace(HOME, site="shekou", line=7)
    with pytest.raises(
        RegistryErrors, match=r"town\.csv:7: home or facility: 'H0001' belongs to site 'lianhua'"
    ):
        apply(engine, Registry((thief,), (), ()), source="town.csv")
    stranger = Place("H9", "home", "shekou", PATH, "王女士", "1")
    stolen = replace(RADAR, site="shekou", place_id="H9", line=8)
    with pytest.raises(RegistryErrors, match=r"town\.csv:8: device: 'H0001-radar' belongs to site 'lianhua'"):
        apply(engine, Registry((stranger,), (), (stolen,)), source="town.csv")
    assert len(read(engine).places) == 2


def test_a_rare_name_beside_a_frequent_one_is_pointed_out(engine: Engine) -> None:
    def at(number: int, path: str) -> Place:
        return Place(f"H{number}", "home", "lianhua", path, "王女士", "1", line=number)

    homes = [at(2, PATH), at(3, PATH), at(4, PATH.replace("莲花社区", "连花社区")), at(5, PATH[:-2] + "三村")]
    doubts = plan(engine, Registry(tuple(homes), (), ())).doubts
    assert [doubt.zh for doubt in doubts] == [
        "第 4 行：社区“连花社区”只出现一次，与“莲花社区”（3 处）仅差一字，请核对"
    ]
