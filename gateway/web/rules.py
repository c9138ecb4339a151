"""The route about the rules' files."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from gateway.web.context import Context
from gateway.web.problems import declared

router = APIRouter(prefix="/api/v1", tags=["rules"])


@router.post("/rules/reload", responses=declared(503))
async def reload_rules(request: Request) -> Response:
    """Read the rule files again and judge by them from now on; 422 lists mistakes by file, line and column.

    Where there are mistakes, nothing changes: the rules before them go on.
    """
    done = await Context.of(request).port.reload_rules()
    report: dict[str, Any] = {"ok": done.ok, **done.report}
    return JSONResponse(report, 200 if done.ok else 422)
