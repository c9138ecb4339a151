"""The route about the rules' files."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from gateway.accounts.roles import May
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.problems import REJECTED, declared, imported_as

router = APIRouter(prefix="/api/v1", tags=["rules"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadReport:
    """The world's version by now, its rules, how single homes differ, which rules changed, and which of them began anew.

    `rule@place` stands for a rule that changed in that place only.
    """

    ok: bool
    version: int
    rules: list[str]
    differences: list[str]
    changed: list[str]
    anew: list[str]
    warnings: list[str]


@router.post("/rules/reload", responses=declared(503) | REJECTED, response_model=ReloadReport)
@needs(May.SYSTEM, of="everywhere")
async def reload_rules(request: Request) -> Response:
    """Read the rule files again and judge by them from now on; 422 lists mistakes by file, line and column.

    Where there are mistakes, nothing changes: the rules before them go on.
    """
    return imported_as(await Context.of(request).port.reload_rules())
