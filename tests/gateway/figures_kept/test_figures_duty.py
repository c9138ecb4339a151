"""The stations' work as figures: exact where all of it may be told, and nothing where a part may not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.record import DAY_MS, HOUR_MS, Asked, Facts, Record, Standing
from gateway.figures_kept.duty import CLASSES, say_duty
from gateway.figures_kept.reading import Point
from gateway.figures_kept.saying import Saying

BEGIN = 1_763_827_200_000  # 2025-11-23 in Shanghai
HERE, THERE = "福田区/莲花街道/莲花社区", "福田区/莲花街道/景田社区"
ASKED = Asked(begin=BEGIN, end=BEGIN + DAY_MS, now=BEGIN + DAY_MS)


def record(number: int, kind: str, at: int = BEGIN + HOUR_MS, station: str = HERE, **known: object) -> Record:
    return Record(
        number=number, rule="r", kind=kind, place=f"H{number}", station=station, raised_at=at, **known
    )  # type: ignore[arg-type]


def say(
    records: list[Record], standing: list[Standing] | None = None, asked: Asked = ASKED
) -> dict[tuple[str, str, str], float]:
    said = Saying()
    facts = Facts(records=records, standing=standing or [], operators={}, homes={HERE: 12, THERE: 4, "": 0})
    say_duty(said, facts, asked)
    assert {point.at for point in said.points} <= {asked.begin}
    return {(point.metric, point.place, point.device): point.value for point in said.points}


def test_a_day_without_alerts_is_told_as_zeros() -> None:
    found = say([])
    assert {place for _, place, _ in found} == {HERE, THERE}
    assert set(found.values()) == {0.0}
    assert ("duty_30d.share", HERE, "accept") not in found


def test_a_day_of_which_all_may_be_told() -> None:
    records = [record(n, "life_safety", accepted_ms=30_000) for n in range(6)]
    records += [record(n, "care", BEGIN + 5 * HOUR_MS) for n in range(6, 18)]
    found = say(records)
    assert found["duty_1d.alerts", HERE, "life_safety"] == 6
    assert found["duty_1d.alerts", HERE, "care"] == 12
    assert found["duty_1d.per_hour", HERE, "carehub"] == 18 / 24
    assert found["duty_1d.peak_10min", HERE, "carehub"] == 12
    assert found["duty_1d.floods", HERE, "carehub"] == 1
    assert found["duty_30d.share", HERE, "accept"] == 100
    assert found["duty_1d.alerts", THERE, "care"] == 0


def test_where_one_class_is_hidden_no_rate_gives_it_away() -> None:
    found = say([record(n, "care") for n in range(9)] + [record(10, "life_safety")])
    assert found["duty_1d.alerts", HERE, "care"] == 9
    assert ("duty_1d.alerts", HERE, "life_safety") not in found
    assert not any(
        metric.partition(".")[2] in {"per_hour", "peak_10min", "floods"}
        for metric, at, _ in found
        if at == HERE
    )


def test_a_share_is_told_of_counts_that_are_told() -> None:
    soon = [record(n, "life_safety", BEGIN - DAY_MS, accepted_ms=10_000) for n in range(8)]
    late = [record(n, "life_safety", BEGIN - DAY_MS, accepted_ms=90_000) for n in range(8, 16)]
    assert say(soon + late)["duty_30d.share", HERE, "accept"] == 50
    assert ("duty_30d.share", HERE, "accept") not in say(soon + late[:3])


def test_stale_alerts_are_those_open_for_a_day_by_the_end_of_it() -> None:
    standing = [Standing(n, "care", HERE, BEGIN - 2 * DAY_MS, shelved=n % 2 == 0) for n in range(10)]
    standing += [Standing(n, "care", THERE, BEGIN - 2 * DAY_MS, shelved=False) for n in range(3)]
    found = say([], standing)
    assert found["duty_1d.stale", HERE, "carehub"] == 10
    assert found["duty_1d.shelved", HERE, "carehub"] == 5
    assert ("duty_1d.stale", THERE, "carehub") not in found


counts = st.lists(st.integers(0, 9), min_size=4, max_size=4)


@given(counts, st.lists(st.integers(0, 86_000), min_size=36, max_size=36))
def test_no_count_of_one_to_four_is_ever_told(many: list[int], seconds: list[int]) -> None:
    kinds = [kind for kind, count in zip(CLASSES, many, strict=True) for _ in range(count)]
    records = [record(n, kind, BEGIN + seconds[n] * 1_000) for n, kind in enumerate(kinds)]
    found = say(records)
    for (metric, _, device), value in found.items():
        if metric in {"duty_1d.alerts", "duty_1d.stale", "duty_1d.shelved", "duty_1d.chatter"}:
            assert value == 0 or value >= 5, (metric, device)
    told = [found.get(("duty_1d.alerts", HERE, kind)) for kind in CLASSES]
    assert (("duty_1d.per_hour", HERE, "carehub") in found) is (None not in told)


def test_points_are_values() -> None:
    assert Point("a", "b", "c", 1, 2.0) < Point("a", "b", "c", 2, 1.0)
