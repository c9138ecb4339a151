"""The registry file: what is read, what is refused and in which words, and that writing it gives it back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.registry.csv_file import ROWS_MAX, decode, export, parse
from gateway.registry.draft import COLUMNS
from gateway.registry.values import Contact, Device, Place, Registry, RegistryErrors
from rules.vocabulary import DEVICE_KINDS

HOME = {
    "site": "lianhua",
    "place": "福田区/莲花街道/莲花社区/莲花二村",
    "home": "H0001",
    "name": "王女士",
    "address": "3栋1201",
    "contact1_name": "女儿 陈静",
    "contact1_phone": "138 0000 0001",
    "access_note": "钥匙在3栋物业岗亭",
    "device": "H0001-radar",
    "device_kind": "radar",
    "room": "卫生间",
    "heartbeat_s": "60",
}
HALL = {
    "site": "lianhua",
    "place": "福田区/莲花街道/莲花社区/莲花二村",
    "facility": "F-hall",
    "name": "长者活动室",
    "capacity": "30",
    "device": "F-hall-counter",
    "device_kind": "counter",
    "room": "门口",
    "heartbeat_s": "60",
}


def file_of(*rows: dict[str, str]) -> str:
    out = io.StringIO(newline="")
    table = csv.DictWriter(out, COLUMNS)
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()


def faults(*rows: dict[str, str]) -> list[str]:
    with pytest.raises(RegistryErrors) as caught:
        parse(file_of(*rows), source="town.csv")
    return caught.value.messages()


def only_fault(*rows: dict[str, str]) -> str:
    found = faults(*rows)
    assert len(found) == 1, found
    return found[0]


def test_a_home_and_a_facility() -> None:
    registry = parse(file_of(HOME, HALL), source="town.csv")
    path = "福田区/莲花街道/莲花社区/莲花二村"
    assert registry == Registry(
        places=(
            Place("H0001", "home", "lianhua", path, "王女士", "3栋1201", None, "钥匙在3栋物业岗亭"),
            Place("F-hall", "facility", "lianhua", path, "长者活动室", "", 30),
        ),
        contacts=(Contact("H0001", 1, "女儿 陈静", "138 0000 0001"),),
        devices=(
            Device("H0001-radar", "H0001", "lianhua", "radar", "卫生间", 60),
            Device("F-hall-counter", "F-hall", "lianhua", "counter", "门口", 60),
        ),
    )
    assert [place.line for place in registry.places] == [2, 3]
    assert registry.sites() == {"lianhua"}


def test_place_columns_may_be_left_empty_after_the_first_line() -> None:
    second = {
        "home": "H0001",
        "device": "H0001-sos",
        "device_kind": "sos",
        "room": "卧室",
        "heartbeat_s": "3600",
    }
    registry = parse(file_of(HOME, second), source="town.csv")
    assert [device.site for device in registry.devices] == ["lianhua", "lianhua"]
    assert len(registry.places) == 1


def test_a_place_may_be_registered_before_its_devices() -> None:
    bare = {name: value for name, value in HOME.items() if name not in COLUMNS[-4:]}
    assert parse(file_of(bare), source="town.csv").devices == ()


@pytest.mark.parametrize("kind", DEVICE_KINDS)
def test_every_kind_of_device_that_rules_know_can_be_registered(kind: str) -> None:
    where = HALL if kind == "gateway" else HOME
    (device,) = parse(file_of(where | {"device_kind": kind, "room": "主卧 冰箱"}), source="town.csv").devices
    assert (device.kind, device.room) == (kind, "主卧 冰箱")


def test_bom_crlf_column_order_and_gb18030_are_accepted() -> None:
    text = file_of(HOME, HALL)
    wanted = parse(text, source="town.csv")
    for raw in (
        text.encode(),
        text.encode("utf-8-sig"),
        text.encode("gb18030"),
        text.replace("\r", "").encode(),
    ):
        assert parse(decode(raw, source="town.csv"), source="town.csv") == wanted
    assert parse("\ufeff" + text, source="town.csv") == wanted
    turned = [row[::-1] for row in csv.reader(io.StringIO(text))]
    out = io.StringIO()
    csv.writer(out).writerows(turned)
    assert parse(out.getvalue(), source="town.csv") == wanted


@pytest.mark.parametrize(
    ("raw", "line", "word"),
    [
        ("site".encode("utf-16"), 1, "UTF-16"),
        (b"site\n\xff\xff\xff", 2, "neither UTF-8 nor GB18030"),
    ],
)
def test_other_encodings_are_named(raw: bytes, line: int, word: str) -> None:
    with pytest.raises(RegistryErrors) as caught:
        decode(raw, source="town.csv")
    assert str(caught.value).startswith(f"town.csv:{line}: file: ")
    assert word in str(caught.value)
    assert "save it as" in str(caught.value)


def test_the_place_with_three_levels() -> None:
    wrong = HOME | {"place": "福田区/莲花街道/莲花社区"}
    assert only_fault(wrong) == (
        "town.csv:2: place: '福田区/莲花街道/莲花社区' has 3 levels, needs 4 (区/街道/社区/小区); "
        "write it like 福田区/莲花街道/莲花社区/莲花二村"
    )


CELLS = [
    ("place", "福田区//莲花社区/莲花二村", "empty or padded 街道"),
    ("site", "莲花", "is no id"),
    ("site", "_sim", "reserved for the simulation"),
    ("home", "H 1", "is no id"),
    ("home", "H" * 65, "is no id"),
    ("name", "=cmd|'/c calc'!A1", "a spreadsheet runs as a formula"),
    ("address", "+1", "a spreadsheet runs as a formula"),
    ("access_note", "@SUM(1)", "a spreadsheet runs as a formula"),
    ("room", "-1", "a spreadsheet runs as a formula"),
    ("name", "王" * 201, "has 201 characters, the most is 200"),
    ("address", "3栋\u202e1201", "unseen character U+202E"),
    ("address", "3栋\n1201", "unseen character U+000A"),
    ("capacity", "30", "a home has no capacity"),
    ("contact1_phone", "见纸条", "is no phone number"),
    ("contact1_phone", "12", "is no phone number"),
    ("contact1_phone", "1" * 21, "is no phone number"),
    ("contact1_phone", "", "contact 1 of home H0001 has no phone"),
    ("contact1_name", "", "contact 1 of home H0001 has no name"),
    ("contact2_phone", "13800000002", "contact 2 of home H0001 has no name"),
    ("name", "", "home H0001 has none; fill it on the first line"),
    ("address", "", "home H0001 has none"),
    ("place", "", "home H0001 has none"),
    ("site", "", "home H0001 has none"),
    ("device", "a/b", "is no id"),
    ("device", "", "is empty"),
    ("device_kind", "radr", "did you mean 'radar'?"),
    ("device_kind", "toaster", "use one of pendant, radar"),
    ("device_kind", "gateway", "a radio gateway stands in a home"),
    ("heartbeat_s", "0", "no whole number from 1 to 604800"),
    ("heartbeat_s", "1.5", "no whole number"),
    ("heartbeat_s", "６０", "write seconds between two reports in digits 0-9"),
    ("room", "", "is empty"),
    ("facility", "F01", "home and facility are both given"),
    ("home", "", "neither home nor facility"),
]


@pytest.mark.parametrize(("column", "value", "word"), CELLS, ids=[f"{c}-{w[:20]}" for c, _, w in CELLS])
def test_a_wrong_cell_is_one_line_with_a_remedy(column: str, value: str, word: str) -> None:
    message = only_fault(HOME | {column: value})
    assert message.startswith("town.csv:2: ")
    assert word in message
    assert "\n" not in message
    assert message.partition("; ")[2]


def test_second_contact_needs_a_first() -> None:
    moved = HOME | {
        "contact1_name": "",
        "contact1_phone": "",
        "contact2_name": "儿子",
        "contact2_phone": "13800000002",
    }
    assert "has a second contact and no first" in only_fault(moved)


def test_a_facility_has_capacity_in_range_and_no_contacts() -> None:
    assert "from 1 to 100000" in only_fault(HALL | {"capacity": "0"})
    assert "no contacts" in only_fault(HALL | {"contact1_name": "女儿"})


def test_lines_that_contradict_each_other() -> None:
    again = HOME | {"device": "H0001-sos", "device_kind": "sos"}
    moved = again | {"place": "福田区/莲花街道/莲花社区/莲花三村"}
    assert "home H0001 stands at" in only_fault(HOME, moved)
    message = only_fault(HOME, again | {"contact1_phone": "13900000000"})
    assert message.startswith(
        "town.csv:3: contact1_phone: home H0001 has another contact1_phone since line 2;"
    )
    assert "139" not in message
    assert "already registered on line 2" in only_fault(HOME, HOME)
    assert "'H0001' is a home since line 2" in only_fault(HOME, HALL | {"facility": "H0001"})


def test_a_street_under_two_districts_and_a_community_under_two_streets() -> None:
    def home(number: int, place: str) -> dict[str, str]:
        return HOME | {"home": f"H{number}", "device": f"D{number}", "place": place}

    right = "福田区/莲花街道/莲花社区/莲花二村"
    message = only_fault(home(1, "福田区/莲华街道/莲花社区/莲花二村"), home(2, right), home(3, right))
    assert message == (
        "town.csv:2: place: 社区 '莲花社区' stands under '莲华街道' here and under '莲花街道' since line 3; "
        "did you mean '福田区/莲花街道/莲花社区/莲花二村'? If both are real, tell them apart by name"
    )
    message = only_fault(home(1, right), home(2, right), home(3, "福天区/莲花街道/莲花社区/莲花二村"))
    assert message.startswith(
        "town.csv:4: place: 街道 '莲花街道' stands under '福天区' here and under '福田区'"
    )


def test_all_faults_come_at_once_and_in_order() -> None:
    bad = HOME | {"site": "莲花", "device_kind": "x", "contact1_phone": "?", "heartbeat_s": "-"}
    found = faults(HOME, bad | {"home": "H0002", "device": "d2"}, {"home": "H3"}, {})
    assert [message.split(":")[1:3] for message in found] == [
        ["3", " contact1_phone"],
        ["3", " device_kind"],
        ["3", " heartbeat_s"],
        ["3", " site"],
        ["4", " address"],
        ["4", " name"],
        ["4", " place"],
        ["4", " site"],
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["town.csv:1: file: the file is empty"]),
        (",".join(COLUMNS) + "\n", ["town.csv:2: file: the file has a header and nothing else"]),
        (
            ",".join(COLUMNS).replace("address", "adress"),
            ["unknown column 'adress'; did you mean 'address'?"],
        ),
        (",".join(COLUMNS) + ",site", ["column 'site' stands twice"]),
        (";".join(COLUMNS), ["not separated by commas"]),
        (file_of(HOME) + "lianhua,x\n", ["town.csv:3: file: the line has 2 fields, the header 16"]),
        (file_of(HOME) + '"lianhua', ["town.csv:3: file: is no CSV"]),
        (file_of(HOME) + "x" * 200_000, ["town.csv:3: file: is no CSV (field larger than field limit"]),
    ],
    ids=["empty", "header-only", "misspelt", "twice", "semicolons", "short", "quote", "huge"],
)
def test_a_file_of_the_wrong_shape(text: str, words: list[str]) -> None:
    with pytest.raises(RegistryErrors) as caught:
        parse(text, source="town.csv")
    for word in words:
        assert word in str(caught.value)


def test_the_number_of_lines_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ROWS_MAX == 200_000
    monkeypatch.setattr("gateway.registry.csv_file.ROWS_MAX", 2)
    rows = [HOME | {"device": f"d{number}"} for number in range(3)]
    assert len(parse(file_of(*rows[:2]), source="town.csv").devices) == 2
    assert only_fault(*rows) == "town.csv:4: file: the file has more than 2 lines; split it by site"


# Quotes, commas and what GB18030 and Excel find hard; all of Unicode would take seconds to set up.
ALPHABET = "王李陈静𠮷栋室3aZé ,;\"'\\，“”（）#"
words = st.text(ALPHABET, min_size=1, max_size=12).map(str.strip).filter(bool)
phones = st.from_regex(r"\+?[0-9]{3,11}", fullmatch=True)
PATHS = [f"福田区/莲花街道/莲花社区/莲花{n}村" for n in "一二三"] + ["南山区/蛇口街道/海湾社区/海湾花园"]


@st.composite
def registries(draw: st.DrawFn) -> Registry:
    places: list[Place] = []
    contacts: list[Contact] = []
    devices: list[Device] = []
    count = draw(st.integers(1, 5))
    for number in range(count):
        home = draw(st.booleans())
        place = Place(
            id=f"P{number}",
            kind="home" if home else "facility",
            site=draw(st.sampled_from(["lianhua", "shekou"])),
            path=draw(st.sampled_from(PATHS)),
            name=draw(words),
            address=draw(words) if home else draw(st.just("") | words),
            capacity=None if home else draw(st.none() | st.integers(1, 100_000)),
            access_note=draw(st.just("") | words),
        )
        places.append(place)
        called = draw(st.integers(0, 2)) if home else 0
        contacts.extend(Contact(place.id, rank, draw(words), draw(phones)) for rank in range(1, called + 1))
    for number, place in enumerate(draw(st.lists(st.sampled_from(places), max_size=8))):
        kinds = DEVICE_KINDS if place.kind == "facility" else DEVICE_KINDS[:-1]
        kind, room, beat = draw(st.sampled_from(kinds)), draw(words), draw(st.integers(1, 604_800))
        devices.append(Device(f"d{number}", place.id, place.site, kind, room, beat))
    return Registry(tuple(places), tuple(contacts), tuple(devices))


@given(registries())
def test_what_is_exported_reads_back_the_same(registry: Registry) -> None:
    text = export(registry)
    assert parse(text, source="town.csv") == registry
    assert parse(decode(text.encode("utf-8-sig"), source="town.csv"), source="town.csv") == registry


@given(
    st.text(ALPHABET + "\n\r\t\0=", max_size=300)
    | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1"))
)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for candidate in (text, ",".join(COLUMNS) + "\n" + text):
        with pytest.raises(RegistryErrors) as caught:  # no random text has four levels of place
            parse(candidate, source="town.csv")
        assert all(message.startswith("town.csv:") for message in caught.value.messages())
