"""The numbers of work from a real database: what is read of alerts, steps and messages; a year; beside the alarm path."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alert_book import AT, Book, command, raised
from sqlalchemy import text, update
from sqlalchemy.orm import Session
from year_of_alerts import BEGIN, DAY, fill

from gateway.alerts.performance import Performance
from gateway.alerts.record import HOUR_MS, Asked, Facts, Record, Standing
from gateway.operations import performance_apart
from gateway.operations.database import open_database, open_to_read
from gateway.operations.performance_apart import ApartError, BusyError, performance_json
from gateway.operations.performance_views import alerts_asked, read_facts, read_performance
from gateway.operations.tables import Device, Outbox, Place

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
STATION = "区/街/社区"


def asked(**other: Any) -> Asked:  # noqa: ANN401 fields of a question
    return Asked(**({"begin": AT - HOUR_MS, "end": AT + HOUR_MS, "now": AT + HOUR_MS} | other))


def facts(book: Book, question: Asked) -> Facts:
    with book.database.connect() as connection:
        return read_facts(connection, question)


def arrives(book: Book, alert: str, channel: str, state: str, at: int, **other: Any) -> None:  # noqa: ANN401 columns
    with Session(book.database) as session, session.begin():
        session.add(
            Outbox(
                id=f"{alert}/{channel}/{at}",
                alert_id=alert,
                rung=0,
                channel=channel,
                state=state,
                delivered_ms=at,
                **other,
            )
        )


def test_an_alert_is_timed_from_its_steps_and_messages(book: Book) -> None:
    """Raised at 7 by the wall clock of these tests; who accepts first after a reopening is not the first who accepted."""
    with Session(book.database) as session, session.begin():
        session.add(Device(id="d", place_id="H1", site="s", kind="pendant", room="卧室", heartbeat_s=60))
    book.tell(raised())
    arrives(book, "a1", "sms", "sent", 407)
    arrives(book, "a1", "app", "delivered", 907)
    arrives(book, "a1", "city", "delivered", 10, about="step")  # a system that follows along is no person
    book.tell(command("see", "c1", at=AT + 2_000), command("accept", "c2", at=AT + 5_000))
    book.tell(command("depart", "c3", at=AT + 60_000), command("arrive", "c4", at=AT + 600_000, by="王芳"))
    book.tell(command("close", "c5", at=AT + 700_000, verdict="false", reason="pressed_by_mistake"))
    book.tell(
        command("reopen", "c6", at=AT + 800_000, reason="又响了"), command("accept", "c7", at=AT + 900_000)
    )
    found = facts(book, asked())
    assert found.records == [
        Record(
            number=1, rule="fall", kind="life_safety", place="H1", station=STATION, raised_at=AT, device="d",
            device_kind="pendant", sent_ms=400, delivered_ms=900, seen_ms=2_000, accepted_ms=5_000, on_site_ms=600_000,
        )
    ]  # fmt: skip
    assert found.operators == {(STATION, AT // HOUR_MS): 2}
    assert found.standing == [Standing(1, "life_safety", STATION, AT, False)]
    assert found.homes == {STATION: 1}


def test_the_verdict_is_the_one_it_was_closed_with(book: Book) -> None:
    book.tell(raised(), command("accept", "c1"))
    book.tell(command("close", "c2", verdict="false", reason="pressed_by_mistake"))
    (record,) = facts(book, asked()).records
    assert (record.closed, record.verdict, record.reason) == (True, "false", "pressed_by_mistake")
    assert facts(book, asked()).standing == []


def test_an_alert_that_was_merged_is_in_hand_since_then(book: Book) -> None:
    book.tell(raised(), raised("a2", at=AT + 1))
    book.tell(command("merge", "c1", at=AT + 9_000, into="a2"))
    merged, left = facts(book, asked()).records
    assert (merged.verdict, merged.accepted_ms, merged.closed) == ("merged", 9_000, True)
    assert left.accepted_ms is None


def test_what_goes_out_within_another_message_arrives_with_that(book: Book) -> None:
    book.tell(raised(), raised("a2"))
    arrives(book, "a1", "app", "delivered", 5_007, about="digest")
    with Session(book.database) as session, session.begin():
        session.add(
            Outbox(
                id="in", alert_id="a2", rung=0, channel="app", state="gathered", digest_id="a1/app/5007",
            )
        )  # fmt: skip
    first, second = facts(book, asked()).records
    assert (first.delivered_ms, second.sent_ms, second.delivered_ms) == (None, 5_000, 5_000)


def test_a_clock_that_was_set_back_makes_nothing_arrive_before_it_was_raised(book: Book) -> None:
    book.tell(raised())
    arrives(book, "a1", "app", "delivered", 1)
    assert facts(book, asked()).records[0].delivered_ms == 0


def test_only_what_is_asked_for_is_read(book: Book) -> None:
    with Session(book.database) as session, session.begin():
        session.add(
            Place(
                id="H2",
                kind="home",
                site="s",
                path="区/街/社区二/小区",
                name="李先生",
                address="",
                access_note="",
            )
        )
    book.tell(raised(), raised("a2", at=AT + HOUR_MS))
    assert len(facts(book, asked()).records) == 1  # the end is not of it
    assert facts(book, asked(end=AT + 2 * HOUR_MS)).records[1].raised_at == AT + HOUR_MS
    assert facts(book, asked(station="社区")).homes == {STATION: 1}
    other = facts(book, asked(station="社区二"))
    assert (other.records, other.standing, other.homes) == ([], [], {"区/街/社区二": 1})
    assert facts(book, asked(kind="care")).records == []
    assert alerts_asked(book.database, asked(kind="life_safety")) == 1


def test_shelved_is_what_is_not_told_now(book: Book) -> None:
    book.tell(raised())
    with book.database.begin() as connection:
        connection.execute(text("UPDATE alert SET shelved_until = :at"), {"at": AT + HOUR_MS})
    assert [one.shelved for one in facts(book, asked(now=AT)).standing] == [True]
    assert [one.shelved for one in facts(book, asked(now=AT + HOUR_MS)).standing] == [False]


def test_a_span_is_found_by_the_index_of_time(book: Book) -> None:
    with book.database.connect() as connection:
        plan = connection.execute(
            text("EXPLAIN QUERY PLAN SELECT number FROM alert WHERE raised_at >= 1 AND raised_at < 2")
        ).all()
    assert "ix_alert_raised_at" in str(plan)


def test_many_alerts_are_counted_in_a_process_of_their_own_with_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(tmp_path / "operations.sqlite")
    end = fill(engine, 300, days=3, homes=20)
    question = Asked(begin=BEGIN, end=end, now=end, by_home=True)
    here = performance_json(engine, question)
    monkeypatch.setattr(performance_apart, "HERE_MAX", 0)
    assert performance_json(engine, question) == here
    found = msgspec.json.decode(here, type=Performance)
    assert found == read_performance(engine, question)
    assert found.response.raised == 300
    assert sum(part.raised for part in found.by_day.values()) == 300
    assert len(found.by_day) == 3
    with performance_apart._TURN, pytest.raises(BusyError):
        performance_json(engine, question)
    engine.dispose()


def test_a_process_that_fails_says_why(book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho a word >&2; echo OperationalError: no such table >&2; exit 3\n")
    python.chmod(0o700)
    monkeypatch.setattr(performance_apart, "HERE_MAX", -1)
    monkeypatch.setattr(performance_apart.sys, "executable", str(python))
    with pytest.raises(ApartError, match="ended with 3: OperationalError: no such table"):
        performance_json(book.database, asked())


@pytest.mark.skipif(not DEEP, reason="CAREHUB_DEEP=1: makes 300 MB of alerts")
def test_a_year_of_a_hundred_thousand_alerts_takes_seconds(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "operations.sqlite")
    end = fill(engine, 100_000)
    question = Asked(begin=BEGIN, end=end, now=end + DAY, by_home=True)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    found = msgspec.json.decode(performance_json(engine, question), type=Performance)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"100,000 alerts: {took:.2f} s, {used:.2f} s of processor, {after.ru_maxrss / 1024:.0f} MB")  # noqa: T201
    assert found.response.raised == 100_000
    assert used < 6
    engine.dispose()


def test_a_reader_changes_nothing(book: Book) -> None:
    book.tell(raised())
    engine = open_to_read(Path(str(book.database.url.database)))
    assert read_performance(engine, asked()).response.raised == 1
    with pytest.raises(Exception, match="readonly"), engine.begin() as connection:
        connection.execute(update(Outbox).values(state="failed"))
    engine.dispose()
