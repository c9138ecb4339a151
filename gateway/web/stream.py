"""The live stream: one server-sent event per changed alert or place, and a beat by which a reader knows it is connected."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.accounts.who import EVERYWHERE, Reach, Who
from gateway.operations import views, whereabouts
from gateway.operations.answers import AlertView
from gateway.operations.whereabouts import ANYWHERE
from gateway.web.access import who_asks, who_of
from gateway.web.changes import Change
from gateway.web.context import Context, is_held
from gateway.web.needs import needs
from gateway.web.port import Health
from gateway.web.problems import declared, refuse
from gateway.web.words import say

BEAT_S = 5.0
LOOK_S = 1.0  # how soon a changed state of the hub (feed lost, speed) reaches the pages
STREAMS_MAX = 256
STREAMS_OF_OTHERS_MAX = 192  # devices and programs leave room for people
STREAMS_OF_A_PERSON_MAX = 32  # tabs; the browsers of one person do not take the places of all others
ENCODED_MAX = 256
SERIAL_MAX = 2**63 - 1

router = APIRouter(prefix="/api/v1", tags=["alerts"])
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: place\nid: 1772391780001\ndata: {"id":"H0001"}\n\n',
            }
        },
        "description": (
            "Events `hello` and `beat` (hub time, speed, feed), `alert` (the alert's JSON as of now), `place` (the id of "
            "a place whose mode, silences or held alerts have changed), `count` (how many alerts are open and wait, to whoever "
            "may know no more), and `reload` (too much was missed, or one may see other things than before: read "
            "everything anew). The id of an event goes back as Last-Event-ID."
        ),
    }
}


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is sent, and where in the tree it is about: whoever does not reach that far is told the count only."""

    event: bytes
    path: str


class Encoded:
    """Changes as the stream sends them, read and encoded once however many are listening; and who listens (0: no person)."""

    def __init__(self) -> None:
        self.listening: Counter[int] = Counter()
        self._kept: OrderedDict[tuple[str, int], asyncio.Task[Told]] = OrderedDict()

    @contextmanager
    def heard_by(self, person: int) -> Iterator[None]:
        """Somebody listens."""
        self.listening[person] += 1
        try:
            yield
        finally:
            self.listening[person] -= 1
            self.listening += Counter()  # without those who have gone

    async def of(self, context: Context, change: Change) -> Told:
        """Give the event for a change; ``reload`` where the alert is not to be had."""
        # "Read everything anew" bears the number of the newest change, and is another thing.
        kind = "change" if change.alert or change.place else "reload"
        return await self._once(kind, change.serial, lambda: self._read(context, change))

    async def count(self, context: Context, serial: int, reach: Reach) -> bytes:
        """Give the event that says how much is open within reach, for those who may know no more."""
        kind = "count " + "|".join(reach.paths)
        return (await self._once(kind, serial, lambda: self._count(context, serial, reach))).event

    async def _once(self, kind: str, serial: int, read: Callable[[], Coroutine[Any, Any, Told]]) -> Told:
        key = (kind, serial)
        task = self._kept.get(key)
        if task is None:
            task = self._kept[key] = asyncio.create_task(read())
            if len(self._kept) > ENCODED_MAX:
                self._kept.popitem(last=False)
        try:
            return await asyncio.shield(task)
        except Exception:
            self._kept.pop(key, None)  # the next reader tries anew
            raise

    async def _read(self, context: Context, change: Change) -> Told:
        if change.place:
            spot = await run_in_threadpool(whereabouts.spot_of, context.engine, "place", change.place)
            return Told(
                _event("place", msgspec.json.encode({"id": change.place}), change.serial),
                spot.path if spot else EVERYWHERE,
            )
        found = None
        if change.alert:
            found = await run_in_threadpool(_alert_and_path, context.engine, change.alert)
        if found is None:
            return Told(_event("reload", b"{}", change.serial), ANYWHERE)
        return Told(_event("alert", msgspec.json.encode(found[0]), change.serial), found[1])

    async def _count(self, context: Context, serial: int, reach: Reach) -> Told:
        counts = await run_in_threadpool(views.open_counts, context.engine, reach)
        total = {
            "open": sum(counts.values()),
            "waiting": sum(n for (_, state), n in counts.items() if state == "raised"),
        }
        return Told(_event("count", msgspec.json.encode(total), serial), ANYWHERE)


def _alert_and_path(engine: Engine, alert_id: str) -> tuple[AlertView, str] | None:
    alert = views.alert_view(engine, alert_id)
    spot = whereabouts.spot_of(engine, "alert", alert_id)
    return (alert, spot.path) if alert is not None and spot is not None else None


@router.get("/stream", response_class=StreamingResponse, responses=EVENTS | declared(422, 503))
@needs(May.RING)
async def stream(
    request: Request,
    last_event_id: Annotated[str | None, Header(max_length=32)] = None,
    after: Annotated[int | None, Query(ge=0, le=SERIAL_MAX)] = None,
) -> StreamingResponse:
    """Follow every change of an alert or a place (server-sent events); catches up from Last-Event-ID (or ``after``).

    Who may not see an alert hears that one more is open, and nothing else of it.
    """
    encoded: Encoded = request.app.state.encoded
    own = who_of(request).id
    most = STREAMS_OF_A_PERSON_MAX if own else STREAMS_OF_OTHERS_MAX
    if encoded.listening[own] >= most or encoded.listening.total() >= STREAMS_MAX:
        raise refuse(503, "full")
    if last_event_id is not None:
        # What is no number of ours cannot be caught up from: 0 is older than anything kept.
        after = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else 0
    return StreamingResponse(
        _follow(request, after), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _follow(request: Request, after: int | None) -> AsyncIterator[bytes]:
    context, who = Context.of(request), who_of(request)
    encoded: Encoded = request.app.state.encoded
    with encoded.heard_by(who.id), context.port.changes.subscribe(after) as subscription:
        health = context.port.health()
        yield b"retry: 1000\n\n"
        yield _event("hello", _beat(health, who), subscription.begins)
        told, due = _state(health), _now() + BEAT_S
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    change = await subscription.get()
                if change is None:
                    return
                yield await _told(context, encoded, who, change)
            except TimeoutError:
                pass
            health = context.port.health()
            if _state(health) != told or _now() >= due:
                now = await who_asks(request)
                if now != who:  # signed out, or may more or less than before
                    who = now
                    yield _event("reload", b"{}")
                    if not who.may(May.RING):
                        return
                yield _event("beat", _beat(health, who))
                told, due = _state(health), _now() + BEAT_S


async def _told(context: Context, encoded: Encoded, who: Who, change: Change) -> bytes:
    """The event as this listener may have it."""
    found = await encoded.of(context, change)
    reach = who.reach(May.HOMES if change.place else May.ALERTS)
    simulated = (
        context.settings.demo is not None
    )  # its panel ticks what was seen, also before somebody signs in
    if found.path == ANYWHERE or reach.holds(found.path) or simulated:
        return found.event
    return await encoded.count(context, change.serial, who.reach(May.RING))


def _state(health: Health) -> tuple[object, ...]:
    return (
        health.speed,
        health.driven,
        health.feed_lost_since,
        health.ready,
        health.reasons,
        health.unrecorded,
    )


def _beat(health: Health, who: Who) -> bytes:
    return msgspec.json.encode(
        {
            "hub_now_ms": health.hub_now_ms,
            "speed": health.speed,
            "driven": health.driven,
            "held": is_held(health),
            "feed_lost_since": health.feed_lost_since,
            "ready": health.ready,
            "reasons": health.reasons,
            "unrecorded": health.unrecorded if who.reach(May.ALERTS).everything else _without_people(health),
        }
    )


def _without_people(health: Health) -> list[dict[str, Any]]:
    return [{"id": told.id, "text": say("unrecorded_someone")} for told in health.unrecorded]


def _event(name: str, data: bytes, serial: int | None = None) -> bytes:
    head = f"event: {name}\n" + (f"id: {serial}\n" if serial is not None else "")
    return head.encode() + b"data: " + data + b"\n\n"


def _now() -> float:
    return asyncio.get_running_loop().time()
