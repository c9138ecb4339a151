"""What is decided is written once, with its cursor: raised, escalated, accepted, ended, closed."""

from __future__ import annotations

import pytest
from alert_book import AT, WORLD, Book, command, raised, tick
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from gateway.operations.alert_log import Deed, Saved, Work
from gateway.operations.handling import Answer
from gateway.operations.tables import Alert
from rules.effects import End
from rules.events import Command


def test_an_alert_says_who_where_and_what_to_do_and_is_sent_to_the_first_rung(book: Book) -> None:
    written = book.tell(raised())
    assert (written.alerts, written.raised, bool(written.queued)) == (["a1"], 1, True)
    alert = book.alert()
    assert (alert.number, alert.kind, alert.severity, alert.place_id, alert.room) == (
        1,
        "life_safety",
        "critical",
        "H1",
        "卧室",
    )
    assert "跌倒" in alert.why["zh"]
    assert alert.todo["zh"][0]
    assert alert.raised_wall_ms == 7
    assert (alert.rung, alert.escalate_at) == (0, AT + 60_000)
    assert book.outbox() == [("a1", 0, "station")]
    assert book.log.next_escalation == AT + 60_000
    assert book.log.count_open() == 1


def test_what_is_at_or_below_the_cursor_is_not_done_again(book: Book) -> None:
    book.tell(raised())
    again = book.log.commit(Work(1, [Deed(1, raised("a2"), WORLD)]))
    assert (again.alerts, again.raised) == ([], 0)
    assert book.log.cursor() == 1
    assert book.log.commit(Work(0, [])).alerts == []
    assert book.log.cursor() == 1, "the cursor never goes back"


def test_the_same_alert_at_a_later_position_is_the_same_alert(book: Book) -> None:
    book.tell(raised())
    assert book.tell(raised()).raised == 0
    assert book.steps() == [("raised", 0, "", "")]


def test_a_ladder_is_climbed_rung_by_rung_also_by_one_late_tick(book: Book) -> None:
    book.tell(raised())
    assert book.tell(tick(59.9)).alerts == []
    assert book.tell(tick(60)).queued
    assert book.alert().rung == 1
    book.tell(tick(500))
    assert (book.alert().rung, book.alert().escalate_at, book.log.next_escalation) == (2, None, None)
    assert book.outbox() == [
        ("a1", 0, "station"),
        ("a1", 1, "street"),
        ("a1", 2, "guard"),
        ("a1", 2, "street"),
    ]
    assert [step[:2] for step in book.steps()] == [
        ("raised", 0),
        ("escalated", 60_000),
        ("escalated", 500_000),
    ]


def test_a_rung_reads_whose_turn_it_is_and_nobody_else(book: Book) -> None:
    """In a storm thousands wait: to read them all for each that climbs held a fall up for 93 ms."""
    for number in range(30):
        book.tell(raised(f"a{number}", at=AT + number * 1_000))
    read: list[str] = []
    note = lambda alert, _: read.append(alert.id)  # noqa: E731
    event.listen(Alert, "load", note)
    try:
        book.tell(tick(61))
    finally:
        event.remove(Alert, "load", note)
    assert sorted(set(read)) == ["a0", "a1"]
    assert [book.alert(f"a{number}").rung for number in range(3)] == [1, 1, 0]


def test_a_tick_in_the_same_commit_as_the_raise_escalates_it(book: Book) -> None:
    """A replay writes in one commit what a life wrote in many; it must come to the same."""
    book.tell(raised(), tick(61), command("accept", "c1", at=AT + 62_000), tick(200))
    assert (book.alert().rung, book.alert().state) == (1, "accepted")


def test_a_restart_in_between_escalates_at_the_same_moment(book: Book) -> None:
    book.tell(raised())
    book.open()
    assert book.log.next_escalation == AT + 60_000
    book.tell(tick(60))
    book.open()
    assert book.log.next_escalation == AT + 180_000
    assert book.tell(tick(60)).alerts == []


def test_accepting_stops_the_ladder(book: Book) -> None:
    book.tell(raised())
    assert book.tell(command("accept", "c1")).answers == {"c1": Answer(ok=True, reason="", version=2)}
    assert book.tell(tick(179)).alerts == []
    alert = book.alert()
    assert (alert.state, alert.rung, alert.accepted_by, alert.accepted_at) == (
        "accepted",
        0,
        "李敏",
        AT + 5_000,
    )
    assert alert.escalate_at == AT + 185_000, "then whoever has it is asked what has come of it"


def test_two_people_cannot_both_accept_and_a_repeat_gets_its_own_answer(book: Book) -> None:
    book.tell(raised())
    written = book.tell(command("accept", "c1"), command("accept", "c2", by="王强"), command("accept", "c1"))
    assert written.answers["c1"] == Answer(ok=True, reason="", version=2)
    assert written.answers["c2"] == Answer(ok=False, reason="already accepted by 李敏", version=2)
    assert book.tell(command("accept", "c1")).answers["c1"].ok
    assert [step[0] for step in book.steps()] == ["raised", "accepted"]


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ([command("close", "c", verdict="true", outcome="assisted")], "accept first"),
        ([command("accept", "a"), command("close", "c", verdict="maybe")], "verdict must be one of"),
        ([command("accept", "a"), command("close", "c")], "verdict must be one of"),
        ([command("dance", "c")], "unknown command 'dance'"),
        (
            [
                command("accept", "a"),
                command("close", "b", verdict="true", outcome="assisted"),
                command("close", "c", verdict="test"),
            ],
            "already closed by 李敏",
        ),
        ([Command(AT, "c", "accept", "nobody", "李敏", {})], "unknown"),
    ],
)
def test_what_may_not_be_done_is_answered_with_why(book: Book, commands: list[Command], reason: str) -> None:
    book.tell(raised())
    answer = book.tell(*commands).answers["c"]
    assert not answer.ok
    assert reason in answer.reason


def test_closing_keeps_verdict_note_and_person(book: Book) -> None:
    book.tell(raised())
    book.tell(
        command("accept", "a"),
        command("close", "c", at=AT + 9_000, verdict="false", reason="other", note="椅子倒了"),
    )
    alert = book.alert()
    assert (alert.state, alert.closed_by, alert.closed_at, alert.verdict, alert.note) == (
        "closed",
        "李敏",
        AT + 9_000,
        "false",
        "椅子倒了",
    )
    assert book.steps()[-1] == ("closed", 9_000, "李敏", "false other")
    assert book.log.count_open() == 0


def test_a_device_alarm_clears_itself_an_alarm_about_a_person_does_not(book: Book) -> None:
    book.tell(raised(), raised("a2", rule="device_silent"))
    book.tell(End("a1", AT + 1_000), End("a2", AT + 2_000), End("gone", AT))
    assert (book.alert().state, book.alert().ended_at) == ("raised", AT + 1_000)
    silent = book.alert("a2")
    assert (silent.state, silent.verdict, silent.closed_at, silent.escalate_at) == (
        "closed",
        "cleared",
        AT + 2_000,
        None,
    )
    assert book.tell(End("a2", AT + 3_000)).alerts == []


def test_while_time_is_accelerated_the_ladder_is_held_and_its_rest_remains(book: Book) -> None:
    book.tell(raised(), tick(20, held=True), tick(3_000, held=True))
    assert book.alert().rung == 0
    book.tell(tick(4_000))
    assert (book.alert().rung, book.alert().escalate_at) == (0, AT + 4_040_000)
    book.tell(tick(4_040))
    assert book.alert().rung == 1


def test_a_commit_that_failed_leaves_nothing_and_can_be_repeated(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what the log itself remembers: since when it is held, and the next escalation."""
    book.tell(raised(), tick(20, held=True))
    with book.database.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE UPDATE ON cursor BEGIN SELECT RAISE(ABORT, 'full'); END")
        )
    work = Work(9, [Deed(8, raised("a2", at=AT + 70_000), WORLD), Deed(9, tick(100))])
    for _ in range(2):
        with pytest.raises(DBAPIError, match="full"):
            book.log.commit(work)
    assert book.log.cursor() == 2
    assert book.log.next_escalation == AT + 60_000
    with book.database.begin() as connection:
        connection.execute(text("DROP TRIGGER full"))
    assert book.log.commit(work).raised == 1
    assert book.alert().escalate_at == AT + 140_000, "40 s remained when the hold began"


def test_snapshots_are_given_only_when_whole_and_of_the_present_shape(book: Book) -> None:
    assert book.log.saved() == (0, 0, [])
    book.log.commit(Work(5, saved=[Saved("H1", 5, b"one"), Saved("H2", 5, b"two")]))
    assert book.log.saved() == (0, 0, []), "no round was whole yet"
    book.log.commit(Work(7, saved=[Saved("H1", 7, b"1"), Saved("H2", 7, b"")], floor=(4, 3)))
    assert book.log.saved() == (4, 3, [("H1", 7, b"1")])
    with book.database.begin() as connection:
        connection.execute(text("UPDATE snapshot SET version = version + 1"))
    assert book.log.saved() == (0, 0, [])
