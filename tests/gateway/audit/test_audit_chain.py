from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.chain import NO_SEAL, Entry, first_broken, seal

ENTRIES = st.builds(
    Entry,
    at=st.integers(0, 2**50), who=st.text(max_size=4), who_id=st.integers(0, 9), kind=st.just("person"),
    what=st.text(max_size=4),
    method=st.sampled_from(["GET", "POST"]), place=st.text(max_size=4), subject=st.text(max_size=4), path=st.text(max_size=4),
    status=st.integers(200, 503), reason=st.text(max_size=4), via=st.just("127.0.0.1"),
)  # fmt: skip
Chain = list[tuple[int, Entry, bytes]]


def sealed(entries: list[Entry]) -> Chain:
    chain: Chain = []
    before = NO_SEAL
    for number, entry in enumerate(entries, 1):
        before = seal(before, number, entry)
        chain.append((number, entry, before))
    return chain


@given(st.lists(ENTRIES, max_size=8))
def test_what_was_sealed_holds(entries: list[Entry]) -> None:
    assert first_broken(NO_SEAL, 0, sealed(entries)) is None


@given(st.lists(ENTRIES, min_size=1, max_size=8), st.data())
def test_an_altered_entry_is_named(entries: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    other = data.draw(ENTRIES.filter(lambda one: one != entries[at]))
    chain = sealed(entries)
    chain[at] = (chain[at][0], other, chain[at][2])
    assert first_broken(NO_SEAL, 0, chain) == at + 1


@given(st.lists(ENTRIES, min_size=2, max_size=8), st.data())
def test_an_entry_that_was_taken_out_is_missed(entries: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 2))
    chain = sealed(entries)
    del chain[at]
    assert first_broken(NO_SEAL, 0, chain) == at + 1


@given(st.lists(ENTRIES, min_size=2, max_size=8, unique=True), st.data())
def test_two_that_changed_places_are_named(entries: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 2))
    chain = sealed(entries)
    (first, one, its), (second, two, others) = chain[at : at + 2]
    chain[at : at + 2] = [(first, two, others), (second, one, its)]
    assert first_broken(NO_SEAL, 0, chain) == at + 1
