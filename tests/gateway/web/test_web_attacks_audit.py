"""The audit gone round: looked without a note, written without one, notes that are forged, drowned or put off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_web_roles import ASKED, ENDLESS, needed
from typer.testing import CliRunner
from web_attacks import TOKEN, as_somebody, settled
from web_desk import CHEAP, NOW, PIN, Desk, Visitor

from gateway.accounts.roles import ROLES
from gateway.accounts.who import Grant
from gateway.audit.trail import Asked, Trail
from gateway.cli import app as command_line
from gateway.operations.people import People
from gateway.web.access import SAFE_METHODS
from gateway.web.app import create_app
from gateway.web.noting import NOT_NOTED
from gateway.web.settings import WebSettings

Town = tuple[Desk, dict[str, str]]
RESIDENTS = ("王女士", "李先生", "周阿姨", "吴先生", "陈静", "139 0000 1234")
# The desk is open all day, and names the homes of its alerts; each of those that is opened or accepted is a line.
ALL_DAY = {"console", "read_board", "read_alerts"}
OUTSIDE = {"host": "0.0.0.0", "token": TOKEN, "public_url": "https://care.example"}  # noqa: S104 the case in question


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Two stations; 一 has every role."""
    desk, names = settled(tmp_path)
    People(desk.engine, CHEAP).add("一", grants=[Grant(role) for role in ROLES])
    yield desk, names
    desk.engine.dispose()


def noted(desk: Desk) -> int:
    return desk.trail.head().number


def test_whatever_shows_a_resident_is_noted(town: Town) -> None:
    """Every route that is read, also as a part of a file, as a head, for another type, or once more unchanged."""
    desk, names = town
    visitor = as_somebody(desk, "一")
    for method, route in ASKED:
        if method != "GET" or route.path in ENDLESS or route.name in {"docs", "openapi", *ALL_DAY}:
            continue
        if route.path.startswith(("/a/", "/s/", "/f/")):
            continue
        path = re.sub(r"{(\w+)(?::\w+)?}", lambda found: names.get(found[1], "fall"), route.path)
        query = {"metric": "motion", "place": "H0001"} if needed(route).of == "series" else {"q": "王女士"}
        for headers in (
            {},
            {"Range": "bytes=0-9"},
            {"If-None-Match": "*", "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        ):
            before = noted(desk)
            answer = visitor.get(path, params=query, headers={"Accept": "*/*", **headers})
            text = re.sub(r'<input type="search"[^>]*>', "", answer.text)
            if answer.status_code < 400 and any(word in text for word in RESIDENTS):
                assert noted(desk) > before, (path, headers)


def test_whatever_is_done_is_noted(town: Town) -> None:
    """By each route that writes, whoever does it: a person, a program, a device."""
    desk, names = town
    for visitor in (as_somebody(desk, "一"), Visitor(create_app(desk, WebSettings(), wall_ms=lambda: NOW))):
        for method, route in ASKED:
            if (
                method in SAFE_METHODS
                or route.name in NOT_NOTED
                or route.path.startswith(("/a/", "/s/", "/f/"))
            ):
                continue
            known = names | ({"place_id": "F01"} if needed(route).of == "facility" else {})
            path = re.sub(
                r"{(\w+)(?::\w+)?}", lambda found, known=known: known.get(found[1], "fall"), route.path
            )
            before = noted(desk)
            answer = visitor.request(method, path, json={}, headers={"Idempotency-Key": route.name})
            assert noted(desk) == before + 1, (method, path, answer.status_code)


def test_what_is_done_by_a_link_is_noted_with_its_home(town: Town) -> None:
    """A plain form is answered with 303, and whoever holds the link is nobody here."""
    desk, _ = town
    app = create_app(desk, WebSettings(**OUTSIDE), wall_ms=lambda: NOW)  # type: ignore[arg-type]
    head = as_somebody(desk, "一")
    made = head.post("/api/v1/places/H0001/family-links", json={"contact": 1})
    assert made.status_code == 200, made.text
    assert head.delete("/api/v1/places/H0001/mode").status_code == 200
    before = noted(desk)
    family = Visitor(app, base_url="https://care.example")
    assert family.post(made.json()["path"], data={"kind": "away", "hours": "24"}).status_code == 303
    (found,) = desk.trail.read(Asked(), noted(desk) - before)
    assert (found.entry.what, found.entry.place, found.entry.kind) == ("set_mode", "H0001", "nobody")
    assert found.entry.path.startswith("福田区"), "so that the head of the station finds it"
    assert made.json()["path"][3:] not in str(found)


def test_wrong_requests_of_nobody_are_no_lines(town: Town) -> None:
    """Else whoever comes along fills the disk with them."""
    desk, names = town
    stranger = Visitor(
        create_app(desk, WebSettings(**OUTSIDE), wall_ms=lambda: NOW), base_url="https://care.example"
    )  # type: ignore[arg-type]
    before = noted(desk)
    for method, route in ASKED:
        if route.path in {"/api/v1/signin/password", *ENDLESS}:
            continue
        path = re.sub(r"{(\w+)(?::\w+)?}", lambda found: names.get(found[1], "x"), route.path)
        answer = stranger.request(method, path, json={} if method != "GET" else None)
        if route.path != "/api/v1/signout":
            assert not (method != "GET" and answer.status_code < 300), path
    assert noted(desk) - before <= 1, "who signs out"


FORGED = "x\t401\n1\t2025-01-01 00:00:00\t李敏\tclose\tH0001\t200\n\x1b[2J\x1b[31m\r\u202e\x00\x07"


def test_a_name_that_reads_as_an_entry_is_one_line(town: Town, tmp_path: Path) -> None:
    """Anybody may try to come in as anybody: the name they give stands in the audit, on the page and in the shell."""
    desk, _ = town
    visitor = Visitor(
        create_app(desk, WebSettings(**OUTSIDE), wall_ms=lambda: NOW), base_url="https://care.example"
    )  # type: ignore[arg-type]
    assert (
        visitor.post("/api/v1/signin/password", json={"name": FORGED[:64], "password": "x"}).status_code
        == 401
    )
    head = as_somebody(desk, "一")
    head.post("/places/H0001/detail", data={"words": FORGED})
    settings = tmp_path / "carehub.toml"
    folder = tmp_path / "data"
    folder.mkdir()
    trail = Trail(folder / "audit.sqlite")
    for one in reversed(desk.trail.read(Asked())):
        trail.write(one.entry)
    trail.close()
    settings.write_text(f'[hub]\ndata = "{folder}"\n', encoding="utf-8")
    shown = CliRunner().invoke(command_line, ["audit", "show", "--config", str(settings)])
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert len(lines) == len(desk.trail.read(Asked()))
    assert {line.count("\t") for line in lines} == {5}
    assert not [sign for sign in shown.stdout if not sign.isprintable() and sign not in "\n\t"]
    page = head.get("/audit?lang=zh").text
    assert page.count("<tr") == 1 + len(lines)
    assert desk.trail.first_broken() is None


def test_reasons_and_names_are_cut_and_the_chain_holds(town: Town) -> None:
    desk, _ = town
    head = as_somebody(desk, "一")
    huge = "理" * 20_000
    head.post("/places/H0001/detail", data={"words": huge})
    head.post("/api/v1/accounts", json={"name": huge})
    head.get("/places/" + "x" * 5_000)
    head.delete("/api/v1/sessions/" + "y" * 60)
    for found in desk.trail.read(Asked()):
        entry = found.entry
        assert max(map(len, (entry.reason, entry.subject, entry.place, entry.who, entry.via))) <= 200, (
            entry.what
        )
    assert desk.trail.first_broken() is None


def test_the_head_of_one_station_does_not_read_the_audit_of_another(town: Town) -> None:
    desk, _ = town
    as_somebody(desk, "duty here").get("/api/v1/places/H0001")
    there = as_somebody(desk, "head there")
    for query in ("", "?q=duty", "?q=read_place", "?place=H0001", "?before=99999", "?q=H0001", "?q=%25"):
        assert "H0001" not in re.sub(r"<input[^>]*>", "", there.get(f"/audit{query}").text)
        assert "duty here" not in there.get(f"/audit{query}").text
    assert "H0001" in as_somebody(desk, "head here").get("/audit").text


def test_who_tries_a_pin_is_noted_on_every_way_in(town: Town) -> None:
    desk, names = town
    app = create_app(desk, WebSettings(**OUTSIDE), wall_ms=lambda: NOW)  # type: ignore[arg-type]
    device = Visitor(app, base_url="https://care.example")
    device.post("/api/v1/enter", json={"token": TOKEN})
    before = noted(desk)
    device.post("/api/v1/signin", json={"name": "李敏", "pin": "9999"})
    device.post("/api/v1/signin/password", json={"name": "李敏", "password": "9999"})
    stranger = Visitor(app, base_url="https://care.example")
    stranger.post(desk.links.path_of("accept", names["alert_id"]), data={"name": "李敏", "pin": "9999"})
    found = desk.trail.read(Asked(), noted(desk) - before)
    assert [(one.entry.what, one.entry.subject, one.entry.status) for one in reversed(found)] == [
        ("sign_in", "李敏", 401), ("sign_in_by_password", "李敏", 401), ("sign_in", "李敏", 401)
    ]  # fmt: skip
    assert PIN
