"""What is counted of an alert when the numbers of work are drawn up, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MONTH_DAYS = 30  # as backtests count months


class Record(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One alert. Moments are hub time in epoch ms; what ends in ``_ms`` are milliseconds since it was raised, None: never.

    ``station`` is 区/街道/社区, '' where the place is in no community (the hub itself). ``place`` and ``device`` are ids.
    """

    number: int
    rule: str
    kind: str  # life_safety | care | facility | device
    place: str
    station: str
    raised_at: int
    home: bool = True
    device: str = ""
    device_kind: str = ""
    sent_ms: int | None = None  # the first message was taken by a channel, proven or not
    delivered_ms: int | None = None  # the first message is proven to have arrived
    seen_ms: int | None = None
    accepted_ms: int | None = None
    on_site_ms: int | None = None
    settled: bool = False  # a call or a visit has found out how the person is
    closed: bool = False
    verdict: str | None = None
    reason: str | None = None
    count: int = 1  # how often it has come
    last_at: int | None = None  # when it came again last


class Standing(msgspec.Struct, frozen=True, gc=False):
    """An alert that is open now, whenever it was raised."""

    number: int
    kind: str
    station: str
    raised_at: int
    shelved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What response is held to, of life safety: a share of the alerts, within seconds of their raise.

    The figures are those telecare services are held to: 97.5 % of calls answered within 60 s and 99 % within 180 s; somebody on
    site within 45 minutes for 90 % and within 60 for all. They are norms of call centres, to be reported against.
    """

    accept_s: int = 60
    accept_share: float = 0.975
    accept_late_s: int = 180
    accept_late_share: float = 0.99
    on_site_s: int = 45 * 60
    on_site_share: float = 0.9
    on_site_late_s: int = 60 * 60
    on_site_late_share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which alerts the numbers are about: raised from ``begin`` ≤ time < ``end``; '' is any station, any class.

    ``now`` is hub time: what is open is as late as it is now. ``station`` is a whole 区/街道/社区, or the community's
    name alone. ``by_home``: also what concerns single homes and their devices. ``within``: the parts of the tree of places
    that are asked about, '' for all of it, and then what is of no place as well.
    """

    begin: int
    end: int
    now: int
    zone: str = "Asia/Shanghai"
    station: str = ""
    kind: str = ""
    by_home: bool = False
    targets: Targets = field(default_factory=Targets)
    within: tuple[str, ...] = ("",)

    @property
    def earliest(self) -> int:
        """From when on alerts are needed: devices are looked at over ``MONTH_DAYS`` days, however short the span."""
        return min(self.begin, self.end - MONTH_DAYS * DAY_MS)

    @property
    def until(self) -> int:
        """Where time ends for these numbers: nothing is known of what is still to come."""
        return max(self.begin, min(self.end, self.now))

    def fits(self, station: str) -> bool:
        """Whether that station is asked about; '' is what is of none."""
        if not station and "" not in self.within:
            return False
        return not self.station or self.station in (station, station.rsplit("/", 1)[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the numbers are drawn from: of the stations, the class and the time that are asked about, and nothing else.

    ``operators``: how many people acted on alerts of a station in an hour (epoch ms // ``HOUR_MS``); no entry: nobody.
    ``homes``: how many homes each station looks after; every station is there.
    """

    records: Sequence[Record]
    standing: Sequence[Standing]
    operators: Mapping[tuple[str, int], int]
    homes: Mapping[str, int]


def station_of(path: str) -> str:
    """The station that looks after a place: its 区/街道/社区."""
    return "/".join(path.split("/")[:3])
