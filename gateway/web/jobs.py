"""Faults of devices as jobs (工单): the routes and the page. Taken, substituted within two service hours, fixed, proven."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import jobs
from gateway.operations.jobs import JobView
from gateway.web.access import SomePerson, reach_of
from gateway.web.acts import Reason
from gateway.web.context import Context
from gateway.web.install import by_of, named_reach
from gateway.web.install_pages import shown
from gateway.web.needs import needs
from gateway.web.paging import Cursor, cut
from gateway.web.problems import declared, refuse

LIMIT = 500
MAY = (May.INSTALL, May.DEVICES)

api = APIRouter(prefix="/api/v1/install", tags=["install"])
pages = APIRouter(include_in_schema=False)
JobId = Annotated[str, Path(max_length=128)]
REFUSALS = declared(404, 409, 422)


class Doing(BaseModel):
    """What stands in for the device meanwhile, or what was done to mend it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"what": "换上备用吊坠"}]})
    what: Reason


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, what is overdue first, and the cursor for those that follow."""

    jobs: list[JobView]
    next: str | None


@api.get("/jobs", responses=declared(422))
@needs(*MAY, record=True)
def read_jobs(
    request: Request,
    state: Literal["standing", "over"] = "standing",
    limit: Annotated[int, Query(ge=1, le=LIMIT)] = LIMIT,
    cursor: Cursor = None,
) -> JobPage:
    """Faults of devices within reach (工单): those that stand, or those that are over, the last opened on top."""
    found = list(enumerate(jobs_now(request, over=state == "over")))
    page, following = cut(found, lambda numbered: (numbered[0],), cursor, limit, tuple[int])
    return JobPage([job for _, job in page], following)


@api.post("/jobs/{job_id}/take", responses=REFUSALS)
@needs(*MAY)
async def take_job(request: Request, job_id: JobId) -> JobView:
    """Take a job: whoever asks sees to it from now on."""
    return await _done(
        request, job_id, lambda engine, at: jobs.take(engine, job_id, owner=by_of(request), at=at)
    )


@api.post("/jobs/{job_id}/substitute", responses=REFUSALS)
@needs(*MAY)
async def substitute_job(request: Request, job_id: JobId, doing: Doing) -> JobView:
    """Say what stands in for the device meanwhile: due within two service hours (JGJ/T 484)."""
    by = by_of(request)
    return await _done(
        request, job_id, lambda engine, at: jobs.substitute(engine, job_id, what=doing.what, by=by, at=at)
    )


@api.post("/jobs/{job_id}/fix", responses=REFUSALS)
@needs(*MAY)
async def fix_job(request: Request, job_id: JobId, doing: Doing) -> JobView:
    """Say what was done to mend it; the job is over when the device is heard after that, and not before."""
    by = by_of(request)
    return await _done(
        request, job_id, lambda engine, at: jobs.fix(engine, job_id, what=doing.what, by=by, at=at)
    )


@pages.get("/install/jobs")
@needs(*MAY, record=True)
def show_jobs(request: Request, person: SomePerson) -> Response:
    """The jobs that stand, what is overdue on top; below them what was done lately."""
    return shown(
        request, "jobs.html", person=person, standing=jobs_now(request, over=False),
        over=jobs_now(request, over=True)[:DONE_SHOWN],
    )  # fmt: skip


DONE_SHOWN = 20


def jobs_now(request: Request, *, over: bool, job_id: str = "") -> list[JobView]:
    """The jobs within reach as they are now; whatever alerts have opened and messages have proven is noted first."""
    context = Context.of(request)
    now = context.port.health().hub_now_ms
    jobs.settle_jobs(context.engine, now, _heard_at(context))
    return jobs.jobs(
        context.engine, reach_of(request, *MAY), named=named_reach(request), hours_of=context.port.service_hours(),
        now=now, over=over, job_id=job_id,
    )  # fmt: skip


def _heard_at(context: Context) -> Callable[[Collection[str]], Mapping[str, int | None]]:
    return lambda names: {name: heard.at for name, heard in context.port.heard(names).items()}


async def _done(request: Request, job_id: str, act: Callable[..., str]) -> JobView:
    """Do it to a job within reach; refuses one that is over."""
    context = Context.of(request)

    def do() -> JobView:
        path = jobs.job_place(context.engine, job_id)
        if path is None or not reach_of(request, *MAY).holds(path):
            raise refuse(404, "unknown")
        if act(context.engine, context.port.health().hub_now_ms):
            raise refuse(409, "job_over")
        found = jobs_now(request, over=True, job_id=job_id)
        if not found:
            raise refuse(404, "unknown")
        return found[0]

    return await run_in_threadpool(do)


router = APIRouter()
router.routes.extend([*api.routes, *pages.routes])
