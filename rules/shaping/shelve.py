"""One alert put off for a time, with owner and reason; what comes meanwhile of the same subject waits with it."""

from __future__ import annotations

from rules.effects import Again, Change, Effect
from rules.events import Command
from rules.shaping.hold import SHELVE, hold_back
from rules.shaping.matter import Matter, is_protected
from rules.shaping.rise import plan_rise
from rules.shaping.site import REASON_MAX, Known, Shelf, SiteState
from rules.state import TEXT_MAX
from rules.world import World

SHELF_MAX_MS = 24 * 3_600_000
SHELF_CRITICAL_MAX_MS = 3_600_000


def shelf_of(command: Command, severity: str) -> Shelf:
    """The shelf as asked for; raises ``ValueError`` without a reason or an end that lies ahead, near enough."""
    until, reason = command.data.get("until", ""), command.data.get("reason", "").strip()
    if not reason or len(reason) > REASON_MAX:
        raise ValueError(f"give a reason of at most {REASON_MAX} characters")
    most = SHELF_CRITICAL_MAX_MS if severity == "critical" else SHELF_MAX_MS
    if not (until.isascii() and until.isdigit() and command.at < int(until) <= command.at + most):
        raise ValueError(f"until must lie ahead, at most {most // 3_600_000} h")
    return Shelf(int(until), command.by[:TEXT_MAX], reason)


def put_off(site: SiteState, alert: str, known: Known, command: Command) -> tuple[Effect, ...]:
    """A person shelves an alert. Life safety and what is critical cannot go in silence: everybody is told so."""
    if known.is_closed:
        return ()
    try:
        known.shelf = shelf_of(command, known.severity)
    except ValueError:
        return ()  # whoever answers commands has said so
    known.due = 0
    site.wake = min(site.wake, known.shelf.until)
    if is_protected(known.kind, known.severity):
        return (Change(alert, command.at, known.severity, "shelved"),)
    return ()


def take_back(world: World, site: SiteState, alert: str, at: int) -> tuple[Effect, ...]:
    """Its time on the shelf is over, or somebody says so: it comes back, if it has not ended meanwhile."""
    known = site.alerts.get(alert)
    if known is None or known.shelf is None:
        return ()
    known.shelf = None
    if not known.stands:
        return ()
    known.since = at
    plan_rise(world, site, known)
    return (Again(alert, at, known.count),)


def shelve(site: SiteState, matter: Matter) -> tuple[Effect, ...]:
    """Held back while the last alert of the same subject is shelved."""
    if matter.protected or not matter.lasting:
        return ()
    found = site.latest(matter.raised.rule, matter.raised.key, matter.raised.subject)
    if found is None or found[1].shelf is None:
        return ()
    return hold_back(site, matter, SHELVE + found[0])
