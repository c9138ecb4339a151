"""Homes and devices entered by hand: by the checks of a file, and not undone by the next file without being asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from parts import free_port
from sqlalchemy import Engine, create_engine, select
from typer.testing import CliRunner

from gateway.cli import app
from gateway.operations import tables
from gateway.operations.database import open_database
from gateway.registry.apply import apply, plan, read
from gateway.registry.by_hand import enter
from gateway.registry.csv_file import export, parse
from gateway.registry.edits import Edit, HomeGone, HomeMended, Moved, NewDevice, NewHome, TakenOut, edited
from gateway.registry.values import Contact, Device, Place, Registry, RegistryErrors

PATH = "福田区/莲花街道/莲花社区/莲花二村"
HOME = Place("H0001", "home", "lianhua", PATH, "王女士", "3栋1201", None, "钥匙在物业岗亭")
HALL = Place("F-hall", "facility", "lianhua", PATH, "长者活动室", "", 30)
OTHER = Place("J-hall", "facility", "jingtian", "福田区/莲花街道/景田社区/景田北", "景田站", "", 30)
DAUGHTER = Contact("H0001", 1, "女儿 陈静", "13800000001")
RADAR = Device("H0001-radar", "H0001", "lianhua", "radar", "卫生间", 60)
FILE = Registry((HOME, HALL), (DAUGHTER,), (RADAR,))
TOWN = Registry((HOME, HALL, OTHER), (DAUGHTER,), (RADAR,))
LI = NewHome(name="李先生", path=PATH, address="5栋802", contacts=(("儿子 李强", "139 0000 0002"),))
LAMP = NewDevice(id="lamp-1", place_id="H0001", kind="motion", room="客厅")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_database(tmp_path / "operations.db")
    apply(made, TOWN)
    return made


def hand(engine: Engine, edit: Edit) -> str:
    return enter(engine, edit, by="李敏", at=1_000).place_id


def marked(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {name: act for name, act in connection.execute(select(tables.ByHand.id, tables.ByHand.act))}  # noqa: C416 rows


def fault(edit: Edit, stored: Registry = TOWN) -> tuple[str, str]:
    with pytest.raises(RegistryErrors) as refused:
        edited(stored, edit)
    return refused.value.faults[0].column, refused.value.faults[0].what


def test_a_home_gets_the_next_number_and_its_site_from_its_path(engine: Engine) -> None:
    assert hand(engine, LI) == "H0002"
    found = read(engine)
    assert found.places[2] == Place("H0002", "home", "lianhua", PATH, "李先生", "5栋802")
    assert found.contacts[-1] == Contact("H0002", 1, "儿子 李强", "139 0000 0002")
    assert hand(engine, replace(LI, address="5栋803")) == "H0003"


def test_a_device_is_entered_moved_and_taken_out(engine: Engine) -> None:
    assert hand(engine, LAMP) == "H0001"
    assert read(engine).devices[-1] == Device("lamp-1", "H0001", "lianhua", "motion", "客厅", 14_400)
    assert hand(engine, Moved(id="lamp-1", place_id="F-hall", room="正门")) == "F-hall"
    assert read(engine).devices[-1] == Device("lamp-1", "F-hall", "lianhua", "motion", "正门", 14_400)
    assert hand(engine, TakenOut(id="lamp-1")) == "F-hall"
    assert read(engine) == Registry((HALL, HOME, OTHER), (DAUGHTER,), (RADAR,))
    assert marked(engine) == {}, "no file has ever known of it, and none needs to"


def test_a_home_is_mended_where_it_is_said_and_taken_out_once_it_is_empty(engine: Engine) -> None:
    hand(engine, HomeMended(id="H0001", address="3栋1202"))
    found = read(engine)
    assert found.places[1] == replace(HOME, address="3栋1202")
    assert found.contacts == (DAUGHTER,)
    hand(engine, HomeMended(id="H0001", contacts=(("邻居 刘", "0755-83001234"),), access_note=""))
    found = read(engine)
    assert found.contacts == (Contact("H0001", 1, "邻居 刘", "0755-83001234"),)
    assert found.places[1] == replace(HOME, address="3栋1202", access_note="")
    assert [change.id for change in plan(engine, FILE).over_hand] == ["H0001"]
    with pytest.raises(RegistryErrors, match="has devices still"):
        hand(engine, HomeGone(id="H0001"))
    hand(engine, TakenOut(id="H0001-radar"))
    hand(engine, HomeGone(id="H0001"))
    assert read(engine) == Registry((HALL, OTHER), (), ())
    assert {change.id for change in plan(engine, FILE).over_hand} == {"H0001", "H0001-radar"}


@pytest.mark.parametrize(
    ("edit", "column"),
    [
        (HomeMended(id="H0001", name="=1"), "name"),
        (HomeMended(id="H0001", contacts=(("女儿", "x"),)), "contact1_phone"),
        (HomeMended(id="none", name="王"), "home"),
        (HomeGone(id="J-hall"), "last"),
        (replace(LI, id="H0001"), "home"),
        (replace(LI, id="H 1"), "home"),
        (replace(LI, path="福田区/莲花街道/莲花社区/别处"), "place"),
        (replace(LI, site="jingtian"), "site"),
        (replace(LI, name="=HYPERLINK(1)"), "name"),
        (replace(LI, name="  "), "name"),
        (replace(LI, address="x" * 201), "address"),
        (replace(LI, contacts=(("女儿", "none"),)), "contact1_phone"),
        (replace(LI, contacts=(("", "13800000001"),)), "contact1_name"),
        (replace(LAMP, id="H0001-radar"), "device"),
        (replace(LAMP, id="../etc"), "device"),
        (replace(LAMP, id="\ud800"), "device"),
        (replace(LAMP, kind="camera"), "device_kind"),
        (replace(LAMP, kind="gateway"), "device_kind"),
        (replace(LAMP, room=" "), "room"),
        (replace(LAMP, place_id="H9"), "home"),
        (Moved(id="nobody", place_id="H0001", room="客厅"), "gone"),
        (Moved(id="H0001-radar", place_id="J-hall", room="正门"), "site"),
        (Moved(id="H0001-radar", place_id="H0001", room="\x00"), ""),
        (TakenOut(id="nobody"), "gone"),
    ],
)
def test_what_a_file_may_not_say_no_hand_may_either(edit: Edit, column: str) -> None:
    assert not column or fault(edit)[0] == column
    with pytest.raises(RegistryErrors):
        edited(TOWN, edit)


def test_an_import_that_would_undo_handwork_is_named_by_the_dry_run_and_refused(engine: Engine) -> None:
    hand(engine, LI)
    hand(engine, LAMP)
    hand(engine, Moved(id="H0001-radar", place_id="H0001", room="卧室"))
    before = read(engine)
    file = parse(export(FILE), source="town.csv")
    named = {change.id: change.action for change in plan(engine, file).over_hand}
    assert named == {"H0002": "removed", "lamp-1": "removed", "H0001-radar": "changed"}
    with pytest.raises(RegistryErrors) as refused:
        apply(engine, file, source="town.csv")
    told = refused.value.messages()
    assert len(told) == 3
    assert all("by hand" in line and "--over-hand" in line for line in told)
    assert any(line.startswith("town.csv:2: device: 'H0001-radar'") for line in told)
    assert not any("李" in line for line in told), "no personal data"
    assert read(engine) == before


def test_asked_to_an_import_undoes_it_and_the_next_one_is_an_import_like_any_other(engine: Engine) -> None:
    hand(engine, LI)
    hand(engine, LAMP)
    apply(engine, FILE, over_hand=True)
    assert read(engine) == Registry((HALL, HOME, OTHER), (DAUGHTER,), (RADAR,))
    assert marked(engine) == {}
    assert plan(engine, FILE).counts()["unchanged"] == 3


def test_what_was_taken_out_by_hand_does_not_come_back_by_surprise(engine: Engine) -> None:
    hand(engine, TakenOut(id="H0001-radar"))
    assert [change.action for change in plan(engine, FILE).over_hand] == ["added"]
    with pytest.raises(RegistryErrors, match="taken out by hand"):
        apply(engine, FILE)
    other = Registry((OTHER,), (), ())
    apply(engine, other)
    assert marked(engine) == {"H0001-radar": "removed"}, "the file of another site knows nothing of it"
    apply(engine, replace(FILE, devices=()))
    assert marked(engine) == {}, "the file agrees"
    assert apply(engine, FILE).counts()["added"] == 1


def test_a_file_that_says_the_same_takes_it_over(engine: Engine) -> None:
    hand(engine, LI)
    hand(engine, LAMP)
    stored = read(engine)
    whole = parse(export(stored), source="town.csv")
    assert plan(engine, whole).over_hand == ()
    apply(engine, whole)
    assert marked(engine) == {}
    assert read(engine) == stored
    apply(engine, FILE)
    assert read(engine).devices == (RADAR,), "from then on the file is the whole truth again"


EDITS = st.one_of(
    st.builds(
        NewDevice, id=st.sampled_from("abc"), place_id=st.sampled_from(["H0001", "F-hall"]), kind=st.just("motion"),
        room=st.sampled_from(["客厅", "卧室"]),
    ),
    st.builds(
        Moved, id=st.sampled_from(["a", "b", "c", "H0001-radar"]), place_id=st.sampled_from(["H0001", "F-hall"]),
        room=st.sampled_from(["客厅", "卧室"]),
    ),
    st.builds(TakenOut, id=st.sampled_from(["a", "b", "c", "H0001-radar"])),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(EDITS, max_size=6))
def test_whatever_was_done_by_hand_no_file_undoes_it_unasked(edits: list[Edit]) -> None:
    """The law: after an import that was not asked to, either nothing has changed, or the file agreed with the handwork."""
    engine = create_engine("sqlite://")
    tables.Base.metadata.create_all(engine)
    apply(engine, TOWN)
    for edit in edits:
        try:
            hand(engine, edit)
        except RegistryErrors:
            continue
    before = read(engine)
    try:
        apply(engine, FILE)
    except RegistryErrors:
        assert before != Registry((HALL, HOME, OTHER), (DAUGHTER,), (RADAR,)), (
            "there was handwork to refuse for"
        )
    else:
        assert set(before.devices) == {RADAR}, "nothing of it was undone"
    assert read(engine) == before
    engine.dispose()


def test_on_the_command_line_an_import_names_what_it_would_undo(tmp_path: Path) -> None:
    file, settings_file = tmp_path / "town.csv", tmp_path / "carehub.toml"
    file.write_text(export(FILE), encoding="utf-8")
    settings_file.write_text(f"[hub]\ndata = '{tmp_path}'\n[http]\nport = {free_port()}\n", encoding="utf-8")

    def imports(*words: str) -> Result:
        return CliRunner().invoke(app, ["import", str(file), "-c", str(settings_file), *words])

    assert imports().exit_code == 0
    database = open_database(tmp_path / "operations.sqlite")
    hand(database, LAMP)
    dry, refused = imports("--dry-run"), imports()
    assert (dry.exit_code, refused.exit_code) == (0, 2)
    assert "人工登记 by hand: 移除设备 lamp-1" in dry.stderr
    assert "'lamp-1' was entered or changed by hand" in refused.stderr
    assert "lamp-1" in {device.id for device in read(database).devices}
    assert imports("--over-hand").exit_code == 0
    assert read(database).devices == (RADAR,)
    database.dispose()
