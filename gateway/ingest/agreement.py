"""What most devices' clocks agree on: whether it is the hub's own clock that is wrong, and by how much.

A message that says ``ts`` and is received at r shows its lag, ``r - ts``. What a device sends after it was cut off has a lag
that shrinks as it catches up, and no two of its messages have the same. A clock that is wrong stays wrong by as much: the
lag stands still while time passes on both sides. When that is so of most of the devices that were looked at, whoever is
right, theirs is the time by which their messages are in order.

The devices looked at are few, and change when there are many: what a city's clocks say is known from some hundred.
"""

from __future__ import annotations

from collections import Counter

import msgspec

LOOKED_AT = 256  # devices whose newest lag is kept
OF_A_PLACE = 3  # of them, from one home or facility: a radio gateway's clock is not the town's
NEEDED = 3  # that agree, and more than half of all
AGREE_MS = 5_000  # what their lags may differ by: clocks are set to the second, messages take their time
STEADY_MS = 20_000  # for so long they must have agreed
CHANGE_EVERY_MS = 100  # between two devices that take the place of others
LOOK_EVERY_MS = 5_000  # between two looks at one device
COUNT_EVERY_MS = 1_000


class _Lag(msgspec.Struct):
    """The lag of one device, in ms: the least since ``since``, when it first was about ``first``; last seen ``at``."""

    place: str
    first: int
    least: int
    since: int
    at: int


class Agreement:
    """Devices' lags behind hub time. ``lag``: the one that most agree on, in ms; None until they do."""

    def __init__(self) -> None:
        self.lag: int | None = None
        self._lags: dict[str, _Lag] = {}
        self._of_place = Counter[str]()
        self._changed_at = 0
        self._counted_at = 0
        self._jumped_from = self._jumped_by = 0

    def wants(self, device: str, at: int) -> bool:
        """Whether a message of that device, received at ``at``, is worth a look."""
        known = self._lags.get(device)
        if known is not None:
            return at - known.at >= LOOK_EVERY_MS
        return len(self._lags) < LOOKED_AT or at - self._changed_at >= CHANGE_EVERY_MS

    def note(self, device: str, place: str, lag: int, at: int) -> None:
        """A message of the device was received at ``at``, so long after its ``ts`` (ms)."""
        if at <= self._jumped_from:  # received before hub time jumped, read after it
            at, lag = at + self._jumped_by, lag + self._jumped_by
        known = self._lags.get(device)
        if known is None:
            if not self._make_room(place):
                return
            self._lags[device] = _Lag(place, lag, lag, at, at)
            self._of_place[place] += 1
            self._changed_at = at
        elif abs(lag - known.first) > AGREE_MS:
            known.first = known.least = lag
            known.since = known.at = at
        else:
            known.least, known.at = min(known.least, lag), at
        if at - self._counted_at >= COUNT_EVERY_MS:
            self._counted_at = at
            self._count()

    def jumped(self, by: int, now: int) -> None:
        """Hub time has jumped ahead to ``now``: every clock that was not set with it lags so much more."""
        self._jumped_from, self._jumped_by = now - by, by
        for known in self._lags.values():
            known.first += by
            known.least += by
            known.since += by
            known.at += by
        if self.lag is not None:
            self.lag += by

    def forget(self, devices: list[str]) -> None:
        """They are no longer registered."""
        for device in devices:
            known = self._lags.pop(device, None)
            if known is not None:
                self._of_place[known.place] -= 1

    def _make_room(self, place: str) -> bool:
        if self._of_place[place] >= OF_A_PLACE:
            return False
        if len(self._lags) >= LOOKED_AT:
            self.forget([next(iter(self._lags))])  # who was taken in first
        return True

    def _count(self) -> None:
        """Most must agree, and have done so for a while; until most agree on another lag, the last one holds."""
        lags = sorted(self._lags.values(), key=lambda known: known.least)
        if len(lags) < NEEDED:
            return
        middle = lags[len(lags) // 2].least
        agreed = [known for known in lags if abs(known.least - middle) <= AGREE_MS]
        if len(agreed) < NEEDED or 2 * len(agreed) <= len(lags):
            return
        if max(known.at for known in agreed) - min(known.since for known in agreed) < STEADY_MS:
            return
        least = agreed[0].least  # the way is never negative: what lags least says it best
        if self.lag is None or abs(least - self.lag) > AGREE_MS:
            self.lag = least  # not at every count: each change would put a device's messages out of order
