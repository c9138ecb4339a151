"""A visit record comes from a tick at a close, or the button on the page of a home: once, and never by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from alert_book import AT, Book, command, raised
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from gateway.accounts.who import EVERYTHING, Reach
from gateway.operations import denominators, visits
from gateway.operations.database import open_database
from gateway.operations.erasing import pseudonym_of
from gateway.operations.tables import DenominatorEntry, Visit
from rules.events import Command

HOUR = 3_600_000
CLOSE = {"verdict": "true", "outcome": "assisted", "note": "扶起"}
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 1, 1)).map(str)


def do(book: Book, what: str, after_s: int, *, key: str = "", **data: str) -> str:
    """Why it was not done, '' when it was."""
    name = f"{what}-{after_s}"
    at = AT + after_s * 1000
    told = Command(at, name, what, "", "李敏", data, key) if key else command(what, name, at=at, **data)
    return book.tell(told).answers[name].reason


def counted(book: Book, at: str = "") -> list[visits.Visit]:
    return visits.visits_between(book.database, AT, AT + HOUR, at)


def test_without_the_tick_nothing_is_recorded_however_long_somebody_was_there(book: Book) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000), command("arrive", "b", at=AT + 6_000))
    assert do(book, "close", 900, **CLOSE) == ""
    assert counted(book) == []


def test_the_tick_is_one_visit_with_the_close_and_again_is_none_more(book: Book) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    assert do(book, "close", 900, **CLOSE, visit="1") == ""
    assert do(book, "close", 900, **CLOSE, visit="1") == ""  # the same command again
    (one,) = counted(book)
    assert (one.id, one.alert_id, one.place_id, one.at, one.by) == (
        "close-900",
        "a1",
        "H1",
        AT + 900_000,
        "李敏",
    )
    assert (one.kind, one.note, one.path) == ("close", "扶起", "区/街/社区/小区")
    assert [step[0] for step in book.steps()][-2:] == ["closed", "visited"]


def test_a_kill_between_keeps_close_and_visit_together(book: Book) -> None:
    """A hub that reads its journal again from before the close writes neither of them twice."""
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    before = book.position
    assert do(book, "close", 900, **CLOSE, visit="1") == ""
    book.open()
    book.position = before
    book.tell(command("close", "close-900", at=AT + 900_000, **CLOSE, visit="1"))
    assert len(counted(book)) == 1


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"verdict": "test", "visit": "1"}, "a test is no visit"),
        ({**CLOSE, "visit": "yes"}, "visit must be 1 or nothing"),
    ],
)
def test_what_is_no_visit_closes_nothing(book: Book, data: dict[str, str], fault: str) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    assert do(book, "close", 900, **data) == fault
    assert (book.alert().state, counted(book)) == ("accepted", [])


def test_not_knowing_how_somebody_is_closes_nothing_and_records_nothing(book: Book) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    assert do(book, "close", 900, verdict="unconfirmed", visit="1") == ""
    assert (book.alert().state, counted(book)) == ("accepted", [])


def test_opened_again_it_stays_until_a_person_strikes_it_out_with_a_reason(book: Book) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    do(book, "close", 900, **CLOSE, visit="1")
    assert do(book, "reopen", 960, reason="又不舒服") == ""
    assert len(counted(book)) == 1
    assert do(book, "visit_strike", 970, key="H1", id="close-900") == "say why it is struck out"
    assert do(book, "visit_strike", 971, key="H2", id="close-900", reason="x") == "unknown visit"
    assert do(book, "visit_strike", 980, key="H1", id="close-900", reason="其实没有去") == ""
    assert do(book, "visit_strike", 990, key="H1", id="close-900", reason="x").startswith(
        "already struck out"
    )
    assert counted(book) == []
    (shown,) = visits.visits_of(book.database, "H1")
    assert (shown.struck_why, shown.struck_by, shown.struck_at) == ("其实没有去", "李敏", AT + 980_000)
    assert book.steps()[-1][0::3] == ("visit_struck", "其实没有去")


def test_a_visit_without_an_alert_is_of_a_home(book: Book) -> None:
    assert do(book, "visit", 60, key="H1", note=" 送药 ") == ""
    assert do(book, "visit", 61, key="nowhere") == "unknown home"
    (one,) = counted(book)
    assert (one.alert_id, one.kind, one.note) == ("", "home", "送药")
    assert visits.count_of(book.database, "H1", AT) == 1


def test_visits_are_told_by_part_of_the_tree_letter_by_letter(book: Book) -> None:
    do(book, "visit", 60, key="H1")
    held = {at: len(counted(book, at)) for at in ("", "区", "区/街", "区/街/社区/小区", "区/街/社", "他区")}
    assert held == {"": 1, "区": 1, "区/街": 1, "区/街/社区/小区": 1, "区/街/社": 0, "他区": 0}
    assert visits.visits_between(book.database, AT, AT + 60_000) == []
    assert len(visits.visits_between(book.database, AT + 60_000, AT + 60_001)) == 1


def test_after_an_erasure_it_counts_and_says_of_nobody(book: Book) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    do(book, "close", 900, **CLOSE, visit="1")
    do(book, "visit", 910, key="H1", note="送药")
    secret = "s" * 40
    assert do(book, "erase", 920, key="H1", secret=secret) == ""
    with Session(book.database) as session:
        left = [
            (row.place_id, row.note, row.id in {"close-900", "visit-910"}) for row in session.query(Visit)
        ]
    assert left == [(pseudonym_of(secret), "", False)] * 2
    assert len(counted(book, "区/街")) == 2
    assert visits.visits_of(book.database, "H1") == []


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_database(tmp_path_factory.mktemp("entered") / "operations.sqlite")
    yield engine
    engine.dispose()


ENTRY = st.tuples(
    st.sampled_from(denominators.INDICATORS),
    st.sampled_from(["", "区", "区/街"]),
    st.none() | st.integers(1, denominators.VALUE_MAX),
    DAYS,
)


@given(st.lists(ENTRY, max_size=12))
def test_the_last_entry_holds_and_every_one_but_a_repeat_is_kept(
    entered: Engine, entries: list[tuple[str, str, int | None, str]]
) -> None:
    with entered.begin() as connection:
        connection.execute(delete(DenominatorEntry))
    for at, (indicator, where, value, day) in enumerate(entries):
        denominators.enter(
            entered, indicator, at=where, value=value, source="年鉴", as_of=day, by="李敏", now=at
        )
    last = {(indicator, where): value for indicator, where, value, _ in entries}
    held = {(one.indicator, one.at): one.value for one in denominators.denominators(entered)}
    assert held == {key: value for key, value in last.items() if value is not None}
    apart: dict[tuple[str, str], list[tuple[int | None, str]]] = {}
    for indicator, where, value, day in entries:
        series = apart.setdefault((indicator, where), [])
        if not series or series[-1] != (value, day):  # the same once more is a repeat
            series.append((value, day))
    assert len(denominators.entries(entered, EVERYTHING)) == sum(map(len, apart.values()))
    below = denominators.entries(entered, Reach(("区/街",)))
    assert {one.at for one in below} <= {"区/街"}


@pytest.mark.parametrize("value", [0, -1, denominators.VALUE_MAX + 1])
def test_nothing_is_divided_by_nought(book: Book, value: int) -> None:
    with pytest.raises(ValueError, match="streets"):
        denominators.enter(
            book.database, "streets", at="", value=value, source="x", as_of="2026-01-01", by="x", now=0
        )
