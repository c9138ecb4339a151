"""What the shaping stage remembers of one site (a station). Serialised as it stands; its size is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from rules.effects import Raise
from rules.identity import EVENT_IDS_MAX
from rules.state import NEVER, TEXT_MAX, Fact

SHAPE_VERSION = 1  # the shape of the bytes: a state of another version is not read
ALERTS_MAX = 2_000  # alerts that people have and nobody has closed
HELD_MAX = 500  # alerts held back at once; beyond that they are told after all
SILENCES_MAX = 64
FLAPS_MAX = 1_000  # subjects whose comings and goings are counted
GROUPS_MAX = 256
REASON_MAX = 200  # characters of a reason
FACTS_MAX = 8  # facts and figures kept of what is held back
NUMBERS_MAX = 16
CHANGES_MAX = 20  # comings and goings remembered of one subject

Deadline: TypeAlias = tuple[int, str, str]  # when, what (rise, shelf, silence, flap), of which


class Shelf(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An alert is put off until ``until`` (ms) by somebody for a reason."""

    until: int
    by: str
    reason: str


class Known(msgspec.Struct, array_like=True, gc=False):
    """An alert that people have been told of, under its own id.

    ``stands``: the id under which the rules have it standing ('' once it has ended); the first, or the one that came again.
    ``since``: unattended from then on. ``due``: when its severity rises next (0: never). ``again_until``: what comes by then
    counts on this alert. ``until``: it is forgotten then. ``about``: the fact a single event is told apart by.
    """

    rule: str
    key: str
    subject: str
    kind: str
    severity: str
    lasting: bool
    since: int
    stands: str
    about: Fact | None = None
    due: int = 0
    risen: int = 0
    count: int = 1
    ended_at: int = 0
    again_until: int = 0
    until: int = NEVER
    accepted: bool = False
    closed: bool = False
    shelf: Shelf | None = None

    @property
    def is_closed(self) -> bool:
        """Closed by a person, or by itself: a device's alert that has ended."""
        return self.closed or (self.kind == "device" and self.lasting and not self.stands)


class Held(msgspec.Struct, array_like=True, gc=False):
    """What the rules raised and people were not told of, while it stands; ``by`` as in ``rules.effects.Hold``."""

    raised: Raise
    by: str

    @property
    def name(self) -> str:
        """Its rule and subject, as a name."""
        return subject_name(self.raised.rule, self.raised.key, self.raised.subject)


class Silence(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Nothing is told of a rule, a device, a place ('' any) until ``until`` (ms): owner and reason are kept."""

    key: str
    rule: str
    device: str
    until: int
    by: str
    reason: str


class Flaps(msgspec.Struct, array_like=True, gc=False):
    """When alerts of one subject began and ended of late; ``on``: they are held back until it is calm."""

    within: int
    times: list[int]
    on: bool = False

    @property
    def calm_at(self) -> int:
        """When it has been calm for long enough."""
        return self.times[-1] + self.within


class Group(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The alert that leads what a rule raises at the site until ``until``."""

    lead: str
    until: int


class SiteState(msgspec.Struct, array_like=True, gc=False):
    """Everything the shaping stage remembers of a site. ``wake`` is a lower bound of its next deadline.

    ``alerts`` by their ids, in order of their raise; ``held`` by the rules' ids, ``flaps`` by ``subject_name``, ``groups``
    by rule; ``commands`` are the ids of those heard lately.
    """

    site: str
    shape: int = SHAPE_VERSION
    wake: int = NEVER
    alerts: dict[str, Known] = msgspec.field(default_factory=dict)
    held: dict[str, Held] = msgspec.field(default_factory=dict)
    silences: dict[str, Silence] = msgspec.field(default_factory=dict)
    flaps: dict[str, Flaps] = msgspec.field(default_factory=dict)
    groups: dict[str, Group] = msgspec.field(default_factory=dict)
    commands: list[str] = msgspec.field(default_factory=list)

    def latest(self, rule: str, key: str, subject: str) -> tuple[str, Known] | None:
        """The newest alert about that which people have and did not close, with its id."""
        for alert in reversed(self.alerts):
            known = self.alerts[alert]
            if known.subject == subject and known.rule == rule and known.key == key and not known.closed:
                return alert, known
        return None

    def standing_as(self, core_id: str) -> tuple[str, Known] | None:
        """The alert that stands for what the rules call ``core_id``, with its own id."""
        known = self.alerts.get(core_id)
        if known is not None and known.stands == core_id:
            return core_id, known
        return next(((name, known) for name, known in self.alerts.items() if known.stands == core_id), None)

    def deadlines(self) -> Iterator[Deadline]:
        """Everything that will happen by time alone."""
        for alert, known in self.alerts.items():
            if known.due:
                yield known.due, "rise", alert
            if known.shelf is not None:
                yield known.shelf.until, "shelf", alert
        for name, silence in self.silences.items():
            yield silence.until, "silence", name
        for name, flaps in self.flaps.items():
            yield flaps.calm_at, "flap", name

    def remember(self, alert: str, known: Known) -> None:
        """Put an alert into the memory; what is least worth remembering goes when it is full."""
        self.alerts[alert] = known
        if len(self.alerts) > ALERTS_MAX:
            spare = sorted(self.alerts, key=lambda name: _worth(name, self.alerts[name]))
            for name in spare[: ALERTS_MAX // 10]:
                del self.alerts[name]


def _worth(alert: str, known: Known) -> int:
    """Closed goes before single events, those before what has ended; what stands under another id goes last."""
    if known.closed:
        return 0
    if not known.lasting:
        return 1
    if not known.stands:
        return 2
    return 3 if known.stands == alert else 4


def subject_name(rule: str, key: str, subject: str) -> str:
    """One rule about one subject, as a name."""
    return f"{rule}|{key}|{subject}"


def encode(state: SiteState) -> bytes:
    """The state as bytes (MessagePack)."""
    return _encoder.encode(state)


def decode(body: bytes) -> SiteState:
    """The state from its bytes; raises ``msgspec.DecodeError`` on anything else, ``ValueError`` on another shape."""
    state = _decoder.decode(body)
    if state.shape != SHAPE_VERSION:
        raise ValueError(f"a site's state of shape {state.shape}; this program reads shape {SHAPE_VERSION}")
    return state


def bytes_max() -> int:
    """The declared bound of the serialised size of any site's state."""
    text = 4 * TEXT_MAX + 5  # UTF-8, with its length
    reason = 4 * REASON_MAX + 5
    fact = 5 + 3 * text + 9
    shelf = 5 + 9 + text + reason
    known = 10 + 8 * text + 9 * 9 + fact + shelf
    held = 64 + 8 * text + 3 * 9 + FACTS_MAX * fact + NUMBERS_MAX * 2 * text
    silence = 5 + 5 * text + 9 + reason
    flaps = 4 * text + 20 + CHANGES_MAX * 9
    group = 2 * text + 20
    return (
        64 + text + ALERTS_MAX * known + HELD_MAX * held + SILENCES_MAX * silence
        + FLAPS_MAX * flaps + GROUPS_MAX * group + EVENT_IDS_MAX * text
    )  # fmt: skip


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(SiteState)
