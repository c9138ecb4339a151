"""What a scenario file may say, version ``carehub-scenario/1``. Lengths of time are written ``90s``, ``2m``, ``1h30m``, ``7d``.

Times of steps and expectations count from the beginning of the story. docs/scenario.schema.json is made from these types.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, cast

import msgspec

from firmware_sim.scenario.spans import SPAN, TIME
from firmware_sim.truth import KINDS

FORMAT = "carehub-scenario/1"
Span: TypeAlias = Annotated[str, msgspec.Meta(pattern=SPAN)]
TimeOfDay: TypeAlias = Annotated[str, msgspec.Meta(pattern=TIME)]
Id: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Globs: TypeAlias = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | str
Kit: TypeAlias = Literal["full", "none"]
Class: TypeAlias = Literal["life_safety", "care", "facility", "device"]
Says: TypeAlias = Literal[
    "fall", "help", "inactivity", "bathroom", "morning", "not_home", "night_door", "door_open", "stove", "crowded",
    "drift", "battery", "silent", "gateway", "smoke", "leak", "cold", "hot", "other",
]  # fmt: skip

CLASS_OF: dict[str, Class] = {
    "fall": "life_safety", "help": "life_safety", "inactivity": "life_safety", "smoke": "life_safety",
    "crowded": "facility", "drift": "device", "battery": "device", "silent": "device", "gateway": "device", "other": "device",
}  # fmt: skip


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages: ``zh`` first, ``en``."""

    zh: str
    en: str


class Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device of one's own: its ``id``, its ``kind``, and the ``room`` where it hangs. ``via``: the radio gateway it is heard
    through; without it, in a home, the home's.
    """  # noqa: D205

    id: Id
    kind: str
    room: str = ""
    via: Id | None = None


class Home(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="home"):
    """An elder's home. ``kit`` full: every device a home of the town can have, as ``<id>-door``, ``<id>-pendant`` and so on.
    ``devices`` come beside them. ``gateway`` is the radio gateway it is heard through.
    """  # noqa: D205

    id: Id
    kit: Kit = "full"
    gateway: Id = "GW-01"
    devices: tuple[Own, ...] = ()


class Facility(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="facility"):
    """A station, a hall. ``capacity`` is how many people it may hold, where somebody counts."""

    id: Id
    name: str = ""
    capacity: Annotated[int, msgspec.Meta(ge=1)] | None = None
    devices: tuple[Own, ...] = ()


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens ``at`` a time, once, or ``every`` so often ``for`` so long: one of the following.

    A ``device`` (an id, a pattern such as ``*-pendant``, or a list) ``feels`` a word of its kind: ``open``, ``fall``,
    ``battery 5``. Or ``sends``: a message of anybody's on a ``topic``, as text or, in ``sends_hex``, byte by byte; ``retain``
    asks the broker to keep it. Or ``unplug``: these gateways (and counters) lose their power; ``plug``: they have it again.
    Or a ``fault`` (``carehub-sim faults`` lists them) ``on`` a device, gateway, place or ``all``, ``for`` so long, with the
    parameters ``having``. Or ``quiet``: usual life stands still in these homes ``for`` so long. ``note`` says to those who
    watch what it is.
    """

    at: Span
    device: Globs = ""
    feels: str = ""
    topic: str = ""
    sends: str | None = None
    sends_hex: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-fA-F]{2})*$")] | None = None
    retain: bool = False
    unplug: Globs = ""
    plug: Globs = ""
    fault: str = ""
    on: Id | None = None
    having: dict[str, str | int | float | bool] = {}
    quiet: Globs = ""
    every: Span | None = None
    lasting: Span | None = msgspec.field(default=None, name="for")
    note: Told | None = None


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a hub should raise: an alert that ``says`` one of these words, of the ``place``, ``by`` that time.

    ``kind`` names what happened, begun at ``from`` and over at ``to``; ``device`` where it shows. A fall with ``gets_up`` is
    somebody who is up again by ``to``; its alert should be lowered by ``lowered_by``. ``class`` is by default the one of what
    happened, or of the word. A ``false_alarm`` is raised as well (the hub cannot know), but nothing happened: the truth file
    is without it.
    """

    says: Says | tuple[Says, ...]
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}$")]
    begins: Span = msgspec.field(name="from")
    ends: Span = msgspec.field(name="to")
    by: Span
    place: Id | None = None
    device: Id | None = None
    gets_up: bool | None = None
    lowered_by: Span | None = None
    false_alarm: bool = False
    of: Class | None = msgspec.field(default=None, name="class")

    @property
    def words(self) -> tuple[Says, ...]:
        """The words as a tuple."""
        return self.says if isinstance(self.says, tuple) else (self.says,)

    @property
    def alert_class(self) -> Class:
        """The class of the alert: as the file says, else that of what happened, else that of the word, else care."""
        if self.of is None and self.kind in KINDS:
            return cast("Class", KINDS[self.kind][0])
        return self.of or CLASS_OF.get(self.words[0], "care")


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A story. ``format`` is the version of the file. ``name`` and ``shows`` say what it is and what can be seen by it.

    It ``lasts`` so long and ``starts`` at a time of day where that matters. ``before``: so much usual life comes first, without
    steps, for rules that know habits; it is lived only when time is driven. ``life``: the elders live as usual beside the
    steps. ``seed`` and ``speed`` (town seconds a second) hold unless the command line says otherwise.
    """

    format: Literal["carehub-scenario/1"]
    name: Told
    shows: Told
    lasts: Span
    places: Annotated[tuple[Home | Facility, ...], msgspec.Meta(min_length=1)]
    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1)]
    expect: tuple[Expected, ...] = ()
    starts: TimeOfDay | None = None
    before: Span | None = None
    life: bool = False
    seed: int = 7
    speed: Annotated[float, msgspec.Meta(gt=0)] = 1.0
