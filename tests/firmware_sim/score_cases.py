"""Truths and alerts for the tests of the score: small ones written by hand, and any that hypothesis thinks of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from firmware_sim.score.alerts import Raised
from firmware_sim.score.truth import Detection, Facility, Home, Incident, Truth

BEGIN = 1_772_409_600_000  # 2 March 2026, 08:00 in Shanghai
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
END = BEGIN + 30 * DAY
HOMES = tuple(
    Home(
        f"H{n}",
        1,
        "alone",
        {f"H{n}-pendant": "pendant", f"H{n}-radar": "radar", f"H{n}-door": "contact", f"H{n}-pir": "motion"},
    )
    for n in range(1, 5)
)
STATION = Facility("F-station", {"GW-1": "gateway"})


def fall(
    at_ms: int = BEGIN + HOUR, *, lies_ms: int = 20 * MINUTE, seen_by: str = "pendant", **more: object
) -> Incident:
    """Somebody falls at H1 and lies; ``seen_by`` '' means that no device noticed."""
    seen = (Detection(f"H1-{seen_by}", seen_by, at_ms + 5_000),) if seen_by else ()
    given: dict[str, Any] = {
        "id": "i1", "kind": "fall_hard", "class_": "life_safety", "place": "H1", "from_ms": at_ms,
        "to_ms": at_ms + lies_ms, "raise_": ("fall", "inactivity"), "detections": seen, "within_detected_s": 180,
    }  # fmt: skip
    return Incident(**(given | more))


def alert(at_ms: int, says: str = "fall", **more: object) -> Raised:
    """An alert about H1."""
    given: dict[str, Any] = {
        "id": f"a{at_ms}", "rule": says, "says": says, "class_": "life_safety", "place": "H1", "raised_ms": at_ms,
        "active_ms": at_ms, "severity": "critical",
    }  # fmt: skip
    return Raised(**(given | more))


def truth(*incidents: Incident, homes: tuple[Home, ...] = HOMES) -> Truth:
    """A month of four homes."""
    return Truth(
        format="carehub-truth/1",
        from_ms=BEGIN,
        to_ms=END,
        homes=homes,
        facilities=(STATION,),
        incidents=incidents,
    )


PLACES = st.sampled_from([home.home for home in HOMES])
WORDS = ("fall", "help", "inactivity", "door_open", "battery")
TIMES = st.integers(BEGIN + HOUR, END - 12 * HOUR)
CLASSES = st.sampled_from(["life_safety", "care", "device"])


@st.composite
def incidents(draw: st.DrawFn) -> tuple[Incident, ...]:
    """Some incidents, of which some have been detected, some are short and some cannot be known."""
    found = []
    for number in range(draw(st.integers(1, 6))):
        at, place = draw(TIMES), draw(PLACES)
        seen = (Detection(f"{place}-pendant", "pendant", at + draw(st.integers(0, 300_000))),)
        due = draw(st.one_of(st.none(), st.integers(at + 10 * MINUTE, at + 4 * HOUR)))
        found.append(
            Incident(
                id=f"i{number}",
                kind=draw(st.sampled_from(["fall_hard", "sos", "door_open"])),
                class_=draw(CLASSES),
                place=place,
                from_ms=at,
                to_ms=at + draw(st.integers(0, 6 * HOUR)),
                raise_=tuple(sorted(draw(st.sets(st.sampled_from(WORDS), min_size=1)))),
                counts=draw(st.booleans()),
                detections=seen if draw(st.booleans()) else (),
                within_detected_s=180,
                due_undetected_ms=due,
                by=draw(st.sampled_from(["day", "night"])),
            )
        )
    return tuple(found)


@st.composite
def alerts(draw: st.DrawFn) -> list[Raised]:
    """Any alerts."""
    return [
        alert(
            draw(TIMES), draw(st.sampled_from(WORDS)), id=f"a{number}", place=draw(PLACES), class_=draw(CLASSES),
            lowered_ms=draw(st.one_of(st.none(), st.just(END))), held=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 12)))
    ]  # fmt: skip
