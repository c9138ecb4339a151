"""Reports on their way: made, checked by somebody else, handed in, kept as they were, held against what is now."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from an_office import by_openpyxl
from web_attacks import HERE, THERE, as_somebody, settled
from web_desk import NOW, Desk, Visitor

from gateway.operations.visits import visits_between

MONTH = "2025-10"
STATION = {"kind": "station", "period": MONTH, "at": HERE}
AREA = {"kind": "area", "period": MONTH, "at": HERE}
HALL = {"kind": "facility", "period": MONTH, "facility": "F01"}
FILED = "/api/v1/filed-reports"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk, _ = settled(tmp_path_factory.mktemp("town"))
    yield desk
    desk.engine.dispose()


@pytest.fixture
def desk(town: Desk) -> Iterator[Desk]:
    town.instead.clear()
    town.off = ""
    yield town
    town.instead.clear()
    town.off = ""


def made(visitor: Visitor, what: dict[str, str]) -> str:
    answer = visitor.post(FILED, json=what)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def signed(visitor: Visitor, report: str, act: str, note: str = "") -> tuple[int, str]:
    answer = visitor.post(f"{FILED}/{report}/sign", json={"act": act, "note": note})
    body = answer.json()
    return answer.status_code, body.get("state") or body["reason"]


def test_the_way_of_a_report_names_who_when_and_the_very_files(desk: Desk) -> None:
    duty, head = as_somebody(desk, "duty here"), as_somebody(desk, "head here")
    report = made(duty, STATION)
    assert made(duty, STATION) == report, "the same data again are the same report"
    assert signed(duty, report, "check") == (403, "not_yours")
    assert signed(head, report, "hand_in") == (409, "report_state")
    assert signed(head, report, "check", "数字核对过") == (200, "checked")
    assert signed(head, report, "check") == (409, "report_state")
    assert signed(head, report, "hand_in", "区民政局") == (200, "handed_in")
    assert signed(head, report, "send_back", "晚了") == (409, "report_state")
    way = head.get(f"{FILED}/{report}").json()
    assert [(one["step"], one["by"], one["note"]) for one in way["signatures"]] == [
        ("made", "duty here", ""), ("checked", "head here", "数字核对过"), ("handed_in", "head here", "区民政局"),
    ]  # fmt: skip
    assert {one["at"] for one in way["signatures"]} == {NOW}
    assert len(way["files"]) == 4
    for name, digest in way["files"].items():
        body = head.get(f"{FILED}/{report}/files/{name}").content
        assert hashlib.sha256(body).hexdigest() == digest
    assert all(one["files"] == way["files"] for one in way["signatures"])


def test_who_made_it_does_not_check_it_and_it_is_sent_back_with_a_reason(desk: Desk) -> None:
    head, admin = as_somebody(desk, "head here"), as_somebody(desk, "admin everywhere")
    report = made(head, {**STATION, "period": "2025-09"})
    assert signed(head, report, "check") == (409, "report_same")
    assert signed(admin, report, "send_back", "  ") == (422, "report_reason")
    assert signed(admin, report, "send_back", "缺九月底") == (200, "returned")
    again = made(head, {**STATION, "period": "2025-09"})
    assert again != report, "what was sent back is made anew"
    assert signed(admin, again, "check") == (200, "checked")


def test_made_again_it_is_the_same_and_late_data_are_named(desk: Desk) -> None:
    head = as_somebody(desk, "head here")
    report = made(head, AREA)
    assert head.get(f"{FILED}/{report}/changes").json() == {"same": True, "figures": [], "elsewhere": False}
    shown = head.get(f"/reports/filed/{report}?lang=zh").text
    assert "完全一致" in shown
    assert '<article class="report">' in shown, "who checks it reads it first"
    document = head.get(f"{FILED}/{report}/files/report.json").json()
    key = next(iter(document["figures"]))
    desk.instead[key] = 4_711
    (changed,) = head.get(f"{FILED}/{report}/changes").json()["figures"]
    assert (changed["key"], changed["then"], changed["now"]) == (
        key,
        document["figures"][key]["value"],
        4_711,
    )
    page = head.get(f"/reports/filed/{report}?lang=zh").text
    assert "与上报时不同" in page
    assert "4711" in page
    assert (
        head.get(f"{FILED}/{report}").json()["files"]
        == head.get(f"{FILED}/{report}").json()["signatures"][0]["files"]
    )
    assert made(head, AREA) != report, "from other data it is another report"


def test_a_file_that_was_changed_on_the_disk_is_not_signed(desk: Desk) -> None:
    head, admin = as_somebody(desk, "head here"), as_somebody(desk, "admin everywhere")
    report = made(head, {**AREA, "period": "2025-08"})
    with sqlite3.connect(desk.folder / "reports.sqlite") as file:
        file.execute("UPDATE file SET body = body || x'00'")
    assert signed(admin, report, "check") == (409, "report_damaged")
    name = next(iter(head.get(f"{FILED}/{report}").json()["files"]))
    assert head.get(f"{FILED}/{report}/files/{name}").status_code == 409
    with sqlite3.connect(desk.folder / "reports.sqlite") as file:
        file.execute("DELETE FROM file")


@pytest.mark.parametrize(
    ("what", "reads", "makes"),
    [
        (STATION, {"duty", "head", "admin"}, {"duty", "head", "admin"}),
        (AREA, {"head", "area", "admin"}, {"head", "area", "admin"}),
        (HALL, {"duty", "head", "property", "area", "admin"}, {"head", "property", "area", "admin"}),
    ],
    ids=["station", "area", "facility"],
)
def test_each_role_reads_and_makes_what_is_theirs_and_nobody_what_is_elsewhere(
    desk: Desk, what: dict[str, str], reads: set[str], makes: set[str]
) -> None:
    admin, what = as_somebody(desk, "admin everywhere"), {**what, "period": "2025-06"}
    report = made(admin, what)
    for role in ("duty", "head", "property", "area", "installer", "admin"):
        here, there = as_somebody(desk, f"{role} here"), as_somebody(desk, f"{role} there")
        seen = here.get(f"{FILED}/{report}").status_code
        assert (seen == 200) is (role in reads), role
        assert (here.post(FILED, json=what).status_code == 201) is (role in makes), role
        for visitor in (there,):
            assert visitor.get(f"{FILED}/{report}").status_code in (403, 404), role
            assert visitor.get(f"{FILED}/{report}/changes").status_code in (403, 404), role
            assert visitor.get(f"/reports/filed/{report}").status_code in (403, 404), role
            assert visitor.post(f"{FILED}/{report}/sign", json={"act": "check"}).status_code in (403, 404), (
                role
            )
            assert visitor.post(FILED, json=what).status_code in (403, 404), role
            chosen = {
                "of": f"{what['kind']}|{what.get('facility', '')}|{what.get('at', '')}",
                "period": MONTH,
            }
            assert visitor.get("/reports/view", params=chosen).status_code in (403, 404), role
            listed = visitor.get(FILED)
            assert listed.status_code == 403 or report not in listed.text, role


def test_a_stations_report_reaches_the_office_once_it_is_handed_in(desk: Desk) -> None:
    """It tells small numbers as they are: before that, an officer sees the area's, which hides them."""
    duty, head, officer = (as_somebody(desk, f"{role} here") for role in ("duty", "head", "area"))
    report = made(duty, {**STATION, "period": "2025-07"})
    assert officer.get(f"{FILED}/{report}").status_code == 404
    assert report not in officer.get(FILED).text
    signed(head, report, "check")
    assert officer.get(f"{FILED}/{report}").status_code == 404
    signed(head, report, "hand_in", "街道")
    assert officer.get(f"{FILED}/{report}").status_code == 200
    assert report in officer.get(FILED).text
    assert as_somebody(desk, "area there").get(f"{FILED}/{report}").status_code == 404
    assert as_somebody(desk, "property here").get(f"{FILED}/{report}").status_code == 404


@pytest.mark.parametrize("what", [
    {**STATION, "at": "福田区"}, {**STATION, "at": HERE + "/莲花二村"}, {**STATION, "at": "福田区/莲花街道/莲花"},
    {**AREA, "at": "x" * 300}, {**HALL, "facility": "H0001"}, {**HALL, "at": THERE}, {**AREA, "facility": "F01"},
    {**STATION, "at": ""},
])  # fmt: skip
def test_what_is_no_subject_is_not_made(desk: Desk, what: dict[str, str]) -> None:
    answer = as_somebody(desk, "admin everywhere").post(FILED, json=what)
    assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_subject")


@pytest.mark.parametrize(
    ("period", "reason"), [("2025-12", "period_ahead"), ("2025-10-01", "period"), ("2025-13", "invalid")]
)
def test_a_period_that_is_none_is_refused(desk: Desk, period: str, reason: str) -> None:
    answer = as_somebody(desk, "head here").post(FILED, json={**AREA, "period": period})
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)


def test_while_none_can_be_made_what_is_kept_is_shown(desk: Desk) -> None:
    head = as_somebody(desk, "head here")
    report = made(head, AREA)
    desk.off = "others are being made"
    assert head.post(FILED, json=AREA).status_code == 503
    assert head.get(f"{FILED}/{report}/changes").status_code == 503
    page = head.get(f"/reports/filed/{report}")
    assert page.status_code == 200
    assert "SHA-256" in page.text


def test_the_pages_are_there_for_who_finds_them(desk: Desk) -> None:
    head = as_somebody(desk, "head here")
    for path in ("/reports", "/reports/schedules", "/reports/forms", "/reports/denominators"):
        assert head.get(path).status_code == 200
    view = head.get("/reports/view", params={"of": f"station||{HERE}", "period": MONTH, "lang": "zh"})
    assert view.status_code == 200
    assert "制表，准备上报" in view.text
    assert (
        head.get(
            "/reports/view", params={"of": f"station||{HERE}", "period": MONTH, "day": "2025-11-22"}
        ).status_code
        == 200
    )
    assert head.get("/reports/view", params={"of": "station", "period": MONTH}).status_code == 404
    prop = as_somebody(desk, "property here")
    assert prop.get("/reports").status_code == 200
    assert prop.get("/reports/denominators").status_code == 403
    assert as_somebody(desk, "installer here").get("/reports").status_code == 403


# schedules


def test_a_schedule_is_set_and_ended_by_who_hands_in(desk: Desk) -> None:
    head = as_somebody(desk, "head here")
    wanted = {
        "kind": "station",
        "every": "month",
        "day": 3,
        "hour": 6,
        "at": HERE,
        "formats": ["xlsx", "csv"],
        "channel": "值班群",
    }
    key = {"Idempotency-Key": "s1"}
    answers = [head.post("/api/v1/report-schedules", json=wanted, headers=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    made = answers[0].json()
    assert made["id"] == answers[1].json()["id"]
    assert (made["day"], made["hour"], made["by"], made["channel"]) == (3, 6, "head here", "值班群")
    assert made["id"] in head.get("/api/v1/report-schedules").text
    for other in ("head there", "area there", "property there"):
        assert made["id"] not in as_somebody(desk, other).get("/api/v1/report-schedules").text
        assert as_somebody(desk, other).delete(f"/api/v1/report-schedules/{made['id']}").status_code == 404
    assert as_somebody(desk, "area here").delete(f"/api/v1/report-schedules/{made['id']}").status_code == 404
    assert head.delete(f"/api/v1/report-schedules/{made['id']}").status_code == 200
    assert head.delete(f"/api/v1/report-schedules/{made['id']}").status_code == 404


@pytest.mark.parametrize(("changed", "reason"), [
    ({"at": THERE}, "unknown_subject"), ({"channel": "没有"}, "report_channel"), ({"every": "day", "kind": "area"}, "period"),
    ({"hour": 24}, "invalid"), ({"day": 29}, "invalid"), ({"formats": []}, "invalid"), ({"formats": ["exe"]}, "invalid"),
])  # fmt: skip
def test_a_schedule_that_cannot_be_is_refused(desk: Desk, changed: dict[str, object], reason: str) -> None:
    wanted = {"kind": "station", "every": "month", "hour": 6, "at": HERE, "formats": ["xlsx"]}
    answer = as_somebody(desk, "head here").post("/api/v1/report-schedules", json=wanted | changed)
    assert answer.json()["reason"] == reason
    assert answer.status_code in (404, 422)


# denominators


def test_a_denominator_is_entered_for_ones_own_part_with_its_source_and_kept(desk: Desk) -> None:
    officer = as_somebody(desk, "area here")
    entry = {
        "indicator": "elders_60",
        "at": HERE,
        "value": 1240,
        "source": "社区人口台账",
        "as_of": "2025-10-31",
    }
    assert officer.post("/api/v1/denominators", json=entry).status_code == 201
    assert officer.post("/api/v1/denominators", json={**entry, "value": 1251}).status_code == 201
    held = officer.get("/api/v1/denominators").json()
    assert [(one["value"], one["by"]) for one in held["denominators"]] == [(1251, "area here")]
    assert [one["value"] for one in held["entries"]] == [1251, 1240]
    assert "社区人口台账" not in as_somebody(desk, "area there").get("/api/v1/denominators").text
    assert "社区人口台账" in officer.get("/reports/denominators?lang=zh").text
    for at in (THERE, "", "福田区"):
        assert officer.post("/api/v1/denominators", json={**entry, "at": at}).status_code == 404
    for wrong in ({"value": 0}, {"value": 1.5}, {"source": "  "}, {"as_of": "2026-01-01"}, {"as_of": "2025-02-30"},
                  {"indicator": "x"}):  # fmt: skip
        assert officer.post("/api/v1/denominators", json=entry | wrong).status_code == 422, wrong
    assert as_somebody(desk, "duty here").post("/api/v1/denominators", json=entry).status_code == 403


# own forms


def sent_in(visitor: Visitor, body: bytes, **query: str) -> tuple[int, dict[str, object]]:
    asked = {"name": "月报表", "kind": "station", "at": HERE} | query
    answer = visitor.post("/api/v1/report-forms", params=asked, content=body)
    return answer.status_code, answer.json()


def test_a_form_is_sent_in_mapped_and_filled_to_the_byte(desk: Desk) -> None:
    head, duty = as_somebody(desk, "head here"), as_somebody(desk, "duty here")
    status, form = sent_in(head, by_openpyxl())
    assert status == 201, form
    path = f"/api/v1/report-forms/{form['id']}"
    figures = head.get(f"{path}/figures").json()["figures"]
    key = next(one["key"] for one in figures if not one["key"].startswith("about."))
    unknown = next(one["key"] for one in figures if one["value"] is None)
    for cell, figure in (
        ("月报!C5", key),
        ("月报!B3", "about.subject"),
        ("月报!C9", unknown),
        ("月报!C6", key),
    ):
        assert head.put(f"{path}/mapping", json={"cell": cell, "figure": figure}).status_code == 200
    assert head.put(f"{path}/mapping", json={"cell": "月报!C6", "figure": ""}).json()["mapping"].keys() == {
        "月报!C5", "月报!B3", "月报!C9",
    }  # fmt: skip
    own = {
        "月报!C7": "formula",
        "月报!B1": "merged",
        "没有!A1": "no_cell",
        "月报!A999": "no_cell",
        "x!!!": "no_cell",
    }
    for cell, reason in own.items():
        answer = head.put(f"{path}/mapping", json={"cell": cell, "figure": key})
        assert (answer.status_code, answer.json()["reason"]) == (422, f"form_{reason}")
    files = [duty.get(f"{path}/filled", params={"period": MONTH}).content for _ in range(2)]
    assert files[0] == files[1]
    sheet = openpyxl.load_workbook(BytesIO(files[0]))["月报"]
    assert sheet["B3"].value == "莲花站"
    assert sheet["C9"].value == "无数据"
    assert sheet["C5"].value is not None
    assert duty.put(f"{path}/mapping", json={"cell": "月报!C5", "figure": key}).status_code == 403
    assert duty.get(f"{path}/filled", params={"period": "2025-10-01"}).status_code == 422
    for role in ("head", "duty", "area", "property"):
        other = as_somebody(desk, f"{role} there")
        page = f"/reports/forms/{form['id']}"
        for where in (path, f"{path}/filled?period={MONTH}", f"{path}/figures", page):
            assert other.get(where).status_code in (403, 404)
        assert other.put(f"{path}/mapping", json={"cell": "月报!C5"}).status_code in (403, 404)
        assert other.delete(path).status_code in (403, 404)
        assert str(form["id"]) not in other.get("/api/v1/report-forms").text
    assert "月报表" in head.get("/reports/forms?lang=zh").text
    assert head.get(f"/reports/forms/{form['id']}").status_code == 200
    assert head.delete(path).status_code == 200
    assert head.get(path).status_code == 404


@pytest.mark.parametrize(("body", "query", "status", "reason"), [
    (b"hello", {}, 422, "form_not_xlsx"), (b"PK" + b"0" * 100, {}, 422, "form_damaged"),
    (b"PK" + b"0" * (2 * 1024 * 1024 - 1), {}, 422, "form_too_large"),
    (b"0" * (2 * 1024 * 1024 + 2), {}, 413, "too_long"),
    (b"", {}, 422, "invalid"), (b"hello", {"at": THERE}, 404, "unknown_subject"), (b"hello", {"kind": "x"}, 422, "invalid"),
    (b"hello", {"name": "a\nb"}, 422, "report_name"), (b"hello", {"kind": "area", "daily": "true"}, 422, "period"),
])  # fmt: skip
def test_what_is_no_form_is_refused_with_its_reason(
    desk: Desk, body: bytes, query: dict[str, str], status: int, reason: str
) -> None:
    answered, problem = sent_in(as_somebody(desk, "head here"), body, **query)
    assert (answered, problem["reason"]) == (status, reason)


def test_a_report_makes_no_visit_and_its_file_is_for_the_hub_alone(desk: Desk) -> None:
    made(as_somebody(desk, "duty here"), STATION)
    assert {one.id for one in visits_between(desk.engine, 0, NOW * 2)} <= {"v1"}
    assert Path(desk.folder / "reports.sqlite").stat().st_mode & 0o077 == 0
