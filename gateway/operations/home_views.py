"""Reads about what holds alerts back: modes of homes, silences, and the alerts that were held back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

from sqlalchemy import ColumnElement, Engine, or_, select, true
from sqlalchemy.orm import Session

from gateway.accounts.who import EVERYTHING, Reach
from gateway.operations.answers import HeldView, HomeInMode, ModeView, PlaceState, PlaceView, SilenceView
from gateway.operations.tables import Device, HeldAlert, HomeMode, Place, Silence
from gateway.operations.views import place_view, where, who
from gateway.operations.whereabouts import about_within, places_within, within

SHOWN_MAX = 20


def place(engine: Engine, place_id: str) -> PlaceView | None:
    """One home or facility with its devices."""
    with Session(engine) as session:
        row = session.get(Place, place_id)
        return place_view(session, [row])[0] if row else None


def places_named(engine: Engine, ids: Iterable[str]) -> dict[str, PlaceView]:
    """These places by id; those that are not registered are left out."""
    with Session(engine) as session:
        rows = session.scalars(select(Place).where(Place.id.in_(list(ids)))).all()
        return {found.id: found for found in place_view(session, rows)}


def find(engine: Engine, words: str, limit: int = SHOWN_MAX, *, reach: Reach = EVERYTHING) -> list[PlaceView]:
    """Homes and facilities within reach in whose name, address, path or id every one of these words stands, by id."""
    query = select(Place).where(within(reach, Place.path)).order_by(Place.id).limit(limit)
    for word in words.split()[:5]:
        columns = (Place.name, Place.address, Place.path, Place.id)
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    with Session(engine) as session:
        return place_view(session, session.scalars(query).all())


def place_state(engine: Engine, place_id: str, now: int) -> PlaceState:
    """What holds alerts of a place back at hub time ``now``, and what was held back lately."""
    with Session(engine) as session:
        modes = session.scalars(
            select(HomeMode)
            .where(HomeMode.place_id == place_id)
            .order_by(HomeMode.id.desc())
            .limit(SHOWN_MAX)
        )
        known = [_mode(row) for row in modes]
        return PlaceState(
            mode=next((mode for mode in known if mode.ended_at is None), None),
            modes=known,
            silences=_silences(session, _in_force(now), Silence.place_id.in_((place_id, ""))),
            held=_held(session, HeldAlert.place_id == place_id, SHOWN_MAX),
        )


def homes_in_mode(engine: Engine, reach: Reach = EVERYTHING) -> list[HomeInMode]:
    """Every home within reach with a mode on, the one that ends first on top."""
    with Session(engine) as session:
        rows = session.execute(
            select(HomeMode, Place)
            .join(Place, Place.id == HomeMode.place_id)
            .where(HomeMode.ended_at.is_(None), within(reach, Place.path))
            .order_by(HomeMode.until, HomeMode.place_id)
        ).all()
        return [
            HomeInMode(place_id=home.id, who=who(home, home.id), where=where(home, ""), mode=_mode(mode))
            for mode, home in rows
        ]


def silences(engine: Engine, now: int, reach: Reach = EVERYTHING) -> list[SilenceView]:
    """Every silence in force at hub time ``now`` that is about what lies within reach, the one that ends first on top.

    One that is about a rule only concerns everybody whose alerts it holds back: it is given to all.
    """
    places = places_within(reach)
    devices = select(Device.id).where(Device.place_id.in_(places))
    about = or_(
        Silence.place_id.in_(places),
        Silence.device_id.in_(devices),
        (Silence.place_id == "") & (Silence.device_id == ""),
    )
    with Session(engine) as session:
        return _silences(session, _in_force(now), true() if reach.everything else about)


def silence(engine: Engine, silence_id: str) -> SilenceView | None:
    """One silence, also one that is over."""
    with Session(engine) as session:
        return next(iter(_silences(session, Silence.id == silence_id)), None)


def held(engine: Engine, since: int, limit: int = SHOWN_MAX, *, reach: Reach = EVERYTHING) -> list[HeldView]:
    """Alerts within reach held back since then and not told meanwhile, newest first."""
    which = (HeldAlert.held_at >= since) & HeldAlert.told_at.is_(None)
    with Session(engine) as session:
        return _held(session, which & about_within(reach, HeldAlert.place_id), limit)


def _in_force(now: int) -> ColumnElement[bool]:
    return Silence.ended_at.is_(None) & (Silence.until > now)


def _silences(session: Session, *which: ColumnElement[bool]) -> list[SilenceView]:
    query = select(Silence, Place).outerjoin(Place, Place.id == Silence.place_id).where(*which)
    own = [field.name for field in fields(SilenceView) if field.name != "who"]
    return [
        SilenceView(
            **{name: getattr(row, name) for name in own},
            who=who(home, row.place_id) if row.place_id else None,
        )
        for row, home in session.execute(query.order_by(Silence.until, Silence.id))
    ]


def _held(session: Session, which: ColumnElement[bool], limit: int) -> list[HeldView]:
    query = select(HeldAlert).where(which).order_by(HeldAlert.held_at.desc(), HeldAlert.id).limit(limit)
    rows: Sequence[HeldAlert] = session.scalars(query).all()
    wanted = {row.place_id for row in rows}
    homes = {found.id: found for found in session.scalars(select(Place).where(Place.id.in_(wanted)))}
    own = [field.name for field in fields(HeldView) if field.name not in ("who", "where")]
    return [
        HeldView(
            **{name: getattr(row, name) for name in own},
            who=who(homes.get(row.place_id), row.place_id),
            where=where(homes.get(row.place_id), row.room),
        )
        for row in rows
    ]


def _mode(row: HomeMode) -> ModeView:
    return ModeView(**{field.name: getattr(row, field.name) for field in fields(ModeView)})
