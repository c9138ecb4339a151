"""What people found of alerts that would have been raised."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.hindsight import ABOUT_MS, Came, Would, hindsight

HOUR = 3_600_000


def test_each_that_came_speaks_for_the_nearest_that_would_have_and_for_one_only() -> None:
    came = [Came("H1", 100 * HOUR, 101 * HOUR, "false"), Came("H1", 200 * HOUR, 200 * HOUR, "true")]
    would = [
        Would("H1", 100 * HOUR + 60_000), Would("H1", 100 * HOUR + 120_000),
        Would("H1", 200 * HOUR + ABOUT_MS), Would("H2", 100 * HOUR),
    ]  # fmt: skip
    found = hindsight(would, came)
    assert (found["false"], found["true"], found["unknown"]) == (1, 1, 2)


def test_one_that_came_earlier_speaks_while_it_stood() -> None:
    """Six hours without activity instead of three: the alert after three says what was the matter."""
    came = [Came("H1", 0, 10 * HOUR, "false")]
    assert hindsight([Would("H1", 3 * HOUR)], came)["false"] == 1
    assert hindsight([Would("H1", 11 * HOUR)], came)["unknown"] == 1
    assert hindsight([Would("H1", -ABOUT_MS - 1)], came)["unknown"] == 1


def test_without_a_verdict_nothing_is_known() -> None:
    would = [Would("H1", 5), Would("H2", 5)]
    found = hindsight(would, [Came("H1", 5, 5, ""), Came("H2", 5, 5, "merged")])
    assert (found["unknown"], sum(found.values())) == (2, 2)


places = st.sampled_from(["H1", "H2"])
hours = st.integers(0, 48).map(lambda half: half * HOUR // 2)


@given(
    st.lists(st.builds(Would, places, hours), max_size=12),
    st.lists(
        st.builds(Came, places, hours, hours, st.sampled_from(["true", "false", "test", "cleared", ""])),
        max_size=12,
    ),
)
def test_they_add_up_and_nobody_speaks_twice(would: list[Would], came: list[Came]) -> None:
    found = hindsight(would, came)
    assert sum(found.values()) == len(would)
    for verdict in ("true", "false", "test", "cleared"):
        assert found[verdict] <= sum(one.verdict == verdict for one in came)
    assert hindsight(reversed(would), reversed(came)) == found
