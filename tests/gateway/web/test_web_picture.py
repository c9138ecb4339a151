"""The picture of a home's hours: every happening is within it, and little is drawn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.web.home_port import Happening
from gateway.web.picture import HEAD, HOUR_MS, ROW, WIDTH, Group, drawn, grouped

DAY = 24 * HOUR_MS
ROOMS = ["卫生间", "客厅", ""]
happenings = st.lists(
    st.builds(
        Happening,
        st.integers(0, DAY - 1),
        st.sampled_from(ROOMS),
        st.just("d"),
        st.sampled_from(["motion", "contact", "event.fall"]),
        on=st.booleans(),
    ),
    max_size=60,
).map(lambda found: sorted(found, key=lambda one: one.at))


def hour_of(at: int) -> int:
    return at // HOUR_MS % 24


@given(happenings)
def test_each_room_has_a_row_and_every_happening_a_mark_within_the_picture(found: list[Happening]) -> None:
    made = drawn(found, 0, DAY, hour_of=hour_of)
    assert [row.room for row in made.rows] == sorted({one.room for one in found})
    assert made.height == HEAD + ROW * len(made.rows)
    assert sum(row.count for row in made.rows) == len(found)
    for one in found:
        marks = next(row.marks for row in made.rows if row.room == one.room)
        kind = {"motion": "move", "contact": "door"}.get(one.what, "event")
        x = one.at / DAY * WIDTH
        assert any(mark.kind == kind and mark.x - 0.1 <= x <= mark.x + mark.width + 0.1 for mark in marks)
    assert all(0 <= mark.x <= WIDTH - mark.width + 0.1 for row in made.rows for mark in row.marks)
    assert sum(len(row.marks) for row in made.rows) <= max(1, len(found))


@given(happenings)
def test_lines_tell_every_happening_once_the_newest_first(found: list[Happening]) -> None:
    lines = grouped(found)
    assert sum(line.count for line in lines) == len(found)
    assert [line.last for line in lines] == sorted((line.last for line in lines), reverse=True)


def test_the_same_within_ten_minutes_is_one_line() -> None:
    def moved(minute: int, room: str = "客厅") -> Happening:
        return Happening(minute * 60_000, room, "pir", "motion", on=True)

    lines = grouped([moved(0), moved(5), moved(15), moved(16, "厨房"), moved(17), moved(40)])
    assert [(line.room, line.first // 60_000, line.last // 60_000, line.count) for line in lines] == [
        ("客厅", 40, 40, 1), ("客厅", 17, 17, 1), ("厨房", 16, 16, 1), ("客厅", 0, 15, 3),
    ]  # fmt: skip
    assert lines[-1] == Group("客厅", "motion", on=True, first=0, last=15 * 60_000, count=3)


def test_hours_are_whole_ones_of_the_homes_day_and_alerts_stand_at_their_time() -> None:
    what = {"zh": "疑似跌倒", "en": "Possible fall"}
    day = drawn([], 0, DAY, alerts=[(DAY // 2, what), (DAY, what)], hour_of=hour_of)
    assert [at // HOUR_MS for _, at in day.hours] == [0, 4, 8, 12, 16, 20]
    assert day.alerts == ((WIDTH / 2, DAY // 2, what),)
    six = drawn([], HOUR_MS // 2, 13 * HOUR_MS // 2, hour_of=hour_of)
    assert [at // HOUR_MS for _, at in six.hours] == [1, 2, 3, 4, 5, 6]
