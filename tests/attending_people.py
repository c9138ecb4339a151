"""People who work through alerts by the HTTP API while the hub is killed under them; each request is repeated until answered.

What they were answered is kept: the measure that the alerts' histories are held to. Whoever is not answered (no connection, cut
off, 503) asks the same again, under the same Idempotency-Key.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from hub_process import HOME_DEVICES, HubProcess
from ledger_publisher import Publisher

from gateway.operations.database import open_database
from gateway.operations.people import People
from rules.effects import alert_id

STAFF = {"李敏": "2580", "陈国强": "8024", "王强": "7391", "周洁": "6172"}
ANSWERED_WITHIN_S = 90.0
AT_ONCE = 5  # alerts that are worked through side by side
PAUSE_S = 0.02


@dataclass(frozen=True)
class Said:
    """One request and its answer; ``asked`` is when it was first sent, ``answered`` when the answer came (monotonic s)."""

    who: str
    via: str
    alert: str
    act: str
    data: dict[str, str]
    asked: float
    answered: float
    status: int
    body: dict[str, Any]


class Shift:
    """What was said by all, and how often somebody has tried: the clock by which the kills are thrown."""

    def __init__(self, hub: HubProcess, publisher: Publisher) -> None:
        self.hub, self.publisher = hub, publisher
        self.said: list[Said] = []
        self.alerts: list[str] = []
        self.working: list[Future[None]] = []
        self.tries = 0
        self.ended = threading.Event()
        self.given_up = threading.Event()
        self.pause = threading.Event()

    def has_tried(self, count: int) -> bool:
        return self.tries >= count or self.has_failed()

    def has_failed(self) -> bool:
        """Whether somebody was answered what must not be: nobody begins anything new then, and the context will say so."""
        return any(one.done() and one.exception() is not None for one in self.working)

    def until_answered(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """Ask until there is an answer."""
        deadline = time.monotonic() + ANSWERED_WITHIN_S
        while True:
            self.tries += 1
            try:
                answer = ask()
            except httpx.TransportError:
                pass
            else:
                if answer.status_code != 503:
                    return answer
            assert not self.given_up.is_set(), "the test has failed already"
            assert time.monotonic() < deadline, f"not answered: {self.hub.log()[-3000:]}"
            self.pause.wait(PAUSE_S)

    def falls(self, home: str, device: str) -> str:
        """Somebody falls; gives the id that the alert must have."""
        device = f"{home}-{device}"
        _, boot, seq = self.publisher.fall(device)
        name = alert_id("fall", home, device, f"{device}-{boot}-{seq}")
        self.alerts.append(name)
        return name


@dataclass
class Person:
    """Somebody signed in; one act after the other."""

    shift: Shift
    name: str
    via: str
    http: httpx.Client
    keys: Iterator[int] = field(default_factory=itertools.count)

    def comes_in(self) -> None:
        pin = {"name": self.name, "pin": STAFF[self.name]}
        answer = self.shift.until_answered(lambda: self.http.post("/api/v1/signin", json=pin))
        assert answer.status_code == 200, answer.text

    def reads(self, alert: str) -> dict[str, Any] | None:
        """The alert as it is; None before it is raised."""
        answer = self.shift.until_answered(lambda: self.http.get(f"/api/v1/alerts/{alert}"))
        assert answer.status_code in {200, 404}, answer.text
        found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return found

    def waits_for(self, alert: str, what: Callable[[dict[str, Any]], bool]) -> None:
        """Look again and again until the alert is so."""
        deadline = time.monotonic() + ANSWERED_WITHIN_S
        while (found := self.reads(alert)) is None or not what(found):
            assert time.monotonic() < deadline, f"it never came to that: {found}"
            self.shift.pause.wait(PAUSE_S)

    def tries(self, alert: str, act: str, /, **data: str) -> Said:
        """Do it, whatever is answered."""
        headers = {"Idempotency-Key": f"{self.name.encode().hex()}-{next(self.keys)}"}
        if self.via == "console":
            headers["Sec-Fetch-Site"] = "same-origin"
        path, asked = f"/api/v1/alerts/{alert}/{act}", time.monotonic()
        body = data or None
        answer = self.shift.until_answered(lambda: self.http.post(path, json=body, headers=headers))
        said = Said(
            self.name, self.via, alert, act, data, asked, time.monotonic(), answer.status_code, answer.json()
        )
        self.shift.said.append(said)
        return said

    def does(self, alert: str, act: str, /, **data: str) -> Said:
        """Do what must be taken."""
        said = self.tries(alert, act, **data)
        assert said.status == 200, said
        return said

    def is_refused(self, alert: str, act: str, reason: str, /, **data: str) -> Said:
        """Do what must be refused, for that reason."""
        said = self.tries(alert, act, **data)
        assert (said.status, said.body["reason"]) == (409, reason), said
        return said


def race(alert: str, one: Person, other: Person) -> tuple[Person, Person]:
    """Two accept at the same instant: who was first, and who was told so."""
    start = threading.Barrier(2)

    def accept(person: Person) -> Said:
        start.wait(30)
        return person.tries(alert, "accept")

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(accept, (one, other)))
    assert sorted(each.status for each in said) == [200, 409], said
    won, lost = sorted(said, key=lambda each: each.status)
    assert (lost.body["reason"], lost.body["by"]) == ("taken_accepted", won.who), lost
    return (one, other) if won.who == one.name else (other, one)


# what they do with an alert: who, who beside, and who writes a word now and then


def helped(shift: Shift, home: str, alert: str, people: Sequence[Person]) -> None:
    del shift, home
    people[0].is_refused(alert, "depart", "refused")
    winner, loser = race(alert, people[0], people[1])
    winner.does(alert, "call", whom="elder", result="help")
    winner.does(alert, "depart")
    loser.does(alert, "comment", text="钥匙在门卫处")
    winner.does(alert, "arrive")
    winner.does(alert, "close", verdict="true", outcome="assisted")
    loser.is_refused(alert, "accept", "taken_closed")


def unanswered(shift: Shift, home: str, alert: str, people: Sequence[Person]) -> None:
    del shift, home
    people[0].does(alert, "accept")
    people[0].does(alert, "call", whom="elder", result="no_answer")
    people[0].does(alert, "raise", reason="要人手")
    people[0].does(alert, "close", verdict="unconfirmed")
    people[0].does(alert, "close", verdict="false", reason="sat_down")


def opened_again(shift: Shift, home: str, alert: str, people: Sequence[Person]) -> None:
    """And nobody accepts it then."""
    del shift, home
    people[0].does(alert, "accept")
    people[0].does(alert, "hand-over", to=people[1].name)
    people[1].does(alert, "arrive")
    people[1].does(alert, "close", verdict="true", outcome="family_came")
    people[0].does(alert, "comment", text="女儿来过")
    people[0].does(alert, "reopen", reason="又不舒服了")


def left(shift: Shift, home: str, alert: str, people: Sequence[Person]) -> None:
    """Everybody looks at it, and nobody accepts it."""
    del shift, home
    for person in people[:2]:
        person.does(alert, "see")


def forgotten(shift: Shift, home: str, alert: str, people: Sequence[Person]) -> None:
    """Accepted, and nothing done until somebody is asked after it."""
    del shift, home
    people[0].does(alert, "accept")
    people[0].waits_for(alert, lambda now: any(step["kind"] == "recontact" for step in now["steps"]))
    people[0].does(alert, "call", whom="elder", result="ok")


def merged(shift: Shift, home: str, alert: str, people: Sequence[Person]) -> None:
    part = shift.falls(home, "radar")
    people[0].does(alert, "accept")
    people[1].waits_for(part, lambda now: now["state"] == "raised")
    people[1].does(part, "merge", into=alert)
    people[0].is_refused(part, "accept", "taken_closed")
    people[0].does(alert, "close", verdict="true", outcome="hospital")


COURSES = (helped, unanswered, opened_again, left, forgotten, merged)


def _bystander(alert: str, person: Person, words: int) -> None:
    person.does(alert, "see")
    for number in range(words):
        person.does(alert, "comment", text=f"第{number + 1}句")


def _works_through(
    shift: Shift, home: str, course: Callable[..., None], people: Sequence[Person], words: int
) -> None:
    alert = shift.falls(home, "pendant")
    people[0].waits_for(alert, lambda now: now["state"] == "raised")
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(_bystander, alert, people[2], words)
        course(shift, home, alert, people)
        writing.result()


@contextmanager
def a_shift(
    hub: HubProcess, publisher: Publisher, *, homes: int, seed: int, at_least: int = len(COURSES)
) -> Iterator[Shift]:
    """People at work until the end of the context, then to the end of what they have begun; ``at_least`` so many alerts."""
    shift, dice = Shift(hub, publisher), random.Random(seed)  # noqa: S311 a test's dice
    people = [
        Person(shift, name, "console" if number % 2 else "api", httpx.Client(base_url=hub.url, timeout=20))
        for number, name in enumerate(STAFF)
    ]
    room = threading.Semaphore(AT_ONCE)

    def work() -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number in itertools.count():
                room.acquire()
                if (shift.ended.is_set() and number >= at_least) or shift.has_failed():
                    return
                order = dice.sample(people, len(people))
                home, course = f"H{number % homes + 1:04d}", COURSES[number % len(COURSES)]
                future = pool.submit(_works_through, shift, home, course, order, dice.randint(0, 3))
                shift.working.append(future)
                future.add_done_callback(lambda _: room.release())

    try:
        for person in people:
            person.comes_in()
        with ThreadPoolExecutor(1) as feeding:
            fed = feeding.submit(work)
            try:
                yield shift
            except BaseException:
                shift.given_up.set()
                raise
            finally:
                shift.ended.set()
            fed.result()
        for one in shift.working:
            one.result()
    finally:
        for person in people:
            person.http.close()


def hire(hub: HubProcess) -> None:
    """Enter the staff, as ``carehub staff add`` does; before ``start``."""
    database = open_database(hub.data / "operations.sqlite")
    people = People(database)
    for name, pin in STAFF.items():
        people.add(name, pin)
    database.dispose()


def doors(publisher: Publisher, homes: int, *, are_open: bool) -> None:
    """Every front door is opened, or shut."""
    assert "door" in HOME_DEVICES
    for home in range(1, homes + 1):
        publisher.telemetry(f"H{home:04d}-door", contact=0 if are_open else 1)
    publisher.settled()
