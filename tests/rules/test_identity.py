"""The memory of messages against a plain set of everything seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.identity import BOOTS_MAX, EVENT_IDS_MAX, RANGES_MAX, Boot, remember, remember_id, seen

SEQS = st.lists(st.integers(1, 60), max_size=120)


def gaps(numbers: set[int]) -> int:
    """Ranges it takes to write the numbers down."""
    return sum(number - 1 not in numbers for number in numbers)


@given(SEQS)
def test_as_long_as_the_gaps_fit_it_is_a_set(seqs: list[int]) -> None:
    boots: list[Boot] = []
    model: set[int] = set()
    for seq in seqs:
        if gaps(model | {seq}) > RANGES_MAX:
            return
        assert remember(boots, "a", seq) is (seq not in model)
        model.add(seq)
        assert {number for number in range(62) if seen(boots, "a", number)} == model


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 200)), max_size=200))
def test_what_it_claims_to_have_seen_it_has_seen_and_it_stays_small(messages: list[tuple[str, int]]) -> None:
    boots: list[Boot] = []
    model: set[tuple[str, int]] = set()
    for name, seq in messages:
        new = remember(boots, name, seq)
        assert new or (name, seq) in model
        model.add((name, seq))
        assert len(boots) <= BOOTS_MAX
        for boot in boots:
            assert len(boot.starts) == len(boot.ends) <= RANGES_MAX
            edges = [edge for pair in zip(boot.starts, boot.ends, strict=True) for edge in pair]
            assert edges == sorted(edges)
            assert all(start > end + 1 for start, end in zip(boot.starts[1:], boot.ends, strict=False))
    assert all(
        (boot.name, number) in model
        for boot in boots
        for number in range(201)
        if seen(boots, boot.name, number)
    )


@given(SEQS)
def test_the_latest_message_is_always_remembered(seqs: list[int]) -> None:
    boots: list[Boot] = []
    for seq in seqs:
        remember(boots, "a", seq)
        if seq >= boots[0].starts[0]:
            assert not remember(boots, "a", seq)


def test_a_device_that_loses_nothing_needs_one_range() -> None:
    boots: list[Boot] = []
    for seq in range(1, 10_001):
        assert remember(boots, "a", seq)
    assert (boots[0].starts, boots[0].ends) == ((1,), (10_000,))


def test_a_message_of_another_power_up_is_another_message() -> None:
    boots: list[Boot] = []
    assert remember(boots, "a", 1)
    assert remember(boots, "b", 1)
    assert not remember(boots, "a", 1)


def test_the_oldest_power_up_and_the_oldest_gap_fall_out_first() -> None:
    boots: list[Boot] = []
    for seq in range(1, 2 * RANGES_MAX + 2, 2):
        remember(boots, "a", seq)
    assert not seen(boots, "a", 1)
    assert seen(boots, "a", 3)
    for name in "bcd":
        remember(boots, name, 1)
    assert [boot.name for boot in boots] == ["b", "c", "d"]
    assert not seen(boots, "a", 3)


@given(st.lists(st.integers(0, 30), max_size=100))
def test_the_last_event_ids_are_remembered(numbers: list[int]) -> None:
    ids: list[str] = []
    model: list[int] = []
    for number in numbers:
        new = number not in model[-EVENT_IDS_MAX:]
        assert remember_id(ids, str(number)) is new
        if new:
            model.append(number)
        assert ids == [str(one) for one in model[-EVENT_IDS_MAX:]]
