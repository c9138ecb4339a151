"""How long people waited: from raised to sent, delivered, seen, accepted and on site, and whether that is soon enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from gateway.alerts.record import Record, Targets

LISTED_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How long something took, in seconds after the raise; None where it has never happened.

    A percentile is the least of the times that occurred within which that share of them lies (nearest rank).
    """

    count: int
    p50_s: float | None
    p90_s: float | None
    p95_s: float | None
    max_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A target, and what came of it: ``within`` of the ``of`` alerts that it can be judged by.

    What is still open counts as late once it is past the target; before that it is not judged. Without any: None.
    """

    name: str
    within_s: int
    wanted: float
    of: int
    within: int
    share: float | None
    met: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """How some alerts were responded to. ``targets`` are about those of life safety among them.

    ``unvisited``: of life safety, closed without that anybody was noted as on site; settled by a call, or not noted.
    """

    raised: int
    open: int
    unvisited: int
    sent: Spread
    delivered: Spread
    seen: Spread
    accepted: Spread
    on_site: Spread
    targets: list[Met]


def response_of(records: Sequence[Record], targets: Targets, now: int) -> Response:
    """The response to these alerts, as far as it is known at ``now``."""
    serious = [record for record in records if record.kind == "life_safety"]
    return Response(
        raised=len(records),
        open=sum(not record.closed for record in records),
        unvisited=sum(record.closed and record.on_site_ms is None for record in serious),
        sent=spread(map(attrgetter("sent_ms"), records)),
        delivered=spread(map(attrgetter("delivered_ms"), records)),
        seen=spread(map(attrgetter("seen_ms"), records)),
        accepted=spread(map(attrgetter("accepted_ms"), records)),
        on_site=spread(map(attrgetter("on_site_ms"), records)),
        targets=_met(serious, targets, now),
    )


def spread(times_ms: Iterable[int | None]) -> Spread:
    """How these times are spread."""
    known = sorted([time for time in times_ms if time is not None])
    if not known:
        return Spread(count=0, p50_s=None, p90_s=None, p95_s=None, max_s=None)
    p50, p90, p95 = (known[-(-percent * len(known) // 100) - 1] / 1000 for percent in (50, 90, 95))
    return Spread(count=len(known), p50_s=p50, p90_s=p90, p95_s=p95, max_s=known[-1] / 1000)


def late_calls(records: Iterable[Record], targets: Targets, now: int) -> list[int]:
    """The numbers (ascending) of life-safety alerts accepted too late for the outer target, or not yet; each is looked into."""
    limit = targets.accept_late_s * 1000
    late = (
        record.number
        for record in records
        if record.kind == "life_safety"
        for after in [_accepted(record, now)]
        if after is not None and after > limit
    )
    return sorted(late)


def _met(serious: Sequence[Record], targets: Targets, now: int) -> list[Met]:
    accepted = [(_accepted(record, now), record.accepted_ms is not None) for record in serious]
    on_site = [(_on_site(record, now), record.on_site_ms is not None) for record in serious]
    return [
        _held("accept", targets.accept_s, targets.accept_share, accepted),
        _held("accept_late", targets.accept_late_s, targets.accept_late_share, accepted),
        _held("on_site", targets.on_site_s, targets.on_site_share, on_site),
        _held("on_site_late", targets.on_site_late_s, targets.on_site_late_share, on_site),
    ]


def _held(name: str, within_s: int, wanted: float, times: Iterable[tuple[int | None, bool]]) -> Met:
    limit, of, within = within_s * 1000, 0, 0
    for after, done in times:
        if after is None or (not done and after <= limit):
            continue  # never to happen, or still in time
        of += 1
        within += after <= limit
    share = within / of if of else None
    met = None if share is None else share >= wanted
    return Met(name=name, within_s=within_s, wanted=wanted, of=of, within=within, share=share, met=met)


def _accepted(record: Record, now: int) -> int | None:
    """After how long it was accepted, or how long it waits; None where it was closed without, and nobody waits."""
    if record.accepted_ms is not None or record.closed:
        return record.accepted_ms
    return now - record.raised_at


def _on_site(record: Record, now: int) -> int | None:
    """The same of somebody being on site: nobody has to come once a call has settled it."""
    if record.on_site_ms is not None or record.closed or record.settled:
        return record.on_site_ms
    return now - record.raised_at
