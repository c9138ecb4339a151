"""What becomes of an alert after its raise: it comes again, rises, is lowered, is shelved, leads a group."""

from __future__ import annotations

import pytest
from alert_book import AT, WORLD, Book, about_place, command, held_back, raised, tick
from sqlalchemy.orm import Session

from gateway.operations import home_views, views
from gateway.operations.alert_log import Deed, Work
from gateway.operations.tables import Silence
from rules.effects import Again, Change, End, ModeChanged
from rules.events import Command
from rules.shaping.shelve import SHELF_CRITICAL_MAX_MS, SHELF_MAX_MS

HOUR = 3_600_000


def until(ms: int) -> str:
    return str(AT + ms)


# it comes again


def test_what_comes_again_is_counted_on_the_same_alert_and_told_to_nobody_anew(book: Book) -> None:
    book.tell(raised(rule="door_left_open"), End("a1", AT + 1_000))
    written = book.tell(Again("a1", AT + 2_000, 2), Again("a1", AT + 3_000, 3))
    alert = book.alert()
    assert (alert.count, alert.last_at, alert.ended_at, alert.state) == (3, AT + 3_000, None, "raised")
    assert book.steps()[-1] == ("again", 3_000, "", "3")
    assert not bool(written.queued)
    assert book.outbox() == [("a1", 0, "station")]


def test_a_device_alarm_that_had_cleared_itself_opens_anew_and_climbs_again(book: Book) -> None:
    book.tell(raised(rule="gateway_lost"), tick(60), End("a1", AT + 70_000))
    assert book.alert().state == "closed"
    assert book.tell(Again("a1", AT + 80_000, 2)).queued
    alert = book.alert()
    assert (alert.state, alert.verdict, alert.closed_at, alert.rung) == ("raised", None, None, 0)
    assert alert.escalate_at == book.log.next_escalation == AT + 140_000
    assert book.outbox() == [("a1", 0, "station"), ("a1", 0, "station"), ("a1", 1, "street")]
    book.tell(tick(140))
    assert book.outbox()[-2:] == [("a1", 1, "street"), ("a1", 1, "street")], "a message of its own, told anew"


def test_a_mere_notice_that_opens_anew_is_for_the_desk(book: Book) -> None:
    book.tell(raised(rule="battery_low"), End("a1", AT + 1_000))
    assert not book.tell(Again("a1", AT + 2_000, 2)).queued
    assert book.alert().state == "raised"


def test_what_a_person_closed_stays_closed(book: Book) -> None:
    book.tell(raised(), command("accept", "c1"), command("close", "c2", verdict="true", outcome="assisted"))
    assert book.tell(Again("a1", AT + 9_000, 2)).alerts == []
    assert (book.alert().state, book.alert().count) == ("closed", 1)


def test_the_very_same_alert_raised_once_more_after_its_end_stands_again(book: Book) -> None:
    """A mode that was set and ended may leave a door open all the while."""
    book.tell(raised(rule="door_left_open"), End("a1", AT + 1_000))
    assert book.tell(raised(rule="door_left_open", at=AT)).raised == 0
    assert (book.alert().ended_at, book.alert().count) == (None, 2)


# its severity changes


def test_a_risen_severity_is_told_to_everybody_who_was_told(book: Book) -> None:
    book.tell(raised(rule="door_left_open"), tick(60))
    assert book.tell(Change("a1", AT + 90_000, "urgent", "unattended")).queued
    alert = book.alert()
    assert (alert.severity, alert.severity_before) == ("urgent", "notice")
    assert alert.changed_why == {"zh": "一直无人接警", "en": "nobody has accepted it"}
    assert (alert.rung, alert.escalate_at) == (1, AT + 180_000), "the ladder goes on where it was"
    assert book.outbox() == [("a1", 0, "station"), *[("a1", 1, "station")], *[("a1", 1, "street")] * 2]
    assert book.steps()[-1] == ("changed", 90_000, "", "notice → urgent: unattended")


def test_a_lowered_alert_stays_open_says_why_and_sends_nothing(book: Book) -> None:
    book.tell(raised())
    written = book.tell(Change("a1", AT + 40_000, "notice", "rule:seen_walking"))
    alert = book.alert()
    assert (alert.state, alert.severity, alert.severity_before) == ("raised", "notice", "critical")
    assert alert.changed_why == {"zh": "之后看到在走动", "en": "seen walking since"}
    assert (written.alerts, bool(written.queued)) == (["a1"], False)
    assert alert.escalate_at == AT + 60_000, "never dropped: the ladder goes on"


def test_a_change_of_a_closed_alert_is_in_its_history_only(book: Book) -> None:
    book.tell(raised(), command("accept", "c1"), command("close", "c2", verdict="false", reason="other"))
    book.tell(
        Change("a1", AT + 40_000, "notice", "rule:seen_walking"), Change("none", AT, "notice", "flapping")
    )
    assert book.alert().severity == "critical"
    assert book.steps()[-1][0] == "changed"


def test_what_flaps_says_so_until_it_has_come_for_good(book: Book) -> None:
    book.tell(raised(rule="door_left_open"), Change("a1", AT + 1_000, "notice", "flapping"))
    assert (book.alert().changed_why or {})["zh"] == "反复出现又消失"
    assert book.alert().severity_before is None
    book.tell(Again("a1", AT + 2_000, 4))
    assert book.alert().changed_why is None


# the shelf


def shelved(for_ms: int = HOUR, *, at: int = AT + 5_000, **data: str) -> Command:
    given = {"until": str(at + for_ms), "reason": "等待维修", **data}
    return Command(at, "s1", "shelve", "a1", "李敏", given, "H1")


def test_a_shelved_alert_is_told_to_nobody_until_its_time(book: Book) -> None:
    book.tell(raised(rule="door_left_open"))
    assert book.tell(shelved()).answers["s1"].ok
    alert = book.alert()
    assert (alert.shelved_until, alert.shelved_by, alert.shelved_why) == (
        AT + 5_000 + HOUR,
        "李敏",
        "等待维修",
    )
    assert alert.escalate_at is None
    assert book.log.next_escalation == AT + 5_000 + HOUR
    assert not book.tell(tick(600)).queued
    assert book.tell(tick(3_605)).queued
    alert = book.alert()
    assert (alert.shelved_until, alert.shelved_by, alert.rung) == (None, None, 0)
    assert alert.escalate_at == AT + 3_605_000 + 60_000
    assert [step[0] for step in book.steps()] == ["raised", "shelved", "unshelved"]
    assert book.outbox() == [("a1", 0, "station")] * 2


def test_when_the_rules_bring_it_back_it_is_told_once(book: Book) -> None:
    book.tell(raised(rule="door_left_open"), shelved())
    book.tell(Again("a1", AT + 5_000 + HOUR, 1), tick(3_605))
    assert [step[0] for step in book.steps()] == ["raised", "shelved", "unshelved"]
    assert book.outbox() == [("a1", 0, "station")] * 2


def test_life_safety_on_the_shelf_goes_on_up_the_ladder(book: Book) -> None:
    book.tell(raised(), shelved(HOUR // 2))
    assert book.alert().escalate_at == AT + 60_000
    assert book.tell(tick(60)).queued
    assert book.alert().rung == 1


def test_taken_back_by_hand_it_is_told_anew(book: Book) -> None:
    book.tell(raised(rule="door_left_open"), shelved())
    assert book.tell(command("unshelve", "u1", at=AT + 9_000)).queued
    assert (book.alert().shelved_until, book.alert().escalate_at) == (None, AT + 69_000)
    assert not book.tell(command("unshelve", "u2")).answers["u2"].ok


def test_accepting_takes_it_off_the_shelf(book: Book) -> None:
    book.tell(raised(rule="door_left_open"), shelved(), command("accept", "c1", at=AT + 6_000))
    assert (book.alert().shelved_until, book.log.next_escalation) == (None, None)


@pytest.mark.parametrize(
    ("rule", "what", "reason"),
    [
        ("door_left_open", shelved(reason="  "), "reason"),
        ("door_left_open", shelved(SHELF_MAX_MS + 1), "at most 24 h"),
        ("door_left_open", shelved(-1), "ahead"),
        ("door_left_open", shelved(until="soon"), "ahead"),
        ("fall", shelved(SHELF_CRITICAL_MAX_MS + 1), "at most 1 h"),
    ],
)
def test_what_may_not_be_shelved_so_is_answered_with_why(
    book: Book, rule: str, what: Command, reason: str
) -> None:
    book.tell(raised(rule=rule))
    answer = book.tell(what).answers["s1"]
    assert not answer.ok
    assert reason in answer.reason
    assert book.alert().shelved_until is None


# groups


def test_who_follows_in_a_group_is_shown_and_not_told(book: Book) -> None:
    follow = [raised(name, rule="device_silent", group="a1") for name in ("a2", "a3")]
    written = book.tell(raised(rule="device_silent"), *follow)
    assert written.alerts == ["a1", "a2", "a3"]
    assert book.outbox() == [("a1", 0, "station")]
    assert (book.alert("a2").group_id, book.alert("a2").escalate_at) == ("a1", None)
    found = {view.id: view.group_size for view in views.alerts(book.database).alerts}
    assert found == {"a1": 2, "a2": 0, "a3": 0}


def test_when_the_lead_is_over_the_next_one_leads_and_is_told(book: Book) -> None:
    follow = [raised(name, rule="device_silent", group="a1") for name in ("a2", "a3")]
    book.tell(raised(rule="device_silent"), *follow)
    written = book.tell(End("a1", AT + 5_000))
    assert written.alerts == ["a1", "a2"]
    assert book.outbox() == [("a1", 0, "station"), ("a2", 0, "station")]
    assert (book.alert("a2").group_id, book.alert("a3").group_id) == ("", "a2")
    assert book.log.next_escalation == AT + 65_000
    assert book.tell(raised("a4", rule="device_silent", group="a1")).queued, (
        "a lead that is closed leads nobody"
    )


# what is held back


def test_a_held_alert_is_recorded_in_words_and_told_to_nobody(book: Book) -> None:
    written = book.tell(held_back())
    assert (written.alerts, written.places, bool(written.queued), written.raised) == ([], ["H1"], False, 0)
    kept = book.held()
    assert kept is not None
    assert (kept.rule, kept.severity, kept.held_by, kept.held_at) == (
        "door_left_open",
        "notice",
        "mode:away",
        AT,
    )
    assert kept.title["zh"]
    assert book.outbox() == []
    state = home_views.place_state(book.database, "H1", AT)
    assert [held.id for held in state.held] == ["a1"]
    assert state.held[0].who == {"zh": "王女士", "en": "Ms 王"}


def test_a_held_alert_ends_or_is_told_after_all(book: Book) -> None:
    book.tell(held_back(), held_back("a2"))
    assert book.tell(End("a1", AT + 1_000)).places == ["H1"]
    assert book.tell(raised("a2", rule="door_left_open", at=AT + 2_000)).raised == 1
    ended, told = book.held("a1"), book.held("a2")
    assert ended is not None
    assert told is not None
    assert (ended.ended_at, told.told_at) == (AT + 1_000, AT + 2_000)
    assert [held.id for held in home_views.held(book.database, AT)] == ["a1"]


def test_held_back_once_more_it_is_the_same_entry(book: Book) -> None:
    book.tell(held_back(), End("a1", AT + 1_000), held_back(at=AT + 2_000, by="flapping"))
    kept = book.held()
    assert kept is not None
    assert (kept.held_by, kept.held_at, kept.ended_at) == ("flapping", AT + 2_000, None)


def test_what_was_held_by_a_rule_that_is_gone_is_told_in_the_words_of_then(book: Book) -> None:
    book.tell(held_back(rule="seen_walking"))
    rules = tuple(rule for rule in WORLD.definition.rules if rule.id != "seen_walking")
    other = type(WORLD)(type(WORLD.definition)(2, "Asia/Shanghai", WORLD.definition.places, (), rules))
    book.log.commit(Work(9, [Deed(9, raised(rule="seen_walking"), other)]))
    assert (book.alert().title["zh"], book.alert().room) == ("之后看到在走动", "卧室")


# modes


def began(kind: str = "away", *, at: int = AT, for_ms: int = HOUR) -> ModeChanged:
    return ModeChanged("H1", at, kind, at + for_ms, "李敏", "command")


def ended(because: str, *, at: int) -> ModeChanged:
    return ModeChanged("H1", at, "", 0, "李敏" if because == "command" else "", because)


def test_a_mode_is_shown_with_its_reason_and_kept_when_it_is_over(book: Book) -> None:
    written = book.tell(began(), about_place("mode", "m1", {"kind": "away", "reason": "去女儿家"}, at=AT))
    assert written.places == ["H1", "H1"]
    assert written.answers["m1"].ok
    home = home_views.homes_in_mode(book.database)[0]
    assert (home.who["zh"], home.mode.kind, home.mode.until, home.mode.reason) == (
        "王女士",
        "away",
        AT + HOUR,
        "去女儿家",
    )
    book.tell(ended("activity", at=AT + 1_000))
    assert home_views.homes_in_mode(book.database) == []
    assert book.modes() == [("away", 0, 1_000, "activity")]


def test_another_mode_replaces_the_one_in_force(book: Book) -> None:
    book.tell(began(), ended("command", at=AT + 5), began("hospital", at=AT + 5))
    assert book.modes() == [("away", 0, 5, "replaced"), ("hospital", 5, None, "")]


def test_a_command_about_a_mode_is_answered_by_what_the_rules_made_of_it(book: Book) -> None:
    answers = book.tell(about_place("mode", "m1", {"kind": "dance"}, at=AT)).answers
    assert "did not take the mode 'dance'" in answers["m1"].reason
    assert book.tell(about_place("mode_end", "m2", {}, at=AT)).answers["m2"].reason == "no mode is on"
    book.tell(began(at=AT + 1))
    written = book.tell(ended("command", at=AT + 2), about_place("mode_end", "m3", {}, at=AT + 2))
    assert written.answers["m3"].ok
    unknown = Command(AT, "m4", "mode", "", "李敏", {"kind": "away"}, "H9")
    assert "for 'H9'" in book.tell(unknown).answers["m4"].reason


# silences


def silenced(name: str = "q1", **data: str) -> Command:
    given = {"id": "x", "rule": "door_left_open", "until": until(HOUR), "reason": "装修", **data}
    return about_place("silence", name, given)


def test_a_silence_has_owner_reason_and_end_and_can_be_ended(book: Book) -> None:
    written = book.tell(silenced())
    assert (written.answers["q1"].ok, written.places) == (True, ["H1"])
    shown = home_views.silences(book.database, AT + 6_000)[0]
    assert (shown.rule, shown.place_id, shown.by, shown.reason, shown.until) == (
        "door_left_open",
        "H1",
        "李敏",
        "装修",
        AT + HOUR,
    )
    assert home_views.silences(book.database, AT + HOUR) == []
    assert not book.tell(silenced("q2")).answers["q2"].ok, "the id is taken"
    assert book.tell(about_place("silence_end", "q3", {"id": "x"})).answers["q3"].ok
    assert home_views.silences(book.database, AT + 6_000) == []
    assert (
        book.tell(about_place("silence_end", "q4", {"id": "x"})).answers["q4"].reason == "it is over already"
    )
    assert book.tell(about_place("silence_end", "q5", {"id": "y"})).answers["q5"].reason == "unknown silence"


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"until": until(-1)}, {"until": until(40 * 24 * HOUR)}])
def test_a_silence_without_reason_or_end_is_refused(book: Book, wrong: dict[str, str]) -> None:
    assert not book.tell(silenced(**wrong)).answers["q1"].ok
    with Session(book.database) as session:
        assert session.get(Silence, "x") is None


# a replay


def test_everything_is_written_once_however_often_it_is_replayed(book: Book) -> None:
    deeds = [
        raised(), held_back("a2"), began(), Again("a1", AT + 1, 2), Change("a1", AT + 2, "urgent", "unattended"),
        command("shelve", "s1", until=until(HOUR), reason="测试"), silenced(), End("a2", AT + 3),
    ]  # fmt: skip
    book.tell(*deeds)
    before = (book.steps(), book.outbox(), book.modes(), book.alert().version)
    book.log.commit(Work(8, [Deed(at, what, WORLD) for at, what in enumerate(deeds, 1)]))  # type: ignore[arg-type]
    assert (book.steps(), book.outbox(), book.modes(), book.alert().version) == before
