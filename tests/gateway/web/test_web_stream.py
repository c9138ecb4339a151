from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from web_desk import NOW, Desk, free_port, served

from gateway.web.app import create_app
from gateway.web.settings import WebSettings

Event = tuple[str, str, dict[str, Any]]  # name, id, data


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with served(create_app(desk, WebSettings(port=free_port())), desk) as address:
        yield address


@contextmanager
def following(url: str, **headers: str) -> Iterator[Iterator[Event]]:
    """The events of a stream, one after the other; 8 s without a byte is a failure."""
    with httpx.stream("GET", f"{url}/api/v1/stream", headers=headers, timeout=8) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer.iter_lines())


def events(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], fields.get("id", ""), json.loads(fields["data"])
            fields = {}


def alerts(stream: Iterator[Event]) -> Iterator[Event]:
    return (event for event in stream if event[0] in ("alert", "reload"))


def test_a_change_arrives_as_the_alert_it_is_now(desk: Desk, url: str) -> None:
    with following(url) as stream:
        name, _, hello = next(stream)
        assert (name, hello["hub_now_ms"], hello["held"]) == ("hello", NOW, False)
        alert = desk.rings()
        name, serial, told = next(alerts(stream))
        assert (name, told["id"], told["who"]["zh"]) == ("alert", alert, "王女士")
        assert int(serial) == desk.changes.serial
        assert not {"contacts", "access_note"} & set(told)
        api = httpx.get(f"{url}/api/v1/alerts/{alert}").json()
        assert {key: api[key] for key in told} == told


def test_a_reader_that_broke_off_misses_nothing(desk: Desk, url: str) -> None:
    first = desk.rings()
    with following(url) as stream:
        seen = next(stream)[1]
    missed = [desk.rings(place=place) for place in ("H0002", "H0003")]
    with following(url, **{"Last-Event-ID": seen}) as stream:
        assert next(stream)[1] == seen
        found = alerts(stream)
        assert [next(found)[2]["id"] for _ in missed] == missed
        assert first not in missed


@pytest.mark.parametrize("last", ["0", "17", "99999999999999999", "nonsense"])
def test_a_reader_from_another_time_is_told_to_read_everything(desk: Desk, url: str, last: str) -> None:
    desk.rings()
    with following(url, **{"Last-Event-ID": last}) as stream:
        name, serial, _ = next(alerts(stream))
        assert (name, int(serial)) == ("reload", desk.changes.serial)


def test_a_change_of_the_hub_itself_is_told(desk: Desk, url: str) -> None:
    with following(url) as stream:
        next(stream)
        desk.becomes(feed_lost_since=NOW - 1_000, speed=60.0)
        name, _, beat = next(stream)
        assert (name, beat["feed_lost_since"], beat["held"]) == ("beat", NOW - 1_000, True)


def test_a_closing_hub_ends_its_streams(desk: Desk, url: str) -> None:
    with following(url) as stream:
        next(stream)
        desk.changes.close()
        assert list(stream) == []
    assert desk.changes.readers == 0
