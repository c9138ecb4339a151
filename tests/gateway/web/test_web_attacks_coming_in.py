"""Coming in by force: guessing, locking others out, finding out names, sessions that are planted, kept or stolen, forged links."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.types import Receive, Scope, Send
from web_attacks import HERE, TOKEN, cookie_of
from web_desk import CHEAP, NOW, PIN, Desk, Visitor

from gateway.accounts.identity import Identity, Ticket
from gateway.accounts.who import Grant
from gateway.audit.trail import Asked
from gateway.operations import accounts
from gateway.operations.people import FAILURES_MAX, HASHER, LOCK_MS, SIGN_IN_MS, People
from gateway.operations.tables import Granted, SignIn, Staff
from gateway.web.app import BY_A_LINK_MAX, PASSWORDS_MAX, create_app
from gateway.web.pace import NAMES_MAX, Pace, origin_of
from gateway.web.settings import WebSettings
from gateway.web.sign_on import SignOnHere

OUTSIDE = {"host": "0.0.0.0", "token": TOKEN, "public_url": "https://care.example"}  # noqa: S104 the case in question
PASSWORD = "春眠不觉晓处处闻啼鸟"
PERSON = "carehub_person_8080"


class Clock:
    """The wall clock, as the test sets it."""

    now = NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(desk: Desk, clock: Clock) -> FastAPI:
    """A hub that the whole world can reach; 王站长 comes in by password, 李敏 by PIN and by password."""
    made = create_app(desk, WebSettings(**OUTSIDE), wall_ms=lambda: clock.now)  # type: ignore[arg-type]
    people: People = made.state.context.people
    people._hasher = CHEAP
    people._nobody = CHEAP.hash("nobody's")
    people.add("王站长", password=PASSWORD)
    with Session(desk.engine) as session, session.begin():
        row = session.scalars(select(Staff).where(Staff.name == "李敏")).one()
        row.password_hash = CHEAP.hash(PASSWORD)
    return made


def stranger(app: FastAPI) -> Visitor:
    return Visitor(app, base_url="https://care.example")


@pytest.fixture
def device(app: FastAPI) -> Visitor:
    """The PC at the station: it has shown the token, nobody is signed in."""
    visitor = stranger(app)
    assert visitor.post("/api/v1/enter", json={"token": TOKEN}).status_code == 204
    return visitor


def by_password(visitor: Visitor, name: str, password: str = "wrong wrong wrong") -> tuple[int, str]:
    answer = visitor.post("/api/v1/signin/password", json={"name": name, "password": password})
    return answer.status_code, str(answer.json().get("reason", ""))


def test_guessing_from_afar_keeps_nobody_from_the_desk_of_their_station(
    app: FastAPI, device: Visitor
) -> None:
    """Whoever knows the names of a station could else lock all of them out of it, again and again, while somebody lies there."""
    for _ in range(FAILURES_MAX):
        by_password(stranger(app), "李敏")
    assert by_password(stranger(app), "李敏", PASSWORD) == (429, "locked")
    assert device.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 200


def test_pins_that_are_wrong_at_the_desk_lock_no_password(app: FastAPI, device: Visitor) -> None:
    for _ in range(FAILURES_MAX):
        device.post("/api/v1/signin", json={"name": "李敏", "pin": "9999"})
    assert device.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 429
    assert by_password(stranger(app), "李敏", PASSWORD)[0] == 200


def test_a_lock_ends_by_itself_and_is_not_made_longer_by_more_tries(app: FastAPI, clock: Clock) -> None:
    visitor = stranger(app)
    for _ in range(FAILURES_MAX + 4):
        by_password(visitor, "王站长")
    clock.now += LOCK_MS - 1
    assert by_password(visitor, "王站长", PASSWORD) == (429, "locked")
    clock.now += 1
    assert by_password(visitor, "王站长", PASSWORD)[0] == 200


def test_names_cannot_be_found_out(app: FastAPI) -> None:
    """One that nobody has, one without a password, one that has ended: each is answered as every other, also when locked."""
    people: People = app.state.context.people
    people.add("只有PIN", "8055")
    people.add("已离职", password=PASSWORD)
    with Session(people._engine) as session, session.begin():
        session.scalars(select(Staff).where(Staff.name == "已离职")).one().ended_at = NOW
    seen = {}
    for name in ("王站长", "无此人", "只有PIN", "已离职"):
        visitor = stranger(app)
        app.state.context.tries._lately.clear()
        answers = [
            visitor.post("/api/v1/signin/password", json={"name": name, "password": "wrong wrong wrong"})
            for _ in range(FAILURES_MAX + 2)
        ]
        seen[name] = [(one.status_code, one.content, sorted(one.headers)) for one in answers]
    assert seen["王站长"] == seen["无此人"] == seen["只有PIN"] == seen["已离职"]
    assert [one[0] for one in seen["无此人"]] == [401] * 4 + [429] * 3


def test_a_name_without_a_pin_is_as_unknown_at_a_desk(device: Visitor) -> None:
    seen = {
        name: [
            (one.status_code, one.content)
            for one in (device.post("/api/v1/signin", json={"name": name, "pin": "9999"}) for _ in range(7))
        ]
        for name in ("王站长", "无此人")
    }
    assert seen["王站长"] == seen["无此人"]
    assert "王站长" not in device.get("/api/v1/session").text


def test_a_name_that_nobody_has_takes_as_long(desk: Desk) -> None:
    """By the hash that is used; that of a test is over before it can be measured."""
    people = People(desk.engine, HASHER)
    people.add("慢", password=PASSWORD)

    def taken(name: str, by: str) -> float:
        begin = time.perf_counter()
        people.check(name, "wrong wrong wrong", NOW, by=by)  # type: ignore[arg-type]
        return time.perf_counter() - begin

    for by in ("pin", "password"):
        known = statistics.median(taken("慢", by) for _ in range(4))
        unknown = statistics.median(taken(f"无此人{n}", by) for n in range(4))
        assert 1 / 3 < known / unknown < 3, by


def test_tries_are_paced_by_address_whatever_the_name(app: FastAPI, clock: Clock) -> None:
    visitor = stranger(app)
    answers = [by_password(visitor, f"name {n}")[1] for n in range(PASSWORDS_MAX + 2)]
    assert answers == ["wrong"] * PASSWORDS_MAX + ["too_many_tries"] * 2
    elsewhere = Visitor(comes_from(app, "192.0.2.7"), base_url="https://care.example")
    assert by_password(elsewhere, "王站长")[1] == "wrong"
    assert by_password(visitor, "王站长", PASSWORD) == (429, "too_many_tries")
    clock.now += 61_000
    assert by_password(visitor, "王站长", PASSWORD)[0] == 200


def test_an_address_is_the_network_it_can_choose_itself_in() -> None:
    """A machine has 2^64 addresses of IPv6: each as another would be no pace at all."""
    assert origin_of("2001:db8::1") == origin_of("2001:db8::ffff:1:2:3") == "2001:db8::/64"
    assert origin_of("2001:db8:0:1::1") != origin_of("2001:db8::1")
    assert origin_of("::ffff:192.0.2.1") == origin_of("192.0.2.1") == "192.0.2.1"
    assert (origin_of("testclient"), origin_of("")) == ("testclient", "")


def test_a_pace_forgets_no_more_than_it_must() -> None:
    pace = Pace(2)
    assert [pace.too_fast("a", 0) for _ in range(3)] == [False, False, True]
    for n in range(NAMES_MAX - 1):
        pace.too_fast(str(n), 0)
    assert pace.too_fast("a", 0)
    assert len(pace._lately) <= NAMES_MAX


def test_what_is_too_fast_fills_no_audit(desk: Desk, app: FastAPI) -> None:
    """Each line of it waits for the disk, and it is kept for years: nobody who comes along may write it full."""
    visitor = stranger(app)
    for n in range(PASSWORDS_MAX + 20):
        by_password(visitor, f"name {n}")
    assert len(desk.trail.read(Asked(), 1_000)) == PASSWORDS_MAX


def test_ones_own_secret_is_no_oracle(desk: Desk, app: FastAPI, clock: Clock) -> None:
    """Who has found a browser signed in tries five, and is told by a lock that holds at the desk as well."""
    visitor = stranger(app)
    visitor.cookies.set(PERSON, cookie_of(desk, "李敏"))
    tries = [
        visitor.put("/api/v1/account/secrets", json={"now": pin, "pin": "8055"}).status_code
        for pin in ("9998", "9997", "9996", "9995", "9994", PIN)
    ]
    assert tries == [401] * 4 + [429] * 2
    other = stranger(app)
    other.headers["Authorization"] = f"Bearer {TOKEN}"
    assert other.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 429
    noted = [one.entry for one in desk.trail.read(Asked()) if one.entry.what == "set_own_secrets"]
    assert len(noted) == 6
    clock.now += LOCK_MS
    assert visitor.put("/api/v1/account/secrets", json={"now": PIN, "pin": "8055"}).status_code == 200
    assert visitor.get("/api/v1/account").status_code == 401, "each browser is signed out, this one as well"


# sessions


def test_a_session_that_was_planted_is_not_taken_over(app: FastAPI, desk: Desk) -> None:
    """Somebody puts a cookie of their choice into a browser before its owner signs in: the owner gets another."""
    for planted in ("chosen", "a" * 43, cookie_of(desk, "陈国强")):
        visitor = stranger(app)
        visitor.cookies.set(PERSON, planted, domain="care.example", path="/")
        answer = visitor.post("/api/v1/signin/password", json={"name": "王站长", "password": PASSWORD})
        new = re.findall(PERSON + r"=([^;]+)", answer.headers["set-cookie"])
        assert answer.status_code == 200
        assert new not in ([planted], [])
        thief = stranger(app)
        thief.cookies.set(PERSON, planted)
        assert thief.get("/api/v1/session").json()["name"] is None


def test_each_cookie_of_ours_is_out_of_reach(app: FastAPI, desk: Desk) -> None:
    visitor = stranger(app)
    set_by = [
        visitor.post("/api/v1/enter", json={"token": TOKEN}),
        visitor.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}),
        visitor.post("/api/v1/signin/password", json={"name": "王站长", "password": PASSWORD}),
        visitor.get("/signin?lang=en"),
        visitor.post("/api/v1/signout"),
    ]
    alert = desk.rings()
    set_by.append(stranger(app).post(desk.links.path_of("accept", alert), data={"name": "李敏", "pin": PIN}))
    for answer in set_by:
        for cookie in answer.headers.get_list("set-cookie"):
            assert {"httponly", "secure", "samesite=strict"} <= set(
                cookie.lower().replace(" ", "").split(";")
            ), cookie
            assert "domain=" not in cookie.lower()
        assert answer.headers.get_list("set-cookie")


def test_a_session_ends_when_it_should(app: FastAPI, desk: Desk, clock: Clock) -> None:
    """After a shift, when one signs out, and all of them with a new PIN, an account that ends, a secret that is set."""

    def holds(cookie: str) -> bool:
        visitor = stranger(app)
        visitor.cookies.set(PERSON, cookie)
        return visitor.get("/api/v1/account").status_code == 200

    with Session(desk.engine) as session:
        own = session.scalars(select(Staff.id).where(Staff.name == "李敏")).one()
    people: People = app.state.context.people
    endings = {
        "a new PIN": lambda: accounts.set_secrets(people, desk.engine, own, pin="8055"),
        "no password": lambda: accounts.set_secrets(people, desk.engine, own, password=""),
        "the end": lambda: accounts.end(desk.engine, own, NOW),
    }
    for why, ending in endings.items():
        kept = [cookie_of(desk, "李敏"), cookie_of(desk, "李敏")]
        assert all(map(holds, kept)), why
        ending()
        assert not any(map(holds, kept)), why
    accounts.begin_again(desk.engine, own)
    assert not any(map(holds, kept)), "who comes back signs in anew"
    last = cookie_of(desk, "李敏")
    clock.now = NOW + SIGN_IN_MS
    assert not holds(last)


def test_what_is_kept_of_a_session_opens_nothing(app: FastAPI, desk: Desk) -> None:
    """Neither what the database has of it, nor what the list of sessions shows."""
    cookie_of(desk, "李敏")
    with Session(desk.engine) as session:
        kept = session.scalars(select(SignIn.token_hash)).one()
    for found in (kept, kept[:24], "", "%", "_" * 43, "' OR 1=1 --", "\x00"):
        visitor = stranger(app)
        visitor.headers["Cookie"] = f"{PERSON}={found}"
        assert visitor.get("/api/v1/session").json()["name"] is None


def test_a_session_of_another_hub_is_none_here(
    app: FastAPI, desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two hubs on one machine have two cookies, and neither takes the other's under its own name."""
    folder = tmp_path_factory.mktemp("other")
    other = Desk(folder)
    other.settle_in()
    visitor = stranger(app)
    for name in (PERSON, "carehub_person_8081", "person"):
        visitor.cookies.set(name, cookie_of(other, "李敏"))
    assert visitor.get("/api/v1/session").json()["name"] is None
    assert WebSettings(port=8081).cookie("person") != WebSettings(port=8080).cookie("person")
    other.engine.dispose()


# links


@pytest.fixture
def link(desk: Desk) -> str:
    return desk.links.path_of("accept", desk.rings())


def variants(path: str) -> Iterator[str]:
    head, end = path[:3], path[3:]
    yield from (head + end + more for more in ("A", "AAAA", "%20", ".", ".bGlhbmh1YQ", "=", "%00", "~" * 250))
    yield from (head + end[:-n] for n in (1, 8, 20))
    yield from (head + end[1:], head + "A" + end, head + end.upper(), head + end.swapcase(), head + end[::-1])
    yield from ("/s/" + end, "/f/" + end, "/s/" + end + ".bGlhbmh1YQ", "/s/" + end + ".")
    yield from (head + "A" * 22 + end[22:], head + end[:22], head + end[22:], head + "%2e%2e%2f" + end)


def test_a_link_is_right_to_the_letter_and_for_its_purpose(app: FastAPI, link: str) -> None:
    """A longer one that is still right would be as many links as one likes, each with a pace of its own."""
    assert stranger(app).get(link).status_code == 200
    for forged in variants(link):
        app.state.context.wrong_links._lately.clear()
        answer = stranger(app).get(forged)
        assert answer.status_code == 404, forged
        assert "疑似跌倒" not in answer.text


def test_pins_by_link_are_paced_whatever_the_names(app: FastAPI, link: str) -> None:
    answers = [
        stranger(app).post(link, data={"name": f"name {n}", "pin": "9999"}).status_code
        for n in range(BY_A_LINK_MAX + 3)
    ]
    assert answers == [401] * BY_A_LINK_MAX + [429] * 3


def test_who_tries_pins_by_a_link_is_noted_and_so_is_what_is_done_by_one(
    desk: Desk, app: FastAPI, link: str
) -> None:
    visitor = stranger(app)
    visitor.post(link, data={"name": "李敏", "pin": "9999"})
    visitor.post(link, data={"name": "李敏", "pin": PIN})
    visitor.post(link)
    noted = [
        (e.who, e.what, e.place, e.status) for e in (one.entry for one in reversed(desk.trail.read(Asked())))
    ]
    assert noted == [
        ("", "sign_in", "H0001", 401),
        ("", "sign_in", "H0001", 303),
        ("李敏", "accept", "H0001", 303),
    ]
    assert link[3:25] not in str(desk.trail.read(Asked()))


@pytest.mark.parametrize(
    "grants", [[], [Grant("property", HERE)], [Grant("duty", "南山区")], [Grant("admin")]]
)
def test_a_link_gives_nobody_what_their_roles_do_not(
    desk: Desk, app: FastAPI, link: str, grants: list[Grant]
) -> None:
    """Who was told of an alert once, and has another role since, accepts nothing and comes in by no PIN on an unknown device."""
    with Session(desk.engine) as session, session.begin():
        own = session.scalars(select(Staff.id).where(Staff.name == "陈国强")).one()
        session.execute(delete(Granted).where(Granted.staff_id == own))
        session.add_all(Granted(staff_id=own, role=one.role, at=one.at) for one in grants)
    by_pin = stranger(app)
    assert by_pin.post(link, data={"name": "陈国强", "pin": "8024"}).status_code == 403
    assert PERSON not in by_pin.cookies
    known = stranger(app)
    known.cookies.set(PERSON, cookie_of(desk, "陈国强"))
    assert known.post(link).status_code == 403
    assert desk.commands == []


def test_a_link_is_no_door_once_somebody_has_accepted(desk: Desk, app: FastAPI, link: str) -> None:
    with Session(desk.engine) as session:
        alert = session.connection().exec_driver_sql("SELECT id FROM alert").scalar_one()
    desk.acts("accept", alert)
    visitor = stranger(app)
    visitor.post(link, data={"name": "陈国强", "pin": "8024"})
    assert PERSON not in visitor.cookies
    desk.acts("close", alert, verdict="true", outcome="assisted")
    assert visitor.post(link, data={"name": "陈国强", "pin": "8024"}).status_code == 410
    assert PERSON not in visitor.cookies


def test_wrong_links_take_as_long_as_right_ones_and_tell_nothing(desk: Desk, app: FastAPI, link: str) -> None:
    """The same answer for what never was and for what begins as a real one does."""
    answers = {
        stranger(app).get(path).text
        for path in ("/a/" + "A" * 30, link[:-8] + "zzzzzzzz", "/a/" + "A" * 22 + link[25:], "/a/x")
    }
    assert len({re.sub(r"/a/\S+", "", text) for text in answers}) == 1


@pytest.mark.parametrize("name", ["family:1", "family:"])
def test_nobody_is_called_what_a_family_is_written_down_as(desk: Desk, name: str) -> None:
    """A mode set by "family:1" is the family's: ended by their link, and read as theirs."""
    with pytest.raises(ValueError, match="staff name"):
        People(desk.engine, CHEAP).add(name)


class Provider:
    """A provider that sends everybody on."""

    async def begin(self, _back: str) -> tuple[str, Ticket]:
        return "https://provider.example/", Ticket("s", "n", "v")

    async def finish(self, _given: dict[str, str], _ticket: Ticket, _back: str) -> Identity:
        raise NotImplementedError


def test_the_pace_of_single_sign_on_is_each_ones_own(desk: Desk) -> None:
    """One for everybody together would let anybody keep all others from signing on."""
    here = SignOnHere(provider=Provider(), name="社区统一登录")
    app = create_app(desk, WebSettings(**OUTSIDE, sso=here), wall_ms=lambda: NOW)  # type: ignore[arg-type]
    attacker, other = (
        Visitor(comes_from(app, host), base_url="https://care.example") for host in ("192.0.2.1", "192.0.2.2")
    )
    answers = [attacker.get("/sso/begin").status_code for _ in range(PASSWORDS_MAX + 1)]
    assert answers == [303] * PASSWORDS_MAX + [429]
    assert other.get("/sso/begin").status_code == 303
    assert by_password(attacker, "王站长")[0] == 401, "and is another than that of passwords"


def comes_from(app: FastAPI, host: str) -> FastAPI:
    """The app as it is asked from that address."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope | {"client": (host, 1)}, receive, send)

    return asked  # type: ignore[return-value]
