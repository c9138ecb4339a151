"""The routes about what is kept in the store: exports, and rows that it refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from gateway.web.context import Context
from gateway.web.data import TIME_MS_MAX, Name
from gateway.web.port import Export, RefusedRow, Retried
from gateway.web.problems import declared, refuse

EXPORT_MS_MAX = 86_400_000

router = APIRouter(prefix="/api/v1", tags=["data"])


@router.get("/readings/export", responses=declared(422, 503), response_class=FileResponse)
async def export_readings(
    request: Request,
    *,
    from_ms: Annotated[int, Query(alias="from", ge=0, le=TIME_MS_MAX)],
    to_ms: Annotated[int, Query(alias="to", ge=0, le=TIME_MS_MAX)],
    device: Name = "",
    place: Name = "",
    metric: Name = "",
) -> FileResponse:
    """Readings of store and archive as a Parquet file, at most a day at once; `carehub export readings` asks for more."""
    if not 0 < to_ms - from_ms <= EXPORT_MS_MAX:
        raise refuse(422, "invalid", what="'to' must lie after 'from' and within a day (epoch ms)")
    wanted = Export(from_ms=from_ms, to_ms=to_ms, device=device, place=place, metric=metric)
    file = await Context.of(request).port.export(wanted)
    done = BackgroundTask(file.unlink, missing_ok=True)
    return FileResponse(file, media_type="application/vnd.apache.parquet", background=done)


@router.get("/refused", responses=declared(422, 503))
async def read_refused(
    request: Request, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
) -> dict[str, Sequence[RefusedRow]]:
    """Rows that the store refused, newest first, each with its reason; they are kept for a month."""
    return {"rows": await Context.of(request).port.refused_rows(limit)}


@router.post("/refused/retry", responses=declared(503))
async def retry_refused(request: Request) -> Retried:
    """Write them again; what is refused once more stays."""
    return await Context.of(request).port.retry_refused()


@router.delete("/refused", responses=declared(503))
async def drop_refused(request: Request) -> dict[str, int]:
    """Forget them."""
    return {"dropped": await Context.of(request).port.drop_refused()}
