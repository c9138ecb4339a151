"""What the hub says of desks: one that cannot hear, a shift that nobody has taken over; each once, until it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from alert_book import AT, Book
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.alerts.own import DESK_DEAF, DESK_HANDOVER
from gateway.duty.plan import Desk, Person, Plan, Reach, Shift
from gateway.duty_keeper import DutyKeeper
from gateway.hearing import Hearing
from gateway.operations.handling import Answer
from gateway.operations.own_alerts import standing
from gateway.operations.tables import Alert
from gateway.standing import DeskAlerts
from rules.events import Command
from rules.local_time import Window

HOUR = 3_600_000
PLAN = Plan(
    people=(Person("li", "李敏"), Person("wang", "王强"), Person("zhao", "赵磊", (Reach("sms", "1"),))),
    desks=(
        Desk(
            "station", "社区长者服务站", "care", at="区/街/社区", console=True,
            shifts=(Shift(Window("08:00", "14:00"), ("li",)), Shift(Window("14:00", "20:00"), ("wang",))),
        ),
        Desk("street", "街道长者服务中心", "care", at="区/街", ways=(("street-group",),)),
        Desk("operator", "运维", "operator", ways=(("street-group",),)),
    ),
)  # fmt: skip


@dataclass
class Watched:
    """A hub's watching over desks, on hub time and a clock that the test sets; commands are applied at once."""

    book: Book
    now: int = AT
    seconds: float = 0.0
    works: set[str] = field(default_factory=lambda: {"street-group"})

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """As after a start: nothing is remembered but what is in the database."""
        self.book.open()
        duty = self.book.log._climbing.duty
        deaf, shifts = (
            DeskAlerts(rule, standing=standing(self.book.database, rule), command=self.command)
            for rule in (DESK_DEAF, DESK_HANDOVER)
        )
        self.hearing = Hearing(
            duty, now=lambda: self.now, held=lambda: False, works=self.works.__contains__, command=self.command, alerts=deaf,
            clock_s=lambda: self.seconds,
        )  # fmt: skip
        self.keeper = DutyKeeper(
            duty,
            read=lambda: None,
            places=list,
            now=lambda: self.now,
            calendar="cn",
            alerts=shifts,
            command=self.command,
        )

    async def command(
        self, *, kind: str, alert: str, by: str, data: dict[str, str], command_id: str, key: str = ""
    ) -> Answer:
        self.now += 1
        return self.book.tell(Command(self.now, command_id, kind, alert, by, data, key)).answers[command_id]

    def looks(self, *, beats: bool, for_s: float) -> None:
        """Look every five seconds for so long; the station's console beats or not."""
        until = self.seconds + for_s
        while self.seconds < until:
            if beats:
                assert self.hearing.beat("station")
            asyncio.run(self.hearing.look())
            self.seconds += 5

    def hands_over(self, by: str) -> None:
        data = {"desk": "station", "note": ""}
        asyncio.run(self.command(kind="handover", alert="", by=by, data=data, command_id=f"h{self.now}"))

    def looks_after_shifts(self) -> None:
        asyncio.run(self.keeper.look_after_handovers(PLAN))

    def alerts(self) -> list[tuple[str, str]]:
        with Session(self.book.database) as session:
            return [(one.rule, one.state) for one in session.scalars(select(Alert).order_by(Alert.number))]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    book = Book(tmp_path, PLAN)
    yield Watched(book)
    book.database.dispose()


def test_a_silent_console_is_reported_within_a_minute_of_its_last_beat_once_and_until_it_is_heard(
    watched: Watched,
) -> None:
    watched.looks(beats=True, for_s=60)
    assert watched.alerts() == []
    began = watched.seconds - 5  # its last beat
    while not watched.alerts():
        watched.looks(beats=False, for_s=5)
    assert watched.seconds - began <= 60
    watched.looks(beats=False, for_s=120)
    assert watched.alerts() == [("desk_deaf", "raised")]
    watched.looks(beats=True, for_s=5)
    assert watched.alerts() == [("desk_deaf", "closed")]


def test_over_a_restart_a_desk_that_is_still_deaf_is_not_reported_anew_and_one_that_hears_is_over(
    watched: Watched,
) -> None:
    watched.looks(beats=False, for_s=60)
    watched.start()
    watched.looks(beats=False, for_s=60)
    assert watched.alerts() == [("desk_deaf", "raised")]
    watched.start()
    watched.looks(beats=True, for_s=5)
    assert watched.alerts() == [("desk_deaf", "closed")]


def test_killed_between_deaf_and_its_alert_the_alert_comes_at_the_start(watched: Watched) -> None:
    data = {"desk": "station"}
    asyncio.run(watched.command(kind="deaf", alert="", by="", data=data, command_id="d"))
    watched.start()
    watched.looks(beats=False, for_s=60)
    assert watched.alerts() == [("desk_deaf", "raised")]


def test_a_closed_desk_is_not_deaf(watched: Watched) -> None:
    watched.looks(beats=False, for_s=60)
    watched.now += 12 * HOUR  # 21:00
    watched.looks(beats=False, for_s=60)
    assert watched.alerts() == [("desk_deaf", "closed")]


def test_a_shift_that_nobody_takes_over_is_told_after_a_quarter_of_an_hour_until_somebody_does(
    watched: Watched,
) -> None:
    watched.hands_over("李敏")
    watched.now = AT + 5 * HOUR + 600_000  # 14:10
    watched.looks_after_shifts()
    assert watched.alerts() == []
    watched.now = AT + 5 * HOUR + 960_000
    watched.looks_after_shifts()
    watched.looks_after_shifts()
    assert watched.alerts() == [("desk_handover", "raised")]
    watched.start()
    watched.hands_over("王强")
    watched.looks_after_shifts()
    assert watched.alerts() == [("desk_handover", "closed")], "also after a restart"


def test_the_next_shift_that_nobody_takes_over_stands_instead_of_the_one_before(watched: Watched) -> None:
    watched.now = AT + HOUR
    watched.looks_after_shifts()
    watched.now = AT + 6 * HOUR
    watched.looks_after_shifts()
    assert watched.alerts() == [("desk_handover", "closed"), ("desk_handover", "raised")]


def test_a_desk_that_hears_again_may_still_have_to_be_taken_over(watched: Watched) -> None:
    watched.now = AT + HOUR
    watched.looks_after_shifts()
    watched.looks(beats=False, for_s=60)
    watched.looks(beats=True, for_s=5)
    assert watched.alerts() == [("desk_handover", "raised"), ("desk_deaf", "closed")]
