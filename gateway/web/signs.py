"""Signs of life for machines: /healthz, /readyz and /metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from gateway.alerts.lifecycle import OPEN
from gateway.operations import views
from gateway.web.context import Context
from gateway.web.exposition import CONTENT_TYPE, exposition
from gateway.web.port import Figure, Sample

router = APIRouter(tags=["operation"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process lives; open to everybody."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Not ready; `reasons` say why."}})
async def readyz(request: Request) -> Response:
    """Say whether the hub does its work: 503 with reasons while it does not."""
    health = Context.of(request).port.health()
    body = {
        "ready": health.ready,
        "reasons": list(health.reasons),
        "warnings": list(health.warnings),
        "broker": health.broker,
        "protocol": health.protocol,
        "store": health.store,
        "feed_lost_since": health.feed_lost_since,
        "speed": health.speed,
        "driven": health.driven,
    }
    return JSONResponse(body, 200 if health.ready else 503)


@router.get("/metrics", response_class=PlainTextResponse)
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
