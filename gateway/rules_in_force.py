"""The rules a running hub judges by: read from their files at the start, and again when somebody says so.

Files with a mistake in them never take the rules away: the hub goes on with those it has, at a reload as at a start in the
night after one, and says so wherever it tells how it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.mistakes import FileMistakes, Mistake
from gateway.rulebook.differences import Difference
from gateway.rulebook.load import Rulebook, unheeded_events
from rules.local_time import calendar_knows
from rules.rule import Rule
from rules.world import Definition, Override, Place

log = logging.getLogger(__name__)

AHEAD_MS = 31 * 86_400_000  # a calendar that ends next month is told of now


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What reading the files again has come to: the world's version, which rules changed, and which of them started anew.

    ``rule@place`` stands for a rule that changed in that place only.
    """

    version: int
    rules: tuple[str, ...]
    differences: tuple[str, ...]
    changed: tuple[str, ...]
    anew: tuple[str, ...]


class RulesInForce:
    """``read`` gives what the rule files say or raises ``FileMistakes``, which only a first start passes on."""

    def __init__(self, read: Callable[[], Rulebook], *, is_first: bool) -> None:
        self._read = read
        self._refused: FileMistakes | None = None
        self.book = Rulebook(())
        self.overrides: tuple[Override, ...] = ()
        self.from_journal = False  # what the console changed is in these already
        try:
            self.take(read())
        except FileMistakes as error:
            if is_first:
                raise
            self.refuse(error)

    def go_on_from(self, before: Definition | None) -> None:
        """Where the files are refused at a start, take the rules of the world that the journal ends with; else raise."""
        if self._refused is None:
            return
        if before is None or not before.rules:
            raise self._refused
        self.book, self.overrides, self.from_journal = Rulebook(before.rules), before.overrides, True

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Why the files as they are now are not what the hub judges by; empty when they are."""
        return tuple(self._refused.mistakes) if self._refused else ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in order."""
        return self.book.rules

    def read(self) -> Rulebook:
        """What the files say now; raises ``FileMistakes``. Reads from the disk."""
        return self._read()

    def take(self, book: Rulebook) -> None:
        """Judge by these from now on."""
        self.book, self.overrides, self._refused, self.from_journal = book, book.overrides, None, False

    def refuse(self, error: FileMistakes) -> None:
        """Go on as before, and remember why."""
        self._refused = error
        for mistake in self.mistakes:
            log.error("rule files refused, the rules before them go on: %s", mistake)

    def overrides_in(self, places: Mapping[str, Place]) -> tuple[Override, ...]:
        """The differences of places that there are."""
        astray = {(found.override.key, found.override.rule) for found in _astray(self.book, places)}
        return tuple(o for o in self.overrides if o.key in places and (o.key, o.rule) not in astray)

    def warnings(self, places: Mapping[str, Place], calendar: str, now: int) -> list[str]:
        """What a person should know of the rules at ``now`` (ms), in the order of its weight."""
        found = []
        if self.mistakes:
            more = f" (and {len(self.mistakes) - 1} more)" if len(self.mistakes) > 1 else ""
            found.append(f"rule files refused, the rules before them go on: {self.mistakes[0]}{more}")
        return found + doubts(self.book, places, calendar, now)


def doubts(book: Rulebook, places: Mapping[str, Place] | None, calendar: str, now: int) -> list[str]:
    """What is no mistake in the rules and yet hardly meant: at ``now`` (ms), in these places (None: they are not known)."""
    unheeded = [
        f"no rule raises an alert at {event!r}; is the folder [hub] rules complete?"
        for event in unheeded_events(book.rules)
    ]
    astray = [
        f"{found.source}:{found.line}: there is no {found.place_kind} {found.override.key} in the registry; the entry "
        "does nothing"
        for found in (_astray(book, places) if places is not None else ())
    ]
    return unheeded + astray + calendar_ends(calendar, now)


def _astray(book: Rulebook, places: Mapping[str, Place]) -> list[Difference]:
    """Differences of homes and facilities that the registry does not know as such."""

    def is_astray(found: Difference) -> bool:
        place = places.get(found.override.key)
        return place is None or place.kind != found.place_kind

    return [found for found in book.differences if is_astray(found)]


def calendar_ends(calendar: str, now: int) -> list[str]:
    """A word when the holidays of this or next month's year are not known to the calendar."""
    if not now:
        return []  # a driven clock that nobody has told the time yet
    years = {datetime.fromtimestamp(at / 1000, UTC).year for at in (now, now + AHEAD_MS)}
    unknown = [str(year) for year in sorted(years) if calendar == "cn" and not calendar_knows(year)]
    return [
        f"the holidays of {year} are not known: Monday to Friday count as working days; update Carehub's chinesecalendar"
        for year in unknown
    ]
