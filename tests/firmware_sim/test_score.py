"""The score: each rule of counting by a case that a person can check, and laws that hold for whatever happened."""

from __future__ import annotations

import random
from itertools import pairwise
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_cases import BEGIN, DAY, END, HOUR, MINUTE, alert, alerts, fall, incidents, truth

from firmware_sim.score.alerts import Raised
from firmware_sim.score.answers import EARLY_MS, GRACE_MS, match
from firmware_sim.score.figures import percentile, wilson
from firmware_sim.score.kits import KITS
from firmware_sim.score.scoring import score
from firmware_sim.score.truth import CLASSES, Detection, Facility, Home, Incident, Truth

AT = BEGIN + HOUR


def outcome(incident: Incident, *told: Raised) -> str:
    matched, _ = match(truth(incident), told)
    return matched[0].outcome


# ---- by when


@pytest.mark.parametrize(("after_ms", "is_"), [(0, "hit"), (180_000, "hit"), (180_001, "late")])
def test_what_a_device_detected_is_due_three_minutes_after_the_fall(after_ms: int, is_: str) -> None:
    assert outcome(fall(), alert(AT + after_ms)) == is_


def test_what_a_device_noticed_late_is_due_three_minutes_after_its_word() -> None:
    late = fall(lies_ms=HOUR, detections=(Detection("H1-radar", "radar", AT + 30 * MINUTE),))
    assert outcome(late, alert(AT + 33 * MINUTE)) == "hit"
    assert outcome(late, alert(AT + 33 * MINUTE + 1)) == "late"


def test_what_nobody_detected_is_due_when_the_truth_says() -> None:
    unseen = fall(seen_by="", lies_ms=6 * HOUR, due_undetected_ms=AT + 3 * HOUR)
    assert outcome(unseen, alert(AT + 3 * HOUR, "inactivity")) == "hit"
    assert outcome(unseen, alert(AT + 3 * HOUR + 1, "inactivity")) == "late"
    assert outcome(unseen) == "missed"


def test_what_was_over_before_anybody_could_know_is_told_apart_and_the_strict_recall_counts_it() -> None:
    unseen = fall(seen_by="", lies_ms=30 * MINUTE)
    seen = fall(AT + DAY, id="i2")
    found = score(truth(unseen, seen), [alert(AT + DAY)])["life_safety"]
    assert (found["incidents"], found["recall"], found["unknowable"]) == (1, 1.0, 1)
    assert found["strict"]["incidents"] == 2
    assert found["strict"]["recall"] == 0.5
    found = score(truth(unseen, seen), [alert(AT + 10 * MINUTE), alert(AT + DAY)])["life_safety"]
    assert found["strict"]["recall"] == 1.0


def test_a_short_fall_is_told_and_not_counted_nor_is_its_alert_false() -> None:
    found = score(truth(fall(lies_ms=MINUTE, counts=False)), [alert(AT + 10_000)])
    assert (found["life_safety"]["incidents"], found["life_safety"]["short"]) == (0, 1)
    assert found["false"] == []


def test_what_is_due_after_the_end_is_unfinished() -> None:
    unseen = fall(END - HOUR, seen_by="", lies_ms=4 * HOUR, due_undetected_ms=END + 2 * HOUR)
    assert outcome(unseen) == outcome(fall(END + HOUR)) == "unfinished"


def test_a_care_incident_without_a_due_time_is_hit_by_any_answer() -> None:
    door = fall(
        kind="door_open",
        class_="care",
        raise_=("door_open",),
        detections=(),
        within_detected_s=None,
        counts=False,
    )
    assert outcome(door, alert(AT + 15 * MINUTE, "door_open", class_="care")) == "hit"
    assert outcome(door) == "missed"


# ---- what answers what


@pytest.mark.parametrize(
    ("told", "is_"),
    [
        (alert(AT), True),
        (alert(AT, place="H2"), False),
        (alert(AT, "door_open"), False),
        (alert(AT - EARLY_MS), True),
        (alert(AT - EARLY_MS - 1), False),
        (alert(AT + 20 * MINUTE + GRACE_MS), True),
        (alert(AT + 20 * MINUTE + GRACE_MS + 1), False),
        (alert(AT + 5 * HOUR, active_ms=AT + MINUTE), True),  # it had waited somewhere: late, and not false
        (alert(AT + 5 * HOUR, active_ms=AT - HOUR), False),
    ],
)
def test_an_alert_answers_what_it_is_about(told: Raised, is_: bool) -> None:  # noqa: FBT001 a case of the table
    matched, wrong = match(truth(fall()), [told])
    assert bool(matched[0].answers) == is_
    assert (wrong == []) == is_


def test_one_incident_may_be_answered_twice_and_neither_is_false() -> None:
    found = score(truth(fall()), [alert(AT + 1000), alert(AT + 120_000, rule="fall_confirmed")])
    assert found["false"] == []
    assert found["life_safety"]["precision"] == 1.0
    assert found["by_rule"]["fall_confirmed"]["alerts"] == 1


def test_what_was_held_back_answers_nothing_and_is_never_false() -> None:
    found = score(truth(fall()), [alert(AT, held=True), alert(AT + DAY, held=True)])
    assert found["life_safety"]["missed"] == 1
    assert found["false"] == []
    assert found["held"] == 2


# ---- what is false, and how often


def test_false_alerts_a_resident_month_and_a_station_day() -> None:
    homes = (Home("H1", 2), Home("H2", 1))
    stations = (
        Facility("F1", {"g1": "gateway"}),
        Facility("F2", {"g2": "gateway"}),
        Facility("hall", {"c": "counter"}),
    )
    town = Truth(
        format="carehub-truth/1", from_ms=BEGIN, to_ms=BEGIN + 15 * DAY, homes=homes, facilities=stations
    )
    found = score(town, [alert(AT), alert(AT + DAY), alert(AT + 2 * DAY, class_="care")])
    assert found["resident_months"] == 1.5
    assert found["life_safety"]["false_per_resident_month"] == round(2 / 1.5, 4)
    assert found["life_safety"]["false_per_station_day"] == round(2 / 30, 4)
    assert found["care"]["alerts_per_resident_month"] == round(1 / 1.5, 4)


def test_a_fall_that_was_lowered_is_doubtful_and_not_at_full_urgency() -> None:
    lowered = alert(AT + DAY, lowered_ms=AT + DAY + 42_000, lowered_to="urgent")
    right = alert(AT + 1000, lowered_ms=AT + 90_000, lowered_to="urgent")
    found = score(truth(fall()), [lowered, right, alert(AT + 2 * DAY)])
    assert found["life_safety"]["false"] == 1
    doubtful = found["doubtful"]
    assert (doubtful["alerts"], doubtful["false"], doubtful["right"]) == (2, 1, 1)
    assert doubtful["lowered_after_s"] == {"p50": 42.0, "p95": 89.0}
    assert found["life_safety"]["recall"] == 1.0


def test_the_limits() -> None:
    good = score(truth(fall()), [alert(AT)])
    assert good["passes"]
    assert all(limit["holds"] for limit in good["limits"].values())
    assert not score(truth(fall()), [])["passes"]
    assert not score(truth(), [])["passes"], "what was not measured holds no limit"
    false = [alert(AT + n * DAY) for n in range(1, 3)]
    assert not score(truth(fall()), [alert(AT), *false])["passes"], "2 in 4 resident-months"
    care = [alert(AT + n * DAY, "door_open", class_="care") for n in range(1, 6)]
    assert not score(truth(fall()), [alert(AT), *care])["passes"], "5 in 4 resident-months"


def test_ninety_eight_of_a_hundred_hold_the_limit_and_what_only_rounds_to_it_does_not() -> None:
    falls = [fall(AT + n * 2 * HOUR, id=f"i{n}") for n in range(350)]
    told = [alert(each.from_ms) for each in falls]
    limit = lambda missed: score(truth(*falls), told[missed:])["limits"]["life_safety_recall"]["holds"]  # noqa: E731
    assert limit(7)
    assert not limit(8)


def test_what_was_missed_and_what_was_false_is_named_with_the_reason() -> None:
    found = score(
        truth(fall()), [alert(AT + 4 * MINUTE), alert(AT + 2 * HOUR, "inactivity"), alert(AT + DAY)]
    )
    (missed,) = found["missed"]
    assert (missed["id"], missed["kind"], missed["place"], missed["outcome"]) == (
        "i1",
        "fall_hard",
        "H1",
        "late",
    )
    assert "1 min 00 s late" in missed["why"]
    near, far = found["false"]
    assert "i1 fall_hard 1 h 40 min earlier" in near["why"]
    assert "nothing happened at H1" in far["why"]


# ---- kits


def test_without_a_device_its_detection_does_not_exist() -> None:
    seen = fall(seen_by="radar", lies_ms=4 * HOUR, due_undetected_ms=AT + 3 * HOUR)
    later = [alert(AT + 2 * HOUR, "inactivity")]
    assert score(truth(seen), later, kit="full")["life_safety"]["late"] == 1
    assert score(truth(seen), later, kit="door_pir_pendant")["life_safety"]["hit"] == 1
    found = score(truth(fall(seen_by="pendant")), [], kit="door_pir")["life_safety"]
    assert (found["incidents"], found["unknowable"]) == (0, 1)


def test_without_a_device_its_own_failure_does_not_exist() -> None:
    dead = fall(
        id="i2", kind="device_silent", class_="device", raise_=("silent",), device="H1-radar", detections=()
    )
    assert score(truth(dead), [])["device"]["missed"] == 1
    assert score(truth(dead), [], kit="door_pir")["device"]["missed"] == 0


# ---- laws

SOME = settings(max_examples=25)


@SOME
@given(incidents(), alerts(), st.randoms(use_true_random=False))
def test_the_order_of_alerts_changes_nothing(
    happened: tuple[Incident, ...], told: list[Raised], draw: random.Random
) -> None:
    shuffled = draw.sample(told, len(told))
    assert score(truth(*happened), shuffled) == score(truth(*happened), told)


@SOME
@given(incidents(), alerts(), alerts())
def test_more_alerts_never_lower_what_was_hit_nor_the_number_of_false_ones(
    happened: tuple[Incident, ...], told: list[Raised], more: list[Raised]
) -> None:
    town = truth(*happened)
    added = told + [
        alert(m.raised_ms, m.says, id=f"more-{m.id}", place=m.place, class_=m.class_) for m in more
    ]
    before, after = score(town, told), score(town, added)
    for name in CLASSES:
        assert after[name]["hit"] >= before[name]["hit"]
        assert after[name]["false"] >= before[name]["false"]
        assert after[name]["incidents"] == before[name]["incidents"]


@SOME
@given(incidents(), alerts())
def test_an_alert_about_nothing_changes_no_recall(happened: tuple[Incident, ...], told: list[Raised]) -> None:
    false = alert(AT, "smoke", id="false", place="H1")
    before, after = (score(truth(*happened), each) for each in (told, [*told, false]))
    assert [after[name]["recall"] for name in CLASSES] == [before[name]["recall"] for name in CLASSES]
    assert after["life_safety"]["false"] == before["life_safety"]["false"] + 1
    assert false.id in {wrong["id"] for wrong in after["false"]}


@SOME
@given(incidents())
def test_alerts_at_the_very_moment_score_one_and_none_false(happened: tuple[Incident, ...]) -> None:
    perfect = [
        alert(each.from_ms, each.raise_[0], id=f"a-{each.id}", place=each.place, class_=each.class_)
        for each in happened
    ]
    found = score(truth(*happened), perfect)
    assert found["false"] == found["missed"] == []
    for name in CLASSES:
        assert found[name]["recall"] in {1.0, None}
        assert found[name]["delay_s"]["max"] in {0.0, None}
    assert found["life_safety"]["strict"]["recall"] in {1.0, None}


@SOME
@given(incidents())
def test_an_alert_moved_past_its_due_time_is_lost(happened: tuple[Incident, ...]) -> None:
    for each in happened:
        found, _ = match(truth(each), [alert(each.from_ms, each.raise_[0], place=each.place)])
        if found[0].outcome != "hit" or found[0].due_ms is None:
            continue
        late = alert(found[0].due_ms + 1, each.raise_[0], place=each.place)
        assert outcome(each, late) in {"late", "missed"}


@SOME
@given(incidents(), alerts())
def test_every_incident_is_counted_once(happened: tuple[Incident, ...], told: list[Raised]) -> None:
    found = score(truth(*happened), told)
    names = ("hit", "late", "missed", "unknowable", "unfinished", "short")
    assert sum(found[class_][name] for class_ in CLASSES for name in names) == len(happened)
    assert sum(row[name] for row in found["by_kind"].values() for name in names) == len(happened)
    assert sum(row["alerts"] for row in found["by_rule"].values()) + found["held"] == len(told)


@SOME
@given(incidents(), alerts())
def test_fewer_devices_make_no_incident_due_sooner(
    happened: tuple[Incident, ...], told: list[Raised]
) -> None:
    full = {each.incident.id: each.due_ms for each in match(truth(*happened), told)[0]}
    for kinds in KITS.values():
        for each in truth(*happened).without(kinds).incidents:
            due = each.due_ms
            assert due is None or due >= (full[each.id] or 0)


# ---- arithmetic


def test_the_interval_of_a_share() -> None:
    low, high = wilson(98, 100) or (0, 0)
    assert isclose(low, 0.9300, abs_tol=1e-4)  # by hand, from the formula
    assert isclose(high, 0.9945, abs_tol=1e-4)
    assert wilson(0, 0) is None


@given(st.integers(1, 500).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_holds_the_share(both: tuple[int, int]) -> None:
    hits, total = both
    low, high = wilson(hits, total) or (1, 0)
    assert 0 <= low <= hits / total + 1e-4
    assert hits / total - 1e-4 <= high <= 1


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_percentiles_are_of_the_values_and_rise(values: list[int]) -> None:
    found = [percentile(values, percent) or 0 for percent in (1, 50, 95, 100)]
    assert all(value in values for value in found)
    assert all(one <= other for one, other in pairwise(found))
    assert found[-1] == max(values)
    assert percentile([], 50) is None
