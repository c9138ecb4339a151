"""/readyz tells the truth: each reason why the hub does not do its whole work, and none when it does."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.commits import Commits
from gateway.figures import lag_s
from gateway.health import FAR_BEHIND, reasons

NOON = 1_772_424_000_000


class Task:
    def __init__(self, name: str) -> None:
        self.name, self.ended = name, False

    def done(self) -> bool:
        return self.ended

    def get_name(self) -> str:
        return self.name


def a_hub() -> Any:  # noqa: ANN401 it stands for a Hub
    """A hub that does its whole work."""
    feed = SimpleNamespace(whole=True)
    reader = SimpleNamespace(feed=feed, unheard="", dropped=0, dropped_first=None)
    return SimpleNamespace(
        stopping=False,
        tasks=[Task("line"), Task("source")],
        address="mqtt://127.0.0.1:1883",
        line=SimpleNamespace(reader=reader, trouble="", commits=Commits()),
        writer=SimpleNamespace(trouble="", started=True, alive=True, position=10),
        journal=SimpleNamespace(position=10),
    )


def feed_lost(hub: Any) -> None:  # noqa: ANN401
    hub.line.reader.feed.whole = False
    hub.line.reader.unheard = "connection refused"


def broker_drops(hub: Any) -> None:  # noqa: ANN401
    hub.line.reader.dropped_first, hub.line.reader.dropped = 3, 7


def hanging_commit(hub: Any) -> None:  # noqa: ANN401
    hub.line.commits._since = -1e9


def far_behind(hub: Any) -> None:  # noqa: ANN401
    hub.journal.position = 10 + FAR_BEHIND + 1


TROUBLES: list[tuple[Callable[[Any], object], str]] = [
    (lambda hub: setattr(hub, "stopping", True), "the hub is stopping"),
    (lambda hub: setattr(hub.tasks[0], "ended", True), "line: it has ended; see the log"),
    (feed_lost, "the broker 'mqtt://127.0.0.1:1883' cannot be heard: connection refused"),
    (lambda hub: setattr(hub.line, "trouble", "cannot write: disk full"), "cannot write: disk full"),
    (hanging_commit, "cannot write: a commit of the journal has taken"),
    (lambda hub: setattr(hub.writer, "trouble", "no answer"), "store: no answer"),
    (lambda hub: setattr(hub.writer, "alive", False), "store: its writer has ended; see the log"),
    (far_behind, f"store: {FAR_BEHIND + 1} events behind"),
    (broker_drops, "the broker dropped 4 messages"),
]


def test_a_hub_that_does_its_work_is_ready() -> None:
    assert reasons(a_hub()) == []


@pytest.mark.parametrize(("happens", "said"), TROUBLES, ids=[said for _, said in TROUBLES])
def test_each_trouble_is_a_reason_of_its_own(happens: Callable[[Any], object], said: str) -> None:
    hub = a_hub()
    happens(hub)
    (found,) = reasons(hub)
    assert found.startswith(said)


def test_a_store_is_not_behind_by_half_a_century_before_a_town_has_set_the_clock() -> None:
    assert lag_s(NOON, NOON - 1_500) == 1.5
    assert lag_s(NOON, 5_000) == 0.0
    assert lag_s(NOON, 0) == 0.0
