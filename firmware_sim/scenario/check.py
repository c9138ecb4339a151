"""What is wrong with a scenario that is well-formed: a device nobody has, a word nobody knows, a step that says two things."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from firmware_sim.devices import KINDS
from firmware_sim.faults import ALL, FaultError, build
from firmware_sim.faults.where import Where
from firmware_sim.places import Layout
from firmware_sim.scenario.cast import cast
from firmware_sim.scenario.format import Expected, Globs, Scenario, Step
from firmware_sim.scenario.spans import span_ms

ALL_KNOW = ("battery", "swap", "die", "reboot")
ACTS = ("feels", "sends", "sends_hex", "unplug", "plug", "fault", "quiet")
OCCURRENCES_MAX = 100_000

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Where in the file (keys and positions), and what to write instead."""

    path: Path
    what: str


def asked_of(step: Step) -> dict[str, object]:
    """A fault step as ``firmware_sim.faults.build`` reads it; times from the beginning of the story."""
    lasting = {"for": f"{span_ms(step.lasting)}ms"} if step.lasting else {}
    return {
        "fault": step.fault,
        "on": step.on or ALL,
        "from": f"{span_ms(step.at)}ms",
        **lasting,
        **step.having,
    }


def chosen(globs: Globs, known: Iterable[str]) -> list[str]:
    """Those of the known ids that an id, a pattern or a list of them means, in the order of ``known``."""
    asked = (globs,) if isinstance(globs, str) else globs
    return [each for each in known if any(fnmatchcase(each, glob) for glob in asked)]


def faults_of(scenario: Scenario) -> list[Wrong]:
    """Everything that is wrong with it, in the order of the file."""
    found = list(_kinds(scenario))
    if found:
        return found  # what hangs where is not known
    layout = cast(scenario)
    names = [fitted.who.device for fitted in layout.fitted()]
    twice = {name for at, name in enumerate(names) if name in names[:at]}
    found += [
        Wrong(("places",), f"device {name!r} is there twice: give each its own id") for name in sorted(twice)
    ]
    ids = [each.id for each in scenario.places]
    again = {name for at, name in enumerate(ids) if name in ids[:at]}
    found += [
        Wrong(("places",), f"place {name!r} is there twice: give each its own id") for name in sorted(again)
    ]
    lasts = span_ms(scenario.lasts)
    if not lasts:
        found.append(Wrong(("lasts",), "write how long the story lasts, for example 30m"))
    for number, step in enumerate(scenario.steps):
        found += [Wrong(("steps", number, *wrong.path), wrong.what) for wrong in _step(step, layout, lasts)]
    for number, expected in enumerate(scenario.expect):
        found += [
            Wrong(("expect", number, *wrong.path), wrong.what)
            for wrong in _expected(expected, layout, ids, lasts)
        ]
    return found


def _kinds(scenario: Scenario) -> Iterator[Wrong]:
    for place_number, place in enumerate(scenario.places):
        for number, own in enumerate(place.devices):
            if own.kind not in KINDS:
                yield Wrong(
                    ("places", place_number, "devices", number, "kind"),
                    f"no kind of device is called {own.kind!r}" + _near(own.kind, KINDS),
                )


def _step(step: Step, layout: Layout, lasts: int) -> Iterator[Wrong]:
    acts = [name for name in ACTS if getattr(step, name) not in {"", None, ()}]
    if len(acts) != 1 and not (step.note and not acts):
        said = " and ".join(acts) or "nothing"
        yield Wrong(
            (), f"a step is one of {', '.join(ACTS)}, or a note; this says {said}: make it steps of their own"
        )
        return
    yield from _times(step, lasts)
    holders = [fitted.who.device for fitted in layout.fitted() if fitted.who.via is None]
    yield from _named("unplug", step.unplug, holders)
    yield from _named("plug", step.plug, holders)
    yield from _named("quiet", step.quiet, [home.home for home in layout.homes])
    if step.quiet and not step.lasting:
        yield Wrong(("quiet",), "say how long it is quiet: for: 1h")
    yield from _feels(step, layout)
    yield from _sends(step)
    yield from _fault(step, layout)


def _feels(step: Step, layout: Layout) -> Iterator[Wrong]:
    kinds = {fitted.who.device: fitted.kind for fitted in layout.fitted()}
    yield from _named("device", step.device, list(kinds))
    if step.feels and not step.device:
        yield Wrong(("feels",), "say which device feels it: device: H0001-door")
    elif step.device and not step.feels:
        yield Wrong(("device",), "say what it feels: feels: open")
    for kind in dict.fromkeys(kinds[each] for each in chosen(step.device, kinds)) if step.feels else ():
        yield from _word(step.feels, kind)


def _sends(step: Step) -> Iterator[Wrong]:
    if (step.sends is not None or step.sends_hex is not None) != bool(step.topic):
        path = ("topic",) if step.topic else ()
        yield Wrong(path, "a topic and what is sent on it belong together: topic, sends")
    if set("+#") & set(step.topic) or step.topic.startswith("/"):
        what = f"{step.topic!r} is no topic to publish on: without + and #, and not beginning with /"
        yield Wrong(("topic",), what)


def _times(step: Step, lasts: int) -> Iterator[Wrong]:
    at, every, lasting = span_ms(step.at), span_ms(step.every or ""), span_ms(step.lasting or "")
    if at + lasting > lasts:
        yield Wrong(
            ("at",), f"the story is over by then: it lasts {lasts // 1000} s; make lasts longer or at earlier"
        )
    if step.every is not None and (not step.lasting or not every):
        yield Wrong(("every",), "say how long it goes on: every: 30s, for: 10m")
    elif every and lasting // every >= OCCURRENCES_MAX:
        yield Wrong(("every",), f"more than {OCCURRENCES_MAX} times: make every longer or for shorter")
    if step.lasting and not (step.every or step.quiet or step.fault):
        yield Wrong(
            ("for",), "only what comes every so often, a fault and a quiet last: add every, or leave for out"
        )


def _fault(step: Step, layout: Layout) -> Iterator[Wrong]:
    if not step.fault:
        if step.on or step.having:
            yield Wrong(
                ("on",) if step.on else ("having",), "on and having belong to a fault: fault: clock_skew"
            )
        return
    try:
        Where(layout).befallen(build(asked_of(step)))
    except FaultError as problem:
        key = "on" if "here" in str(problem) or "connection" in str(problem) else "fault"
        yield Wrong((key,), str(problem))


def _word(feels: str, kind: str) -> Iterator[Wrong]:
    word, *rest = feels.split()
    known = (*KINDS[kind].words, *ALL_KNOW)
    if word not in known:
        yield Wrong(("feels",), f"a {kind} does not know {word!r}" + _near(word, known))
    elif word == "battery" and not (len(rest) == 1 and _is_percent(rest[0])):
        yield Wrong(("feels",), f"{feels!r}: say how many percent it has, for example battery 5")
    elif word != "battery" and rest:
        yield Wrong(("feels",), f"{feels!r}: {word} stands alone")


def _expected(expected: Expected, layout: Layout, ids: list[str], lasts: int) -> Iterator[Wrong]:
    known = [*ids, *(each.facility for each in layout.facilities if each.facility not in ids)]
    if expected.place is None and len(ids) != 1:
        yield Wrong(("says",), f"say of which place: place: {ids[0]}")
    elif expected.place is not None and expected.place not in known:
        yield Wrong(("place",), f"no place is called {expected.place!r}" + _near(expected.place, known))
    devices = [fitted.who.device for fitted in layout.fitted()]
    if expected.device is not None and expected.device not in devices:
        yield Wrong(("device",), f"no device is called {expected.device!r}" + _near(expected.device, devices))
    begins, ends, by = span_ms(expected.begins), span_ms(expected.ends), span_ms(expected.by)
    if ends < begins:
        yield Wrong(("to",), "it is over before it begins: to must not be before from")
    if by < begins:
        yield Wrong(("by",), "nobody can know before it happens: by must not be before from")
    if by > lasts:
        yield Wrong(("by",), f"the story is over by then: it lasts {lasts // 1000} s")


def _named(key: str, globs: Globs, known: list[str]) -> Iterator[Wrong]:
    asked = (globs,) if isinstance(globs, str) else globs
    for glob in asked:
        if glob and not chosen(glob, known):
            what = (
                "home"
                if key == "quiet"
                else "device"
                if key == "device"
                else "gateway or counter with its own connection"
            )
            yield Wrong((key,), f"no {what} is called {glob!r}" + _near(glob, known))


def _near(word: str, known: Iterable[str]) -> str:
    choices = sorted(known)
    found = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else f"; known are: {', '.join(choices)}"


def _is_percent(text: str) -> bool:
    try:
        return 0 <= float(text) <= 100  # noqa: PLR2004 percent
    except ValueError:
        return False
