"""From the raise to the verdict: what people do, what it makes of the alert, who is asked and told meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alert_book import AT, Book, command, raised, tick
from duty_places import PLAN, agree, contacts, follow_ups, told
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from gateway.alerts import lifecycle
from gateway.operations.tables import Alert
from rules.events import Command

MONDAY_9 = AT  # 2 March 2026, 09:00 in Shanghai
NIGHT = AT - 6 * 3_600_000  # 03:00


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path, PLAN)
    with Session(book.database) as session, session.begin():
        contacts(session)
    yield book
    book.database.dispose()


def messages(book: Book, *, about: str = "alert") -> list[tuple[int, str, str, str]]:
    with Session(book.database) as session:
        return told(session, about=about)


def do(book: Book, what: str, after_s: int, **data: str) -> bool:
    name = f"{what}-{after_s}"
    return book.tell(command(what, name, at=AT + after_s * 1000, **data)).answers[name].ok


def test_the_whole_way_with_every_step_timed_by_whom_and_from_where(book: Book) -> None:
    book.tell(raised())
    assert do(book, "see", 2, via="console")
    assert do(book, "accept", 5, via="console")
    assert do(book, "call", 20, whom="contact", result="help", via="api")
    assert do(book, "depart", 30)
    assert do(book, "arrive", 400)
    assert do(book, "close", 900, verdict="true", outcome="assisted", note="扶起")
    alert = book.alert()
    assert (alert.state, alert.verdict, alert.outcome, alert.escalate_at) == (
        "closed",
        "true",
        "assisted",
        None,
    )
    assert alert.settled_at == AT + 400_000
    assert book.steps() == [
        ("raised", 0, "", ""),
        ("seen", 2_000, "李敏", ""),
        ("accepted", 5_000, "李敏", ""),
        ("called", 20_000, "李敏", "contact help"),
        ("on_way", 30_000, "李敏", ""),
        ("on_site", 400_000, "李敏", ""),
        ("closed", 900_000, "李敏", "true assisted"),
    ]


def test_nobody_answering_the_telephone_takes_a_fall_up_a_rung_and_closes_nothing(book: Book) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    assert do(book, "call", 30, whom="elder", result="no_answer")
    alert = book.alert()
    assert (alert.state, alert.rung, alert.settled_at) == ("accepted", 1, None)
    assert [step[0] for step in book.steps()][-2:] == ["called", "escalated"]
    assert ("a1", 1, "street") in book.outbox()


def test_could_not_confirm_closes_no_fall_but_takes_it_up(book: Book) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    assert do(book, "close", 30, verdict="unconfirmed")
    assert (book.alert().state, book.alert().verdict, book.alert().rung) == ("accepted", None, 1)
    book.tell(raised("a2", rule="door_left_open"))
    book.tell(Command(AT + 40_000, "b", "accept", "a2", "李敏", {}))
    book.tell(Command(AT + 50_000, "c", "close", "a2", "李敏", {"verdict": "unconfirmed"}))
    assert book.alert("a2").state == "closed", "a door may stay a riddle"


def test_accepted_and_then_nothing_is_asked_after_and_told_to_the_next(book: Book) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    assert book.tell(tick(184)).queued == []
    written = book.tell(tick(186))
    assert written.queued
    assert (book.alert().state, book.alert().rung) == ("accepted", 1)
    assert messages(book, about="recontact") == [(1, "desk", "", "street")]
    book.tell(tick(186 + 181))
    assert book.alert().rung == 2
    before = len(messages(book, about="recontact"))
    book.tell(tick(186 + 2 * 181))
    assert len(messages(book, about="recontact")) > before, "at the top it is asked again, for ever"


def test_a_call_or_a_visit_settles_it_and_being_on_the_way_gives_three_quarters_of_an_hour(
    book: Book,
) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    do(book, "depart", 60)
    assert book.tell(tick(2_700)).queued == []
    assert book.tell(tick(60 + 2_701)).queued, "nobody has arrived"
    do(book, "arrive", 3_000)
    assert book.log.next_escalation is None
    book.tell(raised("a2"))
    book.tell(Command(AT + 10_000, "b", "accept", "a2", "李敏", {}))
    book.tell(Command(AT + 11_000, "c", "call", "a2", "李敏", {"whom": "elder", "result": "ok"}))
    assert book.alert("a2").settled_at == AT + 11_000
    assert book.log.next_escalation is None


def test_what_is_no_matter_of_life_is_not_asked_after(book: Book) -> None:
    book.tell(raised(rule="door_left_open"), command("accept", "a"))
    assert book.log.next_escalation is None


def test_handing_over_assigning_and_asking_for_help(town: Book) -> None:
    town.tell(raised())
    assert do(town, "assign", 2, to="李敏")
    assert (town.alert().state, town.alert().assigned_to) == ("raised", "李敏")
    do(town, "accept", 5)
    assert do(town, "hand_over", 9, to="李敏", note="她离得近")
    assert (town.alert().state, town.alert().accepted_by) == ("accepted", "李敏")
    assert (0, "desk", "li", "sms") in messages(town, about="recontact")
    assert do(town, "raise_up", 12, reason="要帮手")
    assert town.alert().rung == 1
    assert not do(town, "hand_over", 13, to=" ")


def test_a_closed_alert_can_be_opened_again_with_a_reason_and_is_told_anew(book: Book) -> None:
    book.tell(raised(), command("accept", "a", at=AT + 5_000))
    do(book, "close", 9, verdict="false", reason="sat_down")
    assert not do(book, "reopen", 20)
    assert do(book, "reopen", 30, reason="又来电说起不来")
    alert = book.alert()
    assert (alert.state, alert.accepted_by, alert.verdict, alert.reopened, alert.rung) == (
        "raised",
        None,
        None,
        1,
        0,
    )
    with Session(book.database) as session:
        assert len(told(session)) == 2, "the first rung is told once more"
    assert alert.escalate_at == AT + 90_000


def test_one_alert_can_be_part_of_another_of_the_same_home(book: Book) -> None:
    book.tell(raised(), raised("a2", at=AT + 60_000))
    assert do(book, "merge", 70, into="a2")
    assert (book.alert().state, book.alert().verdict, book.alert().merged_into) == ("closed", "merged", "a2")
    assert book.steps("a2")[-1][0] == "merged_in"
    assert not do(book, "merge", 80, into="a2")
    book.tell(raised("a3"))
    for into in ("a3", "nobody", "a1"):
        answer = book.tell(Command(AT, f"m-{into}", "merge", "a3", "李敏", {"into": into})).answers[
            f"m-{into}"
        ]
        assert not answer.ok


def test_people_write_on_a_closed_alert_and_each_has_seen_it_once(book: Book) -> None:
    book.tell(raised())
    for number, by in enumerate(["李敏", "李敏", "王强"]):
        book.tell(command("see", f"s{number}", by=by))
    assert [step for step in book.steps() if step[0] == "seen"] == [
        ("seen", 5_000, "李敏", ""),
        ("seen", 5_000, "王强", ""),
    ]
    do(book, "accept", 6)
    do(book, "close", 7, verdict="test")
    assert do(book, "comment", 8, text=" 家属已告知 ")
    assert book.steps()[-1] == ("commented", 8_000, "李敏", "家属已告知")
    assert not do(book, "comment", 9, text="  ")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({"verdict": "false"}, "a false alarm needs a reason: one of sat_down"),
        ({"verdict": "false", "reason": "planned_event"}, "a false alarm needs a reason"),
        ({"verdict": "true"}, "a true alarm needs an outcome"),
        ({"verdict": "true", "outcome": "magic"}, "outcome must be one of"),
    ],
)
def test_a_verdict_says_why_and_what_was_done(book: Book, data: dict[str, str], word: str) -> None:
    book.tell(raised(), command("accept", "a"))
    answer = book.tell(command("close", "c", **data)).answers["c"]
    assert not answer.ok
    assert word in answer.reason


def test_the_family_and_the_guard_are_told_at_once_where_the_home_agrees_and_only_then(town: Book) -> None:
    town.tell(raised())
    assert {role for _, role, _, _ in messages(town)} == {"desk"}
    with Session(town.database) as session, session.begin():
        agree(session, family=(2,), guard=True)
    town.tell(raised("a2"), raised("a3", rule="door_left_open"))
    with Session(town.database) as session:
        besides = [one for one in told(session) if one[1] != "desk"]
    assert besides == [(0, "family", "contact:2", "sms"), (0, "guard", "guard-chen", "sms")], (
        "of the fall alone"
    )


def test_the_family_that_was_told_is_told_how_it_ended_unless_it_was_withdrawn(town: Book) -> None:
    with Session(town.database) as session, session.begin():
        agree(session, family=(1, 2))
    town.tell(raised(), command("accept", "a"))
    town.tell(Command(AT + 6_000, "w", "consent_end", "", "李敏", {"id": "f2"}, "H1"))
    do(town, "close", 9, verdict="true", outcome="family_came")
    assert messages(town, about="outcome") == [(0, "family", "contact:1", "sms")]


def test_a_consent_is_of_a_home_and_a_contact_it_has_and_is_withdrawn_once(town: Book) -> None:
    def say(kind: str, name: str, **data: str) -> str:
        return town.tell(Command(AT, name, kind, "", "李敏", data, "H1")).answers[name].reason

    assert "rank" in say("consent", "c0", id="x", scope="family", contact="9")
    assert "scope" in say("consent", "c1", id="x", scope="everything")
    assert say("consent", "c2", id="x", scope="family", contact="1") == ""
    assert "already" in say("consent", "c3", id="y", scope="family", contact="1")
    assert say("link", "l1", hash="h" * 64, purpose="family", holder="contact:1") == ""
    assert "not agreed" in say("link", "l2", hash="i" * 64, purpose="family", holder="contact:2")
    assert say("consent_end", "e1", id="x") == ""
    assert "already" in say("consent_end", "e2", id="x")
    with Session(town.database) as session:
        from gateway.operations.tables import Link  # noqa: PLC0415 only here

        assert session.get_one(Link, "h" * 64).ended_at == AT, "the family's page goes with the consent"


def test_a_true_fall_is_followed_up_the_next_day_once_for_the_home(book: Book) -> None:
    for name in ("a1", "a2"):
        book.tell(raised(name))
        book.tell(Command(AT + 5_000, f"a-{name}", "accept", name, "李敏", {}))
        data = {"verdict": "true", "outcome": "assisted"}
        book.tell(Command(AT + 9_000, f"c-{name}", "close", name, "李敏", data))
    with Session(book.database) as session:
        (due,) = follow_ups(session)
    assert due.due_at == AT + 24 * 3_600_000, "nine o'clock of the day after"
    done = {"id": due.id, "note": "无不适，早饭已吃"}
    assert book.tell(Command(AT + 90_000_000, "d", "follow_up", "", "王强", done, "H1")).answers["d"].ok
    assert (
        "already done by 王强"
        in book.tell(Command(AT, "e", "follow_up", "", "李敏", done, "H1")).answers["e"].reason
    )


@pytest.mark.parametrize("data", [{"verdict": "false", "reason": "pet"}, {"verdict": "test"}])
def test_a_false_fall_and_a_door_are_not_followed_up(book: Book, data: dict[str, str]) -> None:
    book.tell(raised(), command("accept", "a"), command("close", "c", **data))
    with Session(book.database) as session:
        assert follow_ups(session) == []


def test_at_night_a_fall_goes_past_the_closed_rungs_at_once_and_says_so(town: Book) -> None:
    town.tell(raised(at=NIGHT))
    alert = town.alert()
    assert alert.rung == 2
    assert [(kind, by, detail) for kind, _, by, detail in town.steps()] == [
        ("raised", "", ""),
        ("passed", "point", "closed"),
        ("passed", "station", "closed"),
    ]
    assert messages(town) == [(2, "desk", "", "street-group")]


def test_a_desk_that_falls_deaf_lets_falls_go_up_at_once_and_hears_again(town: Book) -> None:
    town.tell(raised(), raised("a2", rule="door_left_open"))
    town.tell(Command(AT + 9_000, "d", "deaf", "", "", {"desk": "point", "why": "no_channel"}))
    assert (town.alert().rung, town.alert("a2").rung) == (1, 0)
    town.tell(raised("a3", at=AT + 10_000))
    assert town.alert("a3").rung == 1
    assert ("passed", 10_000, "point", "deaf") in town.steps("a3")
    town.tell(Command(AT + 11_000, "h", "hears", "", "", {"desk": "point"}))
    town.tell(raised("a4", at=AT + 12_000))
    assert town.alert("a4").rung == 0


def test_each_class_goes_its_own_way(town: Book) -> None:
    town.tell(raised("f", rule="over_capacity"), raised("d", rule="device_silent"))
    with Session(town.database) as session:
        channels = {row[3] for row in told(session)}
    assert channels == {"sms", "repair-group"}, "a facility's guard and the maintainer, and no care desk"


ACTS = st.lists(
    st.tuples(
        st.sampled_from([*lifecycle.ACTS]),
        st.sampled_from(["李敏", "王强"]),
        st.fixed_dictionaries(
            {
                "verdict": st.sampled_from([*lifecycle.VERDICTS]),
                "outcome": st.sampled_from(["", *lifecycle.OUTCOMES]),
                "reason": st.sampled_from(["", "sat_down", "other"]),
                "result": st.sampled_from([*lifecycle.CALLED]),
                "whom": st.sampled_from([*lifecycle.WHOM]),
                "to": st.just("王强"), "text": st.just("字"), "into": st.just("a2"), "until": st.just(str(AT + 600_000)),
            }
        ),
        st.integers(0, 400),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=1_000 if os.environ.get("CAREHUB_DEEP") else 15, deadline=None)
@given(ACTS)
def test_whatever_people_do_the_state_is_one_of_the_table_and_a_life_is_never_left_alone(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, str, dict[str, str], int]]
) -> None:
    """Each step leads where the table says; what is open about a life, and not settled, is asked after at a time to come."""
    book = Book(tmp_path_factory.mktemp("acts"), PLAN)
    try:
        now = AT
        book.tell(raised(), raised("a2"))
        for number, (kind, by, data, after_s) in enumerate(acts):
            now += after_s * 1000
            before = book.alert().state
            book.tell(tick((now - AT) / 1000))
            answer = book.tell(Command(now, f"c{number}", kind, "a1", by, data)).answers[f"c{number}"]
            alert = book.alert()
            if answer.ok and kind != "see":
                wanted = lifecycle.next_state(before, kind)
                kept = lifecycle.keeps_open("life_safety", kind, data)
                assert alert.state == (before if kept else wanted)
            else:
                assert alert.state == before
            _not_alone(alert, book)
    finally:
        book.database.dispose()


def _not_alone(alert: Alert, book: Book) -> None:
    if alert.state == "closed" or alert.settled_at is not None or alert.state == "on_site":
        return
    at_the_top = alert.state == "raised" and alert.rung >= 2
    assert at_the_top or alert.escalate_at is not None
    assert alert.verdict is None
