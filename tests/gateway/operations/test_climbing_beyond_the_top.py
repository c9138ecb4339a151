"""Life safety that nobody accepts is told again beyond the top; a late hub does not make up for what it missed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alert_book import AT, Book, raised
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.duty.plan import Desk, Person, Plan, Reach, Shift
from gateway.operations.alert_log import Ticked
from gateway.operations.tables import Outbox
from rules.local_time import Window

MINUTE, HOUR = 60_000, 3_600_000


def desk(name: str, at: str) -> Desk:
    return Desk(name, name, "care", at, shifts=(Shift(Window(), (name,)),))


PLAN = Plan(
    people=tuple(Person(name, name, (Reach("sms", f"{name}@sms"),)) for name in ("station", "street")),
    desks=(desk("station", "区/街/社区"), desk("street", "区/街")),
)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path, PLAN)
    yield book
    book.database.dispose()


def sent(book: Book) -> list[tuple[int, str]]:
    with Session(book.database) as session:
        rows = session.scalars(select(Outbox)).all()
    assert len({row.id for row in rows}) == len(rows)
    return sorted((row.rung, row.person) for row in rows)


def test_everybody_on_the_way_is_told_again_and_again_under_ids_of_their_own(town: Book) -> None:
    town.tell(raised())
    town.tell(Ticked(AT + MINUTE, held=False))
    assert sent(town) == [(0, "station"), (1, "street")]
    for minutes in (6, 16):
        town.tell(Ticked(AT + (minutes - 1) * MINUTE, held=False))
        town.tell(Ticked(AT + minutes * MINUTE, held=False))
    assert sent(town)[2:] == [(2, "station"), (2, "street"), (3, "station"), (3, "street")]
    assert town.alert().escalate_at == AT + 36 * MINUTE


def test_a_hub_that_was_away_for_hours_does_not_make_up_for_every_time(town: Book) -> None:
    town.tell(raised())
    town.tell(Ticked(AT + 8 * HOUR, held=False))
    assert sent(town) == [(0, "station"), (1, "street")]
    assert town.alert().escalate_at == AT + 8 * HOUR + 5 * MINUTE
    town.tell(Ticked(AT + 16 * HOUR, held=False))
    assert sent(town)[2:] == [(2, "station"), (2, "street")]
    assert town.alert().escalate_at == AT + 16 * HOUR + 10 * MINUTE
