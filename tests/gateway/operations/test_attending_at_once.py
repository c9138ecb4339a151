"""Two who act on one alert at the same instant, each in a transaction and a thread of its own, on a real database: one wins."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from alert_book import Book, command, raised
from sqlalchemy.orm import Session

from gateway.operations.attending import Attended, attend
from gateway.operations.tables import Alert
from rules.events import Command

ROUNDS = 20
CLOSE = {"verdict": "true", "outcome": "assisted"}


def at_once(book: Book, commands: tuple[Command, Command]) -> list[Attended]:
    """Both read the alert as it is; only then either writes."""
    both_have_read = Barrier(2)

    def act(said: Command) -> Attended:
        with Session(book.database) as session, session.begin():
            alert = session.get(Alert, said.alert)
            assert alert is not None
            both_have_read.wait(30)
            return attend(session, alert, said)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(act, commands))


def said(what: str, by: str, alert: str, **data: str) -> Command:
    return Command(command(what, "").at, f"{what}-{by}-{alert}", what, alert, by, data, "H1")


@pytest.mark.parametrize(
    ("act", "before"),
    [
        (partial(said, "accept"), ()),
        (partial(said, "close", **CLOSE), ("accept",)),
        (partial(said, "hand_over", to="周洁"), ("accept",)),
    ],
    ids=["accept", "close", "hand over"],
)
def test_one_wins_and_the_other_changes_nothing(
    book: Book, act: Callable[[str, str], Command], before: tuple[str, ...]
) -> None:
    for number in range(ROUNDS):
        name = f"a{number}"
        book.tell(raised(name), *(said(what, "王强", name) for what in before))
        steps = len(book.steps(name))
        first, second = at_once(book, (act("李敏", name), act("陈国强", name)))
        assert sorted((first.fault, second.fault)) == ["", "changed meanwhile"]
        assert sorted((first.changed, second.changed)) == [False, True]
        written = book.steps(name)[steps:]
        assert [step[2] for step in written] == ["李敏" if first.changed else "陈国强"]
        alert = book.alert(name)
        assert alert.version == 2 + len(before)
        if not before:
            assert alert.accepted_by == written[0][2]
