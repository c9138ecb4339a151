"""``duty.yaml``: the example loads, and every mistake is named with its place and what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from duty_town import CHANNELS, ESTATE, EXAMPLE, PERSONAL, STREET

from gateway.duty.entries import DutyFile
from gateway.duty.file import load_plan, read_plan
from gateway.duty.plan import Plan, Reach
from gateway.duty.schema import duty_schema
from gateway.mistakes import FileMistakes, Yaml12

ROOT = Path(__file__).parents[3]
TEXT = EXAMPLE.read_text(encoding="utf-8")


def read(text: str) -> Plan:
    return read_plan(text, source="duty.yaml", channels=CHANNELS, personal=PERSONAL)


def mistakes(text: str) -> list[str]:
    with pytest.raises(FileMistakes) as told:
        read(text)
    return str(told.value).splitlines()


def test_the_example_is_a_plan() -> None:
    plan = load_plan(EXAMPLE, channels=CHANNELS, personal=PERSONAL)
    limin = plan.people[0]
    assert limin.name == "李敏"
    assert limin.reach[1:] == (Reach("sms", "13800000001"), Reach("voice", "13800000001"))
    assert {desk.id: desk.at for desk in plan.desks}["ercun"] == ESTATE
    station, centre = plan.desks[1], plan.desks[2]
    assert (station.ways, station.console, centre.at) == ((("lianhua-group",),), True, STREET)
    assert [shift.window.from_time for shift in station.shifts] == ["08:00", "14:00"]
    assert plan.waits == {"life_safety": (0, 60, 180)}
    assert plan.heeds_hearing
    assert plan.substitutes[0].from_time == "08:00"
    assert plan.family == ("sms", "voice")


def test_a_plan_is_the_same_after_it_was_kept_as_json() -> None:
    plan = load_plan(EXAMPLE, channels=CHANNELS, personal=PERSONAL)
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


HEAD = """\
people:
  - {id: ann, name: 安, reach: [sms: "1"]}
  - {id: bob, name: 博, reach: [sms: "2", voice: "3"]}
desks:
  - id: station
    name: 站
    serves: care
    at: 福田区
    ways: [lianhua-group, [jiedao-group, lianhua-group]]
    shifts:
      - {from: 08:00, to: 20:00, days: [mon, tue], people: [ann]}
      - rotate: {people: [ann, bob], every: week, since: 2026-03-02}
  - id: guards
    name: 保安
    serves: property
    shifts:
      - people: [bob]
"""
TAIL = """\
substitutes:
  - {desk: station, date: 2026-03-02, instead_of: ann, person: bob}
waits: {care: [0, 60]}
routes:
  life_safety: [{after_s: 0, tell: station}, {after_s: 0, tell: station}]
family: [sms]
recontact_s: 240
"""
GOOD = HEAD + TAIL

# What is changed, into what, where the mistake is told, and a part of what is said of it.
WRONG = [
    ("people:\n", "people:\n  - {id: Cho, name: 秋}\n", "2:10", "write small letters a to z, digits and - only"),
    ("people:\n", "people:\n  - {id: ann, name: 秋}\n", "3:10", "person 'ann' stands already on line 2"),
    ('sms: "1"', "sms: 13800000001", "2:37", "Expected `str`, got `int`; write it in quotes"),
    ('sms: "1"', 'sms: ""', "2:37", "length >= 1"),
    ('sms: "1"', 'smss: "1"', "2:32", "no channel 'smss'; did you mean 'sms'?; the settings have: "),
    ('sms: "1"', 'lianhua-group: "1"', "2:32", "reaches a group, not a person; put it into the ways of a desk"),
    ('voice: "3"', 'sms: "3"', "3:42", "'sms' stands twice; give one address for each channel"),
    ("id: guards", "id: station", "13:9", "desk 'station' stands already on line 5"),
    ("serves: care", "serves: cares", "7:13", "did you mean 'care'?"),
    ("at: 福田区", "at: 福田区/a/b/c/d", "8:9", "has 5 levels; write at most four"),
    ("at: 福田区", "at: 福田区//b", "8:9", "has an empty or padded level"),
    ("ways: [lianhua-group,", "ways: [sms,", "9:12", "'sms' needs an address; put it into the reach of people"),
    ("[jiedao-group, ", "[jiedao, ", "9:28", "no channel 'jiedao'; did you mean 'jiedao-group'?"),
    ("from: 08:00", "from: 8:00", "11:16", "'8:00' is no time of day; write HH:MM"),
    ("to: 20:00", "to: 08:00", "11:9", "from and to must differ"),
    ("days: [mon, tue]", "days: [mon, tues]", "11:46", "did you mean 'tue'?"),
    ("days: [mon, tue]", "days: workday", "11:40", "did you mean 'workdays'?"),
    ("people: [ann]}", "people: [anna]}", "11:61", "no person 'anna'; did you mean 'ann'?; add them under people"),
    ("people: [ann, bob]", "people: [ann, bod]", "12:32", "no person 'bod'; did you mean 'bob'?"),
    ("people: [ann, bob]", "people: []", "12:26", "length >= 1"),
    ("since: 2026-03-02", "since: 2026-02-30", "12:58", "'2026-02-30' is no day of the calendar"),
    ("since: 2026-03-02", "since: 2.3.2026", "12:58", "write a day like 2026-03-02"),
    ("people: [bob]", "people: []", "13:9", "desk 'guards' reaches nobody; give it ways, console: true"),
    ("desk: station", "desk: stations", "19:12", "no desk 'stations'; did you mean 'station'?"),
    ("date: 2026-03-02", "date: 2026-13-02", "19:27", "no day of the calendar"),
    ("desk: station", "desk: guards", "19:50", "'ann' has no shift at 'guards'; there are: bob"),
    ("person: bob", "person: cho", "19:64", "no person 'cho'"),
    ("waits: {care", "waits: {caer", "20:9", "no class 'caer'; did you mean 'care'?"),
    ("[0, 60]", "[60, 61]", "20:16", "the first rung is told at once; write 0 instead of 60"),
    ("[0, 60]", "[0, 60, 60]", "20:23", "60 comes after 60"),
    ("[0, 60]", "[0, 86401]", "20:19", "more than 24 h; write 86400 at most"),
    ("[0, 60]", "[]", "20:15", "names no rung"),
    ("tell: station}]", "tell: stat}]", "22:65", "no desk 'stat'; did you mean 'station'?"),
    ("tell: station}]", "tell: guards}]", "22:65", "serves property; a route of life_safety may tell desks that serve: care"),
    ("after_s: 0, tell: station}]", "after: 0, tell: station}]", "22:47", "did you mean 'after_s'?"),
    ("family: [sms]", "family: [lianhua-group]", "23:10", "contacts need one that reaches a person"),
    ("family: [sms]", "famly: [sms]", "23:1", "no section 'famly'; did you mean 'family'?"),
    ("family: [sms]", "waits: {}", "23:1", "'waits' is given twice"),
    ("family: [sms]", "family: sms", "23:9", "Expected `array`, got `str`"),
    ("recontact_s: 240", "recontact_s: 4m", "24:14", "must be seconds, a whole number from 30 to 86400, without a unit"),
    ("recontact_s: 240", "on_site_s: 29", "24:12", "must be seconds, a whole number from 30 to 86400"),
    ("name: 站", "nmae: 站", "6:5", "did you mean 'name'?"),
    ("name: 站", "name: 站\n    name: 站", "7:5", "'name' is given twice"),
]  # fmt: skip


def test_the_short_plan_is_good() -> None:
    plan = read(GOOD)
    assert plan.desks[0].ways == (("lianhua-group",), ("jiedao-group", "lianhua-group"))
    assert plan.desks[1].shifts[0].window.always
    assert (plan.recontact_s, plan.on_site_s) == (240, 2700)


@pytest.mark.parametrize(("right", "wrong", "place", "words"), WRONG, ids=[f"{w[2]} {w[1]}" for w in WRONG])
def test_a_mistake_is_named_with_its_place_and_what_to_do(
    right: str, wrong: str, place: str, words: str
) -> None:
    assert right in GOOD
    found = mistakes(GOOD.replace(right, wrong, 1))
    assert len(found) == 1, found
    assert found[0].startswith(f"duty.yaml:{place}: "), found
    assert words in found[0]


def test_a_substitute_stands_once() -> None:
    line = "  - {desk: station, date: 2026-03-02, instead_of: ann, person: bob}\n"
    assert mistakes(GOOD.replace(line, line + line)) == [
        "duty.yaml:20:5: somebody stands in there already, by line 19; keep one of the two"
    ]


def test_every_mistake_is_told_at_once_and_in_order() -> None:
    found = mistakes(
        GOOD.replace("people:\n", "people: # 人\n  - {id: Cho, name: 秋}\n", 1)
        .replace("at: 福田区", "at: /")
        .replace("[0, 60]", "[1]")
    )
    assert [line.split(":")[1] for line in found] == ["2", "9", "21"]


def test_who_names_an_entry_that_was_refused_has_made_no_mistake() -> None:
    found = mistakes(
        GOOD.replace('id: bob, name: 博, reach: [sms: "2",', "id: bob, name: 博, reach: [sms: 2,")
    )
    assert len(found) == 1


def test_an_address_does_not_stand_in_a_mistake() -> None:
    assert "13800000001" not in "".join(mistakes(GOOD.replace('sms: "1"', "sms: 13800000001")))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be sections: people, desks"),
        ("- id: x", "must be sections: people, desks"),
        ("people: []", "1:1: names no desk: add desks"),
        ("desks: []", "1:8: names no desk"),
        ("desks: [", "not YAML"),
        ("desks: x", "must be a list"),
        (f"{HEAD}waits: [0]", "must begin with a class of alerts"),
    ],
)
def test_what_is_no_plan_at_all_is_refused(text: str, words: str) -> None:
    assert words in mistakes(text)[0]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMistakes, match="cannot be read: No such file"):
        load_plan(tmp_path / "duty.yaml", channels=CHANNELS)


def accepted(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(duty_schema()).is_valid(yaml.load(text, Loader=Yaml12)))  # noqa: S506


def test_the_published_schema_is_what_the_code_says() -> None:
    published = json.loads((ROOT / "docs" / "duty.schema.json").read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(duty_schema())), (
        "write it anew: carehub duty schema > docs/duty.schema.json"
    )


def test_the_schema_accepts_what_the_loader_accepts() -> None:
    jsonschema.Draft202012Validator.check_schema(duty_schema())
    assert accepted(TEXT)
    assert accepted(GOOD)


# What only the whole file, the settings or the calendar show is the loader's to say.
BY_THE_LOADER = re.compile(
    "no (?:channel|person|desk)|stands|reaches|needs an address|comes after|at once|serve:|calendar|twice|shift|differ"
)
FOR_THE_SCHEMA = [each[:2] for each in WRONG if not BY_THE_LOADER.search(each[3])]


@pytest.mark.parametrize(("right", "wrong"), FOR_THE_SCHEMA, ids=[wrong for _, wrong in FOR_THE_SCHEMA])
def test_the_schema_refuses_what_it_can_know(right: str, wrong: str) -> None:
    assert not accepted(GOOD.replace(right, wrong, 1))


def test_every_key_of_the_file_is_told_of() -> None:
    for name, part in duty_schema()["$defs"].items():
        assert part["additionalProperties"] is False, name
        for key, value in part["properties"].items():
            ref: Any = value.get("$ref")
            told = ref or value.get("description") or key in {"id", "name"}
            assert told, f"the docstring of {name} does not speak of {key}"


def test_the_page_for_station_heads_names_every_key_and_shows_the_example() -> None:
    page = (ROOT / "docs" / "duty.md").read_text(encoding="utf-8")
    assert f"```yaml\n{TEXT}```" in page, "docs/duty.md shows deploy/hub/duty.example.yaml"
    named = {word for code in re.findall(r"`([^`\n]+)`", page) for word in re.findall(r"\w+", code)}
    parts = duty_schema()["$defs"]
    assert {key for part in parts.values() for key in part["properties"]} <= named
    assert set(DutyFile.__struct_encode_fields__) <= named
