"""The routes that ask for a backup. They tell where it lies, never what is in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from gateway.accounts.roles import May
from gateway.web.backtest import Begun
from gateway.web.context import Context
from gateway.web.needs import needs
from gateway.web.port import BackupState
from gateway.web.problems import declared, refuse

router = APIRouter(prefix="/api/v1", tags=["operation"])


@router.post("/backup", status_code=202, responses=declared(409))
@needs(May.SYSTEM, of="everywhere")
async def begin_backup(request: Request, *, archive: bool = True) -> Begun:
    """Begin a backup within the hub's data folder; answers with the id to ask after. 409 while another is at work.

    ``archive=false`` leaves the archive out, whose files never change.
    """
    found = Context.of(request).port.begin_backup(archive=archive)
    if found is None:
        raise refuse(409, "busy_backup")
    return Begun(found)


@router.get("/backup/{backup_id}", responses=declared(404))
@needs(May.SYSTEM, of="everywhere")
async def read_backup(request: Request, backup_id: Annotated[str, Path(max_length=64)]) -> BackupState:
    """How far it is: ``state`` is running, done (then ``folder`` says where on the hub's machine) or failed (``error``)."""
    found = Context.of(request).port.backup(backup_id)
    if found is None:
        raise refuse(404, "unknown_backup")
    return found
