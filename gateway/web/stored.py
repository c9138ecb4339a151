"""The routes about what is kept in the store: exports, and rows that it refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from gateway.accounts.roles import May
from gateway.web.context import Context
from gateway.web.data import TIME_MS_MAX, Name
from gateway.web.needs import needs
from gateway.web.paging import Cursor, read, written
from gateway.web.port import Export, RefusedRow, Retried
from gateway.web.problems import declared, refuse, sendable
from gateway.web.quarantine import Dropped

EXPORT_MS_MAX = 86_400_000

router = APIRouter(prefix="/api/v1", tags=["data"])


PARQUET = "application/vnd.apache.parquet"
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {PARQUET: {"schema": {"type": "string", "format": "binary"}}},
        "description": "A Parquet file.",
    }
}


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """Some rows that the store refused, and the cursor for those that follow; the last page may be empty."""

    rows: Sequence[RefusedRow]
    next: str | None


@router.get("/readings/export", responses=FILE | declared(422, 503), response_class=FileResponse)
@needs(May.SYSTEM, of="everywhere", record=True)
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
    return FileResponse(file, media_type=PARQUET, background=done)


@router.get("/refused", responses=declared(422, 503))
@needs(May.SYSTEM, of="everywhere")
async def read_refused(
    request: Request, limit: Annotated[int, Query(ge=1, le=1_000)] = 100, cursor: Cursor = None
) -> RefusedRows:
    """Rows that the store refused, newest first, each with its reason; they are kept for a month."""
    before = None if cursor is None else read(cursor, tuple[int])[0]
    found = await Context.of(request).port.refused_rows(limit, before=before)
    rows = [_sendable(row) for row in found]
    return RefusedRows(rows, written(found[-1].id) if len(found) == limit else None)


@router.post("/refused/retry", responses=declared(503))
@needs(May.SYSTEM, of="everywhere")
async def retry_refused(request: Request) -> Retried:
    """Write the rows that the store refused again; what is refused once more stays."""
    return await Context.of(request).port.retry_refused()


@router.delete("/refused", responses=declared(503))
@needs(May.SYSTEM, of="everywhere")
async def drop_refused(request: Request) -> Dropped:
    """Forget the rows that the store refused; says how many."""
    return Dropped(dropped=await Context.of(request).port.drop_refused())


def _sendable(row: RefusedRow) -> RefusedRow:
    """What no store would take may be text that no answer could carry either."""
    return replace(
        row,
        reason=sendable(row.reason),
        device=sendable(row.device),
        place=sendable(row.place),
        metric=sendable(row.metric),
        text=sendable(row.text),
    )
