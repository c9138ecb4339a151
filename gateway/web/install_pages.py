"""The pages of installing: what is unfinished, a home and its devices, the test of every point, what is to be claimed."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.accounts.roles import May
from gateway.operations import installing
from gateway.web.access import SomePerson, reach_of, who_of
from gateway.web.context import Context
from gateway.web.home_tests import due_points, test_now
from gateway.web.install import (
    NAME_CHARS_MAX,
    FittedNow,
    PlaceId,
    fitted_page,
    fitted_place,
    named_reach,
)
from gateway.web.needs import needs
from gateway.web.render import page
from gateway.web.unclaimed import candidates
from gateway.web.words import WORDS
from rules.vocabulary import DEVICE_KINDS

SHOWN_MAX: Final = 200
ROOMS: Final = (
    "客厅",
    "卧室",
    "卫生间",
    "厨房",
    "阳台",
    "入户门",
    "随身",
    "走廊",
    "正门",
)  # offered, not imposed

USUAL_FIRST: Final = ("pendant", "sos", "radar", "contact", "motion", "smoke")
KINDS: Final = (*USUAL_FIRST, *(kind for kind in DEVICE_KINDS if kind not in USUAL_FIRST))

router = APIRouter(include_in_schema=False)
Words = Annotated[str, Query(max_length=NAME_CHARS_MAX)]


@router.get("/install")
@needs(May.INSTALL, record=True)
def show_installation(
    request: Request, person: SomePerson, q: Words = "", *, unfinished: bool = False
) -> Response:
    """Homes and facilities within reach with what is missing in each."""
    found = fitted_page(request, q.strip(), SHOWN_MAX)
    places = [place for place in found.places if not (unfinished and is_finished(place))]
    return shown(
        request, "install.html", person=person, q=q.strip(), unfinished=unfinished, places=places, finished=is_finished,
        more=found.next is not None, shown_max=SHOWN_MAX,
    )  # fmt: skip


@router.get("/install/new")
@needs(May.INSTALL)
def show_new_home(request: Request, person: SomePerson) -> Response:
    """The form by which a home is registered."""
    found = installing.spots(Context.of(request).engine, reach_of(request, May.INSTALL))
    return shown(request, "install_new.html", person=person, spots=found)


@router.get("/install/unclaimed")
@needs(May.INSTALL, record=True)
async def show_unclaimed(request: Request, person: SomePerson) -> Response:
    """Devices to be claimed, data that could not be read, rejected devices."""
    found = await candidates(request)
    sites = {one.site for one in found.unclaimed}
    places = await run_in_threadpool(_choices, request, sites)
    return shown(
        request, "unclaimed.html", person=person, found=found, places=places, kinds=KINDS, room_names=ROOMS,
        reason=unread_word, can_be_registered=_can_be_registered,
    )  # fmt: skip


@router.get("/install/tests")
@needs(May.INSTALL, May.ATTEND, record=True)
def show_due_tests(request: Request, person: SomePerson) -> Response:
    """Buttons and wearables with their last proven press, home by home, what is due first on top."""
    homes: dict[str, list[Any]] = {}
    for point in due_points(request):
        homes.setdefault(point.place_id, []).append(point)
    return shown(request, "install_tests.html", person=person, homes=list(homes.values()))


@router.get("/install/{place_id}")
@needs(May.INSTALL, of="place", record=True)
def show_fitted(request: Request, place_id: PlaceId, person: SomePerson) -> Response:
    """A home or facility and its devices: register, move, take out."""
    place = fitted_place(request, place_id)
    engine, reach = Context.of(request).engine, reach_of(request, May.INSTALL)
    return shown(
        request, "install_home.html", person=person, place=place, kinds=_kinds_for(place), room_names=_rooms_of(place),
        masked=place.kind == "home" and not named_reach(request).holds(place.path),
        neighbours=installing.neighbours(engine, reach, place.site, named=named_reach(request)),
    )  # fmt: skip


@router.get("/install/{place_id}/test")
@needs(May.INSTALL, May.ATTEND, of="place", record=True)
def show_walk_test(request: Request, place_id: PlaceId, person: SomePerson) -> Response:
    """The test of every point: what to do at each device, and ticks as the hub hears them."""
    now = test_now(Context.of(request), place_id)
    ticks = {tick.device: tick.at for tick in now.ticks}
    return shown(
        request, "install_test.html", person=person, place=fitted_place(request, place_id), test=now.test, ticks=ticks,
    )  # fmt: skip


def shown(request: Request, template: str, **values: Any) -> Response:  # noqa: ANN401 what a template takes is its own
    """A page of installing, with what every one of them has: whoever is signed in, and who may."""
    installs = who_of(request).may(May.INSTALL)
    return page(request, template, names=Context.of(request).people.names(), installs=installs, **values)


def is_finished(place: FittedNow) -> bool:
    """Whether nothing is missing: devices are there, heard, proven and signed off."""
    return bool(place.points) and not place.unheard and not place.unproven and place.signed_at is not None


def unread_word(reason: str) -> str:
    """The word that says why data could not be read."""
    word = f"unread_{reason}"
    return word if word in WORDS else "unread_other"


def _kinds_for(place: FittedNow) -> list[str]:
    """What may stand there: a radio gateway in no home."""
    return [kind for kind in KINDS if not (place.kind == "home" and kind == "gateway")]


def _rooms_of(place: FittedNow) -> list[str]:
    return list(dict.fromkeys([*(point.room for point in place.points), *ROOMS]))


def _choices(request: Request, sites: set[str]) -> dict[str, list[tuple[str, str, str]]]:
    """By site, the places within reach that a device of it may be registered in."""
    engine, reach = Context.of(request).engine, reach_of(request, May.INSTALL)
    named = named_reach(request)
    return {site: installing.neighbours(engine, reach, site, named=named) for site in sites}


def _can_be_registered(device: str) -> bool:
    return len(device) <= NAME_CHARS_MAX and all(
        char.isascii() and (char.isalnum() or char in "-_") for char in device
    )
