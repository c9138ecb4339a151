"""The score: recall, precision and delay of what was raised, and how often it was raised for nothing. Pure.

How an alert and an incident belong together is in ``answers.py``. What the figures mean:

- ``recall``: incidents hit, of those that count (``hit`` + ``late`` + ``missed``). ``strict``: the unknowable ones counted too.
- ``precision``: alerts that answer some incident, of all that were told to people.
- ``delay_s``: from an incident's begin to its first answer, over all that were answered, late ones too.
- ``false``, of life safety: at full urgency, that is neither held back nor lowered afterwards. Falls that were lowered are
  ``doubtful``, and counted apart with how long that took.
- a resident-month is a resident for 30 days, a station-day a station (a facility with radio gateways) for a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from firmware_sim.score.alerts import Raised
from firmware_sim.score.answers import Answered, Outcome, match
from firmware_sim.score.figures import percentile, rate, share, wilson
from firmware_sim.score.kits import FULL, KITS
from firmware_sim.score.telling import told_false, told_missed
from firmware_sim.score.truth import CLASSES, Class, Truth

DAY_MS = 86_400_000
MONTH_DAYS = 30
RECALL_MIN = 0.98
FALSE_PER_RESIDENT_MONTH_MAX = 0.1
CARE_PER_RESIDENT_MONTH_MAX = 1.0
SLOW_MS = 300_000  # a fall that is lowered later has been at full urgency for those who were called
OUTCOMES: tuple[Outcome, ...] = ("hit", "late", "missed", "unknowable", "unfinished", "short")


def score(truth: Truth, alerts: Iterable[Raised], *, kit: str = FULL) -> dict[str, Any]:
    """Everything there is to say, as plain values for JSON. Raises ``KeyError`` for a kit that is not in ``KITS``."""
    truth = truth.without(KITS[kit])
    within = [alert for alert in alerts if truth.from_ms <= alert.raised_ms < truth.to_ms]
    told = [alert for alert in within if not alert.held]
    matched, wrong = match(truth, told)
    span = _Span(truth)
    classes: dict[str, Any] = {name: _of_class(name, matched, told, wrong, span) for name in CLASSES}
    limits = _limits(classes["life_safety"], classes["care"])
    return {
        "format": "carehub-score/1",
        "kit": kit,
        "from_ms": truth.from_ms,
        "to_ms": truth.to_ms,
        "homes": len(truth.homes),
        "residents": span.residents,
        "days": round(span.days, 3),
        "resident_months": round(span.months, 3),
        "station_days": round(span.station_days, 3),
        "passes": all(limit["holds"] for limit in limits.values()),
        "limits": limits,
        **classes,
        "doubtful": _doubtful(told, wrong, span),
        "held": len(within) - len(told),
        "by_kind": _by_kind(matched),
        "by_rule": _by_rule(told, wrong, span),
        "missed": told_missed(matched, told, truth.zone),
        "false": told_false(wrong, truth),
    }


class _Span:
    """How much was watched: residents, days, stations."""

    def __init__(self, truth: Truth) -> None:
        self.days = (truth.to_ms - truth.from_ms) / DAY_MS
        self.residents = sum(home.residents for home in truth.homes)
        self.months = self.residents * self.days / MONTH_DAYS
        stations = sum("gateway" in place.devices.values() for place in truth.facilities)
        self.station_days = max(stations, 1) * self.days

    def rates(self, name: str, count: int) -> dict[str, float | None]:
        """So many a resident-month, and a station-day."""
        return {
            f"{name}_per_resident_month": rate(count, self.months),
            f"{name}_per_station_day": rate(count, self.station_days),
        }


def _of_class(
    name: Class, matched: Sequence[Answered], told: Sequence[Raised], wrong: Sequence[Raised], span: _Span
) -> dict[str, Any]:
    mine = [each for each in matched if each.incident.class_ == name]
    alerts = [alert for alert in told if alert.class_ == name]
    false = [alert for alert in wrong if alert.class_ == name]
    if name == "life_safety":
        alerts, false = ([a for a in found if a.full] for found in (alerts, false))
    figures = {
        **_recall(mine),
        "alerts": len(alerts),
        **span.rates("alerts", len(alerts)),
        "false": len(false),
        **span.rates("false", len(false)),
        "precision": share(len(alerts) - len(false), len(alerts)),
    }
    if name == "life_safety":
        figures |= _life_safety(mine)
    return figures


def _recall(mine: Sequence[Answered]) -> dict[str, Any]:
    counts: dict[str, int] = {outcome: sum(each.outcome == outcome for each in mine) for outcome in OUTCOMES}
    known = counts["hit"] + counts["late"] + counts["missed"]
    delays = [each.delay_s for each in mine if each.delay_s is not None and each.outcome != "short"]
    return {
        "incidents": known,
        "recall": share(counts["hit"], known),
        "recall_ci95": wilson(counts["hit"], known),
        **counts,
        "delay_s": {
            "p50": percentile(delays, 50),
            "p95": percentile(delays, 95),
            "max": percentile(delays, 100),
        },
    }


def _life_safety(mine: Sequence[Answered]) -> dict[str, Any]:
    """What is said of life safety besides: the strict recall, and apart by whether a device had detected it, day or night."""
    strict = [each for each in mine if each.outcome in {"hit", "late", "missed", "unknowable"}]
    hits = sum(each.strict for each in strict)
    seen = [each for each in mine if each.incident.detections]
    unseen = [each for each in mine if not each.incident.detections]
    by_care = [
        each
        for each in mine
        if each.outcome == "hit" and all(alert.class_ != "life_safety" for alert in _in_time(each))
    ]
    return {
        "strict": {
            "incidents": len(strict), "recall": share(hits, len(strict)), "recall_ci95": wilson(hits, len(strict)),
        },
        "hit_by_care_only": len(by_care),
        "detected": _recall(seen),
        "undetected_by_day": _recall([each for each in unseen if each.incident.by != "night"]),
        "undetected_by_night": _recall([each for each in unseen if each.incident.by == "night"]),
    }  # fmt: skip


def _in_time(each: Answered) -> list[Raised]:
    return [alert for alert in each.answers if each.due_ms is None or alert.raised_ms <= each.due_ms]


def _doubtful(told: Sequence[Raised], wrong: Sequence[Raised], span: _Span) -> dict[str, Any]:
    """Falls that were lowered afterwards: how many, how many of them were none, and how long until they were lowered."""
    lowered = [alert for alert in told if _lowered_fall(alert)]
    took = [(alert.lowered_ms - alert.raised_ms) / 1000 for alert in lowered if alert.lowered_ms is not None]
    false = sum(map(_lowered_fall, wrong))
    return {
        "alerts": len(lowered),
        "false": false,
        **span.rates("false", false),
        "false_slowly_lowered": sum(map(_slowly_lowered, wrong)),
        "right": len(lowered) - false,
        "lowered_after_s": {"p50": percentile(took, 50), "p95": percentile(took, 95)},
    }


def _lowered_fall(alert: Raised) -> bool:
    return alert.says == "fall" and alert.lowered_ms is not None


def _slowly_lowered(alert: Raised) -> bool:
    """Whether people had long been on their way when it was lowered."""
    return _lowered_fall(alert) and (alert.lowered_ms or 0) - alert.raised_ms > SLOW_MS


def _by_kind(matched: Sequence[Answered]) -> dict[str, Any]:
    of: dict[str, list[Answered]] = defaultdict(list)
    for each in sorted(matched, key=lambda each: (CLASSES.index(each.incident.class_), each.incident.kind)):
        of[each.incident.kind].append(each)
    return {kind: {"class": mine[0].incident.class_, **_recall(mine)} for kind, mine in of.items()}


def _by_rule(told: Sequence[Raised], wrong: Sequence[Raised], span: _Span) -> dict[str, Any]:
    false = {alert.id for alert in wrong}
    of: dict[str, list[Raised]] = defaultdict(list)
    for alert in sorted(told, key=lambda alert: (CLASSES.index(alert.class_), alert.rule or alert.says)):
        of[alert.rule or alert.says].append(alert)
    found = {}
    for name, alerts in of.items():
        bad = sum(alert.id in false for alert in alerts)
        found[name] = {
            "class": alerts[0].class_,
            "alerts": len(alerts),
            "false": bad,
            "lowered": sum(alert.lowered_ms is not None for alert in alerts),
            **span.rates("false", bad),
            "precision": share(len(alerts) - bad, len(alerts)),
        }
    return found


def _limits(life: dict[str, Any], care: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The limits a hub is held to; what could not be measured holds no limit."""
    false, items = life["false_per_resident_month"], care["alerts_per_resident_month"]
    return {
        "life_safety_recall": {
            "at_least": RECALL_MIN,
            "is": life["recall"],
            "holds": life["incidents"] > 0 and life["hit"] >= RECALL_MIN * life["incidents"],
        },
        "life_safety_false_per_resident_month": {
            "at_most": FALSE_PER_RESIDENT_MONTH_MAX,
            "is": false,
            "holds": false is not None and false <= FALSE_PER_RESIDENT_MONTH_MAX,
        },
        "care_per_resident_month": {
            "at_most": CARE_PER_RESIDENT_MONTH_MAX,
            "is": items,
            "holds": items is not None and items <= CARE_PER_RESIDENT_MONTH_MAX,
        },
    }
