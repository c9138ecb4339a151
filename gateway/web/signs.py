"""Signs of life for machines: /healthz, /readyz and /metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from gateway.operations import views
from gateway.web.context import Context

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
    """Counters and gauges in Prometheus' text format."""
    return Response("\n".join(_lines(Context.of(request))) + "\n", media_type="text/plain; version=0.0.4")


def _lines(context: Context) -> Iterator[str]:
    health = context.port.health()
    values = {
        "ready": float(health.ready),
        "feed_lost": float(health.feed_lost_since is not None),
        "speed": health.speed,
        "stream_readers": float(context.port.changes.readers),
        **health.counters,
    }
    for name, value in sorted(values.items()):
        full = "carehub_" + re.sub(r"[^a-zA-Z0-9_]", "_", name)
        yield f"# TYPE {full} {'counter' if full.endswith('_total') else 'gauge'}"
        yield f"{full} {value:.15g}"
    yield "# TYPE carehub_alerts_open gauge"
    counts = views.open_counts(context.engine)
    for severity in views.SEVERITIES:
        for state in ("raised", "accepted"):
            labels = f'severity="{severity}",state="{state}"'
            yield f"carehub_alerts_open{{{labels}}} {counts.get((severity, state), 0)}"
