"""Brings what is in the outbox to the channels: at least once, life safety first, no channel waiting for another.

Each channel has a lane of its own: at most four messages in flight, the last place kept for life safety. A message stays
``waiting`` in the database until its outcome is written, so a hub killed at any moment sends again what was in flight, under
the same id. An outcome that cannot be written (disk full) is kept and written later; the message is not sent twice for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.alerts.message import AlertMessage
from gateway.duty.route import Told
from gateway.histogram import DELIVERY_SECONDS, Histogram
from gateway.notify import following, outbox, outbox_words
from gateway.notify.attempt import attempt
from gateway.notify.channel import (
    GROUP,
    Channel,
    Proving,
    Recipient,
    message_id,
)
from gateway.notify.channel_states import ChannelStates
from gateway.notify.gathering import gather
from gateway.notify.lane import IN_FLIGHT_MAX, Lane
from gateway.notify.outbox import Outcome, Waiting
from gateway.notify.outbox_words import Look, Wording
from gateway.notify.proving import Accepted, Prover

LOOK_AHEAD_MAX = 32  # messages taken from the outbox at a look: in a storm each look sorts all that wait
LOOK_AGAIN_S = 30.0  # even when nothing was committed
DATABASE_WAIT_S = 1.0  # after the database refused
KEPT_OUTCOMES_MAX = 10_000

log = logging.getLogger(__name__)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Delivery:
    """The worker behind the outbox; owns the channels it is given and closes them when ``run`` ends.

    ``now_ms`` is the wall clock (tries, receipts), ``hub_now_ms`` hub time (the alert's steps). ``settled`` is called on the
    event loop with an alert's id whenever one of its messages was delivered, failed or withdrawn. ``followers``: the channels
    that are told of every step, and of which classes of alerts. ``accepted`` is asked to accept an alert for a person of
    the plan who said so on a channel (of alert, person, message).
    """

    def __init__(
        self,
        engine: Engine,
        channels: Mapping[str, Channel],
        *,
        words: Wording,
        now_ms: Callable[[], int] = _wall_ms,
        hub_now_ms: Callable[[], int] = _wall_ms,
        settled: Callable[[str], None] = lambda _alert_id: None,
        followers: Mapping[str, Collection[str]] | None = None,
        accepted: Accepted | None = None,
    ) -> None:
        self.tries: Counter[tuple[str, str]] = Counter()  # by (channel, state)
        self.seconds: dict[
            tuple[str, str], Histogram
        ] = {}  # raised to delivered, by (channel, kind of alert)
        self._engine, self._words = engine, words
        self._followers = followers or {}
        for name in self._followers:
            following.begin(engine, name)
        self._accepted = accepted or _nobody_asks
        self._now_ms, self._hub_now_ms, self._settled = now_ms, hub_now_ms, settled
        self._lanes = {name: Lane(name, channel) for name, channel in channels.items()}
        self.states = ChannelStates(engine)
        self._kept: dict[str, Outcome] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="delivery")
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def running(self) -> bool:
        """Whether ``run`` is at work."""
        return self._tasks is not None

    def composed(self, connection: Connection, ids: Sequence[str]) -> tuple[Waiting, ...]:
        """Messages that a transaction has put in, for ``take`` once it is committed; none where they are too many.

        From any thread.
        """
        if len(ids) > IN_FLIGHT_MAX * len(self._lanes):
            return ()  # a storm: the most urgent go first, and a look sorts them
        return outbox_words.composed(connection, ids, self._words)

    def _prover(self, name: str, channel: Proving) -> Prover:
        return Prover(
            name,
            channel,
            engine=self._engine,
            stored=self._stored,
            address_of=self._words.address_of,
            now_ms=self._now_ms,
            hub_now_ms=self._hub_now_ms,
            accepted=self._accepted,
            changed=self._settled,
            follows=self._go_on,
        )

    def heed(self) -> None:
        """Something about an alert has changed: who follows along looks. On the event loop."""
        for name in self._followers:
            if name in self._lanes:
                self._lanes[name].look_again = True
                self._lanes[name].bell.set()

    def take(self, messages: Sequence[Waiting]) -> None:
        """Start at once what was just committed, where nothing waits before it; the rest, or all if none are given, later.

        On the event loop.
        """
        if self._tasks is None:
            return  # ``run`` begins with a look
        if not messages:
            self._ring()
        for waiting in messages:
            lane = self._lanes.get(waiting.channel)
            if lane is None:
                self._tasks.create_task(self._fail_unknown())
            elif lane.ready or lane.look_again or not lane.may_start(waiting) or waiting.id in self._kept:
                lane.look_again = True
                lane.bell.set()
            elif waiting.id not in lane.in_flight:
                lane.handed.add(waiting.id)
                lane.in_flight.add(waiting.id)
                self._tasks.create_task(self._bring(lane, waiting))

    async def run(self) -> None:
        """Deliver until cancelled; once per Delivery. What is then in flight stays waiting for the next start."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._fail_unknown())
                tasks.create_task(asyncio.Event().wait())  # a hub without channels runs as well
                for lane in self._lanes.values():
                    tasks.create_task(self._serve(lane))
                    if isinstance(lane.channel, Proving):
                        tasks.create_task(self._prover(lane.name, lane.channel).run())
        finally:
            self._tasks = None
            self._thread.shutdown(wait=True, cancel_futures=True)
            await asyncio.to_thread(self.states.write)
            for lane in self._lanes.values():
                await lane.channel.aclose()

    def send_unrecorded(self, message: AlertMessage, told: Iterable[Told]) -> None:
        """Send a life-safety message from memory because it could not be committed; only while ``run`` runs.

        It has the id its outbox row would have: when the disk is back and the row appears, what was taken is only written
        down. Tried until taken or refused for good, or until the process ends; where a channel does not take it at once, the
        next way of that recipient is used beside it.
        """
        if self._tasks is None:
            raise RuntimeError(
                "Delivery.send_unrecorded was called while run() was not running; start run() first"
            )
        for one in told:
            waiting = Waiting(
                id=message_id(message.id, message.rung, one.to, one.ways[0]),
                alert_id=message.id,
                channel=one.ways[0],
                attempts=0,
                raised_wall_ms=self._now_ms(),
                withdrawn=False,
                message=message,
                to=Recipient(one.to, self._words.address_of(one.to, one.ways[0])) if one.to else GROUP,
                ways=one.ways[1:],
            )
            self._start_unrecorded(waiting)

    def _start_unrecorded(self, waiting: Waiting) -> None:
        lane = self._lanes.get(waiting.channel)
        assert self._tasks is not None  # noqa: S101 looked at by ``send_unrecorded``
        if lane is None:
            log.error("an alert is not told through %s: the settings have no such channel", waiting.channel)
        elif waiting.id not in lane.in_flight and waiting.id not in self._kept:
            lane.in_flight.add(waiting.id)
            self._tasks.create_task(self._insist(lane, waiting))

    def _ring(self) -> None:
        for lane in self._lanes.values():
            lane.look_again = True
            lane.bell.set()

    async def _fail_unknown(self) -> None:
        while True:
            try:
                failed = await self._stored(outbox.fail_unknown, self._engine, tuple(self._lanes))
            except SQLAlchemyError as error:
                _refused_by_database(error)
                await asyncio.sleep(DATABASE_WAIT_S)
                continue
            if failed:
                log.error("%d messages failed: they wait for channels that the settings do not have", failed)
            return

    async def _serve(self, lane: Lane) -> None:
        while True:
            lane.bell.clear()
            pause_s = await self._start_due(lane)
            try:
                async with asyncio.timeout(pause_s):
                    await lane.bell.wait()
            except TimeoutError:
                lane.look_again = True

    async def _start_due(self, lane: Lane) -> float:
        """Start what is due as far as there is room; gives the seconds until it is worth looking again."""
        pause_s = LOOK_AGAIN_S
        retry_due = lane.next_try_ms is not None and lane.next_try_ms <= self._now_ms()
        if lane.look_again or retry_due or not (lane.ready or lane.seen_all):
            lane.look_again = False
            lane.handed.clear()
            try:
                seen = await self._stored(self._look, lane, self._now_ms(), tuple(lane.in_flight))
            except SQLAlchemyError as error:
                _refused_by_database(error)
                lane.look_again, pause_s = True, DATABASE_WAIT_S
            else:
                lane.ready = deque(waiting for waiting in seen.due if waiting.id not in lane.handed)
                lane.next_try_ms = seen.next_try_ms
                lane.seen_all = len(seen.due) < LOOK_AHEAD_MAX
        tasks = self._tasks
        assert tasks is not None  # noqa: S101 lanes are served within run() only
        while lane.ready and (lane.ready[0].id in lane.in_flight or lane.has_room(lane.ready[0])):
            waiting = lane.ready.popleft()
            lane.released.discard(waiting.id)
            if waiting.id not in lane.in_flight:
                lane.in_flight.add(waiting.id)
                tasks.create_task(self._bring(lane, waiting))
        if lane.next_try_ms is None:
            return pause_s
        return min(pause_s, max(0.0, (lane.next_try_ms - self._now_ms()) / 1000))

    def _look(self, lane: Lane, now_ms: int, in_flight: tuple[str, ...]) -> Look:
        """What is due; to people, what is not urgent comes gathered."""
        try:
            again_ms = self._put_together(lane, now_ms)
        except (
            SQLAlchemyError
        ) as error:  # that was writing: a full disk holds up no fall that is written already
            _refused_by_database(error)
            again_ms = now_ms + int(DATABASE_WAIT_S * 1000)
        seen = outbox_words.look(
            self._engine,
            lane.name,
            now_ms=now_ms,
            most=LOOK_AHEAD_MAX,
            without=in_flight,
            words=self._words,
            released=lane.released if lane.channel.gathers else None,
        )
        times = [at for at in (again_ms, seen.next_try_ms) if at is not None]
        return Look(seen.due, min(times, default=None))

    def _put_together(self, lane: Lane, now_ms: int) -> int | None:
        """Write what a lane is to bring besides: steps to those who follow, digests; gives when it is time to do so again."""
        classes = self._followers.get(lane.name)
        while classes and following.follow(self._engine, lane.name, classes):
            pass
        if not lane.channel.gathers:
            return None
        gathered = gather(self._engine, lane.name, now_ms=now_ms, last_ms=lane.gathered_ms)
        lane.released.update(gathered.released)
        lane.gathered_ms.update(dict.fromkeys(gathered.people, now_ms))
        return gathered.next_ms

    async def _bring(self, lane: Lane, waiting: Waiting) -> None:
        outcome = self._kept.get(waiting.id) or await self._try(lane, waiting)
        try:
            at = self._hub_now_ms()
            known = self.states.of(lane.name)
            works = outcome.over or known is None or known.ok
            settled = await self._stored(
                outbox.settle, self._engine, waiting, outcome, hub_now_ms=at, channel_works=works
            )
        except SQLAlchemyError as error:
            _refused_by_database(error)
            self._keep(waiting.id, outcome)
            asyncio.get_running_loop().call_later(DATABASE_WAIT_S, self._ring)
        else:
            self._kept.pop(waiting.id, None)
            lane.look_again |= outcome.state == "waiting"
            lane.seen_all &= waiting.message.step is None  # the next step of its alert may be told now
            lane.bell.set()
            for channel in settled.follows:
                await self._go_on(channel)
            if outcome.state != "waiting":
                self._settled(waiting.alert_id)
                if waiting.message.step is None:
                    self.heed()
        finally:
            lane.in_flight.discard(waiting.id)

    async def _go_on(self, channel: str) -> None:
        """Let the channel that takes over look for what there is for it."""
        lane = self._lanes.get(channel)
        if lane is None:
            await self._fail_unknown()
        else:
            lane.look_again = True
            lane.bell.set()

    async def _insist(self, lane: Lane, waiting: Waiting) -> None:
        try:
            while not (outcome := await self._try(lane, waiting)).over:
                if waiting.ways:
                    self._start_unrecorded(self._next_way(waiting))
                if outcome.state != "waiting":
                    break
                waiting = replace(waiting, attempts=waiting.attempts + 1, ways=())
                await asyncio.sleep((outcome.next_try_ms - outcome.at_ms) / 1000)
            self._keep(waiting.id, outcome)
        finally:
            lane.in_flight.discard(waiting.id)
            lane.look_again = True
            lane.bell.set()

    def _next_way(self, waiting: Waiting) -> Waiting:
        """The same for the next channel of its recipient."""
        channel, to = waiting.ways[0], waiting.to.id
        return replace(
            waiting,
            id=message_id(waiting.alert_id, waiting.message.rung, to, channel),
            channel=channel,
            attempts=0,
            to=Recipient(to, self._words.address_of(to, channel)) if to else GROUP,
            ways=waiting.ways[1:],
        )

    async def _try(self, lane: Lane, waiting: Waiting) -> Outcome:
        tried = await attempt(lane.name, lane.channel, waiting, now_ms=self._now_ms)
        if self.states.note(lane.name, tried, at_ms=self._now_ms()):
            self._thread.submit(self.states.write)
        outcome = tried.outcome
        self.tries[lane.name, outcome.state] += 1
        if outcome.over and waiting.first:
            known = self.seconds.setdefault((lane.name, waiting.message.kind), Histogram(DELIVERY_SECONDS))
            known.observe(max(0, outcome.at_ms - waiting.raised_wall_ms) / 1000)
        return outcome

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels."""
        return tuple(self._lanes)

    async def test(self, channel: str, message: AlertMessage, to: Recipient) -> Outcome:
        """Try a channel now, outside the outbox, and remember whether it works. Raises ``KeyError`` for an unknown one."""
        return await self._once(channel, message, to, tested=True)

    async def say(self, channel: str, message: AlertMessage, to: Recipient) -> Outcome:
        """Send what is about no alert, once, outside the outbox. Raises ``KeyError`` for an unknown channel."""
        return await self._once(channel, message, to, tested=False)

    async def _once(self, channel: str, message: AlertMessage, to: Recipient, *, tested: bool) -> Outcome:
        lane = self._lanes[channel]
        waiting = Waiting(
            id=message.id, alert_id="", channel=channel, attempts=0, raised_wall_ms=self._now_ms(),
            withdrawn=False, message=message, to=to,
        )  # fmt: skip
        tried = await attempt(channel, lane.channel, waiting, now_ms=self._now_ms)
        if self.states.note(channel, tried, at_ms=self._now_ms(), tested=tested):
            await self._stored(self.states.write)
        return tried.outcome

    def _keep(self, name: str, outcome: Outcome) -> None:
        """Remember an outcome that is not in the database; beyond the limit the oldest may be sent again."""
        self._kept[name] = outcome
        if len(self._kept) > KEPT_OUTCOMES_MAX:
            del self._kept[next(iter(self._kept))]

    def _stored(
        self, call: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Awaitable[Result]:
        """Run a blocking call on the one thread that touches the database for deliveries."""
        return asyncio.get_running_loop().run_in_executor(self._thread, lambda: call(*args, **kwargs))


async def _nobody_asks(_alert: str, _person: str, _message: str) -> None:
    """Where nobody wired it, a key that is pressed proves that somebody listened and no more."""


def _refused_by_database(error: SQLAlchemyError) -> None:
    # The kind only: SQLAlchemy's text holds the statement's values, names and addresses among them.
    cause = getattr(error, "orig", None)
    log.error("the operational database refused (%s: %s); trying again", type(error).__name__, cause)
