"""Reports on their way (制表 → 审核 → 上报): made, checked by somebody else, handed in; or sent back with a reason.

    made ──check──► checked ──hand_in──► handed_in
      └──────send_back──────┘──────► returned

Each step is written with who, when, and the digests of the very files it was taken over; no step is ever taken back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Engine, and_, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from gateway.accounts.who import Reach
from gateway.operations.tables import FiledReport, ReportForm, ReportSignature
from gateway.operations.whereabouts import within

NEXT: Final[dict[tuple[str, str], str]] = {
    ("made", "check"): "checked",
    ("checked", "hand_in"): "handed_in",
    ("made", "send_back"): "returned",
    ("checked", "send_back"): "returned",
}
ACTS: Final = tuple(dict.fromkeys(act for _, act in NEXT))
DRAFT_DAYS: Final = 60  # what was made and not handed in
DAY_MS: Final = 86_400_000
ROWS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Of:
    """What a report is of: its kind, its place in the tree, and of a facility its id; ``subject`` is what that is called."""

    kind: str
    at: str
    facility: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaches:
    """How far somebody reaches, by kind of report."""

    station: Reach
    facility: Reach
    area: Reach

    def holds(self, of: Of) -> bool:
        """Whether that lies within."""
        reach = (
            self.station if of.kind == "station" else self.facility if of.kind == "facility" else self.area
        )
        return reach.holds(of.at)

    def within(self, kind: InstrumentedAttribute[str], at: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """The condition that a row of that kind, at that path, lies within."""
        return or_(
            and_(kind == "station", within(self.station, at)),
            and_(kind == "facility", within(self.facility, at)),
            and_(kind == "area", within(self.area, at)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """A step: which, by whom, when (epoch ms, hub time), over files with these digests; what was said."""

    step: str
    at: int
    by: str
    by_id: int
    files: dict[str, str]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledView(Of):
    """A report that was made; ``until``: no data after that (epoch ms, hub time). ``files``: SHA-256 by name."""

    id: str
    period: str
    language: str
    until: int
    state: str
    document: str
    files: dict[str, str]
    signatures: list[SignatureView]


def file_report(
    engine: Engine,
    of: Of,
    *,
    period: str,
    language: str,
    until: int,
    document: str,
    files: Mapping[str, str],
    by: str,
    by_id: int,
    now: int,
) -> FiledView:
    """Write that it was made. The same files of the same thing again are the same report, unless it was sent back."""
    name = "\n".join(
        [of.kind, period, of.at, of.facility, language, document, *map(":".join, sorted(files.items()))]
    )
    with Session(engine) as session, session.begin():
        turn = 0
        while True:
            made_id = hashlib.sha256(f"{name}\n{turn}".encode()).hexdigest()[:32]
            known = session.get(FiledReport, made_id)
            if known is None:
                break
            if known.state != "returned":
                return _view(known, _signatures(session, known.id))
            turn += 1
        session.add(
            FiledReport(
                id=made_id, kind=of.kind, period=period, at=of.at, facility=of.facility, subject=of.subject, language=language,
                until=until, state="made", version=0, document=document, files=dict(files),
            )
        )  # fmt: skip
        session.flush()
        _sign(session, made_id, "made", now, by, by_id, dict(files), "")
        return _view(session.get_one(FiledReport, made_id), _signatures(session, made_id))


def sign(
    engine: Engine,
    report_id: str,
    act: str,
    *,
    by: str,
    by_id: int,
    note: str,
    now: int,
    again: bool = False,
) -> str:
    """Why that step was not taken, '' when it was: ``unknown``, ``state``, ``same_person``, ``reason``.

    ``again``: this may be a repeat; the step that ``by_id`` took last is not refused then, and not taken twice.
    """
    with Session(engine) as session, session.begin():
        row = session.get(FiledReport, report_id)
        if row is None:
            return "unknown"
        state = NEXT.get((row.state, act))
        if state is None:
            last = _signatures(session, report_id)[-1]
            repeat = again and last.by_id == by_id and last.step in {NEXT.get((was, act)) for was, _ in NEXT}
            return "" if repeat else "state"
        if act == "check" and any(
            one.step == "made" and one.by_id == by_id for one in _signatures(session, report_id)
        ):
            return "same_person"
        if act == "send_back" and not note.strip():
            return "reason"
        guarded = update(FiledReport).where(FiledReport.id == row.id, FiledReport.version == row.version)
        if session.execute(guarded.values(state=state, version=row.version + 1)).rowcount != 1:  # type: ignore[attr-defined]
            return "state"
        _sign(session, report_id, state, now, by, by_id, dict(row.files), note.strip())
    return ""


def filed(engine: Engine, report_id: str) -> FiledView | None:
    """That report with its way."""
    with Session(engine) as session:
        row = session.get(FiledReport, report_id)
        return _view(row, _signatures(session, report_id)) if row is not None else None


def filed_within(
    engine: Engine,
    seen: ColumnElement[bool],
    *,
    limit: int,
    behind: tuple[int, str] | None = None,
    states: Sequence[str] = (),
) -> list[FiledView]:
    """Those that may be seen (``seen_by``), the newest first."""
    query = (
        select(FiledReport).where(seen).order_by(FiledReport.until.desc(), FiledReport.id.desc()).limit(limit)
    )
    if behind is not None:
        until, name = behind
        query = query.where(
            or_(FiledReport.until < until, and_(FiledReport.until == until, FiledReport.id < name))
        )
    if states:
        query = query.where(FiledReport.state.in_(states))
    with Session(engine) as session:
        rows = session.scalars(query).all()
        return [_view(row, _signatures(session, row.id)) for row in rows]


def seen_by(read: Reaches) -> ColumnElement[bool]:
    """The condition that a report may be seen: it is within reach, or a station's that was handed in to the area."""
    handed_in = and_(FiledReport.state == "handed_in", within(read.area, FiledReport.at))
    return or_(read.within(FiledReport.kind, FiledReport.at), handed_in)


def digests_kept(engine: Engine) -> set[str]:
    """Of which files something still speaks."""
    with Session(engine) as session:
        kept = set(session.scalars(select(ReportForm.file).where(ReportForm.ended_at.is_(None))))
        for document, files in session.execute(select(FiledReport.document, FiledReport.files)):
            kept |= {document, *files.values()}
    return kept


def let_go(engine: Engine, now: int, *, days: int) -> int:
    """Drop what was never handed in after 60 days, and what was after ``days`` (0: never); how many, a bounded step."""
    drafts = and_(FiledReport.state != "handed_in", FiledReport.until < now - DRAFT_DAYS * DAY_MS)
    over = or_(drafts, FiledReport.until < now - days * DAY_MS) if days else drafts
    with Session(engine) as session, session.begin():
        ids = list(session.scalars(select(FiledReport.id).where(over).limit(ROWS_MAX)))
        session.execute(delete(FiledReport).where(FiledReport.id.in_(ids)))
    return len(ids)


def _sign(
    session: Session,
    report_id: str,
    step: str,
    at: int,
    by: str,
    by_id: int,
    files: dict[str, str],
    note: str,
) -> None:
    session.add(
        ReportSignature(report_id=report_id, step=step, at=at, by=by, by_id=by_id, files=files, note=note)
    )
    session.flush()


def _signatures(session: Session, report_id: str) -> list[SignatureView]:
    query = select(ReportSignature).where(ReportSignature.report_id == report_id).order_by(ReportSignature.id)
    return [
        SignatureView(step=one.step, at=one.at, by=one.by, by_id=one.by_id, files=one.files, note=one.note)
        for one in session.scalars(query)
    ]


def _view(row: FiledReport, signatures: list[SignatureView]) -> FiledView:
    return FiledView(
        id=row.id, kind=row.kind, period=row.period, at=row.at, facility=row.facility, subject=row.subject,
        language=row.language, until=row.until, state=row.state, document=row.document, files=dict(row.files),
        signatures=signatures,
    )  # fmt: skip
