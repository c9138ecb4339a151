"""The ledger of fittings (适老化改造台账) and sign-off sheets: routes, pages, and the list as CSV."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.accounts.roles import May
from gateway.fitting.ledger_csv import csv_text
from gateway.operations import ledger
from gateway.operations.ledger import ItemView, NewItem, OpenPointsError, SignOffView
from gateway.registry.checks import FIELD_LENGTH_MAX
from gateway.web.access import SomePerson, reach_of
from gateway.web.context import Context
from gateway.web.install import PlaceId, by_of, fitted_place, named_reach
from gateway.web.install_pages import shown
from gateway.web.needs import needs
from gateway.web.paging import Cursor, first, read
from gateway.web.problems import declared, refuse
from gateway.web.render import clock_time, language_of
from gateway.web.words import LANGUAGES, WORDS
from rules.local_time import local_day
from rules.vocabulary import DEVICE_KINDS

LIMIT = 500
NOTE_CHARS_MAX = 500
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
POINTS_MAX = 500

api = APIRouter(prefix="/api/v1/install", tags=["install"])
pages = APIRouter(include_in_schema=False)


def _written(text: str) -> str:
    if not text.strip():
        raise ValueError("write something")
    return text.strip()


def _a_day(text: str) -> str:
    if text and (DAY.fullmatch(text) is None or not _is_real(text)):
        raise ValueError("write a day as 2026-03-02")
    return text


def _is_real(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


Text = Annotated[str, Field(max_length=FIELD_LENGTH_MAX)]
Filled = Annotated[str, Field(max_length=FIELD_LENGTH_MAX), AfterValidator(_written)]
Note = Annotated[str, Field(max_length=NOTE_CHARS_MAX)]
Day = Annotated[str, Field(max_length=10), AfterValidator(_a_day)]


class Fitting(BaseModel):
    """Something that was fitted and is no device: 扶手, 防滑地面. By default it is of today, and by whoever enters it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"item": "扶手", "room": "卫生间", "day": "2026-03-02", "installer": "小刘"}]
        },
    )
    item: Filled
    room: Text = ""
    day: Day = ""
    installer: Text = ""
    note: Note = ""


class Accepting(BaseModel):
    """Who accepts an installation, and why any of its points is not proven (the reason by device)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"accepted_by": "女儿 陈静", "open_points": {"H0001-radar": "等网线，周五再装"}, "note": ""}
            ]
        },
    )
    accepted_by: Filled
    open_points: Annotated[
        dict[Annotated[str, Field(max_length=64)], Text], Field(max_length=POINTS_MAX)
    ] = {}
    note: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What was fitted at a place, and its last sign-off."""

    place: str
    items: list[ItemView]
    sign_off: SignOffView | None


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Some lines of the ledger by day, and the cursor for those that follow."""

    items: list[ItemView]
    next: str | None


@api.get("/ledger", responses=declared(422))
@needs(May.INSTALL, record=True)
def read_ledger(
    request: Request, limit: Annotated[int, Query(ge=1, le=LIMIT)] = LIMIT, cursor: Cursor = None
) -> LedgerPage:
    """The ledger of the part of the tree within reach (适老化改造台账), by day."""
    behind = read(cursor, tuple[str, str]) if cursor is not None else None
    found = _ledger(request, limit=limit + 1, behind=behind)
    return LedgerPage(*first(found, lambda item: (item.day, item.id), limit))


@api.get("/places/{place_id}/ledger", responses=declared(404, 422))
@needs(May.INSTALL, of="place", record=True)
def read_sheet(request: Request, place_id: PlaceId) -> Sheet:
    """What was fitted at a place, and its last sign-off."""
    return _sheet(request, place_id)


@api.post("/places/{place_id}/ledger", responses=declared(404, 422), status_code=201)
@needs(May.INSTALL, of="place")
def enter_fitting(request: Request, place_id: PlaceId, fitting: Fitting) -> Sheet:
    """Enter something that was fitted; devices are entered by the sign-off itself."""
    fitted_place(request, place_id)
    new = NewItem(
        item=fitting.item, room=fitting.room.strip(), day=fitting.day or _today(request),
        installer=fitting.installer.strip() or by_of(request), note=fitting.note.strip(),
    )  # fmt: skip
    ledger.add_item(Context.of(request).engine, place_id, new, by=by_of(request), at=_now(request))
    return _sheet(request, place_id)


@api.delete("/places/{place_id}/ledger/{item_id}", responses=declared(404, 422))
@needs(May.INSTALL, of="place")
def strike_fitting(
    request: Request, place_id: PlaceId, item_id: Annotated[str, Path(max_length=64)]
) -> Sheet:
    """Strike a line that was entered by mistake. 404: there is none that is not accepted yet."""
    if not ledger.drop_item(Context.of(request).engine, place_id, item_id):
        raise refuse(404, "unknown")
    return _sheet(request, place_id)


@api.post("/places/{place_id}/sign-off", responses=declared(404, 422), status_code=201)
@needs(May.INSTALL, of="place")
def sign_off(request: Request, place_id: PlaceId, accepting: Accepting) -> Sheet:
    """Sign an installation off (验收): every device is proven where it is now, or has a reason why not."""
    fitted_place(request, place_id)
    try:
        ledger.sign_off(
            Context.of(request).engine, place_id, accepted_by=accepting.accepted_by, reasons=accepting.open_points,
            note=accepting.note.strip(), by=by_of(request), day=_today(request), at=_now(request),
        )  # fmt: skip
    except OpenPointsError as still:
        raise refuse(422, "open_points", devices=", ".join(still.devices)) from still
    return _sheet(request, place_id)


@pages.get("/install/ledger")
@needs(May.INSTALL, record=True)
def show_ledger(request: Request, person: SomePerson) -> Response:
    """The ledger as a list, newest day first."""
    return shown(request, "ledger.html", person=person, items=_ledger(request)[::-1], kinds=DEVICE_KINDS)


@pages.get("/install/ledger.csv")
@needs(May.INSTALL, record=True)
def download_ledger(request: Request) -> Response:
    """The ledger as CSV, for a spreadsheet."""
    at = LANGUAGES.index(language_of(request))
    zone, now = ZoneInfo(Context.of(request).settings.zone), _now(request)
    columns = (
        "day",
        "where",
        "path",
        "place",
        "name",
        "item",
        "device",
        "room",
        "installer",
        "accepted",
        "note",
    )
    head = [WORDS[f"ledger_{column}"][at] for column in columns]
    rows = [
        (
            item.day, item.where, item.path, item.place_id, item.name, item_word(item.item, at), item.device_id, item.room,
            item.installer, f"{item.accepted_by} {clock_time(item.accepted_at, zone, now)}" if item.accepted_at else "",
            item.note,
        )
        for item in _ledger(request)
    ]  # fmt: skip
    headers = {"Content-Disposition": 'attachment; filename="ledger.csv"'}
    return Response(csv_text(head, rows), media_type="text/csv; charset=utf-8", headers=headers)


@pages.get("/install/{place_id}/sheet")
@needs(May.INSTALL, of="place", record=True)
def show_sheet(request: Request, place_id: PlaceId, person: SomePerson) -> Response:
    """The sign-off sheet of a place, to be printed on one A4."""
    place, sheet = fitted_place(request, place_id), _sheet(request, place_id)
    entered = {item.device_id for item in sheet.items}
    return shown(
        request, "sheet.html", person=person, place=place, sheet=sheet, kinds=DEVICE_KINDS, today=_today(request),
        proven={point.id: point.proven_at for point in place.points},
        waiting=[point for point in place.points if point.id not in entered],
        open_points=[point for point in place.points if point.proven_at is None],
    )  # fmt: skip


def item_word(item: str, language: int) -> str:
    """A kind of device in words; whatever else was fitted as it was written."""
    return WORDS[f"device_{item}"][language] if item in DEVICE_KINDS else item


def _ledger(
    request: Request, *, limit: int | None = None, behind: tuple[str, str] | None = None
) -> list[ItemView]:
    reach, named = reach_of(request, May.INSTALL), named_reach(request)
    return ledger.ledger(Context.of(request).engine, reach, named=named, limit=limit, behind=behind)


def _sheet(request: Request, place_id: str) -> Sheet:
    engine = Context.of(request).engine
    items = ledger.of_place(engine, place_id, named=named_reach(request))
    return Sheet(place=place_id, items=items, sign_off=ledger.last_sign_off(engine, place_id))


def _now(request: Request) -> int:
    return Context.of(request).port.health().hub_now_ms


def _today(request: Request) -> str:
    return local_day(_now(request), ZoneInfo(Context.of(request).settings.zone)).isoformat()


router = APIRouter()
router.routes.extend([*api.routes, *pages.routes])
