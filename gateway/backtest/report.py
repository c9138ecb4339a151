"""The answer: figures per rule, the alerts themselves, and what of the history could not be used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from gateway.backtest.asked import Asked
from gateway.backtest.comparison import compare
from gateway.backtest.events_file import EventsFile
from gateway.backtest.figures import MONTH_MS, figures_of, floods_by_site
from gateway.backtest.fold import Judged, differing, world_of
from gateway.backtest.history import History
from gateway.backtest.telling import Alert, told
from rules.effects import Effect, Hold, Raise
from rules.sentences import why

UNSURE_NAMED_MAX = 20


def report(asked: Asked, history: History, file: EventsFile | None, judged: list[Judged]) -> dict[str, Any]:
    """Sum up what the shards say; plain values for JSON, times in epoch ms unless a name says otherwise."""
    alerts, gone = _compared(asked, history, judged)
    watched = {key: ms for part in judged for key, ms in part.watched_ms.items()}
    places = {place.key: place for shard in history.shards for place in shard.registered.places}
    rooms = {device.id: device.room for shard in history.shards for device in shard.registered.devices}
    zone = ZoneInfo(asked.registered.zone)
    site_of = {key: place.site for key, place in places.items()}
    months = {
        kind: sum(ms for key, ms in watched.items() if places[key].kind == kind) / MONTH_MS
        for kind in ("home", "facility")
    }
    people_told = [alert for alert in alerts if not alert.held_by]
    unsure = sorted(name for part in judged for name in part.unsure)
    return {
        "from": _iso(history.begin, zone),
        "to": _iso(history.end, zone),
        "from_ms": history.begin,
        "to_ms": history.end,
        "homes": sum(places[key].kind == "home" for key in watched),
        "facilities": sum(places[key].kind == "facility" for key in watched),
        "resident_months": round(months["home"], 3),
        "rows": history.rows,
        "rows_unplaced": history.unplaced,
        "lines_bad": file.bad if file else 0,
        "mistakes": list(file.mistakes) if file else [],
        "devices_quiet": history.quiet,
        "heartbeats": history.heartbeats,
        "devices_unsure": len(unsure),
        "devices_unsure_first": unsure[:UNSURE_NAMED_MAX],
        "feed_losses": [[loss.lost_at, loss.found_at] for loss in history.losses],
        "floods": floods_by_site(people_told, site_of),
        "rules": _by_rule(asked, alerts, gone, months, history, site_of),
        "alerts": [_listed(alert, rooms, zone) for alert in alerts[: asked.listed_max]],
        "gone": [_listed(alert, rooms, zone) for alert in gone[: asked.listed_max]],
        "alerts_left_off": max(len(alerts) - asked.listed_max, 0) + max(len(gone) - asked.listed_max, 0),
    }


def _compared(asked: Asked, history: History, judged: list[Judged]) -> tuple[list[Alert], list[Alert]]:
    """The alerts within the time that counts, each compared with today's; and today's that are gone."""
    places = tuple(place for shard in history.shards for place in shard.registered.places)
    registered = msgspec.structs.replace(asked.registered, places=places, devices=())
    effects = {key: found for part in judged for key, found in part.asked.items()}
    alerts = told(world_of(registered, asked.rules), effects, history.end)
    apart = differing(asked.rules, asked.current)
    others = alerts
    if apart:
        theirs = {key: found for part in judged for key, found in part.current.items()}
        joined = {
            key: _without(effects.get(key, []), apart) + theirs.get(key, []) for key in effects | theirs
        }
        others = told(world_of(registered, asked.current), joined, history.end)
    alerts, others = ([a for a in found if a.active_at >= history.begin] for found in (alerts, others))
    return alerts, compare(alerts, others)


def _without(effects: list[Effect], rules: set[str]) -> list[Effect]:
    """What was decided but for those rules."""
    theirs = {effect.alert for effect in effects if isinstance(effect, Raise | Hold) and effect.rule in rules}
    return [effect for effect in effects if getattr(effect, "alert", "") not in theirs]


def _by_rule(
    asked: Asked,
    alerts: list[Alert],
    gone: list[Alert],
    months: dict[str, float],
    history: History,
    site_of: dict[str, str],
) -> dict[str, Any]:
    """The figures of each asked rule, in their order, and of those of today's that are no more."""
    of, gone_of = _grouped(alerts), _grouped(gone)
    every = {rule.id: rule for rule in (*asked.current.rules, *asked.rules.rules)}
    order = dict.fromkeys(rule.id for rule in (*asked.rules.rules, *asked.current.rules))
    return {
        name: figures_of(
            of[name],
            gone_of[name],
            months=months["facility" if every[name].applies_to == "facility" else "home"],
            begin=history.begin,
            end=history.end,
            site_of=site_of,
        )
        for name in order
    }


def _grouped(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        found[alert.rule].append(alert)
    return found


def _listed(alert: Alert, rooms: dict[str, str], zone: ZoneInfo) -> dict[str, Any]:
    listed: dict[str, Any] = msgspec.to_builtins(alert)
    return listed | {"why": msgspec.to_builtins(why(alert.evidence, rooms.get(alert.subject, ""), zone))}


def _iso(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at / 1000, zone).isoformat(timespec="seconds")
