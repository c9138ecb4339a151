"""What people do about alerts, as the shaping stage needs to know it: taken, closed."""

from __future__ import annotations

from rules.closing import fault_of_closing, keeps_open
from rules.events import Command
from rules.shaping.lower import KEPT_MS
from rules.shaping.site import Known, SiteState


def accept(known: Known) -> None:
    """Somebody takes it: it rises no more, and is off the shelf."""
    if not known.is_closed:
        known.accepted, known.shelf, known.due = True, None, 0


def close(site: SiteState, alert: str, known: Known, command: Command) -> None:
    """Somebody closes what was taken: what comes now is an alert of its own. While it stands it is remembered."""
    if not known.accepted or known.is_closed or fault_of_closing(known.kind, command.data):
        return
    if not keeps_open(known.kind, "close", command.data):
        settle(site, alert, known, command)


def merge(site: SiteState, alert: str, known: Known, command: Command) -> None:
    """Somebody makes it part of another alert: it is closed, whether taken or not."""
    if not known.is_closed:
        settle(site, alert, known, command)


def settle(site: SiteState, alert: str, known: Known, command: Command) -> None:
    """It is over for people."""
    known.closed, known.shelf, known.due = True, None, 0
    if not known.lasting:
        known.stands, known.until = "", command.at + KEPT_MS
        site.wake = min(site.wake, known.until)
    elif not known.stands:
        del site.alerts[alert]
