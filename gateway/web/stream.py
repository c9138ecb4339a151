"""The live stream: one server-sent event per changed alert or place, and a beat by which a reader knows it is connected."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import views
from gateway.web.changes import Change
from gateway.web.context import Context, is_held
from gateway.web.needs import needs
from gateway.web.port import Health
from gateway.web.problems import declared, refuse

BEAT_S = 5.0
LOOK_S = 1.0  # how soon a changed state of the hub (feed lost, speed) reaches the pages
STREAMS_MAX = 256
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
            "a place whose mode, silences or held alerts have changed), and `reload` (too much was missed: read "
            "everything anew). The id of an event goes back as Last-Event-ID."
        ),
    }
}


class Encoded:
    """Alerts as the stream sends them, read and encoded once per change however many are listening."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Change, asyncio.Task[bytes]] = OrderedDict()

    async def of(self, context: Context, change: Change) -> bytes:
        """Give the event for a change; ``reload`` where the alert is not to be had."""
        task = self._kept.get(change)
        if task is None:
            task = self._kept[change] = asyncio.create_task(self._read(context, change))
            if len(self._kept) > ENCODED_MAX:
                self._kept.popitem(last=False)
        try:
            return await asyncio.shield(task)
        except Exception:
            self._kept.pop(change, None)  # the next reader tries anew
            raise

    async def _read(self, context: Context, change: Change) -> bytes:
        if change.place:
            return _event("place", msgspec.json.encode({"id": change.place}), change.serial)
        alert = None
        if change.alert:
            alert = await run_in_threadpool(views.alert_view, context.engine, change.alert)
        if alert is None:
            return _event("reload", b"{}", change.serial)
        return _event("alert", msgspec.json.encode(alert), change.serial)


@router.get("/stream", response_class=StreamingResponse, responses=EVENTS | declared(422, 503))
@needs(May.RING)
async def stream(
    request: Request,
    last_event_id: Annotated[str | None, Header(max_length=32)] = None,
    after: Annotated[int | None, Query(ge=0, le=SERIAL_MAX)] = None,
) -> StreamingResponse:
    """Follow every change of an alert or a place (server-sent events); catches up from Last-Event-ID (or ``after``)."""
    context = Context.of(request)
    if context.port.changes.readers >= STREAMS_MAX:
        raise refuse(503, "full")
    if last_event_id is not None:
        # What is no number of ours cannot be caught up from: 0 is older than anything kept.
        after = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else 0
    return StreamingResponse(
        _follow(context, after, request.app.state.encoded),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _follow(context: Context, after: int | None, encoded: Encoded) -> AsyncIterator[bytes]:
    with context.port.changes.subscribe(after) as subscription:
        health = context.port.health()
        yield b"retry: 1000\n\n"
        yield _event("hello", _beat(health), subscription.begins)
        told, due = _state(health), _now() + BEAT_S
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    change = await subscription.get()
                if change is None:
                    return
                yield await encoded.of(context, change)
            except TimeoutError:
                pass
            health = context.port.health()
            if _state(health) != told or _now() >= due:
                yield _event("beat", _beat(health))
                told, due = _state(health), _now() + BEAT_S


def _state(health: Health) -> tuple[object, ...]:
    return (
        health.speed,
        health.driven,
        health.feed_lost_since,
        health.ready,
        health.reasons,
        health.unrecorded,
    )


def _beat(health: Health) -> bytes:
    return msgspec.json.encode(
        {
            "hub_now_ms": health.hub_now_ms,
            "speed": health.speed,
            "driven": health.driven,
            "held": is_held(health),
            "feed_lost_since": health.feed_lost_since,
            "ready": health.ready,
            "reasons": health.reasons,
            "unrecorded": health.unrecorded,
        }
    )


def _event(name: str, data: bytes, serial: int | None = None) -> bytes:
    head = f"event: {name}\n" + (f"id: {serial}\n" if serial is not None else "")
    return head.encode() + b"data: " + data + b"\n\n"


def _now() -> float:
    return asyncio.get_running_loop().time()
