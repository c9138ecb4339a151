"""How many alerts are open, as far as everybody may know it: of each community what may be told, and the hub's own."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Engine, func, select

from gateway.alerts.cells import cell
from gateway.alerts.own import DESK_PLACE, HUB_PLACE
from gateway.alerts.record import station_of
from gateway.operations.tables import Alert, Place

FAULT = "device"


def open_told(engine: Engine) -> int:
    """The sum of the communities' counts, by severity and with faults apart as an area's page has them, that are not hidden."""
    query = (
        select(Alert.place_id, Place.path, Alert.kind, Alert.severity, func.count())
        .outerjoin(Place, Place.id == Alert.place_id)
        .where(Alert.state != "closed")
        .group_by(Alert.place_id, Place.path, Alert.kind, Alert.severity)
    )
    counted: Counter[tuple[str, str]] = Counter()
    own = 0
    with engine.connect() as connection:
        for place, path, kind, severity, many in connection.execute(query):
            if place == HUB_PLACE or place.startswith(DESK_PLACE):
                own += many
            else:
                counted[station_of(path or ""), FAULT if kind == FAULT else severity] += many
    return own + sum(found.low for many in counted.values() if not (found := cell(many)).hidden)
