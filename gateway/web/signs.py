"""Signs of life for machines: /healthz, /readyz and /metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from gateway.accounts.roles import May
from gateway.alerts.lifecycle import OPEN
from gateway.operations import views
from gateway.web.context import Context
from gateway.web.exposition import CONTENT_TYPE, exposition
from gateway.web.needs import needs
from gateway.web.port import Figure, Sample

router = APIRouter(tags=["operation"])


@dataclass(frozen=True, slots=True)
class Alive:
    """That the process lives."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether the hub does its work, with ``reasons`` while it does not; ``warnings`` want attention all the same.

    ``feed_lost_since`` is hub time (epoch ms), None while the broker is heard.
    """

    ready: bool
    reasons: list[str]
    warnings: list[str]
    broker: str
    protocol: str
    store: str
    feed_lost_since: int | None
    speed: float
    driven: bool


@router.get("/healthz")
@needs()
async def healthz() -> Alive:
    """Say that the process lives; open to everybody."""
    return Alive("ok")


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Not ready; `reasons` say why."}})
@needs(May.RING, May.SYSTEM)
async def readyz(request: Request, response: Response) -> Readiness:
    """Say whether the hub does its work: 503 with reasons while it does not."""
    health = Context.of(request).port.health()
    response.status_code = 200 if health.ready else 503
    return Readiness(
        ready=health.ready,
        reasons=list(health.reasons),
        warnings=list(health.warnings),
        broker=health.broker,
        protocol=health.protocol,
        store=health.store,
        feed_lost_since=health.feed_lost_since,
        speed=health.speed,
        driven=health.driven,
    )


FIGURES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/plain": {
                "schema": {"type": "string"},
                "example": "# HELP carehub_received_total Messages.\n# TYPE carehub_received_total counter\n"
                "carehub_received_total 214\n",
            }
        }
    }
}


@router.get("/metrics", response_class=PlainTextResponse, responses=FIGURES)
@needs(May.SYSTEM, of="everywhere")
def metrics(request: Request) -> Response:
    """Counters, gauges and histograms in Prometheus' text format."""
    context = Context.of(request)
    return Response(exposition([*context.port.figures(), *_of_the_web(context)]), media_type=CONTENT_TYPE)


def _of_the_web(context: Context) -> list[Figure]:
    counts = views.open_counts(context.engine)
    return [
        Figure(
            "carehub_stream_readers",
            "gauge",
            "Open event streams: consoles that would ring.",
            (Sample(context.port.changes.readers),),
        ),
        Figure(
            "carehub_alerts_open",
            "gauge",
            "Alerts that nobody has closed yet.",
            tuple(
                Sample(counts.get((severity, state), 0), {"severity": severity, "state": state})
                for severity in views.SEVERITIES
                for state in OPEN
            ),
        ),
    ]
