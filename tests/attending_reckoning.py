"""The reckoning between raise and close: what people were answered and receivers got, against what the hub has written.

The ladder is climbed anew here from each alert's history alone: which messages there must be, each once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attending_people import STAFF, Said
from hub_process import SECRET, HubProcess
from receiver import Receiver, Request, signed
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.notify.delivery import IN_FLIGHT_MAX
from gateway.operations.database import open_to_read
from gateway.operations.tables import Alert, AlertStep, Cursor, FollowUp, Outbox
from rules.local_time import local_day

LADDER: tuple[tuple[str, ...], ...] = (("station", "group"), ("street",), ("guard",), ("city",))
FOLLOWER = "platform"
GROUP = "group"  # a chat robot: it gathers, and knows no ids
TOP = len(LADDER) - 1
ZONE = ZoneInfo("Asia/Shanghai")
# An act: how a history calls it, and which of its words it keeps.
WRITTEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "see": ("seen", ()),
    "accept": ("accepted", ()),
    "call": ("called", ("whom", "result")),
    "depart": ("on_way", ()),
    "arrive": ("on_site", ()),
    "raise": ("raised_up", ("reason",)),
    "hand-over": ("handed_over", ("to",)),
    "comment": ("commented", ("text",)),
    "merge": ("merged", ()),
    "reopen": ("reopened", ("reason",)),
    "close": ("closed", ("verdict", "reason", "outcome")),
}
UP = ("escalated", "recontact")


@dataclass(frozen=True)
class Kept:
    """All that the operational database holds of alerts, in the order of ids."""

    alerts: dict[str, Alert]
    steps: list[AlertStep]
    outbox: list[Outbox]
    follow_ups: list[FollowUp]

    def history(self, alert: str) -> list[AlertStep]:
        return [step for step in self.steps if step.alert_id == alert]


def kept(hub: HubProcess) -> Kept:
    engine = open_to_read(hub.data / "operations.sqlite")
    with Session(engine, expire_on_commit=False) as session:
        found = Kept(
            {alert.id: alert for alert in session.scalars(select(Alert))},
            list(session.scalars(select(AlertStep).order_by(AlertStep.id))),
            list(session.scalars(select(Outbox).order_by(Outbox.id))),
            list(session.scalars(select(FollowUp))),
        )
    engine.dispose()
    return found


def follows(hub: HubProcess) -> bool:
    """Whether it is written from which step on somebody follows along: that is done at the first look, after the start."""
    engine = open_to_read(hub.data / "operations.sqlite")
    with Session(engine) as session:
        since = session.scalar(select(Cursor.position).where(Cursor.consumer == f"steps:{FOLLOWER}"))
    engine.dispose()
    return since is not None


def is_quiet(hub: HubProcess) -> bool:
    """Nothing waits, nobody is to be told any more, and who follows along has been told of the last step."""
    engine = open_to_read(hub.data / "operations.sqlite")
    with Session(engine) as session:
        due = session.scalar(
            select(func.count())
            .select_from(Alert)
            .where(Alert.escalate_at.is_not(None), Alert.state != "closed")
        )
        newest = session.scalar(select(func.max(AlertStep.id))) or 0
        followed = session.scalar(select(Cursor.position).where(Cursor.consumer == f"steps:{FOLLOWER}"))
        # Last: each is a look of its own, and whoever follows is told of a step by a message that waits first.
        waits = session.scalar(
            select(func.count()).select_from(Outbox).where(Outbox.state.in_(("waiting", "gathered")))
        )
    engine.dispose()
    return not waits and not due and followed == newest


# what people did


def reckon_acts(said: Sequence[Said], found: Kept) -> int:
    """Each act that was taken is in the history once, in order, by whom and from where; nothing else is. Gives how many."""
    taken = sorted((one for one in said if one.status == 200), key=lambda one: one.asked)
    wanted: dict[tuple[str, str], list[tuple[Said, tuple[str, str, str]]]] = defaultdict(list)
    for one in taken:
        wanted[one.alert, one.who].append((one, (*_step_of(one, found), one.via)))
        if one.act == "merge":
            number = str(found.alerts[one.alert].number)
            wanted[one.data["into"], one.who].append((one, ("merged_in", number, one.via)))
    held: dict[tuple[str, str], list[AlertStep]] = defaultdict(list)
    for step in found.steps:
        if step.by in STAFF:
            held[step.alert_id, step.by].append(step)
    assert held.keys() == wanted.keys()
    pairs: list[tuple[int, Said]] = []
    for key, acts in wanted.items():
        in_history = [(step.kind, step.detail, step.via) for step in held[key]]
        assert in_history == [step for _, step in acts], key
        pairs += [(step.id, one) for step, (one, _) in zip(held[key], acts, strict=True)]
    _reckon_order(sorted(pairs, key=lambda pair: pair[0]))
    return len(taken)


def _step_of(one: Said, found: Kept) -> tuple[str, str]:
    kind, words = WRITTEN[one.act]
    if one.act == "merge":
        return kind, str(found.alerts[one.data["into"]].number)
    if one.data.get("verdict") == "unconfirmed":
        kind = "unconfirmed"
    return kind, " ".join(one.data[word] for word in words if one.data.get(word))


def _reckon_order(pairs: list[tuple[int, Said]]) -> None:
    """Whatever was answered before something else was asked stands before it, whoever did it."""
    earliest = float("inf")
    for _, one in reversed(pairs):
        assert one.asked <= earliest, f"{one} was asked after something behind it had been answered"
        earliest = min(earliest, one.answered)


# what the hub did


def reckon_ladders(found: Kept) -> int:
    """No rung is skipped, and each is told once on each channel and turn; nobody has accepted: the top. Gives the messages."""
    told: dict[str, list[tuple[int, str, int, str]]] = defaultdict(list)
    for row in found.outbox:
        if row.about in {"alert", "recontact"}:
            told[row.alert_id].append((row.rung, row.channel, row.turn, row.about))
        assert row.state in {"sent", "delivered", "withdrawn"}, (row.id, row.about, row.state, row.error)
    for name, alert in found.alerts.items():
        climb = Climb()
        history = found.history(name)
        for step in history:
            climb.live(step)
        assert sorted(told[name]) == sorted(climb.told), [(step.kind, step.detail) for step in history]
        assert (alert.rung, alert.turn) == (climb.rung, climb.turn)
        _reckon_times(alert, history)
        if alert.state == "raised":
            assert (alert.rung, alert.escalate_at) == (TOP, None), f"nobody has accepted {name}"
    return sum(map(len, told.values()))


class Climb:
    """An alert's way up the ladder by its history: what was to be told, as (rung, channel, turn, about)."""

    def __init__(self) -> None:
        self.rung = self.turn = 0
        self.raised = True
        self.told: list[tuple[int, str, int, str]] = []
        self._tell(LADDER[0])

    def live(self, step: AlertStep) -> None:
        if step.kind in {"accepted", "closed", "merged"}:
            self.raised = False
        elif step.kind == "reopened":
            self.raised, self.rung, self.turn = True, 0, self.turn + 1
            self._tell(LADDER[0])
        elif step.kind in UP:
            if self.rung < TOP:
                self.rung += 1
                told = LADDER[self.rung]
            else:
                assert not self.raised, "at the top nobody is told again before somebody accepts"
                self.turn, told = self.turn + 1, tuple(way for rung in LADDER for way in rung)
            assert step.detail == ",".join(told)
            self._tell(told)

    def _tell(self, channels: Iterable[str]) -> None:
        about = "alert" if self.raised else "recontact"
        self.told += [(self.rung, channel, self.turn, about) for channel in channels]


def _reckon_times(alert: Alert, history: list[AlertStep]) -> None:
    """While nobody has accepted, no rung before its time, counted from the raise or from when it was opened again."""
    began, rung, waits = alert.raised_at, 0, True
    for step in history:
        if step.kind == "reopened":
            began, rung, waits = step.at, 0, True
        elif step.kind == "accepted":
            waits = False
        elif step.kind in UP and waits:
            rung += 1
            assert step.at >= began + rung * 1000, (alert.id, rung)
    # Receipts have the clock's own time; what is decided has that of the oldest message that waits to be read.
    decided = [step.at for step in history if step.kind not in {"sent", "delivered"}]
    assert decided == sorted(decided)


def reckon_follow_ups(found: Kept) -> int:
    """A true fall has one, for the next day; two of one home on one day have one. Gives their number."""
    true = {
        (found.alerts[step.alert_id].place_id, local_day(step.at, ZONE) + timedelta(days=1))
        for step in found.steps
        if step.kind == "closed" and step.detail.startswith("true ")
    }
    assert sorted(true) == sorted((one.place_id, local_day(one.due_at, ZONE)) for one in found.follow_ups)
    return len(true)


# what others got


def whole(receiver: Receiver, channel: str) -> list[Request]:
    """What came whole for a channel, in order; the others were cut off amid the sending."""
    with receiver.lock:
        requests = [one for one in receiver.requests if one.path.partition("?")[0] == f"/{channel}"]
    return [one for one in requests if len(one.body) == int(one.headers["content-length"])]


def reckon_channel(receiver: Receiver, channel: str, found: Kept, *, kills: int) -> int:
    """What came is what was sent, under the same ids; repeats are at most what was in flight. Gives how many."""
    rows = {row.id: row for row in found.outbox if row.channel == channel}
    sent = {name for name, row in rows.items() if row.state in {"sent", "delivered"} and not row.digest_id}
    came = whole(receiver, channel)
    most = IN_FLIGHT_MAX * kills
    if channel == GROUP:
        assert len(sent) <= len(came) <= len(sent) + most
        return len(came) - len(sent)
    assert all(signed(request, SECRET) for request in came)
    bodies: dict[str, list[Any]] = defaultdict(list)
    for request in came:
        bodies[request.id].append(request.json)
        assert request.json["message_id"] == request.id
    assert sent <= bodies.keys(), f"{channel}: written as sent, and not got"
    # Accepted between the kill and the start: what was in flight is not sent again, and nobody can know that it came.
    overtaken = bodies.keys() - sent
    assert all(rows[name].state == "withdrawn" for name in overtaken)
    assert len(overtaken) <= most
    repeats = len(came) - len(bodies)
    assert repeats <= most, f"{channel}: {repeats} came again at {kills} kills"
    for same in bodies.values():
        for one in same:
            assert _fixed(one) == _fixed(same[0]), f"{channel}: two messages under one id"
    return repeats


def _fixed(body: dict[str, Any]) -> dict[str, Any]:
    """What of a message is the same however often it is sent: all but its sentence, which tells who has it by now.

    Of a step also what is to be done: nothing any more, once the alert is closed.
    """
    words = {"text", "todo"} if body["alert"]["about"] == "step" else {"text"}
    return body | {"alert": {name: value for name, value in body["alert"].items() if name not in words}}


def changed_words(receiver: Receiver, channels: Iterable[str]) -> Counter[str]:
    """Which words of repeats were not the same."""
    found: Counter[str] = Counter()
    for channel in channels:
        first: dict[str, Any] = {}
        for request in whole(receiver, channel):
            alert = first.setdefault(request.id, request.json["alert"])
            found.update(name for name in alert if alert[name] != request.json["alert"][name])
    return found


def reckon_follower(receiver: Receiver, found: Kept) -> int:
    """Who follows along got every step of every alert, those of one alert in their order. Gives their number."""
    came: dict[int, dict[str, Any]] = {}
    for request in whole(receiver, FOLLOWER):
        came.setdefault(request.json["alert"]["step"]["id"], request.json["alert"])
    steps = {step.id: step for step in found.steps}
    missed = [(step.id, step.alert_id, step.kind, step.by) for step in found.steps if step.id not in came]
    assert not missed, f"steps not told: {missed}"
    assert came.keys() == steps.keys(), "steps told that are in no history"
    for number, alert in came.items():
        said, step = alert["step"], steps[number]
        assert (alert["id"], said["kind"], said["at"], said["by"], said["via"]) == (
            step.alert_id, step.kind, step.at, step.by, step.via,
        )  # fmt: skip
    order: dict[str, list[int]] = defaultdict(list)
    for number, alert in came.items():
        order[alert["id"]].append(number)
    mixed = {name: numbers for name, numbers in order.items() if numbers != sorted(numbers)}
    assert not mixed, f"of {len(mixed)} of {len(order)} alerts the steps came in another order: {mixed}"
    return len(came)


def reckon_receipts(found: Kept) -> int:
    """Each message that arrived is in its alert's history once, also what went out within a digest. Gives how many did."""
    receipts = Counter((step.alert_id, step.by) for step in found.steps if step.kind in {"sent", "delivered"})
    arrived = Counter(
        (row.alert_id, row.channel)
        for row in found.outbox
        if row.state in {"sent", "delivered"} and row.channel != FOLLOWER
    )
    digests = {row.id: (row.alert_id, row.channel) for row in found.outbox if row.about == "digest"}
    assert receipts == arrived - Counter(digests.values()), "a digest's receipt is that of its first alert"
    members = [row for row in found.outbox if row.digest_id]
    assert {row.digest_id for row in members} == digests.keys()
    assert all(row.state == "sent" for row in members)
    return len(members)
