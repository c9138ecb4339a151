"""Brings an alert that cannot be written to those on its first rung, and to the console."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import tzinfo

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.alerts.message import AlertFacts, PlaceFacts, Words
from gateway.alerts.words import compose
from gateway.duty.route import Told
from gateway.notify.delivery import Delivery
from gateway.operations.raising import said_of
from gateway.operations.tables import Place
from rules.effects import Raise
from rules.world import World

log = logging.getLogger(__name__)

TOLD_MAX = 1_000  # sentences kept for the console
_FACTS = ("rule", "kind", "severity", "title", "why", "todo", "place_id", "room", "active_at")


class UnrecordedTeller:
    """Tells from memory those whom ``whom`` names (of class, place and time).

    ``told`` are the sentences by alert, the newest last.
    """

    def __init__(
        self,
        database: Engine,
        delivery: Delivery,
        *,
        zone: tzinfo,
        whom: Callable[[str, str, int], Sequence[Told]],
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._zone = zone
        self._whom = whom
        self.told: dict[str, Words] = {}

    def tell(self, raised: Raise, world: World) -> bool:
        """Send it under the id that its message will have once it is written; False while nothing can be sent."""
        if not self._delivery.running:
            return False
        said = said_of(raised, world)
        facts = AlertFacts(
            id=raised.alert,
            number=0,
            raised_at=raised.at,
            recorded=False,
            **{name: said[name] for name in _FACTS},
        )
        message = compose(facts, self._place(raised.key), zone=self._zone)
        self._delivery.send_unrecorded(message, self._whom(said["kind"], raised.key, raised.at))
        self.told[raised.alert] = message.text
        if len(self.told) > TOLD_MAX:
            del self.told[next(iter(self.told))]
        log.critical("alert %s of rule %s is told from memory, not recorded", raised.alert, raised.rule)
        return True

    def _place(self, key: str) -> PlaceFacts | None:
        """What the registry says of the place; None when the disk does not even let it be read."""
        columns = select(Place.kind, Place.path, Place.name, Place.address).where(Place.id == key)
        try:
            with self._database.connect() as connection:
                row = connection.execute(columns).one_or_none()
        except SQLAlchemyError as error:
            log.error("the registry cannot be read: %s", getattr(error, "orig", None))  # noqa: TRY400 its text names people
            return None
        return PlaceFacts(kind=row.kind, path=row.path, name=row.name, address=row.address) if row else None
