from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.accounts.who import Who
from gateway.operations.database import open_database
from gateway.operations.people import (
    FAILURES_MAX,
    HASHER,
    LOCK_MS,
    SIGN_IN_MS,
    People,
    Refused,
    weakness_of,
)
from gateway.operations.tables import SignIn, Staff

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the tests are not about its strength
NOW = 1_763_881_380_000


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    engine = open_database(tmp_path / "operations.db")
    made = People(engine, CHEAP)
    made.add("李敏", "4711")
    yield made
    engine.dispose()


@pytest.mark.parametrize(
    "pin",
    [
        "0000",
        "1234",
        "4321",
        "7890",
        "0987",
        "1212",
        "123123",
        "11111111",
        "123",
        "123456789",
        "12a4",
        "",
        "１２３９",
    ],
)
def test_a_guessable_or_malformed_pin_is_refused(people: People, pin: str) -> None:
    assert weakness_of(pin)
    if pin:
        with pytest.raises(ValueError, match=r"PIN of 陈国强: "):
            people.add("陈国强", pin)
    else:  # an account without a PIN has no tile, and comes in by none
        people.add("陈国强")
        assert "陈国强" not in people.names()
        assert people.check("陈国强", "", NOW) == Refused("wrong")


@pytest.mark.parametrize("pin", ["4711", "1357", "0102", "90210", "12345679"])
def test_other_pins_are_taken(pin: str) -> None:
    assert weakness_of(pin) is None


def test_a_name_is_needed_and_is_there_once(people: People) -> None:
    with pytest.raises(ValueError, match="exists already"):
        people.add(" 李敏 ", "8024")
    for name in ("", "  ", "x" * 33, "a\nb"):
        with pytest.raises(ValueError, match="staff name"):
            people.add(name, "8024")
    people.add("陈国强", "8024")
    assert people.names() == ["李敏", "陈国强"]


def test_the_right_pin_signs_in_and_the_pin_is_nowhere_to_be_read(people: People) -> None:
    found = people.check("李敏", "4711", NOW)
    assert isinstance(found, Who)
    assert found.name == "李敏"
    with Session(people._engine) as session:
        assert session.scalars(select(Staff.pin_hash)).one().startswith("$argon2id$")
    assert HASHER.memory_cost >= 19 * 1024


def test_a_wrong_pin_and_an_unknown_name_get_the_same_answer(people: People) -> None:
    assert people.check("李敏", "9999", NOW) == people.check("nobody", "9999", NOW) == Refused("wrong")


def test_five_failures_lock_the_name_for_five_minutes_even_for_the_right_pin(people: People) -> None:
    for _ in range(FAILURES_MAX - 1):
        assert people.check("李敏", "9999", NOW) == Refused("wrong")
    assert people.check("李敏", "9999", NOW) == Refused("locked", NOW + LOCK_MS)
    assert people.check("李敏", "4711", NOW + LOCK_MS - 1) == Refused("locked", NOW + LOCK_MS)
    assert isinstance(people.check("李敏", "4711", NOW + LOCK_MS), Who)


def test_after_a_lock_there_are_five_new_tries(people: People) -> None:
    for _ in range(FAILURES_MAX):
        people.check("李敏", "9999", NOW)
    later = NOW + LOCK_MS
    answers = [people.check("李敏", "9999", later) for _ in range(FAILURES_MAX)]
    assert answers == [Refused("wrong")] * (FAILURES_MAX - 1) + [Refused("locked", later + LOCK_MS)]


def test_the_right_pin_takes_the_failures_back(people: People) -> None:
    for _ in range(3):
        for _ in range(FAILURES_MAX - 1):
            assert people.check("李敏", "9999", NOW) == Refused("wrong")
        assert isinstance(people.check("李敏", "4711", NOW), Who)


def test_guesses_sent_at_once_are_counted_before_they_are_verified(people: People) -> None:
    verified: list[str] = []
    hasher = people._hasher

    class Counting:
        def verify(self, hashed: str, pin: str) -> bool:
            verified.append(pin)
            return hasher.verify(hashed, pin)

    people._hasher = Counting()  # type: ignore[assignment]  # only verify is used after the start
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: people.check("李敏", "9999", NOW), range(24)))
    assert len(verified) == FAILURES_MAX
    assert answers.count(Refused("wrong")) <= FAILURES_MAX
    assert people.check("李敏", "4711", NOW) == Refused("locked", NOW + LOCK_MS)


def test_a_sign_in_lasts_a_shift_and_only_its_hash_is_kept(people: People) -> None:
    found = people.check("李敏", "4711", NOW)
    assert isinstance(found, Who)
    token = people.sign_in(found, NOW)
    assert people.who(token, NOW + SIGN_IN_MS - 1) == found
    assert people.who(token, NOW + SIGN_IN_MS) is None
    assert people.who(token[:-1], NOW) is None
    with Session(people._engine) as session:
        assert session.scalars(select(SignIn.token_hash)).one() != token


def test_signing_out_ends_it_and_old_sign_ins_are_cleared_away(people: People) -> None:
    found = people.check("李敏", "4711", NOW)
    assert isinstance(found, Who)
    first, second = people.sign_in(found, NOW), people.sign_in(found, NOW)
    people.sign_out(first)
    people.sign_out("never was")
    assert people.who(first, NOW) is None
    assert people.who(second, NOW) == found
    people.sign_in(found, NOW + SIGN_IN_MS)
    with Session(people._engine) as session:
        assert len(session.scalars(select(SignIn)).all()) == 1
