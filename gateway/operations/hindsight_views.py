"""Reads the alerts of a rule that came, with what people found of each."""

from __future__ import annotations

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import aliased

from gateway.alerts.hindsight import ABOUT_MS, Came
from gateway.operations.tables import Alert


def came(engine: Engine, rule: str, place: str, from_ms: int, to_ms: int) -> list[Came]:
    """The alerts of a rule, in a place ('' in any), that began about that time; what was merged has its leader's verdict."""
    lead = aliased(Alert)
    verdict = func.coalesce(lead.verdict, Alert.verdict, "")
    end = func.coalesce(Alert.ended_at, Alert.closed_at, Alert.active_at)
    query = (
        select(Alert.place_id, Alert.active_at, end, verdict)
        .outerjoin(lead, lead.id == Alert.merged_into)
        .where(
            Alert.rule == rule, Alert.raised_at >= from_ms - ABOUT_MS, Alert.active_at >= from_ms - ABOUT_MS,
            Alert.active_at < to_ms + ABOUT_MS,
        )
    )  # fmt: skip
    if place:
        query = query.where(Alert.place_id == place)
    with engine.connect() as connection:
        return [Came(*row) for row in connection.execute(query)]
