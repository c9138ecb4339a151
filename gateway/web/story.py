"""What happened in a home over some hours, for people who may see it: read from the hub, drawn and told in few lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool

from gateway.alerts.words import room_en
from gateway.operations import home_record
from gateway.web.context import Context
from gateway.web.picture import LINES_MAX, Group, Picture, drawn, grouped
from gateway.web.words import LANGUAGES, WORDS

HOUR_MS = 3_600_000
TURNS = frozenset(
    {"contact", "bed", "seat", "appliance", "stove"}
)  # of these it is told as well when they end


@dataclass(frozen=True, slots=True)
class Story:
    """The picture, and the last lines of what happened, the newest first."""

    picture: Picture
    groups: list[Group]


async def story_of(context: Context, place_id: str, hours: int, lines: int = LINES_MAX) -> Story | None:
    """The last hours of a home; None where the store does not answer."""
    now = context.port.health().hub_now_ms
    begin = now - hours * HOUR_MS
    found = await context.port.happenings(place_id, begin, now + 1)
    if found is None:
        return None
    lately, _ = await run_in_threadpool(home_record.alerts_since, context.engine, place_id, begin)
    alerts = [(one.raised_at, one.title) for one in reversed(lately) if one.kind in home_record.OF_PEOPLE]
    zone = ZoneInfo(context.settings.zone)
    picture = drawn(found, begin, now + 1, alerts=alerts, hour_of=lambda at: _hour(at, zone))
    return Story(picture, grouped(found)[:lines])


def words_of_story(language: str) -> dict[str, Any]:
    """What ``_picture.html`` says rooms and happenings with."""
    at = LANGUAGES.index(language)

    def room(name: str) -> str:
        return (room_en(name) if language == "en" else name) or WORDS["home.elsewhere"][at]

    def did(group: Group) -> str:
        key = f"home.did_{group.what}" + ("_off" if group.what in TURNS and not group.on else "")
        return WORDS[key][at] if key in WORDS else group.what.removeprefix("event.")

    return {"room": room, "did": did}


def _hour(at: int, zone: ZoneInfo) -> int:
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone).hour
