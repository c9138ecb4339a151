"""Small counts are hidden, and nothing that is shown gives one away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.cells import Cell, Share, cell, share, total

counts = st.lists(st.integers(0, 12), max_size=6)


def test_a_small_count_is_hidden_and_nothing_is_nothing() -> None:
    assert [cell(count).shown for count in (0, 1, 4, 5, 41)] == ["0", "<5", "<5", "5", "41"]
    assert total([cell(40), cell(3)]).shown == "41–44"
    assert total([cell(0), cell(2)]).shown == "<5"
    with pytest.raises(ValueError, match="negative"):
        cell(-1)


def test_a_share_tells_no_small_remainder() -> None:
    assert share(cell(90), cell(10)) == Share(90, 90)
    assert share(cell(98), cell(2)) == share(cell(98), cell(4)) == Share(96, 99)
    assert share(cell(40), cell(0)) == Share(100, 100)
    assert share(cell(3), cell(0)) is None
    assert share(cell(2), cell(2)) is None
    assert Share(96, 99).shown == "96–99%"


@given(counts, st.data())
def test_whoever_subtracts_learns_nothing(given_counts: list[int], data: st.DataObject) -> None:
    """Whatever stands behind the hidden ones, the same is shown: total and shares are made of what is shown."""
    others = [data.draw(st.integers(1, 4)) if 0 < one < 5 else one for one in given_counts]
    shown, as_well = [cell(one) for one in given_counts], [cell(one) for one in others]
    assert shown == as_well
    assert total(shown) == total(as_well)
    half = len(shown) // 2
    assert share(total(shown[:half]), total(shown[half:])) == share(
        total(as_well[:half]), total(as_well[half:])
    )


@given(counts)
def test_what_is_shown_is_true(given_counts: list[int]) -> None:
    shown = total([cell(one) for one in given_counts])
    assert shown.low <= sum(given_counts) <= shown.high
    assert shown.hidden == any(0 < one < 5 for one in given_counts)
    if len(given_counts) > 1:
        found = share(cell(given_counts[0]), total(cell(one) for one in given_counts[1:]))
        if found is not None:
            assert found.low - 1 <= 100 * given_counts[0] / sum(given_counts) <= found.high + 1
            assert 0 <= found.low <= found.high <= 100


@given(counts)
def test_a_hidden_one_could_be_any_of_four(given_counts: list[int]) -> None:
    for count in given_counts:
        found = cell(count)
        assert found == Cell(1, 4) or found == Cell(count, count)
        assert found.hidden == (0 < count < 5)
