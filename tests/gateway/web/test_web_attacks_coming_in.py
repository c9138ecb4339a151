"""Coming in by force: guessing, keeping others out, finding out names, drowning the audit."""

from __future__ import annotations

from itertools import product

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from web_attacks import TOKEN, cookie_of
from web_desk import CHEAP, NOW, PIN, Desk, Visitor
from web_outside import (
    OUTSIDE,
    PASSWORD,
    PERSON,
    Clock,
    app,
    by_password,
    clock,
    comes_from,
    device,
    stranger,
)

from gateway.accounts.identity import Identity, Rule, Ticket
from gateway.audit.trail import Asked
from gateway.operations.people import FAILURES_MAX, HASHER, LOCK_MS, People, Refused
from gateway.operations.tables import Staff
from gateway.web.app import PASSWORDS_MAX, create_app
from gateway.web.pace import NAMES_MAX, Pace, origin_of
from gateway.web.settings import WebSettings
from gateway.web.sign_on import SignOnHere

__all__ = ["app", "clock", "device"]


def test_guessing_from_afar_keeps_nobody_from_the_desk_of_their_station(
    app: FastAPI, device: Visitor
) -> None:
    """Whoever knows the names of a station could else lock all of them out of it, again and again."""
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
    """For each a hash is verified once: the time that takes is all but the whole of it."""
    people = People(desk.engine, CHEAP)
    people.add("王站长", password=PASSWORD)
    verified: list[str] = []

    class Watched:
        def verify(self, kept: str, secret: str) -> bool:
            verified.append(kept)
            return CHEAP.verify(kept, secret)

    people._hasher = Watched()  # type: ignore[assignment]  # only verify is used from here on
    for name, by in product(("王站长", "李敏", "无此人"), ("pin", "password")):
        verified.clear()
        assert people.check(name, "wrong wrong wrong", NOW, by=by) == Refused("wrong")  # type: ignore[arg-type]
        assert len(verified) == 1, (name, by)
    assert HASHER.memory_cost >= 19 * 1024


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


@pytest.mark.parametrize("name", ["family:1", "family:"])
def test_nobody_is_called_what_a_family_is_written_down_as(desk: Desk, name: str) -> None:
    """A mode set by "family:1" is the family's: ended by their link, and read as theirs."""
    with pytest.raises(ValueError, match="staff name"):
        People(desk.engine, CHEAP).add(name)


WORDS = "\"'></script><xss-mark><img src=x onerror=alert(1)>"


class Provider:
    """A provider that sends everybody on, and whose people call themselves what they like."""

    async def begin(self, _back: str) -> tuple[str, Ticket]:
        return "https://provider.example/", Ticket("s", "n", "v")

    async def finish(self, _given: dict[str, str], _ticket: Ticket, _back: str) -> Identity:
        return Identity(subject=WORDS, name=WORDS, values=(WORDS,))


def test_who_comes_from_a_provider_is_called_no_more_than_words(desk: Desk) -> None:
    """Unknown here: the page says what to ask for. Known by a rule: nobody is made whose name is no name."""
    for rules in ((), (Rule(value=WORDS, role="admin"),)):
        here = SignOnHere(provider=Provider(), name=WORDS, rules=rules)
        visitor = Visitor(create_app(desk, WebSettings(sso=here), wall_ms=lambda: NOW))
        assert visitor.get("/sso/begin").status_code == 303
        answer = visitor.get("/sso/back?lang=zh")
        assert answer.status_code == 403
        for text in (answer.text, visitor.get("/signin").text):
            assert "<xss-mark" not in text
            assert "<img" not in text
        assert PERSON not in visitor.cookies


def test_the_pace_of_single_sign_on_is_each_ones_own(desk: Desk) -> None:
    """One for everybody together would let anybody keep all others from signing on."""
    here = SignOnHere(provider=Provider(), name="社区统一登录")
    app = create_app(desk, WebSettings(**OUTSIDE, sso=here), wall_ms=lambda: NOW)
    attacker, other = (
        Visitor(comes_from(app, host), base_url="https://care.example") for host in ("192.0.2.1", "192.0.2.2")
    )
    answers = [attacker.get("/sso/begin").status_code for _ in range(PASSWORDS_MAX + 1)]
    assert answers == [303] * PASSWORDS_MAX + [429]
    assert other.get("/sso/begin").status_code == 303
    assert by_password(attacker, "王站长")[0] == 401, "and is another than that of passwords"
