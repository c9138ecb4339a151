"""Faults of devices as jobs (工单): opened by alerts, one for a device while its fault stands, proven by a message.

A job is derived from alerts whenever jobs are looked at: where nobody has looked its clock runs all the same, from the moment
the alert was raised.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.accounts.who import Reach
from gateway.fitting.service_hours import LIFE_AFFECTING, SUBSTITUTE_WITHIN_MS, Hours, is_overdue
from gateway.operations.installing import shown_name, spot_of
from gateway.operations.tables import Alert, Device, FaultJob, Place
from gateway.operations.whereabouts import within

# Alerts about devices that are no fault to be mended: a test that is due has a list of its own.
NO_FAULT: Final = ("test_overdue",)
JOBS_MAX: Final = 500  # shown at once
BACK_MS: Final = 31 * 86_400_000  # how far back alerts become jobs

HeardAt = Callable[[Collection[str]], Mapping[str, int | None]]
HoursOf = Callable[[str, str], Hours]  # of a place by id and path


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A fault of a device. ``state``: open, taken, substituted, fixed (not proven yet), proven (over).

    ``substitute_due`` is None for a device that no life depends on.
    """

    id: str
    number: int
    device_id: str
    device_kind: str
    room: str
    place_id: str
    name: str
    where: str
    title: dict[str, str]
    state: str
    opened_at: int
    owner: str
    substitute: str
    substitute_at: int | None
    substitute_by: str
    substitute_due: int | None
    overdue: bool
    fixed: str
    fixed_at: int | None
    fixed_by: str
    proven_at: int | None


def settle_jobs(engine: Engine, now: int, heard_at: HeardAt) -> None:
    """Open a job for each device whose fault has none yet, and end those that are proven."""
    with Session(engine) as session, session.begin():
        _open(session, now)
        session.flush()
        _end(session, heard_at)


def jobs(
    engine: Engine,
    reach: Reach,
    *,
    named: Reach,
    hours_of: HoursOf,
    now: int,
    over: bool = False,
    job_id: str = "",
) -> list[JobView]:
    """Jobs within reach: those that stand, the one that is overdue longest first, or those that are ``over``."""
    where = [
        within(reach, Place.path),
        FaultJob.proven_at.is_not(None) if over else FaultJob.proven_at.is_(None),
    ]
    if job_id:
        where = [within(reach, Place.path), FaultJob.alert_id == job_id]
    query = (
        select(FaultJob, Place, Alert, Device.room)
        .join(Place, Place.id == FaultJob.place_id)
        .join(Alert, Alert.id == FaultJob.alert_id)
        .join(
            Device, Device.id == FaultJob.device_id, isouter=over
        )  # a device that was taken out has no fault to mend
        .where(*where)
        .order_by(FaultJob.opened_at.desc() if over else FaultJob.opened_at, FaultJob.alert_id)
        .limit(JOBS_MAX)
    )
    with Session(engine) as session:
        found = [
            _view(job, place, alert, room or "", named=named, hours=hours_of(place.id, place.path), now=now)
            for job, place, alert, room in session.execute(query)
        ]
    return (
        found
        if over
        else sorted(found, key=lambda job: (not job.overdue, job.substitute_due or 1 << 62, job.opened_at))
    )


def job_place(engine: Engine, job_id: str) -> str | None:
    """The path of the place a job is about; None where there is no such job."""
    query = (
        select(Place.path).join(FaultJob, FaultJob.place_id == Place.id).where(FaultJob.alert_id == job_id)
    )
    with Session(engine) as session:
        return session.scalar(query)


def take(engine: Engine, job_id: str, *, owner: str, at: int) -> str:
    """Somebody sees to it; why not, '' when they do. A job may be taken over from somebody."""
    with Session(engine) as session, session.begin():
        job = session.get_one(FaultJob, job_id)
        if job.proven_at is not None:
            return "over"
        job.owner, job.owned_at = owner, at
        return ""


def substitute(engine: Engine, job_id: str, *, what: str, by: str, at: int) -> str:
    """Something stands in for the device meanwhile; why not, '' when it does. The first time counts for the clock."""
    with Session(engine) as session, session.begin():
        job = session.get_one(FaultJob, job_id)
        if job.proven_at is not None:
            return "over"
        if job.substitute_at is None:
            job.substitute_at, job.substitute_by = at, by
        job.substitute = what
        return ""


def fix(engine: Engine, job_id: str, *, what: str, by: str, at: int) -> str:
    """The device was repaired or replaced; why not, '' when it was. It is proven by what is heard from it after that."""
    with Session(engine) as session, session.begin():
        job = session.get_one(FaultJob, job_id)
        if job.proven_at is not None:
            return "over"
        job.fixed, job.fixed_at, job.fixed_by = what, at, by
        return ""


def _open(session: Session, now: int) -> None:
    """An alert opens a job unless it came while a job of its device stood."""
    since = now - BACK_MS
    alerts = session.execute(
        select(
            Alert.id,
            Alert.device_id,
            Alert.place_id,
            Alert.rule,
            Alert.raised_at,
            Device.kind,
            Device.place_id,
        )
        .join(Device, Device.id == Alert.device_id)
        .outerjoin(FaultJob, FaultJob.alert_id == Alert.id)
        .where(
            Alert.kind == "device",
            Alert.rule.not_in(NO_FAULT),
            Alert.raised_at >= since,
            FaultJob.alert_id.is_(None),
            (Alert.verdict.is_(None)) | (Alert.verdict.not_in(("false", "test", "merged"))),
        )
        .order_by(Alert.raised_at, Alert.number)
    ).all()
    if not alerts:
        return
    names = {row.device_id for row in alerts}
    spans: dict[str, list[tuple[int, int | None]]] = {name: [] for name in names}
    for job in session.scalars(select(FaultJob).where(FaultJob.device_id.in_(names))):
        spans[job.device_id].append((job.opened_at, job.proven_at))
    for alert_id, device, _, rule, raised_at, kind, place in alerts:
        if any(begin <= raised_at and (end is None or raised_at <= end) for begin, end in spans[device]):
            continue
        session.add(
            FaultJob(
                alert_id=alert_id, device_id=device, place_id=place, device_kind=kind, rule=rule, opened_at=raised_at
            )
        )  # fmt: skip
        spans[device].append((raised_at, None))


def _end(session: Session, heard_at: HeardAt) -> None:
    """A job is over when its device was heard after the repair and no alert of it stands; or when it came back by itself."""
    standing = session.scalars(select(FaultJob).where(FaultJob.proven_at.is_(None))).all()
    if not standing:
        return
    names = {job.device_id for job in standing}
    heard = heard_at(names)
    faults = select(
        Alert.device_id,
        func.max(Alert.ended_at),
        func.sum(Alert.ended_at.is_(None) & (Alert.state != "closed")),
    )
    faults = faults.where(Alert.kind == "device", Alert.rule.not_in(NO_FAULT), Alert.device_id.in_(names))
    still: dict[str, tuple[int | None, int]] = {
        device: (ended, int(open_ones or 0))
        for device, ended, open_ones in session.execute(faults.group_by(Alert.device_id))
    }
    for job in standing:
        ended, stands = still.get(job.device_id, (None, 0))
        at = heard.get(job.device_id)
        if stands or at is None:
            continue
        if job.fixed_at is not None and at > job.fixed_at:
            job.proven_at = at
        elif job.fixed_at is None and ended is not None and ended > job.opened_at and at >= ended:
            job.proven_at = ended


def _view(
    job: FaultJob, place: Place, alert: Alert, room: str, *, named: Reach, hours: Hours, now: int
) -> JobView:
    matters = job.device_kind in LIFE_AFFECTING
    until = job.proven_at if job.proven_at is not None else now
    end = job.substitute_at if job.substitute_at is not None else until
    return JobView(
        id=job.alert_id, number=alert.number, device_id=job.device_id, device_kind=job.device_kind, room=room,
        place_id=place.id, name=shown_name(place, named), where=spot_of(place), title=alert.title, state=_state(job),
        opened_at=job.opened_at, owner=job.owner, substitute=job.substitute, substitute_at=job.substitute_at,
        substitute_by=job.substitute_by,
        substitute_due=hours.after(job.opened_at, SUBSTITUTE_WITHIN_MS) if matters else None,
        overdue=matters and is_overdue(job.opened_at, end, now, hours),
        fixed=job.fixed, fixed_at=job.fixed_at, fixed_by=job.fixed_by, proven_at=job.proven_at,
    )  # fmt: skip


def _state(job: FaultJob) -> str:
    if job.proven_at is not None:
        return "proven"
    if job.fixed_at is not None:
        return "fixed"
    if job.substitute_at is not None:
        return "substituted"
    return "taken" if job.owner else "open"
