"""The stream of changes, listened to by those who may not: each role, nobody, another station, or not any more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import httpx
import pytest
from parts import wait_until
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_web_stream import Event, events
from web_attacks import HERE, OF_HERE, TOKEN, cookie_of, settled
from web_desk import NOW, Desk, free_port, served

from gateway.accounts.who import Grant
from gateway.operations import accounts
from gateway.operations.tables import Staff
from gateway.web import stream
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

BROWSER = {"Sec-Fetch-Site": "same-origin"}
COUNT = {"open", "waiting"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """Two stations behind a hub that the network reaches; each request says who asks by its cookie."""
    desk, _ = settled(tmp_path_factory.mktemp("streams"))
    app = create_app(
        desk,
        WebSettings(port=free_port(), token=TOKEN, public_url="http://care.example"),
        wall_ms=lambda: NOW,
    )
    with served(app, desk) as url:
        yield desk, url


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stream.BEAT_S <= 5, "who may not any more hears nothing after five seconds"
    monkeypatch.setattr(stream, "BEAT_S", 0.1)
    monkeypatch.setattr(stream, "LOOK_S", 0.05)


def by(desk: Desk, url: str, name: str) -> dict[str, str]:
    """The headers of the browser on which that account is signed in."""
    return BROWSER | {"Cookie": f"carehub_person_{url.rpartition(':')[2]}={cookie_of(desk, name)}"}


def device_of(url: str) -> dict[str, str]:
    settings = WebSettings(token=TOKEN, public_url="http://care.example")
    return BROWSER | {"Cookie": f"carehub_pass_{url.rpartition(':')[2]}={settings.pass_cookie}"}


def listening(stack: ExitStack, url: str, headers: dict[str, str], query: str = "") -> Iterator[Event]:
    """The events after the hello."""
    answer = stack.enter_context(
        httpx.stream("GET", f"{url}/api/v1/stream{query}", headers=headers, timeout=8)
    )
    assert answer.status_code == 200
    found = events(answer.iter_lines())
    assert next(found)[0] == "hello"
    return found


@pytest.mark.parametrize("role", ["property", "area", "installer"])
def test_who_has_no_business_at_a_desk_does_not_listen(hub: tuple[Desk, str], role: str) -> None:
    desk, url = hub
    for where in ("here", "there", "everywhere"):
        answer = httpx.get(f"{url}/api/v1/stream", headers=by(desk, url, f"{role} {where}"))
        assert (answer.status_code, answer.json()["reason"]) == (403, "not_yours")


def test_nobody_does_not_listen(hub: tuple[Desk, str]) -> None:
    _, url = hub
    port = url.rpartition(":")[2]
    for headers in (
        {}, BROWSER, {"Authorization": "Bearer x"}, {"Cookie": f"carehub_person_{port}=x"},
        {"Cookie": f"carehub_pass_{port}={TOKEN}"}, {"Last-Event-ID": "0"},
    ):  # fmt: skip
        for query in ("", f"?token={TOKEN}", f"?access_token={TOKEN}", "?after=0"):
            assert httpx.get(f"{url}/api/v1/stream{query}", headers=headers).status_code == 401


@pytest.mark.parametrize("who", ["duty there", "head there", "admin everywhere", "device"])
def test_who_does_not_reach_an_alert_hears_a_count_and_nothing_else(hub: tuple[Desk, str], who: str) -> None:
    """Of an alert, of a place, and of what was missed, by whatever number one says to have seen last."""
    desk, url = hub
    headers = device_of(url) if who == "device" else by(desk, url, who)
    begin = desk.changes.serial
    with ExitStack() as stack:
        live = listening(stack, url, headers)
        desk.rings(place="H0001")
        desk.holds(place="H0001")
        caught_up = listening(stack, url, headers, f"?after={begin}")
        by_header = listening(stack, url, headers | {"Last-Event-ID": str(begin)})
        for heard in (live, caught_up, by_header):
            told = list(islice((event for event in heard if event[0] != "beat"), 2))
            assert [name for name, _, _ in told] == ["count", "count"]
            assert all(set(data) == COUNT for _, _, data in told)
            assert not [word for word in OF_HERE if word in json.dumps(told, ensure_ascii=False)]


@pytest.mark.parametrize("last", ["0", "1", "-1", "9" * 32, "0x10", "1e9", "١٢", "../..", "%00", "1 OR 1=1"])
def test_a_number_that_was_never_given_brings_no_past(hub: tuple[Desk, str], last: str) -> None:
    desk, url = hub
    with ExitStack() as stack:
        heard = listening(stack, url, by(desk, url, "duty there") | {b"Last-Event-ID": last.encode()})  # type: ignore[dict-item]
        name, _, data = next(event for event in heard if event[0] != "beat")
        assert (name, data) == ("reload", {})


def test_who_missed_too_much_is_told_so_though_others_have_heard_the_newest_change(
    hub: tuple[Desk, str],
) -> None:
    """Else they would be given that one, take themselves to be up to date, and never see the others."""
    desk, url = hub
    headers = by(desk, url, "duty here")
    with ExitStack() as stack:
        first = listening(stack, url, headers)
        desk.rings()
        assert next(name for name, _, _ in first if name != "beat") == "alert"
        for last in ("0", str(desk.changes.serial + 5)):
            late = listening(stack, url, headers | {"Last-Event-ID": last})
            assert next(name for name, _, _ in late if name != "beat") == "reload"


def gone(desk: Desk, name: str) -> None:
    with Session(desk.engine) as session:
        own = session.scalars(select(Staff.id).where(Staff.name == name)).one()
    for one in accounts.sessions(desk.engine, NOW, own):
        assert accounts.end_session(desk.engine, one.id)


def demoted(desk: Desk, name: str) -> None:
    with Session(desk.engine) as session:
        own = session.scalars(select(Staff.id).where(Staff.name == name)).one()
    accounts.set_grants(desk.engine, own, [Grant("property", HERE)])


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("ending", [gone, demoted], ids=["signed out", "another role"])
def test_a_stream_ends_with_the_right_to_listen(tmp_path: Path, ending: object) -> None:
    """Not only its alerts: who is nobody now, or has a role that hears nothing, is told to read anew and nothing after that."""
    desk, _ = settled(tmp_path)
    settings = WebSettings(port=free_port(), token=TOKEN, public_url="http://care.example")
    with served(create_app(desk, settings, wall_ms=lambda: NOW), desk) as url, ExitStack() as stack:
        heard = listening(stack, url, by(desk, url, "duty here"))
        desk.rings()
        assert next(event for event in heard if event[0] != "beat")[0] == "alert"
        ending(desk, "duty here")  # type: ignore[operator]
        rest = [name for name, _, _ in islice(heard, 50) if name != "beat"]
        assert rest == ["reload"]
        assert next(heard, None) is None, "and it has ended"
        wait_until(lambda: desk.changes.readers == 0, what="the stream is closed")


@pytest.mark.usefixtures("hurried")
def test_who_reaches_another_part_now_hears_of_the_old_one_no_more(tmp_path: Path) -> None:
    desk, _ = settled(tmp_path)
    with Session(desk.engine) as session:
        own = session.scalars(select(Staff.id).where(Staff.name == "duty here")).one()
    settings = WebSettings(port=free_port(), token=TOKEN, public_url="http://care.example")
    with served(create_app(desk, settings, wall_ms=lambda: NOW), desk) as url, ExitStack() as stack:
        heard = listening(stack, url, by(desk, url, "duty here"))
        accounts.set_grants(desk.engine, own, [Grant("duty", "南山区")])
        assert "reload" in (name for name, _, _ in islice(heard, 50))
        desk.rings()
        assert next(event for event in heard if event[0] != "beat")[0] == "count"


def test_one_person_does_not_take_the_places_of_all(
    hub: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a browser that opens streams and opens streams keeps every desk from hearing."""
    desk, url = hub
    monkeypatch.setattr(stream, "STREAMS_OF_A_PERSON_MAX", 3)
    monkeypatch.setattr(stream, "STREAMS_OF_OTHERS_MAX", 2)
    wait_until(lambda: desk.changes.readers == 0, what="the streams of other tests are closed")
    greedy, other, device = by(desk, url, "duty there"), by(desk, url, "duty here"), device_of(url)
    kept: list[Iterator[Event]] = []
    with ExitStack() as stack:
        for headers, most in ((greedy, 3), (device, 2)):
            kept += [listening(stack, url, headers) for _ in range(most)]
            answer = httpx.get(f"{url}/api/v1/stream", headers=headers)
            assert (answer.status_code, answer.json()["reason"]) == (503, "full")
            again = httpx.get(
                f"{url}/api/v1/stream", headers=by(desk, url, "duty there") if headers is greedy else headers
            )
            assert again.status_code == 503, "on another browser of theirs as well"
        listening(stack, url, other)
    wait_until(lambda: desk.changes.readers == 0, what="the streams are closed")
    with ExitStack() as stack:
        listening(stack, url, greedy)
