"""What people do about alerts, as the shaping stage needs to know it: taken, closed."""

from __future__ import annotations

from rules.events import Command
from rules.shaping.lower import KEPT_MS
from rules.shaping.site import Known, SiteState

VERDICTS = ("true", "false", "test", "unconfirmed")


def accept(known: Known) -> None:
    """Somebody takes it: it rises no more, and is off the shelf."""
    if not known.is_closed:
        known.accepted, known.shelf, known.due = True, None, 0


def close(site: SiteState, alert: str, known: Known, command: Command) -> None:
    """Somebody closes what was taken: what comes now is an alert of its own. While it stands it is remembered."""
    if not known.accepted or known.is_closed or command.data.get("verdict") not in VERDICTS:
        return
    known.closed, known.shelf, known.due = True, None, 0
    if not known.lasting:
        known.stands, known.until = "", command.at + KEPT_MS
        site.wake = min(site.wake, known.until)
    elif not known.stands:
        del site.alerts[alert]
